"""Which records are referred to by live rows, found from the foreign keys of the tables alone."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, func, inspect, select
from sqlalchemy.orm import aliased

from app.fields.record import Record
from tenants import db

from . import statements


def among(model: type[Record], ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition that the record is one of these, thousands though they be."""
    return model.id.in_(numbers(ids))


def numbers(ids: Iterable[int]) -> Select:
    """Many ids as a query."""
    return select(func.unnest(statements.numbers(ids)))


def needed(
    model: type[Record], ids: Iterable[int], undone_id: int, operation_id: int, parts: bool = True, since: bool = False
) -> set[int]:
    """Those of the records that live rows, other than they, refer to; with `since` only rows written since.

    A row of the same kind that the same operation made goes as well, be it in a later chunk.
    """
    found: set[int] = set()
    for other in Record.__subclasses__() if ids else ():
        for key in other.__table__.foreign_key_constraints:
            if key.referred_table is not model.__table__ or not (parts or other.part_of not in key.column_keys):
                continue
            source = aliased(other)
            columns = inspect(source).selectable.c
            refers = {one.column.name: columns[one.parent.name] for one in key.elements}
            query = select(refers["id"]).where(refers["id"].in_(numbers(ids))) if "id" in refers else None
            if query is None:
                query = select(model.id).where(among(model, ids))
                query = query.join(source, and_(*[model.__table__.c[name] == here for name, here in refers.items()]))
            if other is model:
                going = (source.created_op == undone_id) & source.updated_op.in_((undone_id, operation_id))
                query = query.where(~func.coalesce(going, False))
            if since:
                query = query.where(source.updated_op > undone_id, source.updated_op != operation_id)
            found |= set(db.session.scalars(query.where(source.withdrawn_at.is_(None)).distinct()))
    return found
