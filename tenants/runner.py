"""Running one job: claim it, call its function inside its organization, write how it ended.

This is what the queue's worker calls. It starts with no context at all; the organization comes from the arguments
and is looked up again, so that a job for an organization that was suspended or is gone does nothing.
"""

import gc
import logging
import sys
import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import case, func, or_, select, update

from . import limits
from .db import Suspended, db
from .elsewhere import Moved
from .jobs import ATTEMPTS, FUNCTIONS, Cancelled, Job, JobFailed, LostLease, Work, wake
from .resolve import UnknownOrganization
from .scope import NotMigrated, scope

log = logging.getLogger(__name__)
_app: list[tuple[Flask, int | None]] = []


def install(app: Flask, memory: int | None = None) -> None:
    """Tell this worker process which application its jobs run in.

    Where each job has a process of its own, that may take so many MiB of memory, and it ends when nothing is heard of
    the job for too long.
    """
    _app[:] = [(app, memory)]
    # Beside a thread that reads ahead, the one that the database has answered would wait 5 ms for its turn each time.
    sys.setswitchinterval(0.0005)
    # Rows are held by the hundred thousand cells, and none of them is part of a cycle: look for cycles more rarely.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def run(key: str, job_id: int) -> str:
    """Run one job of one organization; returns its state afterwards ('gone' when there was nothing to do)."""
    app, memory = _app[0]
    if memory is not None:
        limits.bind(memory)
    with app.app_context():
        try:
            claimed = _claim(key, job_id, app.config["DESKHAND_LEASE"])
        except (UnknownOrganization, Suspended, NotMigrated, Moved):
            return "gone"
        if claimed is None:
            return "gone"
        function, args, work = claimed
        limits.heard(work.silence)
        beat = _Heartbeat(app, key, work)
        beat.start()
        try:
            with scope(key):
                function(work, **args)
                _finish(work, "done")
            return "done"
        except (LostLease, Moved):
            # Who follows finds the job where the organization is now, once the lease is over.
            return "gone"
        except Cancelled:
            return _end(key, work, "cancelled")
        except JobFailed as error:
            return _end(key, work, "failed", str(error))
        except MemoryError:
            limits.release()
            log.exception("Job %s of organization %s needs too much memory", job_id, key)
            return _end(key, work, "retry", limits.MEMORY)
        except Exception as error:
            log.exception("Job %s of organization %s failed", job_id, key)
            return _end(key, work, "retry", f"{type(error).__name__}: {error}".splitlines()[0][:500])
        finally:
            limits.release()
            beat.stop()


def ended(name: str, status: int) -> None:
    """Write how a job's process ended that said nothing; `name` is the queue's for this run, `status` the system's.

    Where this cannot be written, the end of the lease tells that somebody died.
    """
    key, job_id, fence = name.rsplit("-", 2)
    work = Work(int(job_id), int(fence) + 1, {}, None, 0)
    log.error("The process of job %s of organization %s ended with status %s", job_id, key, status)
    try:
        _end(key, work, "retry", limits.reason(status), seconds=5)
    except Exception:
        log.warning("How job %s ended could not be written", job_id, exc_info=True)


def _claim(key: str, job_id: int, lease: int) -> tuple | None:
    """Take the job if it is due and nobody holds it; a job taken too often is parked as failed."""
    with scope(key):
        due = or_(Job.state == "queued", (Job.state == "running") & (Job.lease_until < func.clock_timestamp()))
        row = db.session.execute(
            update(Job)
            .where(Job.id == job_id, due, Job.run_at <= func.clock_timestamp(), Job.kind.in_(FUNCTIONS))
            .values(
                state=case((Job.attempt >= ATTEMPTS, "failed"), else_="running"),
                error=case((Job.attempt >= ATTEMPTS, func.coalesce(func.nullif(Job.error, ""), limits.DIED)), else_=""),
                finished_at=case((Job.attempt >= ATTEMPTS, func.now())),
                attempt=Job.attempt + 1,
                fence=Job.fence + 1,
                lease_until=func.clock_timestamp() + timedelta(seconds=lease),
                started_at=func.coalesce(Job.started_at, func.now()),
            )
            .returning(Job.state, Job.kind, Job.args, Job.fence, Job.saved, Job.done, Job.account_id)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None or row.state == "failed":
            return None
        wake(lease + 1)
        function = FUNCTIONS[row.kind]
        work = Work(job_id, row.fence, row.saved, row.account_id, lease, row.done, function.silence)
        return function, row.args, work


def _finish(work: Work, state: str, error: str = "") -> None:
    """Write the end in the work's own transaction; raises `LostLease` when this run no longer holds the job."""
    row = db.session.execute(
        update(Job)
        .where(Job.id == work.id, Job.fence == work.fence, Job.state == "running")
        .values(state=state, error=error, finished_at=func.now(), lease_until=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        raise LostLease(f"Job {work.id} was taken over.")


def _end(key: str, work: Work, state: str, error: str = "", seconds: int = 600) -> str:
    """Write an end that is not success, after what the job had not yet committed was rolled back."""
    with scope(key, seconds):
        mine = (Job.id == work.id) & (Job.fence == work.fence) & (Job.state == "running")
        found = db.session.execute(select(Job.attempt, Job.cancel).where(mine)).first()
        if found is None:
            return "gone"
        if state == "retry" and found.cancel:
            state = "cancelled"
        if state != "retry" or found.attempt >= ATTEMPTS:
            state = "failed" if state == "retry" else state
            _finish(work, state, error)
            return state
        pause = 5 * 4 ** (found.attempt - 1)
        db.session.execute(
            update(Job)
            .where(mine)
            .values(
                state="queued",
                error=error,
                run_at=func.clock_timestamp() + timedelta(seconds=pause),
                lease_until=None,
            )
            .execution_options(synchronize_session=False)
        )
        wake(pause)
        return "queued"


class _Heartbeat(threading.Thread):
    """Extends the lease while a long statement runs, from a connection of its own; dies with the process."""

    def __init__(self, app: Flask, key: str, work: Work):
        super().__init__(daemon=True)
        self.app, self.key, self.work, self.over = app, key, work, threading.Event()

    def stop(self) -> None:
        self.over.set()

    def run(self) -> None:
        while not self.over.wait(self.work.lease / 3):
            try:
                with self.app.app_context(), scope(self.key, seconds=10):
                    db.session.execute(
                        update(Job)
                        .where(Job.id == self.work.id, Job.fence == self.work.fence, Job.state == "running")
                        .values(lease_until=func.clock_timestamp() + timedelta(seconds=self.work.lease))
                        .execution_options(synchronize_session=False)
                    )
            except Exception:
                log.warning("The lease of job %s could not be extended", self.work.id, exc_info=True)
