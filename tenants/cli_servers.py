"""The operators' commands for database servers and for migrations."""

import sys

import click

from . import fleet, migrate, move, shards
from .saying import REFUSALS, as_json, bar, fail, say, tried


@click.group("migrate", invoke_without_command=True)
@click.option("--processes", default=0, help="How many organizations at a time; as many as processors unless said.")
@as_json
@click.pass_context
def migrate_command(context: click.Context, processes: int, as_json: bool):
    """Bring the shared tables and every organization's to the newest revision."""
    if context.invoked_subcommand is not None:
        return
    with bar("Migrating", hidden=as_json) as progress:
        try:
            report = fleet.everything(processes or fleet.processes(), progress)
        except migrate.CannotMigrate as error:
            fail(str(error), as_json)
    lines = [f"{len(report.upgraded)} organizations migrated, {len(report.current)} were up to date."]
    lines += [f"{slug} was left as it was: {reason}" for slug, reason in report.failed.items()]
    say(vars(report), "\n".join(lines), as_json)
    if report.failed:
        sys.exit(1)


@migrate_command.command("status")
@as_json
def migrate_status(as_json: bool):
    """The revision of every organization's tables, and whether this program serves it."""
    found, newest = fleet.standings(), migrate.head("tenant")
    lines = [f"This program brings revision {newest}."]
    lines += [
        f"{one.slug:<24}{one.shard:<12}{one.revision or 'none':<8}"
        + ("up to date" if one.revision == newest else "served" if one.served else "answers 503")
        for one in found
    ]
    say({"newest": newest, "organizations": [vars(one) for one in found]}, "\n".join(lines), as_json)
    if any(one.revision != newest for one in found):
        sys.exit(1)


def listed_shard(shard: shards.Listed) -> str:
    """A server in a line."""
    return f"{shard.name:<16}{shard.state:<10}{shard.organizations:>6}  {shard.address}"


@click.group()
def shard():
    """Database servers: each organization lives whole on one of them."""


@shard.command("add")
@click.argument("name")
@click.option(
    "--address-file", type=click.File(), default="-", help="A file with postgresql://owner:password@host/name."
)
@as_json
def add_shard(name: str, address_file, as_json: bool):
    """Make a database ready for organizations. Its address is read from a file or from standard input."""
    made = tried(lambda: shards.add(name, address_file.read().strip()), as_json)
    say(vars(made), f"{made.name} takes organizations now.", as_json)


@shard.command("list")
@as_json
def list_shards(as_json: bool):
    """Every server with its state and how many organizations live there."""
    found = shards.listed()
    say([vars(one) for one in found], "\n".join(listed_shard(one) for one in found), as_json)


@shard.command("open")
@click.argument("name")
@as_json
def open_shard(name: str, as_json: bool):
    """Let a server take new organizations again."""
    tried(lambda: shards.set_state(name, "open"), as_json)
    say({"name": name, "state": "open"}, f"{name} takes organizations now.", as_json)


@shard.command("drain")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
@as_json
def drain_shard(name: str, dry_run: bool, as_json: bool):
    """Move every organization away from a server, each to the emptiest other one, and let it take no more."""
    found = tried(lambda: move.living_on(name), as_json)
    if dry_run:
        say({"name": name, "organizations": found}, f"Would move {len(found)}: {', '.join(found) or 'none'}.", as_json)
        return
    tried(lambda: shards.set_state(name, "draining"), as_json)
    moved, failed = [], {}
    with bar("Moving", hidden=as_json) as progress:
        for done, slug in enumerate(found, 1):
            try:
                moved.append(move.move(slug, shards.emptiest(but=name)))
            except REFUSALS as error:
                failed[slug] = str(error)
            progress(done, len(found))
    lines = [f"{one.slug} is on {one.target} now." for one in moved] or ["There was nothing to move."]
    lines += [f"{slug} stays: {reason}" for slug, reason in failed.items()]
    say({"moved": [vars(one) for one in moved], "failed": failed}, "\n".join(lines), as_json)
    if failed:
        sys.exit(1)


@shard.command("remove")
@click.argument("name")
@as_json
def remove_shard(name: str, as_json: bool):
    """Take a server without organizations out of the list. Nothing is deleted there."""
    tried(lambda: shards.remove(name), as_json)
    say({"name": name}, f"{name} is out of the list.", as_json)
