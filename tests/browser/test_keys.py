"""The keyboard: rows, places, search, help; single letters never while somebody types."""

import pytest
from playwright.sync_api import expect


def row(window) -> str:
    """The id of the row that has the focus."""
    return window.page.evaluate("document.activeElement.closest('[data-row]')?.id ?? ''")


def test_rows_by_letters_and_by_arrows(visit, cast):
    window = visit("ann")
    window.go("/contacts")
    window.press("j")
    assert row(window) == f"contact-{cast.ina}"
    window.press("j", "ArrowDown")
    assert row(window) == f"contact-{cast.xena}"
    window.press("k")
    assert row(window) == f"contact-{cast.nils}"
    window.press("ArrowUp", "e")
    window.editing(f"contact-{cast.ina}-first_name")
    window.press("Escape")
    window.expect_focus(window.cell(f"contact-{cast.ina}-first_name").locator("[data-edit]"))
    window.press("j", "Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.nils}")


def test_a_row_that_is_reached_is_not_hidden_behind_the_head(visit):
    window = visit("ann", size=(1280, 420))
    window.go("/contacts")
    for _ in range(7):
        window.press("j")
    for _ in range(6):
        window.press("k")
    seen = window.page.evaluate(
        """() => { const box = document.activeElement.getBoundingClientRect();
            return document.elementFromPoint(box.left + 2, box.top + 2).closest("[data-row]")?.id
                === document.activeElement.closest("[data-row]").id }"""
    )
    assert seen


def test_slash_goes_to_the_filter_and_letters_are_letters_there(visit):
    window = visit("ann")
    window.go("/contacts")
    window.press("/")
    box = window.page.get_by_role("searchbox", name="Filter Contacts")
    window.expect_focus(box)
    window.type("jkec?/gc")
    expect(box).to_have_value("jkec?/gc")
    expect(window.page).to_have_url(f"{window.url}/contacts?q=jkec%3F%2Fgc")
    expect(window.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_help_lists_the_keys_and_escape_closes_it(visit):
    window = visit("ann")
    window.go("/contacts")
    window.press("?")
    help_ = window.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_visible()
    window.press("j")  # nothing below reacts
    assert row(window) == ""
    window.press("Escape")
    expect(help_).to_be_hidden()


def test_control_k_searches_everything_from_anywhere(visit, cast):
    window = visit("ann")
    window.go("/profile")
    window.press("Control+k")
    window.expect_focus(window.page.get_by_role("combobox", name="Search and commands"))
    window.type("acme")
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/companies/{cast.acme}")


@pytest.mark.parametrize(
    ("keys", "path"),
    [("gh", "/"), ("gc", "/companies"), ("gp", "/contacts"), ("go", "/contracts"), ("c", "/contacts/new")],
)
def test_places_by_two_letters_and_new_by_one(visit, keys, path):
    window = visit("ann")
    window.go("/contacts?q=ina")
    window.press(*keys)
    expect(window.page).to_have_url(window.url + path)


def test_the_whole_way_by_keyboard_alone(visit, cast):
    """Skip link, list, record, field and back, with no mouse and every stop to be seen."""
    window = visit("ann")
    window.go("/contacts")
    window.press("Tab")
    window.expect_focus(window.link("Skip to content"))
    window.press("Enter")
    assert window.focused() == "main"
    window.press("j", "Enter")
    expect(window.page.get_by_role("heading", name="Ina Berg")).to_be_visible()
    for _ in range(60):
        window.press("Tab")
        outline = window.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or window.page.evaluate("document.activeElement === document.body")
        if window.focused() == f"contact-{cast.ina}-job_title":
            break
    window.press("Enter")
    window.editing(f"contact-{cast.ina}-job_title")


@pytest.mark.feature("B023")
def test_n_opens_the_menu_of_what_is_new_and_arrows_go_through_it(visit):
    window = visit("ann")
    window.go("/companies")
    window.press("n")
    window.expect_focus(window.page.locator("#new").get_by_role("link", name="New contact"))
    window.press("ArrowDown", "ArrowDown", "ArrowUp")
    window.expect_focus(window.page.locator("#new").get_by_role("link", name="New company"))
    window.press("Escape")
    window.expect_focus(window.page.locator("#new summary"))
    window.press("n", "Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/new")


@pytest.mark.feature("B023")
def test_brackets_go_to_the_neighbours_in_the_list(visit, cast):
    window = visit("ann")
    window.go("/contacts?sort=first_name")
    window.cell(f"contact-{cast.ina}").get_by_role("link", name="Ina", exact=True).click()
    for key, name in (("", "Ina Berg"), ("]", "Nils Dahl"), ("]", "Nora Strand"), ("[", "Nils Dahl")):
        window.press(*key)
        expect(window.page.get_by_role("heading", name=name)).to_be_visible()
        # The keys of a page work when its scripts are there.
        window.page.wait_for_load_state()
    window.link("Back to the list").click()
    expect(window.page).to_have_url(f"{window.url}/contacts?sort=first_name")


@pytest.mark.feature("B023")
def test_e_edits_the_first_field_of_a_record(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    window.press("e")
    window.editing(f"contact-{cast.ina}-full_name")


@pytest.mark.feature("B023")
def test_the_help_lists_what_works_here(visit, cast):
    window = visit("ann")
    help_ = window.page.get_by_role("dialog", name="Keyboard shortcuts")
    for path, here, elsewhere in (
        ("/contacts", "Type into the filter", "Edit the first field of the record"),
        (f"/contacts/{cast.ina}", "Edit the first field of the record", "Next row"),
    ):
        window.go(path)
        window.press("?")
        expect(help_.get_by_text(here)).to_be_visible()
        expect(help_.get_by_text("Search and commands")).to_be_visible()
        expect(help_.get_by_text(elsewhere)).to_be_hidden()
