"""All the records that a list shows, on whatever page: what is done to many of them is done to these."""

from dataclasses import dataclass, field

from sqlalchemy import Select, false

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.registry import FieldSet
from app.i18n import gettext as _

from . import search as searching
from .lists import ListOf, wanted
from .needed import among


@dataclass
class Chosen:
    """A query of their ids; and what of the address could not be read, so that it is not known whom it means."""

    ids: Select
    problems: list[str] = field(default_factory=list)


def shown_by(args, list_of: ListOf, fields: FieldSet, base: Select) -> Chosen:
    """The records in `base` that the list at this address shows: by its filters, its search, or by `ids`."""
    asked, model = wanted(args, list_of, fields, 50), list_of.model
    base = base.where(model.withdrawn_at.is_(None))
    problems = list(asked.problems)
    for name, operator, typed in asked.filters:
        try:
            base = base.where(condition(fields[name], operator, typed, model))
        except FieldError as error:
            problems.append(f"{fields[name].label}: {error.message}")
    if asked.q:
        found, more = searching.find(list_of.search, model, base, asked.q)
        base = base.where(among(model, found))
        if more:
            problems.append(_("More than %(n)s match what was typed. Narrow them down.", n=searching.MOST))
    ids = base.with_only_columns(model.id)
    return Chosen(ids.where(false()) if problems else ids, problems)


def numbered(typed: str) -> list[int]:
    """The records that an address names by their numbers: '7,12,31'; what is no number is left out."""
    found = (part.strip() for part in typed.split(","))
    return sorted({int(part) for part in found if part.isascii() and part.isdigit() and len(part) < 19})
