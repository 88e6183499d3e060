"""A contact from the first click: an empty form, a page with its sections, a job, a manager and a department."""

import re

import pytest

from tests.pages import normal

TYPED = {"first_name": "Mária", "last_name": "Dvořák", "email": "maria@acme.example", "user_name": "maria.d"}


@pytest.mark.feature("W008", "L017", "C107")
def test_a_new_company_leads_on_to_its_page_and_its_people(world):
    ann = world.staff()
    company = ann.post_form("/companies", {"name": "Neu GmbH", "kind": "unmanaged"}).headers["Location"]
    assert f'href="{company}/contacts"' in ann.get(company).text
    people = ann.get(f"{company}/contacts").text
    number = company.rpartition("/")[2]
    assert f"/contacts/new?company={number}" in people
    form = ann.get(f"/contacts/new?company={number}")
    assert 'id="form-last_name" name="last_name" aria-required="true" value=""' in normal(form)
    where = ann.post_form("/contacts", TYPED | {"company": number}).headers["Location"]
    person = where.partition("?")[0]
    assert f'href="{person}"' in ann.get(f"{company}/contacts").text


@pytest.mark.feature("L173", "W040")
def test_the_page_groups_its_fields_in_sections(shared_world, cast):
    page = normal(shared_world.staff().get(f"/contacts/{cast.ina}"))
    assert re.findall(r"<h2>([^<]+)</h2>", page)[:5] == ["Work", "Service", "Phones", "Address", "Origin and sign-in"]


@pytest.mark.feature("I010", "I017", "I018", "L034", "W004", "W015")
def test_manager_department_and_job_are_set_and_cleared_where_they_stand(world, cast):
    ann, ina = world.staff(), f"/contacts/{cast.ina}"
    for name, value, shown in (
        ("line_manager_id", str(cast.otto), "Otto Lind"),
        ("department", str(cast.acme_support), "Support"),
        ("job_title", "Head of everything", "Head of everything"),
    ):
        cell = ann.fragment(f"{ina}/fields/{name}", method="POST", data={"value": value})
        assert cell.status_code == 200 and shown in normal(cell)
        cleared = ann.fragment(f"{ina}/fields/{name}", method="POST", data={"value": ""})
        assert cleared.status_code == 200 and shown not in normal(cleared).split("toast")[0]
