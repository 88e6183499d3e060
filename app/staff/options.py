"""What can be chosen in a field, found by typing: records by their name, zones and languages by theirs."""

from flask import Blueprint, Response, jsonify, request

from app.fields import references
from app.fields.folding import sought
from app.fields.kinds import KINDS
from app.i18n import current_locale
from app.records.errors import NotFound
from app.web.access import allow
from app.web.forms import number

bp = Blueprint("options", __name__, url_prefix="/options")
MOST = 50


@bp.get("/<noun>")
@allow("desk.use")
def index(noun: str) -> Response:
    """The matches for `q` as JSON: [{"value": …, "text": …}]."""
    typed = sought(request.args.get("q", "")[:1000])[:100]
    if references.is_referable(noun):
        found = references.search(noun, typed, request.args.get("company", type=number))
    elif noun in ("time_zone", "language", "country"):
        options = KINDS[noun](noun).options(current_locale()) or []
        found = [one for one in options if typed.lower() in one[1].lower()][:MOST]
    else:
        raise NotFound
    return jsonify([{"value": str(value), "text": text} for value, text in found])
