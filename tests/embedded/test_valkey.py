"""The embedded Valkey server: who may enter, what is kept, and what survives a crash."""

import os
import signal

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.embedded import valkey
from app.embedded.process import ServerError, free_port, wait_until
from tests.embedded import fake_run

SECONDS = 30.0


@pytest.fixture
def base(tmp_path):
    """A folder for a server, with a space in its name; whatever runs there afterwards is stopped."""
    folder = tmp_path / "a base"
    yield folder
    if found := valkey.running(folder):
        found.stop()


def test_a_server_starts_is_adopted_and_stops(base):
    server = valkey.start(base)
    with redis.Redis.from_url(server.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    adopted = valkey.start(base)
    assert (adopted.pid, adopted.url, adopted.process) == (server.pid, server.url, None)
    adopted.stop()
    assert wait_until(server.ended, SECONDS)
    assert valkey.running(base) is None


def test_a_password_is_asked_for(base):
    server = valkey.start(base)
    for password in (None, "wrong"):
        client = redis.Redis(port=server.port, password=password, retry=Retry(NoBackoff(), 0))
        with pytest.raises(redis.AuthenticationError), client:
            client.ping()
    assert server.password not in repr(server)
    assert server.password not in " ".join(psutil.Process(server.pid).cmdline())
    assert (base / "valkey.conf").stat().st_mode & 0o077 == 0


def test_keys_outlive_a_stop_and_with_luck_a_kill(base):
    server = valkey.start(base)
    with redis.Redis.from_url(server.url) as client:
        client.set("word", "still here")
    server.stop()
    server = valkey.start(base)
    os.kill(server.pid, signal.SIGKILL)
    zombie = psutil.Process(server.pid)  # it answers to its number until it is collected
    assert wait_until(lambda: zombie.status() == psutil.STATUS_ZOMBIE, SECONDS)
    again = valkey.start(base)
    with redis.Redis.from_url(again.url) as client:
        assert client.get("word") == b"still here"
    assert again.pid != server.pid


def test_nothing_is_kept_when_nothing_shall_be(base):
    server = valkey.start(base, persist=False)
    with redis.Redis.from_url(server.url) as client:
        client.set("word", "gone")
    server.stop()
    with redis.Redis.from_url(valkey.start(base, persist=False).url) as client:
        assert client.get("word") is None


def test_another_port_means_a_new_process(base):
    first = valkey.start(base)
    port = free_port()
    second = valkey.start(base, port=port)
    assert first.ended() and second.port == port and second.pid != first.pid


def test_a_stale_pid_file_is_no_obstacle(base):
    valkey.start(base).stop()
    (base / "valkey.pid").write_text(f"{os.getpid()}\n")
    assert valkey.start(base).pid != os.getpid()


def test_the_server_goes_with_its_parent(base, fork):
    parent = fork(fake_run.keep_valkey, base)
    process = psutil.Process(int(parent.line()))
    parent.send(signal.SIGKILL)
    assert wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, SECONDS)


def test_a_server_that_cannot_start_says_why(base):
    base.mkdir()
    (base / "appendonlydir").write_text("a file where a folder belongs")
    with pytest.raises(ServerError, match="appendonlydir"):
        valkey.start(base)
