"""Reading imports: the list of them, one with its state, its rows by verdict."""

from dataclasses import dataclass

from sqlalchemy import select

from app.records.errors import NotFound
from app.web.jobs import trouble
from tenants import db
from tenants.jobs import Job

from .models import Import

# A step whose job ended otherwise than well falls back to this state.
_BEFORE = {"planning": "uploaded", "applying": "stopped", "undoing": "stopped"}


@dataclass(frozen=True)
class Loaded:
    """An import with the job of its last step."""

    found: Import
    job: Job | None

    @property
    def id(self) -> int:
        return self.found.id

    @property
    def runs(self) -> bool:
        """Whether a worker is, or will be, at work on it."""
        return self.job is not None and self.job.is_open and self.found.state in _BEFORE

    @property
    def state(self) -> str:
        """The state of the import, 'stopped' where writing was cancelled or failed half-way."""
        state = self.found.state
        return state if self.runs else _BEFORE.get(state, state)

    @property
    def trouble(self) -> str:
        """Why the last step did not end well, '' when it did."""
        stopped = self.found.state in _BEFORE and not self.runs
        return trouble(self.job) if stopped and self.job is not None else ""


def get(import_id: int) -> Loaded:
    """One import; raises `NotFound`."""
    row = db.session.execute(
        select(Import, Job).outerjoin(Job, Job.id == Import.job_id).where(Import.id == import_id)
    ).first()
    if row is None:
        raise NotFound
    return Loaded(*row)


def newest(limit: int, before: int | None = None) -> tuple[list[Loaded], int | None]:
    """The newest imports, of those before import `before` where one is named, and the one to continue before."""
    query = select(Import, Job).outerjoin(Job, Job.id == Import.job_id).order_by(Import.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Import.id < before)
    found = [Loaded(*row) for row in db.session.execute(query)]
    return found[:limit], (found[limit - 1].id if len(found) > limit else None)
