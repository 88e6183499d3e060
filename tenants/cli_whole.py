"""The operators' commands for one organization as a whole: saved, restored, moved, deleted."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from . import backup as backups
from . import move as moves
from . import removal, resolve
from .cli import org
from .saying import as_json, bar, fail, say, tried

FILE = click.Path(dir_okay=False, path_type=Path)
dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@org.command("backup")
@click.argument("slug")
@click.argument("file", type=FILE)
@dry_run
@as_json
def backup(slug: str, file: Path, dry_run: bool, as_json: bool):
    """Write an organization to a new file. It goes on working; the file is of one moment."""
    if dry_run:
        tried(lambda: resolve.organization(slug), as_json)
        if file.exists():
            fail(f"{file} is there already.", as_json)
        say({"file": str(file), "slug": slug}, f"Would write {slug} to {file}.", as_json)
        return
    with bar("Writing", hidden=as_json) as progress:
        made = tried(lambda: backups.backup(slug, file, progress), as_json)
    found = {"file": str(file), "slug": made.slug, "taken_at": made.taken_at, "rows": made.rows}
    found |= {"bytes": file.stat().st_size, "revision": made.revision}
    say(found, f"{file} holds {made.slug} as of {made.taken_at}: {made.rows} rows.", as_json)


@org.command("restore")
@click.argument("file", type=FILE)
@click.option("--as", "slug", default="", help="Restore beside the original, under this slug.")
@click.option("--host", "hosts", multiple=True, help="With --as: a host name that leads to it; may be repeated.")
@click.option("--name", default="", help="With --as: the name people see, if not the one it had.")
@click.option("--shard", default="", help="With --as: the server where it is to live; the emptiest one unless said.")
@click.option("--in-place", default="", metavar="SLUG", help="Restore in the place of this organization.")
@dry_run
@as_json
def restore(file: Path, slug: str, hosts, name: str, shard: str, in_place: str, dry_run: bool, as_json: bool):
    """Restore a backup: beside the original, or in its place.

    In its place, the organization as it is now stays suspended under another slug until you delete it.
    """
    if bool(slug) == bool(in_place):
        fail("Say --as SLUG to restore beside the original, or --in-place SLUG.", as_json)
    if dry_run:
        found = tried(lambda: backups.examine(file), as_json)
        if in_place:
            tried(lambda: resolve.organization(in_place), as_json)
        facts = {"slug": found.slug, "taken_at": found.taken_at, "rows": found.rows, "revision": found.revision}
        say(facts, f"{file} holds {found.slug} as of {found.taken_at}: {found.rows} rows.", as_json)
        return
    with bar("Restoring", hidden=as_json) as progress:
        if in_place:
            done = tried(lambda: backups.replace_with(file, in_place, progress=progress), as_json)
            say(asdict(done), f"{done.slug} is restored. What it was is kept, suspended, as {done.before}.", as_json)
            return
        given = {"name": name, "shard": shard, "progress": progress}
        made = tried(lambda: backups.restore(file, slug, list(hosts), **given), as_json)
    say({"slug": made.slug, "name": made.name, "hosts": list(hosts)}, f"{made.slug} is restored.", as_json)


@org.command("move")
@click.argument("slug")
@click.argument("shard")
@dry_run
@as_json
def move(slug: str, shard: str, dry_run: bool, as_json: bool):
    """Move an organization to another database server while it is in use."""
    if dry_run:
        found = tried(lambda: moves.planned(slug, shard), as_json)
        say(found, f"Would move {slug} from {found['source']} to {shard}.", as_json)
        return
    with bar("Moving", hidden=as_json) as progress:
        moved = tried(lambda: moves.move(slug, shard, progress), as_json)
    seconds = f"{moved.rows} rows in {moved.seconds:.1f} s, of which writers waited {moved.paused:.1f} s."
    say(asdict(moved), f"{slug} is on {shard} now: {seconds}", as_json)


@org.command("delete")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--certificate", type=FILE, help="Write the certificate to this file too.")
@dry_run
@as_json
def delete(slug: str, yes: bool, certificate: Path | None, dry_run: bool, as_json: bool):
    """Delete a suspended organization for good, and say what went."""
    found = tried(lambda: removal.planned(slug), as_json)
    if dry_run:
        say(found, f"Would delete {slug}: {sum(found['rows'].values())} rows.", as_json)
        return
    if not yes and click.prompt(f"Type {slug} to delete it for good", default="", show_default=False) != slug:
        fail("Nothing was deleted.", as_json)
    gone = asdict(tried(lambda: removal.delete(slug), as_json))
    if certificate is not None:
        certificate.write_text(json.dumps(gone, indent=1) + "\n")
    say(gone, f"{slug} is deleted: {sum(gone['rows'].values())} rows in {len(gone['rows'])} tables.", as_json)


@org.command("deleted")
@as_json
def deleted(as_json: bool):
    """The certificates of the organizations that were deleted."""
    found = removal.certificates()
    lines = [f"{one['deleted_at']}  {one['slug']:<24}{sum(one['rows'].values())} rows" for one in found]
    say(found, "\n".join(lines) or "None was deleted.", as_json)
