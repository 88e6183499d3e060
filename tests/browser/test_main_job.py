"""The main job from sign-in to undo: by keyboard alone, and with scripts off."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import password

FILE = {
    "name": "people.csv",
    "mimeType": "text/csv",
    "buffer": b"First Name,Last Name,Email Address,Company,Country\n"
    b"Ada,Lovelace,ada@acme.example,Acme,Germany\nGrace,Hopper,grace@acme.example,Acme,Nowhere\n",
}


def press(window, name: str, scripts: bool, role: str = "button") -> None:
    """Go to a button and press it: with Tab and Enter, or where there are no scripts with a click."""
    button = window.page.get_by_role(role, name=name, exact=True).first
    if scripts:
        window.reach(button)
        window.press("Enter")
    else:
        button.click()


def sign_in(window) -> None:
    window.go("/sign-in")
    window.expect_focus(window.field("E-mail or user name"))
    window.type("ann@desk.example")
    window.press("Tab")
    window.type(password("ann"))
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/")


def import_a_file(window, world, scripts: bool) -> None:
    """Through all steps: file, columns, rules, a repair of what is wrong, import, undo."""
    main = window.page.get_by_role("main")
    chooser = main.locator("input[type=file]")
    if scripts:
        window.reach(chooser)
    chooser.set_input_files(FILE)
    press(window, "Upload and look at it", scripts)
    expect(window.page).to_have_url(re.compile("/columns$"))
    press(window, "1. File", scripts, "link")
    press(window, "Continue to the columns", scripts)
    expect(main.get_by_label("Email Address")).to_have_value("email")
    press(window, "Continue to the rules", scripts)
    press(window, "Check every row", scripts)

    def done() -> None:
        expect(main.get_by_role("progressbar").first).to_be_visible()
        world.run_jobs()
        if not scripts:
            window.page.reload()

    done()
    expect(main).to_contain_text("What will happen")
    repair = main.get_by_label("Read instead of “Nowhere”")
    if scripts:
        window.reach(repair)
    repair.fill("US")
    press(window, "Mend all", scripts)
    done()
    press(window, "Import 2 people", scripts)
    done()
    expect(main).to_contain_text("What happened")
    expect(window.link("New: 2")).to_be_visible()
    press(window, "Undo this import", scripts)
    done()
    expect(main).to_contain_text("This import was undone")


@pytest.mark.feature("B027", "B002", "B011")
def test_by_keyboard_alone(visit, world, cast):
    window = visit(None)
    sign_in(window)
    window.press("g", "c")
    expect(window.page).to_have_url(f"{window.url}/companies")
    window.press("/")
    window.type("nord")
    expect(window.page.locator("[data-row]")).to_have_count(1)
    window.reach(window.link("Nordlys"))
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/companies/{cast.nordlys}")

    phone = window.cell(f"company-{cast.nordlys}-phone")
    window.reach(phone.locator("[data-edit]"))
    window.press("F2")
    window.editing(f"company-{cast.nordlys}-phone").fill("+49 30 555000")
    window.press("Escape")
    window.expect_focus(phone.locator("[data-edit]"))
    expect(phone).to_contain_text("901820")
    window.press("F2")
    window.editing(f"company-{cast.nordlys}-phone").fill("+49 30 555000")
    window.press("Tab")
    window.editing(f"company-{cast.nordlys}-email")
    expect(phone).to_contain_text("555000")
    window.press("Escape")
    window.expect_focus(window.cell(f"company-{cast.nordlys}-email").locator("[data-edit]"))
    window.press("u")
    expect(phone).to_contain_text("901820")

    window.press("g", "i")
    expect(window.page).to_have_url(f"{window.url}/imports")
    window.press("c")
    expect(window.page).to_have_url(f"{window.url}/imports/new")
    import_a_file(window, world, scripts=True)


@pytest.mark.feature("B027")
def test_one_letter_does_nothing_for_whoever_switched_that_off(visit):
    """Not to be set off by speech or a slip of the hand (WCAG 2.1.4)."""
    window = visit("ann")
    window.go("/profile")
    window.field("Shortcuts of one letter").uncheck()
    # The answer to the form leads back to the profile: only when that page is there, the next one is asked for.
    with window.page.expect_navigation(url="**/profile"):
        window.button("Save").click()
    window.go("/contacts")
    window.press("g", "h", "c", "j")
    assert window.focused() not in ("search", "palette-q") and window.page.url == f"{window.url}/contacts"
    assert not window.page.evaluate("document.activeElement.closest('[data-row]')")
    window.press("Control+k")
    window.expect_focus(window.page.get_by_role("combobox", name="Search and commands"))


@pytest.mark.feature("B027")
def test_an_import_without_scripts(visit, world):
    window = visit(None, scripts=False)
    sign_in(window)
    window.link("Import a file").click()
    import_a_file(window, world, scripts=False)


@pytest.mark.feature("B027")
@pytest.mark.parametrize("noun", ["company", "contract"])
def test_reading_making_and_editing_without_scripts(visit, cast, noun):
    window = visit("ann", scripts=False)
    if noun == "company":
        window.go("/companies/new")
        window.page.locator("#form-name").fill("Fjord & Sons")
        window.page.locator("#form-kind").select_option("managed")
        window.button("Add company").click()
        title, field, label, text = "Fjord & Sons", "phone", "Phone", "+49 30 4711"
    else:
        window.go(f"/contracts/new?company={cast.acme}")
        window.page.locator("#form-description").fill("Care for printers")
        window.page.locator("#form-kind").select_option("subscription")
        window.page.locator("#form-customer_contact_id").fill("Ina Berg")
        window.page.locator("#form-support_contact_id").fill("Ann Tanner")
        window.button("Add contract").click()
        title, field, label, text = "Care for printers", "po_number", "Purchase order number", "PO-1"
    expect(window.page.get_by_role("heading", level=1)).to_have_text(title)
    record = window.page.url
    window.page.get_by_role("link", name=re.compile(f"^Edit {label}")).click()
    window.field(label).fill(text)
    window.button(f"Save {label}").click()
    expect(window.page).to_have_url(record)
    expect(window.page.locator(f"[id$='-{field}']").first).to_contain_text(text)
    window.page.get_by_role("button", name=re.compile(f"^Undo ?: {label}")).click()
    expect(window.page.locator(f"[id$='-{field}']").first).not_to_contain_text(text)
