"""The operators' commands: organizations and migrations."""

import json
import sys

import click

from . import hosts as host_names
from . import migrate, provision
from .resolve import UnknownOrganization

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(result, plain: str, wants_json: bool) -> None:
    """Print a result for people or for programs."""
    click.echo(json.dumps(result, default=str) if wants_json else plain)


def fail(sentence: str, wants_json: bool) -> None:
    """End with a sentence and exit code 1."""
    click.echo(json.dumps({"error": sentence}) if wants_json else f"Error: {sentence}", err=not wants_json)
    sys.exit(1)


@click.group()
def org():
    """Organizations: the MSPs that are served here."""


@org.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name people see.")
@click.option("--host", "hosts", multiple=True, required=True, help="A host name that leads to it; may be repeated.")
@as_json
def create(slug: str, name: str, hosts: tuple[str, ...], as_json: bool):
    """Make an organization with its schema and roles."""
    try:
        made = provision.create(slug, name, list(hosts))
    except provision.ProvisionError as error:
        fail(str(error), as_json)
    say(
        {"slug": made.slug, "name": made.name, "hosts": list(hosts)},
        f"Made {made.slug} at {', '.join(hosts)}.",
        as_json,
    )


@org.command("list")
@as_json
def list_(as_json: bool):
    """Every organization, its state and its hosts."""
    found = provision.listed()
    lines = [f"{row['slug']:<24}{row['state']:<12}{', '.join(row['hosts'])}" for row in found]
    say(
        found, "\n".join(lines) or "There are no organizations yet: deskhand org create SLUG --name … --host …", as_json
    )


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


@click.command("migrate")
@as_json
def migrate_command(as_json: bool):
    """Bring the shared tables and every organization's to the newest revision."""
    try:
        report = migrate.everything()
    except migrate.CannotMigrate as error:
        fail(str(error), as_json)
    lines = [f"{len(report.upgraded)} organizations migrated, {len(report.current)} were up to date."]
    lines += [f"{slug} was left as it was: {reason}" for slug, reason in report.failed.items()]
    say(vars(report), "\n".join(lines), as_json)
    if report.failed:
        sys.exit(1)
