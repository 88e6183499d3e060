"""A function at work in a process of its own, for tests to kill."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from app.embedded.process import wait_until

SECONDS = 30.0


class Forked:
    """A function of ours at work in a process of its own, with its output in a file."""

    def __init__(self, context, output: Path, function: Callable[..., int], *arguments):
        self.output = output
        self.process = context.Process(target=redirected, args=(output, function, arguments))
        self.process.start()
        self.pid = self.process.pid

    def text(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def line(self) -> str:
        """Wait for the first whole line of output."""
        assert wait_until(lambda: "\n" in self.text(), SECONDS), self.text()
        return self.text().splitlines()[0]

    def running(self) -> bool:
        return self.process.exitcode is None

    def send(self, number: int) -> int:
        """Send a signal and wait for the end that it brings; give the exit code."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        self.process.join(SECONDS)
        assert not self.running(), self.text()
        return self.process.exitcode


def redirected(output: Path, function: Callable[..., int], arguments: tuple) -> None:
    """In the new process: write to the file and to nothing else, do the work, and exit with its result."""
    with open(output, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(function(*arguments))
