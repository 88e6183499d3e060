"""Processes whose own clock is wrong, and jumps: who holds a job, and for how long, is told by the database's clock."""

import json
import time
from pathlib import Path

import pytest

from app.embedded.process import is_alive, wait_until
from app.imports import actions

from .importing import Importing, rows
from .processes import SECONDS, kill
from .test_jobs_astray import ask, job
from .visitors import Visitor

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="No libfaketime here: install Debian's package faketime.")
HOUR = 3600


class Clock:
    """The clock of some processes, which may be set while they run."""

    def __init__(self, folder: Path, name: str, hours: int):
        self.file = folder / f"clock-{name}"
        self.set(hours)

    def set(self, hours: int) -> None:
        """Let it show so many hours more than the machine's."""
        self.file.write_text(f"{hours:+d}h\n")

    @property
    def environment(self) -> dict[str, str]:
        """What a process has to be told. The clock that measures durations goes on, as when a real one is set."""
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def all_jobs(world, slug: str = "harbor") -> list[dict]:
    query = "SELECT *, extract(epoch FROM clock_timestamp() - created_at)::float AS age FROM {}.job ORDER BY id"
    return world.sql(query.format(world.schema(slug)))


def durations_are_real(world, slug: str = "harbor") -> None:
    """Each job was asked for, begun and finished one after the other, and a short while ago."""
    for row in all_jobs(world, slug):
        assert row["created_at"] <= row["started_at"] <= row["finished_at"], row
        assert 0 <= row["age"] < HOUR / 2, row


@needs_faketime
@pytest.mark.threat("R-21", "T-106")
def test_a_worker_whose_clock_is_ahead_takes_nobody_s_job(world, processes, tmp_path):
    held = ask(world, "tests.poison", how="not at all")
    world.sql(
        f"UPDATE {world.schema()}.job SET state = 'running', fence = 1, attempt = 1, started_at = now(),"
        f" lease_until = now() + interval '1 minute' WHERE id = {held}"
    )
    processes.worker(**Clock(tmp_path, "ahead", 1).environment)
    other = ask(world, "people.hash_passwords")
    assert wait_until(lambda: job(world, other).state == "done", SECONDS), processes.said()
    found = job(world, held)
    assert (found.state, found.fence) == ("running", 1)
    done = job(world, other)
    assert done.created_at <= done.started_at <= done.finished_at and done.fence == 1


@needs_faketime
@pytest.mark.faults
@pytest.mark.threat("R-21", "T-106")
def test_workers_whose_clocks_jump_run_nothing_twice(site):
    clocks = [Clock(site.folder, "ahead", 1), Clock(site.folder, "behind", -1)]
    for clock in clocks:
        # Long enough for a busy machine, short beside an hour.
        site.start_worker(DESKHAND_LEASE="30", **clock.environment)
    imports = [Importing(site.world, slug, rows(1500, 20, f"clocks {slug}")) for slug in ("harbor", "summit")]
    jumps = 0
    for start in (actions.start_plan, actions.start_apply, actions.start_undo):
        for found in imports:
            found.begin(start)
        while not wait_until(lambda: all(found.job().state == "done" for found in imports), 0.3):
            jumps += 1
            assert jumps < 200, site.processes.said()
            for clock, hours in zip(clocks, (1, -1) if jumps % 2 else (-1, 1), strict=True):
                clock.set(hours)
        assert [found.job().fence for found in imports] == [1, 1], site.processes.said(200)
    for found in imports:
        found.is_undone()
        assert wait_until(lambda: not site.world.open_jobs(found.slug), SECONDS), site.processes.said()  # noqa: B023
        assert {row["fence"] for row in all_jobs(site.world, found.slug)} == {1}
        durations_are_real(site.world, found.slug)
    assert jumps >= 6


@needs_faketime
@pytest.mark.faults
@pytest.mark.threat("R-21", "R-02", "T-106")
@pytest.mark.parametrize(("first", "second"), [(-1, 1), (1, -1)])
def test_a_lease_ends_by_the_clock_of_the_database(site, first, second):
    """A work-horse at rest keeps its job as long as it lives, and loses it seconds after it was killed."""
    found, pipe = Importing(site.world, "harbor", rows(1500, 20, "lease")), site.folder / "plan"
    faults = {"imports.plan": {"1": [3, "stop after"]}}
    clock = Clock(site.folder, "first", first)
    site.start_worker(FAULTS=json.dumps(faults), PIPE=str(pipe), **clock.environment)
    found.begin(actions.start_plan)
    assert wait_until(pipe.with_suffix(".pid").exists, SECONDS), site.processes.said()
    resting = site.worker
    site.start_worker(**Clock(site.folder, "second", second).environment)
    other = ask(site.world, "people.hash_passwords")
    assert wait_until(lambda: job(site.world, other).state == "done", SECONDS), site.processes.said()
    clock.set(second)
    lease = found.job().lease_until
    assert wait_until(lambda: found.job().lease_until > lease, SECONDS), "It is extended."
    assert is_alive(int(pipe.with_suffix(".pid").read_text())) and found.job().fence == 1
    kill(resting)
    begun = time.monotonic()
    assert wait_until(lambda: found.job().state == "done", SECONDS), site.processes.said()
    assert time.monotonic() - begun < 30
    assert found.job().fence == 2
    found.is_planned()
    durations_are_real(site.world)


@needs_faketime
@pytest.mark.faults
@pytest.mark.threat("R-21")
def test_people_stay_signed_in_where_web_servers_disagree_about_the_time(site):
    clock = Clock(site.folder, "web", 1)
    site.start_web(**clock.environment)
    person = Visitor(site.port, "harbor").sign_in()
    token = person.form("/contacts/new")
    for turn, hours in enumerate((-1, 1, 0, -1, 1)):
        clock.set(hours)
        assert person.ask("GET", "/contacts").status_code == 200, hours
        given = {"first_name": "Ada", "last_name": "Byron", "email": f"ada{turn}@a.example", "nonce": f"nonce {turn}"}
        answers = [person.ask("POST", "/contacts", data=given | {"csrf_token": token}) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}, answers[0].text[:1000]
    made = f"FROM {site.world.schema()}.contact WHERE email LIKE 'ada%%@a.example'"
    assert site.world.sql(f"SELECT count(*) AS n {made}")[0]["n"] == 5
    late = f"SELECT 1 {made} AND (created_at > clock_timestamp() OR created_at < now() - interval '10 minutes')"
    assert not site.world.sql(late)


@pytest.mark.faults
@pytest.mark.threat("R-21", "T-106")
def test_workers_in_other_time_zones_do_not_take_each_other_s_jobs(site):
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        site.start_worker(TZ=zone)
    found = Importing(site.world, "harbor", rows(1500, 20, "zones"))
    for start in (actions.start_plan, actions.start_apply, actions.start_undo):
        found.begin(start)
        assert wait_until(lambda: found.job().state == "done", SECONDS), site.processes.said()
        done = found.job()
        assert done.fence == 1 and done.created_at <= done.started_at <= done.finished_at
    found.is_undone()
