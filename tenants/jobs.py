"""Work done by a worker: the row in the organization's `job` table is the truth, the queue only wakes workers.

`@job` names a function; `function.later(...)` writes its row and a wake row in the caller's transaction and tells
the queue after the commit. A job may run twice at once and must not matter: `Work.checkpoint` commits a chunk only
while the row still bears this run's fence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Text, func, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from . import limits
from .db import Tenanted, db, tenancy

OPEN = ("queued", "running")
# Runs from the same place: one that got further than the run before it begins the count anew.
ATTEMPTS = 3
# Seconds between two checkpoints after which a job is held to be stuck, where its function names no other.
SILENCE = 300


class Job(Tenanted):
    """One piece of work: what, for whom, how far, and who holds it (lease and fence)."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_open", "run_at", postgresql_where=text("state IN ('queued', 'running')")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    args: Mapped[dict] = mapped_column(JSONB, server_default="{}")
    label: Mapped[str] = mapped_column(Text, server_default="")
    link: Mapped[str] = mapped_column(Text, server_default="")
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    lane: Mapped[str] = mapped_column(Text, server_default="interactive")
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    fence: Mapped[int] = mapped_column(Integer, server_default="0")
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    total: Mapped[int] = mapped_column(BigInteger, server_default="0")
    note: Mapped[str] = mapped_column(Text, server_default="")
    saved: Mapped[dict] = mapped_column(JSONB, server_default="{}")
    error: Mapped[str] = mapped_column(Text, server_default="")
    cancel: Mapped[bool] = mapped_column(server_default=text("false"))
    run_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Cancelled(Exception):
    """Somebody asked for this job to stop; raised at the border of a chunk."""


class LostLease(Exception):
    """Another worker has taken this job over; this run must write nothing more."""


class JobFailed(Exception):
    """The job cannot succeed, now or later; the sentence is for the person who started it."""


@dataclass
class Work:
    """A running job as its function sees it."""

    id: int
    fence: int
    saved: dict
    account_id: int | None
    lease: int
    done: int = 0
    silence: int = 0

    def checkpoint(self, done: int | None = None, total: int | None = None, note: str | None = None, **saved) -> None:
        """Commit what this chunk did together with how far it came, then go on or stop.

        Raises `LostLease` (and nothing of the chunk is kept) when another worker took over, and `Cancelled` (the
        chunk is kept) when somebody asked to stop.
        """
        before, self.saved = self.saved, {**self.saved, **saved}
        given = {"done": done, "total": total, "note": note}
        if self.saved != before or (done or 0) > self.done:
            # What befalls this run from here on is the first to befall one at this place.
            given["attempt"] = 1
        self.done = max(self.done, done or 0)
        row = db.session.execute(
            update(Job)
            .where(Job.id == self.id, Job.fence == self.fence, Job.state == "running")
            .values(
                saved=self.saved,
                lease_until=func.clock_timestamp() + timedelta(seconds=self.lease),
                **{name: value for name, value in given.items() if value is not None},
            )
            .returning(Job.cancel)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None:
            raise LostLease(f"Job {self.id} was taken over.")
        db.session.commit()
        limits.heard(self.silence)
        if row.cancel:
            raise Cancelled


@dataclass(frozen=True)
class JobFunction:
    """A function that a worker runs; `later` asks for it, and it is called with its `Work` and its arguments."""

    kind: str
    lane: str
    run: Callable
    silence: int = SILENCE

    def later(self, *, account_id: int | None = None, label: str = "", link: str = "", **args) -> int:
        """Write the job's row in this transaction; the queue hears of it after the commit. Returns the job's id."""
        row = Job(kind=self.kind, lane=self.lane, args=args, account_id=account_id, label=str(label), link=link)
        db.session.add(row)
        db.session.flush()
        wake(0)
        db.session.info.setdefault("announce", []).append((tenancy().key, row.id, self.lane))
        return row.id

    def __call__(self, work: Work, **args):
        return self.run(work, **args)


FUNCTIONS: dict[str, JobFunction] = {}


def job(kind: str, lane: str = "interactive", silence: int = SILENCE) -> Callable[[Callable], JobFunction]:
    """Name a function as a job. `lane` is 'interactive' (someone waits for it) or 'long'.

    A run that reaches no checkpoint for `silence` seconds is ended and counts as one that died.
    """

    def register(function: Callable) -> JobFunction:
        if kind in FUNCTIONS and FUNCTIONS[kind].run.__qualname__ != function.__qualname__:
            raise ValueError(f"Two jobs are called {kind!r}.")
        FUNCTIONS[kind] = JobFunction(kind, lane, function, silence)
        return FUNCTIONS[kind]

    return register


def wake(seconds: float) -> None:
    """Note that this organization has work due in so many seconds."""
    db.session.execute(
        text("INSERT INTO shared.wake (organization, at) VALUES (:key, clock_timestamp() + make_interval(secs => :s))"),
        {"key": tenancy().key, "s": seconds},
    )


def cancel(job_id: int) -> None:
    """Stop a job: at once when it has not begun, otherwise at the border of its current chunk."""
    db.session.execute(
        text(
            "UPDATE job SET cancel = true, state = CASE WHEN state = 'queued' AND attempt = 0 THEN 'cancelled'"
            " ELSE state END, finished_at = CASE WHEN state = 'queued' AND attempt = 0 THEN now() END"
            " WHERE id = :id AND state IN ('queued', 'running')"
        ),
        {"id": job_id},
    )
