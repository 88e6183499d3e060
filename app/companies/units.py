"""Org units: the departments, locations and areas of a company as a tree, and what is done with them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import read, write
from app.records.actor import Actor
from app.records.errors import Conflict, NotFound
from app.records.models import Operation
from tenants import db

from .models import Company, Department

# No company has more levels; a tree that were deeper could not be read.
MOST_LEVELS = 20


class InUse(Conflict):
    """Something still belongs to the unit."""


@dataclass(frozen=True)
class Unit:
    """One unit in its place: how deep it stands, and how many people belong to it itself."""

    loaded: read.Loaded
    level: int
    people: int


def visible_to(viewer) -> Select:
    """Every org unit; the desk sees all."""
    return select(Department)


def get(unit_id: int, viewer) -> read.Loaded:
    """One org unit with its fields; raises `NotFound`."""
    loaded = read.load(Department, unit_id, visible_to(viewer), fields_of(Department, viewer))
    loaded.values["company_id"] = loaded.record.company_id
    return loaded


def tree(company_id: int, viewer, people: dict[int, int]) -> list[Unit]:
    """The units of a company, each below the one it is part of, by name; `people` counts them by unit."""
    fields = fields_of(Department, viewer)
    rows = _live(company_id)
    below: dict[int | None, list[Department]] = {}
    known = {row.id for row in rows}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: list[Unit] = []
    seen: set[int] = set()
    # Taking moves back can leave units that are part of each other: they come last, so that one can be moved out.
    for top in [*below.get(None, []), *rows]:
        waiting = [(top, 0)]
        while waiting:
            row, level = waiting.pop()
            if row.id in seen:
                continue
            seen.add(row.id)
            values = {entry.name: entry.value(row) for entry in fields} | {"company_id": company_id}
            found.append(Unit(read.Loaded(row, values), level, people.get(row.id, 0)))
            waiting += [(one, level + 1) for one in reversed(below.get(row.id, []))]
    return found


def withdrawn(company_id: int) -> list[Department]:
    """The units that were deactivated, by name."""
    rows = select(Department).where(Department.company_id == company_id, Department.withdrawn_at.is_not(None))
    return list(db.session.scalars(rows.order_by(func.extensions.fold(Department.name), Department.id)))


def get_withdrawn(unit_id: int) -> Department:
    """A unit that was deactivated; raises `NotFound`."""
    row = db.session.scalar(select(Department).where(Department.id == unit_id, Department.withdrawn_at.is_not(None)))
    if row is None:
        raise NotFound
    return row


def add(company_id: int, values: dict[str, Any], *, actor: Actor) -> Operation:
    """Give a company one more unit. Raises `FieldErrors` when it has one of this name."""
    _check_levels(company_id, None, values.get("parent_id"))
    with db.session.begin_nested():
        operation = write.begin(actor, "create", title=_("Org unit %(name)s", name=values["name"]))
        write.create(Department, {"company_id": company_id, **values}, actor=actor, operation=operation)
    return operation


def update(unit: Department, values: dict[str, Any], *, actor: Actor, base: int | None = None) -> Operation | None:
    """Rename a unit, move it, or change its kind or rooms. Raises `FieldErrors` where it would be part of itself."""
    if values.get("parent_id") is not None:
        _check_levels(unit.company_id, unit.id, values["parent_id"])
    return write.update(unit, values, actor=actor, base=base)


def deactivate(unit: Department, people: int, *, actor: Actor) -> Operation:
    """Use a unit no more. Raises `InUse` while people or other units belong to it."""
    db.session.execute(select(Department.id).where(Department.id == unit.id).with_for_update())
    parts = [row.name for row in _live(unit.company_id) if row.parent_id == unit.id]
    if people or parts:
        raise InUse(_in_the_way(unit.name, people, parts))
    operation = write.begin(actor, "withdraw", title=_("Org unit %(name)s deactivated", name=unit.name))
    return write.withdraw(unit, actor=actor, operation=operation)


def bring_back(found: Department, *, actor: Actor) -> Operation:
    """Use a unit again. Raises `FieldErrors` when another one has its name by now."""
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Org unit %(name)s brought back", name=found.name))
        write.apply(operation, [write.Withdraw(Department, found.id, back=True)])
        if found.parent_id not in (None, *(row.id for row in _live(found.company_id))):
            write.apply(operation, [write.Update(Department, found.id, {"parent_id": None})])
    return operation


def _in_the_way(name: str, people: int, parts: list[str]) -> str:
    why = []
    if people:
        why.append(_("people belong to it: %(num)d", num=people))
    if parts:
        why.append(_("it has parts: %(names)s", names=", ".join(parts[:5]) + ("…" if len(parts) > 5 else "")))
    return _("“%(name)s” cannot be deactivated: %(why)s. Move them first.", name=name, why="; ".join(why))


def _live(company_id: int) -> list[Department]:
    rows = select(Department).where(Department.company_id == company_id, Department.withdrawn_at.is_(None))
    return list(db.session.scalars(rows.order_by(func.extensions.fold(Department.name), Department.id)))


def _check_levels(company_id: int, unit_id: int | None, parent_id: int | None) -> None:
    """A unit is no part of itself, and no tree is deeper than can be read; nobody else moves any until this is done."""
    read.hold(Company, company_id)
    parents = {row.id: row.parent_id for row in _live(company_id)}
    level, at = 0, parent_id
    while at is not None:
        if at == unit_id:
            wrong = FieldError(_("A unit cannot be a part of itself or of its own parts."), code="circle")
            raise FieldErrors({"parent_id": wrong})
        level, at = level + 1, parents.get(at)
        if level >= MOST_LEVELS:
            most = FieldError(_("At most %(most)s levels fit.", most=MOST_LEVELS), code="max")
            raise FieldErrors({"parent_id": most})
