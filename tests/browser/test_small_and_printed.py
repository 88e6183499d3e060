"""A phone of 360 pixels, a page at twice its size, and paper."""

import pytest
from playwright.sync_api import expect

from .window import NARROW


def test_on_a_phone_a_row_is_a_card_that_can_be_edited(visit, cast):
    window = visit("ann", size=NARROW)
    window.go("/contacts")
    card = window.page.locator(f"#contact-{cast.ina}")
    box = card.bounding_box()
    assert box["height"] > 150 and box["width"] <= 360
    for label in ("E-mail", "Phone", "Company"):
        cell = card.locator(f"td[data-label='{label}']")
        assert cell.evaluate("el => getComputedStyle(el, '::before').content") == f'"{label}"'
    expect(card.get_by_role("link", name="+49 30 901820", exact=True)).to_have_attribute("href", "tel:+4930901820")
    window.open(f"contact-{cast.ina}-job_title")
    window.type("Head of IT")
    window.press("Enter")
    expect(window.cell(f"contact-{cast.ina}-job_title")).to_have_text("Head of IT")
    toast = window.page.locator("[data-toast]").bounding_box()
    assert toast["x"] >= 0 and toast["x"] + toast["width"] <= 360


def test_on_a_phone_the_menu_leads_everywhere(visit):
    window = visit("ann", size=NARROW)
    window.go("/contacts")
    menu = window.page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    window.button("Menu").click()
    expect(menu).to_be_visible()
    window.press("Escape")
    expect(menu).to_be_hidden()
    window.button("Menu").click()
    menu.get_by_role("link", name="Companies").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Companies")
    window.link("Search").click()
    window.expect_focus(window.page.get_by_role("combobox", name="Search and commands"))


def test_on_a_phone_a_person_is_added_and_searched(visit, cast):
    window = visit("ann", size=NARROW)
    window.go(f"/companies/{cast.acme}/contacts")
    for label, text in (("First name", "Ada"), ("Last name", "Lovelace"), ("E-mail", "ada@acme.example")):
        window.field(label).fill(text)
    window.button("Add").click()
    expect(window.page.locator("#status")).to_have_text("Added: Ada Lovelace")
    window.page.get_by_role("searchbox", name="Filter Contacts").fill("ada")
    expect(window.page.locator("[data-row]")).to_have_count(1)


@pytest.mark.parametrize("path", ["/contacts", "/contacts/{ina}", "/companies/{acme}/contacts"])
def test_on_paper_there_is_all_of_the_record_and_nothing_of_the_program(visit, cast, path):
    window = visit("ann")
    window.go(path.format(ina=cast.ina, acme=cast.acme))
    window.page.emulate_media(media="print")
    for gone in (".bar", ".foot", ".page-actions", ".list-tools", ".pager", ".add-row", ".undo", ".tabs"):
        assert not window.page.locator(gone).filter(visible=True).count(), gone
    expect(window.page.get_by_role("heading", level=1)).to_be_visible()
    cut = window.page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(el => el.scrollHeight > el.clientHeight + 2
            && ["auto", "scroll", "hidden"].includes(getComputedStyle(el).overflowY)
            && el.checkVisibility() && !el.closest(".visually-hidden")).map(el => el.className)"""
    )
    assert cut == []
    assert window.page.pdf(format="A4").startswith(b"%PDF")


def test_on_paper_all_columns_stand_on_the_page(visit):
    window = visit("ann", size=(794, 1123))  # A4
    window.go("/companies")
    window.page.emulate_media(media="print", color_scheme="dark")
    right = window.page.locator("thead th").last.evaluate("el => el.getBoundingClientRect().right")
    assert right <= 794
    assert window.page.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    )
