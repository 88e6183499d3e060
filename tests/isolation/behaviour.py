"""What people do here, made at random: an observer, and others beside them whose doings must not be noticed.

A step is who does what: a person, a method, an address and what is sent. The same steps are made for the observer and
for the others, so that they meet wherever they could: the same names, the same searches, the same numbers.
"""

import contextvars
import difflib
import io
import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tenants import queue, runner
from tests import world as worlds
from tests.cluster import Cluster
from tests.pages import normal
from tests.world import World

# What is asked for, named and written: few words, so that they meet.
WORDS = ("Nor", "al", "new works", "Acme", "x", "%", "o'k", "Ümlaut")
word = st.sampled_from(WORDS)

# What differs from run to run by design: numbers of requests and tokens of forms (tests.pages), and these.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?|\b\d{1,2}:\d\d(?::\d\d)?(?:[\s\u202f]?[AP]M)?\b")
# Tokens, and passwords that are shown once.
RANDOM = re.compile(
    r"\b(?=[\w-]*\d)(?=[\w-]*[a-zA-Z])[\w-]{32,}\b|\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b|(?<=-verification=)[\w-]+"
)
# Within one organization the journal counts for all its companies: a declared flow.
OPERATION = re.compile(r'(name="operation" value=")\d+')
TOLD_BY = (
    "Location",
    "ETag",
    "Content-Type",
    "Allow",
    "Link",
    "Retry-After",
    "HX-Redirect",
    "HX-Trigger",
    "HX-Retarget",
)


@dataclass(frozen=True)
class Step:
    """One thing that somebody does."""

    person: str
    method: str
    path: str
    sent: Any = None

    @property
    def where(self) -> str:
        """The organization that this person is of."""
        return self.person.partition("@")[2] or "harbor"

    def do(self, here: "Stage") -> TestResponse | None:
        """Do it, as this person's browser or program would."""
        path = self.path.format(**here.ids)
        if self.method == "SQL":
            here.world.sql(path)
            return None
        if self.method == "JOBS":
            here.run_jobs(self.where)
            return None
        client = here.client(self.person)
        if self.method == "GET":
            return client.get(path)
        if client.bearer:
            given = json.dumps(self.sent)
            return client.open(path, method=self.method, data=given, content_type="application/json")
        sent = {name: _filled(value, here.ids) for name, value in (self.sent or {}).items()}
        if "login" in sent:
            client = here.world.anonymous(self.where)
        return client.open(path, method=self.method, data={"csrf_token": client.csrf_token, **sent})


def _filled(value, ids: dict[str, int]):
    if isinstance(value, bytes):
        return io.BytesIO(value), "people.csv"
    return value.format(**ids) if isinstance(value, str) else value


class Stage:
    """A fresh world in which steps are done; people are signed in when they first do something."""

    def __init__(self, world: World):
        self.world = world
        self.ids = {name: value for name, value in vars(world.cast).items() if isinstance(value, int)}
        self.ids |= {"never": 999_000_001, "harbor": world.schema("harbor"), "summit": world.schema("summit")}
        self.clients: dict[str, worlds.Client] = {}

    def run_jobs(self, slug: str) -> None:
        """Run the jobs of one organization as its worker would."""
        for job in self.world.open_jobs(slug):
            contextvars.Context().run(runner.run, self.world.keys[slug], job.id)

    def client(self, person: str) -> worlds.Client:
        """This person's browser, or program; the same one throughout."""
        if person not in self.clients:
            name, _, slug = person.partition("@")
            if name.startswith("program "):
                self.clients[person] = self.world.api(person=name.removeprefix("program "), slug=slug)
            else:
                make = self.world.staff if name in ("ann", "sue", "adam") else self.world.portal
                self.clients[person] = make(name, slug)
        return self.clients[person]


class Theatre:
    """Two stages, one for silence and one for noise, used for several plays, and then made anew.

    Both begin alike and the observer does the same on both, so that they stay alike to the observer. Once a play
    differs every further one begins on fresh stages: what is found is then found again, and made smaller.
    """

    PLAYS = 10

    def __init__(self, app: Flask, cluster: Cluster, template):
        self.app, self.cluster, self.template = app, cluster, template
        self.stages: list[Stage] = []
        self.left, self.differed = 0, False

    def differ(self, script: list[Step], noise: list[list[Step]]) -> list[str]:
        """What the observer is told differently: the step, and the lines that differ."""
        if not self.left or self.differed:
            self.renew()
        self.left -= 1
        silent, noisy = (
            self.play(stage, script, beside) for stage, beside in zip(self.stages, ([], noise), strict=True)
        )
        found = [_shown(*three) for three in zip(script, silent, noisy, strict=True) if three[1] != three[2]]
        self.differed = self.differed or bool(found)
        return found

    def play(self, here: Stage, script: list[Step], noise: list[list[Step]]) -> list[tuple | None]:
        """Play a script of the observer among what others do, and return what the observer was told."""
        answers = []
        with worlds.using(self.app, self.cluster.url(here.world.database)):
            with self.app.app_context():
                queue.redis().flushdb()
            for number, step in enumerate(script):
                for other in noise[number] if number < len(noise) else ():
                    other.do(here)
                response = step.do(here)
                answers.append(told(response) if response is not None else None)
        return answers

    def renew(self) -> None:
        """Two fresh stages."""
        self.close()
        keys, cast, _ = self.template
        for _stage in range(2):
            name = self.cluster.clone()
            self.stages.append(Stage(World(self.app, self.cluster, name, cast, dict(keys))))
        self.left = self.PLAYS

    def close(self) -> None:
        """Nothing stays."""
        for one in self.stages:
            self.cluster.drop(one.world.database)
        self.stages.clear()


def _shown(step: Step, silent: tuple, noisy: tuple) -> str:
    pages = ([*map(str, one[:2]), *one[2].splitlines()] for one in (silent, noisy))
    return "\n".join([str(step), *difflib.unified_diff(*pages, "in silence", "with noise", n=0, lineterm="")])


def told(response: TestResponse) -> tuple:
    """Everything that an answer tells, but for what differs by design."""
    body = RANDOM.sub("…", MOMENT.sub("…", OPERATION.sub(r"\1…", normal(response))))
    heads = {name: MOMENT.sub("…", RANDOM.sub("…", response.headers.get(name, ""))) for name in TOLD_BY}
    return response.status_code, heads, body


# --- in the portal ----------------------------------------------------------------------------------------------------

company = st.sampled_from(("{acme}", "{xacme}", "{nordlys}", "{never}"))
person = st.sampled_from(("{ina}", "{otto}", "{ben}", "{dora}", "{xena}", "{nils}", "{nora}", "{never}"))
contract = st.sampled_from(
    ("{acme_support_hours}", "{acme_subscription}", "{xacme_fixed_fee}", "{nordlys_support_hours}", "{never}")
)
own_field = st.sampled_from(("first_name", "job_title", "phone", "city", "country", "email", "notes", "company"))


def _get(*paths: str, who: str) -> st.SearchStrategy[Step]:
    return st.sampled_from(paths).map(lambda path: Step(who, "GET", path))


def in_portal(who: str) -> st.SearchStrategy[Step]:
    """What a contact does in the portal, with numbers of their own and of others."""
    return st.one_of(
        _get("/portal/", "/portal/me", "/portal/people", "/portal/contracts", "/portal/options/country?q=a", who=who),
        person.map(lambda one: Step(who, "GET", f"/portal/people/{one}")),
        company.map(lambda one: Step(who, "GET", f"/portal/companies/{one}")),
        company.map(lambda one: Step(who, "GET", f"/portal/people?company={one}")),
        contract.map(lambda one: Step(who, "GET", f"/portal/contracts/{one}")),
        word.map(lambda text: Step(who, "GET", f"/portal/people?q={text}")),
        st.builds(lambda name, text: Step(who, "POST", f"/portal/me/fields/{name}", {"value": text}), own_field, word),
        word.map(lambda text: Step(who, "POST", "/portal/sign-in", {"login": text, "password": "wrong"})),
        word.map(lambda text: Step(who, "POST", "/portal/password", {"current": text, "new": text, "again": text})),
    )


# --- on the desk ------------------------------------------------------------------------------------------------------

LISTS = ("/companies", "/contacts", "/contracts", "/api/v1/companies", "/api/v1/contacts", "/api/v1/contracts")
PAGES = ("/", "/companies", "/contacts", "/contracts", "/jobs", "/imports", "/companies/new", "/profile")
OF_ADMIN = ("/admin/", "/admin/staff", "/admin/domains", "/admin/tokens", "/admin/hosts", "/admin/security")
RECORDS = ("/companies/{}", "/companies/{}/history", "/companies/{}/contacts", "/companies/{}/contracts")


def _csv(name: str) -> bytes:
    return f"First Name,Last Name,Email Address\n{name},{name},b@b.example\n".encode()


def on_desk(slug: str) -> st.SearchStrategy[Step]:
    """What staff do at an organization, by browser and by program."""
    ann, adam, program = f"ann@{slug}", f"adam@{slug}", f"program adam@{slug}"
    mail = st.sampled_from(("a@b.example", "ina@acme.example", "new@works.example"))
    return st.one_of(
        _get(*PAGES, who=ann),
        _get(*OF_ADMIN, who=adam),
        _get("/api/v1/openapi.json", "/api/v1/imports", *LISTS[3:], who=program),
        st.builds(lambda path, one: Step(ann, "GET", path.format(one)), st.sampled_from(RECORDS), company),
        person.map(lambda one: Step(ann, "GET", f"/contacts/{one}")),
        contract.map(lambda one: Step(ann, "GET", f"/contracts/{one}")),
        word.map(lambda text: Step(ann, "GET", f"/search?q={text}")),
        st.builds(lambda path, text: Step(ann, "GET", f"{path}?q={text}"), st.sampled_from(LISTS[:3]), word),
        word.map(lambda text: Step(ann, "POST", "/companies", {"name": text, "kind": "managed"})),
        word.map(lambda text: Step(program, "POST", "/api/v1/companies", {"name": text, "kind": "managed"})),
        st.builds(lambda one, text, to: _new_contact(ann, one, text, to), company, word, mail),
        st.builds(
            lambda one, text: Step(ann, "POST", f"/companies/{one}/fields/address", {"value": text}), company, word
        ),
        st.builds(lambda one, to: Step(ann, "POST", f"/contacts/{one}/fields/email", {"value": to}), person, mail),
        word.map(lambda text: Step(ann, "POST", "/sign-in", {"login": text, "password": "wrong"})),
        word.map(lambda text: Step(ann, "POST", "/imports", {"file": _csv(text)})),
        st.just(Step(ann, "POST", "/exports/contacts", {})),
        st.just(Step(ann, "JOBS", "")),
        word.map(lambda text: _new_field(adam, text)),
        word.map(lambda text: Step(adam, "POST", "/admin/fields/company/address", _label(text))),
        st.sampled_from(("desk.works.example", "new.works.example", "x")).map(
            lambda name: Step(adam, "POST", "/admin/hosts", {"name": name})
        ),
        st.builds(
            lambda text, to: Step(adam, "POST", "/admin/staff", {"name": text, "email": to, "role": "technician"}),
            word,
            mail,
        ),
    )


def _new_contact(who: str, at: str, text: str, mail: str) -> Step:
    sent = {"first_name": text, "last_name": text, "user_name": "", "email": mail}
    return Step(who, "POST", f"/companies/{at}/contacts", sent)


def _new_field(who: str, text: str) -> Step:
    return Step(who, "POST", "/admin/fields/contact", {"kind": "text", "label": text, "portal": "view"})


def _label(text: str) -> dict[str, str]:
    return {"label": text, "portal": "view", "section": "", "help": text}


# --- what others keep to themselves -----------------------------------------------------------------------------------

# Everything of companies that are not Acme's, as SQL: words are other words, and there is more and less of it.
BESIDE_ACME = (
    "UPDATE {harbor}.company SET name = 'Acme ' || id, address = 'hidden', notes = 'hidden' WHERE id <> {acme}",
    "UPDATE {harbor}.contact SET first_name = 'Otto', last_name = 'Nor', job_title = 'hidden', notes = 'hidden'"
    " WHERE NOT company_ids && ARRAY[{acme}]::bigint[]",
    "UPDATE {harbor}.contract SET description = 'Acme new works', minutes = 7, starts_on = '2019-01-01',"
    " ends_on = '2020-01-01'"
    " WHERE company_id <> {acme}",
    "UPDATE {harbor}.membership SET role = 'hidden', sees_people = true, sees_contracts = true"
    " WHERE company_id <> {acme}",
    "UPDATE {harbor}.department SET name = 'hidden' WHERE company_id <> {acme}",
    "UPDATE {harbor}.contact SET active = false WHERE NOT company_ids && ARRAY[{acme}]::bigint[]",
    "UPDATE {harbor}.company SET withdrawn_at = now() WHERE id = {nordlys}",
    "INSERT INTO {harbor}.sign_in_attempt (login_hash, address, ok)"
    " SELECT decode(md5(n::text), 'hex'), '203.0.113.9', false FROM generate_series(1, 200) n",
    "DELETE FROM {harbor}.contract WHERE company_id <> {acme}",
)
IN_SUMMIT = (
    "UPDATE {summit}.company SET name = 'Harbor ' || id, notes = 'hidden', version = version + 7",
    "UPDATE {summit}.contact SET first_name = 'Otto', last_name = 'Nor', active = false",
    "UPDATE {summit}.staff SET name = 'Somebody', role = 'administrator'",
    "UPDATE {summit}.field_version SET version = version + 1",
    "UPDATE {summit}.account SET page_size = 10, locale = 'de', theme = 'dark'",
    "DELETE FROM {summit}.contract",
    "INSERT INTO {summit}.sign_in_attempt (login_hash, address, ok)"
    " SELECT decode(md5(n::text), 'hex'), '127.0.0.1', false FROM generate_series(1, 200) n",
    "INSERT INTO shared.wake (organization) SELECT key FROM shared.organization WHERE slug = 'summit'",
)


def secrets(*statements: str) -> st.SearchStrategy[Step]:
    """One of these changes, made past every wall."""
    return st.sampled_from(statements).map(lambda statement: Step("", "SQL", statement))


def beside_acme() -> st.SearchStrategy[Step]:
    """What the desk and other companies do within Harbor that is none of Acme's business."""
    ann, others = "ann@harbor", st.sampled_from(("{xacme}", "{nordlys}"))
    mail = st.sampled_from(("c@d.example", "new@works.example"))
    edited = st.sampled_from(("/companies/{xacme}", "/companies/{nordlys}"))
    return st.one_of(
        secrets(*BESIDE_ACME),
        in_portal("nils@harbor"),
        in_portal("xena@harbor"),
        st.builds(lambda at, text, to: _new_contact(ann, at, text, to), others, word, mail),
        word.map(lambda text: Step(ann, "POST", "/companies", {"name": text, "kind": "managed"})),
        st.builds(lambda at, text: Step(ann, "POST", f"{at}/fields/address", {"value": text}), edited, word),
        st.builds(lambda at, text: Step(ann, "POST", f"{at}/fields/domains", {"value": text}), edited, mail),
    )


def in_summit() -> st.SearchStrategy[Step]:
    """What the other organization does, is and has."""
    return st.one_of(secrets(*IN_SUMMIT), on_desk("summit"), in_portal("ina@summit"))


__all__ = ["BESIDE_ACME", "IN_SUMMIT", "Stage", "Step", "Theatre", "beside_acme", "in_portal", "in_summit", "on_desk"]
