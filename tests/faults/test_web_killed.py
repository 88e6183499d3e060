"""A web process that dies in the middle of a request: the thing is done or it is not, and asking again is safe."""

import itertools

import pytest
import requests

from .figures import keep
from .importing import rows, sheet
from .site import Site
from .visitors import API, Visitor, program

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
# Kills of each way to write, before the commit and after it.
TURNS = 6
SHEET = sheet(rows(20, 2, "web"))


class Post:
    """One way to write, which may be repeated; `count` says how often its effect is there."""

    def __init__(self, name: str, who: str, path: str, count: str, **sent):
        self.name, self.who, self.path, self.count, self.sent = name, who, path, count, sent


def posts(site: Site, unique: str) -> list[Post]:
    """The most important of them, each with a word of its own."""
    cast = site.world.cast
    person = {"first_name": unique, "last_name": "Once", "email": f"{unique}@once.example"}
    api = {"headers": {"Idempotency-Key": unique}}
    firm = {"name": unique, "kind": "managed", "nonce": unique}
    contract = {
        "description": unique,
        "company_id": cast.acme,
        "customer_contact_id": cast.ina,
        "support_contact_id": cast.ann,
    }
    contact, company = f"contact WHERE email = '{unique}@once.example'", f"company WHERE name = '{unique}'"
    agreed, kept = f"contract WHERE description = '{unique}'", f"import WHERE name = '{unique}.csv'"
    moved = f"change WHERE noun = 'company' AND after->>'address' = '{unique}'"
    form = {"description": unique, "kind": "subscription"}
    form |= {"customer_contact_id": cast.ina, "support_contact_id": cast.ann}
    noted = f"change WHERE noun = 'contact' AND after->>'notes' = '{unique}'"
    upload, csv = f"{API}/imports?name={unique}.csv", {"headers": api["headers"] | {"Content-Type": "text/csv"}}
    return [
        Post("contact", "program", f"{API}/contacts", contact, json=person, **api),
        Post("company", "program", f"{API}/companies", company, json={"name": unique}, **api),
        Post("contract", "program", f"{API}/contracts", agreed, json=contract, **api),
        Post("upload", "program", upload, kept, data=SHEET, **csv),
        Post("contact form", "person", "/contacts", contact, data=person | {"nonce": unique}),
        Post("company form", "person", "/companies", company, data=firm),
        Post("contract form", "person", f"/companies/{cast.acme}/contracts", agreed, data=form | {"nonce": unique}),
        Post("cell", "person", f"/contacts/{cast.ina}/fields/notes", noted, data={"value": unique}, headers=HTMX),
        Post(
            "firm's cell",
            "person",
            f"/companies/{cast.acme}/fields/address",
            moved,
            data={"value": unique},
            headers=HTMX,
        ),
    ]


@pytest.mark.faults
@pytest.mark.timeout(1500)
@pytest.mark.threat("R-03", "T-106", "T-108", "T-109")
def test_a_web_process_killed_around_the_commit_does_everything_once(site):
    site.start_web("tests.faults.web_program")
    who = {"person": Visitor(site.port, "harbor").sign_in(), "program": program(site)}
    token = who["person"].form("/contacts/new")
    kills, done = 0, set()
    for (at, _), moment, turn in itertools.product(enumerate(posts(site, "")), ("before", "after"), range(TURNS)):
        post = posts(site, f"w{at}{moment}{turn}")[at]
        data = {"data": {"csrf_token": token, **post.sent["data"]}} if post.who == "person" else {}
        sent = post.sent | data
        fault = {"headers": {**sent.get("headers", {}), "X-Fault": moment}}
        with pytest.raises(requests.RequestException):
            who[post.who].ask_once("POST", post.path, **sent | fault)
        kills += 1
        done.add(post.name)
        assert _count(site, post) == (moment == "after"), (post.name, moment)
        site.answers(program="tests.faults.web_program")
        first = who[post.who].ask("POST", post.path, **sent)
        again = who[post.who].ask("POST", post.path, **sent)
        assert first.status_code in (200, 201, 202, 303), (post.name, first.status_code, first.text[:1000])
        assert (first.status_code, first.headers.get("Location")) == (again.status_code, again.headers.get("Location"))
        assert _count(site, post) == 1, (post.name, moment)
    assert _count(site, Post("", "", "", "company WHERE name LIKE 'w%%'"), "summit") == 0
    keep("web processes killed around the commit", {"kills": kills, "ways to write": len(done), "lost or doubled": 0})
    assert kills >= 100 and len(done) == 9


def _count(site: Site, post: Post, slug: str = "harbor") -> int:
    return site.world.sql(f"SELECT count(*) AS n FROM {site.world.schema(slug)}.{post.count}")[0]["n"]
