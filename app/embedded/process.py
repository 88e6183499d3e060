"""Child processes that end with their parent, and the small questions one asks about processes."""

import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class ServerError(RuntimeError):
    """A server could not be started or stopped; the text says why and what to do."""


def spawn(
    command: list, *, death_signal: int, prepare: Callable[[], None] | None = None, **options
) -> subprocess.Popen:
    """Start a child that gets `death_signal` as soon as this process is gone, even after a kill -9 (on Linux).

    The child leads a session of its own, so that a Ctrl-C at the terminal reaches only the parent, which then ends
    its children in the right order. Linux ties the signal to the *thread* that made the child: call this from a
    thread that lives as long as the child should, which in practice means the main thread.
    """
    parent = os.getpid()

    def in_child() -> None:
        os.setsid()
        if prepare is not None:
            prepare()
        die_with_parent(parent, death_signal)

    words = [str(word) for word in command]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, preexec_fn=in_child, **options)


def die_with_parent(parent: int, number: int) -> None:
    """Let this process, just forked by `parent`, get a signal as soon as the parent is gone; on Linux only."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(98)


def is_alive(pid: int) -> bool:
    """Say whether this process still does or holds anything: a zombie does not. Needs /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def is_running(pid: int, name: str, folder: Path) -> bool:
    """Say whether this process is alive and is the program `name` at work in `folder`.

    The number alone does not tell: it may belong to another program by now, or to a killed process that nobody has
    collected yet (a zombie still answers to its number, but never stops and holds nothing).
    """
    if not Path("/proc/self/stat").exists():
        answer = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True).stdout
        return name in answer and not answer.startswith("Z")
    try:
        program = Path(f"/proc/{pid}/comm").read_text().strip()
        if program != name[:15] or not is_alive(pid):
            return False
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except PermissionError:
        return True
    except OSError:
        return False


def wait_until(check: Callable[[], bool], seconds: float) -> bool:
    """Ask again every 10 ms until the answer is yes or the time is over; return the last answer."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_taken(port: int, address: str = "127.0.0.1") -> bool:
    """Say whether a server cannot listen on this port because somebody else does."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; whoever asks for the same one waits. The lock goes with the process, however that ends."""
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def open_log(path: Path, most: int = 10_000_000):
    """Open a log to append to, for its owner's eyes only, since servers quote statements and their data in it.

    One that has grown large is put aside first, so that there are never more than two.
    """
    if path.exists() and path.stat().st_size > most:
        path.replace(path.with_name(path.name + ".old"))
    return open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no output)"


def end(pid: int, gone: Callable[[], bool], steps: list[tuple[int, float]]) -> None:
    """Send each signal in turn and wait its seconds, until the process is gone."""
    for number, seconds in steps:
        if gone():
            return
        send(pid, number)
        if wait_until(gone, seconds):
            return
    if not gone():
        raise ServerError(f"Process {pid} does not end, not even when killed.")
