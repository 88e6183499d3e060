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
    name = (found.constraint_name or "") if found else ""
    if name in _known:
        field, sentence = _known[name]
        raise FieldErrors({field: FieldError(str(sentence), code="taken")}, {}) from error
    column = (found.column_name or "") if found else ""
    if column:
        raise FieldErrors({column: FieldError(_("This is needed."), code="required")}, {}) from error
