"""Operations in the JSON API: taking one back."""

from flask import Blueprint, Response, jsonify

from app.web import query
from app.web.access import allow
from app.web.described import described
from app.web.operations import take_back
from app.web.repeatable import repeatable

bp = Blueprint("operations", __name__, url_prefix="/operations")


@bp.post("/<int:id>/undo")
@allow("history.undo")
@described(
    "Take an operation back, as a new operation",
    {200: "Undone", 202: "Undone"},
    parameters=("id", "Idempotency-Key"),
    headers=("Location", "Idempotent-Replayed"),
    problems=(400, 409, 422),
)
@repeatable
def undo(id: int) -> Response:
    """Take an operation back; many records are a worker's task, whose job is then named."""
    query.only()
    undone = take_back(id)
    if undone.job_id:
        response = jsonify({"operation": undone.operation_id, "job": undone.job_id})
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/jobs/{undone.job_id}"
        return response
    kept = [{"noun": noun, "id": record_id, "reason": str(reason)} for noun, record_id, reason in undone.outcome.kept]
    return jsonify({"operation": undone.operation_id, "reversed": undone.outcome.reversed, "kept": kept})
