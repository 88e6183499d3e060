"""A form by keyboard alone: built with a condition, published, added to a company, filled in, undone."""

import pytest
from playwright.sync_api import expect

from .window import NARROW, PATIENCE


def ask(window, kind: str, label: str, **fields: str) -> None:
    """Add a question by keyboard: choose what it is, then describe it."""
    window.press("c")
    tile = window.page.get_by_role("link", name=kind)
    window.reach(tile.first)
    window.press("Enter")
    expect(window.page.locator("#form-label")).to_be_focused(timeout=PATIENCE)
    window.type(label)
    for name, text in fields.items():
        control = window.page.locator(f"#form-{name}")
        window.reach(control)
        window.type(text)
    window.press("Enter")
    expect(window.page.locator("#fields")).to_contain_text(label, timeout=PATIENCE)


@pytest.mark.feature("C076", "C077", "C079")
def test_a_form_is_built_and_filled_in_by_keyboard(visit, world, cast):
    window = visit("adam")
    window.go("/admin/forms")
    window.press("c")
    expect(window.page.locator("#form-name")).to_be_focused(timeout=PATIENCE)
    window.type("Site access")
    window.press("Enter")
    expect(window.page.get_by_role("heading", name="Site access", level=1)).to_be_visible(timeout=PATIENCE)
    ask(window, "Yes or no", "Gate")
    ask(window, "Line of text", "Code", show_field="Gate", show_verb="is", show_value="yes")
    ask(window, "Date such as", "Since")
    expect(window.page.locator("#fields")).to_contain_text("Asked only if “Gate” is “Yes”.")
    # A question that depends on another cannot be moved before it.
    window.allow(409)
    up = window.button("Move Code up")
    window.reach(up)
    window.press("Enter")
    expect(window.page.locator("#alerts")).to_contain_text("“Code” depends on “Gate”", timeout=PATIENCE)
    down = window.button("Move Code down")
    window.reach(down)
    window.press("Enter")
    expect(window.page.locator("#status")).to_contain_text("Code is now number 3 of 3", timeout=PATIENCE)
    window.page.keyboard.press("Home")
    publish = window.button("Publish version 1")
    publish.focus()
    window.press("Enter")
    expect(window.page.locator(".plain-list").first).to_contain_text("Version 1", timeout=PATIENCE)

    window.go(f"/companies/{cast.acme}")
    window.press(".")
    window.reach(window.link("Manage forms"))
    window.press("Enter")
    window.reach(window.button("Add"))
    window.press("Enter")
    gate, code = window.field("Gate"), window.page.locator("#form-custom-code")
    expect(gate).to_be_visible(timeout=PATIENCE)
    expect(code).to_be_hidden()
    window.reach(gate)
    window.press("Space")
    expect(code).to_be_visible()
    window.reach(code)
    window.type("4711")
    window.press("Enter")
    section = window.page.locator(".filled-form")
    expect(section).to_contain_text("4711", timeout=PATIENCE)
    # In place: what depends on an answer goes with it, and comes back when that is undone.
    number = section.get_attribute("id").rpartition("-")[2]
    cell = window.cell(f"filled_form-{number}-custom-gate")
    cell.locator("[data-edit]").focus()
    window.press("Enter")
    window.editing(f"filled_form-{number}-custom-gate")
    window.press("Space", "Enter")
    expect(section).not_to_contain_text("4711", timeout=PATIENCE)
    undo = window.button("Undo").first
    undo.focus()
    window.press("Enter")
    expect(section).to_contain_text("4711", timeout=PATIENCE)


@pytest.mark.feature("C079")
def test_without_scripts_every_question_stands_there_with_its_condition(visit, world, cast):
    adam = world.staff("adam")
    at = adam.post_form("/admin/forms", {"name": "Site access", "about": "company"}).headers["Location"]
    adam.post_form(f"{at}/questions", {"kind": "yes_no", "label": "Gate", "portal": "none"})
    condition = {"show_field": "gate", "show_verb": "is", "show_value": "yes", "required": "1"}
    adam.post_form(f"{at}/questions", {"kind": "text", "label": "Code", "portal": "none"} | condition)
    adam.post_form(f"{at}/versions")
    window = visit("ann", scripts=False, size=NARROW)
    window.allow(422)
    window.go(f"/companies/{cast.acme}/forms")
    window.button("Add").click()
    expect(window.page.get_by_text("Asked only if “Gate” is “Yes”.")).to_be_visible()
    window.field("Gate").check()
    window.button("Save").click()
    expect(window.page.get_by_text("This field may not be empty.").first).to_be_visible()
    expect(window.field("Gate")).to_be_checked()
    window.page.locator("#form-custom-code").fill("4711")
    window.button("Save").click()
    expect(window.page.locator(".filled-form")).to_contain_text("4711")
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True


@pytest.mark.feature("C076", "C079")
def test_a_room_is_chosen_from_those_of_the_building(visit, world, cast):
    adam = world.staff("adam")
    at = adam.post_form("/admin/forms", {"name": "Seat", "about": "company"}).headers["Location"]
    adam.post_form(f"{at}/questions", {"kind": "choice", "label": "House", "choices": "North\nSouth", "portal": "none"})
    goes = {"offer_field": "house", "offer_lines": "North: 101; 102\nSouth: 201"}
    room = {"kind": "choice", "label": "Room", "choices": "101\n102\n201", "portal": "none"}
    adam.post_form(f"{at}/questions", room | goes)
    adam.post_form(f"{at}/versions")
    window = visit("ann")
    window.go(f"/companies/{cast.acme}/forms")
    window.button("Add").click()
    house, rooms = window.field("House"), window.page.locator("#form-custom-room")
    expect(house).to_be_visible(timeout=PATIENCE)
    expect(rooms).to_be_hidden()
    house.select_option("North")
    expect(rooms.locator("option:not([hidden])")).to_have_text(["–", "101", "102"])
    rooms.select_option("102")
    house.select_option("South")
    expect(rooms.locator("option:not([hidden])")).to_have_text(["–", "201"])
    expect(rooms).to_have_value("")
    rooms.select_option("201")
    window.button("Save").click()
    expect(window.page.locator(".filled-form")).to_contain_text("201", timeout=PATIENCE)
