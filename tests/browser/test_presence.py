"""Two of the desk at the same record: each sees the other without asking, and says a word."""

import pytest
from playwright.sync_api import expect


@pytest.mark.feature("I108", "I106")
def test_two_at_one_record_see_each_other_and_say_a_word(visit, cast):
    ann, sue = visit("ann"), visit("sue")
    with sue.page.expect_response(lambda answer: answer.url.endswith("/presence")):
        sue.go(f"/contacts/{cast.ina}")
    ann.go(f"/contacts/{cast.ina}")
    expect(ann.page.locator(".present-others")).to_have_text("Sue Palmer has this open too.")
    box = ann.page.get_by_label("A word to them")
    box.fill("I am on the phone with her")
    ann.button("Say it").click()
    expect(ann.page.get_by_role("log")).to_contain_text("You")
    expect(box).to_have_value("")
    sue.page.reload()
    expect(sue.page.get_by_role("log")).to_contain_text("I am on the phone with her")
    # In the list the row says who is there.
    sue.go("/contacts")
    row = sue.page.locator(f"#contact-{cast.ina}")
    expect(row.locator(".open-mark")).to_have_attribute("title", "Ann Tanner has this open.")
    sue.go(f"/companies/{cast.acme}/contacts")
    expect(row.locator(".open-mark")).to_have_count(1)
    sue.page.get_by_role("searchbox", name="Filter Contacts").fill("berg")
    expect(sue.page.locator("[data-row]")).to_have_count(1)
    expect(row.locator(".open-mark")).to_have_count(1)


def test_nobody_else_is_no_line_at_all(visit, cast):
    window = visit("ann")
    with window.page.expect_response(lambda answer: answer.url.endswith("/presence")):
        window.go(f"/contacts/{cast.ina}")
    expect(window.page.locator("#presence")).to_be_hidden()
