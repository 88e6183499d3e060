"""Building forms: their questions in order, what these depend on, and publishing them as a version."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from app.fields.models import CustomField
from app.fields.settings import OFFER, fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import write
from app.records.actor import Actor
from app.records.errors import Conflict, NotFound
from app.records.models import Operation
from app.records.removing import Removal
from app.records.write import Create, Update
from app.settings import custom
from tenants import db

from . import conditions, offering, queries, questions
from .conditions import REQUIRE, SHOW, Condition
from .models import Form, FormVersion
from .offering import Offer
from .questions import Question

REMOVAL = Removal(Form, "admin.fields")
STEP = 10


class Depends(Conflict):
    """A question would stand before, or without, the one that its condition is about."""


class Empty(Conflict):
    """There is nothing to publish."""

    sentence = _l("A form needs a question before it can be published.")


class Published(Conflict):
    """The draft is what is published."""

    sentence = _l("Nothing was changed since this form was published.")


def new_fields(viewer):
    """The fields of the form for a new form, in order."""
    return fields_of(Form, viewer)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a form, which has no questions yet; returns its id. Raises `FieldErrors` when the name is taken."""
    return write.create(Form, {name: value for name, value in values.items() if value is not None}, actor=actor)


def draft(form_id: int) -> list[Question]:
    """The questions of the draft, in their order."""
    return questions.made(questions.snapshot(form_id))


def earlier(form_id: int, key: str = "") -> list:
    """The fields of the questions before this one, or of all: what a condition may be about."""
    found = [one.field for one in draft(form_id)]
    return found[: next((n for n, entry in enumerate(found) if entry.key == key), len(found))]


def _conditions(form_id: int, values: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    before = earlier(form_id, key)
    found = {}
    for what in (SHOW, REQUIRE):
        condition = conditions.read(what, values, before)
        found[f"{what}_if"] = None if condition is None else condition.kept()
    return found


def _offer(form_id: int, kind: str, values: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """What the options hold of choices that depend on an earlier answer."""
    if kind not in offering.DEPENDING:
        return {}
    offer = offering.read(values, custom.typed_choices(values.get("choices")), earlier(form_id, key))
    return {} if offer is None else {OFFER: offer.kept()}


def ask(form_id: int, kind: str, values: Mapping[str, Any], *, actor: Actor) -> Operation:
    """Put one more question at the end of the draft. Raises `FieldErrors`."""
    hold(form_id)
    more = {name: value for name, value in _conditions(form_id, values).items() if value is not None}
    beside = _offer(form_id, kind, values)
    return custom.create(questions.asked(form_id), kind, values, actor=actor, more=more, beside=beside)[1]


def change(
    form_id: int, key: str, values: Mapping[str, Any], *, actor: Actor, base: int | None = None
) -> Operation | None:
    """Change a question of the draft, all but its kind; None when it was so already. Raises `FieldErrors`."""
    hold(form_id)
    asked = questions.asked(form_id)
    more, beside = _conditions(form_id, values, key), _offer(form_id, custom.get(asked, key).kind, values, key)
    return custom.change(asked, key, values, actor=actor, base=base, more=more, beside=beside)


def hold(form_id: int) -> None:
    """Let nobody else change the form until the transaction ends."""
    db.session.execute(select(Form.id).where(Form.id == form_id).with_for_update())


def move(form_id: int, key: str, by: int, *, actor: Actor) -> Operation | None:
    """Put a question so many places further down, or up where `by` is negative. Raises `Depends`."""
    keys = [row.key for row in questions.draft_rows(form_id)]
    if key not in keys:
        raise NotFound
    place = keys.index(key)
    keys.insert(min(max(0, place + by), len(keys) - 1), keys.pop(place))
    return order(form_id, keys, actor=actor)


def order(form_id: int, keys: Iterable[str], *, actor: Actor) -> Operation | None:
    """Put the questions in this order; those that are not named stay behind them as they stood. Raises `Depends`."""
    hold(form_id)
    rows = {row.key: row for row in questions.draft_rows(form_id)}
    wanted = [key for key in dict.fromkeys(keys) if key in rows]
    wanted += [key for key in rows if key not in wanted]
    _in_order([(rows[key], rows) for key in wanted])
    places = {key: STEP * number for number, key in enumerate(wanted, 1)}
    changes = [
        Update(CustomField, rows[key].id, {"position": place})
        for key, place in places.items()
        if rows[key].position != place
    ]
    if not changes:
        return None
    operation = write.begin(actor, "edit", title=_("Questions put in another order"))
    write.apply(operation, changes)
    return operation


def _in_order(wanted: list[tuple[CustomField, Mapping[str, CustomField]]]) -> None:
    """Raise `Depends` where a question would not stand behind those that its conditions are about."""
    before: set[str] = set()
    for row, rows in wanted:
        for other in _about(row):
            if other in rows and other not in before:
                names = {"question": row.label, "other": rows[other].label}
                raise Depends(_("“%(question)s” depends on “%(other)s” and stands behind it.", **names))
        before.add(row.key)


def _about(row: CustomField) -> list[str]:
    """The keys of the questions that one depends on, by its conditions or its choices."""
    found = (Condition.of(row.show_if), Condition.of(row.require_if), Offer.of(row.options))
    return [one.field for one in found if one is not None]


def depending(form_id: int, key: str) -> list[str]:
    """The names of the questions whose conditions or choices are about this one."""
    return [row.label for row in questions.draft_rows(form_id) if key in _about(row)]


def set_aside(form_id: int, key: str, *, actor: Actor) -> Operation:
    """Ask a question no more from the next version on; its answers stay. Raises `Depends`."""
    hold(form_id)
    if names := depending(form_id, key):
        raise Depends(_("These depend on it: %(names)s. Change their conditions first.", names=", ".join(names)))
    return custom.archive(questions.asked(form_id), key, actor=actor)


def bring_back(form_id: int, key: str, *, actor: Actor) -> Operation:
    """Ask a question again, at the end of the form. Raises `FieldErrors` when another one has its name by now."""
    hold(form_id)
    asked = questions.asked(form_id)
    last = max((row.position for row in questions.draft_rows(form_id)), default=0)
    row = custom.get(asked, key, archived=True)
    operation = custom.bring_back(asked, key, actor=actor)
    write.apply(operation, [Update(CustomField, row.id, {"position": last + STEP})])
    return operation


def differs(form_id: int, versions: list[queries.Version]) -> bool:
    """Whether the draft is not what the newest version asks."""
    kept = questions.snapshot(form_id)
    return bool(kept) and (not versions or _asked(kept) != _asked(versions[0].questions))


def _asked(kept: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is asked: places count by their order alone."""
    return [{name: value for name, value in one.items() if name != "position"} for one in kept]


def publish(form_id: int, *, actor: Actor) -> tuple[int, Operation]:
    """Let the draft be the form's newest version; returns its number and the operation.

    Raises `Empty`, `Published` or `Depends`.
    """
    hold(form_id)
    kept = questions.snapshot(form_id)
    if not kept:
        raise Empty
    if not differs(form_id, queries.versions(form_id)):
        raise Published
    rows = {row.key: row for row in questions.draft_rows(form_id)}
    _in_order([(row, rows) for row in rows.values()])
    # A number is used once, even when its version was taken back.
    last = db.session.scalar(select(func.max(FormVersion.number)).where(FormVersion.form_id == form_id)) or 0
    name = db.session.scalar(select(Form.name).where(Form.id == form_id))
    title = _("Form “%(form)s” published as version %(n)d", form=name, n=last + 1)
    operation = write.begin(actor, "edit", title=title)
    values = {"form_id": form_id, "number": last + 1, "questions": kept}
    write.apply(operation, [Create(FormVersion, values)])
    return last + 1, operation
