"""The portal and the administrator's pages in a browser: by keyboard, by mouse, and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from .window import NARROW


def test_my_details_by_keyboard_and_taken_back(visit, cast):
    window = visit("ina", "portal")
    window.go("/portal/me")
    cell = f"contact-{cast.ina}-mobile"
    window.open(cell).fill("+49 170 1234567")
    window.press("Enter")
    expect(window.cell(cell)).to_contain_text("+49 170 1234567")
    window.button("Undo").click()
    expect(window.cell(cell)).not_to_contain_text("1234567")
    expect(window.page.locator("#toasts")).to_contain_text("Undone")


def test_tab_leads_through_what_may_be_changed(visit, cast):
    window = visit("ina", "portal", size=NARROW)
    window.go("/portal/me")
    window.open(f"contact-{cast.ina}-first_name").fill("Inga")
    window.press("Tab")
    window.editing(f"contact-{cast.ina}-last_name").fill("Borg")
    window.press("Tab")
    expect(window.cell(f"contact-{cast.ina}-last_name")).to_contain_text("Borg")
    # The next field that may be changed; user name and e-mail are not among them.
    expect(window.page.locator(f"#contact-{cast.ina}-user_name form")).to_have_count(0)


def test_a_language_is_found_by_typing(visit, cast):
    window = visit("ina", "portal")
    window.go("/portal/me")
    window.cell(f"contact-{cast.ina}-language").locator("[data-edit]").click()
    expect(window.page.locator(f"#contact-{cast.ina}-language form")).to_be_visible()
    window.type("Germ")
    window.page.get_by_role("option", name="German", exact=True).click()
    window.page.locator(f"#contact-{cast.ina}-language .cell-save").click()
    expect(window.cell(f"contact-{cast.ina}-language")).to_contain_text(re.compile("German|Deutsch"))


def test_people_are_found_while_typing(visit):
    window = visit("ina", "portal")
    window.go("/portal/people")
    window.page.get_by_role("searchbox").fill("ott")
    people = window.page.locator("#people li")
    expect(people).to_have_count(1)
    expect(people).to_contain_text("Otto Lind")
    expect(window.page).to_have_url(re.compile(r"\?q=ott$"))


def test_the_portal_without_scripts(visit):
    window = visit("ina", "portal", scripts=False)
    window.go("/portal/")
    window.page.get_by_role("link", name="My details").last.click()
    window.page.get_by_role("link", name=re.compile("^Edit City")).click()
    window.field("City").fill("Kiel")
    window.press("Enter")
    expect(window.page).to_have_url(re.compile("/portal/me$"))
    expect(window.page.get_by_text("Kiel")).to_be_visible()


def names(window) -> list[str]:
    return window.page.locator(".fields-table td:first-child .cell-link").all_inner_texts()


@pytest.mark.feature("C028")
def test_fields_are_moved_by_keyboard_and_the_focus_stays(visit):
    window = visit("adam")
    window.go("/admin/fields/contact")
    before = names(window)
    button = window.button(f"Move {before[0]} down")
    button.focus()
    window.press("Enter")
    expect(window.page.locator("#status")).to_contain_text(f"{before[0]} is now number 2")
    assert names(window)[:2] == [before[1], before[0]]
    expect(window.button(f"Move {before[0]} down")).to_be_focused()
    window.button("Undo").click()
    expect(window.page.locator(".fields-table td:first-child .cell-link").first).to_have_text(before[0])


def test_fields_are_dragged(visit):
    window = visit("adam")
    window.go("/admin/fields/company")
    before = names(window)
    rows = window.page.locator(".fields-table tbody tr")
    start, end = (rows.nth(place).locator("[data-grip]").bounding_box() for place in (2, 0))
    mouse = window.page.mouse
    with window.posting("/order"):
        mouse.move(start["x"] + 5, start["y"] + 5)
        mouse.down()
        mouse.move(end["x"] + 5, end["y"] + 20, steps=8)
        mouse.move(end["x"] + 5, end["y"] + 1, steps=4)
        mouse.up()
    expect(window.page.locator("#status")).to_contain_text("another order")
    assert names(window)[:3] == [before[2], before[0], before[1]]


@pytest.mark.feature("I169", "I171")
def test_a_field_is_added_without_scripts(visit):
    window = visit("adam", scripts=False)
    window.go("/admin/fields/contact")
    window.link("New field").click()
    window.page.get_by_role("link", name=re.compile("^Several checkboxes")).click()
    window.field("Name needed").fill("Training taken")
    window.field("Choices, one on a line needed").fill("Accounting\nSales")
    window.button("Add field").click()
    expect(window.link("Training taken")).to_be_visible()
    expect(window.page.locator("#toasts")).to_contain_text("New field “Training taken”")
    window.button("Undo").click()
    expect(window.link("Training taken")).to_have_count(0)


def test_a_question_is_asked_in_a_dialog(visit):
    window = visit("adam")
    window.go("/admin/hosts")
    window.page.get_by_role("link", name=re.compile("Remove.*harbor.test")).click()
    dialog = window.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove harbor.test?")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)


def test_a_password_is_shown_in_the_place_of_its_button(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.nora}")
    window.button("Open the portal").click()
    part = window.page.locator(f"#contact-{cast.nora}-access")
    expect(part.locator(".secret-value")).to_be_visible()
    expect(part).to_contain_text("shown only now")
    window.button("Close the portal").click()
    expect(part.locator(".secret-value")).to_have_count(0)
    expect(part).to_contain_text("Cannot sign in to the portal")
