"""What is old is deleted once a day in each organization, and nothing else is."""

import pytest

from tenants import queue, retention
from tenants.jobs import FUNCTIONS

from .working import row, run

# Table: columns of a row, the column that tells its age, and how old it must be to go and may be to stay.
KEPT = {
    "receipt": ("account_id, key, fingerprint", "{n}, 'k{n}', 'f'", "at", "25 hours", "23 hours"),
    "sign_in_attempt": ("login_hash, address, ok", "'h', 'a', false", "at", "25 hours", "23 hours"),
    "session": ("token_hash, account_id, surface", "'t{n}', {account}, 'staff'", "seen_at", "13 hours", "11 hours"),
    "file": ("name, purpose", "'contacts.csv', 'export'", "created_at", "8 days", "6 days"),
    "security_event": (
        "kind, account_id, surface, permission, method, endpoint, address",
        "'k', {account}, 'staff', 'p', 'GET', 'e', 'a'",
        *("at", "181 days", "179 days"),
    ),
    "job": ("kind, state", "'tests.over', 'done'", "finished_at", "91 days", "89 days"),
}


def fill(world, slug: str, count: int) -> None:
    """So many old rows and as many younger ones of each table; of a file the parts, and an old file of an import."""
    schema, account = world.schema(slug), world.cast.accounts["nils"]
    for table, (columns, values, age, old, young) in KEPT.items():
        for n in range(2 * count):
            given = values.format(n=n, account=account)
            passed = old if n < count else young
            world.sql(f"INSERT INTO {schema}.{table} ({columns}, {age}) VALUES ({given}, now() - interval '{passed}')")
    world.sql(f"INSERT INTO {schema}.file_part (file_id, no, data) SELECT id, 0, 'sealed' FROM {schema}.file")
    world.sql(f"INSERT INTO {schema}.file (name, created_at) VALUES ('people.csv', now() - interval '1 year')")


def counts(world, slug: str = "harbor") -> dict[str, int]:
    tables = (*KEPT, "file_part")
    return {name: world.sql(f"SELECT count(*) AS n FROM {world.schema(slug)}.{name}")[0]["n"] for name in tables}


def grow_older(world) -> None:
    """Let more than a day pass since the organizations were made and their houses were kept."""
    world.sql("UPDATE shared.organization SET created_at = created_at - interval '25 hours'")
    for slug in world.keys:
        world.sql(f"UPDATE {world.schema(slug)}.job SET created_at = created_at - interval '25 hours'")


def visit(world) -> None:
    with world.app.app_context():
        for key in retention.organizations():
            retention.ask(key)


def test_what_is_old_goes_and_nothing_else(world, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    before = counts(world)
    for slug in world.keys:
        fill(world, slug, 5)
    full, other = counts(world), counts(world, "summit")
    assert full == {table: before[table] + 10 for table in before} | {"file": before["file"] + 11}
    with world.inside():
        job_id = retention.keep_house.later()
    assert run(world, job_id) == "done"
    # What else is done daily has been asked for.
    daily = len(retention._daily)
    assert counts(world) == {table: full[table] - 5 for table in full} | {"job": full["job"] - 5 + 1 + daily}
    assert counts(world, "summit") == other
    assert world.sql(f"SELECT 1 FROM {world.schema()}.file WHERE name = 'people.csv'")
    assert (row(world, job_id).done, row(world, job_id).attempt) == (5 * len(KEPT), 1)


def test_each_organization_is_asked_once_a_day(world, run_jobs):
    visit(world)
    assert not world.open_jobs(), "It is not a day old."
    grow_older(world)
    visit(world)
    visit(world)
    assert [[job.kind for job in world.open_jobs(slug)] for slug in world.keys] == [["housekeeping"]] * 2
    assert run_jobs() == ["done"] * 2 * (1 + len(retention._daily))
    visit(world)
    assert not world.open_jobs()
    grow_older(world)
    visit(world)
    assert [[job.kind for job in world.open_jobs(slug)] for slug in world.keys] == [["housekeeping"]] * 2


def test_one_that_failed_is_asked_again_the_next_day(world, monkeypatch):
    grow_older(world)
    visit(world)
    world.sql(f"UPDATE {world.schema()}.job SET state = 'failed', finished_at = now()")
    visit(world)
    assert not world.open_jobs()
    grow_older(world)
    visit(world)
    assert [job.kind for job in world.open_jobs()] == ["housekeeping"]


def test_the_dispatcher_visits_all_of_them_a_few_at_a_time(world, monkeypatch):
    grow_older(world)
    monkeypatch.setattr(queue, "VISITS", 1)
    turns = iter([True, True, False])
    with world.app.app_context():
        queue.dispatch_while(lambda: next(turns), interval=0)
    assert [[job.kind for job in world.open_jobs(slug)] for slug in world.keys] == [["housekeeping"]] * 2


@pytest.mark.parametrize("slug", ["harbor", "summit"])
def test_a_suspended_organization_is_left_alone(world, slug):
    grow_older(world)
    world.sql("UPDATE shared.organization SET state = 'suspended' WHERE slug = %s", slug)
    visit(world)
    with world.app.app_context():
        assert world.keys[slug] not in retention.organizations()
    jobs = {slug: world.sql(f"SELECT kind FROM {world.schema(slug)}.job") for slug in world.keys}
    assert [kept for kept in jobs if not jobs[kept]] == [slug]


def test_the_job_is_known_to_every_worker():
    assert FUNCTIONS["housekeeping"] is retention.keep_house
