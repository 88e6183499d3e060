"""Jobs in the JSON API: how far the work is that a request began."""

from flask import Blueprint, Response, jsonify
from flask_login import current_user

from app.records.errors import NotFound
from app.web import query
from app.web.access import signed_in
from app.web.described import described
from app.web.jobs import as_json
from tenants import db
from tenants.jobs import Job

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("/<int:id>")
@signed_in
@described("How far a job is", {200: "Job"}, parameters=("id",), problems=(400,))
def show(id: int) -> Response:
    """One of this person's own jobs."""
    query.only()
    job = db.session.get(Job, id)
    if job is None or job.account_id != current_user.account_id:
        raise NotFound
    return jsonify(as_json(job))
