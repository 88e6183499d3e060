"""What can be done with companies."""

from typing import Any

from app.fields.settings import fields_of
from app.records import write
from app.records.actor import Actor

from .models import Company


def new_fields(viewer):
    """The fields of the form for a new company, in order."""
    return fields_of(Company, viewer).only(lambda entry: not entry.readonly)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a company; returns its id. Raises `FieldErrors` when the name or a domain is taken."""
    given = {name: value for name, value in values.items() if value is not None}
    return write.create(Company, given, actor=actor)


def update(company: Company, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields of a company."""
    return write.update(company, values, actor=actor, base=base)


def rename(company, name: str, *, actor: Actor, base: int | None = None):
    """Give a company another name."""
    return update(company, {"name": name}, actor=actor, base=base)
