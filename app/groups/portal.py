"""A group as the people in it see it in the portal, where it is shown to them."""

from flask import Blueprint, Response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.fields.settings import fields_of
from app.records import lists
from app.web.access import allow
from app.web.htmx import page

from . import queries

bp = Blueprint("groups", __name__, url_prefix="/groups")
SHOWN = ("first_name", "last_name", "job_title")


@bp.get("/<int:id>")
@allow("portal.use")
def show(id: int) -> Response:
    """One of my groups: what it is for, and those of my companies who are in it with me."""
    loaded = queries.get(id, current_user)
    fields = fields_of(Contact, current_user)
    kept = MultiDict([(name, request.args[name]) for name in ("after", "before") if request.args.get(name)])
    list_of = contacts.portal_list(fields)
    asked = lists.wanted(kept, list_of, fields, current_user.page_size)
    asked.columns = [name for name in SHOWN if name in fields]
    found = lists.read(list_of, asked, fields, queries.people_of(id))
    people = [
        (
            " ".join(filter(None, (row.values.get("first_name"), row.values.get("last_name")))),
            row.values.get("job_title") or "",
        )
        for row in found.rows
    ]
    return page("portal/groups/show.html", group=loaded, people=people, page_of=found)
