"""Mending an import as a whole: one repair for a group of rows, new fields for columns that had none."""

from collections.abc import Sequence

from app.fields.errors import FieldError, FieldErrors
from app.i18n import gettext as _
from app.records.actor import Actor
from app.settings import custom

from . import actions
from .matching import NEW
from .models import Import

MOST = 1000


def repair(import_id: int, name: str, found: str, text: str) -> Import:
    """Read `text` instead of `found` in this field, in all rows; '' leaves the cell empty.

    Raises `FieldErrors` for a field that no column of this import has.
    """
    held = actions.changeable(import_id)
    known = held.repairs.get(name, {})
    if name not in held.columns or len(known) >= MOST:
        raise FieldErrors({"field": FieldError(_("This group cannot be mended here. Correct the file."), code="field")})
    held.repairs = {**held.repairs, name: {**known, found[:500]: text[:2000]}}
    actions.again(held)
    return held


def make_fields(columns: Sequence[str], headings: Sequence[str], *, actor: Actor) -> list[str]:
    """Make a custom field for each column that asks for one (NEW), called as the column is."""
    chosen = list(columns)
    for at, name in enumerate(chosen):
        if name == NEW:
            label = headings[at] or _("Column %(n)s", n=at + 1)
            chosen[at], _operation = custom.create("contact", "text", {"label": label, "max": 256}, actor=actor)
    return chosen
