"""What an operator takes out of one organization holds no word of another."""

import zipfile

import pytest

from tenants import backup

from .canaries import CANARY


@pytest.mark.threat("T-120")
@pytest.mark.parametrize("slug, letter", [("harbor", "h"), ("summit", "s")])
def test_a_backup_holds_every_word_of_one_organization_and_none_of_another(own_world, slug, letter, tmp_path):
    path = tmp_path / "backup.zip"
    with own_world.app.app_context():
        backup.backup(slug, path)
    with zipfile.ZipFile(path) as archive:
        found = {
            match.group(1).lower()
            for name in archive.namelist()
            for match in CANARY.finditer(archive.read(name).decode(errors="replace"))
        }
    assert found == {letter}
