"""What can be done with companies."""

from typing import Any

from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import write
from app.records.actor import Actor
from app.records.bulk import Bulky, bulky
from app.records.models import Operation
from app.records.removing import Removal

from .models import Company

REMOVAL = Removal(
    Company,
    "companies.delete",
    alone=True,
    forbidden=(
        (
            Company.kind == "managed",
            _l("It is a managed company. Change its type to “Unmanaged” first."),
        ),
    ),
)
BULKY = bulky(Bulky(Company, "companies.edit", REMOVAL))
# What links a managed company to the system that it is kept in.
LINK = ("external_system", "external_id")


def new_fields(viewer):
    """The fields of the form for a new company, in order."""
    return fields_of(Company, viewer).only(lambda entry: not entry.readonly)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a company; returns its id.

    Raises `FieldErrors` when the name or a domain is taken, or when one that is not managed is linked to the outside.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given.get("kind") != "managed" and (linked := [name for name in LINK if name in given]):
        raise FieldErrors({linked[0]: _not_managed()})
    return write.create(Company, given, actor=actor)


def update(company: Company, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields of a company. One that is managed no more gives up its link to the outside.

    Raises `FieldErrors` when one that is not managed would be linked.
    """
    if values.get("kind", company.kind) != "managed":
        if linked := [name for name in LINK if values.get(name) is not None]:
            raise FieldErrors({linked[0]: _not_managed()})
        values = values | ({name: None for name in LINK} if "kind" in values else {})
    return write.update(company, values, actor=actor, base=base)


def _not_managed() -> FieldError:
    return FieldError(_("Only a managed company is linked to an outside system."), code="unknown")


def rename(company, name: str, *, actor: Actor, base: int | None = None):
    """Give a company another name."""
    return update(company, {"name": name}, actor=actor, base=base)


def manage(company: Company, values: dict[str, Any], *, actor: Actor, base: int | None = None) -> Operation | None:
    """Let a company be managed: kept in an outside system, by which it is known under an ID of that system."""
    return update(company, {"kind": "managed", **values}, actor=actor, base=base)


def release(company: Company, *, actor: Actor) -> Operation | None:
    """Let a company be managed no more: it is of this desk alone, and the link is given up."""
    return update(company, {"kind": "unmanaged"}, actor=actor)
