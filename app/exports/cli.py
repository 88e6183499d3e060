"""The operator's command for an archive of a whole organization."""

from dataclasses import asdict
from pathlib import Path

import click

from tenants.resolve import UnknownOrganization, organization
from tenants.saying import as_json, bar, fail, say

from .organization import ExportError
from .organization import export as write


@click.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@as_json
def export(slug: str, file: Path, dry_run: bool, as_json: bool):
    """Write everything an organization has to an archive that anybody can read: tables as CSV, files as they came.

    It cannot be restored; see `backup`.
    """
    try:
        if dry_run:
            organization(slug)
            say({"slug": slug, "file": str(file)}, f"Would write {slug} to {file}.", as_json)
            return
        with bar("Writing", hidden=as_json) as progress:
            made = write(slug, file, progress)
    except (UnknownOrganization, ExportError) as error:
        fail(str(error), as_json)
    rows = sum(made.tables.values())
    say(
        asdict(made),
        f"{file} holds {made.slug}: {rows} rows in {len(made.tables)} tables, {made.files} files.",
        as_json,
    )
