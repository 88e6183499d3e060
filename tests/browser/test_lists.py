"""Lists: adding in the table, searching, sorting, filtering, columns, pages; the address says it all."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records import write
from app.records.actor import SYSTEM


@pytest.fixture
def crowd(world, cast):
    """Thirty more people at Nordlys."""
    people = [
        write.Create(
            Contact,
            {
                "first_name": f"Person {n:02}",
                "last_name": f"Crowd {n:02}",
                "user_name": f"crowd{n}",
                "email": f"crowd{n}@nordlys.example",
                "company": cast.nordlys,
            },
        )
        for n in range(30)
    ]
    with world.inside("harbor"):
        write.apply(write.begin(SYSTEM, "create", title="a crowd"), people)


def asked(window) -> dict[str, str]:
    """What the address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(window.page.url).query).items()}


def names(window) -> list[str]:
    """The first column, row by row."""
    return window.page.locator("[data-row] td:first-child .cell-link").all_inner_texts()


def search(window, title: str = "Contacts"):
    return window.page.get_by_role("searchbox", name=f"Filter {title}")


def panel(window, name: str):
    """Open one of the tools of a list."""
    window.page.locator("summary", has_text=name).click()
    return window.page.locator("details[open] form.menu-panel")


@pytest.mark.feature("B005", "C030")
def test_from_the_companies_to_a_new_person_in_one_of_them(visit, cast):
    window = visit("ann")
    window.go("/companies")
    window.link("Acme").click()
    window.page.get_by_role("navigation", name="Parts of Acme").get_by_role("link", name="Contacts").click()
    expect(window.page).to_have_url(f"{window.url}/companies/{cast.acme}/contacts")
    assert names(window) == ["Ina", "Otto", "Ben", "Dora"]

    window.field("First name").fill("Ada")
    window.press("Tab")
    window.type("Lovelace")
    window.press("Tab")
    window.type("ada@acme.example")
    # Three times before the answer can be there: it is sent once.
    window.field("E-mail").evaluate("field => { for (let n = 0; n < 3; n++) field.form.requestSubmit(); }")
    expect(window.page.locator("#status")).to_have_text("Added: Ada Lovelace")
    expect(window.page.get_by_role("status").filter(has_text="5 entries")).to_be_visible()
    for label in ("First name", "Last name", "E-mail"):
        expect(window.field(label)).to_have_value("")
    window.expect_focus(window.field("First name"))  # ready for the next one
    assert names(window) == ["Ina", "Otto", "Ada", "Ben", "Dora"]
    assert window.posts == [f"/companies/{cast.acme}/contacts"]

    window.page.get_by_role("region", name="Messages").get_by_role("link", name="Open").click()
    expect(window.page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    expect(window.page.locator("dd", has_text="Acme").first).to_be_visible()


def test_what_is_wrong_in_the_add_row_stays_there_to_be_mended(visit, cast):
    window = visit("ann")
    window.allow(422)
    window.go(f"/companies/{cast.acme}/contacts")
    window.field("First name").fill("Ada")
    window.field("Last name").fill("Lovelace")
    window.field("E-mail").fill("ada at acme")
    window.button("Add").click()
    email = window.page.locator("input[name=email][aria-invalid=true]")
    window.expect_focus(email)
    expect(email).to_have_value("ada at acme")
    expect(window.field("First name")).to_have_value("Ada")
    email.fill("ada@acme.example")
    window.press("Enter")
    expect(window.page.locator("#status")).to_have_text("Added: Ada Lovelace")
    expect(window.field("E-mail")).to_have_value("")


@pytest.mark.feature("C017", "C018")
def test_search_as_you_type_replaces_the_address_and_back_works(visit, cast):
    window = visit("ann")
    window.go("/companies")
    window.go("/contacts")
    search(window).press_sequentially("nor")
    expect(window.page.locator("[data-row]")).to_have_count(2)
    assert names(window) == ["Nils", "Nora"] or set(names(window)) == {"Nils", "Nora"}
    assert asked(window) == {"q": "nor"}
    window.expect_focus(search(window))
    expect(search(window)).to_have_value("nor")
    window.page.reload()
    assert set(names(window)) == {"Nils", "Nora"}
    window.link("Nora").click()
    expect(window.page.get_by_role("heading", name="Nora Strand")).to_be_visible()
    window.page.go_back()
    expect(search(window)).to_have_value("nor")
    assert set(names(window)) == {"Nils", "Nora"}
    window.page.go_back()  # the letters typed are one step, not three
    expect(window.page).to_have_url(f"{window.url}/companies")
    window.page.go_forward()
    search(window).fill("nobody at all")
    expect(window.page.get_by_text("Nothing matches these filters.")).to_be_visible()
    window.link("Clear the filters").click()
    expect(window.page.locator("[data-row]")).to_have_count(7)
    expect(search(window)).to_have_value("")


def test_sort_by_click_and_back(visit):
    window = visit("ann")
    window.go("/contacts")
    head = window.page.get_by_role("columnheader", name="First name")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names(window)[:2] == ["Ben", "Dora"]
    assert asked(window) == {"sort": "first_name"}
    window.expect_focus(head.get_by_role("link"))
    window.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names(window)[:2] == ["Xena", "Otto"]
    window.page.go_back()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names(window)[:2] == ["Ben", "Dora"]
    window.page.go_back()
    expect(window.page.get_by_role("columnheader", name="Last name")).to_have_attribute("aria-sort", "ascending")


@pytest.mark.feature("C015")
def test_filter_panel_and_chips(visit):
    window = visit("ann")
    window.go("/contacts?sort=first_name")
    form = panel(window, "Filter")
    form.get_by_label("Country", exact=True).select_option("Germany")
    form.get_by_label("How to compare: First name").select_option("contains")
    form.get_by_label("First name", exact=True).fill("n")
    window.press("Enter")
    expect(window.page.locator("[data-row]")).to_have_count(5)
    assert sorted(asked(window)) == ["f.country", "f.first_name", "op.country", "op.first_name", "sort"]
    expect(window.page.locator("details[open]")).to_have_count(0)
    chips = window.page.get_by_role("list", name="Filters in use").get_by_role("listitem")
    expect(chips).to_have_count(3)  # two filters and "Clear all"
    chips.filter(has_text="First name").get_by_role("link").click()
    expect(window.page.locator("[data-row]")).to_have_count(7)
    assert sorted(asked(window)) == ["f.country", "op.country", "sort"]
    assert window.focused(), "The focus must not be lost with the chip."
    panel(window, "Filter")
    expect(form.get_by_label("Country", exact=True)).to_have_value("DE")  # the panel shows what is in use
    window.press("Escape")
    expect(window.page.locator("details[open]")).to_have_count(0)
    window.page.get_by_role("list", name="Filters in use").get_by_role("link", name="Clear all").click()
    expect(chips).to_have_count(0)
    assert asked(window) == {"sort": "first_name"}


def test_a_filter_that_makes_no_sense_is_said(visit):
    window = visit("ann")
    window.go("/contracts?starts_on.after=soonish")
    problem = window.page.get_by_role("alert").filter(has_text="Start date: A date is expected")
    expect(problem).to_be_visible()


@pytest.mark.feature("C014")
def test_choosing_columns_by_button_and_by_dragging(visit):
    window = visit("ann")
    window.go("/contacts?sort=email")
    heads = window.page.locator("thead th .sort, thead th:not(:has(.sort))")
    form = panel(window, "Columns")
    form.get_by_label("City", exact=True).check()
    form.get_by_label("Phone", exact=True).uncheck()
    form.get_by_role("button", name="Move Last name up").click()
    window.expect_focus(form.get_by_role("button", name="Move Last name down"))  # it is the first now
    form.get_by_role("button", name="Show these columns").click()
    expect(heads.first).to_have_text("Last name")
    found = asked(window)["columns"].split(",")
    assert found[:2] == ["last_name", "first_name"]
    assert "city" in found and "phone" not in found
    assert asked(window)["sort"] == "email"

    form = panel(window, "Columns")
    grip = form.locator("li", has_text="E-mail").first.locator("[data-grip]")
    # Polled from here: the page's policy lets nothing be evaluated in it again and again.
    while not window.page.locator("[data-order]").evaluate("list => Boolean(list.sortable)"):
        window.page.wait_for_timeout(20)
    grip.drag_to(form.locator("li").first, target_position={"x": 20, "y": 3})
    form.get_by_role("button", name="Show these columns").click()
    expect(heads.first).to_have_text("E-mail")
    panel(window, "Columns").get_by_role("button", name="Reset").click()
    expect(heads.first).to_have_text("First name")
    assert asked(window) == {"sort": "email"}


@pytest.mark.feature("C014")
def test_rows_a_page_and_paging_there_and_back(visit, crowd):
    window = visit("ann")
    window.go("/contacts?q=crowd")
    window.go("/contacts")
    window.link("10 rows a page").click()
    expect(window.page.locator("[data-row]")).to_have_count(10)
    first = names(window)
    window.page.get_by_role("link", name="Next").click()
    expect(window.page.locator("[data-row] td:first-child .cell-link").first).not_to_have_text(first[0])
    second = names(window)
    assert len(second) == 10 and not set(first) & set(second)
    assert asked(window)["size"] == "10"
    window.page.get_by_role("link", name="Next").click()
    expect(window.page.locator("[data-row] td:first-child .cell-link").first).not_to_have_text(second[0])
    window.page.go_back()
    expect(window.page.locator("[data-row] td:first-child .cell-link").first).to_have_text(second[0])
    assert names(window) == second
    window.page.get_by_role("link", name="Previous").click()
    expect(window.page.locator("[data-row] td:first-child .cell-link").first).to_have_text(first[0])
    assert names(window) == first


def test_editing_in_the_table_tab_goes_along_the_row(visit, cast):
    window = visit("ann")
    window.go("/contacts?columns=first_name,job_title,phone,city")
    row = window.page.locator(f"#contact-{cast.ina}")
    widths = row.locator("td").evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().left)")
    window.open(f"contact-{cast.ina}-job_title")
    window.type("Head of IT")
    moved = row.locator("td").evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().left)")
    assert moved == widths, "A column moved when a cell was opened."
    window.press("Tab")
    expect(window.editing(f"contact-{cast.ina}-phone")).to_have_value("+49 30 901820")
    window.press("Tab")
    window.editing(f"contact-{cast.ina}-city")
    window.type("Kiel")
    window.press("Enter")
    expect(window.cell(f"contact-{cast.ina}-city")).to_have_text("Kiel")
    expect(window.cell(f"contact-{cast.ina}-job_title")).to_have_text("Head of IT")
    window.expect_focus(window.cell(f"contact-{cast.ina}-city").get_by_role("link"))
    window.press("u")
    expect(window.cell(f"contact-{cast.ina}-city")).to_have_text("Berlin")


def test_a_name_is_a_link_and_its_pencil_edits_it(visit, cast):
    window = visit("ann")
    window.go("/contacts")
    cell = window.cell(f"contact-{cast.ina}-first_name")
    cell.hover()
    cell.get_by_role("link", name=re.compile("^Edit First name")).click()
    window.editing(f"contact-{cast.ina}-first_name")
    window.type("Inga")
    window.press("Enter")
    expect(cell.get_by_role("link", name="Inga", exact=True)).to_have_attribute("href", f"/contacts/{cast.ina}")


def test_nothing_moves_while_it_loads(visit, crowd):
    """Cumulative layout shift, as the browser measures it, over a page, a search and an open cell."""
    window = visit("ann")
    window.go("/contacts?size=25")
    window.page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true }) }"""
    )
    window.page.get_by_role("link", name="Next").click()
    expect(window.page.get_by_role("link", name="Previous")).to_be_visible()
    window.page.locator("[data-edit].cell-edit").first.click()
    expect(window.page.locator("form[data-cell]")).to_be_visible()
    assert window.page.evaluate("window.shift") < 0.05
