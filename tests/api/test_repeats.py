"""A POST that is sent again is done once."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.web.body import LARGEST

from .answers import ROOT, patch, problem

PERSON = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example"}
KEPT = ("Location", "ETag", "Content-Type")


def post(api, key: str, document: dict = PERSON, path: str = "/contacts"):
    return api.post(ROOT + path, json=document, headers={"Idempotency-Key": key})


def answer(response) -> tuple:
    return (response.status_code, response.get_data(), *(response.headers.get(name) for name in KEPT))


def count(world, table: str = "contact") -> int:
    return world.sql(f"SELECT count(*) FROM {world.schema()}.{table}")[0]["count"]


@pytest.mark.threat("T-109")
def test_the_second_request_gets_the_first_answer(world):
    api, before = world.api(), count(world)
    first = post(api, "one")
    again = post(api, "one")
    assert first.status_code == 201 and answer(first) == answer(again)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert count(world) == before + 1
    # The answer is the one that was given, whatever happened to the record since.
    patch(api, f"/contacts/{first.json['id']}", {"first_name": "Augusta"})
    assert answer(post(api, "one")) == answer(first)


@pytest.mark.threat("T-109")
def test_the_same_key_with_another_request_is_refused(world):
    api = world.api()
    post(api, "one")
    problem(post(api, "one", PERSON | {"first_name": "Eve"}), 422)
    problem(post(api, "one", {"name": "Ada Ltd"}, "/companies"), 422)
    assert post(api, "two", PERSON | {"first_name": "Eve"}).status_code == 201


@pytest.mark.threat("T-109")
def test_what_was_refused_may_be_tried_again(world):
    api = world.api()
    refused = post(api, "one", PERSON | {"first_name": ""})
    problem(refused, 422)
    assert post(api, "one").status_code == 201


@pytest.mark.threat("T-109")
def test_what_failed_may_be_tried_again(world, monkeypatch):
    api, before = world.api(broken=True), count(world)
    with monkeypatch.context() as broken:
        broken.setattr("app.contacts.actions.create", lambda *given, **more: 1 / 0)
        problem(post(api, "one"), 500)
    assert (count(world), post(api, "one").status_code, count(world)) == (before, 201, before + 1)


@pytest.mark.threat("T-109")
def test_a_key_belongs_to_one_account(world):
    first = post(world.api(person="adam"), "one")
    other = post(world.api(person="ann"), "one", PERSON | {"first_name": "Eve"})
    assert (first.status_code, other.status_code) == (201, 201)
    assert post(world.api(slug="summit"), "one").status_code == 201


@pytest.mark.threat("T-058", "T-109")
def test_a_token_that_may_less_does_not_get_the_other_one_s_answer(world):
    full, narrow = world.api("read", "write"), world.api("write")
    assert post(full, "one").json["email"] == "ada@acme.example"
    refused = post(narrow, "one")
    assert problem(refused, 422) and b"acme.example" not in refused.data


def test_too_large_a_document_is_not_read_for_its_key_either(world):
    problem(post(world.api(), "one", PERSON | {"notes": "a" * LARGEST}), 413)


@pytest.mark.threat("T-109")
@pytest.mark.parametrize("key", ["", "a" * 256, "a\tb", "é"])
def test_what_is_no_key(world, key):
    before = count(world)
    problem(post(world.api(), key), 400)
    assert count(world) == before
    assert post(world.api(), "a" * 255).status_code == 201


@pytest.mark.threat("T-109")
def test_a_key_is_free_again_after_a_day(world):
    api = world.api()
    post(api, "one")
    world.sql(f"UPDATE {world.schema()}.receipt SET at = at - interval '25 hours'")
    again = post(api, "one", PERSON | {"first_name": "Eve"})
    assert again.status_code == 201 and "Idempotent-Replayed" not in again.headers
    assert post(api, "one", PERSON | {"first_name": "Eve"}).headers["Idempotent-Replayed"] == "true"


@pytest.mark.threat("T-109")
def test_an_undo_is_done_once(world, cast):
    api = world.api()
    operation = patch(api, f"/contacts/{cast.otto}", {"title": "Dr"}).headers["Deskhand-Operation"]
    first = post(api, "undo", None, f"/operations/{operation}/undo")
    again = post(api, "undo", None, f"/operations/{operation}/undo")
    assert first.status_code == 200 and answer(first) == answer(again)
    problem(post(api, "other", None, f"/operations/{operation}/undo"), 409)


def test_every_post_may_be_repeated(app):
    posts = [
        rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith(ROOT) and "POST" in rule.methods
    ]
    views = {name: app.view_functions[name] for name in posts}
    assert "api.contacts.create" in views
    assert [name for name, view in views.items() if "Idempotency-Key" not in view.described.parameters] == []
    unmarked = [name for name, view in views.items() if not getattr(view, "repeatable", False)]
    assert unmarked == ["api.imports.create"], "An upload, which reads its file itself, is the only other way."


@pytest.mark.threat("T-106", "T-109")
def test_fifty_at_once_are_one(world):
    """Real threads with a connection each: one record, one operation, and fifty equal answers."""
    before = count(world), count(world, "operation"), count(world, "change")
    apis = [world.api()]
    for _ in range(49):
        client = world.anonymous()
        client.bearer = apis[0].bearer
        apis.append(client)
    start = Barrier(50)

    def send(api):
        start.wait()
        return post(api, "one")

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(send, apis))
    assert len({answer(one) for one in found}) == 1, {one.status_code for one in found}
    assert sorted("Idempotent-Replayed" in one.headers for one in found) == [False] + [True] * 49
    assert found[0].status_code == 201 and json.loads(found[0].get_data())["user_name"] == "ada@acme.example"
    assert (count(world), count(world, "operation"), count(world, "change")) == tuple(n + 1 for n in before)
