"""The forms of one's company in the portal: those answers that are opened to it."""

from flask import Blueprint, Response
from flask_login import current_user

from app.companies import queries as companies
from app.i18n import current_locale
from app.web import cells, parts
from app.web.access import allow
from app.web.htmx import page

from . import queries

bp = Blueprint("forms", __name__, url_prefix="/companies")


@parts.shows_on("company", "portal")
def _on_company(company_id: int) -> parts.Part | None:
    found = queries.opened(company_id)
    return parts.Part("portal/forms/_opened.html", {"forms": _shown(found)}) if found else None


def _shown(found: list[queries.Opened]) -> list[dict]:
    """The forms with their answers as people read them."""
    fields = [entry for one in found for entry, _value in one.answers]
    titles = cells.Titles(fields, [{entry.name: value for one in found for entry, value in one.answers}])
    return [
        {
            "name": one.name,
            "answers": [
                (str(entry.label), cells.display(entry, value, titles, current_locale()))
                for entry, value in one.answers
            ],
        }
        for one in found
    ]


@bp.get("/<int:id>/forms")
@allow("portal.use")
def of_company(id: int) -> Response:
    """What the organization asked about one's company, as far as it is shown."""
    company = companies.get(id, current_user)
    return page("portal/forms/of_company.html", company=company, shown={"forms": _shown(queries.opened(id))})
