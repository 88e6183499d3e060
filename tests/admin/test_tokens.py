"""Keys for programs: made and shown once, listed, revoked."""

import re

import pytest

from tests.pages import normal

HERE = "/admin/tokens"


def make(browser, cast, **values):
    sent = {"name": "Backup report", "staff_id": cast.ann, "scopes": ["read"], "days": "30"} | values
    return browser.post_form(HERE, sent)


def secret(response) -> str:
    return re.search(r'<output class="secret-value">([^<]+)</output>', normal(response))[1]


def program(world, token: str):
    client = world.anonymous()
    client.bearer = token
    return client


@pytest.mark.threat("T-046")
def test_a_token_is_shown_once_and_works_within_what_it_may(world, adam, cast):
    made = make(adam, cast)
    assert made.status_code == 201
    token = secret(made)
    listed = normal(adam.get(HERE))
    assert "Backup report" in listed and "Ann Tanner" in listed and "never" in listed and token not in listed
    client = program(world, token)
    assert client.get("/api/v1/contacts").status_code == 200
    assert client.post("/api/v1/companies", json={"name": "X"}).status_code == 403
    assert "never" not in normal(adam.get(HERE)).partition("Backup report")[2].partition("</tr>")[0]
    kept = world.sql(f"SELECT * FROM {world.schema()}.token")
    assert token not in str(kept)


@pytest.mark.threat("T-046")
def test_a_revoked_token_is_none_from_now_on(world, adam, cast):
    client = program(world, secret(make(adam, cast)))
    assert client.get("/api/v1/contacts").status_code == 200
    number = re.search(r'<tr id="token-(\d+)"', normal(adam.get(HERE)))[1]
    assert adam.post_form(f"{HERE}/{number}/revocation").status_code == 303
    assert client.get("/api/v1/contacts").status_code == 401
    page = normal(adam.get(HERE))
    assert "revoked" in page and f"{HERE}/{number}/revocation" not in page
    for gone in (number, "987654"):
        assert adam.post_form(f"{HERE}/{gone}/revocation").status_code == 404


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": ""}, "may not be empty"),
        ({"scopes": []}, "may not be empty"),
        ({"scopes": ["everything"]}, "cannot be chosen"),
        ({"days": "0"}, "The smallest value is 1"),
        ({"days": "99999"}, "The largest value is 3,650"),
        ({"staff_id": "987654"}, "cannot be chosen"),
    ],
)
def test_what_is_wrong_is_said_beside_it(world, adam, cast, values, said):
    response = make(adam, cast, **values)
    assert response.status_code == 422
    assert said.lower() in normal(response).lower()
    assert world.sql(f"SELECT 1 FROM {world.schema()}.token") == []


@pytest.mark.threat("T-013")
def test_a_token_may_never_do_more_than_the_person_it_acts_for(world, adam, cast):
    client = program(world, secret(make(adam, cast, scopes=["read", "write", "import"])))
    assert client.get("/api/v1/contacts").status_code == 200
    assert client.get("/admin/").status_code == 302
    world.sql(f"UPDATE {world.schema()}.staff SET active = false WHERE id = %s", cast.ann)
    assert client.get("/api/v1/contacts").status_code == 401
    assert make(adam, cast).status_code == 422


def test_making_and_revoking_stand_in_the_journal(world, adam, cast):
    make(adam, cast)
    number = re.search(r'<tr id="token-(\d+)"', normal(adam.get(HERE)))[1]
    adam.post_form(f"{HERE}/{number}/revocation")
    titles = [
        row["title"] for row in world.sql(f"SELECT title FROM {world.schema()}.operation ORDER BY id DESC LIMIT 2")
    ]
    assert titles == ["API token “Backup report” revoked", "API token “Backup report” for Ann Tanner (read)"]


@pytest.mark.threat("T-001")
def test_tokens_of_another_organization_are_not_here(world, adam, cast):
    make(adam, cast)
    summit = world.staff("adam", "summit")
    assert "Backup report" not in normal(summit.get(HERE))
    number = re.search(r'<tr id="token-(\d+)"', normal(adam.get(HERE)))[1]
    assert summit.post_form(f"{HERE}/{number}/revocation").status_code == 404
