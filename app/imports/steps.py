"""How the jobs of an import take turns: each chunk holds the import's row, and only the job that it names goes on."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Select, select

from app.people.models import Account, Staff
from app.records.actor import SYSTEM, Actor
from tenants import ahead, db, set_for_transaction
from tenants.jobs import Job, LostLease, Work

from .models import Import

# Seconds that a chunk may take: some statements see a whole file of a million rows at once.
SILENCE = 1800


def hold(work: Work, import_id: int) -> Import:
    """The import, held until this chunk is committed; raises `LostLease` when another run took the job over.

    A second run of the same job waits here until the first one's chunk is committed or gone, and then reads how far
    it came.
    """
    # A chunk that is lost with the server is lost together with how far it came, and is done again.
    set_for_transaction(synchronous_commit="off")
    found = db.session.scalar(
        select(Import).where(Import.id == import_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None or found.job_id != work.id or db.session.scalar(_running(work)) is None:
        raise LostLease(f"Import {import_id} is in other hands.")
    return found


def _running(work: Work) -> Select:
    """The job's id, as long as this run of it is the one that counts."""
    return select(Job.id).where(Job.id == work.id, Job.fence == work.fence, Job.state == "running")


def beside(work: Work, function: Callable[[], None] | None) -> AbstractContextManager[None]:
    """Write on in a transaction of its own while the block writes; it is committed when the block is left.

    The job is held meanwhile, so that nobody takes it over, or ends it, with something of this run still to come.
    Without a function there is nothing to write on, and the block is alone.
    """
    if function is None:
        return nullcontext()

    def run() -> None:
        set_for_transaction(synchronous_commit="off")
        if db.session.scalar(_running(work).with_for_update(read=True)) is None:
            raise LostLease(f"Job {work.id} is in other hands.")
        function()

    return ahead.beside(run)


def note(work: Work, found: Import, *, done: int | None = None, total: int | None = None, **progress) -> None:
    """Commit a chunk together with how far it came."""
    found.progress = {**found.progress, **progress}
    db.session.flush()
    work.checkpoint(done=done, total=total, progress=found.progress)


def locale_of(found: Import) -> str:
    """The language of whoever started the import."""
    return db.session.scalar(select(Account.locale).where(Account.id == found.account_id)) or "en"


def actor_of(found: Import, account_id: int | None) -> Actor:
    """The person behind an import, as the journal names them."""
    name = db.session.scalar(
        select(Staff.name).join(Account, Account.staff_id == Staff.id).where(Account.id == account_id)
    )
    return Actor(name or SYSTEM.name, account_id, through=f"import {found.id}")
