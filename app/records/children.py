"""Fields whose values are rows of another table: a company's domains, a contact's further addresses."""

from typing import Any

from sqlalchemy import func, select

from app.fields.record import Record
from app.fields.registry import Beside, Related
from tenants import db

from .write import Create, Withdraw, apply


def children(child: type[Record], parent: str, value: str) -> Related:
    """A list-valued field: the `value` column of the live `child` rows whose `parent` column names the record."""
    of, what = getattr(child, parent), getattr(child, value)

    def expression(model: type[Record]):
        return (
            select(func.array_agg(what.distinct()))
            .where(of == model.id, child.withdrawn_at.is_(None))
            .correlate(model)
            .scalar_subquery()
        )

    def save(values: dict[int, Any], operation) -> None:
        rows = db.session.execute(
            # The live ones first: a value that is there already needs none of those that were removed.
            select(child.id, of, what, child.withdrawn_at)
            .where(of.in_(values))
            .order_by(child.withdrawn_at.is_not(None))
        ).all()
        wanted = {(record_id, one) for record_id, found in values.items() for one in found or []}
        going, coming = [], []
        for row_id, record_id, one, withdrawn in rows:
            here = (record_id, one)
            if here in wanted:
                wanted.discard(here)
                coming += [Withdraw(child, row_id, back=True)] if withdrawn else []
            elif withdrawn is None:
                going.append(Withdraw(child, row_id))
        coming += [Create(child, {parent: record_id, value: one}) for record_id, one in sorted(wanted)]
        # Going comes before coming, since two writings of one address may not stand beside each other.
        if going or coming:
            apply(operation, [*going, *coming])

    def matches(model: type[Record], values: list):
        return select(child.id).where(of == model.id, child.withdrawn_at.is_(None), what.in_(values)).exists()

    def listed(rows: list[dict[str, Any]]) -> list[Any] | None:
        return sorted({row[value] for row in rows}) or None

    return Related(expression, save, matches, Beside(child, parent, (value,), listed))
