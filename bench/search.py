"""Search as you type, beside the bare SQL of the best form in the same run.

    python -m bench.search [--contacts 1000000] [--each 200]

One organization full of people, one web process. For three and six letters, common and rare ones, the list is asked
for as a browser does while somebody types; and PostgreSQL is asked for the same rows by a statement written by hand,
on a connection of its own without row-level security. What counts is the time until the answer was there.
"""

import argparse
import statistics
import time

import psycopg

from .fill import fill
from .pages import FRAGMENT, Server, p95, serving, signed_in, timed
from .server import Bench, keep, running

LONGEST_MS, MOST_TIMES = 40.0, 3.0
WORDS = {
    "3 letters, common": ("web", "han", "mul", "use"),
    "3 letters, rare": ("xyz", "zwq", "a0f", "77b"),
    "6 letters, common": ("fische", "schmid", "hansen", "user00"),
    "6 letters, rare": ("p12345", "p54321", "oluwxy", "zwanzi"),
}
# The rows of the list's first page while somebody types, and one more that says whether there are others.
ROWS = 12

# What begins with the letters by each of the four indexes; only when that is little, what contains them.
_BARE = """
WITH begins AS MATERIALIZED (
    {arms}
), few AS MATERIALIZED (
    SELECT id, min(rank) AS rank, min(key) AS key FROM begins GROUP BY id ORDER BY 2, 3, 1 LIMIT {rows} + 1
), contains AS MATERIALIZED (
    SELECT id, 9 AS rank, '' AS key FROM {contact}
    WHERE search_text LIKE '%%' || %(typed)s || '%%' AND withdrawn_at IS NULL AND (SELECT count(*) FROM few) < {rows}
), hits AS (
    SELECT id, rank, key FROM few
    UNION ALL
    (SELECT id, rank, key FROM contains WHERE id NOT IN (SELECT id FROM few) LIMIT {rows} + 1)
)
SELECT c.id, c.version, c.first_name, c.last_name, c.email, c.phone, c.job_title, c.active, m.company_id, y.name
FROM (SELECT * FROM hits ORDER BY rank, key, id LIMIT {rows} + 1) h JOIN {contact} c ON c.id = h.id
LEFT JOIN {membership} m ON m.contact_id = c.id AND m.is_primary AND m.withdrawn_at IS NULL
LEFT JOIN {company} y ON y.id = m.company_id
ORDER BY h.rank, h.key, h.id
"""
_ARM = """
    (SELECT id, {rank} AS rank, extensions.fold({name}) COLLATE "C" AS key FROM {contact}
    WHERE extensions.fold({name}) COLLATE "C" LIKE %(typed)s || '%%' AND withdrawn_at IS NULL
    ORDER BY 3, 1 LIMIT {rows} + 1)
"""


def bare(bench: Bench, key: str) -> str:
    """The statement written by hand."""
    tables = {name: bench.table(key, name) for name in ("contact", "membership", "company")}
    names = ("last_name", "first_name", "user_name", "email")
    arms = [_ARM.format(rank=rank, name=name, rows=ROWS, **tables) for rank, name in enumerate(names)]
    return _BARE.format(arms="    UNION ALL".join(arms), rows=ROWS, **tables)


def asked_bare(sql: psycopg.Connection, statement: str, words: tuple[str, ...], count: int) -> list[float]:
    """The seconds until PostgreSQL had answered."""
    found = []
    for n in range(count):
        started = time.perf_counter()
        # Planned anew each time, as it must be for a pattern that is not known before.
        sql.execute(statement, {"typed": words[n % len(words)]}, prepare=False).fetchall()
        found.append(time.perf_counter() - started)
    return found


def measure(contacts: int, each: int) -> dict:
    """Everything, as figures."""
    with running() as bench:
        key = bench.organization()
        fill(bench, key, contacts)
        browser = signed_in(bench)
        statement = bare(bench, key)
        with serving(bench) as server:
            searches = {name: _search(server, browser, bench, statement, words, each) for name, words in WORDS.items()}
        return {"contacts": contacts, "longest_ms": LONGEST_MS, "most_times": MOST_TIMES, "searches": searches}


def _search(server: Server, browser, bench: Bench, statement: str, words: tuple[str, ...], each: int) -> dict:
    def ask(client, n: int):
        return client.get(f"{server.base}/contacts?q={words[n % len(words)]}", headers=FRAGMENT)

    timed(ask, browser, range(len(words) * 2))
    asked_bare(bench.sql, statement, words, len(words) * 2)
    page, sql, spent = [], [], 0.0
    # In turns, so that what else happens on the machine is met by both.
    for start in range(0, each, 20):
        begun = server.cpu()
        page += timed(ask, browser, range(start, start + 20))
        spent += server.cpu() - begun
        sql += asked_bare(bench.sql, statement, words, 20)
    return {
        "p50_ms": statistics.median(page) * 1000,
        "p95_ms": p95(page),
        "sql_p50_ms": statistics.median(sql) * 1000,
        "sql_p95_ms": p95(sql),
        "times_the_sql": p95(page) / p95(sql),
        "cpu_ms": spent / len(page) * 1000,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--contacts", type=int, default=1_000_000)
    options.add_argument("--each", type=int, default=200)
    given = options.parse_args()
    found = measure(given.contacts, given.each)
    for name, one in found["searches"].items():
        print(
            f"{name:18} p95 {one['p95_ms']:5.1f} ms (at most {LONGEST_MS:.0f}), {one['times_the_sql']:.1f} times the"
            f" SQL's {one['sql_p95_ms']:.1f} ms (at most {MOST_TIMES:.0f}); half within {one['p50_ms']:.1f} and"
            f" {one['sql_p50_ms']:.1f} ms; {one['cpu_ms']:.1f} ms of CPU in the web process"
        )
    keep(f"search-{given.contacts}", found)


if __name__ == "__main__":
    main()
