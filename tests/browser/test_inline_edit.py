"""Editing a field where it stands, key by key."""

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records import write
from app.records.actor import Actor
from tenants import db

pytestmark = pytest.mark.feature("L049")


@pytest.fixture
def page_of_ina(visit, cast):
    """Ann looks at Ina's page."""
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    return window


def ids(cast, *names: str) -> list[str]:
    return [f"contact-{cast.ina}-{name}" for name in names]


def somebody_else_writes(world, cast, **values) -> None:
    with world.inside("harbor"):
        write.update(db.session.get(Contact, cast.ina), values, actor=Actor("Sue Palmer", cast.accounts["sue"]))


def status(window):
    return window.page.locator("#status")


@pytest.mark.feature("T009")
def test_click_type_enter(page_of_ina, cast):
    (title,) = ids(cast, "job_title")
    control = page_of_ina.open(title)
    expect(control).to_have_value("Buyer")
    expect(control).to_have_accessible_name("Job title")
    page_of_ina.type("Head of IT")  # what was there is selected, so typing replaces it
    page_of_ina.press("Enter")
    cell = page_of_ina.cell(title).get_by_role("link", name="Edit Job title: Head of IT")
    page_of_ina.expect_focus(cell)
    expect(status(page_of_ina)).to_have_text("Job title saved")
    expect(status(page_of_ina)).to_have_role("status")
    assert page_of_ina.posts == [f"/contacts/{cast.ina}/fields/job_title"]


@pytest.mark.parametrize("key", ["Enter", "F2", "e"])
def test_a_key_opens_the_cell_and_escape_leaves_it_as_it_was(page_of_ina, cast, key):
    (title,) = ids(cast, "job_title")
    page_of_ina.cell(title).get_by_role("link").focus()
    page_of_ina.press(key)
    page_of_ina.editing(title)
    page_of_ina.type("something else")
    page_of_ina.press("Escape")
    page_of_ina.expect_focus(page_of_ina.cell(title).get_by_role("link", name="Edit Job title: Buyer"))
    assert page_of_ina.posts == []


def test_what_is_typed_before_the_form_has_come_is_not_lost(page_of_ina, cast):
    (title,) = ids(cast, "job_title")
    page_of_ina.cell(title).get_by_role("link").focus()
    page_of_ina.press("Enter", *"che?")  # c, e and ? would be shortcuts if nothing were being opened
    expect(page_of_ina.editing(title)).to_have_value("che?")
    page_of_ina.type("f")
    page_of_ina.press("Enter")
    page_of_ina.expect_focus(page_of_ina.cell(title).get_by_role("link", name="Edit Job title: che?f"))


def test_tab_saves_and_opens_the_neighbour_and_shift_tab_the_one_before(page_of_ina, cast):
    first, middle, last, suffix = ids(cast, "first_name", "middle_name", "last_name", "suffix")
    page_of_ina.open(first)
    page_of_ina.type("Inga")
    page_of_ina.press("Tab")
    page_of_ina.editing(middle)
    page_of_ina.press("Tab")
    expect(page_of_ina.editing(last)).to_have_value("Berg")
    expect(page_of_ina.cell(first)).to_contain_text("Inga")
    expect(status(page_of_ina)).to_have_text("First name saved")
    page_of_ina.type("Bergen")
    page_of_ina.press("Tab")
    page_of_ina.editing(suffix)
    page_of_ina.press("Shift+Tab")
    expect(page_of_ina.editing(last)).to_have_value("Bergen")
    page_of_ina.press("Shift+Tab")
    page_of_ina.editing(middle)
    page_of_ina.press("Shift+Tab")
    expect(page_of_ina.editing(first)).to_have_value("Inga")
    page_of_ina.press("Escape")
    page_of_ina.expect_focus(page_of_ina.cell(first).get_by_role("link"))
    expect(page_of_ina.page.locator("form[data-cell]")).to_have_count(0)


def test_tab_goes_through_kinds_of_fields_over_the_border_of_a_section(page_of_ina, cast):
    active, *further, notes = ids(cast, "active", "exclude_from_search", "comment", "notes")
    page_of_ina.open(active)
    for id in (*further, notes):
        page_of_ina.press("Tab")
        page_of_ina.editing(id)
    page_of_ina.press("Tab")
    expect(page_of_ina.page.locator("form[data-cell]")).to_have_count(1)
    expect(page_of_ina.cell(notes).locator("form")).to_have_count(0)
    assert page_of_ina.focused().startswith(f"contact-{cast.ina}-")


def test_in_a_long_text_enter_makes_a_line_and_control_enter_saves(page_of_ina, cast):
    (notes,) = ids(cast, "notes")
    page_of_ina.open(notes)
    page_of_ina.press("Enter")
    page_of_ina.type("And a second line.")
    assert page_of_ina.posts == []
    page_of_ina.press("Control+Enter")
    cell = page_of_ina.cell(notes).get_by_role("link")
    page_of_ina.expect_focus(cell)
    assert cell.inner_text() == "What the desk knows of Ina.\nAnd a second line."


def test_leaving_by_mouse_saves_what_was_changed_and_only_that(page_of_ina, cast):
    title, city = ids(cast, "job_title", "city")
    page_of_ina.open(title)
    page_of_ina.page.get_by_role("heading", name="Phones").click()
    expect(page_of_ina.page.locator("form[data-cell]")).to_have_count(0)
    assert page_of_ina.posts == []
    page_of_ina.open(title)
    page_of_ina.type("Head of IT")
    page_of_ina.open(city)  # straight into the next one, by mouse
    expect(page_of_ina.cell(title)).to_have_text("Head of IT")
    page_of_ina.editing(city)
    assert len(page_of_ina.posts) == 1


def test_a_link_clicked_while_editing_waits_for_the_answer(page_of_ina, cast, world):
    (title,) = ids(cast, "job_title")
    page_of_ina.open(title)
    page_of_ina.type("Head of IT")
    page_of_ina.link("Companies").click()
    expect(page_of_ina.page).to_have_url(f"{page_of_ina.url}/companies")
    found = world.sql(f"SELECT job_title FROM {world.schema()}.contact WHERE id = {cast.ina}")
    assert found == [{"job_title": "Head of IT"}]


def test_what_is_wrong_is_said_in_place_and_what_was_typed_stays(page_of_ina, cast):
    (email,) = ids(cast, "email")
    page_of_ina.allow(422)
    page_of_ina.open(email)
    page_of_ina.type("not an address")
    page_of_ina.press("Enter")
    control = page_of_ina.page.locator(f"#{email}-input[aria-invalid=true]")
    page_of_ina.expect_focus(control)
    expect(control).to_have_value("not an address")
    described = control.get_attribute("aria-describedby").split()[0]
    expect(page_of_ina.page.locator(f"#{described}")).to_have_role("alert")
    page_of_ina.press("Control+A")
    page_of_ina.type("ina.berg@acme.example")
    page_of_ina.press("Enter")
    expect(page_of_ina.cell(email)).to_have_text("ina.berg@acme.example")


def conflict(window, world, cast):
    """Ann types into a field that Sue saves meanwhile."""
    (title,) = ids(cast, "job_title")
    window.allow(409)
    window.open(title)
    window.type("Mine")
    somebody_else_writes(world, cast, job_title="Hers")
    window.press("Enter")
    alert = window.cell(title).get_by_role("alert")
    expect(alert).to_contain_text("Sue Palmer changed this to “Hers”")
    expect(window.editing(title)).to_have_value("Mine")
    return window.cell(title)


@pytest.mark.feature("B002")
def test_two_who_write_at_once_see_both_values_and_enter_overwrites_knowingly(page_of_ina, world, cast):
    cell = conflict(page_of_ina, world, cast)
    page_of_ina.press("Enter")
    page_of_ina.expect_focus(cell.get_by_role("link", name="Edit Job title: Mine"))


@pytest.mark.feature("B002")
@pytest.mark.parametrize("way", ["Escape", "Take theirs"])
def test_two_who_write_at_once_may_take_the_other_value(page_of_ina, world, cast, way):
    cell = conflict(page_of_ina, world, cast)
    if way == "Escape":
        page_of_ina.press("Escape")
    else:
        page_of_ina.link("Take theirs").click()
    page_of_ina.expect_focus(cell.get_by_role("link", name="Edit Job title: Hers"))
    assert len(page_of_ina.posts) == 1


@pytest.mark.feature("B001")
@pytest.mark.parametrize("way", ["button", "u"])
def test_undo(page_of_ina, cast, way):
    (title,) = ids(cast, "job_title")
    page_of_ina.open(title)
    page_of_ina.type("Head of IT")
    page_of_ina.press("Enter")
    toast = page_of_ina.page.get_by_role("region", name="Messages")
    expect(toast).to_contain_text("Job title saved")
    if way == "u":
        page_of_ina.press("u")
    else:
        toast.get_by_role("button", name="Undo").click()
    page_of_ina.expect_focus(page_of_ina.cell(title).get_by_role("link", name="Edit Job title: Buyer"))
    expect(status(page_of_ina)).to_have_text("Undone")
    expect(toast.get_by_role("button", name="Undo")).to_have_count(0)


def test_many_enters_and_a_double_click_save_once(page_of_ina, cast):
    title, city = ids(cast, "job_title", "city")
    page_of_ina.open(title)
    page_of_ina.type("Head of IT")
    page_of_ina.page.evaluate(
        """() => { for (let i = 0; i < 3; i++) document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })) }"""
    )
    expect(page_of_ina.cell(title)).to_have_text("Head of IT")
    page_of_ina.open(city)
    page_of_ina.type("Kiel")
    page_of_ina.button("Save City").dblclick()
    expect(page_of_ina.cell(city)).to_have_text("Kiel")
    assert len(page_of_ina.posts) == 2


def test_a_field_that_follows_another_changes_with_it(page_of_ina, cast):
    country, state, zone = ids(cast, "country", "state", "time_zone")
    control = page_of_ina.open(country)
    assert control.evaluate("el => el.tagName") == "SELECT"
    control.select_option("United States")
    page_of_ina.press("Enter")
    expect(page_of_ina.cell(country)).to_have_text("United States")
    expect(page_of_ina.cell(zone)).to_contain_text("America/")
    states = page_of_ina.open(state)
    states.select_option("California")
    page_of_ina.press("Enter")
    expect(page_of_ina.cell(state)).to_have_text("California")


def test_without_a_connection_nothing_typed_is_lost(page_of_ina, cast):
    (title,) = ids(cast, "job_title")
    page_of_ina.allow("net::ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    control = page_of_ina.open(title)
    page_of_ina.type("Head of IT")
    page_of_ina.context.set_offline(True)
    page_of_ina.press("Enter")
    expect(page_of_ina.page.locator("#alerts")).to_contain_text("No connection")
    expect(control).to_have_value("Head of IT")
    page_of_ina.context.set_offline(False)
    control.press("Enter")
    expect(page_of_ina.cell(title)).to_have_text("Head of IT")
    expect(page_of_ina.page.locator("#alerts")).to_be_empty()
