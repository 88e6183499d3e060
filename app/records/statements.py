"""The SQL of writing: one statement that changes the rows and writes their part of the journal with them.

Each takes its rows from a query, so that five typed values and a hundred thousand staged rows go the same way.
Names of columns come from the model, never from outside.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Numeric,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy import (
    insert as sql_insert,
)
from sqlalchemy import (
    update as sql_update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.schema import Sequence as Counter

from app.fields.record import Record
from tenants import db

from .models import Change, Event

# A function takes at most 100 arguments, so an object of more fields is put together from several.
_PAIRS = 45


# The statements of edits are made once for each noun and set of fields: making one takes longer than running it.
KEPT = 100
# Stand for the operation that writes, and for the rows of `source`.
OPERATION, ROWS = bindparam("operation", type_=BigInteger), bindparam("rows", type_=JSONB)


@lru_cache(KEPT)
def source(model: type[Record], names: tuple[str, ...]) -> Select:
    """Rows of JSON that come as the parameter `rows`: a query of n, id, base and the fields, typed as in the table."""
    columns = [column("n", Integer), column("id", BigInteger), column("base", Integer)]
    columns += [column(plain(name), _type(model, name)) for name in names]
    given = func.jsonb_to_recordset(ROWS)
    return select(given.table_valued(*columns).render_derived(name="given", with_types=True))


def numbers(given: Iterable[int], kind: type[Integer] = BigInteger) -> ColumnElement:
    """Numbers by the thousand as one parameter: a text, which is made far faster than an array."""
    return cast(literal("{" + ",".join(map(str, given)) + "}", Text), ARRAY(kind))


def plain(name: str) -> str:
    """A field's name as a column of a source: custom fields have a hyphen, columns may not."""
    return name.replace("-", "_", 1) if name.startswith("custom-") else name


def insert(
    operation_id: int, model: type[Record], names: Sequence[str], rows: Select, given: list[dict] | None = None
) -> dict[int, int]:
    """Insert a record for each row (columns n, id or null, the fields); returns the ids by n.

    `given` are the rows of a `source`.
    """
    values = {"operation": operation_id, **({"rows": given} if given is not None else {})}
    return dict(db.session.execute(_insert(model, tuple(names), rows), values).all())


@lru_cache(KEPT)
def _insert(model: type[Record], names: tuple[str, ...], rows: Select) -> Select:
    src = _numbered(model, rows).cte("src").prefix_with("MATERIALIZED")
    steps = _inserting(model, names, src)
    return select(src.c.n, src.c.id).add_cte(*steps)


def insert_all(operation_id: int, model: type[Record], names: Sequence[str], rows: Select) -> int:
    """The same for rows by the thousand, whose ids nobody asks for; returns how many."""
    made, *steps = _inserting(model, names, _numbered(model, rows).subquery("src"))
    return db.session.scalar(select(func.count(made.c.id)).add_cte(*steps), {"operation": operation_id})


def _numbered(model: type[Record], rows: Select) -> Select:
    """The rows, each with the id that its record will have."""
    given = rows.subquery("given")
    fresh = func.coalesce(given.c.id, Counter(f"{model.__table__.name}_id_seq").next_value())
    return select(fresh.label("id"), *[column for column in given.c if column.name != "id"])


def _inserting(model: type[Record], names: Sequence[str], src: FromClause) -> tuple[CTE, ...]:
    """The steps of the statement: the insert, its journal, its event."""
    table = model.__table__
    own = [name for name in names if not name.startswith("custom-")]
    targets = ["id", *own, "created_op", "updated_op"]
    values = [src.c.id, *[src.c[name] for name in own], OPERATION, OPERATION]
    if custom := [name for name in names if name.startswith("custom-")]:
        targets.append("custom")
        values.append(func.jsonb_strip_nulls(_object([(_key(name), src.c[plain(name)]) for name in custom])))
    companies = literal_column(model.companies_sql.replace("t.", f"{table.name}."), ARRAY(BigInteger))
    made = (
        sql_insert(table).from_select(targets, select(*values)).returning(table.c.id, companies.label("companies"))
    ).cte("made")
    journal = _journal(
        select(OPERATION, literal(model.noun), made.c.id, literal("create"), literal(1), made.c.companies),
        with_values=False,
    )
    return made, journal, _event(f"{model.noun}.created", made)


def update(
    operation_id: int,
    model: type[Record],
    names: Sequence[str],
    rows: Select,
    given: list[dict] | None = None,
    gone: bool = False,
) -> list[int]:
    """Change the records that the rows (columns id and the fields) name; returns the ids that really changed.

    A row with a `base` changes only the record that still has this version. `given` are the rows of a `source`. With
    `gone` withdrawn records are changed as well.
    """
    values = {"operation": operation_id, **({"rows": given} if given is not None else {})}
    return list(db.session.scalars(_update(model, tuple(names), rows, gone), values))


@lru_cache(KEPT)
def _update(model: type[Record], names: tuple[str, ...], rows: Select, gone: bool = False) -> Select:
    t = model.__table__.alias("t")
    src = rows.cte("src").prefix_with("MATERIALIZED")
    own = [name for name in names if not name.startswith("custom-")]
    custom = [name for name in names if name.startswith("custom-")]
    was = journal_object(t, names)
    fresh = [or_(src.c.base.is_(None), src.c.base == t.c.version)] if "base" in src.c else []
    if not gone:
        fresh.append(t.c.withdrawn_at.is_(None))
    old = (
        select(t.c.id, was.label("was"), *[src.c[plain(name)].label(f"new_{plain(name)}") for name in names])
        .join_from(t, src, t.c.id == src.c.id)
        .where(true(), *fresh)
        .order_by(t.c.id)
        .with_for_update(of=t)
        .cte("old")
    )
    new = {name: old.c[f"new_{plain(name)}"] for name in names}
    values: dict[str, Any] = {name: new[name] for name in own}
    if custom:
        values["custom"] = func.jsonb_strip_nulls(
            t.c.custom.op("||")(_object([(_key(name), new[name]) for name in custom]))
        )
    differs = [t.c[name].is_distinct_from(new[name]) for name in own]
    differs += [t.c.custom[_key(name)].is_distinct_from(func.nullif(new[name], _json_null())) for name in custom]
    done = (
        sql_update(t)
        .values(**values, version=t.c.version + 1, updated_at=func.now(), updated_op=OPERATION)
        .where(t.c.id == old.c.id, or_(*differs))
        .returning(
            t.c.id,
            t.c.version,
            old.c.was,
            journal_object(t, names).label("now"),
            _companies(model).label("companies"),
        )
    ).cte("done")
    journal = _journal(
        select(
            OPERATION,
            literal(model.noun),
            done.c.id,
            literal("update"),
            done.c.version,
            done.c.companies,
            func.extensions.changed(done.c.was, done.c.now),
            func.extensions.changed(done.c.now, done.c.was),
        )
    )
    return select(done.c.id).add_cte(journal, _event(f"{model.noun}.updated", done))


def note(operation_id: int, model: type[Record], rows: list[dict[str, Any]]) -> list[int]:
    """Count and journal changes of records that stand in other rows: each row has `id` and the values `was` and `now`.

    The other rows have their own changes; this one says it in the words of the record they belong to.
    """
    t = model.__table__.alias("t")
    columns = (column("id", BigInteger), column("was", JSONB), column("now", JSONB))
    given = func.jsonb_to_recordset(ROWS)
    given = given.table_valued(*columns).render_derived(name="given", with_types=True)
    done = (
        sql_update(t)
        .values(version=t.c.version + 1, updated_at=func.now(), updated_op=OPERATION)
        .where(t.c.id == given.c.id, t.c.withdrawn_at.is_(None))
        .returning(t.c.id, t.c.version, _companies(model).label("companies"), given.c.was, given.c.now)
    ).cte("done")
    journal = _journal(
        select(
            OPERATION,
            literal(model.noun),
            done.c.id,
            literal("update"),
            done.c.version,
            done.c.companies,
            done.c.was,
            done.c.now,
        )
    )
    event = _event(f"{model.noun}.updated", done)
    values = {"operation": operation_id, "rows": rows}
    return list(db.session.scalars(select(done.c.id).add_cte(journal, event), values))


def withdraw(
    operation_id: int,
    model: type[Record],
    ids: Iterable[int] | Select,
    back: bool = False,
    empty: Sequence[str] = (),
) -> list[int]:
    """Withdraw records, or bring withdrawn ones back; `ids` are numbers or a query of them. Returns those touched.

    `empty` names lists on them that are emptied with it.
    """
    t = model.__table__.alias("t")
    if not isinstance(ids, Select):
        ids = select(func.unnest(bindparam("ids", sorted(ids), ARRAY(BigInteger), unique=True)))
    is_withdrawn = t.c.withdrawn_at.is_not(None)
    done = (
        sql_update(t)
        .values(
            withdrawn_at=None if back else func.now(),
            version=t.c.version + 1,
            updated_at=func.now(),
            updated_op=OPERATION,
            **{name: [] for name in empty},
        )
        .where(t.c.id.in_(ids), is_withdrawn if back else ~is_withdrawn)
        .returning(t.c.id, t.c.version, _companies(model).label("companies"))
    ).cte("done")
    action = "restore" if back else "withdraw"
    journal = _journal(
        select(OPERATION, literal(model.noun), done.c.id, literal(action), done.c.version, done.c.companies),
        with_values=False,
    )
    event = _event(f"{model.noun}.{'restored' if back else 'withdrawn'}", done)
    return list(db.session.scalars(select(done.c.id).add_cte(journal, event), {"operation": operation_id}))


def erase(operation_id: int, model: type[Record], ids: Iterable[int], values: dict[str, Any]) -> list[int]:
    """Give records these values, and none of what they had to the journal; whatever is there still is withdrawn."""
    t = model.__table__.alias("t")
    gone = func.coalesce(t.c.withdrawn_at, func.now())
    return _quietly(operation_id, model, t.c.id.in_(list(ids)), values | {"withdrawn_at": gone}, "erase", t)


def reword(
    operation_id: int, model: type[Record], where: ColumnElement[bool], values: dict[str, Any], t: FromClause
) -> list[int]:
    """Give those rows of `t`, an alias of the table, other words, and none of what they had to the journal."""
    return _quietly(operation_id, model, where, values, "update", t)


def _quietly(operation_id: int, model: type[Record], where, values: dict[str, Any], action: str, t) -> list[int]:
    done = (
        sql_update(t)
        .values(**values, version=t.c.version + 1, updated_at=func.now(), updated_op=OPERATION)
        .where(where)
        .returning(t.c.id, t.c.version, _companies(model).label("companies"))
    ).cte("done")
    rows = select(OPERATION, literal(model.noun), done.c.id, literal(action), done.c.version, done.c.companies)
    empty = literal_column("'{}'::jsonb", JSONB)
    with_values = action == "update"
    journal = _journal(rows.add_columns(empty, empty) if with_values else rows, with_values=with_values)
    event = _event(f"{model.noun}.{'updated' if with_values else 'erased'}", done)
    return list(db.session.scalars(select(done.c.id).add_cte(journal, event), {"operation": operation_id}))


def _journal(rows: Select, with_values: bool = True):
    targets = ["operation_id", "noun", "record_id", "action", "version", "company_ids"]
    targets += ["before", "after"] if with_values else []
    return sql_insert(Change.__table__).from_select(targets, rows).cte("journal")


def _event(kind: str, done):
    rows = select(OPERATION, literal(kind)).where(select(done.c.id).exists())
    return upsert(Event.__table__).from_select(["operation_id", "kind"], rows).on_conflict_do_nothing().cte("event_row")


def _companies(model: type[Record]):
    return literal_column(model.companies_sql, ARRAY(BigInteger))


def _object(pairs: list[tuple[str, Any]]):
    """jsonb_build_object over any number of pairs."""
    parts = []
    for start in range(0, len(pairs), _PAIRS):
        flat = [item for name, value in pairs[start : start + _PAIRS] for item in (cast(literal(name), Text), value)]
        parts.append(func.jsonb_build_object(*flat, type_=JSONB))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||")(part)
    return whole


def _journal_value(t, name: str):
    """A field's value as the journal keeps it: decimals as text, so that no digit is lost on the way through JSON."""
    if name.startswith("custom-"):
        return t.c.custom[_key(name)]
    return cast(t.c[name], Text) if isinstance(t.c[name].type, Numeric) else t.c[name]


def journal_object(t, names: Sequence[str]):
    """The named fields of a row as the JSON object that the journal would keep of it."""
    return _object([(name, _journal_value(t, name)) for name in names])


def _type(model: type[Record], name: str):
    return JSONB() if name.startswith("custom-") else model.__table__.c[name].type


def _key(name: str) -> str:
    return name.removeprefix("custom-")


def _json_null():
    return literal_column("'null'::jsonb", JSONB)
