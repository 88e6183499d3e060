"""The same thing sent many times at once, and many people writing the same record, to a real web server."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.cast import Cast
from tests.web.inline import contact, where

from .visitors import API, Visitor, program

WRITERS, TURNS = 16, 25


def at_once(ask, who: list) -> list:
    """What each is answered when all ask in the same moment."""
    start = Barrier(len(who))

    def one(visitor):
        start.wait()
        return ask(visitor)

    with ThreadPoolExecutor(len(who)) as pool:
        return list(pool.map(one, who))


def like(visitor: Visitor) -> Visitor:
    """The same person or program by a connection of its own."""
    other = Visitor(int(visitor.root.rpartition(":")[2]), visitor.slug)
    other.session.headers.update(visitor.session.headers)
    other.session.cookies.update(visitor.session.cookies)
    return other


@pytest.mark.faults
@pytest.mark.threat("R-13", "T-109")
def test_fifty_requests_with_one_key_have_one_effect_and_one_answer(site):
    site.start_web()
    first = program(site)
    document = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example"}
    ask = lambda who: who.ask("POST", f"{API}/contacts", json=document, headers={"Idempotency-Key": "one"})  # noqa: E731
    found = at_once(ask, [like(first) for _ in range(50)])
    assert {(one.status_code, one.text, one.headers["Location"]) for one in found} == {
        (201, found[0].text, found[0].headers["Location"])
    }
    assert sum("Idempotent-Replayed" not in one.headers for one in found) == 1
    other = first.ask(
        "POST", f"{API}/contacts", json=document | {"last_name": "King"}, headers={"Idempotency-Key": "one"}
    )
    assert other.status_code == 422
    people = site.world.sql(f"SELECT 1 FROM {site.world.schema()}.contact WHERE email = 'ada@acme.example'")
    assert len(people) == 1


def forms(cast: Cast) -> dict[str, tuple[str, dict, str]]:
    """Name: where it is sent, what, and the rows that it makes."""
    agreed = {
        "description": "Twice",
        "kind": "subscription",
        "customer_contact_id": cast.ina,
        "support_contact_id": cast.ann,
    }
    person = {"first_name": "Twice", "last_name": "Sent"}
    return {
        "contact": (
            "/contacts",
            person | {"email": "twice@a.example", "user_name": "twice"},
            "contact WHERE email = 'twice@a.example'",
        ),
        "row": ("/contacts", person | {"email": "twice@b.example"}, "contact WHERE email = 'twice@b.example'"),
        "company": ("/companies", {"name": "Twice", "kind": "managed"}, "company WHERE name = 'Twice'"),
        "contract": (f"/companies/{cast.acme}/contracts", agreed, "contract WHERE description = 'Twice'"),
    }


@pytest.mark.faults
@pytest.mark.threat("R-14", "T-108")
def test_a_form_that_is_sent_five_times_at_once_makes_one_record(site):
    site.start_web()
    ann = Visitor(site.port, "harbor").sign_in()
    token = ann.form("/contacts/new")
    for name, (path, given, made) in forms(site.world.cast).items():
        data = given | {"csrf_token": token, "nonce": f"nonce of {name}"}
        found = at_once(
            lambda who, path=path, data=data: who.ask("POST", path, data=data), [like(ann) for _ in range(5)]
        )
        assert {one.status_code for one in found} <= {200, 303}, (name, found[0].text[:2000])
        assert len({one.headers.get("Location") for one in found}) == 1
        assert len(site.world.sql(f"SELECT 1 FROM {site.world.schema()}.{made}")) == 1, name


@pytest.mark.faults
@pytest.mark.threat("R-06", "T-107")
def test_sixteen_writers_of_the_same_records_lose_no_update(site):
    site.start_web()
    cast = site.world.cast
    people = (cast.ina, cast.otto)
    client = program(site)
    for person in people:
        tag = client.ask("GET", f"{API}/contacts/{person}").headers["ETag"]
        client.ask("PATCH", f"{API}/contacts/{person}", json={"notes": "0"}, headers={"If-Match": tag})

    def count(who: Visitor) -> Counter:
        """Add one to the number in a record so many times, each time over what was read."""
        chance, seen = random.Random(), Counter()
        for _ in range(TURNS):
            path = f"{API}/contacts/{chance.choice(people)}"
            while True:
                now = who.ask("GET", path)
                changed = {"notes": str(int(now.json()["notes"]) + 1)}
                answer = who.ask("PATCH", path, json=changed, headers={"If-Match": now.headers["ETag"]})
                seen[answer.status_code] += 1
                if answer.status_code == 200:
                    break
                assert answer.status_code in (409, 412), answer.text
        return seen

    seen = sum(at_once(count, [like(client) for _ in range(WRITERS)]), Counter())
    assert seen[200] == WRITERS * TURNS
    written = [int(client.ask("GET", f"{API}/contacts/{person}").json()["notes"]) for person in people]
    assert sum(written) == WRITERS * TURNS, seen
    for person, number in zip(people, written, strict=True):
        changes = site.world.sql(
            f"SELECT after->>'notes' AS n FROM {site.world.schema()}.change"
            " WHERE noun = 'contact' AND record_id = %s AND after ? 'notes' ORDER BY id",
            person,
        )
        assert [row["n"] for row in changes] == [str(n) for n in range(number + 1)]


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.threat("R-15", "T-107")
def test_no_order_of_two_editors_loses_anything_silently(world, cast):
    """A thousand random saves of three fields: merged where they differ, refused where they meet."""
    browsers, fields = [world.staff("ann"), world.staff("sue")], ("notes", "city", "job_title")
    chance, seen = random.Random(15), Counter()
    values = {name: f"{name} at first" for name in fields}
    for name in fields:
        assert (
            browsers[0].fragment(where(cast.otto, name), method="POST", data={"value": values[name]}).status_code == 200
        )
    version = changed = contact(world, cast.otto).version
    changed_at = dict.fromkeys(fields, changed)
    bases = [version, version]
    for number in range(1000):
        editor = chance.randrange(2)
        if chance.random() < 0.4:
            bases[editor] = version
        name = chance.choice(fields)
        words, base = f"{name} {number}", bases[editor]
        data = {"value": words, "v": base}
        answer = browsers[editor].fragment(where(cast.otto, name), method="POST", data=data)
        expected = 200 if changed_at[name] <= base else 409
        assert answer.status_code == expected, (number, name, base, changed_at)
        seen[answer.status_code] += 1
        if expected == 200:
            values[name], version = words, version + 1
            changed_at[name] = version
        else:
            text = answer.get_data(as_text=True)
            assert words in text and values[name] in text, "Both values are shown."
    now = contact(world, cast.otto)
    assert {name: getattr(now, name) for name in fields} == values
    assert now.version == version and min(seen.values()) > 100, seen
