"""Two records become one: found by typing, compared side by side, merged, undone; who is there is said while typing."""

import re

import pytest
from playwright.sync_api import expect

from app.contacts import duplicates

from .window import NARROW

pytestmark = pytest.mark.feature("I005", "B017")


def test_a_contact_is_merged_with_another_and_taken_apart_again(world, cast, visit):
    window = visit("ann")
    page = window.page
    window.go(f"/contacts/{cast.otto}")
    page.locator("#more > summary").click()
    page.get_by_role("link", name="Merge with…").click()
    page.get_by_label("Which record is the same?").click()
    page.keyboard.type("Ina Be", delay=20)
    page.get_by_role("option", name="Ina Berg").click()
    page.get_by_role("button", name="Compare").click()
    first = page.get_by_role("radiogroup", name="First name")
    expect(first.locator("output")).to_have_text("Otto")
    first.get_by_role("radio", name="Ina").check()
    expect(first.locator("output")).to_have_text("Ina")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    page.get_by_label("Why").fill("one and the same")
    page.get_by_role("button", name="Merge 2 records").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ina Lind")
    assert page.url.endswith(f"/contacts/{cast.otto}")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Otto Lind")
    window.go(f"/contacts/{cast.ina}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ina Berg")


def test_without_scripts_the_preview_shows_what_comes_out(cast, visit):
    window = visit("sue", scripts=False, size=NARROW)
    page = window.page
    window.go(f"/companies/{cast.acme}/merge")
    page.get_by_label("Which record is the same?").fill("xacme")
    page.get_by_role("button", name="Compare").click()
    name = page.get_by_role("radiogroup", name="Name", exact=True)
    name.get_by_role("radio", name="Xacme").check()
    page.get_by_role("button", name="Preview").click()
    expect(name.locator("output")).to_have_text("Xacme")
    assert "csrf_token" not in page.url
    page.get_by_role("button", name="Merge 2 records").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xacme")


def test_who_is_there_already_is_said_while_a_contact_is_typed(visit):
    page = visit("ann").page
    page.goto("/contacts/new")
    page.get_by_label("First name").fill("Otto")
    page.get_by_label("Last name").fill("Lind")
    expect(page.locator("#contact-likely")).to_contain_text("Otto Lind at Acme")
    expect(page.get_by_label("Last name")).to_be_focused()


def test_the_inbox_leads_to_the_comparison_and_remembers(world, cast, visit):
    with world.inside():
        duplicates.find.later()
    world.run_jobs()
    window = visit("sue")
    page = window.page
    window.go("/duplicates/companies")
    page.get_by_role("link", name=re.compile("Compare.*Acme, Xacme")).click()
    expect(page.get_by_role("radiogroup", name="Name", exact=True)).to_be_visible()
    window.go("/duplicates/companies")
    page.get_by_role("button", name=re.compile("Not duplicates.*Acme, Xacme")).click()
    expect(page.locator("main")).to_contain_text("No two look like the same.")
