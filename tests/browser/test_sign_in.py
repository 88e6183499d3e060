"""Signing in and out with a real browser."""

import pytest
from playwright.sync_api import expect

from tests.cast import password


def type_in(window, login: str, secret: str) -> None:
    window.field("E-mail or user name").fill(login)
    window.field("Password").fill(secret)
    window.press("Enter")


def test_a_wrong_password_is_refused_in_place_and_the_right_one_leads_on(visit):
    window = visit(None)
    window.allow(422)
    window.go("/contacts?q=ina")
    expect(window.page).to_have_url(f"{window.url}/sign-in?next=/contacts?q%3Dina")
    expect(window.field("E-mail or user name")).to_be_focused()

    type_in(window, "ann@desk.example", "not this one")
    alert = window.page.get_by_role("alert").filter(has_text="password")
    expect(alert).to_be_visible()
    expect(window.field("E-mail or user name")).to_have_value("ann@desk.example")
    expect(window.field("Password")).to_have_value("")
    expect(window.field("Password")).to_be_focused()

    window.type(password("ann"))
    window.press("Enter")
    expect(window.page).to_have_url(f"{window.url}/contacts?q=ina")
    expect(window.link("Ina")).to_be_visible()


def storage(window) -> dict:
    return window.page.evaluate(
        """async () => ({
            local: Object.entries(localStorage), session: Object.entries(sessionStorage),
            databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
            cookies: document.cookie})"""
    )


@pytest.mark.threat("T-064")
def test_nothing_of_the_organization_stays_in_the_browser_after_signing_out(visit, cast):
    window = visit("ann")
    window.go("/contacts")
    window.page.get_by_role("searchbox", name="Filter Contacts").fill("ina")
    expect(window.link("Otto")).to_have_count(0)
    window.go(f"/contacts/{cast.ina}")
    window.open(f"contact-{cast.ina}-notes")
    window.type("a secret of the customer")
    window.press("Control+Enter")
    expect(window.cell(f"contact-{cast.ina}-notes")).to_contain_text("a secret of the customer")

    window.page.get_by_label("Your menu: Ann Tanner").click()
    window.button("Sign out").click()
    expect(window.page).to_have_url(f"{window.url}/sign-in")
    kept = storage(window)
    assert kept == {"local": [], "session": [], "databases": 0, "caches": 0, "cookies": "tz=Europe/Berlin"}
    cookies = {cookie["name"]: cookie for cookie in window.context.cookies()}
    assert cookies["deskhand_staff"]["httpOnly"]

    window.page.go_back()
    expect(window.page).to_have_url(f"{window.url}/sign-in?next=/contacts/{cast.ina}")
    expect(window.page.get_by_text("secret of the customer")).to_have_count(0)


def test_an_ended_session_sends_a_region_to_the_sign_in_page(visit, world, cast):
    window = visit("ann")
    window.allow(401)
    window.go(f"/contacts/{cast.ina}")
    world.sql(f"DELETE FROM {world.schema()}.session")
    window.cell(f"contact-{cast.ina}-job_title").get_by_role("link").click()
    expect(window.page).to_have_url(f"{window.url}/sign-in")


def test_a_contact_signs_in_to_the_portal(visit):
    window = visit(None)
    window.go("/portal/")
    type_in(window, "ina", password("ina"))
    expect(window.page).to_have_url(f"{window.url}/portal/")
