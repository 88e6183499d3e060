"""The programs that the supervisor runs: started, listened to, ended, and found again after a crash."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.embedded.process import is_alive, send, spawn, wait_until

MARK = "DESKHAND_SUPERVISED"
LINES_KEPT = 20


@dataclass(frozen=True)
class Program:
    """A command and the short name that its lines and messages bear."""

    name: str
    command: tuple[str, ...]


class Child:
    """One program at work: its process, its latest lines, and how it has fared."""

    def __init__(self, program: Program, home: Path, environment: Mapping[str, str], tell: Callable[[str], None]):
        """Remember what to run; nothing is started yet. Each line of its output is handed to `tell`."""
        self.program, self.tell = program, tell
        self.mark = f"{home}:{program.name}"
        self.environment = {**environment, "PYTHONUNBUFFERED": "1", MARK: self.mark}
        self.process: subprocess.Popen | None = None
        self.latest: deque[str] = deque(maxlen=LINES_KEPT)
        self.unfinished = b""

    def start(self) -> None:
        """Start the program, after ending whatever an earlier process of it has left behind."""
        end_marked(self.mark, seconds=5)
        self.latest.clear()
        self.process = spawn(
            list(self.program.command),
            death_signal=signal.SIGTERM,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
        )
        os.set_blocking(self.process.stdout.fileno(), False)

    def listen(self) -> bool:
        """Pass on what the program has said; return False when it will say no more."""
        while self.process and not self.process.stdout.closed:
            try:
                block = os.read(self.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return True
            if not block:
                break
            *lines, self.unfinished = (self.unfinished + block).split(b"\n")
            self.pass_on(lines)
        return False

    def pass_on(self, lines: list[bytes]) -> None:
        """Tell whole lines with the program's name in front, and keep the latest."""
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            self.latest.append(text)
            self.tell(f"{self.program.name:<8}| {text}")

    def at_work(self) -> bool:
        """Say whether the program has been started and has not ended."""
        return self.process is not None and self.result() is None

    def result(self) -> int | None:
        """The exit code, or None while the program runs. With it the last words are told and the pipe is closed."""
        if self.process is None or self.process.poll() is None:
            return None
        self.listen()
        if self.unfinished:
            self.pass_on([self.unfinished])
            self.unfinished = b""
        self.process.stdout.close()
        return self.process.returncode

    def ask_to_end(self) -> None:
        """Tell the program to finish what it does and end."""
        if self.at_work():
            send(self.process.pid, signal.SIGTERM)

    def force_to_end(self) -> None:
        """Kill the program and everything it has started."""
        if self.at_work():
            send(self.process.pid, signal.SIGKILL)
            self.process.wait()
        end_marked(self.mark, seconds=0)


def end_marked(mark: str, seconds: float) -> int:
    """End the processes that a supervised program left behind, kindly for so many seconds; return how many there were.

    They are known by a variable in their environment, which every process inherits from the one that started it. A
    program killed with -9 takes nobody along: its workers would go on and, for instance, keep the port.
    """
    ended = 0
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        found = marked(mark)
        ended = max(ended, len(found))
        for pid in found:
            send(pid, number)
        # A process that ends loses its environment first and its port a moment later: ask for both.
        wait_until(lambda pids=found: not any(is_alive(pid) for pid in pids) and not marked(mark), patience)
    return ended


def marked(mark: str) -> list[int]:
    """The running processes, other than this one, whose mark begins like this. Without /proc none are found."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word == wanted or word.startswith(wanted + b":") for word in words) and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
