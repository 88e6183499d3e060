"""Who is let in: a token and nothing else, and what everybody else is told."""

import pytest
from werkzeug.routing import Map

from app.people.permissions import ROLE_PERMISSIONS, SCOPES
from app.web import access
from tests.pages import normal

from .answers import ROOT, problem


def operations(app) -> list[tuple[str, str, str]]:
    """Method, address and policy of every operation of the API."""
    rules: Map = app.url_map
    return [
        (method, rule.rule, access.policy_of(app, rule.endpoint))
        for rule in rules.iter_rules()
        if rule.rule.startswith("/api/")
        for method in sorted(rule.methods - {"OPTIONS"})
    ]


def address(rule: str) -> str:
    return rule.replace("<int:id>", "1").replace("<int:import_id>", "1")


def test_every_operation_asks_for_a_token(shared_world, app):
    anonymous = shared_world.anonymous()
    for method, rule, _policy in operations(app):
        answer = anonymous.open(address(rule), method=method)
        assert answer.status_code == 401, f"{method} {rule}"
        assert answer.headers["WWW-Authenticate"] == "Bearer realm=Deskhand"
        if method != "HEAD":
            problem(answer, 401)


@pytest.mark.threat("T-065")
def test_a_cookie_opens_nothing(shared_world, app):
    """Whoever is signed in on the desk or in the portal is nobody here, with the form's token as well."""
    for browser in (shared_world.staff("adam"), shared_world.portal("ina")):
        for method, rule, _policy in operations(app):
            answer = browser.open(address(rule), method=method, headers={"X-CSRFToken": browser.csrf_token})
            assert answer.status_code == 401, f"{method} {rule}"


@pytest.mark.threat("T-065")
def test_a_form_from_elsewhere_needs_its_token_everywhere_but_here(shared_world, app):
    """The API's exemption is the only one."""
    browser = shared_world.staff("adam")
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods & {"POST", "PUT", "PATCH", "DELETE"}):
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<int:{name}>", "1").replace(f"<path:{name}>", "a").replace(f"<{name}>", "a")
            answer = browser.open(path, method=method, data={"name": "x"})
            expected = 401 if rule.rule.startswith(ROOT) else 400
            assert answer.status_code == expected, f"{method} {rule.rule}: {answer.status_code}"


def test_an_answer_sets_no_cookie(shared_world):
    for client in (shared_world.api(), shared_world.anonymous()):
        assert "Set-Cookie" not in client.get(f"{ROOT}/contacts").headers


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "header",
    [
        *(
            "",
            "Bearer",
            "Bearer ",
            "Bearer desk_",
            "Bearer desk_" + "a" * 43,
            "Basic {token}",
            "bearer{token}",
            "{token}",
        ),
        *("Bearer {token}x", "Bearer é", "Bearer {token}, Bearer {token}", "Bearer " + "a" * 10_000),
    ],
)
def test_what_is_no_token(shared_world, header):
    token = shared_world.api().bearer
    client = shared_world.anonymous()
    answer = client.get(f"{ROOT}/contacts", headers={"Authorization": header.format(token=token)})
    assert problem(answer, 401) and "error=invalid_token" in answer.headers["WWW-Authenticate"]


@pytest.mark.threat("T-058")
def test_only_a_hash_of_the_token_is_kept(world):
    token = world.api().bearer
    with world.cluster.connect(world.database) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'org\\_%'"
        ).fetchall()
        found = [
            table
            for (table,) in tables
            if connection.execute(f"SELECT 1 FROM {table} t WHERE strpos(t::text, %s) > 0", [token[5:]]).fetchone()
        ]
    assert found == []
    stored = world.sql(f"SELECT * FROM {world.schema()}.token")
    for value in (value for row in stored for value in row.values()):
        text = value.hex() if isinstance(value, (bytes, memoryview)) else str(value)
        tried = world.anonymous().get(f"{ROOT}/contacts", headers={"Authorization": f"Bearer desk_{text}"})
        assert tried.status_code == 401


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {schema}.token SET revoked_at = now()",
        "UPDATE {schema}.token SET expires_at = now()",
        "UPDATE {schema}.account SET enabled = false",
        "UPDATE {schema}.staff SET active = false",
        "UPDATE {schema}.staff SET withdrawn_at = now()",
        "DELETE FROM {schema}.token",
    ],
)
def test_a_token_that_ended_opens_nothing_from_the_next_request_on(world, change):
    api = world.api()
    assert api.get(f"{ROOT}/contacts").status_code == 200
    world.sql(change.format(schema=world.schema()))
    problem(api.get(f"{ROOT}/contacts"), 401)


@pytest.mark.threat("T-058")
def test_the_use_of_a_token_is_noted(world):
    api = world.api()
    assert world.sql(f"SELECT used_at FROM {world.schema()}.token") == [{"used_at": None}]
    api.get(f"{ROOT}/contacts")
    assert world.sql(f"SELECT used_at > now() - interval '1 minute' AS noted FROM {world.schema()}.token")[0]["noted"]


@pytest.mark.threat("T-001", "T-058")
def test_a_token_of_another_organization_opens_nothing(shared_world, cast):
    api = shared_world.api(slug="summit")
    assert api.get(f"{ROOT}/contacts/{cast.ina}").status_code == 200
    api.host = "harbor.test"
    foreign = api.get(f"{ROOT}/contacts/{cast.ina}")
    api.bearer = "desk_" + "x" * 43
    assert normal(foreign) == normal(api.get(f"{ROOT}/contacts/{cast.ina}"))
    problem(foreign, 401)


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "scopes", [("read",), ("write",), ("import",), ("read", "write"), ("read", "import"), ("nonsense",)]
)
@pytest.mark.parametrize("person", ["ann", "adam"])
def test_a_token_may_what_its_scopes_and_its_owner_may(shared_world, app, scopes, person):
    """Every operation by every scope: refused with the name of what is missing, or let in."""
    api = shared_world.api(*scopes, person=person)
    role = {"ann": "technician", "adam": "administrator"}[person]
    granted = ROLE_PERMISSIONS[role] & frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
    for method, rule, policy in operations(app):
        if method == "HEAD":
            continue
        answer = api.open(address(rule) + "?wrong=1", method=method, headers={"If-Match": '"0"'})
        if policy == access.SIGNED_IN or policy in granted:
            assert answer.status_code != 401, f"{method} {rule}"
            assert answer.status_code != 403 or problem(answer, 403)["permission"] != policy, f"{method} {rule}"
        else:
            found = problem(answer, 403)
            assert found["permission"] == policy and policy in found["detail"], f"{method} {rule}"
            assert set(found["scopes"]) == {scope for scope, may in SCOPES.items() if policy in may}
            assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_errors_have_one_form_wherever_they_happen(shared_world, cast):
    api = shared_world.api()
    problem(api.get("/api/v1/nothing"), 404)
    problem(api.get("/api/v2/contacts"), 404)
    problem(api.get("/api"), 404)
    problem(api.get(f"{ROOT}/contacts/x"), 404)
    problem(api.get(f"{ROOT}/contacts/1/history/2"), 404)
    problem(shared_world.anonymous().get("/api/v1/nothing"), 404)
    wrong = api.delete(f"{ROOT}/contacts/{cast.ina}")
    assert problem(wrong, 405) and set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}
    problem(api.put(f"{ROOT}/contacts", json={}), 405)
    problem(shared_world.anonymous(host="nobody.test").get(f"{ROOT}/contacts"), 404)


@pytest.mark.threat("T-075")
@pytest.mark.parametrize(
    "number", ["99999999999999999999", str(2**63), "9" * 5000, "-1", "1.0", "٣", "1%00", "0x1", "1e1"]
)
def test_what_no_record_has_as_its_number_is_no_address(shared_world, number):
    api, desk = shared_world.api(), shared_world.staff("ann")
    for noun in ("companies", "contacts", "contracts"):
        problem(api.get(f"{ROOT}/{noun}/{number}"), 404)
        assert desk.get(f"/{noun}/{number}").status_code == 404
    problem(api.get(f"{ROOT}/contacts/{2**63 - 1}"), 404)
