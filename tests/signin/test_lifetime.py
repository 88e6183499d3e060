"""How long a session lives, whom its end throws out, and what asks for the password again."""

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import func, select, update

from app.contacts.models import Contact
from app.people.models import Account, Staff
from app.signin.sessions import ABSOLUTE_DAYS, IDLE_HOURS
from tenants import db
from tests.cast import password

SURFACES = {"staff": ("ann", "/profile"), "portal": ("ina", "/portal/me")}


@pytest.fixture(params=SURFACES)
def signed_in(world, request):
    """A browser of either surface, its page, and what tells whether it is still signed in."""
    person, path = SURFACES[request.param]
    browser = getattr(world, request.param)(person)

    def is_in() -> bool:
        return browser.get(path).status_code == 200

    return is_in


def make_older(world, **columns: str) -> None:
    """Let time have passed: `seen_at="11 hours"`."""
    for column, time in columns.items():
        world.sql(f"UPDATE {world.schema()}.session SET {column} = now() - interval '{time}'")


@pytest.mark.threat("T-036")
def test_a_session_that_is_not_used_ends(world, signed_in):
    assert (IDLE_HOURS, ABSOLUTE_DAYS) == (12, 30)
    make_older(world, seen_at="11 hours 59 minutes")
    assert signed_in()
    make_older(world, seen_at="12 hours 1 second")
    assert not signed_in()


@pytest.mark.threat("T-036")
def test_its_use_keeps_it_alive(world, signed_in):
    for _ in range(3):
        make_older(world, seen_at="11 hours")
        assert signed_in()
        seen = world.sql(f"SELECT now() - seen_at < interval '1 minute' AS just_now FROM {world.schema()}.session")
        assert seen == [{"just_now": True}]


@pytest.mark.threat("T-036")
def test_no_use_keeps_it_alive_for_more_than_thirty_days(world, signed_in):
    make_older(world, created_at="29 days 23 hours")
    assert signed_in()
    make_older(world, created_at="30 days 1 second", seen_at="1 second")
    assert not signed_in()


@pytest.mark.threat("R-21")
@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_the_clock_of_the_web_server_decides_nothing_about_it(signed_in, monkeypatch, seconds):
    """The cookie was signed by another server, whose clock shows another hour."""
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: now(signer) + seconds)
    assert signed_in()


@pytest.mark.threat("T-036")
def test_the_browser_decides_nothing_about_it(world):
    """The cookie has no date of its own, and one that says otherwise is not believed."""
    browser = world.staff("ann")
    with browser.session_transaction("/", base_url="http://harbor.test") as cookie:
        cookie |= {"created_at": "2999-01-01", "seen_at": "2999-01-01", "_permanent": True, "_fresh": True}
    make_older(world, seen_at="13 hours")
    assert browser.get("/profile").status_code == 302


@pytest.mark.threat("T-036")
@pytest.mark.parametrize(("surface", "path"), [("staff", "/password"), ("portal", "/portal/password")])
def test_the_password_is_asked_again_before_it_is_changed(world, surface, path):
    """Who finds an open browser cannot keep what it opens."""
    person, _ = SURFACES[surface]
    browser = getattr(world, surface)(person)
    new = "seven lamps on the quay"
    before = world.sql(f"SELECT id, password_hash FROM {world.schema()}.account ORDER BY id")
    for current in ({}, {"current": ""}, {"current": "wrong"}, {"current": password("sue")}, {"current": new}):
        assert browser.post_form(path, current | {"new": new, "again": new}).status_code == 422
    assert world.sql(f"SELECT id, password_hash FROM {world.schema()}.account ORDER BY id") == before


# --- whose end ends it ------------------------------------------------------------------------------------------------


@pytest.mark.threat("T-024", "T-036")
def test_a_contact_whose_account_is_disabled_is_out_at_the_next_request(world, cast):
    ina = world.portal("ina")
    assert ina.get("/portal/me").status_code == 200
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(enabled=False))
    assert ina.get("/portal/me").headers["Location"].startswith("/portal/sign-in")


@pytest.mark.threat("T-024", "T-033")
@pytest.mark.parametrize(
    ("model", "person", "path", "login"),
    [(Staff, "ann", "/sign-in", "ann@desk.example"), (Contact, "ina", "/portal/sign-in", "ina")],
)
def test_who_was_withdrawn_cannot_sign_in(world, cast, model, person, path, login):
    typed = {"login": login, "password": password(person)}
    assert world.anonymous().post_form(path, typed).status_code == 303
    with world.inside():
        gone = update(model).where(model.id == getattr(cast, person)).values(withdrawn_at=func.now())
        db.session.execute(gone)
        assert db.session.scalar(select(model.active).where(model.id == getattr(cast, person)))
    assert world.anonymous().post_form(path, typed).status_code == 422
