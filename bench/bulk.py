"""How fast many contacts are edited at once with history, beside the bare statements in the same run.

    python -m bench.bulk [--rows 100000] [--rounds 5]

Each round changes the city of every contact in three ways, each in one transaction of its own: by a bare UPDATE of the
rows and a bare INSERT of as many rows into the journal (A); through the door for writing, from a query (B); through it
from a list of changes, as a program that sends each record's values does (C). Then B is taken back (D), which must not
take longer than it did.
"""

import argparse
import statistics
import time

from sqlalchemy import func, literal, select

from app.contacts.models import Contact
from app.records.actor import Actor
from app.records.models import Operation
from app.records.undo import undo
from app.records.write import Update, apply, begin, update_from
from tenants import db, scope

from .many import organization
from .server import Bench, keep, running

_UPDATE = "UPDATE {contact} SET city = %s, version = version + 1, updated_at = now() WHERE withdrawn_at IS NULL"
_INSERT = """
    INSERT INTO {change} (operation_id, noun, record_id, action, version, company_ids, before, after)
    SELECT (SELECT max(id) FROM {operation}), 'contact', id, 'update', version, company_ids,
        jsonb_build_object('city', 'before'), jsonb_build_object('city', city)
    FROM {contact} WHERE withdrawn_at IS NULL
"""


def settle(bench: Bench, key: str) -> None:
    """Let no measurement pay for the rows that the one before it left behind."""
    for table in ("contact", "change"):
        bench.sql.execute(f"VACUUM ANALYZE {bench.table(key, table)}")
    bench.checkpoint()


def bare(bench: Bench, key: str, city: str) -> float:
    """The statements alone; returns the seconds."""
    tables = {name: bench.table(key, name) for name in ("contact", "change", "operation")}
    settle(bench, key)
    started = time.perf_counter()
    with bench.sql.transaction():
        bench.sql.execute(_UPDATE.format(**tables), [city])
        bench.sql.execute(_INSERT.format(**tables))
    return time.perf_counter() - started


def by_query(bench: Bench, key: str, actor: Actor, city: str) -> float:
    """Through the door for writing, from a query; returns the seconds."""
    settle(bench, key)
    started = time.perf_counter()
    with bench.app.app_context(), scope(key):
        rows = select(Contact.id.label("id"), literal(city).label("city")).where(Contact.withdrawn_at.is_(None))
        update_from(begin(actor, "bulk"), Contact, ["city"], rows)
    return time.perf_counter() - started


def taken_back(bench: Bench, key: str, actor: Actor) -> float:
    """The undo of the newest operation; returns the seconds."""
    settle(bench, key)
    started = time.perf_counter()
    with bench.app.app_context(), scope(key):
        outcome = undo(db.session.scalar(select(func.max(Operation.id))), actor)
        if outcome.kept:
            raise RuntimeError(f"{len(outcome.kept)} records were not taken back.")
    return time.perf_counter() - started


def by_list(bench: Bench, key: str, actor: Actor, city: str) -> float:
    """Through the door for writing, from a list of changes; returns the seconds."""
    settle(bench, key)
    with bench.app.app_context(), scope(key):
        ids = list(db.session.scalars(select(Contact.id).where(Contact.withdrawn_at.is_(None))))
        started = time.perf_counter()
        apply(begin(actor, "bulk"), [Update(Contact, one, {"city": city}) for one in ids])
        db.session.commit()
    return time.perf_counter() - started


def measure(rows: int, rounds: int) -> dict:
    """Everything, as figures."""
    found: dict = {"rows": rows, "rounds": []}
    with running() as bench:
        key, actor = organization(bench, rows)
        by_query(bench, key, actor, "Warm")
        for number in range(1, rounds + 1):
            one = {
                "bare": bare(bench, key, f"Bare {number}"),
                "query": by_query(bench, key, actor, f"Query {number}"),
                "undo": taken_back(bench, key, actor),
                "list": by_list(bench, key, actor, f"List {number}"),
            }
            one |= {f"{name}_ratio": one[name] / one["bare"] for name in ("query", "list")}
            one["undo_ratio"] = one["undo"] / one["query"]
            found["rounds"].append(one)
            print(
                f"{number}: bare {one['bare']:5.1f} s"
                f"   from a query {one['query']:5.1f} s, {one['query_ratio']:.2f} times"
                f"   from a list {one['list']:5.1f} s, {one['list_ratio']:.2f} times"
                f"   undo {one['undo']:5.1f} s, {one['undo_ratio']:.2f} times the edit",
                flush=True,
            )
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    found = measure(given.rows, given.rounds)
    for name, what in (("query_ratio", "from a query"), ("list_ratio", "from a list ")):
        ratios = [one[name] for one in found["rounds"]]
        found[name], found[f"{name}_spread"] = statistics.median(ratios), [min(ratios), max(ratios)]
        print(
            f"edit with history, {what}   {found[name]:.2f} times the bare statements"
            f" ({min(ratios):.2f} to {max(ratios):.2f}); at most 3 is asked"
        )
    ratios = [one["undo_ratio"] for one in found["rounds"]]
    found["undo_ratio"], found["undo_ratio_spread"] = statistics.median(ratios), [min(ratios), max(ratios)]
    print(
        f"undo   {found['undo_ratio']:.2f} times the edit ({min(ratios):.2f} to {max(ratios):.2f}); at most 1 is asked"
    )
    keep("bulk", found)


if __name__ == "__main__":
    main()
