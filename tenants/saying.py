"""How commands speak: to people in sentences and with a progress bar, to programs in JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from .backup import BackupError
from .engines import UnknownShard
from .migrate import CannotMigrate
from .move import MoveError
from .provision import ProvisionError
from .removal import StillAtWork
from .resolve import UnknownOrganization
from .shards import ShardError

# What is refused with a sentence that says why.
REFUSALS = (
    BackupError,
    CannotMigrate,
    MoveError,
    ProvisionError,
    ShardError,
    StillAtWork,
    UnknownOrganization,
    UnknownShard,
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(result, plain: str, wants_json: bool) -> None:
    """Print a result for people or for programs."""
    click.echo(json.dumps(result, default=str) if wants_json else plain)


def fail(sentence: str, wants_json: bool) -> None:
    """End with a sentence and exit code 1."""
    click.echo(json.dumps({"error": sentence}) if wants_json else f"Error: {sentence}", err=not wants_json)
    sys.exit(1)


@contextmanager
def bar(label: str, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, for who looks at it: a function that is told how many are done of how many."""
    if hidden or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as shown:

        def progress(done: int, total: int) -> None:
            shown.length = total
            shown.update(done - shown.pos)

        yield progress


def tried(what: Callable, wants_json: bool):
    """What a function of this package returns; its refusals become a sentence and exit code 1."""
    try:
        return what()
    except REFUSALS as error:
        fail(str(error), wants_json)
