"""The administrator's pages for the fields of contacts, companies and contracts."""

from collections.abc import Callable

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.i18n import ngettext
from app.records.errors import NotFound
from app.records.models import Operation
from app.web import toasts
from app.web.access import allow
from app.web.confirm import Confirm
from app.web.forms import form, nonce, number, once, steps
from app.web.htmx import fragment, page, redirect_to

from . import custom, fields, forms, languages

bp = Blueprint("fields", __name__, url_prefix="/fields")
TITLES = {
    "contact": _l("Contact fields"),
    "company": _l("Company fields"),
    "contract": _l("Contract fields"),
    "membership": _l("Membership fields"),
}
PORTAL = {"": _l("not shown"), "view": _l("shown"), "edit": _l("may be changed")}


def _address(noun: str, name: str = "") -> str:
    return f"/admin/fields/{noun}" + (f"/{name}" if name else "")


def _table(noun: str) -> dict:
    """Everything the table of fields shows."""
    return {
        "noun": noun,
        "title": TITLES[noun],
        "rows": [(row, forms.kind_name(row.field)) for row in fields.rows(noun)],
        "as_given": noun in custom.AS_GIVEN,
        "archived": custom.archived(noun),
        "portal": PORTAL,
        "address": _address(noun),
    }


def _after(noun: str, operation: Operation | None, text: str) -> Response:
    """Show the table again with a word about what was done: for htmx the table alone, otherwise its page."""
    if not request.wants_fragment:
        if operation is not None:
            toasts.leave(text, operation, _address(noun))
        return redirect_to(_address(noun))
    shown = toasts.toast(text, operation, _address(noun)) if operation is not None else None
    return fragment("admin/fields/_table.html", table=_table(noun), toast=shown)


@bp.get("/<noun>")
@allow("admin.fields")
def index(noun: str) -> Response:
    """The fields of a noun, in their order."""
    custom.model(noun)
    shown = {"table": _table(noun), "toast": None}
    return page("admin/fields/index.html", part="admin/fields/_table.html", **shown)


@bp.post("/<noun>/order")
@allow("admin.fields")
def update_order(noun: str) -> Response:
    """Put the fields in the order in which the page sends them, or in the usual one."""
    if request.form.get("usual"):
        operation = fields.usual_order(noun, actor=current_user.actor)
    else:
        operation = fields.order(noun, request.form.getlist("order"), actor=current_user.actor)
    return _after(noun, operation, _("The fields are in another order"))


@bp.post("/<noun>/<name>/place")
@allow("admin.fields")
def update_place(noun: str, name: str) -> Response:
    """Move a field one place up or down, or to the place whose number was typed."""
    names = [row.field.name for row in fields.rows(noun)]
    if name not in names:
        raise NotFound
    operation = fields.move(noun, name, steps(names.index(name) + 1), actor=current_user.actor)
    names = [row.field.name for row in fields.rows(noun)]
    label = fields.get(noun, name).field.label
    text = _("%(field)s is now number %(n)d of %(all)d", field=label, n=names.index(name) + 1, all=len(names))
    return _after(noun, operation, text)


# --- a field of Deskhand's --------------------------------------------------------------------------------------------


def _values(values: dict) -> dict:
    """Values of the form as they are kept: 'none' in the portal means no right."""
    return values | ({"portal": "" if values["portal"] == "none" else values["portal"]} if "portal" in values else {})


def _given_fields(row: fields.Row) -> list:
    entry = row.field
    found = forms.describing(fields.sections(entry.noun), row.widest, row.given_label or str(entry.label))
    changes = not (entry.readonly or (entry.related and not entry.related.save))
    needed = entry.kind.required
    if entry.own_choices:
        found[1:1] = [forms.own_choices()]
    return found + forms.rules(required=changes and not needed and entry.kind.name != "yes_no", hidden=not needed)


def _own_fields(noun: str, kind: str, widest: str, new: bool = True) -> list:
    found = forms.describing(fields.sections(noun), widest)
    found[1:1] = forms.options(kind, new)
    found += forms.rules(required=kind != "yes_no")
    return found + languages.fields(choices="choices" in custom.options_of(kind))


def _form(noun: str, name: str, wrong: FieldErrors | None = None):
    """The form of one field, given or own, with its values."""
    row = fields.get(noun, name)
    entry = row.field
    values = {key: getattr(entry, key) for key in ("required", "hidden")}
    values |= {"label": str(entry.label), "section": str(entry.section), "help": str(entry.help or "")}
    values["portal"] = entry.portal or "none"
    if entry.custom:
        kept = custom.get(noun, entry.key)
        values |= kept.options | {"choices": custom.choices_text(kept.options), "default": custom.default_text(entry)}
        values |= {"label": kept.label, "help": kept.help or ""} | languages.values(kept.options)
        values |= {
            key: entry.kind.from_json(values[key]) for key in ("min", "max") if _is_bound(entry, values.get(key))
        }
        shown, version = _own_fields(noun, entry.kind.name, row.widest, new=False), kept.version
    else:
        if entry.own_choices:
            values["choices"] = custom.choices_text(
                {"choices": [(one, str(label)) for one, label in entry.kind.choices]}
            )
        shown, version = _given_fields(row), fields.version(noun, name)
    more = {"values": values, "wrong": wrong, "version": version, "submit": _("Save"), "cancel_url": _address(noun)}
    return form(shown, _address(noun, name), **more)


def _is_bound(entry, value) -> bool:
    return value is not None and entry.kind.numeric


@bp.get("/<noun>/<name>")
@allow("admin.fields")
def edit(noun: str, name: str) -> Response:
    """The form of one field."""
    row = fields.get(noun, name)
    return page("admin/fields/edit.html", part="shared/_form.html", form=_form(noun, name), **_about(noun, row))


def _about(noun: str, row: fields.Row) -> dict:
    return {"noun": noun, "title": TITLES[noun], "row": row, "kind": forms.kind_name(row.field)}


@bp.post("/<noun>/<name>")
@allow("admin.fields")
def update(noun: str, name: str) -> Response:
    """Save what the form says about a field."""
    row = fields.get(noun, name)
    entry, base = row.field, request.form.get("v", type=number)
    try:
        if entry.custom:
            read = _values(read_all(_own_fields(noun, entry.kind.name, row.widest, new=False), request.form))
            operation = custom.change(noun, entry.key, read, actor=current_user.actor, base=base)
        else:
            read = _values(read_all(_given_fields(row), request.form))
            operation = fields.change(noun, name, read, actor=current_user.actor, base=base)
    except FieldErrors as error:
        shown = {"form": _form(noun, name, error)} | _about(noun, row)
        return page("admin/fields/edit.html", part="shared/_form.html", status=422, **shown)
    if operation is not None:
        toasts.leave(operation.title, operation, _address(noun))
    return redirect_to(_address(noun))


@bp.post("/<noun>/<name>/reset")
@allow("admin.fields")
def create_reset(noun: str, name: str) -> Response:
    """Let a given field be as Deskhand has it."""
    operation = fields.reset(noun, name, actor=current_user.actor)
    label = fields.get(noun, name).field.label
    return _after(noun, operation, _("%(field)s is as Deskhand has it", field=label))


# --- fields of one's own ----------------------------------------------------------------------------------------------


@bp.get("/<noun>/new")
@allow("admin.fields")
def new(noun: str) -> Response:
    """Choose what a new field is, then describe it."""
    if noun in custom.AS_GIVEN:
        raise NotFound
    custom.model(noun)
    kind = request.args.get("kind", "")
    shown = {"noun": noun, "title": TITLES[noun], "offered": custom.OFFERED}
    if kind not in custom.OFFERED:
        return page("admin/fields/kinds.html", **shown)
    return page("admin/fields/new.html", form=_new_form(noun, kind), kind=kind, **shown)


def _new_form(noun: str, kind: str, wrong: FieldErrors | None = None):
    shown = _own_fields(noun, kind, _widest(noun, kind))
    more = {"hidden": [("kind", kind)], "nonce": nonce(), "submit": _("Add field")}
    return form(shown, _address(noun), wrong=wrong, cancel_url=_address(noun), **more)


def _widest(noun: str, kind: str) -> str:
    return "edit" if custom.model(noun).portal_edits and kind != "reference" else "view"


@bp.post("/<noun>")
@allow("admin.fields")
def create(noun: str) -> Response:
    """Make a field."""
    kind = request.form.get("kind", "")
    if kind not in custom.OFFERED or noun in custom.AS_GIVEN:
        raise NotFound
    made: list = []

    def make() -> int:
        made.append(custom.create(noun, kind, read, actor=current_user.actor))
        return 0

    try:
        read = _values(read_all(_own_fields(noun, kind, _widest(noun, kind)), request.form))
        once(make, lambda _id: _address(noun))
    except FieldErrors as error:
        shown = {"form": _new_form(noun, kind, error), "noun": noun, "title": TITLES[noun], "kind": kind}
        more = {"offered": custom.OFFERED}
        return page("admin/fields/new.html", part="shared/_form.html", status=422, **shown, **more)
    for _name, operation in made:
        toasts.leave(operation.title, operation, _address(noun))
    return redirect_to(_address(noun))


@bp.get("/<noun>/<name>/archive")
@allow("admin.fields")
def new_archive(noun: str, name: str) -> Response:
    """Ask before a field is set aside, and say what it holds."""
    row = custom.get(noun, name.removeprefix("custom-"))
    count = custom.count_values(noun, row.key)
    holds = ngettext("%(num)d record has a value in it.", "%(num)d records have a value in it.", count)
    confirm = Confirm(
        title=_("Set “%(field)s” aside?", field=row.label),
        text=_("It is no longer shown or asked for. Its values are kept, and it can be brought back.") + " " + holds,
        action=f"{_address(noun, name)}/archive",
        submit=_("Set aside"),
        cancel_url=_address(noun, name),
    )
    return page(
        "admin/fields/archive.html", part="shared/_confirm.html", confirm=confirm, noun=noun, title=TITLES[noun]
    )


@bp.post("/<noun>/<name>/archive")
@allow("admin.fields")
def create_archive(noun: str, name: str) -> Response:
    """Set a field aside."""
    return _done(noun, name, custom.archive)


@bp.post("/<noun>/<name>/restoration")
@allow("admin.fields")
def create_restoration(noun: str, name: str) -> Response:
    """Bring a field back that was set aside."""
    return _done(noun, name, custom.bring_back)


def _done(noun: str, name: str, verb: Callable) -> Response:
    operation = verb(noun, name.removeprefix("custom-"), actor=current_user.actor)
    toasts.leave(operation.title, operation, _address(noun))
    return redirect_to(_address(noun))
