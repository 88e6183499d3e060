"""Filling in forms: adding them to a company or contact, answering, another version, their order, removing them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.errors import FieldError, FieldErrors
from app.fields.record import Record
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import write
from app.records.actor import Actor
from app.records.errors import Conflict
from app.records.models import Operation
from app.records.write import Create, Update, Withdraw
from tenants import db

from . import queries, questions
from .models import FilledForm, Form, FormVersion
from .queries import Filled

STEP = 10


class NotToAdd(Conflict):
    """A form that is not published, is for other records, or stands there already."""

    sentence = _l("This form cannot be added here. Choose one from the list.")


class Newest(Conflict):
    """There is no newer version to go to."""

    sentence = _l("This is the newest version of the form already.")


def new_fields(viewer) -> FieldSet:
    """What is said when a form is added to a record: which form, and to whom."""
    return fields_of(FilledForm, viewer).only(lambda entry: not entry.custom and not entry.readonly)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Add a form to a company or a contact; returns the filled form's id.

    Raises `FieldErrors` where it cannot be added, or when it is for nobody or for more than one.
    """
    if (values.get("company_id") is None) is (values.get("contact_id") is None):
        sentence = _("A form is filled in for one contact or one company.")
        raise FieldErrors({"company_id": FieldError(sentence, code="unknown")})
    model = Contact if values.get("company_id") is None else Company
    record_id = values.get("contact_id") or values["company_id"]
    try:
        return add(model, record_id, values["form_id"], actor=actor)[0]
    except NotToAdd as error:
        raise FieldErrors({"form_id": FieldError(str(error), code="unknown")}) from error


def add(model: type[Record], record_id: int, form_id: int, *, actor: Actor) -> tuple[int, Operation]:
    """Put a form on the page of a company or a contact, behind those that are there; returns its id and the operation.

    Raises `NotToAdd`, or `FieldErrors` when somebody else added it just now.
    """
    name = dict(queries.to_add(model, record_id)).get(form_id)
    if name is None:
        raise NotToAdd
    # Nobody deletes the form meanwhile, nor publishes another version.
    db.session.execute(select(Form.id).where(Form.id == form_id).with_for_update())
    newest = queries.versions(form_id)[0]
    begins = {
        one.name: one.field.kind.default
        for one in questions.made(newest.questions)
        if one.field.kind.default is not None
    }
    last = max((one.record.position for one in queries.of(model, record_id)), default=0)
    values = {"form_id": form_id, f"{model.noun}_id": record_id, "form_version": newest.number, "position": last + STEP}
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Form “%(form)s” added", form=name))
        made = write.apply(operation, [Create(FilledForm, values | begins)]).ids[0]
    return made, operation


def update(record: FilledForm, values: dict[str, Any], *, actor: Actor, base: int | None = None) -> Operation | None:
    """Answer questions of a filled form. Raises `FieldErrors` for those that are not asked or that need an answer."""
    kept = select(Form.name, FormVersion.questions).join(FormVersion, FormVersion.form_id == Form.id)
    kept = kept.where(Form.id == record.form_id, FormVersion.number == record.form_version)
    name, definitions = db.session.execute(kept).one()
    asked = questions.made(definitions)
    now = {one.name: one.field.value(record) for one in asked}
    _judge(asked, now, values)
    values = {**values, **_outdated(asked, now, values)}
    differs = {key: value for key, value in values.items() if value != now.get(key)}
    if not differs:
        return None
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Form “%(form)s”", form=name))
        return write.update(record, differs, actor=actor, base=base, operation=operation)


def _judge(asked: list[questions.Question], now: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raise `FieldErrors` for new answers that the form does not take."""
    wanted = {**now, **values}
    shown = {entry.name: entry for entry in questions.walk(asked, lambda entry: wanted.get(entry.name))}
    errors = {}
    for name, value in values.items():
        entry = shown.get(name)
        if entry is None:
            sentence = _("This question is not asked here.")
            errors[name] = FieldError(sentence, code="readonly", hint=_("Leave it out."))
        elif value is None and entry.required:
            errors[name] = FieldError(_("This field may not be empty."), code="required", hint=_("Enter a value."))
        elif value is not None and value != now.get(name):
            try:
                # Within the limits and choices of the version that is filled in here.
                entry.kind.from_json(entry.kind.to_json(value))
            except FieldError as error:
                errors[name] = error
    if errors:
        raise FieldErrors(errors)


def _outdated(asked: list[questions.Question], now: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that do not go with a new one on which their choices depend, as far as they do."""
    found: dict[str, Any] = {}
    for one in asked:
        if one.offer is None or one.name in values:
            continue
        leading = f"custom-{one.offer.field}"
        answer, value = {**values, **found}.get(leading), now.get(one.name)
        # Where that question is without an answer, this one is not asked, and keeps its answer as hidden ones do.
        if answer is not None and answer != now.get(leading) and one.offer.left(value, answer) != value:
            found[one.name] = one.offer.left(value, answer)
    return found


def upgrade(filled: Filled, *, actor: Actor) -> Operation:
    """Fill in the newest version of the form; answers to questions that it has no more stay where they are.

    Raises `Newest`.
    """
    if filled.newest <= filled.record.form_version:
        raise Newest
    title = _("Form “%(form)s” in version %(n)d", form=filled.name, n=filled.newest)
    operation = write.begin(actor, "edit", title=title)
    write.apply(operation, [Update(FilledForm, filled.id, {"form_version": filled.newest})])
    return operation


def move(filled: Filled, by: int, *, actor: Actor) -> Operation | None:
    """Put a form so many places further down on its page, or up where `by` is negative."""
    ids = [one.id for one in queries.of(*filled.about)]
    place = ids.index(filled.id)
    ids.insert(min(max(0, place + by), len(ids) - 1), ids.pop(place))
    return order(*filled.about, ids, actor=actor)


def order(model: type[Record], record_id: int, ids: Iterable[int], *, actor: Actor) -> Operation | None:
    """Put the forms of a record in this order; those that are not named stay behind them as they stood."""
    there = {one.id: one.record.position for one in queries.of(model, record_id)}
    wanted = [one for one in dict.fromkeys(ids) if one in there]
    wanted += [one for one in there if one not in wanted]
    places = {one: STEP * number for number, one in enumerate(wanted, 1)}
    changes = [Update(FilledForm, one, {"position": place}) for one, place in places.items() if there[one] != place]
    if not changes:
        return None
    operation = write.begin(actor, "edit", title=_("Forms put in another order"))
    write.apply(operation, changes)
    return operation


def remove(filled: Filled, *, actor: Actor) -> Operation:
    """Take a form off its page; its answers come back with it when that is undone."""
    operation = write.begin(actor, "edit", title=_("Form “%(form)s” removed", form=filled.name))
    write.apply(operation, [Withdraw(FilledForm, filled.id)])
    return operation
