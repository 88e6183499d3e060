"""The administrator's pages for the questions of a form's draft."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.models import CustomField
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.i18n import ngettext
from app.records.errors import NotFound
from app.records.models import Operation
from app.settings import custom, languages
from app.settings import fields as settings
from app.settings import forms as describing
from app.web import toasts
from app.web.access import allow
from app.web.confirm import Confirm
from app.web.forms import form, nonce, number, once, steps
from app.web.htmx import fragment, page, redirect_to

from . import building, conditions, offering, queries, questions

bp = Blueprint("questions", __name__, url_prefix="/forms/<int:id>/questions")
PORTAL = {"": _l("not shown"), "view": _l("shown")}


def _address(form_id: int, name: str = "") -> str:
    return f"/admin/forms/{form_id}/questions" + (f"/{name}" if name else "")


def table(id: int) -> dict:
    """Everything the table of questions shows."""
    draft = building.draft(id)
    fields = questions.by_key(draft)
    rows = [settings.Row(one.field, widest="view", said=one.said(fields)) for one in draft]
    return {
        "questions": True,
        "title": _("Questions"),
        "rows": [(row, describing.kind_name(row.field)) for row in rows],
        "archived": custom.archived(questions.asked(id)),
        "portal": PORTAL,
        "address": _address(id),
    }


def _after(id: int, operation: Operation | None, text: str) -> Response:
    """Show the questions again with a word about what was done."""
    here = f"/admin/forms/{id}"
    if not request.wants_fragment:
        if operation is not None:
            toasts.leave(text, operation, here)
        return redirect_to(here)
    shown = toasts.toast(text, operation, here) if operation is not None else None
    return fragment("admin/fields/_table.html", table=table(id), toast=shown)


@bp.post("/order")
@allow("admin.fields")
def update_order(id: int) -> Response:
    """Put the questions in the order in which the page sends them."""
    queries.get_form(id, current_user)
    keys = [name.removeprefix("custom-") for name in request.form.getlist("order")]
    operation = building.order(id, keys, actor=current_user.actor)
    return _after(id, operation, _("The questions are in another order"))


@bp.post("/<name>/place")
@allow("admin.fields")
def update_place(id: int, name: str) -> Response:
    """Move a question one place up or down, or to the place whose number was typed."""
    queries.get_form(id, current_user)
    key = name.removeprefix("custom-")
    operation = building.move(id, key, steps(_place(id, key)[0]), actor=current_user.actor)
    at, label, count = _place(id, key)
    return _after(id, operation, _("%(field)s is now number %(n)d of %(all)d", field=label, n=at, all=count))


def _place(id: int, key: str) -> tuple[int, str, int]:
    """At which place of how many a question stands, with its name between the two; raises `NotFound`."""
    draft = [one.field for one in building.draft(id)]
    for at, entry in enumerate(draft, 1):
        if entry.key == key:
            return at, str(entry.label), len(draft)
    raise NotFound


@bp.get("/new")
@allow("admin.fields")
def new(id: int) -> Response:
    """Choose what a new question is, then describe it."""
    shown = {"form_of": queries.get_form(id, current_user).record, "offered": custom.OFFERED}
    kind = request.args.get("kind", "")
    if kind not in custom.OFFERED:
        return page("admin/forms/kinds.html", **shown)
    return page("admin/forms/new_question.html", form=_new_question(id, kind), kind=kind, **shown)


def _described(id: int, kind: str, key: str = "") -> list:
    """The fields in which a question is described, a new one or one that is there."""
    earlier = building.earlier(id, key)
    headings = dict.fromkeys(str(entry.section) for entry in building.earlier(id) if entry.section)
    found = describing.describing(headings, "view")
    found[1:1] = describing.options(kind, new=not key)
    found += describing.rules(required=kind != "yes_no", hidden=False)
    found += offering.describing(kind, earlier)
    found += conditions.describing(conditions.SHOW, earlier)
    found += conditions.describing(conditions.REQUIRE, earlier) if kind != "yes_no" else []
    return found + languages.fields(choices="choices" in custom.options_of(kind))


def _new_question(id: int, kind: str, wrong: FieldErrors | None = None):
    more = {"hidden": [("kind", kind)], "nonce": nonce(), "submit": _("Add question"), "wide": True}
    return form(_described(id, kind), _address(id), wrong=wrong, cancel_url=f"/admin/forms/{id}", **more)


def _read(id: int, kind: str, key: str = "") -> dict:
    read = read_all(_described(id, kind, key), request.form)
    return read | {"portal": "" if read.get("portal") == "none" else read.get("portal")}


@bp.post("")
@allow("admin.fields")
def create(id: int) -> Response:
    """Put one more question at the end of the draft."""
    record = queries.get_form(id, current_user).record
    kind = request.form.get("kind", "")
    if kind not in custom.OFFERED:
        raise NotFound
    made: list[Operation] = []

    def make() -> int:
        made.append(building.ask(id, kind, read, actor=current_user.actor))
        return 0

    try:
        read = _read(id, kind)
        where = once(make, lambda _id: f"/admin/forms/{id}")
    except FieldErrors as error:
        shown = {"form": _new_question(id, kind, error), "form_of": record, "kind": kind, "offered": custom.OFFERED}
        return page("admin/forms/new_question.html", part="shared/_form.html", status=422, **shown)
    for operation in made:
        toasts.leave(operation.title, operation, where)
    return redirect_to(where)


def _question(id: int, name: str) -> tuple[CustomField, questions.Question]:
    row = custom.get(questions.asked(id), name.removeprefix("custom-"))
    return row, next(one for one in building.draft(id) if one.field.key == row.key)


def _question_form(id: int, name: str, wrong: FieldErrors | None = None):
    row, question = _question(id, name)
    entry, fields = question.field, questions.by_key(building.draft(id))
    values = {"label": row.label, "section": row.section, "help": row.help or "", "required": row.required}
    values |= row.options | {"choices": custom.choices_text(row.options), "default": custom.default_text(entry)}
    values |= {
        key: entry.kind.from_json(values[key])
        for key in ("min", "max")
        if values.get(key) is not None and entry.kind.numeric
    }
    values |= {"portal": row.portal or "none"} | languages.values(row.options)
    values |= offering.values(question.offer, row.options.get("choices") or [], fields)
    values |= conditions.values(conditions.SHOW, question.show_if, fields)
    values |= conditions.values(conditions.REQUIRE, question.require_if, fields)
    more = {"values": values, "wrong": wrong, "version": row.version, "submit": _("Save"), "wide": True}
    shown = _described(id, row.kind, row.key)
    return form(shown, _address(id, name), cancel_url=f"/admin/forms/{id}", **more)


@bp.get("/<name>")
@allow("admin.fields")
def edit(id: int, name: str) -> Response:
    """The form of one question."""
    return _question_page(id, name)


def _question_page(id: int, name: str, wrong: FieldErrors | None = None) -> Response:
    record = queries.get_form(id, current_user).record
    _row, question = _question(id, name)
    shown = {"form_of": record, "question": question.field, "kind": describing.kind_name(question.field)}
    more = {"form": _question_form(id, name, wrong), "status": 422 if wrong else 200}
    return page("admin/forms/question.html", part="shared/_form.html", **shown, **more)


@bp.post("/<name>")
@allow("admin.fields")
def update(id: int, name: str) -> Response:
    """Save what is said of a question."""
    queries.get_form(id, current_user)
    row, _asked = _question(id, name)
    base = request.form.get("v", type=number)
    try:
        read = _read(id, row.kind, row.key)
        operation = building.change(id, row.key, read, actor=current_user.actor, base=base)
    except FieldErrors as error:
        return _question_page(id, name, error)
    if operation is not None:
        toasts.leave(operation.title, operation, f"/admin/forms/{id}")
    return redirect_to(f"/admin/forms/{id}")


@bp.get("/<name>/archive")
@allow("admin.fields")
def new_archive(id: int, name: str) -> Response:
    """Ask before a question is set aside, and say how many answers it has."""
    record = queries.get_form(id, current_user).record
    row, _asked = _question(id, name)
    count = custom.count_values(questions.asked(id), row.key)
    holds = ngettext("%(num)d answer is kept.", "%(num)d answers are kept.", count)
    text = _("From the next version on it is asked no more. It can be brought back.")
    names = building.depending(id, row.key)
    confirm = Confirm(
        title=_("Set “%(field)s” aside?", field=row.label),
        text=f"{text} {holds}" if not names else _("These depend on it; change their conditions first:"),
        items=names,
        action="" if names else f"{_address(id, name)}/archive",
        submit=_("Set aside"),
        cancel_url=_address(id, name),
    )
    return page("admin/forms/archive.html", part="shared/_confirm.html", confirm=confirm, form_of=record)


@bp.post("/<name>/archive")
@allow("admin.fields")
def create_archive(id: int, name: str) -> Response:
    """Set a question aside."""
    return _done(id, building.set_aside(_checked(id), name.removeprefix("custom-"), actor=current_user.actor))


@bp.post("/<name>/restoration")
@allow("admin.fields")
def create_restoration(id: int, name: str) -> Response:
    """Bring a question back that was set aside."""
    return _done(id, building.bring_back(_checked(id), name.removeprefix("custom-"), actor=current_user.actor))


def _checked(id: int) -> int:
    return queries.get_form(id, current_user).id


def _done(id: int, operation: Operation) -> Response:
    toasts.leave(operation.title, operation, f"/admin/forms/{id}")
    return redirect_to(f"/admin/forms/{id}")
