"""Groups on the desk: all of them, each one's page, and putting many people or companies into one or taking them out.

`GET /groups/7/additions?from=contacts&city.is=Kiel` says who that is (all that this list shows, or `ids=4,9`) and how
many can be added; `POST` to the same address does it, and says who was in it already and who cannot be added.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.companies import queries as companies
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.fields import references
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all, read_one
from app.fields.record import Record
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.i18n import ngettext
from app.records import chosen
from app.records.errors import NotFound
from app.web import history, toasts
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.cells import Titles
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import PASSING, listing
from app.web.presence import presence
from tenants import db

from . import actions, members, queries
from . import erasing as _erasing  # noqa: F401  (registers what goes with a person who is erased)
from .models import Group, GroupMember

bp = Blueprint("groups", __name__, url_prefix="/groups")
COLUMNS = ["name", "kind", "people", "companies", "description", "shown", "active"]
INLINE = Inline(
    Group,
    queries.get,
    "/groups",
    "groups.view",
    "groups.edit",
    save=actions.update,
    columns=lambda path: COLUMNS,
)


def groups_list():
    """The list of groups that the request's address asks for."""
    may = current_user.may("groups.edit")
    return listing(
        queries.LIST,
        queries.visible_to(current_user),
        fields_of(Group, current_user),
        path="/groups",
        noun="groups",
        title=_("Groups"),
        record_path="/groups",
        edit="groups.edit",
        columns=COLUMNS,
        empty={
            "text": _("No groups yet. A group holds people and companies of several companies together."),
            "action_url": "/groups/new" if may else None,
            "action_label": _("New group"),
        },
    )


@bp.get("")
@allow("groups.view")
def index() -> Response:
    """The list of groups."""
    return page("staff/groups/index.html", part="shared/_list.html", listing=groups_list())


@bp.get("/new")
@allow("groups.edit")
def new() -> Response:
    """The form for a new group."""
    return page("staff/groups/new.html", form=_form())


@bp.post("")
@allow("groups.edit")
def create() -> Response:
    """Make a group."""
    try:
        values = read_all(actions.new_fields(current_user), request.form)
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/groups/{made}")
    except FieldErrors as error:
        return page("staff/groups/new.html", part="shared/_form.html", status=422, form=_form(error))
    return redirect_to(where)


def _form(wrong: FieldErrors | None = None):
    fields = actions.new_fields(current_user)
    return form(fields, "/groups", wrong=wrong, nonce=nonce(), submit=_("Add group"), cancel_url="/groups")


@bp.get("/<int:id>")
@allow("groups.view")
def show(id: int) -> Response:
    """A group's page: its facts, and beside them its history."""
    loaded = queries.get(id, current_user)
    titles = INLINE.titles(loaded)
    past = _history(id, titles)
    return page(
        "staff/groups/show.html", group=loaded.record, facts=INLINE.facts(loaded, titles), made=loaded, history=past
    )


def _history(id: int, titles: Titles | None = None) -> dict:
    return history.block(queries.PAST, id, f"/groups/{id}/history", f"/groups/{id}/as-of", titles)


@bp.get("/<int:id>/history")
@allow("history.view")
def show_history(id: int) -> Response:
    """What happened to a group."""
    loaded = queries.get(id, current_user)
    return page("staff/groups/history.html", part="shared/_history.html", group=loaded.record, history=_history(id))


inline(bp, INLINE)
presence(bp, INLINE, _l("Groups"), "name")
as_of(bp, AsOfPage(INLINE, _l("Groups"), not_shown=(_l("The people and companies in it"),)))


# --- many at a time ---------------------------------------------------------------------------------------------------

many_bp = Blueprint("many_members", __name__, url_prefix="/groups")
NOUNS = {"contacts": contacts, "companies": companies}
# So many of them are named before it is done.
NAMED = 50


@dataclass
class Meant:
    """Those whom an address means: of which noun, the ids, what could not be read, and the address' own words."""

    noun: str
    ids: members.Ids
    problems: list[str]
    query: str

    @property
    def model(self) -> type[Record]:
        return NOUNS[self.noun].LIST.model

    @property
    def named(self) -> dict[str, members.Ids]:
        return {"contact_ids" if self.model is Contact else "company_ids": self.ids}


def _meant(within: Group | None = None) -> Meant:
    """Those whom the address means, only those `within` a group where it is one's list; raises `NotFound`."""
    noun = request.args.get("from", "")
    if noun not in NOUNS:
        raise NotFound
    if not current_user.may(f"{noun}.view"):
        raise NotFound
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key not in (*PASSING, "from")]
    query = urlencode([("from", noun), *pairs])
    if "ids" in request.args:
        return Meant(noun, chosen.numbered(request.args["ids"]), [], query)
    queries_of = NOUNS[noun]
    model = queries_of.LIST.model
    fields, base = fields_of(model, current_user), queries_of.visible_to(current_user)
    if within is not None:
        column = GroupMember.contact_id if model is Contact else GroupMember.company_id
        base = base.where(model.id.in_(queries.members(within.id, column)))
    args = MultiDict([(key, value) for key, value in pairs if key not in ("columns", "sort", "size")])
    found = chosen.shown_by(args, queries_of.LIST, fields, base)
    return Meant(noun, found.ids, found.problems, query)


@many_bp.get("/additions")
@allow("groups.members")
def choose() -> Response:
    """Into which group? The list that this came from stands in the address."""
    meant = _meant()
    if "group_id" not in request.args and "group_id_text" not in request.args:
        return _choose(meant)
    try:
        group_id = read_one(fields_of(GroupMember)["group_id"], request.args, "group_id")
    except FieldError as error:
        wrong = FieldErrors({"group_id": error}, {"group_id": request.args.get("group_id_text", "")})
        return _choose(meant, wrong)
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in ("group_id", "group_id_text")]
    verb = "removals" if request.args.get("verb") == "remove" else "additions"
    return redirect_to(f"/groups/{group_id}/{verb}?{urlencode([one for one in kept if one[0] != 'verb'])}")


def _choose(meant: Meant, wrong: FieldErrors | None = None) -> Response:
    asked = form(
        [fields_of(GroupMember)["group_id"]],
        "/groups/additions",
        method="get",
        wrong=wrong,
        submit=_("Continue"),
        cancel_url=f"/{meant.noun}",
        hidden=[(key, value) for key, value in request.args.items(multi=True) if not key.startswith("group_id")],
    )
    shown = {"form": asked, "noun": meant.noun, "removes": request.args.get("verb") == "remove"}
    return page(
        "staff/groups/choose.html", part="shared/_form.html" if wrong else "", status=422 if wrong else 200, **shown
    )


@many_bp.get("/<int:id>/additions")
@allow("groups.members")
def new_additions(id: int) -> Response:
    """Who would be added to the group, who is in it already, and who cannot be."""
    return _preview(queries.get(id, current_user).record, _meant(), removes=False)


@many_bp.post("/<int:id>/additions")
@allow("groups.members")
def create_additions(id: int) -> Response:
    """Add all of them."""
    group, meant = queries.get(id, current_user).record, _meant()
    if meant.problems:
        return _preview(group, meant, removes=False)
    outcome = members.add_members(group, **meant.named, actor=current_user.actor)
    counts = outcome.counts
    words = [ngettext("%(num)d added", "%(num)d added", counts.free)]
    if counts.inside:
        words.append(ngettext("%(num)d was in it already", "%(num)d were in it already", counts.inside))
    if counts.refused:
        words.append(ngettext("%(num)d refused", "%(num)d refused", counts.refused))
    return _many_done(group, meant, words, outcome)


@many_bp.get("/<int:id>/removals")
@allow("groups.members")
def new_removals(id: int) -> Response:
    """Who would be removed from the group."""
    group = queries.get(id, current_user).record
    return _preview(group, _meant(group), removes=True)


@many_bp.post("/<int:id>/removals")
@allow("groups.members")
def create_removals(id: int) -> Response:
    """Remove all of them."""
    group = queries.get(id, current_user).record
    meant = _meant(group)
    if meant.problems:
        return _preview(group, meant, removes=True)
    outcome = members.remove_members(group, **meant.named, actor=current_user.actor)
    words = [ngettext("%(num)d removed", "%(num)d removed", outcome.counts.inside)]
    return _many_done(group, meant, words, outcome)


def _many_done(group: Group, meant: Meant, words: list[str], outcome: members.Outcome) -> Response:
    here = f"/groups/{group.id}/{meant.noun}"
    toasts.leave(" · ".join(words), outcome.operation, here)
    return redirect_to(here)


def _preview(group: Group, meant: Meant, removes: bool) -> Response:
    counts = members.count(group, **meant.named)
    to_do = counts.inside if removes else counts.free
    model = meant.model
    ids = members.standing(group, model, meant.ids, inside=removes).order_by(model.id).limit(NAMED)
    names = references.titles(model.noun, db.session.scalars(ids)) if to_do else {}
    if to_do > members.MOST:
        meant.problems.append(str(members.TooMany.sentence))
    wrong = bool(meant.problems) or (not removes and not group.active)
    return page(
        "staff/groups/many.html",
        status=422 if meant.problems else 200,
        group=group,
        noun=meant.noun,
        removes=removes,
        counts=counts,
        to_do=0 if wrong else to_do,
        problems=meant.problems,
        names=sorted(names.values(), key=str.casefold),
        more=max(0, to_do - NAMED),
        action=f"/groups/{group.id}/{'removals' if removes else 'additions'}?{meant.query}",
    )
