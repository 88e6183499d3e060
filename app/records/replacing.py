"""Replacing a part of a text in many records at once: what is looked for, what is put there, and where it cannot be."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Email, LongText, Url
from app.fields.kinds import Text as Line
from app.fields.registry import Field
from app.i18n import gettext as _

ACTION = "replace"


def fits(entry: Field) -> bool:
    """Whether the field holds a text of which a part can be replaced."""
    return type(entry.kind) in (Line, LongText, Email, Url) and not entry.related


def asked(typed: dict[str, str], entry: Field) -> dict[str, str]:
    """What to look for (`find`, exactly as it is written) and what to put there (`by`); raises `FieldError`."""
    find, by = typed.get("find", ""), typed.get("by", "")
    if not find:
        raise FieldError(_("Say which text shall be replaced."), code="required")
    if len(find) > 1000 or len(by) > 1000:
        raise FieldError(_("At most 1,000 characters can be looked for or put in."), code="max")
    if "\0" in find or "\0" in by:
        raise FieldError(_("This text has a sign that cannot be stored."), code="control")
    return {"find": find, "by": by}


def untouched(now: ColumnElement, value: dict[str, str]) -> ColumnElement[bool]:
    """The condition that what is looked for does not stand in the field."""
    text = func.coalesce(cast(now, Text), "")
    return func.replace(text, value["find"], value["by"]) == text


def replaced(entry: Field, before: Any, value: dict[str, str]) -> Any:
    """What stands there afterwards, read as if it had been typed; raises `FieldErrors` where it cannot stand there."""
    try:
        after = entry.kind.parse(str(before or "").replace(value["find"], value["by"]))
        entry.kind.check(after, {})
        if after is None and entry.required:
            raise FieldError(_("This field may not be empty."), code="required")
    except FieldError as error:
        raise FieldErrors({entry.name: error}) from error
    return after
