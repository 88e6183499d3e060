"""A change of very many records at once, by a worker, with progress."""

from app.i18n import speaking
from tenants import db
from tenants.jobs import JobFailed, Work, job

from . import bulk
from .errors import NotFound
from .models import Operation


@job("records.bulk", lane="long")
def write_bulk(work: Work, bulk_id: int, operation_id: int, locale: str) -> None:
    """Write what was looked at, chunk by chunk; each chunk is committed with what became of it."""
    found = db.session.get(bulk.Bulk, bulk_id)
    if found is None or found.job_id != work.id:
        raise JobFailed(str(NotFound.sentence))
    with speaking(locale):
        bulk.write_all(found, db.session.get(Operation, operation_id), work)
