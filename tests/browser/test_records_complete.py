"""What is known of people and companies, in a browser: the word that pops up, the whole name, the tree of units."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_choices import choose


def say(window, where: str, cell: str, words: str) -> None:
    """Write a comment where it stands."""
    window.go(where)
    window.open(cell)
    window.type(words)
    window.press("Control+Enter")
    expect(window.cell(cell)).to_contain_text(words)


@pytest.mark.feature("I042", "I043")
def test_the_comment_pops_up_where_a_person_is_chosen_and_where_one_is_opened(visit, cast):
    window = visit("ann")
    say(window, f"/contacts/{cast.ina}", f"contact-{cast.ina}-comment", "Calls back at nine")
    say(window, f"/companies/{cast.acme}", f"company-{cast.acme}-comment", "Unpaid bills")
    window.go(f"/contracts/new?company={cast.acme}")
    choose(window, window.page.get_by_role("combobox", name="Customer contact"), "Ina", "Ina Berg")
    dialog = window.page.locator("#dialog[open]")
    expect(dialog.locator(".comment-text")).to_have_text(["Unpaid bills", "Calls back at nine"])
    window.press("Enter")
    expect(dialog).to_have_count(0)
    # Nobody has a word to say on Otto.
    window.go(f"/contacts/{cast.ina}")
    said = window.page.locator("#comments .comment")
    expect(said).to_have_count(2)
    window.button("Put away the comment on Acme").click()
    expect(said).to_have_count(1)
    expect(said).to_contain_text("Calls back at nine")


@pytest.mark.feature("W009")
def test_a_name_typed_as_one_changes_its_parts_beside_it(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    control = window.open(f"contact-{cast.ina}-full_name")
    control.fill("Dr. Anna Maria Müller jr.")
    window.press("Enter")
    expect(window.cell(f"contact-{cast.ina}-middle_name")).to_contain_text("Maria")
    expect(window.cell(f"contact-{cast.ina}-suffix")).to_contain_text("jr.")
    window.button("Undo").click()
    expect(window.cell(f"contact-{cast.ina}-full_name")).to_contain_text("Ina Berg")
    expect(window.cell(f"contact-{cast.ina}-suffix")).not_to_contain_text("jr.")


@pytest.mark.feature("L033")
def test_units_are_added_renamed_and_deactivated_on_the_company(visit, cast):
    window = visit("ann")
    window.allow(409)
    window.go(f"/companies/{cast.acme}/units")
    window.page.locator("#new-unit-name").fill("Hamburg")
    window.page.locator("#new-unit-kind").select_option("location")
    window.button("Add unit").click()
    hamburg = window.page.locator(".unit", has_text="Hamburg")
    expect(hamburg).to_have_count(1)
    control = window.open(f"department-{cast.acme_support}-name")
    control.fill("Help desk")
    window.press("Enter")
    expect(window.cell(f"department-{cast.acme_support}-name")).to_contain_text("Help desk")
    hamburg.get_by_role("button", name="Deactivate").click()
    expect(hamburg).to_have_count(0)
    window.page.get_by_role("button", name="Bring back").click()
    expect(hamburg).to_have_count(1)
    # Otto belongs to it.
    window.page.locator(f"#unit-{cast.acme_support}").get_by_role("button").last.click()
    expect(window.page.get_by_text("people belong to it: 1")).to_be_visible()
