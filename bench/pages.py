"""What pages cost, beside the floor page on the same server in the same run.

    python -m bench.pages [--contacts 100000] [--rounds 5] [--each 40]

One organization full of people, one web process with four threads. In each round every page is asked for in turn with
the floor page (see `floor.py`); what counts is the CPU time that the process spent on a request, and the time until
the answer was there. Then two clients at once ask for the list and search as people type.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from app.embedded.process import free_port

from .fill import fill
from .server import ROOT, Bench, keep, running

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
HOST = "bench-1.localhost"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Page:
    """Something to ask for, and how many times the floor's CPU time it may take (None: no limit was set)."""

    name: str
    ask: Callable[[requests.Session, int], requests.Response]
    limit: float | None = None


def pages(base: str, contacts: int, csrf: str, deep: str) -> list[Page]:
    """The pages that are measured; the number makes each request another one."""

    def get(path: str, fragment: bool = False) -> Callable:
        return lambda client, n: client.get(base + path, headers=FRAGMENT if fragment else None)

    def edit(client: requests.Session, n: int) -> requests.Response:
        # As the form sends it, with the version that was shown; each contact is edited once.
        values = {"value": f"030 {time.time_ns() % 10**7}", "v": 1, "csrf_token": csrf}
        return client.post(f"{base}/contacts/{n % contacts + 1}/fields/phone", data=values, headers=FRAGMENT)

    def search(*typed: str) -> Callable:
        return lambda client, n: client.get(f"{base}/contacts?q={typed[n % len(typed)]}", headers=FRAGMENT)

    filters = "f.city=Berlin&op.city=is&f.country=DE&op.country=is&f.job_title=Cl&op.job_title=starts"
    return [
        Page("company list", get("/companies"), 2.5),
        Page("contact list", get("/contacts"), 2.5),
        Page("contact list, page 1,000", get(f"/contacts?{deep}"), 2.5),
        Page("contact list, three filters", get(f"/contacts?{filters}"), 2.5),
        *(Page(f"contact list by {by}", get(f"/contacts?sort={by}"), 2.5) for by in ("email", "-updated_at")),
        Page("contact page", get("/contacts/1"), 2.0),
        Page("inline edit", edit, 1.2),
        Page("search, 2 letters", search("wa", "an", "qu"), 0.8),
        Page("search, 3 letters", search("web", "han", "xyz"), 0.8),
        Page("search, 6 letters", search("fischer", "oluwas", "p12345"), 0.8),
    ]


class Server:
    """One web process, and the CPU time it has used."""

    def __init__(self, process: subprocess.Popen, base: str):
        self.process, self.base = process, base

    def cpu(self) -> float:
        """Seconds of CPU of the web process and its workers so far."""
        total = 0
        for pid in (self.process.pid, *self._children()):
            with open(f"/proc/{pid}/stat") as stat:
                total += sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
        return total / TICK

    def _children(self) -> list[int]:
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return [int(pid) for pid in children.read().split()]


@contextmanager
def serving(bench: Bench) -> Iterator[Server]:
    """Deskhand and the floor page behind the web server that serves in production."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--factory", "bench.floor:application"]
    environment = bench.environment | {"GRANIAN_LOG_LEVEL": "error"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
                break
            except requests.RequestException:
                if process.poll() is not None:
                    raise RuntimeError("The web server did not start.") from None
                time.sleep(0.1)
        yield Server(process, base)
    finally:
        process.terminate()
        process.wait()


def signed_in(bench: Bench) -> requests.Session:
    """A browser with the cookie of a member of staff."""
    desk = bench.app.test_client()
    host = {"base_url": f"http://{HOST}"}
    typed = {"login": "ann@bench.example", "password": "only for measurements"}
    typed["csrf_token"] = _csrf(desk.get("/sign-in", **host).text)
    desk.post("/sign-in", data=typed, **host)
    cookie = desk.get_cookie("deskhand_staff", domain=HOST)
    made = requests.Session()
    made.headers.update({"Host": HOST, "Cookie": f"{cookie.key}={cookie.value}"})
    return made


def _csrf(html: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]


def deep_address(base: str, browser: requests.Session) -> str:
    """The query of the thousandth page of the list of contacts, found by going there."""
    query = "size=100"
    for _page in range(499):
        found = re.search(r'href="/contacts\?([^"]*after=[^"]*)"', browser.get(f"{base}/contacts?{query}").text)
        if not found:
            break
        query = found[1].replace("&amp;", "&")
    return query.replace("size=100", "size=50")


def timed(ask: Callable, browser: requests.Session, numbers: range) -> list[float]:
    """The seconds until each answer was there; every one must be a good one."""
    found = []
    for n in numbers:
        started = time.perf_counter()
        answer = ask(browser, n)
        found.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.url} answered {answer.status_code}: {answer.text[:500]}")
    return found


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1000


def measure(contacts: int, rounds: int, each: int) -> dict:
    """Everything, as figures."""
    with running() as bench:
        key = bench.organization()
        fill(bench, key, contacts)
        browser = signed_in(bench)
        with serving(bench) as server:
            csrf = _csrf(browser.get(f"{server.base}/contacts").text)
            asked = pages(server.base, contacts, csrf, deep_address(server.base, browser))
            return {"contacts": contacts, "pages": _pages(server, browser, asked, rounds, each)}


def _pages(server: Server, browser: requests.Session, asked: list[Page], rounds: int, each: int) -> dict:
    floor = Page("floor", lambda one, n: one.get(f"{server.base}/floor"))
    found = {}
    for page in asked:
        timed(floor.ask, browser, range(10))
        timed(page.ask, browser, range(10))
        ratios, latencies, spent = [], [], []
        for number in range(rounds):
            numbers = range(10 + number * each, 10 + (number + 1) * each)
            begun = server.cpu()
            timed(floor.ask, browser, numbers)
            between = server.cpu()
            latencies += timed(page.ask, browser, numbers)
            ended = server.cpu()
            ratios.append((ended - between) / (between - begun))
            spent.append((ended - between) / each * 1000)
        with ThreadPoolExecutor(2) as two:
            halves = [range(1000, 1000 + each * 2), range(5000, 5000 + each * 2)]
            both = list(two.map(lambda numbers, page=page: timed(page.ask, browser, numbers), halves))
        found[page.name] = figures = {
            "times_the_floor": statistics.median(ratios),
            "spread": [min(ratios), max(ratios)],
            "limit": page.limit,
            "cpu_ms": statistics.median(spent),
            "p95_ms": p95(latencies),
            "p95_ms_two_clients": p95([*both[0], *both[1]]),
        }
        print(
            f"{page.name:28} {figures['times_the_floor']:.2f} times the floor"
            f" ({min(ratios):.2f} to {max(ratios):.2f}; at most {page.limit}), {figures['cpu_ms']:5.1f} ms of CPU,"
            f" p95 {figures['p95_ms']:5.1f} ms, with two clients {figures['p95_ms_two_clients']:5.1f} ms",
            flush=True,
        )
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--contacts", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--each", type=int, default=40)
    given = options.parse_args()
    found = measure(given.contacts, given.rounds, given.each)
    keep(f"pages-{given.contacts}", found)


if __name__ == "__main__":
    main()
