"""Changing many records at once on the desk: chosen in a list, said what shall be done, looked at, and done."""

import re
from dataclasses import dataclass, replace
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, request
from flask_babel import format_decimal
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.companies import actions as company_actions
from app.companies import queries as companies
from app.contacts import bulk as contacts_bulk
from app.contacts import queries as contacts
from app.contracts import actions as contract_actions
from app.contracts import queries as contracts
from app.fields import references
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_one
from app.fields.kinds import Choices
from app.fields.kinds.several import Several
from app.fields.registry import Field, FieldSet
from app.fields.settings import fields_of
from app.i18n import current_locale, ngettext
from app.i18n import gettext as _
from app.records import bulk, replacing, write
from app.records.bulk import Bulk, Bulky
from app.records.bulk_job import write_bulk
from app.records.errors import Conflict, NotAllowed, NotFound
from app.records.needed import among
from app.records.selecting import matching
from app.web import cells, toasts
from app.web.access import allow, local_path
from app.web.forms import number, sentence
from app.web.htmx import page, redirect_to
from app.web.removal import reason
from tenants import db

bp = Blueprint("bulk", __name__, url_prefix="/bulk")
# Of so many records it is shown what was and what will be.
SHOWN = 50
# More records than these are changed by a worker.
AT_ONCE = 500
# So many rows can be ticked; for more there is "All that match".
MOST_TICKED = 5000
# What a button in a list asks for: the verb, and for a field that it sets at once the field and the value.
VERBS = {
    "edit": ("edit", "", None),
    "deactivate": ("edit", "active", False),
    "activate": ("edit", "active", True),
    "delete": ("delete", "", None),
    "restore": ("restore", "", None),
}


@dataclass(frozen=True)
class Noun:
    """A noun whose records are changed by the dozen."""

    bulky: Bulky
    queries: ModuleType


NOUNS = {
    "companies": Noun(company_actions.BULKY, companies),
    "contacts": Noun(contacts_bulk.BULKY, contacts),
    "contracts": Noun(contract_actions.BULKY, contracts),
}


class AlreadyDone(Conflict):
    """What was looked at was written already, or is being written."""


# --- choosing ---------------------------------------------------------------------------------------------------------


@bp.post("/<noun>")
@allow("desk.use")
def create(noun: str) -> Response:
    """Keep the records that are ticked in a list, or all that it shows, for what a button names."""
    if noun not in NOUNS or request.form.get("verb", "edit") not in VERBS:
        raise NotFound
    verb, name, value = VERBS[request.form.get("verb", "edit")]
    mine = NOUNS[noun]
    fields = fields_of(mine.bulky.model)
    if name and name not in fields:
        raise NotFound
    _may(mine.bulky, verb)
    back = local_path(request.form.get("back"), f"/{noun}")
    typed = request.form.getlist("id", type=number)
    if len(typed) > MOST_TICKED and not request.form.get("all"):
        toasts.leave(
            _(
                "At most %(most)s rows can be ticked. Narrow the list and take all that match.",
                most=format_decimal(MOST_TICKED),
            )
        )
        return redirect_to(back)
    ids = _all(noun, back) if request.form.get("all") else typed
    found = bulk.choose(mine.bulky, verb, ids, account_id=current_user.account_id, back=back)
    if found is None:
        toasts.leave(_("Nothing is selected: tick the rows first."))
        return redirect_to(back)
    if gone := len(set(ids)) - found.size:
        toasts.leave(
            ngettext("%(num)d ticked row is not there any more.", "%(num)d ticked rows are not there any more.", gone)
        )
    if name:
        bulk.say(found, fields[name], "set", value)
    return redirect_to(f"/bulk/{found.id}")


def _all(noun: str, back: str) -> list[int]:
    """The records of the list at this address, on all its pages."""
    where, mine = urlsplit(back), NOUNS[noun]
    base = mine.queries.visible_to(current_user)
    if found := re.fullmatch(rf"/companies/([0-9]{{1,18}})/{noun}", where.path):
        base = mine.queries.of_company(int(found[1]), current_user)
    elif where.path != f"/{noun}":
        return []
    args = MultiDict(parse_qsl(where.query, keep_blank_values=True))
    return matching(mine.queries.LIST, args, fields_of(mine.bulky.model, current_user), base)


def _may(noun: Bulky, verb: str) -> None:
    permission = noun.edit if verb == "edit" else noun.removal.permission
    if not current_user.may(permission):
        raise NotAllowed(permission)


def _mine(id: int) -> Bulk:
    found = db.session.get(Bulk, id)
    if found is None or found.account_id != current_user.account_id:
        raise NotFound
    _may(bulk.noun_of(found), found.verb)
    return found


# --- saying what shall be done ----------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("desk.use")
def show(id: int) -> Response:
    """What is chosen; once it is said what shall be done, how it would be; and what became of it."""
    found = _mine(id)
    if found.operation_id is not None:
        return page("staff/bulk/result.html", **_around(found), result=_result(found))
    if found.verb == "edit" and (not found.field or "field" in request.args):
        return _choose(found)
    return page("staff/bulk/preview.html", **_around(found), **_preview(found))


def _around(found: Bulk) -> dict:
    """What every page of it shows."""
    noun = next(name for name, one in NOUNS.items() if one.bulky.model.noun == found.noun)
    title = {"companies": _("Companies"), "contacts": _("Contacts"), "contracts": _("Contracts")}[noun]
    return {
        "bulk": found,
        "crumbs": [(title, found.back), (_("%(n)s selected", n=found.size), None)],
        "title": title,
        "verb": {False: "deactivate", True: "activate"}[found.value] if found.field == "active" else found.verb,
    }


def _shared(found: Bulk, fields: FieldSet) -> dict[str, object]:
    """What all chosen have in fields that decide what others may be, such as the company; None where they differ."""
    leading = {entry.within or getattr(entry.kind, "country", "") for entry in fields} - {""}
    model, shared = bulk.noun_of(found).model, {}
    for name in sorted(leading & {entry.name for entry in fields}):
        value = fields[name].expression(model)
        rows = select(value).where(among(model, found.ids)).distinct().limit(2)
        values = list(db.session.scalars(rows))
        shared[name] = values[0] if len(values) == 1 else None
    return shared


def _offered(found: Bulk) -> tuple[FieldSet, dict[str, object]]:
    """The fields that can be changed for all of these at once, and what they share."""
    fields = fields_of(bulk.noun_of(found).model, current_user)
    shared = _shared(found, fields)

    def offered(entry: Field) -> bool:
        led = entry.within or getattr(entry.kind, "country", "")
        alike = not led or shared.get(led) is not None
        return entry.editable_by(current_user) and not entry.kind.unique and alike

    return fields.only(offered), shared


def _several(entry: Field) -> bool:
    return isinstance(entry.kind, Several | Choices)


def _actions(entry: Field, replaces: bool) -> list[tuple[str, str]]:
    found = [("set", _("Set to"))]
    if _several(entry):
        found = [("add", _("Add")), ("remove", _("Remove")), ("set", _("Replace by"))]
    if replaces:
        found.append((replacing.ACTION, _("Replace a part of the text")))
    return found if entry.required or entry.kind.input == "checkbox" else [*found, ("clear", _("Clear"))]


def _choose(found: Bulk, wrong: FieldErrors | None = None, status: int = 200) -> Response:
    fields, shared = _offered(found)
    name = request.values.get("field", "")
    entry = fields.get(name)
    said = entry and entry.name == found.field and found.action != replacing.ACTION
    value = bulk.value_of(found, entry) if said else None
    typed = None
    if wrong is not None and entry is not None:
        typed = request.form.getlist("value") if entry.kind.input == "checkboxes" else request.form.get("value", "")
        typed = typed or request.form.get("value_text", "")
    shown = {
        "fields": [(one.name, one.label) for one in fields],
        "entry": entry,
        "actions": _actions(entry, _replaces(found, entry)) if entry else [],
        "replaces": bool(entry) and _replaces(found, entry),
        "passage": _passage(found, entry)
        | {name: request.form[name] for name in ("find", "by") if name in request.form},
        "action": request.values.get("action") or found.action,
        "editor": _editor(entry, value, shared, typed, wrong) if entry else None,
        "names": list(references.titles(found.noun, found.ids[:10]).values()),
    }
    return page("staff/bulk/choose.html", status=status, **_around(found), **shown)


def _replaces(found: Bulk, entry: Field) -> bool:
    """Whether a part of the field's texts can be replaced: not where the noun has a rule about its values."""
    ruled = {name for rule in bulk.noun_of(found).rules for name in rule.fields}
    return replacing.fits(entry) and entry.name not in ruled


def _passage(found: Bulk, entry: Field | None) -> dict[str, str]:
    """What was to be found and put there."""
    said = entry is not None and entry.name == found.field and found.action == replacing.ACTION
    return found.value if said else {"find": "", "by": ""}


def _editor(entry: Field, value, shared: dict, typed, wrong: FieldErrors | None) -> cells.Editor:
    return cells.editor(entry, value, id="bulk-value", record=shared, typed=typed, error=sentence(wrong, entry.name))


@bp.post("/<int:id>/change")
@allow("desk.use")
def update_change(id: int) -> Response:
    """Say which field shall get which value; the page before and after follows."""
    found = _mine(id)
    if found.operation_id is not None or found.verb != "edit":
        raise AlreadyDone(_("This was done already."))
    fields, shared = _offered(found)
    entry = fields.get(request.form.get("field", ""))
    if entry is None:
        raise NotFound
    action = request.form.get("action", "")
    try:
        if action not in dict(_actions(entry, _replaces(found, entry))):
            raise FieldError(_("Choose what shall be done."), code="required")
        value = _read(entry, action, shared)
    except FieldError as error:
        return _choose(found, FieldErrors({entry.name: error}), 422)
    bulk.say(found, entry, action, value)
    return redirect_to(f"/bulk/{id}")


def _read(entry: Field, action: str, shared: dict):
    if action == replacing.ACTION:
        return replacing.asked(request.form, entry)
    return None if action == "clear" else read_one(replace(entry, required=True), request.form, "value", shared)


# --- before and after -------------------------------------------------------------------------------------------------


def _preview(found: Bulk) -> dict:
    judged = bulk.judge(found, SHOWN)
    entry = fields_of(bulk.noun_of(found).model).get(found.field)
    names = references.titles(found.noun, [row.id for row in judged.rows])
    titles, locale = cells.Titles(), current_locale()
    if entry is not None:
        titles.want([entry], [{entry.name: value} for row in judged.rows for value in (row.before, row.after)])
    rows = []
    for row in judged.rows:
        before, after = (
            cells.display(entry, value, titles, locale) if entry else "" for value in (row.before, row.after)
        )
        why = "" if row.verdict == bulk.CHANGE else bulk.words(row.verdict)
        rows.append((names.get(row.id, f"#{row.id}"), references.url(found.noun, row.id), before, after, why))
    return {
        "label": entry.label if entry else "",
        "rows": rows,
        "will": judged.of(bulk.CHANGE),
        "same": judged.of(bulk.SAME),
        "refused": [(bulk.words(said), n) for said, n in judged.refused()],
    }


@bp.post("/<int:id>/application")
@allow("desk.use")
def create_application(id: int) -> Response:
    """Write what was looked at, as one operation: at once, or by a worker where it is much."""
    _mine(id)
    found = bulk.lock(id)
    if found.operation_id is not None or (found.verb == "edit" and not found.field):
        raise AlreadyDone(_("This was done already."))
    operation = write.begin(current_user.actor, "bulk", title=_title(found), reason=reason())
    found.operation_id = operation.id
    if found.size <= AT_ONCE:
        bulk.write_all(found, operation)
        return redirect_to(f"/bulk/{id}")
    found.job_id = write_bulk.later(
        bulk_id=id,
        operation_id=operation.id,
        locale=current_locale(),
        account_id=current_user.account_id,
        label=operation.title,
        link=f"/bulk/{id}",
    )
    return redirect_to(f"/jobs/{found.job_id}")


def _title(found: Bulk) -> str:
    """What the operation is called."""
    if found.verb == "delete":
        return ngettext("%(num)d record deleted", "%(num)d records deleted", found.size)
    if found.verb == "restore":
        return ngettext("%(num)d record restored", "%(num)d records restored", found.size)
    label = fields_of(bulk.noun_of(found).model)[found.field].label
    return _("%(field)s of %(n)s records", field=label, n=found.size)


def _result(found: Bulk) -> dict:
    kept = found.result.get("kept", [])
    names = references.titles(found.noun, [one for one, _why in kept[:SHOWN]])
    return {
        "changed": found.result.get("changed", 0),
        "same": found.result.get("same", 0),
        "left": found.result.get("left", 0),
        "finished": bulk.finished(found),
        "kept": [
            (names.get(one, f"#{one}"), references.url(found.noun, one), bulk.words(why)) for one, why in kept[:SHOWN]
        ],
    }
