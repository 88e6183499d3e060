"""From a constraint that the database enforced to a sentence at the field it concerns."""

from sqlalchemy.exc import IntegrityError

from app.fields.errors import FieldError, FieldErrors
from app.i18n import gettext as _

# Constraint name -> (field, sentence); each noun adds its own when its models are read.
_known: dict[str, tuple[str, object]] = {}


def constraint(name: str, field: str, sentence: object) -> None:
    """Say which field a constraint concerns and what to tell the person who met it."""
    _known[name] = (field, sentence)


def explain(error: IntegrityError) -> None:
    """Raise `FieldErrors` for a constraint that is known or whose meaning is plain; otherwise return."""
    found = getattr(error.orig, "diag", None)
    column = (found.column_name or "") if found else ""
    field, _sentence = _known.get(_name(error), (column, ""))
    if field:
        code = "required" if field == column else "taken"
        raise FieldErrors({field: FieldError(sentence_of(error) or _("This is needed."), code=code)}, {}) from error


def sentence_of(error: IntegrityError) -> str:
    """What the constraint says to the person who met it, '' when it is not known."""
    return str(_known[_name(error)][1]) if _name(error) in _known else ""


def _name(error: IntegrityError) -> str:
    found = getattr(error.orig, "diag", None)
    return (found.constraint_name or "") if found else ""
