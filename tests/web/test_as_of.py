"""A record as it was on a date, as the desk sees it: the moment that is meant, what differs, and putting it back."""

from datetime import UTC, datetime

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.people import permissions
from app.records.actor import Actor
from app.records.write import update
from app.web import as_of
from tenants import db
from tests.web.screens import Element, screen

ANN = Actor("Ann Tanner", account_id=1001)
MADE, FIRST, SECOND = "2026-02-01 09:00", "2026-03-01 21:30", "2026-03-01 23:30"


@pytest.fixture
def desk(world, cast):
    """Ina was made in February, and changed twice on the evening of the first of March (UTC)."""
    schema = world.schema()

    def at(moment: str, since: int) -> int:
        world.sql(f"UPDATE {schema}.operation SET at = '{moment}+00' WHERE id > {since}")
        return world.sql(f"SELECT max(id) AS id FROM {schema}.operation")[0]["id"]

    last = at(MADE, 0)
    with world.inside():
        sync = Actor("Nightly sync", through="import 7", on_behalf="Otto Lind")
        update(db.session.get(Contact, cast.ina), {"phone": "030 1", "city": "Kiel", "company": None}, actor=sync)
    last = at(FIRST, last)
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"phone": "030 2"}, actor=ANN)
        update(db.session.get(Company, cast.acme), {"name": "Acme United"}, actor=ANN)
        update(db.session.get(Contract, cast.acme_support_hours), {"limited": False, "minutes": None}, actor=ANN)
    at(SECOND, last)
    return world


def fact(page: Element, name: str) -> Element:
    return page.one("div", id=f"as-of-{name}")


def was(page: Element, name: str) -> str:
    return fact(page, name).one("p", cls="as-of-was").text


def phone(world, record_id: int) -> str:
    with world.inside():
        return db.session.get(Contact, record_id).phone


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("B016")
def test_the_portal_and_strangers_are_not_told_anything(desk, cast):
    for browser in (desk.portal("ina"), desk.anonymous()):
        for noun, record in (("contacts", cast.ina), ("companies", cast.acme), ("contracts", cast.acme_support_hours)):
            answer = browser.get(f"/{noun}/{record}/as-of?at=2026-02-15")
            assert answer.status_code == 302 and "sign-in" in answer.location
            refused = browser.post_form(f"/{noun}/{record}/as-of/phone/restoration?at=2026-02-15")
            assert refused.status_code == 401
    assert desk.portal("ina").get(f"/portal/people/{cast.ina}/as-of?at=2026-02-15").status_code == 404
    assert phone(desk, cast.ina) == "030 2"


def without(monkeypatch, *missing: str) -> None:
    """Let technicians lack these permissions."""
    less = {**permissions.ROLE_PERMISSIONS, "technician": permissions.TECHNICIAN - set(missing)}
    monkeypatch.setattr(permissions, "ROLE_PERMISSIONS", less)


def test_who_may_not_edit_sees_it_and_puts_nothing_back(desk, cast, monkeypatch):
    without(monkeypatch, "contacts.edit")
    ann = desk.staff("ann")
    page = screen(ann.get(f"/contacts/{cast.ina}/as-of?at=2026-02-15"))
    assert was(page, "phone") == "+49 30 901820" and page.one(id="as-of").all("form", cls="undo") == []
    refused = ann.post_form(f"/contacts/{cast.ina}/as-of/phone/restoration?at=2026-02-15")
    assert refused.status_code == 403 and phone(desk, cast.ina) == "030 2"


def test_who_may_not_read_the_history_learns_no_old_value_by_putting_it_back(desk, cast, monkeypatch):
    without(monkeypatch, "history.view")
    ann = desk.staff("ann")
    assert ann.get(f"/contacts/{cast.ina}/as-of?at=2026-02-15").status_code == 403
    refused = ann.post_form(f"/contacts/{cast.ina}/as-of/phone/restoration?at=2026-02-15")
    assert refused.status_code == 403 and phone(desk, cast.ina) == "030 2"


@pytest.mark.parametrize("name", ["user_name2", "users", "number", "company_ids", "custom-none", "version"])
def test_what_is_no_field_or_not_changed_by_hand_is_not_put_back(desk, cast, name):
    ann = desk.staff("ann")
    assert ann.post_form(f"/companies/{cast.acme}/as-of/{name}/restoration?at=2026-02-15").status_code == 404
    assert ann.post_form(f"/contacts/{cast.ina}/as-of/phone/restoration?at=nonsense").status_code == 404
    assert ann.post_form(f"/contacts/{cast.ina}/as-of/phone/restoration?at=2025-02-15").status_code == 404


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.feature("B016")
def test_what_differs_is_marked_with_the_value_of_now_and_who_changed_it(desk, cast):
    page = screen(desk.staff("ann").get(f"/contacts/{cast.ina}/as-of?at=2026-02-15"))
    assert "2 fields are different now" not in page.text and "3 fields are different now" not in page.text
    one = fact(page, "phone")
    assert was(page, "phone") == "+49 30 901820"
    assert one.one("p", cls="as-of-now").text == "different now 030 2"
    by = [item.text for item in one.one("ul", cls="as-of-since").all("li")]
    assert by[0].startswith("Ann Tanner · ") and by[1].startswith("Nightly sync for Otto Lind · import 7 · ")
    assert was(page, "company") == "Acme United" and "empty" in fact(page, "company").text
    assert fact(page, "first_name").all("p", cls="as-of-now") == []
    assert "called by their names of today" in page.text and "Access to the portal" in page.text


def test_a_day_ends_by_the_clocks_of_whoever_asks(desk, cast):
    # 21:30 and 23:30 UTC are 22:30 that evening and 00:30 the next day in Berlin.
    ann = desk.staff("ann")
    for zone, seen in (("UTC", "030 2"), ("Europe/Berlin", "030 1"), ("America/New_York", "030 2")):
        ann.set_cookie("tz", zone, domain=ann.host)
        page = screen(ann.get(f"/contacts/{cast.ina}/as-of?at=2026-03-01"))
        assert was(page, "phone") == seen, zone
        assert zone in page.text and page.one("input", id="as-of-at")["value"] == "2026-03-01"
    ann.set_cookie("tz", "Europe/Berlin", domain=ann.host)
    for clock, seen in (("22:29", "+49 30 901820"), ("22:30", "030 1"), ("23:59:59", "030 1")):
        page = screen(ann.get(f"/contacts/{cast.ina}/as-of?at=2026-03-01&time={clock}"))
        assert was(page, "phone") == seen, clock


@pytest.mark.feature("B016")
def test_each_line_of_the_history_leads_to_the_record_as_it_was_then(desk, cast):
    ann = desk.staff("ann")
    page = screen(ann.get(f"/contacts/{cast.ina}/history"))
    found = [link["href"] for link in page.all("a", cls="operation-then")]
    assert [was(screen(ann.get(link)), "phone") for link in found[:3]] == ["030 2", "030 1", "+49 30 901820"]
    asks = page.one("form", cls="history-as-of")
    assert asks["action"] == f"/contacts/{cast.ina}/as-of" and asks.one("label")["for"] == asks.one("input")["id"]
    # The history itself says on whose behalf and through what.
    heads = [one.text for one in page.all("p", cls="operation-head")]
    assert heads[1].startswith("Nightly sync for Otto Lind") and "import 7" in heads[1]


def test_before_the_record_was_there_a_sentence_says_so(desk, cast):
    page = screen(desk.staff("ann").get(f"/contracts/{cast.acme_support_hours}/as-of?at=2026-01-31"))
    assert "this record did not exist yet" in page.text and page.all("div", cls="fact") == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2099-01-01", "still to come"),
        ("31.02.2026", "no such date"),
        ("soon", "A date is expected"),
        ("2026-01-01T99:99", "no such moment"),
        ("0001-01-01T00:00:00+14:00", "no such moment"),
        ("x" * 5000, "At most 100 characters"),
    ],
)
def test_what_is_no_moment_is_said_beside_the_field(desk, cast, at, said):
    page = screen(desk.staff("ann").get(f"/contacts/{cast.ina}/as-of", query_string={"at": at}), 422)
    assert said in page.one(id="as-of-error").text
    assert page.one("input", id="as-of-at")["aria-describedby"] == "as-of-error"


def test_without_a_date_it_asks_for_one_and_unknown_records_are_not_there(desk, cast):
    ann = desk.staff("ann")
    page = screen(ann.get(f"/companies/{cast.acme}/as-of"))
    assert page.all("div", cls="fact") == [] and page.one("form", cls="as-of-ask").get("method") is None
    assert ann.get("/companies/999999/as-of?at=today").status_code == 404


def test_doubled_and_missing_hours_are_moments_too(app):
    with app.test_request_context("/", headers={"Cookie": "tz=Europe/Berlin"}):
        # The clocks were put back from 3:00 to 2:00: the second half past two counts.
        assert as_of.asked_for("2025-10-26", "02:30").until == datetime(2025, 10, 26, 1, 31, tzinfo=UTC)
        assert as_of.asked_for("2025-10-26").until == datetime(2025, 10, 26, 23, tzinfo=UTC)
        assert as_of.asked_for("2026-03-29").until == datetime(2026, 3, 29, 22, tzinfo=UTC)
        assert as_of.asked_for("2026-03-29", "02:30").until.date().isoformat() == "2026-03-29"


# --- putting back -----------------------------------------------------------------------------------------------------


@pytest.mark.feature("B016")
def test_one_field_is_put_back_as_an_edit_that_can_be_undone(desk, cast):
    ann = desk.staff("ann")
    where = f"/contacts/{cast.ina}/as-of?at=2026-02-15"
    form = fact(screen(ann.get(where)), "phone").one("form")
    done = ann.post_form(form["action"], {"v": form.value("v")})
    assert (done.status_code, done.location) == (303, where)
    assert phone(desk, cast.ina) == "+49 30 901820"
    page = screen(ann.get(where))
    assert "Phone put back" in page.text and fact(page, "phone").all("form") == []
    assert "Changed since, and the same again." in fact(page, "phone").text
    newest = screen(ann.get(f"/contacts/{cast.ina}/history")).all("li", cls="operation")[0]
    assert newest.one("strong").text == "Ann Tanner" and newest.one("ins").text == "+49 30 901820"
    assert ann.post_form(newest.one("button", cls="undo")["formaction"]).status_code == 303
    assert phone(desk, cast.ina) == "030 2"


def test_htmx_gets_the_region_with_the_field_in_focus(desk, cast):
    ann = desk.staff("ann")
    address = f"/contacts/{cast.ina}/as-of/company/restoration?at=2026-02-15"
    page = screen(ann.fragment(address, method="POST", data={"v": ""}))
    assert "autofocus" in fact(page, "company").attributes and "Company put back" in page.text
    with desk.inside():
        assert db.session.get(Contact, cast.ina).company_ids == [cast.acme]


def test_what_somebody_changed_meanwhile_is_not_overwritten(desk, cast):
    ann = desk.staff("ann")
    form = fact(screen(ann.get(f"/contacts/{cast.ina}/as-of?at=2026-02-15")), "phone").one("form")
    desk.staff("sue").post_form(f"/contacts/{cast.ina}/fields/phone", {"value": "030 3"})
    page = screen(ann.post_form(form["action"], {"v": form.value("v")}), 409)
    assert "Sue Palmer changed this in the meantime" in fact(page, "phone").one("p", cls="field-error").text
    assert "030 3" in fact(page, "phone").text and phone(desk, cast.ina) == "030 3"


def test_what_cannot_be_today_is_refused_with_the_reason(desk, cast):
    ann = desk.staff("ann")
    # Her department was one of Acme; she is at no company now, so the company comes first.
    page = screen(ann.post_form(f"/contacts/{cast.ina}/as-of/department/restoration?at=2026-02-15"), 422)
    assert "Company" in fact(page, "department").one("p", cls="field-error").text or "company" in page.text
    # The hours are needed for a restriction: the noun's own rule.
    where = f"/contracts/{cast.acme_support_hours}/as-of"
    page = screen(ann.post_form(f"{where}/limited/restoration?at=2026-02-15"), 422)
    assert "needs its hours" in page.text
    assert ann.post_form(f"{where}/minutes/restoration?at=2026-02-15").status_code == 303
    assert ann.post_form(f"{where}/limited/restoration?at=2026-02-15").status_code == 303


def test_a_name_that_is_changed_on_its_own_page_is_put_back_too(desk, cast):
    ann = desk.staff("ann")
    assert ann.post_form(f"/companies/{cast.acme}/as-of/name/restoration?at=2026-02-15").status_code == 303
    assert screen(ann.get(f"/companies/{cast.acme}")).one("h1").text == "Acme"
