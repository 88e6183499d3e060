"""Security events: a refusal is noted, outlives its request, and cannot be used to fill the table."""

import pytest
from sqlalchemy import select

from app.people import security
from app.people.security import Asked, SecurityEvent, note_denied
from tenants import db
from tests.pages import normal

COLUMNS = ("kind", "account_id", "surface", "permission", "method", "endpoint", "address")


def noted(world, slug: str = "harbor") -> list[tuple]:
    rows = world.sql(f"SELECT {', '.join(COLUMNS)} FROM {world.schema(slug)}.security_event ORDER BY id")
    return [tuple(row.values()) for row in rows]


@pytest.mark.threat("T-013")
def test_who_is_refused_on_the_desk_is_noted(world, cast):
    ann = world.staff("ann")
    assert ann.get("/admin/staff").status_code == 403
    assert ann.post_form("/admin/hosts", {"name": "x.example"}).status_code == 403
    mine = cast.accounts["ann"]
    assert noted(world) == [
        ("authz.denied", mine, "staff", "admin.staff", "GET", "admin.staff.index", "127.0.0.1"),
        ("authz.denied", mine, "staff", "admin.hosts", "POST", "admin.hosts.create", "127.0.0.1"),
    ]
    assert noted(world, "summit") == []


@pytest.mark.threat("T-013")
def test_a_program_and_a_customer_are_noted_as_well(world, cast):
    assert world.api("read", person="adam").get("/api/v1/exports/none").status_code == 404
    given = {"name": "New works", "kind": "managed"}
    assert world.api("read", person="adam").post("/api/v1/companies", json=given).status_code == 403
    world.sql(f"UPDATE {world.schema()}.membership SET sees_contracts = false, sees_people = false")
    assert world.portal("otto").get("/portal/contracts").status_code == 403
    assert [row[1:4] for row in noted(world)] == [
        (cast.accounts["adam"], "api", "companies.edit"),
        (cast.accounts["otto"], "portal", "portal.contracts"),
    ]


def test_what_is_not_there_and_who_is_nobody_leave_nothing(world):
    assert world.staff("ann").get("/contacts/987654").status_code == 404
    assert world.anonymous().get("/admin/staff").status_code == 302
    assert noted(world) == []


@pytest.mark.threat("T-013")
def test_the_same_try_is_noted_again_after_a_while(world):
    ann = world.staff("ann")
    for _turn in range(3):
        ann.get("/admin/staff")
    assert len(noted(world)) == 1
    world.sql(f"UPDATE {world.schema()}.security_event SET at = at - interval '11 minutes'")
    ann.get("/admin/staff")
    assert len(noted(world)) == 2


@pytest.mark.threat("T-013")
def test_nobody_fills_the_table(world, cast, monkeypatch):
    monkeypatch.setattr(security, "MOST", 4)
    with world.inside():
        for number in range(9):
            note_denied(cast.accounts["ann"], f"door.{number}", Asked("staff", "GET", "x", "127.0.0.1"))
        note_denied(cast.accounts["sue"], "door.1", Asked("staff", "GET", "x", "127.0.0.1"))
    with world.inside():
        rows = db.session.execute(select(SecurityEvent.account_id, SecurityEvent.permission).order_by(SecurityEvent.id))
        expected = [(cast.accounts["ann"], f"door.{number}") for number in range(4)]
        assert [tuple(row) for row in rows] == [*expected, (cast.accounts["sue"], "door.1")]
    world.sql(f"UPDATE {world.schema()}.security_event SET at = at - interval '61 minutes'")
    with world.inside():
        note_denied(cast.accounts["ann"], "door.8", Asked("staff", "GET", "x", "127.0.0.1"))
    assert len(noted(world)) == 6


def test_an_answer_does_not_depend_on_the_note(world):
    world.sql(f"ALTER TABLE {world.schema()}.security_event RENAME TO security_event_away")
    response = world.staff("ann").get("/admin/staff")
    assert response.status_code == 403 and "admin.staff" in response.text


def test_an_administrator_sees_who_was_refused(world, cast):
    adam = world.staff("adam")
    assert "Nobody was refused anything." in normal(adam.get("/admin/security"))
    world.staff("ann").get("/admin/tokens")
    world.sql(f"UPDATE {world.schema()}.membership SET sees_contracts = false")
    world.portal("otto").get("/portal/contracts")
    shown = normal(adam.get("/admin/security"))
    for part in (f"/admin/staff/{cast.ann}", f"/contacts/{cast.otto}", "admin.tokens", "portal.contracts", "127.0.0.1"):
        assert part in shown
    newest = world.sql(f"SELECT max(id) AS id FROM {world.schema()}.security_event")[0]["id"]
    older = normal(adam.get(f"/admin/security?before={newest}"))
    assert "admin.tokens" in older and "portal.contracts" not in older
    assert "/admin/security" in adam.get("/admin/").text
