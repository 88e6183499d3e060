"""What is around the pages: history, theme, jobs, messages, errors."""

import re

import pytest
from playwright.sync_api import expect

from tenants import db
from tenants.jobs import Job


@pytest.mark.feature("B001")
def test_history_shows_what_was_done_and_takes_it_back(visit, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.ina}")
    window.open(f"contact-{cast.ina}-job_title")
    window.type("Head of IT")
    window.press("Enter")
    expect(window.cell(f"contact-{cast.ina}-job_title")).to_have_text("Head of IT")
    window.page.reload()
    history = window.page.get_by_role("region", name="History")
    newest = history.get_by_role("listitem").first
    expect(newest).to_contain_text("Ann Tanner")
    expect(newest).to_contain_text("Buyer")
    expect(newest).to_contain_text("Head of IT")
    newest.get_by_role("button", name=re.compile("^Undo ?: Job title$")).click()
    expect(window.cell(f"contact-{cast.ina}-job_title")).to_have_text("Buyer")
    expect(history.get_by_role("listitem").first).to_contain_text("Undone")


def test_the_theme_changes_at_once_and_stays(visit):
    window = visit("ann")
    window.go("/contacts")
    background = "getComputedStyle(document.body).backgroundColor"
    light = window.page.evaluate(background)
    window.page.get_by_label("Your menu: Ann Tanner").click()
    with window.posting("/profile/theme"):
        window.button("Dark").click()
    assert window.page.evaluate(background) != light
    expect(window.button("Dark")).to_have_attribute("aria-pressed", "true")
    window.page.reload()
    assert window.page.evaluate(background) != light
    expect(window.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_by_itself_a_page_is_as_dark_as_the_system(visit):
    window = visit("ann", dark=True)
    window.go("/contacts")
    dark = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    window.page.emulate_media(color_scheme="light")
    assert window.page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


@pytest.fixture
def job(world, cast):
    """A job of Ann's that runs; returns a function that changes it, as its worker would."""
    with world.inside("harbor"):
        made = Job(
            kind="tests.nothing",
            label="Import of people.csv",
            account_id=cast.accounts["ann"],
            state="running",
            done=40,
            total=100,
        )
        db.session.add(made)
        db.session.flush()
        number = made.id

    def change(**values):
        with world.inside("harbor"):
            row = db.session.get(Job, number)
            for name, value in values.items():
                setattr(row, name, value)
        return number

    change.id = number
    return change


@pytest.mark.feature("B011")
def test_the_jobs_panel_follows_a_job_and_stops_asking_when_it_is_done(visit, job):
    window = visit("ann")
    window.go("/contacts")
    window.page.locator("#jobs summary").click()
    panel = window.page.locator(".jobs-panel")
    expect(panel.get_by_role("progressbar", name="Import of people.csv")).to_have_attribute("value", "40")
    expect(window.page.locator("#jobs summary")).to_have_accessible_name("Jobs: 1 is running")
    job(done=80)
    expect(panel.get_by_role("progressbar")).to_have_attribute("value", "80")
    expect(window.page.locator("#jobs")).to_have_attribute("open", "")  # it did not close while it was redrawn
    job(state="done", done=100, link="/contacts")
    expect(panel.get_by_role("link", name=re.compile("^See the result"))).to_be_visible()
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))
    window.page.wait_for_timeout(2500)
    assert asked == []


@pytest.mark.feature("B011")
def test_a_job_is_cancelled_from_its_page(visit, job):
    window = visit("ann")
    window.go(f"/jobs/{job.id}")
    main = window.page.get_by_role("main")
    main.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(main.get_by_role("button", name=re.compile("^Cancel"))).to_have_count(0)
    job(state="cancelled")
    expect(main).to_contain_text("cancelled")
    expect(main.get_by_role("status")).to_have_text("Import of people.csv: cancelled")


def test_a_page_that_is_not_there_says_so_and_leads_on(visit):
    window = visit("ann")
    window.allow(404)
    assert window.go("/contacts/999999").status == 404
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Not found")
    window.link("Back to the start").click()
    expect(window.page).to_have_url(f"{window.url}/")


def test_a_region_that_is_gone_is_said_above_the_page(visit, world, cast):
    window = visit("ann")
    window.allow(404)
    window.go(f"/contacts/{cast.nora}")
    world.sql(f"UPDATE {world.schema()}.contact SET withdrawn_at = now() WHERE id = {cast.nora}")
    window.cell(f"contact-{cast.nora}-job_title").locator("[data-edit]").click()
    alerts = window.page.locator("#alerts")
    expect(alerts).to_have_role("alert")
    expect(alerts.locator(".alert-line")).to_be_visible()
    expect(window.cell(f"contact-{cast.nora}-job_title")).to_have_text("Buyer")
    alerts.get_by_role("button", name="Close message").click()
    expect(alerts).to_be_empty()


def test_a_fault_of_the_server_leaves_the_page_and_what_was_typed(visit, world, cast):
    window = visit("ann")
    window.allow(500, 503)
    window.go(f"/contacts/{cast.ina}")
    control = window.open(f"contact-{cast.ina}-job_title")
    window.type("Head of IT")
    world.sql(f"ALTER TABLE {world.schema()}.change RENAME TO change_away")
    window.press("Enter")
    expect(window.page.locator("#alerts")).not_to_be_empty()
    expect(control).to_have_value("Head of IT")
    world.sql(f"ALTER TABLE {world.schema()}.change_away RENAME TO change")
    control.press("Enter")
    expect(window.cell(f"contact-{cast.ina}-job_title")).to_have_text("Head of IT")
    expect(window.page.locator("#alerts")).to_be_empty()


def test_a_message_stays_while_it_is_pointed_at_and_goes_by_itself(visit, cast):
    window = visit("ann")
    window.page.clock.install()
    window.go(f"/contacts/{cast.ina}")
    window.open(f"contact-{cast.ina}-job_title")
    window.type("Head of IT")
    window.press("Enter")
    toast = window.page.locator("[data-toast]")
    expect(toast).to_be_visible()
    toast.hover()
    window.page.clock.run_for(30_000)
    expect(toast).to_be_visible()
    window.page.mouse.move(600, 10)
    window.page.clock.run_for(9_000)
    expect(toast).to_be_visible()
    window.page.clock.run_for(3_000)
    expect(toast).to_have_count(0)
