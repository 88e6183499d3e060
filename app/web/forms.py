"""Whole-record forms as templates show them, built from the registry; and doing a create once."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_login import current_user

from app.fields.errors import FieldError, FieldErrors
from app.fields.form import typed_text
from app.fields.kinds import Whole
from app.fields.registry import Field
from app.i18n import gettext as _
from app.records import receipts

from . import cells


@dataclass
class Form:
    """Everything `shared/_form.html` shows."""

    action: str
    fields: list[cells.Editor]
    id: str = "form"
    method: str = "post"
    errors: list[str] = field(default_factory=list)
    nonce: str = ""
    version: int | None = None
    submit: str = ""
    cancel_url: str = ""
    hidden: list = field(default_factory=list)
    wide: bool = False


def form(
    fields: Iterable[Field],
    action: str,
    *,
    values: Mapping[str, Any] | None = None,
    wrong: FieldErrors | None = None,
    **more: Any,
) -> Form:
    """A form over these fields: with the record's values, or after an error with what was typed and the sentences."""
    fields = list(fields)
    values = values or {}
    titles = cells.Titles(fields, [values])
    typed = typed_in(fields, wrong)
    beside = {**values, **_leading(fields, typed)}
    shown = {entry.name for entry in fields}
    return Form(
        action=action,
        fields=[
            cells.editor(
                entry,
                values.get(entry.name, entry.kind.default),
                titles,
                id=f"{more.get('id', 'form')}-{entry.name}",
                record=beside,
                typed=typed.get(entry.name),
                error=sentence(wrong, entry.name),
            )
            for entry in fields
        ],
        errors=[error.message for name, error in wrong.errors.items() if name not in shown] if wrong else [],
        **more,
    )


def typed_in(fields: Iterable[Field], wrong: FieldErrors | None) -> dict[str, Any]:
    """After an error what was typed in these fields, otherwise nothing."""
    if wrong is None:
        return {}
    return wrong.typed or typed_text(fields, request.form)


def _leading(fields: list[Field], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed in fields that decide what others may be: a department's company, a region's country."""
    found = {}
    for entry in fields:
        leads = any(entry.name in (other.within, getattr(other.kind, "country", "")) for other in fields)
        if leads and entry.name in typed:
            with suppress(FieldError):
                found[entry.name] = entry.kind.parse(typed[entry.name])
    return found


def sentence(wrong: FieldErrors | None, name: str) -> str | None:
    """What is wrong with one field, with the way to mend it."""
    if wrong is None or name not in wrong.errors:
        return None
    error = wrong.errors[name]
    return error.sentence


def number(typed: str) -> int:
    """The number of a record, of an operation or of a version in an address or a form, for `get(…, type=number)`."""
    found = int(typed)
    if not 0 < found < 2**63:
        raise ValueError(typed)
    return found


def steps(at: int) -> int:
    """How far down the one at place `at` is to go: to the number that was typed, or one step by a button.

    Raises `FieldErrors` for what is no place.
    """
    typed = request.form.get("place")
    if typed is None:
        return -1 if request.form.get("move") == "up" else 1
    try:
        return Whole(_("Place"), min=1, required=True).parse(typed) - at
    except FieldError as error:
        raise FieldErrors({"place": error}) from error


def nonce() -> str:
    """A number for one create form, so that sending it twice makes one record."""
    return secrets.token_urlsafe(16)


def once(create: Callable[[], int], address: Callable[[int], str]) -> str:
    """Run `create` unless this form was sent before; returns the address of what was made, then or now.

    A form without a nonce is simply run.
    """
    given = request.form.get("nonce", "")[:64]
    if not given:
        return address(create())
    print_ = receipts.fingerprint(request.path)
    earlier = receipts.claim(current_user.account_id, f"form:{given}", print_)
    if earlier is not None and earlier.location:
        return earlier.location
    where = address(create())
    receipts.answer(current_user.account_id, f"form:{given}", 303, where)
    return where
