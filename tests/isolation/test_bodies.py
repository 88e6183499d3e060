"""Ids and names that travel in a body or a query: of other companies and organizations, and of columns nobody offers.

Everything here is generated from the models and the registry, so that a new field or column is covered without work.
"""

import json
import re

import pytest
from sqlalchemy import inspect

from app.companies.actions import LINK
from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.fields.kinds import Reference
from app.fields.settings import fields_of
from app.people.models import Staff
from app.people.viewer import Viewer
from tests.pages import answer

from .canaries import found_in

DESK = {"companies": (Company, "company"), "contacts": (Contact, "contact"), "contracts": (Contract, "contract")}
STAFF = Viewer(account_id=0, surface="staff", name="", email="", permissions=frozenset())
PORTAL = Viewer(account_id=0, surface="portal", name="", email="", permissions=frozenset())


def references(world, model) -> list[str]:
    """The fields of a noun that point to other records and may be changed on the desk."""
    with world.inside():
        fields = [entry for entry in fields_of(model, STAFF) if entry.editable_by(STAFF)]
        return [entry.name for entry in fields if isinstance(entry.kind, Reference)]


def columns(model) -> list[str]:
    return [column.key for column in inspect(model).columns]


def told(response, number: int) -> tuple:
    return tuple(str(part).replace(str(number), "#") for part in answer(response))


@pytest.mark.threat("T-003")
@pytest.mark.parametrize("noun", DESK)
def test_a_field_takes_no_record_of_another_organization(own_world, marked, noun):
    """And nobody can tell that it is there: the answer is that for a number that nobody has."""
    model, kind = DESK[noun]
    desk, program = own_world.staff("ann"), own_world.api(person="ann")
    path = f"/{noun}/{marked.ids[kind]['a']}"
    version = program.get(f"/api/v1{path}").headers["ETag"]
    names = references(own_world, model)
    before = own_world.checksum()
    foreign = {marked.ids[kind_of]["foreign"] for kind_of in ("company", "contact", "staff")}
    for name in names:
        never = 987_654_321
        form = {value: desk.post_form(f"{path}/fields/{name}", {"value": str(value)}) for value in (*foreign, never)}
        patch = {"headers": {"If-Match": version}, "content_type": "application/merge-patch+json"}
        sent = {
            value: program.patch(f"/api/v1{path}", data=json.dumps({name: value}), **patch)
            for value in (*foreign, never)
        }
        for answers in (form, sent):
            assert {response.status_code for response in answers.values()} == {422}, f"{noun}.{name}"
            assert len({told(response, value) for value, response in answers.items()}) == 1, f"{noun}.{name}"
            for response in answers.values():
                assert not [one for one in found_in(response.get_data(as_text=True)) if one[0] != "h"]
    assert own_world.checksum() == before


@pytest.mark.threat("T-003", "T-010")
def test_a_field_takes_no_record_of_another_company(own_world, cast, marked):
    desk, program = own_world.staff("ann"), own_world.api(person="ann")
    before = own_world.checksum()
    for path, name, value in (
        (f"/contacts/{cast.ina}", "department", cast.nordlys_office),
        (f"/contracts/{cast.acme_support_hours}", "customer_contact_id", cast.nils),
        (f"/contracts/{cast.acme_support_hours}", "customer_contact_id", cast.xena),
    ):
        assert desk.post_form(f"{path}/fields/{name}", {"value": str(value)}).status_code == 422, name
        version = program.get(f"/api/v1{path}").headers["ETag"]
        patch = {"headers": {"If-Match": version}, "content_type": "application/merge-patch+json"}
        assert program.patch(f"/api/v1{path}", data=json.dumps({name: value}), **patch).status_code == 422, name
    contract = {"description": "Made", "kind": "subscription", "support_contact_id": str(cast.ann)}
    made = desk.post_form(f"/companies/{cast.acme}/contracts", contract | {"customer_contact_id": str(cast.nils)})
    assert made.status_code == 422
    assert own_world.checksum() == before


QUERIES = (
    "/contacts/new?company={}",
    "/contracts/new?company={}",
    "/options/contact?company={}&q=o",
    "/options/department?company={}",
    "/contacts?company.is={}",
    "/contacts?company={}",
    "/companies?account_manager_id.is={}",
    "/contracts?company_id.is={}",
    "/api/v1/contacts?company.is={}",
    "/api/v1/contracts?company_id.is={}",
)


@pytest.mark.threat("T-003", "T-020")
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_tells_nothing_of_another_organization(one_world, marked, query):
    client = one_world.api(person="ann") if query.startswith("/api") else one_world.staff("ann")
    never = 987_654_321
    unknown = told(client.get(query.format(never)), never)
    for kind in ("company", "contact", "staff"):
        number = marked.ids[kind]["foreign"]
        assert told(client.get(query.format(number)), number) == unknown


@pytest.mark.threat("T-002", "T-003", "T-020")
def test_a_query_tells_nothing_of_another_company(one_world, cast):
    ina = one_world.portal("ina")
    never = 987_654_321
    for query in ("/portal/people?company={}", "/portal/people?q={}", "/portal/people?after={}"):
        unknown = told(ina.get(query.format(never)), never)
        for number in (cast.nordlys, cast.xacme, cast.nils):
            assert told(ina.get(query.format(number)), number) == unknown, query


@pytest.mark.threat("T-002", "T-020")
@pytest.mark.parametrize("path", ["/portal/people", "/portal/contracts"])
def test_a_list_of_the_portal_is_filtered_by_nothing_but_its_search(one_world, path):
    """A filter over what is not shown would tell what stands in it; one over what is shown is not offered either."""
    ina = one_world.portal("ina")

    def listed(query: str) -> list[str]:
        return re.findall(r"/portal/(?:people|contracts)/\d+", ina.get(f"{path}?{query}").get_data(as_text=True))

    plain = listed("")
    assert plain
    for model in (Contact, Contract):
        with one_world.inside():
            names = [(entry.name, entry.kind.operators) for entry in fields_of(model, STAFF)]
        for name, operators in names:
            # One's own companies can be chosen among people: no other filter is there.
            bare = f"{name}=1" if name != "company" else ""
            for query in (bare, "&".join(f"{name}.{operator}=1" for operator in operators)):
                assert listed(f"{query}&sort=-{name}&columns={name}&size=1") == plain, name


# --- mass assignment --------------------------------------------------------------------------------------------------


def forged(model) -> dict[str, str]:
    """A value for every column of a table, such as nobody who fills in a form would send."""
    values = {name: "77" for name in columns(model)}
    values |= {"withdrawn_at": "2026-01-01", "created_at": "2001-01-01", "updated_at": "2001-01-01", "custom": "{}"}
    return values | {"company_ids": "{77}", "active": "false", "role": "administrator"}


def row(world, model, number: int) -> dict:
    return world.sql(f'SELECT * FROM {world.schema()}."{model.__tablename__}" WHERE id = %s', number)[0]


def newest(world, model) -> dict:
    return world.sql(f'SELECT * FROM {world.schema()}."{model.__tablename__}" ORDER BY id DESC LIMIT 1')[0]


@pytest.mark.threat("T-016")
@pytest.mark.parametrize("noun", DESK)
def test_only_declared_fields_can_be_edited(own_world, marked, noun):
    model, kind = DESK[noun]
    desk, path = own_world.staff("ann"), f"/{noun}/{marked.ids[kind]['a']}"
    with own_world.inside():
        editable = {entry.name for entry in fields_of(model, STAFF) if entry.editable_by(STAFF)}
    before = own_world.checksum()
    for name, value in forged(model).items():
        if name not in editable:
            answered = desk.post_form(f"{path}/fields/{name}", {"value": value})
            assert answered.status_code == 404, f"{noun}.{name}"
    for name in ("__class__", "metadata", "custom-nothing", "registry", "_sa_instance_state"):
        assert desk.post_form(f"{path}/fields/{name}", {"value": "77"}).status_code == 404
    assert own_world.checksum() == before


@pytest.mark.threat("T-016")
@pytest.mark.parametrize("noun", DESK)
def test_the_api_takes_only_declared_fields(own_world, marked, noun):
    model, kind = DESK[noun]
    program, path = own_world.api(person="adam"), f"/api/v1/{noun}/{marked.ids[kind]['a']}"
    version = program.get(path).headers["ETag"]
    with own_world.inside():
        editable = {entry.name for entry in fields_of(model, STAFF) if entry.editable_by(STAFF)}
    editable |= {"name", *LINK}
    before = own_world.checksum()
    for name, value in forged(model).items():
        if name in editable:
            continue
        patch = {"headers": {"If-Match": version}, "content_type": "application/merge-patch+json"}
        assert program.patch(path, data=json.dumps({name: value}), **patch).status_code == 422, f"{noun}.{name}"
    strange = ("id", "version", "created_at", "created_op", "withdrawn_at", "company_ids", "search_text", "custom")
    for name in strange:
        sent = json.dumps({"name": "Made", "description": "Made", name: 77})
        made = program.post(f"/api/v1/{noun}", data=sent, content_type="application/json")
        assert made.status_code == 422, f"{noun}.{name}"
    assert own_world.checksum() == before


@pytest.mark.threat("T-016")
def test_a_form_makes_a_record_of_declared_fields_only(own_world, cast):
    desk = own_world.staff("ann")
    wanted = {
        Company: ("/companies", {"name": "Made", "kind": "managed"}),
        Contact: ("/contacts", {"first_name": "Made", "last_name": "So", "user_name": "made", "email": "m@m.example"}),
    }
    for model, (path, right) in wanted.items():
        with own_world.inside():
            offered = {entry.name for entry in fields_of(model, STAFF)}
        strange = {name: value for name, value in forged(model).items() if name not in offered}
        assert desk.post_form(path, strange | right).status_code == 303
        made = newest(own_world, model)
        assert made["id"] != 77 and made["version"] == 1 and made["withdrawn_at"] is None
        assert made["created_at"].year > 2020 and made["created_op"] != 77 and made["custom"] == {}
        if model is Contact:
            assert made["company_ids"] == []


@pytest.mark.threat("T-016")
def test_a_portal_viewer_changes_only_what_is_opened(own_world, cast):
    ina = own_world.portal("ina")
    with own_world.inside():
        opened = {entry.name for entry in fields_of(Contact, PORTAL) if entry.portal == "edit"}
    assert {"first_name", "phone"} <= opened and not {"email", "user_name", "notes", "active"} & opened
    before = own_world.checksum()
    for name, value in (
        forged(Contact) | {"company": str(cast.nordlys), "department": "77", "addresses": "x@y.example"}
    ).items():
        if name not in opened:
            assert ina.post_form(f"/portal/me/fields/{name}", {"value": value}).status_code == 404, name
    assert own_world.checksum() == before
    kept = row(own_world, Contact, cast.ina)
    strange = {name: value for name, value in forged(Contact).items() if name != "job_title"}
    assert ina.post_form("/portal/me/fields/job_title", strange | {"value": "Chief"}).status_code in (200, 303)
    changed = {name for name, value in row(own_world, Contact, cast.ina).items() if kept[name] != value}
    assert changed - {"search_text"} == {"job_title", "version", "updated_at", "updated_op"}


@pytest.mark.threat("T-013", "T-016")
def test_nobody_raises_themselves(own_world, cast):
    """What decides about rights cannot be sent along with anything a person may change."""
    rights = {"role": "administrator", "permissions": "admin", "staff_id": str(cast.adam), "account_id": "1"}
    rights |= {"sees_people": "1", "sees_contracts": "1", "scopes": "write", "enabled": "1", "surface": "staff"}
    ann, nils = own_world.staff("ann"), own_world.portal("nils")
    tables = ("staff", "membership", "token", "account")
    chosen = "{page_size,locale,time_zone,theme,single_keys,signed_in_at}"
    query = " UNION ALL ".join(
        f"SELECT md5(string_agg((to_jsonb(t) - '{chosen}'::text[])::text, ''"
        f" ORDER BY id)) AS sum FROM {own_world.schema()}.{table} t"
        for table in tables
    )
    before = own_world.sql(query)
    ann.post_form("/profile", rights | {"page_size": "25"})
    ann.post_form("/profile/theme", rights | {"theme": "dark"})
    nils.post_form("/portal/theme", rights | {"theme": "dark"})
    nils.post_form("/portal/me/fields/first_name", rights | {"value": "Nils"})
    assert own_world.sql(query) == before
    assert ann.get("/admin/").status_code == 403
    assert nils.get("/portal/people").status_code == 403


def test_what_is_generated_here_is_not_empty(own_world):
    assert references(own_world, Contact) and references(own_world, Contract)
    assert {"company_ids", "version", "withdrawn_at"} <= set(columns(Contact))
    assert columns(Staff) and columns(Membership)
