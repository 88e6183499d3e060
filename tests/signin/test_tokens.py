"""The API's door: a bearer token of a member of staff, and nothing else."""

import pytest

from app.people.permissions import SCOPES
from tests.pages import normal

PATH = "/api/v1/companies"


def ask(world, header: str | None, path: str = PATH):
    headers = {} if header is None else {"Authorization": header}
    return world.anonymous().get(path, headers=headers)


@pytest.mark.threat("T-058")
def test_a_token_opens_what_its_scopes_name(world):
    assert world.api("read").get(PATH).status_code == 200
    refused = world.api("read").post(PATH, json={"name": "Made", "kind": "managed"})
    assert refused.status_code == 403
    assert refused.mimetype == "application/problem+json"
    assert world.api("write").post(PATH, json={"name": "Made", "kind": "managed"}).status_code == 201
    assert world.api("write").get(PATH).status_code == 403
    assert set(SCOPES) == {"read", "write", "import"}


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE {0}.token SET revoked_at = now()",
        "UPDATE {0}.token SET expires_at = now() - interval '1 second'",
        "DELETE FROM {0}.token",
        "UPDATE {0}.account SET enabled = false",
        "UPDATE {0}.staff SET active = false",
        "UPDATE {0}.staff SET withdrawn_at = now()",
    ],
)
def test_what_ends_a_token_ends_it_at_once_and_in_the_same_words(world, ended):
    program = world.api("read", person="ann")
    assert program.get(PATH).status_code == 200
    world.sql(ended.format(world.schema()))
    refused = program.get(PATH)
    assert refused.status_code == 401
    assert normal(refused) == normal(ask(world, "Bearer desk_never_was"))


@pytest.mark.threat("T-058")
def test_a_token_never_may_more_than_its_person(world):
    program = world.api(person="ann")
    world.sql(f"UPDATE {world.schema()}.staff SET role = 'nobody'")
    assert program.get(PATH).status_code == 403


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "bearer desk_x",
        "Basic YW5uOng=",
        "Token desk_x",
        "Bearer desk_" + "x" * 200,
        "desk_x",
    ],
)
def test_without_a_valid_token_nothing_opens(world, header):
    refused = ask(world, header)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert "Set-Cookie" not in refused.headers


@pytest.mark.threat("T-058")
def test_only_the_hash_of_a_token_is_kept(world):
    program = world.api("read")
    assert program.bearer not in str(world.sql(f"SELECT * FROM {world.schema()}.token"))
    kept = world.sql(f"SELECT encode(secret_hash, 'hex') AS h FROM {world.schema()}.token")[0]["h"]
    assert ask(world, f"Bearer {kept}").status_code == 401
    assert ask(world, f"Bearer desk_{kept}").status_code == 401


@pytest.mark.threat("T-065")
@pytest.mark.parametrize("path", [PATH, "/api/v1/openapi.json", "/api/v1/contacts/1"])
def test_a_cookie_opens_nothing_in_the_api(world, path):
    for browser in (world.staff("adam"), world.portal("ina")):
        assert browser.get(path).status_code == 401
    assert world.staff("adam").post(PATH, json={"name": "Made"}).status_code == 401


def test_a_token_opens_nothing_but_the_api(world):
    program = world.api(person="adam")
    for path in ("/", "/companies", "/admin/", "/portal/"):
        assert program.get(path).status_code == 302
    secret = program.bearer
    assert world.anonymous().get(f"{PATH}?access_token={secret}").status_code in (400, 401)
    assert world.anonymous().get(f"{PATH}?token={secret}").status_code in (400, 401)
