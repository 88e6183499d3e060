"""SQL in everything that can be typed: it is data wherever it arrives, and never part of a statement."""

import ast
import json

import pytest

from tests import source
from tests import world as worlds
from tests.isolation.asking import address, rules
from tests.isolation.policy import ROUTES

# Stands in every payload: no statement may hold it, since values travel beside statements.
MARK = "zqsql"
QUOTES = ("", "'", '"', "')", "'))", '")', "\\'", "%27", "ʼ", "$$", "`", "E'", "'||", "]", "}", "\x00'", "%", "*/")
TAILS = (
    f" OR 1=1 -- {MARK}",
    f"; SELECT set_config('role', 'postgres', true) -- {MARK}",
    f"; RESET ROLE; -- {MARK}",
    f" UNION SELECT password_hash FROM account -- {MARK}",
    f" AND (SELECT pg_sleep(9)) IS NOT NULL -- {MARK}",
    f"/*{MARK}*/",
    f", (SELECT {MARK})",
    f" {MARK} DESC",
    f"::{MARK}",
    f"{{{MARK}}}",
    f".{MARK}",
    f"->>'{MARK}'",
)
PAYLOADS = [quote + tail for quote in QUOTES for tail in TAILS]
# Names that stand for a column, an operator or a place.
NAMES = ("q", "sort", "columns", "size", "after", "before", "in", "fields", "count", "limit", "company", "name.is")
NAMES += (
    "name.contains",
    "email",
    "custom-badge.is",
    "created_at.after",
    "kind",
    "at",
    "back",
    "verdict",
    "{}",
    "{}.is",
)
NAMES += ("name.{}", "custom-{}.is", "sort-{}")


@pytest.fixture
def people(shared_world):
    return {
        "staff": shared_world.staff("adam"),
        "portal": shared_world.portal("ina"),
        "api": shared_world.api(person="adam"),
        "nobody": shared_world.anonymous(),
    }


def who_asks(people, endpoint: str):
    first = endpoint.partition(".")[0]
    return people[first if first in ("portal", "api") else "staff"]


def places(world):
    """Every address of the route map, with the number of a record that is there."""
    ids = {"company": world.cast.acme, "contact": world.cast.otto, "contract": world.cast.acme_support_hours}
    for rule in rules(world.app):
        route = ROUTES[rule.endpoint]
        yield rule, route, address(rule, route, ids.get(route.id, 1), {"department_id": 1, "change_id": 1})


@pytest.mark.threat("T-068")
def test_no_parameter_of_any_page_becomes_part_of_a_statement(shared_world, people):
    """Every page, with payloads in the values and in the names of its parameters, in turn."""
    number = 0
    with worlds.statements() as sent:
        for rule, _, path in places(shared_world):
            if "GET" not in rule.methods or rule.endpoint == "static":
                continue
            for _ in range(3):
                # Names and payloads go on from page to page, so that all of them are met.
                name, payload = NAMES[number % len(NAMES)], PAYLOADS[number % len(PAYLOADS)]
                number += 1
                query = {name.format(payload): payload}
                response = who_asks(people, rule.endpoint).get(path.partition("?")[0], query_string=query)
                assert response.status_code < 500, f"{path} {query}"
    assert len(sent) > 200 and number > len(PAYLOADS)
    assert [one for one in sent.texts if MARK in one] == []


@pytest.mark.threat("T-068")
def test_no_part_of_an_address_becomes_part_of_a_statement(shared_world, people):
    number = 0
    with worlds.statements() as sent:
        for rule, route, path in places(shared_world):
            for value in route.args.values():
                for _ in range(3):
                    payload = PAYLOADS[(number := number + 7) % len(PAYLOADS)]
                    asked = path.partition("?")[0].replace(f"/{value}", "/" + payload.replace("/", "%2f"))
                    for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                        client = who_asks(people, rule.endpoint)
                        headers = {"X-CSRFToken": client.csrf_token}
                        assert client.open(asked, method=method, headers=headers).status_code < 500
    assert [one for one in sent.texts if MARK in one] == []


@pytest.mark.threat("T-068")
def test_no_field_of_a_form_or_document_becomes_part_of_a_statement(world):
    """Values are kept as they are typed, or refused; names that are not ours are refused."""
    adam, program = world.staff("adam"), world.api(person="adam")
    company = f"/companies/{world.cast.acme}"
    before = world.sql(f"SELECT count(*) AS n FROM {world.schema()}.account")
    with worlds.statements() as sent:
        for number, payload in enumerate(PAYLOADS[::3]):
            kept = adam.post_form(f"{company}/fields/address", {"value": payload, payload: "1"})
            assert kept.status_code in (200, 303, 422)
            document = json.dumps(
                {"name": f"{payload}{number}", "kind": payload} | ({payload: 1} if number % 2 else {})
            )
            assert program.post("/api/v1/companies", data=document, content_type="application/json").status_code < 500
            if number % 6 == 0:
                assert adam.post_form("/companies", {"name": payload, "kind": "managed"}).status_code in (303, 422)
                columns = {"order": [payload, "name"], "shown": [payload, "name"]}
                assert adam.post_form("/columns?back=/companies", columns).status_code < 500
                fields = {"kind": payload, "label": payload, "portal": payload}
                assert adam.post_form("/admin/fields/contact", fields).status_code in (404, 422)
                assert adam.post_form("/admin/fields/contact/order", {"order": [payload]}).status_code < 500
    assert [one for one in sent.texts if MARK in one] == []
    assert world.sql(f"SELECT count(*) AS n FROM {world.schema()}.account") == before
    assert (
        MARK in world.sql(f"SELECT address FROM {world.schema()}.company WHERE id = %s", world.cast.acme)[0]["address"]
    )


@pytest.mark.threat("T-058", "T-068")
def test_no_token_no_login_and_no_cookie_becomes_part_of_a_statement(shared_world, people):
    nobody = people["nobody"]
    with worlds.statements() as sent:
        for payload in PAYLOADS[::3]:
            plain = payload.replace("\x00", "").encode("ascii", "ignore").decode()
            for token in (plain, f"desk_{plain}"):
                asked = nobody.get("/api/v1/companies", headers={"Authorization": f"Bearer {token}"})
                assert asked.status_code == 401
            with nobody.session_transaction("/", base_url=f"http://{nobody.host}") as cookie:
                cookie["_user_id"] = payload
            assert nobody.get("/").status_code == 302
    assert [one for one in sent.texts if MARK in one] == []


# --- the source -------------------------------------------------------------------------------------------------------

MAKES_SQL = {"text", "literal_column", "exec_driver_sql", "DDL"}
# What is put together of parts, and why no part is anybody's word.
OF_OUR_OWN = {
    "app/contacts/duplicates.py text": "one of our own statements, all values bound",
    "app/contacts/models.py text": "names of columns of our own, in an index",
    "app/imports/creating.py text": "no statement: the sheet's own text() of a cell",
    "app/imports/problems.py text": "no statement: the sheet's own text() of a cell",
    "app/imports/staging.py text": "no statement: the sheet's own text() of a cell",
    "app/imports/verdicts.py text": "no statement: the sheet's own text() of a cell",
    "app/records/clashes.py literal_column": "the parts of a unique key, as the models have it",
    "app/records/duplicates.py text": "statements of our own, one in front of the other, all values bound",
    "app/records/search.py literal_column": "the rank, a number",
    "app/records/statements.py literal_column": "what a model says of its own companies",
}


@pytest.mark.threat("T-068")
def test_statements_are_fixed_words():
    """Only `tenants/` puts statements together (of names of schemas and roles); elsewhere they are constants."""
    found = {
        f"{path} {source.called(call)}"
        for path, tree in source.modules("app")
        for call in source.calls(tree)
        if source.called(call) in MAKES_SQL and call.args and not isinstance(call.args[0], ast.Constant)
    }
    assert found - {one for one in found if one.startswith("app/embedded/")} == set(OF_OUR_OWN)
