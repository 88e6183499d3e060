"""What a browser has to fetch: the first page of the desk and of the portal, and each page after it, as it is sent.

    python -m bench.front_end [--contacts 1000]

The web server of production answers as it does to a browser. Counted are bodies as they are sent, and the lines of
their heads; what a page before has brought is not fetched again, if the server says that it may be kept.
"""

import argparse
import gzip
import re

import requests

from app.people import passwords
from app.people.models import Account
from tenants import db, scope

from .fill import fill
from .pages import HOST, serving
from .server import Bench, keep, running

ASKED = {"Host": HOST, "Accept-Encoding": "gzip, deflate, br, zstd", "Sec-Fetch-Site": "same-origin"}
NAMED = re.compile(r'(?:href|src)="(/static/[^"#]+)')
SURFACES = {
    "desk": (
        "/contacts",
        "/companies",
        "/contacts/1",
        "/companies/1",
        "/companies/1/contacts",
        "/contracts",
        "/imports",
    ),
    "portal": ("/portal/", "/portal/me", "/portal/people", "/portal/contracts"),
}
FIRST, FURTHER = {"desk": 180, "portal": 120}, 15
SIGN_IN = {"desk": ("/sign-in", "ann@bench.example"), "portal": ("/portal/sign-in", "user0000001")}
PASSWORD = "only for measurements"


class Browser:
    """Somebody's browser with what it has kept."""

    def __init__(self, base: str):
        self.base, self.kept = base, set()
        self.session = requests.Session()
        self.session.headers.update(ASKED)

    def sign_in(self, path: str, login: str) -> None:
        page = self.session.get(self.base + path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        sent = {"login": login, "password": PASSWORD, "csrf_token": token}
        self.session.post(self.base + path, data=sent, allow_redirects=False).raise_for_status()

    def visit(self, path: str) -> float:
        """Open a page; returns the KB that were sent for it."""
        sent, page = self._fetch(path)
        for name in sorted(set(NAMED.findall(page)) - self.kept):
            sent += self._fetch(name)[0]
        return sent / 1024

    def _fetch(self, path: str) -> tuple[int, str]:
        answer = self.session.get(self.base + path, stream=True, allow_redirects=False)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        body = answer.raw.read(decode_content=False)
        if "immutable" in answer.headers["Cache-Control"]:
            self.kept.add(path)
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        text = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
        return len(body) + head, text.decode(errors="replace")


def _portal_access(bench: Bench, key: str) -> None:
    """Let the first person sign in to the portal and see people and contracts there."""
    with bench.app.app_context(), scope(key):
        db.session.add(Account(contact_id=1, password_hash=passwords.hashed(PASSWORD)))
    table = bench.table(key, "membership")
    bench.sql.execute(f"UPDATE {table} SET sees_people = true, sees_contracts = true WHERE contact_id = 1")


def measure(contacts: int) -> dict:
    """Everything, as figures."""
    found = {}
    with running() as bench:
        key = bench.organization()
        fill(bench, key, contacts)
        _portal_access(bench, key)
        with serving(bench) as server:
            for surface, paths in SURFACES.items():
                browser = Browser(server.base)
                browser.sign_in(*SIGN_IN[surface])
                browser.kept.clear()
                found[surface] = {path: browser.visit(path) for path in paths}
    for surface, sizes in found.items():
        for number, (path, size) in enumerate(sizes.items()):
            limit = FURTHER if number else FIRST[surface]
            print(f"{surface:8} {path:24} {size:6.1f} KB (at most {limit})")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--contacts", type=int, default=1000)
    given = options.parse_args()
    keep("front_end", measure(given.contacts))


if __name__ == "__main__":
    main()
