"""Rows without a journal (an account, a mark) that named a record which is merged: changed with a note of what was.

The notes stand with the merge. Taking it back goes through them from the last to the first, and leaves alone what
somebody changed since.
"""

from typing import Any

from sqlalchemy import Table, column, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from tenants import Tenanted, db

Note = dict[str, Any]
_QUIET = {"synchronize_session": False}


def change(table: Table, key: dict[str, Any], was: dict[str, Any], now: dict[str, Any]) -> Note:
    """Give the row with this key other values; returns the note for taking it back."""
    return rewrite(table, [{"key": key, "was": was, "now": now}])[0]


def rewrite(table: Table, rows: list[dict[str, Any]]) -> list[Note]:
    """Write the new values of many rows (`key`, `was`, `now`, of the same columns) in one statement; returns notes."""
    if not rows:
        return []
    keys, names = list(rows[0]["key"]), list(rows[0]["now"])
    typed = {f"k_{name}": table.c[name] for name in keys} | {f"v_{name}": table.c[name] for name in names}
    flat = [
        {f"k_{name}": row["key"][name] for name in keys} | {f"v_{name}": row["now"][name] for name in names}
        for row in rows
    ]
    given = func.jsonb_to_recordset(literal(flat, JSONB)).table_valued(*_columns(typed))
    given = given.render_derived(name="given", with_types=True)
    new = {name: given.c[f"v_{name}"] for name in names}
    mine = [table.c[name] == given.c[f"k_{name}"] for name in keys]
    db.session.execute(update(table).values(new).where(*mine).execution_options(**_QUIET))
    return [
        {
            "table": table.name,
            "key": {name: row["now"].get(name, value) for name, value in row["key"].items()},
            "was": row["was"],
            "now": row["now"],
        }
        for row in rows
    ]


def remove(table: Table, condition) -> list[Note]:
    """Delete rows that another row stands for by now; returns the notes, which hold them whole."""
    whole = func.to_jsonb(table.table_valued(), type_=JSONB)
    gone = delete(table).where(condition).returning(whole).execution_options(**_QUIET)
    return [{"table": table.name, "gone": row} for row in db.session.scalars(gone)]


def put_back(notes: list[Note]) -> list[str]:
    """Take back what the notes tell, the last first; returns the tables in which something was changed since."""
    kept = []
    for note in reversed(notes):
        table = Tenanted.metadata.tables[note["table"]]
        if "gone" in note:
            done = len(db.session.execute(_anew(table, note["gone"])).all())
        else:
            mine = [table.c[name] == value for name, value in note["key"].items()]
            mine += [table.c[name].is_not_distinct_from(value) for name, value in note["now"].items()]
            done = db.session.execute(
                update(table).values(note["was"]).where(*mine).execution_options(**_QUIET)
            ).rowcount
        kept += [] if done else [table.name]
    return kept


def _anew(table: Table, row: dict[str, Any]):
    own = {column.name: column for column in table.columns if column.computed is None}
    given = func.jsonb_to_record(literal(row, JSONB)).table_valued(*_columns(own))
    given = given.render_derived(name="given", with_types=True)
    anew = upsert(table).from_select(list(own), select(*given.c)).on_conflict_do_nothing()
    return anew.returning(*table.primary_key)


def _columns(typed: dict[str, Any]) -> list:
    return [column(name, of.type) for name, of in typed.items()]
