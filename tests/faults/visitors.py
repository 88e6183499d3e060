"""Whoever uses a site by HTTP while it is being killed: they try again until they are answered, as people do."""

import re
import threading
import time

import requests

from tests.cast import HOSTS, password

from .processes import SECONDS

API = "/api/v1"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Unanswered(AssertionError):
    """Nobody answered in time."""


class Visitor:
    """A connection to one organization's host."""

    def __init__(self, port: int, slug: str):
        self.root, self.slug = f"http://127.0.0.1:{port}", slug
        self.session = requests.Session()
        self.session.headers["Host"] = HOSTS[slug][0]
        self.tries = 0

    def ask_once(self, method: str, path: str, **options) -> requests.Response:
        """One request. What another process left half is no answer: raises an error of `requests`."""
        self.tries += 1
        return self.session.request(method, self.root + path, timeout=20, allow_redirects=False, **options)

    def ask(self, method: str, path: str, seconds: float = SECONDS, **options) -> requests.Response:
        """Ask the same again until there is an answer that is no 503; whoever is told to wait is told for how long."""
        until = time.monotonic() + seconds
        while True:
            try:
                answer = self.ask_once(method, path, **options)
            except requests.RequestException as error:
                if time.monotonic() > until:
                    raise Unanswered(f"{method} {path}: {error}") from error
            else:
                if answer.status_code != 503:
                    return answer
                assert answer.headers["Retry-After"], answer.text
                if time.monotonic() > until:
                    raise Unanswered(f"{method} {path}: {answer.text[:500]}")
            threading.Event().wait(0.05)

    def sign_in(self, person: str = "ann") -> "Visitor":
        """Sign in at the desk; what is posted afterwards bears the token of the forms."""
        page = self.ask("GET", "/sign-in").text
        given = {"login": f"{person}@desk.example", "password": password(person)}
        answer = self.ask("POST", "/sign-in", data={"csrf_token": _TOKEN.search(page)[1], **given})
        assert answer.status_code in (302, 303), answer.text[:1000]
        return self

    def form(self, path: str) -> str:
        """The token of the forms on a page."""
        page = self.ask("GET", path)
        assert page.status_code == 200, (page.status_code, page.text[:1000])
        return _TOKEN.search(page.text)[1]


def program(site, slug: str = "harbor") -> Visitor:
    """A program with a token of the administrator."""
    visitor = Visitor(site.port, slug)
    visitor.session.headers["Authorization"] = f"Bearer {site.world.api(slug=slug).bearer}"
    return visitor
