"""Colours and moments in the browser: the picker beside the text, and hours that the clocks show twice."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db

from .test_accessibility import look
from .window import NARROW


@pytest.fixture
def own(world, cast):
    """Contacts have a colour and a moment; Ina's lies in the hour that comes twice in Berlin."""
    with world.inside():
        for key, kind in (("badge", "colour"), ("visit", "date_time")):
            create(CustomField, {"of_noun": "contact", "key": key, "kind": kind, "label": key.title()}, actor=SYSTEM)
        settings_changed()
    with world.inside():
        visit = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        ina = db.session.get(Contact, cast.ina)
        update(ina, {"custom-badge": "#ffe135", "custom-visit": visit}, actor=SYSTEM)
    return cast.ina


def test_the_picker_writes_the_colour_into_the_text(visit, own):
    window = visit("ann")
    window.go(f"/contacts/{own}")
    badge = f"contact-{own}-custom-badge"
    expect(window.cell(badge).locator("rect")).to_have_attribute("fill", "#ffe135")
    text = window.open(badge)
    picker = window.cell(badge).locator("[data-picks]")
    expect(picker).to_be_visible()
    assert look(window, "a colour being edited") == []
    picker.fill("#123456")
    expect(text).to_have_value("#123456")
    text.fill("#abc")
    expect(picker).to_have_value("#aabbcc")
    text.press("Enter")
    expect(window.cell(badge)).to_contain_text("#aabbcc")
    expect(window.cell(badge).locator("rect")).to_have_attribute("fill", "#aabbcc")


def test_without_scripts_there_is_the_text_alone(visit, own):
    window = visit("ann", scripts=False, size=NARROW)
    window.go(f"/contacts/{own}/fields/custom-badge/edit")
    assert window.page.locator("[data-picks]").is_hidden()
    window.field("Badge").fill("0f0")
    window.field("Badge").press("Enter")
    expect(window.cell(f"contact-{own}-custom-badge")).to_contain_text("#00ff00")


def test_an_hour_that_comes_twice_is_chosen_by_writing_which(visit, own):
    window = visit("ann")
    window.allow(422)
    window.go(f"/contacts/{own}")
    # The browser says its zone with the first page; times are shown by it from the next on.
    window.page.reload()
    when = f"contact-{own}-custom-visit"
    expect(window.cell(when)).to_contain_text("+02:00")
    text = window.open(when)
    expect(text).to_have_value("2026-10-25 02:30 +02:00")
    text.fill("2026-10-25 02:30")
    text.press("Enter")
    expect(window.cell(when).get_by_role("alert")).to_contain_text("2026-10-25 02:30 +01:00")
    window.editing(when).fill("2026-10-25 02:30 +01:00")
    window.editing(when).press("Enter")
    expect(window.cell(when)).to_contain_text("+01:00")
    # An hour that comes once is the browser's own control.
    window.open(when).fill("2026-10-26 02:30")
    window.editing(when).press("Enter")
    expect(window.cell(when)).to_contain_text("Oct 26, 2026")
    expect(window.open(when)).to_have_attribute("type", "datetime-local")
