"""The palette: over any page, by keyboard alone, and what it finds is what the search page finds."""

import pytest
from playwright.sync_api import expect

from .window import NARROW

pytestmark = pytest.mark.feature("B023")


def box(window):
    return window.page.get_by_role("combobox", name="Search and commands")


def meant(window):
    """The line that Enter takes, as the combobox says it."""
    return window.page.locator("#found [role=option][aria-selected=true]")


def test_by_keyboard_from_the_first_letter_to_the_record(visit, cast):
    window = visit("ann")
    window.go("/contracts")
    window.press("Control+k")
    window.expect_focus(box(window))
    expect(meant(window)).to_contain_text("New contact")
    window.type("ber")
    expect(meant(window)).to_contain_text("Ina Berg")
    expect(box(window)).to_have_attribute("aria-expanded", "true")
    expect(box(window)).to_have_attribute("aria-activedescendant", meant(window).get_attribute("id"))
    window.expect_focus(box(window))
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.ina}")


def test_enter_takes_what_the_letters_find_even_before_it_is_there(visit, cast):
    window = visit("ann")
    window.go("/")
    window.press("Control+k")
    window.type("xena")
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.xena}")


def test_arrows_go_round_and_escape_leaves_everything_as_it_was(visit):
    window = visit("ann")
    window.go("/contacts?q=berg")
    window.press("j")
    window.press("Control+k")
    window.type(">theme")
    expect(meant(window)).to_contain_text("Theme: light")
    window.press("ArrowDown")
    expect(meant(window)).to_contain_text("Theme: dark")
    window.press("ArrowUp", "ArrowUp")
    expect(meant(window)).to_contain_text("Theme: as the system")
    window.press("Escape")
    expect(window.page.locator("#palette")).to_be_hidden()
    assert window.page.evaluate("document.activeElement.closest('[data-row]') !== null")
    expect(window.page).to_have_url(f"{window.url}/contacts?q=berg")


def test_a_theme_is_a_command_and_leads_back_to_the_page(visit):
    window = visit("ann")
    window.go("/companies?size=10")
    window.press("Control+k")
    window.type("theme dark")
    expect(meant(window)).to_contain_text("Theme: dark")
    window.press("Enter")
    expect(window.page.locator("html[data-bs-theme=dark]")).to_be_visible()
    expect(window.page).to_have_url(f"{window.url}/companies?size=10")


def test_what_was_opened_last_comes_first(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.otto}")
    window.go("/")
    window.press("Control+k")
    expect(meant(window)).to_contain_text("Otto Lind")
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.otto}")


def test_by_touch_on_a_telephone(visit, cast):
    window = visit("ann", size=NARROW)
    window.go("/companies")
    window.page.get_by_role("link", name="Search").click()
    window.expect_focus(box(window))
    window.type("otto")
    window.page.get_by_role("option", name="Otto Lind").click()
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.otto}")


def test_nothing_found_is_said(visit):
    window = visit("ann")
    window.go("/")
    window.press("Control+k")
    window.type("zzzz")
    expect(window.page.locator("#palette .found-none")).to_have_text("Nothing found.")
    expect(window.page.locator("#palette-said")).to_have_text("Nothing found.")
    window.press("Enter")
    expect(box(window)).to_be_focused()


def test_without_scripts_the_same_search_is_a_page(visit, cast):
    window = visit("ann", scripts=False)
    window.go("/")
    window.page.get_by_role("searchbox", name="Search everywhere").fill("ina")
    window.press("Enter")
    expect(window.page.get_by_role("heading", name="Search: ina")).to_be_visible()
    window.link("Ina Berg").click()
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.ina}")
    window.go("/search?q=theme")
    window.button("Theme: dark").click()
    expect(window.page.locator("html[data-bs-theme=dark]")).to_be_visible()
