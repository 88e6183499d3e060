"""Programs of Deskhand's own that tests start, kill with everything that belongs to them, and start again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from app.embedded.children import MARK, end_marked
from app.embedded.process import is_alive, send, wait_until
from tests.source import ROOT

SECONDS = 60.0


class Processes:
    """The processes of one test, each the leader of a group of its own; none is left when the test is over."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.log = folder / "processes.log"
        self.mark = f"{folder}:test"
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        self.environment = {**kept, **environment, MARK: self.mark}
        self._started: list[subprocess.Popen] = []

    def start(self, module: str, *words: str, **environment: str) -> subprocess.Popen:
        """Start `python -m module words` in the background."""
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen:
        """A worker with its dispatcher."""
        return self.start("tests.faults.worker_program", **environment)

    def web(self, port: int, program: str = "", **environment: str) -> subprocess.Popen:
        """A web server, or a program of the tests' that serves in its place."""
        return self.start(*([program] if program else ["app.cli", "serve"]), PORT=str(port), **environment)

    def end(self) -> None:
        """Kill everything, also what was left behind by those who are gone."""
        end_marked(self.mark, seconds=0)
        for process in self._started:
            process.wait(SECONDS)

    def said(self, lines: int = 40) -> str:
        """The last words of all of them."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


def kill(process: subprocess.Popen, but: int | None = None) -> None:
    """Kill a process and everything that it has started, but for one: nothing has time to end in good order."""
    try:
        leader = psutil.Process(process.pid)
        # Asleep it starts nobody else while its children are counted.
        leader.suspend()
        family = [leader, *(one for one in leader.children(recursive=True) if one.pid != but)]
    except psutil.NoSuchProcess:
        family = []
    for one in family:
        send(one.pid, signal.SIGKILL)
    process.wait(SECONDS)
    assert wait_until(lambda: not any(is_alive(one.pid) for one in family), SECONDS)


def children(process: subprocess.Popen) -> list[psutil.Process]:
    """The processes that it has started and that still work."""
    try:
        return [one for one in psutil.Process(process.pid).children() if is_alive(one.pid)]
    except psutil.NoSuchProcess:
        return []
