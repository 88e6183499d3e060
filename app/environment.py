"""`deskhand config`: the environment variables with what they are now, and the page docs/configuration.md."""

import json
import os
import sys

import click
from pydantic import ValidationError

from . import config

PAGE = """# Configuration

Deskhand is configured by environment variables only. This page is made from `app/config.py` by
`deskhand config --markdown`; `deskhand config` shows what is in force.

Each variable may also be given as a file: `NAME_FILE` holds the path of a file with the value, which is read at the
start. Where both are set, the file counts. Use files for what is secret.

| variable | or as a file | type | default | means |
|---|---|---|---|---|
{rows}

One more is for development only and cannot be given as a file:

| variable | means |
|---|---|
| `DESKHAND_PG_BIN` | {pg_bin} |
"""

# Where the key is when no variable gives it.
KEPT = "the file secret_key in the home folder"


@click.command("config")
@click.option("--markdown", is_flag=True, help="Print the page docs/configuration.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(markdown: bool, as_json: bool):
    """Every environment variable, what it is now, and where that comes from."""
    if markdown:
        click.echo(page(), nl=False)
        return
    try:
        settings = config.load()
    except ValidationError as error:
        _fail(config.problems(error), as_json)
    except OSError as error:
        _fail([str(error)], as_json)
    facts = [_fact(variable, settings) for variable in config.variables()]
    if as_json:
        click.echo(json.dumps(facts))
        return
    for fact in facts:
        value = fact["value"] or (
            "(not set)" if fact["from"] == "default" else "(hidden)" if fact["secret"] else "(empty)"
        )
        click.echo(f"{fact['name']:<26}{value:<40}{fact['from']}")


def page() -> str:
    """The text of docs/configuration.md."""
    rows = [
        f"| `{one.name}` | `{one.name}_FILE` | {one.type} | {f'`{one.default}`' if one.default else ''} |"
        f" {one.description} |"
        for one in config.variables()
    ]
    return PAGE.format(rows="\n".join(rows), pg_bin=config.PG_BIN)


def _fact(variable: config.Variable, settings: config.Settings) -> dict:
    """One variable as it is; a secret is never shown, only where it comes from."""
    given = [f"{variable.name}_FILE", variable.name]
    source = next((name for name in given if os.environ.get(name)), "default")
    if source == "default" and variable.field == "secret_key":
        source = KEPT
    value = "" if variable.secret else str(getattr(settings, variable.field))
    return {"name": variable.name, "value": value, "secret": variable.secret, "from": source}


def _fail(sentences: list[str], as_json: bool) -> None:
    click.echo(json.dumps({"error": " ".join(sentences)}) if as_json else "\n".join(sentences), err=not as_json)
    sys.exit(1)
