"""Imports as JSON: what a program may say of one, and what it is told."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from app.fields.api import MOST_ERRORS, moment
from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Whole, YesNo
from app.fields.kinds.cleaning import shown as quoted
from app.fields.kinds.kind import wrong_type
from app.i18n import LOCALES
from app.i18n import gettext as _
from app.web.jobs import as_json

from .encodings import ENCODINGS
from .layout import DELIMITERS, MOST_SKIPPED
from .problems import sentence
from .queries import Loaded
from .rows import Shown
from .rules import EMPTY, MATCH


def one_of(values: Collection[str]) -> Callable[[Any], str]:
    """A reader of one of these texts."""

    def read(given: Any) -> str:
        if not isinstance(given, str):
            raise wrong_type(_("a text"), given)
        if given not in values:
            raise FieldError(_("“%(found)s” cannot be chosen.", found=quoted(given)), code="unknown")
        return given

    return read


def _columns(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise wrong_type(_("a list of texts"), given)
    return given


_yes_no = YesNo("", required=True).from_json
READING: dict[str, Callable[[Any], Any]] = {
    "encoding": one_of(ENCODINGS),
    "delimiter": one_of(DELIMITERS),
    "header": _yes_no,
    "skip": Whole("", min=0, max=MOST_SKIPPED, required=True).from_json,
    "short": one_of(("reject", "fill")),
}
RULES: dict[str, Callable[[Any], Any]] = {
    "match": one_of(MATCH),
    "empty": one_of(EMPTY),
    "access": _yes_no,
    "locale": one_of(LOCALES),
}


def settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the document changes; raises `FieldErrors` with every mistake."""
    errors: dict[Any, FieldError] = {}
    found = _read((), document, {"reading": _group, "columns": _columns, "rules": _group}, errors)
    for name, readers in (("reading", READING), ("rules", RULES)):
        if name in found:
            found[name] = _read((name,), found[name], readers, errors)
    if errors:
        raise FieldErrors(errors)
    return found


def _group(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise wrong_type(_("an object"), given)
    return given


def _read(path: tuple[str, ...], given: Mapping[str, Any], readers: Mapping[str, Callable], errors: dict) -> dict:
    found = {}
    for name, value in given.items():
        try:
            if name not in readers:
                raise FieldError(_("There is no field “%(name)s”.", name=quoted(name)), code="field")
            found[name] = readers[name](value)
        except FieldError as error:
            if len(errors) < MOST_ERRORS:
                errors[*path, name] = error
    return found


def shown(loaded: Loaded) -> dict[str, Any]:
    """An import with the state of its last step."""
    found = loaded.found
    return {
        "id": found.id,
        "name": found.name,
        "state": loaded.state,
        "trouble": loaded.trouble,
        "reading": {name: found.reading.get(name) for name in READING},
        "headings": found.reading.get("headings", []),
        "columns": found.columns,
        "rules": found.rules,
        "counts": found.counts,
        "job": as_json(loaded.job) if loaded.job else None,
        "operation": found.operation_id,
        "undo_operation": found.undo_id,
        "created_at": moment(found.created_at),
        "finished_at": moment(found.finished_at),
    }


def row(found: Shown) -> dict[str, Any]:
    """A row: what was read from it (never a password), its verdict and the reasons."""
    judged = found.judged
    return {
        "row": found.row_no,
        "line": found.line_no,
        "verdict": found.verdict,
        "contact": found.contact_id,
        "values": found.values,
        "changed": judged.changed or [],
        "same_as": {"row": judged.other_row, "contact": judged.other_id} if found.verdict == "duplicate" else None,
        "problems": [_problem(*one) for one in judged.problems or ()],
        "reasons": found.reasons,
    }


def _problem(field: str | None, code: str, message: str | None, found: str | None) -> dict[str, Any]:
    said = sentence(field or "", code, message or "", found or "")
    return {"field": field or None, "code": code, "message": said, "found": found}
