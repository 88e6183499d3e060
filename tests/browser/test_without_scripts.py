"""The same work with scripts switched off: every link is a link and every form a form."""

import re

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records import write
from app.records.actor import Actor
from tenants import db
from tests.cast import password

from .window import NARROW


@pytest.fixture
def plain(visit):
    """Ann signs in with scripts off."""
    window = visit(None, scripts=False)
    window.go("/sign-in")
    window.field("E-mail or user name").fill("ann@desk.example")
    window.field("Password").fill(password("ann"))
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/")
    return window


def test_sign_in_find_sort_page_and_sign_out(plain):
    plain.link("Contacts").click()
    expect(plain.page.locator("[data-row]")).to_have_count(7)
    plain.page.get_by_role("columnheader", name="First name").get_by_role("link").click()
    expect(plain.page.locator("[data-row]").first).to_contain_text("Ben")
    plain.page.get_by_role("searchbox", name="Filter Contacts").fill("nor")
    plain.press("Enter")
    expect(plain.page.locator("[data-row]")).to_have_count(2)
    plain.go("/contacts")
    plain.page.locator("summary", has_text="Filter").click()
    plain.link("Choose filters").click()
    plain.page.locator(".filter-panel").get_by_label("Company", exact=True).fill("Acme")
    plain.button("Show").click()
    expect(plain.page.get_by_role("list", name="Filters in use")).to_contain_text("Acme")
    plain.link("Clear all").first.click()
    plain.page.locator("summary", has_text="Columns").click()
    plain.link("Choose columns").click()
    plain.page.locator(".columns-panel").get_by_label("City", exact=True).check()
    plain.button("Move E-mail up").click()
    expect(plain.page.locator("thead th").nth(1)).to_contain_text("E-mail")
    expect(plain.page.get_by_role("columnheader", name="City")).to_be_visible()
    plain.link("10 rows a page").click()
    expect(plain.page).to_have_url(re.compile("size=10"))

    plain.page.get_by_label("Your menu: Ann Tanner").click()
    plain.button("Dark").click()
    expect(plain.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(plain.page).to_have_url(re.compile("/contacts"))
    plain.page.get_by_label("Your menu: Ann Tanner").click()
    plain.button("Sign out").click()
    expect(plain.page).to_have_url(f"{plain.url}/sign-in")


def test_make_a_contact_in_the_form_and_one_in_the_table(plain, cast):
    plain.allow(422)
    plain.go("/contacts/new")
    plain.page.locator("#form-last_name").fill("Lovelace")
    plain.page.locator("#form-email").fill("ada@nordlys.example")
    plain.page.locator("#form-company").fill("Nordlys")
    plain.button("Add contact").click()
    expect(plain.page.get_by_role("alert").filter(has_text="another look")).to_be_visible()
    expect(plain.page.locator("#form-company")).to_have_value("Nordlys")
    plain.page.locator("#form-first_name").fill("Ada")
    plain.button("Add contact").click()
    expect(plain.page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    expect(plain.page.locator("#facts").get_by_role("link", name="Nordlys", exact=True)).to_be_visible()

    plain.go(f"/companies/{cast.acme}/contacts")
    row = plain.page.locator(".add-row")
    row.get_by_label("First name").fill("Grace")
    row.get_by_label("Last name").fill("Hopper")
    row.get_by_label("E-mail").fill("grace at acme")
    plain.button("Add").click()
    expect(row.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    row.get_by_label("E-mail").fill("grace@acme.example")
    plain.press("Enter")
    expect(plain.page).to_have_url(f"{plain.url}/companies/{cast.acme}/contacts")
    expect(plain.page.locator("[data-row]")).to_have_count(5)
    expect(row.get_by_label("E-mail")).to_have_value("")


@pytest.mark.feature("B001", "B002")
def test_edit_a_field_meet_another_edit_and_undo_it_from_the_history(plain, world, cast):
    plain.allow(409, 422)
    plain.go(f"/contacts/{cast.ina}")
    plain.page.get_by_role("link", name="Edit E-mail: ina@acme.example").click()
    control = plain.page.get_by_role("textbox", name="E-mail")
    control.fill("no address")
    plain.button("Save E-mail").click()
    expect(control).to_have_value("no address")
    expect(control).to_have_attribute("aria-invalid", "true")
    control.fill("ina.berg@acme.example")
    with world.inside("harbor"):
        hers = Actor("Sue Palmer", cast.accounts["sue"])
        write.update(db.session.get(Contact, cast.ina), {"email": "hers@acme.example"}, actor=hers)
    plain.button("Save E-mail").click()
    expect(plain.page.get_by_role("alert").filter(has_text="Sue Palmer")).to_contain_text("hers@acme.example")
    expect(control).to_have_value("ina.berg@acme.example")
    plain.button("Overwrite with mine").click()
    expect(plain.page).to_have_url(f"{plain.url}/contacts/{cast.ina}")
    expect(plain.cell(f"contact-{cast.ina}-email")).to_contain_text("ina.berg@acme.example")
    newest = plain.page.get_by_role("region", name="History").get_by_role("listitem").first
    newest.get_by_role("button", name=re.compile("^Undo ?: E-mail")).click()
    expect(plain.cell(f"contact-{cast.ina}-email")).to_contain_text("hers@acme.example")


def test_a_field_in_a_list_leads_back_to_its_record(plain, cast):
    plain.go("/contacts")
    plain.page.get_by_role("link", name="Edit Job title: Buyer").first.click()
    plain.page.get_by_role("textbox", name="Job title").fill("Head of IT")
    plain.button("Save Job title").click()
    expect(plain.page).to_have_url(f"{plain.url}/contacts/{cast.ina}")
    expect(plain.cell(f"contact-{cast.ina}-job_title")).to_have_text("Head of IT")


def test_the_menu_opens_on_a_small_screen(visit, world):
    window = visit("ann", scripts=False, size=NARROW)
    window.go("/contacts")
    window.button("Menu").click()
    window.link("Companies").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Companies")
