"""Ticking rows with the mouse, the keys and without scripts, and what follows."""

import re

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records.actor import SYSTEM
from app.records.write import Create, apply, begin

from .window import NARROW


def ticked(window) -> int:
    return window.page.locator(".pick:checked").count()


@pytest.mark.feature("B021")
def test_shift_ticks_a_range_and_one_box_the_page(visit):
    window = visit("ann")
    window.go("/contacts")
    page, bar = window.page, window.page.locator(".selection")
    expect(bar).to_be_hidden()
    boxes = page.locator(".pick")
    boxes.nth(1).click()
    expect(bar.get_by_role("status")).to_have_text("selected: 1")
    boxes.nth(4).click(modifiers=["Shift"])
    assert ticked(window) == 4
    bar.get_by_label("This page").click()
    assert ticked(window) == 7
    bar.get_by_label("This page").click()
    expect(bar.get_by_role("status")).to_be_empty()
    # By the keys: X ticks the row at hand.
    page.locator("[data-row] .cell-link").first.focus()
    page.keyboard.press("x")
    assert ticked(window) == 1


@pytest.mark.feature("B021")
def test_what_is_ticked_stays_so_over_pages_orders_and_filters_until_it_is_done(visit, world, cast):
    with world.inside():
        person = {"first_name": "P", "email": "p@x.example", "company": cast.nordlys}
        made = [Create(Contact, person | {"last_name": f"Z{n:02}", "user_name": f"z{n}"}) for n in range(12)]
        apply(begin(SYSTEM, "import"), made)
    window = visit("ann")
    window.go("/contacts?size=10")
    page, count = window.page, window.page.locator("[data-pick-count]")
    page.get_by_label("Select Ina").check()
    page.get_by_label("Select Otto").check()
    page.locator("#contacts-next").click()
    expect(count).to_have_text("selected: 2 (on this page: 0)")
    page.locator(".pick").nth(3).check()
    expect(count).to_have_text("selected: 3 (on this page: 1)")
    page.locator("#contacts-list-sort-first_name").click()
    expect(page.get_by_label("Select Ina")).to_be_checked()
    # Typing narrows the list; so does another page by its address.
    page.get_by_label("Filter Contacts").fill("otto")
    expect(page.locator(".pick")).to_have_count(1)
    expect(page.get_by_label("Select Otto")).to_be_checked()
    window.go("/companies")
    expect(page.locator(".selection")).to_be_hidden()
    window.go("/contacts?first_name.is=Nils")
    expect(count).to_have_text("selected: 3 (on this page: 0)")
    stored = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "Ina" not in stored and str(cast.ina) in stored
    # Clearing clears, and what is not ticked there is not sent.
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(".selection")).to_be_hidden()
    page.get_by_label("Select Nils").check()
    window.go("/contacts?size=10")
    page.get_by_label("Select Ina").check()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_text("2 records are selected: Ina Berg, Nils Dahl")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Select Ina")).to_be_checked()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate 2 contacts").click()
    expect(page.get_by_text("2 records were changed")).to_be_visible()
    window.go("/contacts")
    expect(page.locator(".selection")).to_be_hidden()
    # Nothing outlives signing out.
    page.get_by_label("Select Otto").check()
    page.get_by_label("Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    assert page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('picks'))") == []


@pytest.mark.feature("B001", "B021")
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_some_people_move_and_move_back(visit, scripts):
    window = visit("ann", scripts=scripts, size=NARROW)
    window.go("/contacts")
    page = window.page
    page.get_by_label("Select Nils").check()
    page.get_by_label("Select Nora").check()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Which field?").select_option(label="City")
    page.get_by_role("button", name="Choose").click()
    page.get_by_label("City", exact=True).fill("Bergen")
    page.get_by_role("button", name="Show before and after").click()
    expect(page.get_by_text("2 records will change")).to_be_visible()
    page.get_by_label("Why").fill("A new office")
    page.get_by_role("button", name="Change 2 records").click()
    expect(page.get_by_text("2 records were changed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    window.go("/contacts?city.is=Bergen")
    expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()


@pytest.mark.feature("B021", "I191")
def test_a_view_is_saved_chosen_and_remembered(visit):
    window = visit("ann")
    window.go("/contacts?status=active&sort=-email")
    page = window.page
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name").fill("Active by mail")
    page.get_by_role("button", name="Save the view").click()
    expect(page).to_have_url(f"{window.url}/contacts?view=active-by-mail")
    page.locator("#contacts-list-sort-first_name").click()
    expect(page.get_by_text("This differs from")).to_be_visible()
    page.get_by_role("link", name="Reset").click()
    expect(page.get_by_text("This differs from")).to_be_hidden()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Contacts").click()
    expect(page).to_have_url(f"{window.url}/contacts?view=active-by-mail")
