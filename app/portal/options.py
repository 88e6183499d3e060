"""What can be chosen in a field of the portal, found by typing: zones, languages and countries, but no records."""

from flask import Blueprint, Response, jsonify, request

from app.fields.kinds import KINDS
from app.i18n import current_locale
from app.records.errors import NotFound
from app.web.access import allow

bp = Blueprint("options", __name__, url_prefix="/options")
MOST = 50


@bp.get("/<kind>")
@allow("portal.use")
def index(kind: str) -> Response:
    """The matches for `q` as JSON: [{"value": …, "text": …}]."""
    if kind not in ("time_zone", "language", "country"):
        raise NotFound
    typed = request.args.get("q", "").replace("\0", "")[:100].lower()
    options = KINDS[kind](kind).options(current_locale()) or []
    found = [{"value": str(value), "text": text} for value, text in options if typed in text.lower()]
    return jsonify(found[:MOST])
