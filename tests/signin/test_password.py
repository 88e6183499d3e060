"""Changing one's own password, also when it must be changed."""

import pytest
from sqlalchemy import update

from app.people.models import Account
from tenants import db
from tests.cast import password
from tests.pages import normal

NEW = "seven lamps on the quay"


def change(browser, current: str, new: str = NEW, again: str = NEW, path: str = "/password"):
    return browser.post_form(path, {"current": current, "new": new, "again": again})


@pytest.mark.threat("T-034")
@pytest.mark.parametrize(("path", "person"), [("/password", "ann"), ("/portal/password", "ina")])
def test_the_new_password_counts_and_other_sessions_end(world, path, person):
    make = world.staff if person == "ann" else world.portal
    browser, other = make(person), make(person)
    assert change(browser, password(person), path=path).status_code == 303
    home = "/" if person == "ann" else "/portal/"
    assert browser.get(home).status_code == 200
    assert other.get(home).status_code == 302
    login = {"ann": ("ann@desk.example", "/sign-in"), "ina": ("ina", "/portal/sign-in")}[person]
    for secret, status in ((password(person), 422), (NEW, 303)):
        typed = {"login": login[0], "password": secret}
        assert world.anonymous().post_form(login[1], typed).status_code == status


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "not your current password"),
        (password("ann"), NEW, NEW + "x", "differ"),
        (password("ann"), "short", "short", "at least"),
        (password("ann"), "x" * 200, "x" * 200, "at most"),
        (password("ann"), password("ann"), password("ann"), "the old one"),
        (password("ann"), "password12", "password12", "stranger would try"),
        (password("ann"), "Ann Tanner", "Ann Tanner", "stranger would try"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(world, current, new, again, said):
    browser = world.staff("ann")
    before = world.checksum()
    refused = change(browser, current, new, again)
    assert refused.status_code == 422
    page = normal(refused)
    assert said in page
    assert new not in page and current not in page.replace("current", "")
    assert world.checksum() == before


def test_a_password_from_somebody_else_must_be_changed_first(world, cast):
    browser = world.staff("ann")
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ann"]).values(must_change=True))
    for path in ("/", "/companies", f"/contacts/{cast.ina}", "/profile"):
        sent = browser.get(path)
        assert (sent.status_code, sent.headers["Location"]) == (302, "/password"), path
    assert browser.post_form("/companies", {"name": "Made"}).headers["Location"] == "/password"
    assert "Choose a new password" in normal(browser.get("/password"))
    assert change(browser, password("ann")).status_code == 303
    assert browser.get("/").status_code == 200
    with world.inside():
        assert not db.session.get(Account, cast.accounts["ann"]).must_change


def test_who_must_change_their_password_may_sign_out(world, cast):
    browser = world.portal("ina")
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(must_change=True))
    assert browser.get("/portal/").headers["Location"] == "/portal/password"
    assert browser.post_form("/portal/sign-out").headers["Location"] == "/portal/sign-in"


def test_a_program_of_somebody_who_must_change_their_password_is_not_let_in_by_a_cookie(world):
    assert world.staff("ann").get("/api/v1/companies").status_code == 401
