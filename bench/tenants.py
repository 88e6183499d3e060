"""What many organizations on one database server cost.

    python -m bench.tenants [--organizations 500] [--contacts 10000] [--serve 500] [--processes 2]

Makes so many organizations (in several processes, the last ones alone and timed), then migrates all of them by nothing,
by one new column and by ten statements, serves the first pages of some in turn from one web process, and saves and
restores one of them with so many contacts. Prints a table and the targets, and keeps the figures.
"""

import argparse
import multiprocessing
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import requests
from sqlalchemy import select, update

from app.people.actions import create_staff
from app.people.models import Account
from app.records.actor import SYSTEM
from app.signin import sessions
from tenants import backup, db, engines, fleet, migrate, move, provision, resolve, scope, shards
from tenants.folders import folder
from tenants.models import Organization

from .many import organization
from .pages import Server, serving
from .server import Bench, keep, running

LAST = 10
MIB = 2**20

ONE = ["ALTER TABLE company ADD COLUMN bench_note text"]
TEN = [
    *(f"ALTER TABLE {table} ADD COLUMN bench_{no} text" for no, table in enumerate(("company", "contact", "job"), 1)),
    "ALTER TABLE company ADD COLUMN bench_number integer NOT NULL DEFAULT 0",
    "ALTER TABLE company ADD CONSTRAINT ck_bench_number CHECK (bench_number >= 0)",
    "CREATE INDEX ix_bench_number ON company (bench_number)",
    "CREATE TABLE bench_thing (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id bigint NOT NULL)",
    "CREATE INDEX ix_bench_thing ON bench_thing (company_id)",
    "ALTER TABLE bench_thing ADD FOREIGN KEY (company_id) REFERENCES company (id)",
    "ALTER TABLE bench_thing ENABLE ROW LEVEL SECURITY",
]


def main() -> None:
    """Run everything that was asked for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--organizations", type=int, default=500)
    words.add_argument("--contacts", type=int, default=10_000)
    words.add_argument("--serve", type=int, default=500)
    words.add_argument("--processes", type=int, default=2)
    given = words.parse_args()
    found: dict[str, float] = {}
    with running() as bench, TemporaryDirectory() as files:
        make(bench, given.organizations, given.processes, found)
        migrations(bench, given.processes, found)
        catalogue(bench, given.organizations, found)
        serve(bench, min(given.serve, given.organizations), found)
        whole(bench, given.contacts, Path(files), found)
    keep(f"tenants-{given.organizations}", found)
    for name, value in found.items():
        print(f"{name:<64}{value:>12,.3f}  {TARGETS.get(name, '')}")


TARGETS = {
    "creating one, seconds (median of the last)": "at most 1",
    "migrating all by one column, seconds": "at most 30 for 2,000",
    "web process after serving, MiB": "at most 400",
    "its server connections, MiB": "at most 1,024",
    "backup, seconds": "at most 10",
    "restore, seconds": "at most 10",
    "move, seconds": "",
}


def make(bench: Bench, wanted: int, processes: int, found: dict[str, float]) -> None:
    """Make the organizations; the last few alone, one after the other."""
    context = multiprocessing.get_context("fork")
    beside = [context.Process(target=_make, args=(bench, no, wanted - LAST, processes)) for no in range(processes)]
    with bench.app.app_context():
        engines.dispose()
    begun = time.perf_counter()
    for process in beside:
        process.start()
    for process in beside:
        process.join()
    found["creating, organizations a second in all processes"] = (wanted - LAST) / (time.perf_counter() - begun)
    with bench.app.app_context():
        found["creating one, seconds (median of the last)"] = statistics.median(
            timed(lambda no=no: _create(no)) for no in range(wanted - LAST, wanted)
        )


def _make(bench: Bench, first: int, end: int, step: int) -> None:
    with bench.app.app_context():
        for no in range(first, end, step):
            _create(no)


def _create(no: int) -> None:
    provision.create(f"many-{no}", f"Many {no}", [f"many-{no}.localhost"])


def timed(what: Callable) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def migrations(bench: Bench, processes: int, found: dict[str, float]) -> None:
    """Migrate all organizations: by nothing, by one column, by ten statements."""
    own = migrate.head("tenant")
    with TemporaryDirectory() as place, bench.app.app_context():
        ours = Path(place) / "migrations"
        shutil.copytree(folder("migrations"), ours)
        with of_folder(ours):
            found["migrating all by nothing, seconds"] = timed(lambda: _all(processes))
            for name, statements in (("one column", ONE), ("ten statements", TEN)):
                _add_revision(ours, statements)
                found[f"migrating all by {name}, seconds"] = timed(lambda: _all(processes))
            # What was added is this measurement's own: the program goes on with what it knows.
            with engines.engine("main", "owner").begin() as connection:
                connection.execute(update(Organization).values(revision=own))


def _all(processes: int) -> None:
    report = fleet.everything(processes)
    if report.failed:
        raise RuntimeError(str(report.failed)[:2000])


@contextmanager
def of_folder(ours: Path) -> Iterator[None]:
    """Let migrations come from another folder."""
    before = migrate.folder
    migrate.folder = lambda name: ours
    migrate._revisions.cache_clear()
    try:
        yield
    finally:
        migrate.folder = before
        migrate._revisions.cache_clear()


def _add_revision(ours: Path, statements: list[str]) -> None:
    newest = migrate.head("tenant")
    number = f"{int(newest) + 1:04}"
    lines = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    script = f"from alembic import op\n\nrevision = {number!r}\ndown_revision = {newest!r}\n\n\ndef upgrade():\n{lines}"
    (ours / "tenant" / "versions" / f"{number}_bench.py").write_text(script)
    migrate._revisions.cache_clear()


def catalogue(bench: Bench, organizations: int, found: dict[str, float]) -> None:
    """How much of the server the organizations take while they are empty."""
    query = (
        "SELECT (SELECT count(*) FROM pg_class), pg_database_size(current_database()),"
        " (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace"
        " AND relkind = 'r')"
    )
    rows, size, own = bench.sql.execute(query).fetchone()
    found["rows of pg_class for one organization"] = rows / organizations
    found["disk for one organization, MiB"] = size / organizations / MIB
    found["catalogue, MiB"] = float(own) / MIB


def serve(bench: Bench, organizations: int, found: dict[str, float]) -> None:
    """Serve a list and a form of each organization in turn from one web process."""
    with bench.app.app_context():
        cookies = [_sign_in(bench, f"many-{no}") for no in range(organizations)]
    cold, warm = [], []
    with serving(bench) as server:
        for seconds in (cold, warm):
            for no, cookie in enumerate(cookies):
                seconds.append(timed(lambda no=no, cookie=cookie: _look(server, f"many-{no}", cookie)))
        process = psutil.Process(server.process.pid)
        members = [process, *process.children(recursive=True)]
        found["web process after serving, MiB"] = sum(one.memory_info().rss for one in members) / MIB
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'deskhand%'"
        pids = [row[0] for row in bench.sql.execute(asked)]
        found["its server connections"] = len(pids)
        found["its server connections, MiB"] = sum(psutil.Process(pid).memory_full_info().uss for pid in pids) / MIB
    found["first request to a cold organization, ms (median)"] = statistics.median(cold) * 1000
    found["the same once more, ms (median)"] = statistics.median(warm) * 1000


def _sign_in(bench: Bench, slug: str) -> str:
    """A member of staff of an organization, and the cookie of their session."""
    with scope(slug):
        values = {"name": "Ann", "email": "ann@bench.example", "role": "administrator"}
        staff = create_staff(values, password="only for measurements", must_change=False, actor=SYSTEM)
        account = db.session.scalar(select(Account.id).where(Account.staff_id == staff))
        token = sessions.open_session(account, "staff")
    browser, host = bench.app.test_client(), f"{slug}.localhost"
    with browser.session_transaction("/", base_url=f"http://{host}") as kept:
        kept.update({"_user_id": token, "_fresh": True})
    cookie = browser.get_cookie("deskhand_staff", domain=host)
    return f"{cookie.key}={cookie.value}"


def _look(server: Server, slug: str, cookie: str) -> None:
    """A list and a form."""
    for path in ("/contacts", "/companies/new"):
        headers = {"Host": f"{slug}.localhost", "Cookie": cookie}
        answer = requests.get(server.base + path, headers=headers, timeout=60, allow_redirects=False)
        if answer.status_code != 200:
            raise RuntimeError(f"{slug} {path}: {answer.status_code}")


def whole(bench: Bench, contacts: int, files: Path, found: dict[str, float]) -> None:
    """Save, restore and move one organization with many people among the others."""
    key, _ = organization(bench, contacts)
    with bench.app.app_context():
        file = files / "one.zip"
        slug = resolve.organization(key).slug
        found["backup, seconds"] = timed(lambda: backup.backup(slug, file))
        found["backup, MiB"] = file.stat().st_size / MIB
        found["restore, seconds"] = timed(lambda: backup.restore(file, "restored", []))
        bench.sql.execute("CREATE DATABASE east OWNER deskhand_owner")
        shards.add("east", bench.environment["DATABASE_URL"].rpartition("/")[0] + "/east")
        moved = move.move(slug, "east")
        found["rows in it"] = moved.rows
        found["move, seconds"] = moved.seconds
        found["of which writers waited, seconds"] = moved.paused


if __name__ == "__main__":
    main()
