"""The embedded PostgreSQL server: who may enter, who it runs as, and what survives a crash."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded import postgres
from app.embedded.process import ServerError, wait_until
from tests.embedded import fake_run

SECONDS = 30.0


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with a server's files. The tests of this module leave them whole, and no server running."""
    folder = tmp_path_factory.mktemp("postgres") / "base"
    postgres.start(folder, fast=True).stop()
    yield folder
    if found := postgres.running(folder):
        found.stop()


def ask(server: postgres.Server, query: str):
    with psycopg.connect(server.url()) as connection:
        return connection.execute(query).fetchone()


def test_a_server_starts_is_adopted_and_stops(base):
    server = postgres.start(base, fast=True)
    assert ask(server, "SELECT current_user, current_setting('listen_addresses')") == ("postgres", "127.0.0.1")
    adopted = postgres.start(base, fast=True)
    assert (adopted.pid, adopted.port, adopted.process) == (server.pid, server.port, None)
    assert ask(adopted, "SELECT 1") == (1,)
    adopted.stop()
    assert server.ended()
    assert postgres.running(base) is None
    server.stop()


def test_a_password_is_asked_for(base):
    server = postgres.start(base, fast=True)
    for url in (server.url(password="wrong"), server.url(user="another"), server.url(password="")):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
    assert (base / "password").stat().st_mode & 0o077 == 0
    assert server.password not in repr(server)
    server.stop()


def test_settings_can_be_given(base):
    server = postgres.start(base, fast=True, extra={"max_connections": "7", "fsync": "on"})
    names = "max_connections", "fsync", "synchronous_commit", "max_locks_per_transaction", "jit"
    shown = ask(server, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    assert shown == ("7", "on", "off", "512", "off")
    server.stop()


def test_another_port_or_no_adoption_means_a_new_process(base):
    first = postgres.start(base, fast=True)
    second = postgres.start(base, fast=True, adopt=False)
    assert first.ended() and second.pid != first.pid
    moved = postgres.start(base, fast=True, port=first.port)
    assert second.ended() and moved.port == first.port
    moved.stop()


def test_a_killed_server_starts_again_with_its_data(base):
    server = postgres.start(base)
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'still here' AS word")
    os.kill(server.pid, signal.SIGKILL)
    zombie = psutil.Process(server.pid)  # it answers to its number until it is collected
    assert wait_until(lambda: zombie.status() == psutil.STATUS_ZOMBIE, SECONDS)
    again = postgres.start(base)
    assert again.pid != server.pid
    assert ask(again, "SELECT word FROM kept") == ("still here",)
    again.kill()
    assert again.ended()


@pytest.mark.parametrize("content", ["{pid}\n{data}\n1\n5432\n\n127.0.0.1\n\nready   \n", "{pid}\n", "999999999\n"])
def test_a_stale_pid_file_is_no_obstacle(base, content):
    own = os.getpid()
    (base / "data" / "postmaster.pid").write_text(content.format(pid=own, data=base / "data"))
    server = postgres.start(base, fast=True)
    assert ask(server, "SELECT 1") == (1,)
    server.stop()


def test_the_server_goes_with_its_parent(base, fork):
    parent = fork(fake_run.keep_postgres, base)
    process = psutil.Process(int(parent.line()))
    parent.send(signal.SIGKILL)
    assert wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, SECONDS)
    server = postgres.start(base, fast=True)
    assert ask(server, "SELECT 1") == (1,)
    server.stop()


def test_a_half_made_data_folder_is_made_anew(tmp_path):
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    (tmp_path / "password.new").write_text("half")
    server = postgres.start(tmp_path, fast=True)
    assert ask(server, "SELECT 1") == (1,)
    assert not (tmp_path / "data.new").exists() and not (tmp_path / "password.new").exists()
    server.stop()


def test_a_server_that_cannot_start_says_why(base):
    with pytest.raises(ServerError, match="no_such_setting"):
        postgres.start(base, fast=True, extra={"no_such_setting": "1"})


def test_two_starts_at_once_share_one_server(base, fork):
    parents = [fork(fake_run.keep_postgres, base) for _ in range(2)]
    assert parents[0].line() == parents[1].line()
    for parent in parents:
        parent.send(signal.SIGKILL)
    if found := postgres.running(base):
        found.stop()


@pytest.fixture
def open_folder():
    """A folder that every user can reach, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be, and has to be, somebody else")


def nobody_or_skip(*folders: Path) -> postgres.Account:
    """The account `nobody`, if it can reach these folders."""
    found = postgres.account_of("nobody")
    nobody = found and postgres.Account(found.pw_uid, found.pw_gid)
    if not nobody or not all(nobody.can_reach(folder) for folder in folders):
        pytest.skip("a needed folder is out of reach for nobody here")
    return nobody


@as_root
def test_roots_server_runs_as_nobody_where_nobody_can_reach_it(open_folder):
    nobody = nobody_or_skip(postgres.binaries())
    server = postgres.start(open_folder / "base", fast=True)
    assert psutil.Process(server.pid).uids().effective == nobody.user
    assert (open_folder / "base" / "password").stat().st_uid == 0
    assert (open_folder / "base" / "postgres.log").stat().st_mode & 0o077 == 0
    server.kill()
    postgres.start(open_folder / "base", fast=True).stop()


@as_root
def test_roots_server_runs_as_the_owner_of_a_private_folder(open_folder):
    nobody = nobody_or_skip(postgres.binaries())
    os.chown(open_folder, nobody.user, nobody.group)
    open_folder.chmod(0o700)
    server = postgres.start(open_folder / "base", fast=True)
    assert psutil.Process(server.pid).uids().effective == nobody.user
    server.stop()


@as_root
def test_roots_server_runs_in_a_namespace_in_a_private_folder_of_root(open_folder):
    if not postgres.namespaces_allowed():
        pytest.skip("user namespaces are not allowed here")
    open_folder.chmod(0o700)
    server = postgres.start(open_folder / "base", fast=True)
    assert ask(server, "SELECT 1") == (1,)
    assert (open_folder / "base" / "data").stat().st_uid == 0
    server.stop()


@as_root
def test_without_namespaces_a_private_folder_of_root_is_refused_plainly(open_folder, monkeypatch):
    monkeypatch.setattr(postgres, "enter_namespace", lambda: os._exit(97))
    open_folder.chmod(0o700)
    with pytest.raises(ServerError, match="does not run as root"):
        postgres.start(open_folder / "base", fast=True)
    open_folder.chmod(0o711)
    nobody_or_skip(postgres.binaries())
    postgres.start(open_folder / "base", fast=True).stop()


@as_root
def test_an_ordinary_user_can_start_one(open_folder):
    nobody = nobody_or_skip(Path(sys.executable).resolve(), postgres.binaries(), Path(postgres.__file__).parent)
    os.chown(open_folder, nobody.user, nobody.group)
    code = "import sys, pathlib; from app.embedded import postgres as p; base = pathlib.Path(sys.argv[1]); "
    code += "p.start(base, fast=True).kill(); s = p.start(base); a = p.start(base); a.stop(); print(a.pid == s.pid)"
    command = [sys.executable, "-c", code, str(open_folder / "base")]
    options = {"user": nobody.user, "group": nobody.group, "extra_groups": [], "cwd": "/", "text": True}
    assert subprocess.run(command, capture_output=True, check=True, **options).stdout == "True\n"


def test_wrong_binaries_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DESKHAND_PG_BIN", str(tmp_path / "missing"))
    with pytest.raises(ServerError, match="DESKHAND_PG_BIN"):
        postgres.start(tmp_path / "base", fast=True)
