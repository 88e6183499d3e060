"""Lists: the filters and the order of the desk, page by page."""

from urllib.parse import urlsplit

import pytest

import app.api  # noqa: F401  (fills RESOURCES)
from app.fields.registry import declared_fields
from app.web.query import LIST_PARAMETERS
from app.web.resource import RESOURCES

from .answers import ROOT, parameters, problem


def names(response) -> list[str]:
    return [item["first_name"] for item in response.get_json()["items"]]


def walk(api, path: str) -> list[dict]:
    """All items, page by page."""
    found = []
    while path:
        answer = api.get(path)
        assert answer.status_code == 200, answer.get_json()
        page = answer.get_json()
        found += page["items"]
        link = answer.headers.get("Link")
        assert link == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        path = page["next"] and urlsplit(page["next"]).path + "?" + urlsplit(page["next"]).query
    return found


@pytest.mark.parametrize("noun", ["companies", "contacts", "contracts"])
def test_a_list_holds_the_records_as_they_are_answered_alone(shared_world, noun):
    api = shared_world.api("read")
    items = api.get(f"{ROOT}/{noun}").get_json()["items"]
    assert items
    for item in items:
        assert api.get(f"{ROOT}/{noun}/{item['id']}").get_json() == item


@pytest.mark.parametrize("sort", ["", "first_name", "-first_name", "company", "-updated_at", "active"])
def test_every_record_is_on_exactly_one_page(shared_world, sort):
    api = shared_world.api("read")
    whole = api.get(f"{ROOT}/contacts?sort={sort}").get_json()
    assert len(whole["items"]) == 7 and whole["next"] is None
    assert walk(api, f"{ROOT}/contacts?limit=2&sort={sort}") == whole["items"]


def test_a_search_goes_page_by_page_as_well(shared_world):
    api = shared_world.api("read")
    found = walk(api, f"{ROOT}/contacts?limit=1&q=acme&fields=first_name")
    assert sorted(item["first_name"] for item in found) == ["Ben", "Dora", "Ina", "Otto", "Xena"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("first_name=ina", ["Ina"]),
        ("first_name.starts=n", ["Nils", "Nora"]),
        ("company={acme}&active=no", ["Dora"]),
        ("company.any_of={xacme},{nordlys}&sort=first_name", ["Ben", "Nils", "Nora", "Xena"]),
        ("line_manager_id.not_empty=", ["Otto"]),
        ("email.contains=@acme&email.contains=i&sort=first_name", ["Ina"]),
        ("q=holm", ["Xena"]),
    ],
)
def test_the_filters_are_those_of_the_desk(shared_world, cast, query, expected):
    query = query.format(acme=cast.acme, xacme=cast.xacme, nordlys=cast.nordlys)
    found = shared_world.api("read").get(f"{ROOT}/contacts?{query}")
    assert names(found) == expected
    desk = shared_world.staff("ann").get(f"/contacts?columns=first_name&{query}").get_data(as_text=True)
    assert [name for name in expected if name not in desk] == []


@pytest.mark.threat("T-075")
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("frist_name=ina", {"frist_name"}),
        ("first_name.like=ina", {"first_name.like"}),
        ("first_name=", {"first_name"}),
        ("company=acme", {"company"}),
        ("company=99999999999999999999", {"company"}),
        ("active=perhaps&limit=0&sort=shoes", {"active", "sort", "limit"}),
        ("users.gte=1", {"users.gte"}),
        ("company_ids=1", {"company_ids"}),
        ("department=1", {"department"}),
        ("limit=0", {"limit"}),
        ("limit=201", {"limit"}),
        ("limit=ten", {"limit"}),
        ("limit=٣", {"limit"}),
        ("limit=1e1", {"limit"}),
        ("limit=1&limit=2", {"limit"}),
        ("q=a&q=b", {"q"}),
        ("q=" + "a" * 101, {"q"}),
        ("q=a&sort=email", {"sort"}),
        ("sort=notes&fields=email,shoes&count=2", {"sort", "fields", "count"}),
        ("sort=addresses", {"sort"}),
        ("sort=--email", {"sort"}),
        ("count=yes", {"count"}),
        ("before=x&size=3&page=2&columns=email", {"before", "size", "page", "columns"}),
        ("&".join(f"email.contains={n}" for n in range(21)), {"filters"}),
    ],
)
def test_what_cannot_be_read_is_refused_not_left_out(shared_world, query, wrong):
    assert parameters(shared_world.api("read").get(f"{ROOT}/contacts?{query}")) == wrong


def test_the_number_is_counted_only_when_asked_for(shared_world):
    api = shared_world.api("read")
    assert set(api.get(f"{ROOT}/contacts?limit=2&count=0").get_json()) == {"items", "next"}
    counted = api.get(f"{ROOT}/contacts?limit=2&count=1&active=yes").get_json()
    assert (counted["count"], counted["capped"], len(counted["items"])) == (6, False, 2)


def test_more_than_a_thousand_are_not_counted(world):
    world.sql(
        f"INSERT INTO {world.schema()}.contact (first_name, last_name, user_name, email)"
        " SELECT 'A', 'B', n, n || '@x.example' FROM generate_series(1, 1200) n"
    )
    api = world.api("read")
    counted = api.get(f"{ROOT}/contacts?limit=200&count=1").get_json()
    assert (counted["count"], counted["capped"], len(counted["items"])) == (1000, True, 200)
    assert len({item["id"] for item in walk(api, f"{ROOT}/contacts?limit=200&fields=id")}) == 1207


@pytest.mark.threat("T-022")
def test_a_place_in_a_list_is_of_no_use_elsewhere(shared_world):
    api = shared_world.api("read")
    after = urlsplit(api.get(f"{ROOT}/contacts?limit=2").get_json()["next"]).query.partition("after=")[2]
    assert api.get(f"{ROOT}/contacts?limit=2&after={after}").status_code == 200
    problem(api.get(f"{ROOT}/contacts?limit=2&after={after}&sort=email"), 404)
    problem(api.get(f"{ROOT}/contacts?limit=2&after={after}&q=acme"), 404)
    problem(api.get(f"{ROOT}/companies?limit=2&after={after}"), 404)
    problem(shared_world.api("read", slug="summit").get(f"{ROOT}/contacts?limit=2&after={after}"), 404)
    for broken in ("x", after[:-2], "A" + after[1:], after + "AAAA", "é", "99", "%00", "a" * 9000):
        problem(api.get(f"{ROOT}/contacts?limit=2&after={broken}"), 404)
    for broken in ("-1", "²", "99999999999", "x"):
        problem(api.get(f"{ROOT}/contacts?q=acme&after={broken}"), 404)


@pytest.mark.parametrize("noun", ["companies", "contacts", "contracts"])
def test_a_longer_page_takes_no_more_statements(shared_world, statements, noun):
    api = shared_world.api("read")
    api.get(f"{ROOT}/{noun}?limit=1")
    with statements() as short:
        api.get(f"{ROOT}/{noun}?limit=1")
    with statements() as long:
        api.get(f"{ROOT}/{noun}?limit=50")
    assert len(short) == len(long) <= 4


def test_no_field_bears_the_name_of_a_parameter():
    taken = {"columns", "size", "before", *LIST_PARAMETERS}
    assert len(RESOURCES) == 6
    for noun in RESOURCES:
        assert {entry.name for entry in declared_fields(noun.model)} & taken == set()
