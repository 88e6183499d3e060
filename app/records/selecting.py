"""All records that a list's address asks for, on whatever page they stand."""

from sqlalchemy import Select

from app.fields.registry import FieldSet
from tenants import db

from . import lists, search
from .narrowing import conditions, kept, meeting

# So many records are changed at once at most.
MOST = 100_000


def matching(list_of: lists.ListOf, args, fields: FieldSet, base: Select) -> list[int]:
    """The ids of the records in `base` that a list with these arguments shows, page after page.

    Of a search these are the first hits that the list shows, since no more can be looked through.
    """
    asked = lists.wanted(args, list_of, fields, lists.SIZES[0])
    base = kept(list_of.model, base, asked.status)
    base = meeting(base, conditions(list_of, asked, fields))
    if list_of.search and search.words_of(asked.q):
        return search.find(list_of.search, list_of.model, base, asked.q)[0]
    ids = base.with_only_columns(list_of.model.id).order_by(list_of.model.id).limit(MOST)
    return list(db.session.scalars(ids))
