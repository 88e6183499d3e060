"""`deskhand doctor`: look at an installation as a whole, and say what is wrong and how to mend it."""

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from tenants import diagnosis, standstill, walls
from tenants.diagnosis import Finding, fault, otherwise, warning
from tenants.folders import folder

from . import config
from .application import create_app

SHORT_KEY = 32
LITTLE_SPACE = 2**30
PRIVATE = ("secret_key", "logins.json", "services.json", "owner.json")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command("doctor")
@click.option("--minutes", default=5, show_default=True, help="How long a due job may wait.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(minutes: int, as_json: bool):
    """Check this installation. The exit code is 0 when all is well, 1 when there is a warning or a fault."""
    found = list(examine(minutes))
    states = Counter(finding.state for finding in found)
    worst = next((state for state in ("fault", "warning") if states[state]), "ok")
    if as_json:
        click.echo(json.dumps({"state": worst, "findings": [asdict(finding) for finding in found]}))
    else:
        for finding in found:
            click.echo(f"{finding.state:<8} {finding.check:<14} {finding.sentence}")
            if finding.mend:
                click.echo(f"{'':<24}To mend it: {finding.mend}")
        click.echo("All is well." if worst == "ok" else f"Faults: {states['fault']}, warnings: {states['warning']}.")
    if worst != "ok":
        sys.exit(1)


def examine(minutes: int) -> Iterator[Finding]:
    """Everything there is to look at, what others rest on first."""
    try:
        settings = config.load_for_commands()
    except ValidationError as error:
        for sentence in config.problems(error):
            yield fault("configuration", sentence, "See docs/configuration.md.")
        return
    except (OSError, ValueError, LookupError) as error:
        yield fault("configuration", f"{error}.", "The home folder and each file of a NAME_FILE must be readable.")
        return
    yield Finding("configuration", "ok", "The environment can be read.")
    yield from otherwise("home", _home(settings), f"{settings.home} can be written to, and its secrets are private.")
    yield from otherwise("secret key", _secret_key(settings), "The secret key is long, and in a private file.")
    yield from otherwise("web server", _web_server(settings), "The address and the proxy fit together.")
    yield from otherwise("files", _files(), "The front-end files and translations are there.")
    yield from _open_queue(settings)
    with create_app(settings, DATABASE_POOL=None).app_context():
        yield from _inside(minutes)


def _inside(minutes: int) -> Iterator[Finding]:
    """Database and queue."""
    reached = yield from _tried("database", diagnosis.database())
    if reached and (yield from _tried("migrations", diagnosis.migrations())):
        yield from _tried("walls", walls.walls())
        yield from _tried("jobs", standstill.jobs(minutes))
    yield from standstill.workers()


def _tried(check: str, found: diagnosis.Findings) -> diagnosis.Findings:
    """What a check finds; when it can look no further, that too. True when those that rest on it have a sense."""
    try:
        return (yield from found)
    except SQLAlchemyError as error:
        yield fault(check, f"The database does not let this be looked at: {diagnosis.reason(error)}", "See above.")
        return False


def _home(settings: config.Settings) -> Iterator[Finding]:
    """The folder that keeps passwords and keys."""
    home = settings.home
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        yield fault("home", f"{home} cannot be written to: {error.strerror}.", "Give it to the user of this program.")
    if shutil.disk_usage(home).free < LITTLE_SPACE:
        yield warning("home", f"The disk of {home} has less than 1 GiB left.", "Make room on it.")
    if not any(os.environ.get(name) for name in ("DESKHAND_HOME", "DESKHAND_HOME_FILE")) and any(
        os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE")
    ):
        sentence = f"DESKHAND_HOME is not set, so that keys lie where the program was started: {home}."
        yield warning("home", sentence, "Set DESKHAND_HOME to one folder for all processes, and move the files there.")
    for name in PRIVATE:
        yield from _private("home", home / name)


def _private(check: str, path: Path) -> Iterator[Finding]:
    """A secret file must not be open to everybody, nor to writing by a group."""
    if path.exists() and path.stat().st_mode & 0o027:
        yield warning(check, f"Others than its owner can read or change {path}.", f"chmod 600 {path}")


def _secret_key(settings: config.Settings) -> Iterator[Finding]:
    """The key that signs cookies and seals what must not be read at rest."""
    if len(settings.secret_key.get_secret_value()) < SHORT_KEY:
        sentence = f"The secret key has less than {SHORT_KEY} characters, so that it could be guessed."
        mend = "Make another, for example with `openssl rand -hex 32`. Everybody must sign in again, and what the old"
        yield warning("secret key", sentence, f"{mend} one has sealed cannot be opened any more.")
    if given := os.environ.get("DESKHAND_SECRET_KEY_FILE"):
        yield from _private("secret key", Path(given))
    elif os.environ.get("DESKHAND_SECRET_KEY"):
        sentence = "The secret key stands in the environment, where other programs of this user can read it."
        yield warning("secret key", sentence, "Put it into a file of mode 600 and set DESKHAND_SECRET_KEY_FILE.")


def _web_server(settings: config.Settings) -> Iterator[Finding]:
    """Who can reach the web server, and what a proxy in front of it must say."""
    if settings.bind not in LOOPBACK and not settings.https:
        sentence = f"The web server listens on {settings.bind} without TLS, so that passwords can be read on the way."
        yield warning("web server", sentence, "Put a proxy with TLS in front and set DESKHAND_HTTPS=true.")
    if settings.https and not settings.proxies:
        sentence = "DESKHAND_HTTPS is set, but DESKHAND_PROXIES is 0: every visitor seems to come from the proxy."
        yield warning("web server", sentence, "Set DESKHAND_PROXIES to the number of proxies in front.")


def _open_queue(settings: config.Settings) -> Iterator[Finding]:
    """Whether the queue's server, where it is on another machine, asks for a password."""
    url = urlsplit(settings.redis_url.get_secret_value())
    if url.hostname and url.hostname not in LOOPBACK and not url.password:
        sentence = f"REDIS_URL names {url.hostname} without a password: whoever reaches it can read and stop the queue."
        yield warning("valkey", sentence, "Set `requirepass` there, and REDIS_URL to redis://:password@host:port/0.")


def _files() -> Iterator[Finding]:
    """What set-up or the wheel brings."""
    if not (folder("static") / "vendor" / "manifest.json").exists():
        mend = "In a checkout run `python3 dev.py setup`; otherwise install the wheel again."
        yield fault("files", "The front-end files of others are missing: pages have no style.", mend)
    texts = (Path(__file__).parent / "translations").glob("*/LC_MESSAGES/*.po")
    if missing := [path.parent.parent.name for path in texts if not path.with_suffix(".mo").exists()]:
        mend = "In a checkout run `python3 dev.py setup`; otherwise install the wheel again."
        yield warning("files", f"Translations are not compiled: {', '.join(missing)}.", mend)
