"""`deskhand worker` with chunks so small that a file of some thousand rows has many, and with places to die at.

Where it dies is told by the variable FAULTS, as JSON: {job's kind: {number of the run: [checkpoint, moment]}}. The
moments: "before" the commit of that checkpoint and "after" it the work-horse dies and takes its worker along, and the
process that would start another; with "stop before" and "stop after" it falls asleep, until somebody opens the pipe
whose path the variable PIPE tells, beside which it leaves its number.
"""

import json
import os
import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from app import run
from app.imports import changing, creating, doubles, names, plan
from app.records import undo
from tenants.jobs import FUNCTIONS, JobFunction, Work, job

LEADER = os.getpid()
SMALL = {"CHUNK": 250, "MADE": 300, "JUDGED": 700}


def make_small() -> None:
    """Shrink the chunks of this process; the modules have the sizes by name."""
    for module in (changing, creating, doubles, names, plan, undo):
        for name in SMALL.keys() & vars(module).keys():
            setattr(module, name, SMALL[name])


@job("tests.poison", silence=2)
def poison(work: Work, how: str) -> None:
    """A job that cannot be done, and that takes its process along if it can."""
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "recursion":
        poison.run(work, how)
    kept = []
    while how == "memory":
        kept.append(bytearray(16 * 2**20))
        work.checkpoint(done=16 * len(kept))
    while how == "loop":
        pass
    if how == "deaf":
        # Nothing else in its process gets a turn.
        re.match("(a+)+b", 60 * "a")


def failing(function: JobFunction, faults: dict[str, tuple[int, str]]) -> JobFunction:
    """The job, which dies at one checkpoint of some of its runs."""

    def run(work: Work, **args) -> None:
        if str(work.fence) in faults:
            work.checkpoint = _failing(work.checkpoint, *faults[str(work.fence)])
        function.run(work, **args)

    return replace(function, run=run)


def _failing(checkpoint, place: int, moment: str):
    passed = 0

    def failing(*given, **named) -> None:
        nonlocal passed
        passed += 1
        if passed == place and moment.endswith("before"):
            _fail(moment)
        checkpoint(*given, **named)
        if passed == place and moment.endswith("after"):
            _fail(moment)

    return failing


def _sleep(pipe: Path) -> None:
    """Not by a signal: the system wakes and ends a stopped process whose parent is killed."""
    os.mkfifo(pipe)
    pipe.with_suffix(".new").write_text(str(os.getpid()))
    pipe.with_suffix(".new").rename(pipe.with_suffix(".pid"))
    pipe.read_bytes()


def _fail(moment: str) -> None:
    if moment.startswith("stop"):
        _sleep(Path(os.environ["PIPE"]))
        return
    for process in (LEADER, os.getppid(), os.getpid()):
        os.kill(process, signal.SIGKILL)


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


if __name__ == "__main__":
    make_small()
    if "FAKETIME_TIMESTAMP_FILE" in os.environ:
        # libfaketime takes the moment at which `time.sleep` shall end for one of the false clock, and fails.
        time.sleep = _wait
    for kind, faults in json.loads(os.environ.get("FAULTS", "{}")).items():
        FUNCTIONS[kind] = failing(FUNCTIONS[kind], faults)
    run.worker()
