"""Managed and unmanaged companies, the settings of a company, and who belongs to it."""

import re

import pytest

from app.companies.models import Company
from app.contacts.memberships import primary_memberships
from app.contacts.models import Contact
from tenants import db
from tests.pages import normal


def company(world, company_id: int) -> Company:
    with world.inside():
        found = db.session.get(Company, company_id)
        db.session.expunge_all()
        return found


@pytest.mark.feature("C003", "C004", "C005", "C037")
def test_an_unmanaged_company_becomes_managed_and_back_each_with_a_question(world):
    ann = world.staff()
    where = ann.post_form("/companies", {"name": "Neu GmbH", "kind": "unmanaged"}).headers
    where = where["Location"]
    number = int(where.rpartition("/")[2])
    assert ann.fragment(f"{where}/fields/kind/edit").status_code == 404
    assert "ID in the outside system" in normal(ann.get(f"{where}/management"))
    wrong = ann.post_form(f"{where}/management", {"external_system": "Console", "external_id": ""})
    assert wrong.status_code == 422 and 'value="Console"' in wrong.text
    link = {"external_system": "Console", "external_id": "C-17"}
    assert ann.post_form(f"{where}/management", link).headers["Location"] == where
    found = company(world, number)
    assert (found.kind, found.external_system, found.external_id) == ("managed", "Console", "C-17")
    asked = normal(ann.get(f"{where}/management/removal"))
    assert "Linked to: Console C-17" in asked
    ann.post_form(f"{where}/management/removal")
    found = company(world, number)
    assert (found.kind, found.external_system, found.external_id) == ("unmanaged", None, None)


@pytest.mark.feature("C006")
def test_the_list_shows_both_kinds(world):
    ann = world.staff()
    ann.post_form("/companies", {"name": "Neu GmbH", "kind": "unmanaged"})
    page = normal(ann.get("/companies"))
    assert "Unmanaged" in page and "Managed" in page and "Neu GmbH" in page


def test_only_a_managed_company_is_linked(world):
    typed = {"name": "Neu GmbH", "kind": "unmanaged", "external_id": "C-17"}
    answer = world.staff().post_form("/companies", typed)
    assert answer.status_code == 422 and "Only a managed company is linked" in answer.text


@pytest.mark.feature("C041", "C042", "C049")
def test_the_account_manager_and_the_auto_assignment_are_set(world, cast):
    ann, where = world.staff(), f"/companies/{cast.acme}/fields"
    assert ann.fragment(f"{where}/account_manager_id", method="POST", data={"value": str(cast.ann)}).status_code == 200
    assert ann.fragment(f"{where}/auto_assign", method="POST", data={"value": "1"}).status_code == 200
    found = company(world, cast.acme)
    assert (found.account_manager_id, found.auto_assign) == (cast.ann, True)


def copied(page: str) -> str:
    return page.split("Get copies of all tickets")[1].split("</dl>")[0]


@pytest.mark.feature("C043", "C046")
def test_collaborators_are_nobody_the_primary_contacts_everybody_or_those_who_were_chosen(world, cast):
    ann, people = world.staff(), f"/companies/{cast.acme}/contacts"
    assert "Ina Berg" in ann.get(people).text.split("Primary contacts")[1].split("</div>")[0]
    assert "Ina Berg" not in copied(ann.get(people).text)

    def choose(value: str) -> str:
        where = f"/companies/{cast.acme}/fields/collaborators"
        assert ann.fragment(where, method="POST", data={"value": value}).status_code == 200
        return copied(ann.get(people).text)

    assert "Ina Berg" in choose("primary")
    assert "All members" in choose("members")
    assert "Otto Lind" not in choose("chosen")
    with world.inside():
        otto = primary_memberships([cast.otto])[cast.otto].id
    ann.fragment(f"/memberships/{otto}/fields/collaborates", method="POST", data={"value": "1"})
    assert "Otto Lind" in copied(ann.get(people).text) and "Ina Berg" not in copied(ann.get(people).text)


@pytest.mark.feature("C050", "C051", "C052")
def test_people_are_listed_added_and_removed_at_their_company(world, cast):
    ann, people = world.staff(), f"/companies/{cast.acme}/contacts"
    assert "Nora" not in ann.get(people).text.split('id="contacts-list"')[1]
    wrong = ann.post_form(f"/companies/{cast.acme}/people", {"contact_id": str(cast.ina)})
    assert wrong.status_code == 422 and "already belongs to this company" in wrong.text
    assert ann.post_form(f"/companies/{cast.acme}/people", {"contact_id": str(cast.nora)}).status_code == 303
    assert f'href="/contacts/{cast.nora}"' in ann.get(people).text
    with world.inside():
        assert db.session.get(Contact, cast.nora).company_ids == sorted([cast.acme, cast.nordlys])
    page = ann.get(f"/contacts/{cast.nora}").text
    for removal in re.findall(r'action="(/memberships/\d+/removal)"', page):
        ann.post_form(removal)
    assert f'href="/contacts/{cast.nora}"' not in ann.get(people).text
    # The directory of people lists them over all companies, and those without one.
    everybody = ann.get("/contacts").text
    assert all(f'href="/contacts/{one}"' in everybody for one in (cast.ina, cast.xena, cast.nils, cast.nora))


@pytest.mark.feature("L054", "L056")
def test_only_partner_organizations_are_offered_as_partners_once_some_are_marked(world, cast):
    ann = world.staff()

    def offered() -> list[int]:
        return sorted(int(one["value"]) for one in ann.get("/options/partner?q=").get_json())

    assert offered() == sorted([cast.acme, cast.xacme, cast.nordlys])
    ann.fragment(f"/companies/{cast.xacme}/fields/is_partner", method="POST", data={"value": "1"})
    assert offered() == [cast.xacme]
    where = f"/contacts/{cast.ina}/fields/partner_id"
    assert ann.fragment(where, method="POST", data={"value": str(cast.xacme)}).status_code == 200
    assert "Xacme" in ann.get(f"/contacts/{cast.ina}").text


@pytest.mark.feature("L001", "L016")
def test_a_company_is_added_viewed_changed_and_deleted_and_comes_back(world):
    ann = world.staff()
    where = ann.post_form("/companies", {"name": "Neu GmbH", "kind": "unmanaged"}).headers["Location"]
    assert "Neu GmbH" in normal(ann.get(where))
    form = ann.get(f"{where}/fields/phone/edit")
    assert form.status_code == 200 and 'name="value"' in form.text
    assert ann.post_form(f"{where}/fields/phone", {"value": "+49 30 901820", "v": "1"}).headers["Location"] == where
    page = normal(ann.get(where))
    assert "+49 30 901820" in page and 'name="value"' not in page
    assert ann.post_form(f"{where}/deletion", {"reason": "Typed twice"}).status_code == 303
    assert "Nothing matches these filters." in normal(ann.get("/companies?q=Neu"))
    assert "Typed twice" in normal(ann.get(where))
    ann.post_form(f"{where}/recovery")
    assert "+49 30 901820" in normal(ann.get(where))
