"""How fast contacts are exported, beside PostgreSQL's own COPY TO of the same columns in the same run.

    python -m bench.export [--rows 100000] [--rounds 5]

Each round copies the columns of the sheet out of the database to a client that keeps nothing: those of the contact's
own row (A), and those of the other rows as well, joined as the sheet joins them (B); then one worker process writes
the sheet, sealed, into a stored file (C). At the end three times as many people are exported, for the memory.
"""

import argparse
import statistics
import time

from sqlalchemy import select

from app.contacts.models import Contact
from app.exports import writing
from app.exports.sheets import sheet
from app.people.models import Account, Staff
from app.people.viewer import ACCOUNT, STAFF, staff_viewer
from app.records.actor import Actor
from tenants import db, scope
from tenants.jobs import Job

from .many import grow, organization
from .server import Bench, keep, running

_OWN = (
    *("title", "first_name", "last_name", "email", "address1", "address2", "city", "state", "postcode", "country"),
    *("phone", "mobile", "fax", "pager", "user_name", "notes", "language", "customer_id", "job_title", "time_zone"),
    *("line_manager_id", "partner_id", "custom"),
)
_JOINED = """
    SELECT {own}, company.name, department.name, m.company_primary, m.department_primary, manager.user_name,
        partner.email
    FROM {contact} c
    LEFT JOIN {membership} m ON m.contact_id = c.id AND m.is_primary AND m.withdrawn_at IS NULL
    LEFT JOIN {company} company ON company.id = m.company_id
    LEFT JOIN {department} department ON department.id = m.department_id
    LEFT JOIN {contact} manager ON manager.id = c.line_manager_id
    LEFT JOIN {company} partner ON partner.id = c.partner_id
    WHERE c.withdrawn_at IS NULL ORDER BY c.id
"""


def copied(bench: Bench, key: str, joined: bool) -> float:
    """Let PostgreSQL copy the columns to us; returns the seconds."""
    tables = {name: bench.table(key, name) for name in ("contact", "membership", "company", "department")}
    own = ", ".join(f"c.{name}" for name in _OWN)
    query = _JOINED.format(own=own, **tables) if joined else f"SELECT {own} FROM {tables['contact']} c"
    bench.checkpoint()
    started = time.perf_counter()
    with bench.sql.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        for _part in copy:
            pass
    return time.perf_counter() - started


def exported(bench: Bench, key: str, actor: Actor) -> dict:
    """Let a worker process write the sheet; returns what it took, and the size of the file."""
    with bench.app.app_context(), scope(key):
        job_id = writing.ask("contacts", False, actor)
    bench.checkpoint()
    took = bench.work(key, job_id)
    with bench.app.app_context(), scope(key):
        file_id = int(db.session.get(Job, job_id).link.rsplit("/", 1)[1])
        size = bench.sql.execute(f"SELECT size FROM {bench.table(key, 'file')} WHERE id = {file_id}").fetchone()[0]
        bench.sql.execute(f"DELETE FROM {bench.table(key, 'file')} WHERE id = {file_id}")
    return took | {"size": size}


def columns(bench: Bench, key: str) -> int:
    """How many columns the sheet has."""
    with bench.app.app_context(), scope(key):
        row = db.session.execute(select(*ACCOUNT, *STAFF).join(Staff, Staff.id == Account.staff_id)).first()
        return len(sheet(Contact.noun + "s", staff_viewer(row))[0])


def measure(rows: int, rounds: int) -> dict:
    """Everything, as figures."""
    found: dict = {"rows": rows, "rounds": []}
    with running() as bench:
        key, actor = organization(bench, rows)
        found["columns"] = columns(bench, key)
        exported(bench, key, actor)
        for number in range(1, rounds + 1):
            table, joined, sheet_ = copied(bench, key, False), copied(bench, key, True), exported(bench, key, actor)
            took = sheet_["seconds"]
            one = {"table": table, "joined": joined, "export": took, "MiB": sheet_["memory"], "size": sheet_["size"]}
            found["rounds"].append(one | {"ratio": table / took, "ratio_joined": joined / took})
            print(
                f"{number}: COPY TO {rows / table:9,.0f} rows/s, joined {rows / joined:9,.0f}"
                f"   export {rows / took:9,.0f} rows/s   ratio {table / took:.0%}, {joined / took:.0%}"
                f"   worker {sheet_['memory']:.0f} MiB",
                flush=True,
            )
        grow(bench, key, rows, 3 * rows)
        found["thrice"] = exported(bench, key, actor)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    found = measure(given.rows, given.rounds)
    for name in ("ratio", "ratio_joined"):
        ratios = [one[name] for one in found["rounds"]]
        found[name], found[f"{name}_spread"] = statistics.median(ratios), [min(ratios), max(ratios)]
        what = "COPY of the contacts' rows" if name == "ratio" else "COPY of all the columns   "
        print(
            f"export beside {what}  {found[name]:.0%} ({min(ratios):.0%} to {max(ratios):.0%}); at least 30 % is asked"
        )
    memory = statistics.median(one["MiB"] for one in found["rounds"])
    found["MiB"] = memory
    print(f"memory of the worker   {memory:.0f} MiB, with three times the rows {found['thrice']['memory']:.0f} MiB")
    keep("export", found)


if __name__ == "__main__":
    main()
