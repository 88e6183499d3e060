"""A job as templates show it."""

from app.fields.api import moment
from tenants.jobs import Job

_STATES = {"done": "finished"}


def shown(job: Job) -> dict:
    """The words and addresses of one job."""
    return {
        "id": job.id,
        "label": job.label,
        "done": job.done,
        "total": job.total,
        "state": _STATES.get(job.state, job.state),
        "url": f"/jobs/{job.id}",
        "cancel_url": f"/jobs/{job.id}/cancellation" if job.is_open and not job.cancel else None,
        "result_url": job.link if job.state == "done" and job.link else None,
        "error": job.error if job.state == "failed" else "",
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
        "error": job.error,
        "created_at": moment(job.created_at),
        "finished_at": moment(job.finished_at),
    }
