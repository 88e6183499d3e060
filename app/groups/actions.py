"""What can be done with groups: making and changing them."""

from typing import Any

from app.fields.settings import fields_of
from app.records import write
from app.records.actor import Actor

from .models import Group


def new_fields(viewer):
    """The fields of the form for a new group, in order."""
    return fields_of(Group, viewer).only(lambda entry: not entry.readonly)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a group; returns its id. Raises `FieldErrors` when the name is taken."""
    given = {name: value for name, value in values.items() if value is not None}
    return write.create(Group, given, actor=actor)


def update(group: Group, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields of a group."""
    return write.update(group, values, actor=actor, base=base)
