"""The description of the API says what there is, for the organization that asks."""

import re

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.fields.kinds import KINDS, Among, Lines, Several, Suggested, Text, from_settings
from app.fields.kinds.host import Host
from app.fields.schema import _KINDS, of_kind

from .answers import ROOT, custom_field, patch


def description(api) -> dict:
    answer = api.get(f"{ROOT}/openapi.json")
    assert answer.status_code == 200
    return answer.get_json()


def checker(document: dict, name: str) -> OAS31Validator:
    """Checks documents against one schema of the description."""
    registry = Registry().with_resource("urn:api", DRAFT202012.create_resource(document))
    return OAS31Validator({"$ref": f"urn:api#/components/schemas/{name}"}, registry=registry)


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("import",)])
def test_the_description_is_openapi_3_1(shared_world, scopes):
    document = description(shared_world.api(*scopes))
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_it_says_what_there_is_no_more_and_no_less(shared_world, app):
    document = description(shared_world.api())
    said = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    there = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(ROOT)), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert said == there


def test_every_name_it_refers_to_is_there(shared_world):
    document = description(shared_world.api())
    found = set()

    def look(part):
        if isinstance(part, dict):
            found.update([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            part = list(part.values())
        for inner in part if isinstance(part, list) else []:
            look(inner)

    look(document)
    for reference in found:
        place = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert names - found == set(), "These are described and never used."


def test_an_organization_s_own_fields_and_labels_are_in_it(world):
    floor = custom_field(world, "company", "floor", "whole", required=True, options={"min": 0, "max": 40})
    schemas = description(world.api())["components"]["schemas"]
    assert schemas["NewCompany"]["properties"][floor] == {
        "type": "integer",
        "format": "int64",
        "minimum": 0,
        "maximum": 40,
        "title": "Floor",
    }
    assert schemas["NewCompany"]["required"] == ["name", floor]
    assert f"{floor}.gte" in schemas["CompanyFilters"]["properties"]
    assert floor not in description(world.api(slug="summit"))["components"]["schemas"]["NewCompany"]["properties"]


@pytest.mark.parametrize("noun", ["companies", "contacts", "contracts"])
def test_answers_are_as_described(world, cast, noun):
    custom_field(world, noun.rstrip("s").replace("ie", "y"), "note", "choices", options={"choices": ["a", "b"]})
    api = world.api()
    document = description(api)
    title = document["paths"][f"/{noun}"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]["$ref"]
    record, listed = checker(document, title.rpartition("/")[2]), checker(document, title.rpartition("/")[2] + "List")
    page = api.get(f"{ROOT}/{noun}?count=1").get_json()
    listed.validate(page)
    for item in page["items"]:
        record.validate(item)
        checker(document, "History").validate(api.get(f"{ROOT}/{noun}/{item['id']}/history").get_json())
        assert set(item) == set(document["components"]["schemas"][title.rpartition("/")[2]]["properties"])
    problem = checker(document, "Problem")
    problem.validate(api.post(f"{ROOT}/{noun}", json={"x": 1}).get_json())
    problem.validate(api.get(f"{ROOT}/{noun}?x=1").get_json())
    problem.validate(patch(api, f"/{noun}/{page['items'][0]['id']}", {"notes": "x"}, 77).get_json())
    problem.validate(api.get(f"{ROOT}/{noun}/0").get_json())


def test_what_is_described_is_taken_and_what_is_not_is_refused(world, cast):
    api = world.api()
    document = description(api)
    new = checker(document, "NewContact")
    good = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example", "country": "DE", "phone": None}
    assert new.is_valid(good) and api.post(f"{ROOT}/contacts", json=good).status_code == 201
    for wrong in (
        {"first_name": 1},
        {"shoes": 1},
        {"first_name": "a" * 65},
        {"active": "yes"},
        {"email": None},
        {"id": 1},
    ):
        assert not new.is_valid(good | wrong), wrong
        assert api.post(f"{ROOT}/contacts", json=good | wrong).status_code == 422, wrong
    assert not new.is_valid({"first_name": "Ada"})


def test_every_kind_of_field_has_a_schema():
    assert set(_KINDS) == set(KINDS) | {kind.name for kind in (Several, Lines, Host, Among, Suggested)}
    for name in KINDS:
        options = (
            {"choices": ["a", "b"]} if name.startswith("choice") else {"noun": "staff"} if name == "reference" else {}
        )
        OAS31Validator.check_schema(of_kind(from_settings(name, "A field", options)))
    for listed in (Several, Lines):
        OAS31Validator.check_schema(of_kind(listed("Several", of=Text("One"), max=3)))
    for text in (Among("One of them", among=("email",)), Suggested("Title", choices=["Dr."])):
        OAS31Validator.check_schema(of_kind(text))
