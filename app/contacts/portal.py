"""People in the portal: oneself, and the people of one's companies."""

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.fields.settings import fields_of
from app.records import lists
from app.records.errors import NotFound
from app.records.read import Loaded
from app.web import cells
from app.web.access import allow
from app.web.faces import face, initials
from app.web.htmx import page
from app.web.inline import Inline, inline
from app.web.portraits import Portrait, asked, removed, served, taken
from app.web.sizes import takes_files

from . import actions, pictures, queries
from .models import Contact

me_bp = Blueprint("me", __name__, url_prefix="/me")
people_bp = Blueprint("people", __name__, url_prefix="/people")


def _me() -> int:
    return current_user.contact_id


ME = Inline(
    Contact,
    queries.get,
    "/portal/me",
    "portal.use",
    "portal.use",
    page="portal/base.html",
    save=actions.update_own,
    own=_me,
)
OWN = Portrait(lambda id: "/portal/me", "portal/me/picture.html", pictures.made, pictures.change)
OTHERS = Inline(Contact, queries.get, "/portal/people", "portal.people", "", page="portal/base.html")
# What the list shows of each person, as far as it is opened to the portal.
SHOWN = ("first_name", "last_name", "job_title", "email", "phone")


@me_bp.get("")
@allow("portal.use")
def show_me() -> Response:
    """What the organization keeps of me; what it lets me change can be changed where it stands."""
    loaded = queries.get(_me(), current_user)
    facts = ME.facts(loaded)
    return page("portal/me/show.html", facts=facts, places=queries.places(_me()), **_look(loaded))


def _look(loaded: Loaded) -> dict:
    """What the face beside a name shows."""
    letters = initials(loaded.values.get("first_name"), loaded.values.get("last_name"))
    return {"id": loaded.id, "letters": letters, "picture": loaded.record.picture}


@me_bp.get("/picture")
@allow("portal.use")
def new_picture() -> Response:
    """The form for another picture of oneself."""
    return asked(queries.get(_me(), current_user), OWN)


@me_bp.post("/picture")
@takes_files
@allow("portal.use")
def create_picture() -> Response:
    """Keep a picture of oneself."""
    return taken(queries.get(_me(), current_user), OWN)


@me_bp.post("/picture/removal")
@allow("portal.use")
def create_picture_removal() -> Response:
    """Take one's picture away."""
    return removed(queries.get(_me(), current_user), OWN)


@me_bp.get("/picture/<name>")
@allow("portal.use")
def show_picture(name: str) -> Response:
    """One's own picture."""
    return served(pictures.read(queries.visible_to(current_user), _me(), name))


inline(me_bp, ME)


@dataclass(frozen=True)
class Person:
    """One line of the list."""

    url: str
    face: str
    name: str
    job_title: str
    # How they are reached: a picture, an address to click, and the words.
    reach: list[tuple[str, str, str]]
    companies: list[str]


@people_bp.get("")
@allow("portal.people")
def index() -> Response:
    """The active people of my companies."""
    companies = queries.companies_with_people(_me())
    chosen = request.args.get("company", type=int)
    if request.args.get("company") and chosen not in companies:
        raise NotFound
    fields = fields_of(Contact, current_user)
    list_of = queries.portal_list(fields)
    # Nothing else of the address is read: a filter over a field that is not shown would tell what stands in it.
    kept = MultiDict([(name, request.args[name]) for name in ("q", "after", "before") if request.args.get(name)])
    asked = lists.wanted(kept, list_of, fields, current_user.page_size)
    asked.columns = [name for name in SHOWN if name in fields]
    found = lists.read(list_of, asked, fields, queries.people(current_user, chosen))
    at = queries.companies_of([row.id for row in found.rows], _me()) if len(companies) > 1 else {}
    return page(
        "portal/people/index.html",
        part="portal/people/_list.html",
        people=[_person(row, fields, at.get(row.id, [])) for row in found.rows],
        page_of=found,
        q=asked.q,
        companies=companies,
        chosen=chosen,
    )


def _person(row: lists.Row, fields, companies: list[str]) -> Person:
    values = row.values
    name = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    reach = [
        (picture, cells.link(fields[one], values[one]) or "", values[one])
        for one, picture in (("email", "mail"), ("phone", ""))
        if values.get(one)
    ]
    url = f"/portal/people/{row.id}"
    look = face(row.id, *row.face, at=f"{url}/picture", size=36)
    return Person(url, look, name or values.get("email") or "", values.get("job_title") or "", reach, companies)


@people_bp.get("/<int:id>")
@allow("portal.people")
def show(id: int) -> Response:
    """One person of my companies."""
    if id == _me():
        return redirect("/portal/me")
    loaded = queries.get(id, current_user)
    facts = OTHERS.filled(loaded)
    name = " ".join(filter(None, (loaded.values.get("first_name"), loaded.values.get("last_name"))))
    return page("portal/people/show.html", name=name, facts=facts, **_look(loaded))


@people_bp.get("/<int:id>/picture/<name>")
@allow("portal.people")
def show_picture_of(id: int, name: str) -> Response:
    """The picture of one person of my companies."""
    return served(pictures.read(queries.visible_to(current_user), id, name))
