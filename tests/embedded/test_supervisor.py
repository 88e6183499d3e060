"""The supervisor behind `make run`: what it prints, what it keeps alive, and what it leaves behind."""

import json
import re
import signal
import socket
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.embedded.process import free_port, port_taken, wait_until
from tests.embedded import fake_run

SECONDS = 30.0


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, fork, home: Path, case: str, port: int | None):
        self.home, self.port = home, port or free_port()
        self.process = fork(fake_run.supervise, home, self.port, case)
        self.text, self.end = self.process.text, self.process.send

    def says(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until the output has the pattern so many times; give what its groups matched."""
        found = wait_until(lambda: len(re.findall(pattern, self.text())) >= times, SECONDS)
        assert found, f"{pattern} is missing in:\n{self.text()}"
        return re.findall(pattern, self.text())

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def begin(fork, tmp_path):
    """Start supervisors, all in the same home folder."""

    def start(case: str = "", port: int | None = None) -> Run:
        return Run(fork, tmp_path / "home", case, port)

    return start


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether each has ended; a zombie that the machine's first process has not collected has ended too."""
    left = [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    return not left


def test_a_run_with_servers_survives_a_kill_and_ends_cleanly(begin):
    run = begin("servers")
    run.says("Deskhand is ready: ")
    assert re.search(rf"staff +http://localhost:{run.port}/ +ann@demo.test +password: correct horse", run.text())
    given = json.loads((run.home / "given.json").read_text())
    with psycopg.connect(given["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
        role = "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(role).fetchone() == ("deskhand_owner", False, True)
    redis.Redis.from_url(given["REDIS_URL"]).set("word", "here too")
    assert json.loads((run.home / "services.json").read_text())["DATABASE_URL"] == given["DATABASE_URL"]
    for name in ("owner.json", "services.json", "postgres/password", "valkey/password"):
        assert (run.home / name).stat().st_mode & 0o077 == 0, name

    family = run.family()
    assert {"postgres", "valkey-server"} <= {one.name() for one in family}
    run.end(signal.SIGKILL)
    again = begin("servers", port=run.port)
    again.says("Deskhand is ready: ")
    assert all_gone(family)
    given = json.loads((run.home / "given.json").read_text())
    with psycopg.connect(given["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)
    assert redis.Redis.from_url(given["REDIS_URL"]).ping()

    postgres = next(one for one in again.family() if one.name() == "postgres")
    postgres.kill()
    again.says("PostgreSQL has ended; starting it again")
    assert wait_until(lambda: can_connect(given["DATABASE_URL"]), SECONDS)

    family = again.family()
    assert again.end(signal.SIGINT) == 0
    assert all_gone(family)
    assert not (run.home / "services.json").exists()
    assert not (run.home / "postgres" / "data" / "postmaster.pid").exists()


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(begin, number):
    run = begin()
    run.says("Deskhand is ready: ")
    run.says(r"holder \d+")
    family = run.family()
    assert len(family) == 3
    assert run.end(number) == 0
    assert all_gone(family)
    assert not port_taken(run.port)


def test_a_signal_during_the_set_up_ends_it(begin):
    run = begin("slow start")
    run.says(r"working \d+")
    family = run.family()
    assert run.end(signal.SIGINT) == 0
    assert all_gone(family)
    assert "ready" not in run.text()


def test_a_program_that_dies_is_started_again_without_its_orphans(begin):
    run = begin()
    run.says("Deskhand is ready: ")
    (holder,) = run.says(r"holder (\d+)")
    orphan = psutil.Process(int(holder))
    orphan.parent().kill()
    run.says(r"serve has ended \(SIGKILL\); starting it again in 0\.5 s")
    run.says(r"holder \d+", times=2)
    assert all_gone([orphan])
    assert wait_until(lambda: port_taken(run.port), SECONDS)


def test_a_kill_of_the_supervisor_leaves_nothing_that_stops_the_next_run(begin):
    run = begin()
    run.says("Deskhand is ready: ")
    (holder,) = run.says(r"holder (\d+)")
    serving = psutil.Process(int(holder)).parent()
    family = run.family()
    serving.suspend()
    run.end(signal.SIGKILL)
    serving.kill()
    again = begin(port=run.port)
    again.says("Deskhand is ready: ")
    assert all_gone(family)


def test_a_program_that_only_dies_ends_the_run_with_its_last_words(begin):
    run = begin("bad worker")
    assert run.process.wait() == 1
    assert "worker has ended 3 times within seconds of its start" in run.text()
    assert "I cannot read my settings" in run.text().partition("last words")[2]
    assert not port_taken(run.port)


def test_a_failing_migration_ends_the_run(begin):
    run = begin("bad start")
    assert run.process.wait() == 1
    assert "migrate | I cannot read my settings" in run.text()
    assert "`migrate` failed (exit code 3)" in run.text()
    assert "holder" not in run.text()


def test_one_supervisor_a_folder(begin):
    run = begin()
    run.says("Deskhand is ready: ")
    second = begin()
    assert second.process.wait() == 1
    assert f"already running from {run.home} (process {run.process.pid}" in second.text()
    assert run.process.running()


def test_a_taken_port_is_named(begin):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = begin(port=port)
        assert run.process.wait() == 1
    assert f"Port {port} is taken by another program" in run.text()
    assert f"PORT={port + 1} make run" in run.text()
