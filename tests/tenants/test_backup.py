"""One organization in a file and back: whole, alone, and without touching the others."""

import json
import stat
import zipfile

import pytest
from sqlalchemy import text

from app.contacts.models import Contact
from tenants import backup, db, engines, migrate, provision, resolve, secrets
from tenants.jobs import Job, job
from tests.pages import normal


@pytest.fixture
def operator(world):
    """The commands of whoever runs the installation, in an app context without an organization."""
    with world.app.app_context():
        yield world


@pytest.fixture
def saved(operator, tmp_path):
    """A backup of harbor."""
    path = tmp_path / "harbor.zip"
    backup.backup("harbor", path)
    return path


def contents(world, key: str, but: tuple = ()) -> dict[str, list]:
    """Every row of every table of an organization."""
    names = world.sql("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", f"org_{key}")
    return {
        row["tablename"]: world.sql(f'SELECT t::text AS row FROM org_{key}."{row["tablename"]}" t ORDER BY 1')
        for row in names
        if row["tablename"] not in but
    }


@pytest.mark.feature("B026")
@pytest.mark.threat("T-120")
def test_restored_beside_the_original_it_is_the_same_and_others_are_untouched(operator, saved):
    before = operator.checksum()
    made = backup.restore(saved, "copy", ["copy.test"])
    operator.keys["copy"] = made.key
    assert contents(operator, made.key) == contents(operator, operator.keys["harbor"])
    after = operator.checksum()
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"shared.organization", "shared.host", "shared.wake"}
    assert (made.name, made.slug) == ("Harbor IT", "copy")


@pytest.mark.feature("B026")
def test_what_was_restored_works(world, tmp_path):
    with world.app.app_context():
        backup.backup("harbor", tmp_path / "harbor.zip")
        world.keys["copy"] = backup.restore(tmp_path / "harbor.zip", "copy", ["copy.test"]).key
    copy = world.staff("ann", "copy", host="copy.test")
    name = f"Ina of the copy {world.keys['copy']}"
    there = copy.get(f"/contacts/{world.cast.ina}")
    assert there.status_code == 200 and "Ina" in normal(there)
    with world.inside("copy"):
        db.session.get(Contact, world.cast.ina).job_title = name
        db.session.add(Contact(first_name="New", last_name="One", user_name="new.one", email="new@one.example"))
    assert name in normal(copy.get(f"/contacts/{world.cast.ina}"))
    assert name not in normal(world.staff("ann").get(f"/contacts/{world.cast.ina}"))
    assert world.portal("ina", "copy", host="copy.test").get("/portal/").status_code == 200


def test_what_the_organization_sealed_is_opened_in_its_copy_and_nowhere_else(world, tmp_path):
    with world.inside():
        sealed = secrets.seal("file", b"words")
    with world.app.app_context():
        backup.backup("harbor", tmp_path / "harbor.zip")
        world.keys["copy"] = backup.restore(tmp_path / "harbor.zip", "copy", []).key
    with world.inside("copy"):
        assert secrets.unseal("file", sealed) == b"words"
    with world.inside("summit"), pytest.raises(secrets.CannotOpen):
        secrets.unseal("file", sealed)


@pytest.mark.threat("T-120")
def test_the_file_holds_nothing_of_others_and_is_private(operator, saved):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with zipfile.ZipFile(saved) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        manifest = json.loads(archive.read(backup.MANIFEST))
    assert b"Harbor" in everything and b"harbor.test" in everything
    assert b"summit" not in everything.lower()
    assert operator.keys["harbor"].encode() in everything  # it is what its files were sealed as
    assert manifest["tables"]["contact"]["rows"] > 0
    assert not set(manifest["tables"]) & {"organization", "host", "alembic_version"}


@pytest.mark.feature("B026")
def test_restored_in_its_place_the_one_before_is_kept(world, tmp_path):
    saved = tmp_path / "harbor.zip"
    with world.app.app_context():
        backup.backup("harbor", saved)
        old = world.keys["harbor"]
        world.sql(f"UPDATE {world.schema()}.contact SET first_name = 'Spoilt'")
        replaced = backup.replace_with(saved, "harbor")
        world.keys["harbor"] = resolve.organization("harbor").key
        states = {row["slug"]: (row["state"], row["hosts"]) for row in provision.listed()}
    assert world.keys["harbor"] != old and replaced.before.startswith("harbor-before-")
    assert states["harbor"] == ("active", ["harbor.test", "localhost"])
    assert states[replaced.before] == ("suspended", [])
    page = normal(world.staff("ann").get("/contacts"))
    assert "Ina" in page and "Spoilt" not in page
    assert {row["first_name"] for row in world.sql(f"SELECT first_name FROM org_{old}.contact")} == {"Spoilt"}


def test_open_jobs_go_on_in_its_place_and_not_beside_it(world, tmp_path, jobs):
    @job("tests.kept")
    def kept(work):
        db.session.execute(text("UPDATE company SET address = 'done'"))

    with world.inside():
        kept.later()
    with world.app.app_context():
        backup.backup("harbor", tmp_path / "harbor.zip")
        world.keys["copy"] = backup.restore(tmp_path / "harbor.zip", "copy", []).key
        with engines.engine("main", "owner").connect() as connection:
            woken = set(connection.scalars(text("SELECT organization FROM shared.wake")))
        assert world.keys["copy"] in woken
    with world.inside("copy"):
        assert [row.state for row in db.session.query(Job)] == ["cancelled"]
    with world.app.app_context():
        backup.replace_with(tmp_path / "harbor.zip", "harbor")
    assert world.run_jobs() == ["done"]


def damaged(saved, tmp_path, change):
    """The backup with its members changed by `change(name, data)`; None leaves one out."""
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return path


BROKEN = {
    "a row is gone": (lambda name, data: data[data.index(b"\n") + 1 :] if "contact.copy" in name else data, "add up"),
    "a word is another": (
        lambda name, data: data.replace(b"Ina", b"Eva") if "contact.copy" in name else data,
        "add up",
    ),
    "a table is missing": (lambda name, data: None if "membership" in name else data, "not whole"),
    "without a manifest": (lambda name, data: None if name == "manifest.json" else data, "no backup"),
    "no JSON": (lambda name, data: b"{" if name == "manifest.json" else data, "no backup"),
    "of the future": (lambda name, data: data.replace(b'"revision": "', b'"revision": "9'), "does not know"),
    "another format": (lambda name, data: data.replace(b'"format": 1', b'"format": 7'), "format 7"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_damaged_file_is_refused_and_leaves_nothing_behind(operator, saved, tmp_path, case):
    change, said = BROKEN[case]
    before = operator.checksum(), operator.cluster.roles()
    with pytest.raises(backup.BackupError, match=said):
        backup.restore(damaged(saved, tmp_path, change), "copy", [])
    assert (operator.checksum(), operator.cluster.roles()) == before
    assert [
        row["n"] for row in operator.sql("SELECT count(*) AS n FROM pg_namespace WHERE nspname LIKE 'org\\_%%'")
    ] == [2]


@pytest.mark.parametrize("data", [b"", b"PK", b"words " * 1000])
def test_a_file_that_is_no_backup_is_refused(operator, tmp_path, data):
    path = tmp_path / "file.zip"
    path.write_bytes(data)
    with pytest.raises(backup.BackupError, match="no backup"):
        backup.examine(path)
    with pytest.raises(backup.BackupError, match="cannot be read"):
        backup.examine(tmp_path / "nothing.zip")


def test_a_file_that_is_there_is_not_overwritten(operator, saved):
    before = saved.read_bytes()
    with pytest.raises(backup.BackupError, match="is there already"):
        backup.backup("harbor", saved)
    assert saved.read_bytes() == before
    with pytest.raises(backup.BackupError, match="cannot be written"):
        backup.backup("harbor", saved.parent / "no" / "folder.zip")
    with pytest.raises(resolve.UnknownOrganization):
        backup.backup("nobody", saved.parent / "nobody.zip")
    assert [path.name for path in saved.parent.iterdir()] == ["harbor.zip"]


def test_in_place_of_one_that_cannot_be_restored_it_works_on(operator, saved, tmp_path):
    path = damaged(saved, tmp_path, BROKEN["a row is gone"][0])
    with pytest.raises(backup.BackupError):
        backup.replace_with(path, "harbor")
    assert provision.state("harbor") == "active"
    assert sorted(row["slug"] for row in provision.listed()) == ["harbor", "summit"]


def test_a_slug_or_host_that_is_taken_is_refused(operator, saved):
    for slug, hosts in (("summit", []), ("copy", ["summit.test"]), ("copy", ["harbor.test"])):
        with pytest.raises(provision.ProvisionError):
            backup.restore(saved, slug, hosts)


def test_a_backup_of_an_older_revision_is_brought_to_the_newest(operator, tmp_path):
    newest = migrate.head("tenant")
    path = tmp_path / "harbor.zip"
    key = operator.make_org("older", ("older.test",))
    with engines.engine("main", "owner").begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA org_{key} CASCADE")
        provision.make_schema(connection, key)
        migrate.upgrade_schema(connection, f"org_{key}", to="0008")
        migrate.note(connection, key, "0008")
    manifest = backup.backup("older", path)
    assert manifest.revision == "0008" and "form" not in manifest.tables
    made = backup.restore(path, "copy", [])
    assert made.revision == newest
    assert operator.sql(f"SELECT version_num FROM org_{made.key}.alembic_version") == [{"version_num": newest}]
