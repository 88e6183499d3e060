"""The search over everything: a page of its own, and the palette that opens over every page."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.web.access import allow
from app.web.htmx import page
from app.web.recent import recent

from . import finding

bp = Blueprint("search", __name__)


@bp.get("/search")
@allow("desk.use")
def index() -> Response:
    """Records, pages and actions that match what was typed; for the palette only the lines."""
    typed = request.args.get("q", "")
    shown = finding.asked(typed)
    return page(
        "staff/search/index.html",
        part="staff/search/_found.html",
        q=typed[: finding.LONGEST].strip(),
        said=shown.text,
        groups=finding.found(typed, _opened_before()),
        single_keys=current_user.single_keys,
    )


def _opened_before() -> list[tuple[str, int]]:
    """What this person opened last, without the record whose page they are at."""
    here = request.current_page.path
    paths = {noun.key: noun.path for noun in finding.NOUNS}
    return [(noun, record_id) for noun, record_id in recent() if f"{paths.get(noun)}/{record_id}" != here]
