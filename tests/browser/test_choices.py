"""Choosing: from a short list, and by typing from a long one; making a contact with the whole form."""

import pytest
from playwright.sync_api import Locator, expect


def options(window) -> Locator:
    """What an open combobox offers."""
    return window.page.locator(".ts-dropdown:visible [data-selectable]")


def choose(window, box: Locator, typed: str, chosen: str) -> None:
    """Type into a combobox and take what is offered first."""
    box.press_sequentially(typed)
    expect(options(window).first).to_have_text(chosen)
    window.press("Enter")
    expect(window.page.locator(".ts-dropdown:visible")).to_have_count(0)


@pytest.mark.feature("L040")
def test_the_company_of_a_contact_is_found_by_typing(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    cell = window.cell(f"contact-{cast.ina}-company")
    cell.hover()
    cell.locator("[data-edit]").click()
    box = cell.get_by_role("combobox", name="Company")
    window.expect_focus(box)
    expect(cell).to_contain_text("Acme")
    box.press_sequentially("nord")
    expect(options(window)).to_have_text(["Nordlys"])
    window.press("Enter")  # takes it
    window.press("Enter")  # saves
    expect(cell.get_by_role("link", name="Nordlys", exact=True)).to_have_attribute("href", f"/companies/{cast.nordlys}")
    window.expect_focus(cell.locator("[data-edit]"))
    expect(window.page.locator(".ts-dropdown")).to_have_count(0)
    assert len(window.posts) == 1


def test_a_line_manager_is_chosen_by_the_mouse_and_taken_away_by_the_keyboard(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.nora}")
    cell = window.cell(f"contact-{cast.nora}-line_manager_id")
    cell.locator("[data-edit]").click()
    box = cell.get_by_role("combobox", name="Line manager")
    box.press_sequentially("nils")
    options(window).filter(has_text="Nils Dahl").click()
    window.button("Save Line manager").click()
    expect(cell.get_by_role("link", name="Nils Dahl", exact=True)).to_have_attribute("href", f"/contacts/{cast.nils}")
    cell.hover()
    cell.locator("[data-edit]").click()
    window.expect_focus(box)
    expect(options(window).first).to_be_visible()
    window.press("Backspace", "Enter")  # what is offered is not taken unless it is gone to
    expect(cell.get_by_role("link", name="Edit Line manager: empty")).to_be_visible()


def test_nothing_found_is_said_and_escape_leaves_all_as_it_was(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    cell = window.cell(f"contact-{cast.ina}-company")
    cell.hover()
    cell.locator("[data-edit]").click()
    box = cell.get_by_role("combobox", name="Company")
    box.press_sequentially("no such company")
    expect(window.page.get_by_text("Nothing found")).to_be_visible()
    window.press("Escape")
    expect(cell.get_by_role("link", name="Acme", exact=True)).to_be_visible()
    window.expect_focus(cell.locator("[data-edit]"))
    assert window.posts == []


def test_enter_in_a_combobox_that_was_only_opened_changes_nothing(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    cell = window.cell(f"contact-{cast.ina}-company")
    cell.locator("[data-edit]").focus()
    window.press("Enter")
    window.expect_focus(cell.get_by_role("combobox", name="Company"))
    expect(options(window).first).to_be_visible()
    window.press("Enter")
    window.expect_focus(cell.locator("[data-edit]"))
    expect(cell.get_by_role("link", name="Acme", exact=True)).to_be_visible()
    window.press("Enter")
    expect(options(window).first).to_be_visible()
    window.press("ArrowDown", "ArrowDown", "Enter", "Enter")
    expect(cell.get_by_role("link", name="Xacme", exact=True)).to_be_visible()


def test_tab_takes_the_choice_saves_it_and_goes_on(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.nora}")
    cell = window.cell(f"contact-{cast.nora}-line_manager_id")
    cell.locator("[data-edit]").click()
    cell.get_by_role("combobox", name="Line manager").press_sequentially("nils")
    expect(options(window).first).to_have_text("Nils Dahl")
    window.press("Tab")
    expect(cell.get_by_role("link", name="Nils Dahl", exact=True)).to_be_visible()
    expect(window.page.locator("form[data-cell]")).to_have_count(1)


@pytest.mark.feature("L034", "L042", "L044")
def test_a_new_contact_with_everything(visit, cast):
    window = visit("ann")
    window.allow(422)
    window.go(f"/contacts/new?company={cast.nordlys}")
    window.button("Add contact").click()
    summary = window.page.get_by_role("alert").filter(has_text="another look")
    window.expect_focus(summary)
    summary.get_by_role("link", name="First name").click()
    window.type("Ada")
    window.field("Last name").or_(window.page.get_by_label("Last name needed")).first.fill("Lovelace")
    window.page.locator("#form-email").fill("ada@nordlys.example")
    window.page.locator("#form-country").select_option("Norway")
    choose(window, window.page.get_by_role("combobox", name="Line manager"), "nils", "Nils Dahl")
    window.page.locator("#form-notes").fill("Writes programs.")
    window.button("Add contact").dblclick()
    expect(window.page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    expect(window.page.locator("#facts")).to_contain_text("Nordlys")
    expect(window.page.locator("#facts")).to_contain_text("Nils Dahl")
    expect(window.page.locator("#facts")).to_contain_text("Europe/Oslo")
    assert len(window.posts) == 2  # the empty one and the good one


def test_leaving_a_form_with_changes_asks_first(visit):
    window = visit("ann")
    window.go("/companies/new")
    window.page.locator("#form-name").fill("Half a name")
    asked = []
    window.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    window.link("Contacts").click()
    expect(window.page).to_have_url(f"{window.url}/contacts")
    assert asked == ["beforeunload"]
