"""One's own details in the portal: seen, changed where they stand, taken back."""

import re

import pytest

from app.contacts.models import Contact
from app.fields.settings import fields_of
from app.records.actor import SYSTEM
from app.records.models import Change, Operation
from app.records.write import update
from tenants import db
from tests.pages import normal


def now(world, name: str, person: str = "ina"):
    query = f"SELECT {name} AS value FROM {world.schema()}.contact WHERE id = %s"
    return world.sql(query, getattr(world.cast, person))[0]["value"]


def version(world) -> str:
    return str(now(world, "version"))


@pytest.mark.feature("L007")
def test_the_page_shows_what_is_opened_and_nothing_else(shared_world):
    page = normal(shared_world.portal("ina").get("/portal/me"))
    for shown in ("Ina", "Berg", "ina@acme.example", "Purchasing", "Buyer", "Acme", "Berlin", "Germany"):
        assert shown in page
    assert "What the desk knows" not in page and "Notes" not in page
    assert 'href="/portal/me/fields/phone/edit"' in page
    assert "/portal/me/fields/email/edit" not in page
    assert 'href="/contacts/' not in page and 'href="/companies/' not in page


def test_a_field_is_changed_where_it_stands_and_taken_back(world):
    browser = world.portal("ina")
    form = browser.fragment("/portal/me/fields/mobile/edit")
    assert 'action="/portal/me/fields/mobile"' in normal(form)
    sent = {"value": "+49 170 1234567", "v": version(world)}
    saved = browser.fragment("/portal/me/fields/mobile", method="POST", data=sent)
    assert saved.status_code == 200
    assert "+49 170 1234567" in normal(saved) and now(world, "mobile") == "+49 170 1234567"
    undo = re.search(r"/portal/me/fields/mobile/undo\?operation=\d+", normal(saved))[0]
    undone = browser.fragment(undo, method="POST")
    assert undone.status_code == 200
    assert now(world, "mobile") is None


def test_without_scripts_too(world):
    browser = world.portal("ina")
    page = browser.get("/portal/me/fields/city/edit")
    assert page.status_code == 200 and "<h1" in normal(page) and "Berlin" in normal(page)
    saved = browser.post_form("/portal/me/fields/city", {"value": "Kiel", "v": version(world)})
    assert (saved.status_code, saved.headers["Location"]) == (303, "/portal/me")
    assert "Kiel" in normal(browser.get("/portal/me"))
    wrong = browser.post_form("/portal/me/fields/last_name", {"value": "", "v": version(world)})
    assert wrong.status_code == 422 and "may not be empty" in normal(wrong)


def test_what_was_typed_stays_when_it_is_wrong(world):
    browser = world.portal("ina")
    wrong = browser.fragment("/portal/me/fields/time_zone", method="POST", data={"value_text": "Mars", "v": "1"})
    assert wrong.status_code == 422
    assert "Mars" in normal(wrong) and 'aria-invalid="true"' in normal(wrong)
    assert now(world, "time_zone") is None


def test_the_journal_says_who_and_through_what(world, inside, cast):
    world.portal("ina").post_form("/portal/me/fields/city", {"value": "Kiel", "v": version(world)})
    with inside():
        change = (
            db.session.query(Change).filter_by(record_id=cast.ina, noun="contact").order_by(Change.id.desc()).first()
        )
        operation = db.session.get(Operation, change.operation_id)
        assert (operation.actor, operation.through, operation.contact_id) == ("Ina Berg", "portal", cast.ina)
        assert (change.before, change.after, change.contact_id) == ({"city": "Berlin"}, {"city": "Kiel"}, cast.ina)
        assert change.company_ids == [cast.acme]
    assert "Ina Berg" in normal(world.staff("ann").get(f"/contacts/{cast.ina}"))


def test_the_desk_was_there_first(world, inside, cast):
    """The desk's changes cannot be read in the portal: both values are shown all the same, and nothing is lost."""
    base = version(world)
    with inside():
        update(db.session.get(Contact, cast.ina), {"city": "Hamburg"}, actor=SYSTEM)
    browser = world.portal("ina")
    conflict = browser.fragment("/portal/me/fields/city", method="POST", data={"value": "Kiel", "v": base})
    assert conflict.status_code == 409
    page = normal(conflict)
    assert "Hamburg" in page and 'value="Kiel"' in page
    assert now(world, "city") == "Hamburg"
    newer = re.search(r'name="v" value="(\d+)"', page)[1]
    assert (
        browser.fragment("/portal/me/fields/city", method="POST", data={"value": "Kiel", "v": newer}).status_code == 200
    )
    assert now(world, "city") == "Kiel"


def test_ones_own_change_of_another_field_is_no_conflict(world):
    browser, base = world.portal("ina"), version(world)
    assert (
        browser.fragment("/portal/me/fields/city", method="POST", data={"value": "Kiel", "v": base}).status_code == 200
    )
    assert (
        browser.fragment("/portal/me/fields/fax", method="POST", data={"value": "030 1", "v": base}).status_code == 200
    )
    again = browser.fragment("/portal/me/fields/city", method="POST", data={"value": "Bonn", "v": base})
    assert again.status_code == 409 and "Kiel" in normal(again)


def test_an_undo_is_ones_own_or_none(world, inside, cast):
    with inside():
        operation = update(db.session.get(Contact, cast.ina), {"city": "Hamburg"}, actor=SYSTEM)
        theirs = operation.id
    otto = world.portal("otto")
    otto.post_form("/portal/me/fields/city", {"value": "Bonn", "v": str(now(world, "version", "otto"))})
    with inside():
        of_otto = db.session.query(Operation).filter_by(contact_id=cast.otto).one().id
    browser = world.portal("ina")
    for number in (theirs, of_otto, 987654, 0, -1, "x"):
        response = browser.post_form(f"/portal/me/fields/city/undo?operation={number}")
        assert response.status_code == 404, number
    assert (now(world, "city"), now(world, "city", "otto")) == ("Hamburg", "Bonn")


def test_a_new_country_brings_its_time_zone(world):
    browser = world.portal("ina")
    assert browser.post_form("/portal/me/fields/country", {"value": "PT", "v": version(world)}).status_code == 303
    assert (now(world, "country"), now(world, "time_zone")) == ("PT", "Europe/Lisbon")


@pytest.mark.feature("C028")
def test_the_organization_decides_what_is_shown_and_what_may_be_changed(world, say):
    say("contact", "phone", portal="view", label="Direct line")
    say("contact", "fax", portal="")
    say("contact", "city", hidden=True)
    say("contact", "customer_id", portal="edit")  # never more than shown
    browser = world.portal("ina")
    page = normal(browser.get("/portal/me"))
    assert "Direct line" in page and "Fax" not in page and "Berlin" not in page and "Customer ID" in page
    for name in ("phone", "fax", "city", "customer_id"):
        assert browser.get(f"/portal/me/fields/{name}/edit").status_code == 404
        assert browser.post_form(f"/portal/me/fields/{name}", {"value": "1", "v": "1"}).status_code == 404


@pytest.mark.feature("I169", "I171")
@pytest.mark.threat("T-016")
def test_custom_fields_are_shown_and_changed_as_far_as_they_are_opened(world, inside, cast, own_field):
    taken = own_field(
        "contact", "choices", "Training taken", choices="Accounting\nSales\nAdministration", portal="edit"
    )
    seen = own_field("contact", "text", "Locker", portal="view")
    closed = own_field("contact", "text", "Reputation", portal="")
    with inside():
        update(db.session.get(Contact, cast.ina), {seen: "B12", closed: "difficult"}, actor=SYSTEM)
    browser = world.portal("ina")
    page = normal(browser.get("/portal/me"))
    assert "Training taken" in page and "B12" in page
    assert "Reputation" not in page and "difficult" not in page
    sent = {"value": ["Sales", "Accounting"], "v": version(world)}
    assert browser.post_form(f"/portal/me/fields/{taken}", sent).status_code == 303
    assert "Accounting, Sales" in normal(browser.get("/portal/me"))
    for name in (seen, closed):
        assert browser.post_form(f"/portal/me/fields/{name}", {"value": "x", "v": "1"}).status_code == 404
    # What is not opened stays as it was beside it.
    kept = world.sql(f"SELECT custom FROM {world.schema()}.contact WHERE id = %s", cast.ina)[0]["custom"]
    assert kept == {"training_taken": ["Accounting", "Sales"], "locker": "B12", "reputation": "difficult"}


def test_every_field_that_is_opened_can_really_be_changed(world, inside):
    """Each field in the way its kind is typed, with the portal's own login."""
    typed = {"country": "AT", "state": "Tirol", "time_zone": "Europe/Vienna", "language": "de-AT"}
    with inside():
        fields = [entry.name for entry in fields_of(Contact) if entry.portal == "edit"]
    browser = world.portal("ina")
    assert len(fields) > 10
    for name in fields:
        value = typed.get(name, "+43 512 1234" if name in ("phone", "mobile", "fax") else "Changed")
        response = browser.post_form(f"/portal/me/fields/{name}", {"value": value, "v": version(world)})
        assert response.status_code == 303, f"{name}: {normal(response)[:2000]}"
    assert now(world, "last_name") == "Changed" and now(world, "language") == "de-AT"


def test_light_and_dark_are_ones_own(world, cast):
    browser = world.portal("ina")
    assert browser.fragment("/portal/theme", method="POST", data={"theme": "dark"}).status_code == 204
    assert 'data-bs-theme="dark"' in normal(browser.get("/portal/"))
    rows = world.sql(f"SELECT contact_id, theme FROM {world.schema()}.account WHERE theme <> 'auto'")
    assert rows == [{"contact_id": cast.ina, "theme": "dark"}]
    assert (
        browser.post_form("/portal/theme", {"theme": "x", "next": "//evil.example"}).headers["Location"] == "/portal/"
    )
