"""What one job may take of its worker: memory, and time in which nothing is heard of it.

Both are held by the system, not by the job's own process, which may be busy in a library that never looks up.
"""

import faulthandler
import resource
import signal
import sys

# Words for how a job's process ended, kept as the job's error; `app.web.jobs` has the sentences.
DIED, SILENT, MEMORY = "died", "silent", "memory"

_bound: list[bool] = []


def bind(memory: int) -> None:
    """Hold this process, which was made for one job, to so many MiB of memory, and let silence end it.

    Counted is what it has asked for, not what lies in the machine's memory: no file, no shared library.
    """
    _set_memory(memory * 1024 * 1024)
    # The default ends the process, whatever it is doing; before that, the log hears where it was.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, file=sys.__stderr__, chain=True)
    _bound.append(True)


def heard(silence: int) -> None:
    """Something was heard of the job: the time of its longest silence begins anew. 0 is for ever."""
    if _bound:
        signal.alarm(silence)


def release() -> None:
    """Let the process write down how it ended, also where nothing is left of its memory."""
    if _bound:
        signal.alarm(0)
        _set_memory(resource.getrlimit(resource.RLIMIT_DATA)[1])


def reason(status: int) -> str:
    """Why a process ended that said nothing, by the status that the system tells of it."""
    return SILENT if status & 0x7F == signal.SIGALRM else DIED


def _set_memory(wanted: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
