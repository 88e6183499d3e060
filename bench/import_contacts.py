"""How fast contacts are imported, beside PostgreSQL's own COPY of the same people in the same run.

    python -m bench.import_contacts [--rows 100000] [--rounds 3]

Each round copies the people into the contact table of a fresh organization with all its indexes and keys (A), then
imports the CSV file into another fresh organization by one worker process: plan and apply (B). After the last round
the same file is imported again (nothing may be written) and the import is undone.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from app.companies.models import Company
from app.contacts.models import Contact
from app.imports import actions
from app.imports.models import Import
from app.people.models import Account
from app.records.actor import Actor
from app.records.models import Change
from app.records.write import Create, apply, begin
from app.settings import custom
from tenants import db, scope

from . import people
from .server import Bench, keep, running

PART = 1024 * 1024


def prepare(bench: Bench) -> tuple[str, Actor]:
    """An organization with five fields of its own and the companies that the rows name as partners."""
    key = bench.organization()
    with bench.app.app_context(), scope(key):
        actor = Actor("Ann", db.session.scalar(select(Account.id)))
        for n in range(1, 6):
            custom.create("contact", "text", {"label": f"Custom{n}", "max": 256}, actor=actor)
        partners = [{"name": f"Partner {n}", "email": f"info@partner{n}.example"} for n in range(people.PARTNERS)]
        apply(begin(actor, "create"), [Create(Company, values) for values in partners])
    return key, actor


def upload(bench: Bench, key: str, actor: Actor, path: Path) -> int:
    """Upload the file; returns the import's id."""
    with bench.app.app_context(), scope(key):
        return actions.upload(path.name, _parts(path), actor=actor).id


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part


def step(bench: Bench, key: str, actor: Actor, import_id: int, start) -> dict:
    """One step of an import, by a worker process of its own; returns what it took and the import's counts."""
    with bench.app.app_context(), scope(key):
        job_id = start(import_id, actor=actor).job_id
    bench.checkpoint()
    took = bench.work(key, job_id)
    with bench.app.app_context(), scope(key):
        return took | {"counts": dict(db.session.get(Import, import_id).counts)}


class Baseline:
    """The same people as COPY takes them: read once from a finished import."""

    def __init__(self, bench: Bench, key: str, path: Path):
        self.path = path
        columns = [column.name for column in Contact.__table__.columns if column.computed is None]
        self.columns = ", ".join(f'"{name}"' for name in columns)
        source = f"SELECT {self.columns} FROM {bench.table(key, 'contact')} ORDER BY id"
        with path.open("wb") as file, bench.sql.cursor().copy(f"COPY ({source}) TO STDOUT") as copy:
            for part in copy:
                file.write(part)

    def run(self, bench: Bench) -> float:
        """Copy into a fresh organization's contact table; returns the seconds."""
        key, _actor = prepare(bench)
        bench.checkpoint()
        started = time.perf_counter()
        with bench.sql.cursor().copy(f"COPY {bench.table(key, 'contact')} ({self.columns}) FROM STDIN") as copy:
            for part in _parts(self.path):
                copy.write(part)
        return time.perf_counter() - started


def changes(bench: Bench, key: str) -> int:
    """How many changes the organization's journal holds."""
    with bench.app.app_context(), scope(key):
        return db.session.scalar(select(func.count()).select_from(Change))


def measure(rows: int, rounds: int) -> dict:
    """Everything, as figures."""
    found: dict = {"rows": rows, "rounds": []}
    with tempfile.TemporaryDirectory() as folder, running() as bench:
        file = Path(folder, "people.csv")
        people.write(file, rows)
        baseline = None
        for number in range(rounds + 1):
            copied = baseline.run(bench) if baseline else None
            key, actor = prepare(bench)
            import_id = upload(bench, key, actor, file)
            plan = step(bench, key, actor, import_id, actions.start_plan)
            wrote = step(bench, key, actor, import_id, actions.start_apply)
            assert wrote["counts"]["create"] == rows, wrote["counts"]
            baseline = baseline or Baseline(bench, key, Path(folder, "copy"))
            if copied is None:
                continue  # the first import warms up and gives COPY its people
            took = plan["seconds"] + wrote["seconds"]
            memory = max(plan["memory"], wrote["memory"])
            figures = {"copy": copied, "plan": plan["seconds"], "apply": wrote["seconds"]}
            found["rounds"].append(figures | {"ratio": copied / took, "MiB": memory})
            print(
                f"{number}: COPY {rows / copied:8,.0f} rows/s   import {rows / took:8,.0f} rows/s"
                f" (plan {plan['seconds']:.1f} s, apply {wrote['seconds']:.1f} s)   ratio {copied / took:.0%}"
                f"   worker {memory:.0f} MiB",
                flush=True,
            )
        before = changes(bench, key)
        again = step(bench, key, actor, upload(bench, key, actor, file), actions.start_plan)
        assert again["counts"]["same"] == rows, again["counts"]
        found["again"] = again["seconds"]
        found["written_again"] = changes(bench, key) - before
        back = step(bench, key, actor, import_id, actions.start_undo)
        found["undo"], found["undo_MiB"] = back["seconds"], back["memory"]
        found["kept"] = back["counts"]["kept"]
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    found = measure(given.rows, given.rounds)
    imports = [one["plan"] + one["apply"] for one in found["rounds"]]
    ratios = [one["ratio"] for one in found["rounds"]]
    took, ratio = statistics.median(imports), statistics.median(ratios)
    memory = max([found["undo_MiB"], *(one["MiB"] for one in found["rounds"])])
    found |= {"ratio": ratio, "spread": [min(ratios), max(ratios)], "MiB": memory}
    print(f"import beside COPY     {ratio:.0%} ({min(ratios):.0%} to {max(ratios):.0%}); at least 40 % is asked")
    print(f"memory of the worker   {memory:.0f} MiB; at most 256 is asked")
    print(f"imported again         {took / found['again']:.1f} times as fast, {found['written_again']} changes written")
    print(f"undo                   {took / found['undo']:.1f} times as fast, {found['kept']} records kept")
    keep("import_contacts", found)


if __name__ == "__main__":
    main()
