"""What tests of jobs do to them: run one as a worker does, read its row, let time pass."""

import contextvars

from sqlalchemy import func, select, text, update

from app.companies.models import Company
from app.contracts.models import Contract
from tenants import db, runner
from tenants.jobs import Job


def run(world, job_id: int, slug: str = "harbor") -> str:
    """One run by a worker, which starts with nothing."""
    return contextvars.Context().run(runner.run, world.keys[slug], job_id)


def row(world, job_id: int, slug: str = "harbor") -> Job:
    with world.inside(slug):
        found = db.session.get(Job, job_id)
        db.session.expunge_all()
        return found


def addresses(world, slug: str = "harbor") -> list[str]:
    with world.inside(slug):
        return list(db.session.scalars(select(Company.address).order_by(Company.id)))


def make_due(world, job_id: int, **values) -> None:
    """Let the time pass that a job waits for."""
    with world.inside():
        due = {"run_at": func.clock_timestamp(), **values}
        db.session.execute(update(Job).where(Job.id == job_id).values(**due))


def expire_lease(world, job_id: int) -> None:
    make_due(world, job_id, lease_until=func.clock_timestamp() - text("interval '1 second'"))


def mark(place: str) -> None:
    db.session.execute(update(Company).values(address=Company.address + place))


def mark_contracts(place: str) -> None:
    db.session.execute(update(Contract).values(notes=Contract.notes + place))
