"""The operators' commands for organizations: made, looked at, renamed, suspended, and their hosts."""

import click

from . import hosts as host_names
from . import provision
from .resolve import UnknownOrganization
from .saying import as_json, fail, say, tried


@click.group()
def org():
    """Organizations: the MSPs that are served here."""


@org.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name people see.")
@click.option("--host", "hosts", multiple=True, required=True, help="A host name that leads to it; may be repeated.")
@click.option("--shard", default="", help="The server where it is to live; the emptiest one unless said.")
@click.option("--dry-run", is_flag=True, help="Only look whether it could be made.")
@as_json
def create(slug: str, name: str, hosts: tuple[str, ...], shard: str, dry_run: bool, as_json: bool):
    """Make an organization with its schema and roles."""
    if dry_run:
        tried(lambda: provision.rehearse(slug, name, list(hosts), shard), as_json)
    made = slug if dry_run else tried(lambda: provision.create(slug, name, list(hosts), shard=shard), as_json).slug
    verb = "Could make" if dry_run else "Made"
    say({"slug": made, "name": name, "hosts": list(hosts)}, f"{verb} {made} at {', '.join(hosts)}.", as_json)


@org.command("list")
@as_json
def list_(as_json: bool):
    """Every organization, its state and its hosts."""
    found = provision.listed()
    lines = [f"{row['slug']:<24}{row['state']:<12}{', '.join(row['hosts'])}" for row in found]
    say(
        found, "\n".join(lines) or "There are no organizations yet: deskhand org create SLUG --name … --host …", as_json
    )


@org.command("show")
@click.argument("slug")
@as_json
def show(slug: str, as_json: bool):
    """Where an organization is, how it stands and how large it is; nothing of its customers."""
    found = tried(lambda: provision.shown(slug), as_json)
    lines = [f"{name.replace('_', ' '):<12}{', '.join(v) if isinstance(v, list) else v}" for name, v in found.items()]
    say(found, "\n".join(lines), as_json)


@org.command("rename")
@click.argument("slug")
@click.option("--slug", "new", default="", help="Its new slug.")
@click.option("--name", default="", help="The new name that people see.")
@as_json
def rename(slug: str, new: str, name: str, as_json: bool):
    """Give an organization another slug or name; hosts and links stay."""
    made = tried(lambda: provision.rename(slug, new, name), as_json)
    say({"slug": made.slug, "name": made.name}, f"It is {made.slug} now, and called {made.name}.", as_json)


def _state(slug: str, verb, done: str, as_json: bool) -> None:
    try:
        verb(slug)
    except UnknownOrganization as error:
        fail(str(error), as_json)
    say({"slug": slug, "state": done}, f"{slug} is {done}.", as_json)


@org.command("suspend")
@click.argument("slug")
@as_json
def suspend(slug: str, as_json: bool):
    """Stop everything in an organization at once."""
    _state(slug, provision.suspend, "suspended", as_json)


@org.command("resume")
@click.argument("slug")
@as_json
def resume(slug: str, as_json: bool):
    """Let a suspended organization work again."""
    _state(slug, provision.resume, "active", as_json)


@org.group("hosts")
def hosts():
    """The host names of an organization, and which of them are verified."""


REFUSED = {
    "unknown": "The organization has not asked for {name}: its administrator adds it under Administration, Addresses.",
    "unusable": "{name} belongs to another organization, or stands above or below one of its hosts (see --related).",
}


def _host_line(host: host_names.Listed) -> str:
    return f"{host.name:<40}{host.state:<10}{host.record} TXT {host.value}"


def _host_facts(host: host_names.Listed) -> dict:
    return {"name": host.name, "state": host.state, "record": host.record, "value": host.value}


@hosts.command("list")
@click.argument("slug", metavar="ORG")
@as_json
def list_hosts(slug: str, as_json: bool):
    """Every host with its state and the DNS record that proves it."""
    try:
        found = host_names.of(slug)
    except UnknownOrganization as error:
        fail(str(error), as_json)
    say([_host_facts(host) for host in found], "\n".join(_host_line(host) for host in found), as_json)


@hosts.command("verify")
@click.argument("slug", metavar="ORG")
@click.argument("name", metavar="HOST")
@click.option("--related", is_flag=True, help="Also when another organization has a host above or below this one.")
@as_json
def verify_host(slug: str, name: str, related: bool, as_json: bool):
    """Let a host lead to its organization. Look at its DNS record first: this command does not."""
    try:
        host = host_names.verify(slug, name, related=related)
    except UnknownOrganization as error:
        fail(str(error), as_json)
    except host_names.HostRefused as error:
        fail(REFUSED.get(error.code, str(error)).format(name=error.name), as_json)
    say(_host_facts(host), f"{host.name} now leads to {slug}.", as_json)
