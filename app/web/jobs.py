"""A job as templates show it."""

from app.fields.api import moment
from app.i18n import lazy_gettext as _l
from tenants import limits
from tenants.jobs import Job

_STATES = {"done": "finished"}
_ENDS = {
    limits.DIED: _l("The worker ended in the middle of this, several times at the same place."),
    limits.SILENT: _l("This did not get on for too long and was stopped, several times at the same place."),
    limits.MEMORY: _l("This needed more memory than a job may take, several times at the same place."),
}


def trouble(job: Job) -> str:
    """Why a job failed, in the viewer's language; '' while it has not."""
    return str(_ENDS.get(job.error, job.error)) if job.state == "failed" else ""


def shown(job: Job) -> dict:
    """The words and addresses of one job."""
    return {
        "id": job.id,
        "label": job.label or job.kind,
        "done": job.done,
        "total": job.total,
        "state": _STATES.get(job.state, job.state),
        "url": f"/jobs/{job.id}",
        "cancel_url": f"/jobs/{job.id}/cancellation" if job.is_open and not job.cancel else None,
        "result_url": job.link if job.state == "done" and job.link else None,
        "error": trouble(job),
    }


def as_json(job: Job) -> dict:
    """A job as the API answers it."""
    return {
        "id": job.id,
        "label": job.label,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "note": job.note,
        "error": trouble(job),
        "created_at": moment(job.created_at),
        "finished_at": moment(job.finished_at),
    }
