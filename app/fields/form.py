"""Forms from the registry: what was typed becomes values by each field's kind, or errors beside the typed text."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.i18n import gettext as _

from . import references
from .errors import FieldError, FieldErrors
from .kinds import Reference
from .registry import Field


def read_one(field: Field, form: Mapping, name: str, record: Mapping[str, Any] | None = None) -> Any:
    """The value of one field from a form whose input bears `name`; raises `FieldError`.

    `record` holds the values that the reading may depend on: the country of a region, the company of a department.
    """
    record = record or {}
    if isinstance(field.kind, Reference):
        value = _reference(field, form, name, record)
    elif field.kind.input == "checkboxes":
        value = field.kind.parse("\n".join(form.getlist(name)))
    elif field.kind.input == "checkbox":
        # A form posts all its fields, so a missing tick is a no.
        value = bool(form.get(name) and field.kind.parse(form.get(name)))
    else:
        typed = form.get(name) or form.get(f"{name}_text") or ""
        value = field.kind.parse(typed, country=record.get(getattr(field.kind, "country", "") or ""))
    if value is None and field.required:
        raise FieldError(_("This field may not be empty."), code="required")
    field.kind.check(value, record)
    return value


def _reference(field: Field, form: Mapping, name: str, record: Mapping[str, Any]) -> int | None:
    """The record chosen by number, or by its exact name where there are no scripts."""
    company_id = record.get(field.within) if field.within else None
    typed = (form.get(f"{name}_text") or "").strip()
    chosen = (form.get(name) or "").strip()
    if field.within and company_id is None and (chosen or typed):
        raise FieldError(_("Choose the company first: this is one of its own."), code="unknown")
    if not chosen and typed:
        found = references.by_title(field.kind.noun, typed, company_id)
        if len(found) != 1:
            raise FieldError(
                _("There is no “%(name)s”.", name=typed[:60])
                if not found
                else _("There are several “%(name)s”.", name=typed[:60]),
                code="unknown" if not found else "several",
                hint=_("Choose one from the list."),
            )
        return found[0]
    value = field.kind.parse(chosen)
    if value is not None and not references.known(field.kind.noun, value, company_id):
        raise FieldError(_("This cannot be chosen here."), code="unknown", hint=_("Choose one from the list."))
    return value


def read_all(fields: Iterable[Field], form: Mapping, record: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values of all fields of a form; raises `FieldErrors` with every error at once and the typed text."""
    fields = list(fields)
    values: dict[str, Any] = dict(record or {})
    read: dict[str, Any] = {}
    errors: dict[str, FieldError] = {}
    # What depends on another field of the same form (a region on its country) is read after it.
    for field in sorted(fields, key=Field.depends):
        try:
            read[field.name] = values[field.name] = read_one(field, form, field.name, values)
        except FieldError as error:
            errors[field.name] = error
    if errors:
        raise FieldErrors(errors, typed_text(fields, form))
    return {field.name: read[field.name] for field in fields}


def typed_text(fields: Iterable[Field], form: Mapping) -> dict[str, Any]:
    """What was typed, by field, to be shown again."""
    found = {}
    for field in fields:
        if field.kind.input == "checkboxes":
            found[field.name] = form.getlist(field.name)
        else:
            found[field.name] = form.get(field.name) or form.get(f"{field.name}_text") or ""
    return found
