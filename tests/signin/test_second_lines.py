"""Checks that stand behind other checks: each must hold alone, should the one in front of it be missing one day."""

import pytest
from sqlalchemy import update

from app import extensions
from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.people.models import Account
from app.people.viewer import Viewer
from app.records.files import store
from app.signin import sessions
from tenants import db, narrow
from tests.cast import password

EVERYTHING = frozenset({"desk.use", "companies.view", "portal.use", "portal.people", "portal.contracts", "admin"})


def somebody(surface: str) -> Viewer:
    return Viewer(1, surface, "Somebody", "somebody@desk.example", EVERYTHING, contact_id=1, staff_id=1)


@pytest.mark.threat("T-013", "T-035")
@pytest.mark.parametrize("surface", ["portal", "api"])
def test_the_guard_of_the_desk_takes_no_viewer_of_another_surface(world, monkeypatch, surface):
    browser = world.staff("adam")
    assert browser.get("/companies").status_code == 200
    monkeypatch.setattr(extensions, "viewer_of", lambda token, _: somebody(surface))
    for path in ("/companies", "/admin/", "/"):
        assert browser.get(path).headers["Location"].startswith("/sign-in")


@pytest.mark.threat("T-013", "T-035")
@pytest.mark.parametrize("surface", ["staff", "api"])
def test_the_guard_of_the_portal_takes_no_viewer_of_another_surface(world, monkeypatch, surface):
    browser = world.portal("ina")
    monkeypatch.setattr(extensions, "viewer_of", lambda token, _: somebody(surface))
    assert browser.get("/portal/people").headers["Location"].startswith("/portal/sign-in")


@pytest.mark.threat("T-058", "T-065")
def test_the_guard_of_the_api_takes_no_viewer_of_another_surface(world, monkeypatch):
    program = world.api("read")
    assert program.get("/api/v1/companies").status_code == 200
    monkeypatch.setattr(extensions, "viewer_of_token", lambda secret: somebody("staff"))
    assert program.get("/api/v1/companies").status_code == 401


@pytest.mark.threat("T-065")
def test_the_api_does_not_even_look_at_a_cookie(world, monkeypatch):
    asked = []
    browser = world.staff("adam")
    monkeypatch.setattr(extensions, "viewer_of", lambda token, surface: asked.append(surface))
    assert browser.get("/api/v1/companies").status_code == 401
    assert asked == []
    assert browser.get("/companies").status_code == 302
    assert asked == ["staff"]


@pytest.mark.threat("T-058")
def test_no_page_even_looks_at_a_token(world, monkeypatch):
    asked = []
    program = world.api("read")
    monkeypatch.setattr(extensions, "viewer_of_token", lambda secret: asked.append(secret))
    for path in ("/companies", "/portal/", "/admin/", "/sign-in"):
        program.get(path)
    assert asked == []


@pytest.mark.threat("T-059")
def test_what_is_checked_for_an_unknown_login_opens_nothing(world, cast):
    """There is a hash that is checked when there is none, for the time it takes: its own password is no password."""
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(password_hash=None))
    tried = world.anonymous().post_form("/portal/sign-in", {"login": "ina", "password": "no account has this password"})
    assert tried.status_code == 422


@pytest.mark.threat("T-002", "T-013")
def test_contracts_are_for_whom_a_membership_grants_them_whatever_the_page_asks(world, cast):
    with world.inside():
        account_id = cast.accounts["ina"]
        token = sessions.open_session(account_id, "portal")
        viewer = sessions.viewer_of(token, "portal")
        narrow(cast.ina)
        assert db.session.scalars(contracts.visible_to(viewer).with_only_columns(Contract.id)).all()
        without = Viewer(account_id, "portal", "", "", frozenset({"portal.use"}), contact_id=cast.ina)
        assert db.session.scalars(contracts.visible_to(without).with_only_columns(Contract.id)).all() == []


@pytest.mark.threat("T-021")
def test_only_what_was_exported_is_fetched_by_its_number(world, cast):
    """Also when it is one's own file: an upload has passwords in it."""
    with world.inside():
        mine = store("people.csv", [b"secret"], media_type="text/csv", account_id=cast.accounts["ann"]).id
    assert world.staff("ann").get(f"/exports/{mine}").status_code == 404


@pytest.mark.threat("T-013")
def test_the_list_of_jobs_shows_ones_own(world, cast):
    sue = world.staff("sue")
    assert sue.post_form("/exports/contacts").status_code == 303
    number = world.open_jobs()[-1].id
    assert f"/jobs/{number}" in sue.get("/jobs").get_data(as_text=True)
    assert f"/jobs/{number}" not in world.staff("ann").get("/jobs").get_data(as_text=True)


@pytest.mark.threat("T-013")
def test_the_dead_end_of_a_wrong_password_is_the_same_on_both_surfaces(world):
    """The password of the desk opens nothing in the portal, nor the other way round."""
    for path, login, person in (("/portal/sign-in", "ann@desk.example", "ann"), ("/sign-in", "ina", "ina")):
        tried = world.anonymous().post_form(path, {"login": login, "password": password(person)})
        assert tried.status_code == 422
