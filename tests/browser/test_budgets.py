"""How many clicks and keys the daily work takes. Letters do not count, nor the Tab from one field to the next."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.feature("B023")


class Counted:
    """A window that counts what a person does in it beside typing."""

    def __init__(self, window):
        self.window, self.count = window, 0

    def click(self, target) -> None:
        self.count += 1
        target.click()

    def press(self, key: str) -> None:
        self.count += 1
        self.window.press(key)

    def type(self, *texts: str) -> None:
        """Words, and Tab from one field to the next."""
        for place, text in enumerate(texts):
            if place:
                self.window.press("Tab")
            self.window.type(text)


@pytest.fixture
def ann(visit):
    return Counted(visit("ann"))


def test_a_phone_number_is_changed_by_two(ann, cast):
    window, id = ann.window, f"contact-{cast.ina}-phone"
    window.go("/contacts")
    ann.click(window.cell(id).locator("[data-edit]"))
    window.editing(id)
    ann.type("030 555")
    ann.press("Enter")
    expect(window.cell(id)).to_contain_text("030 555")
    assert ann.count == 2


def test_what_was_changed_is_undone_by_one(ann, cast):
    window, id = ann.window, f"contact-{cast.ina}-phone"
    window.go("/contacts")
    window.open(id)
    window.type("030 555")
    window.press("Enter")
    expect(window.cell(id)).to_contain_text("030 555")
    ann.press("u")
    expect(window.cell(id)).to_contain_text("+49 30 901820")
    assert ann.count == 1


def test_a_contact_is_added_to_a_company_by_two(ann, cast):
    window = ann.window
    window.go(f"/companies/{cast.acme}")
    ann.press("c")
    window.expect_focus(window.page.locator("#form-first_name"))
    ann.type("Cleo", "", "New", "", "", "", "cleo@acme.example")
    ann.press("Enter")
    expect(window.page.get_by_role("heading", name="Cleo New")).to_be_visible()
    expect(window.page.get_by_role("heading", name="Acme")).to_be_visible()
    assert ann.count == 2


def test_a_contact_is_added_in_the_list_of_a_company_by_two(ann, cast):
    window = ann.window
    window.go(f"/companies/{cast.acme}/contacts")
    ann.click(window.page.locator("#contacts-list-add-first_name"))
    ann.type("Cleo", "New", "cleo@acme.example")
    ann.press("Enter")
    expect(window.page.get_by_role("link", name="Cleo", exact=True)).to_be_visible()
    assert ann.count == 2


def test_a_person_is_found_from_anywhere_by_two(ann, cast):
    window = ann.window
    window.go("/jobs")
    ann.press("Control+k")
    ann.type("nora")
    ann.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts/{cast.nora}")
    assert ann.count == 2


def test_a_colleague_is_the_pattern_for_a_new_contact_by_one(ann, cast):
    window = ann.window
    window.go(f"/contacts/{cast.otto}")
    ann.press("c")
    expect(window.page).to_have_url(f"{window.url}/contacts/new?like={cast.otto}")
    expect(window.field("City")).to_have_value("Berlin")
    assert ann.count == 1
