"""Records as JSON, read from the registry: what an answer holds and what a request may set.

A field bears one name everywhere: in the document, in `fields=`, in filters, in errors and in the history. Custom
fields keep their prefix there (`custom-floor`), so that no field added later can take a name from them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.i18n import gettext as _

from . import references
from .errors import FieldError, FieldErrors
from .kinds import Reference
from .kinds.cleaning import shown
from .kinds.kind import nearest
from .registry import Field, FieldSet

# What every record has beside its fields; never set by a request.
OWN = ("id", "version", "created_at", "updated_at")
# No more mistakes than this are named in one answer.
MOST_ERRORS = 100


def to_json(record_id: int, version: int, values: Mapping[str, Any], fields: FieldSet) -> dict[str, Any]:
    """A record as an answer holds it; `values` are those of the wanted fields, moments may be among them."""
    found: dict[str, Any] = {"id": record_id, "version": version}
    for name, value in values.items():
        found[name] = fields[name].kind.to_json(value) if name in fields else moment(value)
    return found


def moment(value: datetime | None) -> str | None:
    """A moment in UTC, as RFC 3339 writes it."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def pointer(name: str | tuple[str, ...]) -> str:
    """The place of a field in a document (RFC 6901), of an inner one by its names; '' is the document itself."""
    names = (name,) if isinstance(name, str) else name
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in names if part)


def nullable(entry: Field) -> bool:
    """Whether a record may lack a value here; one that was made before the field became required may."""
    return entry.column is None or bool(entry.column.property.columns[0].nullable)


def changes(document: Mapping[str, Any], may: FieldSet, seen: FieldSet, record: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a merge patch (RFC 7396) sets; raises `FieldErrors` with every error at once.

    `may` are the fields that this request may set and `seen` those it may know of; `record` holds the values now.
    """
    return _read(document, may, seen, record, {})


def new(
    document: Mapping[str, Any], may: FieldSet, seen: FieldSet, made_otherwise: Collection[str] = ()
) -> dict[str, Any]:
    """The values of a record to be made, defaults included; raises `FieldErrors` with every error at once.

    What is required must be there, but for fields that the noun fills itself.
    """
    errors: dict[str, FieldError] = {}
    given = dict(document)
    for entry in may:
        if entry.name in document:
            continue
        if entry.kind.default is not None:
            given[entry.name] = entry.kind.to_json(entry.kind.default)
        elif entry.required and entry.name not in made_otherwise:
            errors[entry.name] = FieldError(
                _("This field may not be empty."), code="required", hint=_("Enter a value.")
            )
    return _read(given, may, seen, {}, errors)


def _read(document, may: FieldSet, seen: FieldSet, record: Mapping[str, Any], errors: dict[str, FieldError]):
    for name in document:
        if name not in may and len(errors) < MOST_ERRORS:
            errors[name] = _refused(name, may, seen)
    known = dict(record)
    read: dict[str, Any] = {}
    for entry in _in_order(may):
        if entry.name not in document:
            continue
        try:
            if entry.within not in errors:
                read[entry.name] = known[entry.name] = _value(entry, document[entry.name], known)
        except FieldError as error:
            errors[entry.name] = error
    if errors:
        raise FieldErrors(errors)
    return read


def _in_order(fields: Iterable[Field]) -> list[Field]:
    """Fields that another one depends on come first: the country before its region, the company before its people."""
    return sorted(fields, key=Field.depends)


def _refused(name: str, may: FieldSet, seen: FieldSet) -> FieldError:
    if name in seen or name in OWN:
        return FieldError(_("This field cannot be set here."), code="readonly", hint=_("Leave it out."))
    names = [entry.name for entry in may]
    return FieldError(
        _("There is no field “%(name)s”.", name=shown(name)), code="field", hint=lambda: nearest(name, names)
    )


def _value(entry: Field, given: Any, known: Mapping[str, Any]) -> Any:
    value = entry.kind.from_json(given)
    if value is None:
        if entry.required or not nullable(entry):
            raise FieldError(_("This field may not be empty."), code="required", hint=_("Enter a value."))
        return None
    if country := getattr(entry.kind, "country", ""):
        return entry.kind.parse(value, country=known.get(country))
    if isinstance(entry.kind, Reference):
        _check_reference(entry, value, known)
    entry.kind.check(value, known)
    return value


def _check_reference(entry: Field, value: int, known: Mapping[str, Any]) -> None:
    """A record of another organization, or of a company that this field is not about, is as good as none."""
    company_id = known.get(entry.within) if entry.within else None
    if entry.within and company_id is None:
        raise FieldError(_("This depends on the field “%(name)s”, which is empty.", name=entry.within), code="unknown")
    if not references.is_referable(entry.kind.noun) or not references.known(entry.kind.noun, value, company_id):
        raise FieldError(_("This cannot be chosen here."), code="unknown")
