"""Deleting an organization: nothing of it is left but counts, and the others notice nothing."""

import json
import subprocess

import pytest
import redis as client

from tenants import backup, provision, removal, resolve
from tenants.jobs import job
from tests.pages import normal

WORD = "zq-leaving-qz"


@pytest.fixture
def leaving(world, jobs):
    """Harbor with a word of its own in many places, and a job in the queue; suspended."""

    @job("tests.leaving")
    def nothing(work):
        pass

    world.sql(f"UPDATE {world.schema()}.contact SET job_title = '{WORD}', custom = jsonb_build_object('x', '{WORD}')")
    world.sql(f"UPDATE {world.schema()}.company SET address = '{WORD}'")
    with world.inside():
        nothing.later()
    with world.app.app_context():
        provision.suspend("harbor")
    return world


@pytest.mark.feature("B026")
@pytest.mark.threat("T-029")
def test_nothing_is_left_but_counts(leaving):
    world, key = leaving, leaving.keys["harbor"]
    summit = {name: row for name, row in world.checksum().items() if world.keys["summit"] in name}
    with world.app.app_context():
        gone = removal.delete("harbor")
        assert removal.certificates() == [json.loads(json.dumps(vars(gone)))]
    assert (gone.slug, gone.name, gone.shard) == ("harbor", "Harbor IT", "main")
    assert gone.rows["contact"] > 5 and gone.queued == 1 and gone.hosts == ["harbor.test", "localhost"]
    for query in (
        f"SELECT 1 FROM pg_namespace WHERE nspname LIKE 'org_{key}%%'",
        f"SELECT 1 FROM shared.wake WHERE organization = '{key}'",
        f"SELECT 1 FROM shared.mail_address WHERE organization = '{key}'",
        f"SELECT 1 FROM shared.organization WHERE key = '{key}' AND (name <> '' OR slug = 'harbor')",
    ):
        assert world.sql(query) == [], query
    valkey = client.Redis.from_url(world.cluster.valkey.url)
    assert [name for name in valkey.scan_iter() if key.encode() in name] == []
    assert {name: row for name, row in world.checksum().items() if world.keys["summit"] in name} == summit
    assert world.anonymous("harbor").get("/sign-in").status_code == 404
    assert "Ina" in normal(world.staff("ann", "summit").get("/contacts"))
    with world.app.app_context(), pytest.raises(resolve.UnknownOrganization):
        resolve.organization(key)


@pytest.mark.threat("T-029")
def test_no_word_of_it_is_in_the_database_any_more(leaving):
    world = leaving
    with world.app.app_context():
        removal.delete("harbor")
    dump = ["pg_dump", "--data-only", world.cluster.postgres.url(database=world.database)]
    try:
        said = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        # No client programs here: ask every table that there is.
        tables = world.sql(
            "SELECT format('%I.%I', schemaname, tablename) AS t FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        said = "".join(str(world.sql(f"SELECT t::text AS row FROM {row['t']} t")) for row in tables)
    assert "Ina" in said and WORD not in said


def test_its_roles_go_with_it(world):
    key = world.make_org("third", ("third.test",))
    roles = f"SELECT count(*) AS n FROM pg_roles WHERE rolname LIKE 'org\\_{key}%'"
    assert world.sql(roles) == [{"n": 2}]
    with world.app.app_context():
        provision.suspend("third")
        removal.delete("third")
    assert world.sql(roles) == [{"n": 0}]


def test_only_one_that_is_suspended_is_deleted(world):
    before = world.checksum()
    with world.app.app_context():
        with pytest.raises(removal.StillAtWork, match="deskhand org suspend harbor"):
            removal.delete("harbor")
        with pytest.raises(resolve.UnknownOrganization):
            removal.delete("nobody")
    assert world.checksum() == before


def test_its_hosts_are_held_but_for_itself(leaving, tmp_path):
    world, saved = leaving, tmp_path / "harbor.zip"
    with world.app.app_context():
        backup.backup("harbor", saved)
        removal.delete("harbor")
        with pytest.raises(provision.ProvisionError, match="is taken"):
            provision.create("stranger", "Stranger", ["harbor.test"])
        made = backup.restore(saved, "harbor", ["harbor.test"])
    assert made.slug == "harbor"
    world.keys["harbor"] = made.key
    assert "Ina" in normal(world.staff("ann").get("/contacts"))
