"""The jobs panel: what is running for you, how far it is, and stopping it."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user
from sqlalchemy import select

from app.records.errors import NotFound
from app.web.access import allow
from app.web.htmx import fragment, page
from app.web.jobs import shown
from tenants import db, jobs

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


def _mine(job_id: int) -> jobs.Job:
    job = db.session.get(jobs.Job, job_id)
    if job is None or (job.account_id != current_user.account_id and not current_user.may("jobs.view_all")):
        raise NotFound
    return job


@bp.get("")
@allow("desk.use")
def index() -> Response:
    """The newest jobs of this person; who answers for all of them sees those of others that failed."""
    which = (jobs.Job.account_id == current_user.account_id) & (jobs.Job.label != "")
    if current_user.may("jobs.view_all"):
        which |= jobs.Job.state == "failed"
    rows = select(jobs.Job).where(which).order_by(jobs.Job.id.desc()).limit(10)
    found = [shown(job) for job in db.session.scalars(rows)]
    return page("staff/jobs/index.html", part="shared/_jobs.html", jobs=found)


@bp.get("/<int:id>")
@allow("desk.use")
def show(id: int) -> Response:
    """One job and how far it is."""
    return page("staff/jobs/show.html", part="shared/_progress.html", job=shown(_mine(id)))


@bp.post("/<int:id>/cancellation")
@allow("desk.use")
def create_cancellation(id: int) -> Response:
    """Ask a job to stop."""
    job = _mine(id)
    jobs.cancel(job.id)
    db.session.expire(job)
    if not request.wants_fragment:
        return redirect(f"/jobs/{id}", 303)
    return fragment("shared/_progress.html", job=shown(job), events={"jobs:changed": {}})
