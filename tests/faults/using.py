"""Threads that use a site while it is being killed: imports, edits and new contacts, and what became of them."""

import random
import threading
from contextlib import suppress

import pytest

from .importing import Importing, rows, sheet
from .visitors import API, Unanswered, Visitor, program

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Using(threading.Thread):
    """Work that goes on until it is told to stop; what it raises is raised by `finish`."""

    def __init__(self, site, slug: str):
        super().__init__(name=f"{type(self).__name__} {slug}", daemon=True)
        self.site, self.slug, self.over = site, slug, threading.Event()
        self.rounds, self.error = 0, None

    def run(self) -> None:
        try:
            self.begin()
            while not self.over.is_set():
                self.round()
                self.rounds += 1
        except BaseException as error:
            self.error = error

    def begin(self) -> None:
        """What comes before the first round."""

    def round(self) -> None:
        """What is done again and again."""
        raise NotImplementedError

    def finish(self) -> None:
        """Let the last round end."""
        self.over.set()
        self.join(180)
        if self.is_alive():
            pytest.fail(f"{self.name} does not come to its end.\n{self.site.processes.said()}")
        if self.error is not None:
            raise self.error


class Imports(Using):
    """Files that go all the way by HTTP: uploaded, planned, written, and every other one taken back."""

    def __init__(self, site, slug: str, count: int, calm: threading.Lock):
        super().__init__(site, slug)
        self.count, self.calm, self.again = count, calm, 0

    def begin(self) -> None:
        self.program = program(self.site, self.slug)

    def round(self) -> None:
        seed = f"{self.slug} {self.rounds}"
        people = rows(self.count, 30, seed)
        with self.calm:
            followed = Importing(self.site.world, self.slug, people, upload=False)
        headers = {"Content-Type": "text/csv", "Idempotency-Key": f"file {seed}"}
        made = self.program.ask("POST", f"{API}/imports?name=people.csv", data=sheet(people), headers=headers)
        assert made.status_code == 201, made.text
        followed.id = made.json()["id"]
        self._step(followed, "plan", "planned")
        self._step(followed, "application", "applied")
        with self.calm:
            followed.is_applied()
        if self.rounds % 2:
            self._step(followed, "undo", "undone")
            with self.calm:
                followed.is_undone()

    def _step(self, followed: Importing, name: str, state: str) -> None:
        """Begin a step and wait for its end. One that was killed too often stopped, and is begun again by hand."""
        path = f"{API}/imports/{followed.id}"
        begun = self.program.ask("POST", f"{path}/{name}")
        assert begun.status_code in (200, 202), begun.text
        for _ in range(1200):
            found = self.program.ask("GET", path).json()
            if found["state"] == state and found["job"]["state"] == "done":
                return
            if found["job"]["state"] == "failed":
                assert "The worker ended" in found["trouble"] or "OperationalError" in found["trouble"], found
                self.again += 1
                assert self.program.ask("POST", f"{path}/{name}").status_code in (200, 202)
            threading.Event().wait(0.1)
        raise Unanswered(f"Import {followed.id} of {self.slug} does not get {state}: {found}")


class Edits(Using):
    """A technician who edits one cell after another, and adds people; each sentence is written only once."""

    def __init__(self, site, slug: str, seed: int):
        super().__init__(site, slug)
        self.chance, self.edits, self.people = random.Random(f"{slug} {seed}"), [], []

    def begin(self) -> None:
        self.visitor = Visitor(self.site.port, self.slug).sign_in()
        cast = self.site.world.cast
        self.contacts = [cast.ina, cast.otto, cast.ben, cast.xena, cast.nils, cast.nora]
        self.token = self.visitor.form(f"/contacts/{cast.ina}/fields/notes/edit")

    def round(self) -> None:
        if self.rounds % 5 == 4:
            self._add(f"{self.slug}{self.rounds}")
        else:
            self._edit(self.chance.choice(self.contacts), f"{self.slug} edit {self.rounds}")

    def _edit(self, contact: int, words: str) -> None:
        data = {"csrf_token": self.token, "value": words}
        answer = self.visitor.ask("POST", f"/contacts/{contact}/fields/notes", data=data, headers=HTMX)
        assert answer.status_code == 200 and words in answer.text, (answer.status_code, answer.text[:1000])
        self.edits.append((contact, words))

    def _add(self, name: str) -> None:
        given = {"first_name": name, "last_name": "New", "email": f"{name}@added.example", "nonce": f"nonce-{name}"}
        answer = self.visitor.ask("POST", "/contacts", data={"csrf_token": self.token, **given})
        assert answer.status_code == 303, (answer.status_code, answer.text[:1000])
        self.people.append(given["email"])

    def is_whole(self) -> None:
        """Each answered edit stands in the journal once, in the order in which they were made, and nowhere else."""
        mine, other = (self.site.world.schema(slug) for slug in _with_other(self.slug))
        query = "SELECT record_id, after->>'notes' AS words FROM {}.change WHERE noun = 'contact' AND after ? 'notes'"
        found = self.site.world.sql(query.format(mine) + " AND after->>'notes' LIKE %s ORDER BY id", f"{self.slug} %")
        assert [(row["record_id"], row["words"]) for row in found] == self.edits
        assert not self.site.world.sql(query.format(other) + " AND after->>'notes' LIKE %s", f"{self.slug} %")
        for contact, words in dict(self.edits).items():
            now = self.site.world.sql(f"SELECT notes, version FROM {mine}.contact WHERE id = %s", contact)[0]
            changes = f"SELECT count(*) AS n FROM {mine}.change WHERE noun = 'contact' AND record_id = %s"
            assert (now["notes"], now["version"]) == (words, self.site.world.sql(changes, contact)[0]["n"])
        added = f"SELECT email FROM {{}}.contact WHERE email LIKE '{self.slug}%%@added.example' ORDER BY id"
        assert [row["email"] for row in self.site.world.sql(added.format(mine))] == self.people
        assert not self.site.world.sql(added.format(other))


def _with_other(slug: str) -> tuple[str, str]:
    return slug, "summit" if slug == "harbor" else "harbor"


def ended(threads: list[Using]) -> bool:
    """Whether one of them has ended before its time, which only an error makes it do."""
    return any(not thread.is_alive() for thread in threads)


def stop_all(threads: list[Using]) -> None:
    """Tell all of them to stop, after a failure."""
    for thread in threads:
        thread.over.set()
    for thread in threads:
        with suppress(RuntimeError):
            thread.join(30)
