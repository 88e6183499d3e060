"""How long a quiet organization's jobs wait while another one has thousands.

    python -m bench.neighbours [--flood 20000] [--workers 2] [--seconds 60]

Real workers with their dispatchers. First the quiet organization asks for a job each second alone, then beside the
flood; what counts is the time from asking for a job until a worker begins it.
"""

import argparse
import statistics
import subprocess
import sys
import time

from sqlalchemy import func, select, text

from tenants import db, scope
from tenants.jobs import Job, wake

from .server import ROOT, Bench, keep, running
from .worker import nothing


def main() -> None:
    """Measure both, print them beside the limit, and keep the figures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--flood", type=int, default=20_000)
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--seconds", type=int, default=60)
    given = words.parse_args()
    with running() as bench:
        noisy, quiet = bench.organization(), bench.organization()
        command = [sys.executable, "-m", "bench.worker"]
        workers = [subprocess.Popen(command, cwd=ROOT, env=bench.environment) for _ in range(given.workers)]
        try:
            alone = waits(bench, quiet, given.seconds)
            flood(bench, noisy, given.flood)
            beside = waits(bench, quiet, given.seconds)
            with bench.app.app_context(), scope(noisy):
                done = db.session.scalar(select(func.count()).where(Job.state == "done"))
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()
    found = {"alone p50": statistics.median(alone), "alone p95": p95(alone)}
    found |= {"beside the flood p50": statistics.median(beside), "beside the flood p95": p95(beside)}
    found |= {"jobs of the flood done meanwhile": done}
    keep("neighbours", found)
    for name, value in found.items():
        print(f"{name:<40}{value:>10.2f}{'  at most 5 s' if name.endswith('flood p95') else ''}")


def flood(bench: Bench, key: str, jobs: int) -> None:
    """Let an organization have so many jobs that are due."""
    with bench.app.app_context(), scope(key):
        statement = "INSERT INTO job (kind, lane) SELECT :kind, 'long' FROM generate_series(1, :jobs)"
        db.session.execute(text(statement), {"kind": nothing.kind, "jobs": jobs})
        wake(0)
    # So that it is under way.
    time.sleep(3)


def waits(bench: Bench, key: str, seconds: int) -> list[float]:
    """Ask for a job each second; the seconds until each was begun."""
    ids = []
    for _ in range(seconds):
        with bench.app.app_context(), scope(key):
            ids.append(nothing.later())
        time.sleep(1)
    begun = select(func.extract("epoch", Job.started_at - Job.created_at)).where(Job.id.in_(ids))
    until = time.monotonic() + 300
    while time.monotonic() < until:
        with bench.app.app_context(), scope(key):
            found = [float(one) for one in db.session.scalars(begun) if one is not None]
        if len(found) == len(ids):
            return found
        time.sleep(1)
    raise RuntimeError(f"Only {len(found)} of {len(ids)} jobs were begun within five minutes.")


def p95(values: list[float]) -> float:
    """What 95 of 100 do not exceed."""
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main()
