"""A record as it was on a date, in the browser: found from the history, put back by a click, and without scripts."""

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records.actor import Actor
from app.records.write import update
from tenants import db

from .test_accessibility import LOOKS, look
from .window import NARROW

ANN = Actor("Ann Tanner", 1001)


@pytest.fixture
def changed(world, cast):
    """Ina was made in February, and got another phone today."""
    world.sql(f"UPDATE {world.schema()}.operation SET at = '2026-02-01 09:00+00'")
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"phone": "030 1", "city": "Kiel"}, actor=ANN)
    return cast.ina


@pytest.mark.feature("B016", "B027")
def test_a_field_is_put_back_and_the_focus_stays_with_it(visit, changed):
    window = visit("ann")
    window.go(f"/contacts/{changed}")
    window.field("As it was on").fill("2026-02-15")
    window.button("Show").click()
    phone = window.page.locator("#as-of-phone")
    expect(phone).to_contain_text("+49 30 901820")
    assert look(window, "as it was", LOOKS) == []
    phone.get_by_role("button").click()
    expect(window.page.locator("#toasts")).to_contain_text("Phone put back")
    expect(phone.get_by_role("button")).to_have_count(0)
    window.expect_focus(phone)
    window.field("Day").fill("2026-01-15")
    window.button("Show").click()
    expect(window.page.get_by_role("status").filter(has_text="did not exist yet")).to_be_visible()
    assert window.page.url.endswith(f"/contacts/{changed}/as-of?at=2026-01-15")


@pytest.mark.feature("B016", "B027")
def test_without_scripts_it_is_the_same(visit, changed):
    window = visit("ann", scripts=False, size=NARROW)
    window.go(f"/contacts/{changed}/history")
    window.page.get_by_role("link", name="As it was then").last.click()
    phone = window.page.locator("#as-of-phone")
    expect(phone).to_contain_text("different now 030 1")
    phone.get_by_role("button").click()
    expect(phone).to_contain_text("the same again")
    expect(window.page.locator("#toasts")).to_contain_text("Phone put back")
