"""Signing in and out with a password, on both surfaces: through the form, as a person or a guesser would."""

import re

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from sqlalchemy import func, select, text, update

from app.contacts.models import Contact
from app.people import passwords
from app.people.models import Account, Attempt, Session, Staff
from app.records.actor import SYSTEM
from app.records.write import update as change
from app.signin import passwords as signing_in
from tenants import db
from tests.cast import password
from tests.pages import answer, normal

SURFACES = {
    "staff": ("/sign-in", "/", "ann", "ann@desk.example"),
    "portal": ("/portal/sign-in", "/portal", "ina", "ina"),
}


def sign_in(browser, login: str, secret: str, path: str = "/sign-in", **more):
    return browser.post_form(path, {"login": login, "password": secret, **more})


def with_login_blank(response) -> tuple:
    """An answer without the login that was typed, which the form shows again, and without where the cursor stands."""
    status, place, body = answer(response)
    body = re.sub(r"\s+", " ", body.replace("autofocus", ""))
    return status, place, re.sub(r'(name="login" value=")[^"]*', r"\1", body)


@pytest.mark.parametrize("surface", SURFACES)
def test_the_right_password_opens_the_first_page(world, surface):
    path, home, person, login = SURFACES[surface]
    browser = world.anonymous()
    assert browser.get(path).status_code == 200
    opened = sign_in(browser, login, password(person), path)
    assert (opened.status_code, opened.headers["Location"].rstrip("/") or "/") == (303, home)
    assert browser.get(home, follow_redirects=True).status_code == 200
    assert browser.get(path).status_code == 302, "Who is signed in is sent on."


@pytest.mark.parametrize("login", ["ann@desk.example", " ANN@desk.example ", "Ann@Desk.Example"])
def test_an_address_may_be_typed_in_any_case(world, login):
    assert sign_in(world.anonymous(), login, password("ann")).status_code == 303


@pytest.mark.feature("C053", "L021")
@pytest.mark.parametrize("login", ["ina", "INA", "ina@acme.example"])
def test_a_contact_signs_in_by_user_name_or_address(world, login):
    assert sign_in(world.anonymous(), login, password("ina"), "/portal/sign-in").status_code == 303


@pytest.mark.threat("T-033")
@pytest.mark.parametrize("surface", SURFACES)
def test_whatever_is_wrong_is_answered_in_the_same_words(world, surface, cast):
    path, _, person, login = SURFACES[surface]
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["sue"]).values(enabled=False))
        change(db.session.get(Staff, cast.adam), {"active": False}, actor=SYSTEM)
    other = {"staff": ("ina", "sue@desk.example", "adam@desk.example"), "portal": ("ann@desk.example", "dora", "nora")}
    tries = [
        (login, "wrong"),
        ("nobody@desk.example", "wrong"),
        (login, ""),
        ("", ""),
        ("", password(person)),
        (login, password(person) + "x"),
        (login, password(person).upper()),
        (login, "x" * 200),
        *((one, password(one.partition("@")[0])) for one in other[surface]),
        ("%", "%"),
        ("' OR 1=1 --", "x"),
        (f"{login}\0", password(person)),
    ]
    answers = {with_login_blank(sign_in(world.anonymous(), *one, path)) for one in tries}
    assert len(answers) == 1
    assert answers.pop()[0] == 422


@pytest.mark.threat("T-059")
def test_passwords_are_kept_as_argon2id_of_enough_work(world, cast):
    with world.inside():
        kept = db.session.scalars(select(Account.password_hash)).all()
    for one in kept:
        parameters = extract_parameters(one)
        assert parameters.type is Type.ID
        assert parameters.memory_cost >= 19 * 1024 and parameters.time_cost >= 2
    assert len(set(kept)) == len(kept)
    dump = str(world.sql(f"SELECT * FROM {world.schema()}.account"))
    assert password("ann") not in dump


@pytest.mark.threat("T-059")
def test_a_hash_of_less_work_is_made_anew_at_the_next_sign_in(world, cast, monkeypatch):
    with monkeypatch.context() as patch:
        weak = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
        patch.setattr(passwords, "_hasher", weak)
        old = passwords.hashed(password("ann"))
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ann"]).values(password_hash=old))
    assert sign_in(world.anonymous(), "ann@desk.example", password("ann")).status_code == 303
    with world.inside():
        new = db.session.get(Account, cast.accounts["ann"]).password_hash
    assert new != old and extract_parameters(new).memory_cost >= 19 * 1024
    assert sign_in(world.anonymous(), "ann@desk.example", password("ann")).status_code == 303


@pytest.mark.threat("T-059")
def test_passwords_have_a_length_that_is_judged(shared_world):
    with shared_world.inside():
        assert not passwords.matches("x" * 129, passwords.hashed("x" * 129), None)
        for wrong in ("short", "x" * 129, "password123", "Deskhand!1", "ann tanner tanner"):
            with pytest.raises(passwords.FieldError):
                passwords.judge(wrong, "Ann Tanner Tanner", "ann@desk.example")
        passwords.judge("Zwölf Boxkämpfer jagen")


def test_a_sealed_password_is_accepted_once_and_then_hashed(world, cast):
    """An import seals passwords at once; the first sign-in may come before they are hashed in the background."""
    with world.inside():
        sealed = {"password_hash": None, "password_sealed": passwords.sealed("a password from a file")}
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(sealed))
    assert sign_in(world.anonymous(), "ina", "a password from a pile", "/portal/sign-in").status_code == 422
    assert sign_in(world.anonymous(), "ina", "a password from a file", "/portal/sign-in").status_code == 303
    with world.inside():
        account = db.session.get(Account, cast.accounts["ina"])
        assert account.password_sealed is None and account.password_hash.startswith("$argon2id$")
    assert sign_in(world.anonymous(), "ina", "a password from a file", "/portal/sign-in").status_code == 303


def test_a_password_sealed_elsewhere_is_no_password(world, cast):
    with world.inside("summit"):
        sealed = passwords.sealed("a password from a file")
    with world.inside("harbor"):
        values = {"password_hash": None, "password_sealed": sealed}
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(values))
    assert sign_in(world.anonymous(), "ina", "a password from a file", "/portal/sign-in").status_code == 422


def test_without_a_password_nobody_signs_in(world, cast):
    with world.inside():
        db.session.execute(update(Account).where(Account.id == cast.accounts["ina"]).values(password_hash=None))
    for secret in ("", "None", password("ina")):
        assert sign_in(world.anonymous(), "ina", secret, "/portal/sign-in").status_code == 422


def test_an_address_that_two_people_share_names_neither(world, cast):
    with world.inside():
        change(db.session.get(Contact, cast.otto), {"email": "ina@acme.example"}, actor=SYSTEM)
    for person in ("ina", "otto"):
        shared = sign_in(world.anonymous(), "ina@acme.example", password(person), "/portal/sign-in")
        assert shared.status_code == 422
        assert sign_in(world.anonymous(), person, password(person), "/portal/sign-in").status_code == 303


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.threat("T-031")
def test_a_login_waits_after_ten_failures(world):
    for _ in range(10):
        assert sign_in(world.anonymous(), "ann@desk.example", "wrong").status_code == 422
    blocked = sign_in(world.anonymous(), "ann@desk.example", password("ann"))
    assert with_login_blank(blocked) == with_login_blank(sign_in(world.anonymous(), "nobody@desk.example", "wrong"))
    assert sign_in(world.anonymous(), "sue@desk.example", password("sue")).status_code == 303
    assert sign_in(world.anonymous("summit"), "ann@desk.example", password("ann")).status_code == 303
    world.sql(f"UPDATE {world.schema()}.sign_in_attempt SET at = at - interval '16 minutes'")
    assert sign_in(world.anonymous(), "ann@desk.example", password("ann")).status_code == 303


@pytest.mark.threat("T-031", "T-032")
def test_the_limit_follows_the_login_however_it_is_written(world):
    for number in range(10):
        login = ("ann@desk.example", "ANN@desk.example", " Ann@Desk.example")[number % 3]
        sign_in(world.anonymous(), login, "wrong", "/sign-in")
    assert sign_in(world.anonymous(), "ann@desk.example", password("ann")).status_code == 422


@pytest.mark.threat("T-031", "T-032")
def test_an_address_waits_after_many_failures_whatever_it_claims_to_be(world):
    with world.inside():
        failed = [{"login_hash": str(n).encode(), "address": "127.0.0.1", "ok": False} for n in range(60)]
        db.session.execute(Attempt.__table__.insert(), failed)
    browser = world.anonymous()
    for headers in (
        {},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
    ):
        data = {"csrf_token": browser.csrf_token, "login": "ann@desk.example", "password": password("ann")}
        assert browser.post("/sign-in", data=data, headers=headers).status_code == 422
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert browser.post("/sign-in", data=data, environ_base=elsewhere).status_code == 303


@pytest.mark.threat("T-031")
def test_tries_are_counted_even_when_their_request_is_rolled_back(world, monkeypatch):
    def broken(*_):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(signing_in.sessions, "open_session", broken)
        browser = world.anonymous(broken=True)
        assert sign_in(browser, "ann@desk.example", password("ann")).status_code == 500
        assert sign_in(browser, "ann@desk.example", "wrong").status_code == 422
    with world.inside():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 2
        assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_what_is_kept_of_a_try_does_not_tell_the_login(world):
    sign_in(world.anonymous(), "ann@desk.example", "wrong")
    kept = str(world.sql(f"SELECT * FROM {world.schema()}.sign_in_attempt"))
    assert "ann" not in kept and "wrong" not in kept


# --- sessions ---------------------------------------------------------------------------------------------------------


def cookie_of(browser, path: str = "/") -> dict:
    with browser.session_transaction(path, base_url=f"http://{browser.host}") as cookie:
        return dict(cookie)


def put_cookie(browser, kept: dict, path: str = "/") -> None:
    with browser.session_transaction(path, base_url=f"http://{browser.host}") as cookie:
        cookie.clear()
        cookie.update(kept)


@pytest.mark.threat("T-034")
def test_every_sign_in_is_a_new_session(world):
    browser = world.anonymous()
    tokens = []
    for _ in range(3):
        sign_in(browser, "ann@desk.example", password("ann"))
        tokens.append(cookie_of(browser)["_user_id"])
    assert len(set(tokens)) == 3
    kept = str(world.sql(f"SELECT token_hash FROM {world.schema()}.session"))
    assert not any(token in kept for token in tokens)


@pytest.mark.threat("T-034")
def test_a_session_that_was_put_into_a_browser_is_not_taken_over(world):
    browser = world.anonymous()
    put_cookie(browser, cookie_of(browser) | {"_user_id": "chosen by a stranger", "_fresh": True})
    sign_in(browser, "ann@desk.example", password("ann"))
    assert cookie_of(browser)["_user_id"] != "chosen by a stranger"


@pytest.mark.threat("T-034", "T-055")
@pytest.mark.parametrize("surface", SURFACES)
def test_signing_out_ends_the_session_everywhere_it_was_copied_to(world, surface):
    path, home, person, login = SURFACES[surface]
    browser = world.anonymous()
    sign_in(browser, login, password(person), path)
    copied = cookie_of(browser, home)
    assert browser.get(path.replace("in", "out")).status_code == 405, "A link or an image cannot sign anybody out."
    out = browser.post_form(path.replace("in", "out"))
    assert (out.status_code, out.headers["Location"]) == (303, path)
    put_cookie(browser, copied, home)
    again = browser.get(home, follow_redirects=True)
    assert again.request.path == path
    assert world.sql(f"SELECT 1 FROM {world.schema()}.session") == []
    assert browser.post_form(path.replace("in", "out")).status_code == 303


@pytest.mark.threat("T-024", "T-034")
@pytest.mark.parametrize(
    "change_of",
    [
        "UPDATE {0}.account SET enabled = false",
        "UPDATE {0}.staff SET active = false",
        "UPDATE {0}.staff SET withdrawn_at = now()",
        "DELETE FROM {0}.session",
        "UPDATE {0}.session SET seen_at = now() - interval '13 hours'",
        "UPDATE {0}.session SET created_at = now() - interval '31 days'",
        "UPDATE {0}.session SET surface = 'portal'",
    ],
)
def test_what_ends_a_session_ends_it_at_the_next_request(world, change_of):
    browser = world.staff("ann")
    assert browser.get("/").status_code == 200
    world.sql(change_of.format(world.schema()))
    assert browser.get("/").headers["Location"].startswith("/sign-in")


@pytest.mark.threat("T-024")
@pytest.mark.parametrize("change_of", ["SET active = false", "SET withdrawn_at = now()"])
def test_a_contact_who_is_deactivated_is_out_at_the_next_request(world, cast, change_of):
    browser = world.portal("ina")
    assert browser.get("/portal/").status_code == 200
    world.sql(f"UPDATE {world.schema()}.contact {change_of} WHERE id = %s", cast.ina)
    assert browser.get("/portal/").headers["Location"].startswith("/portal/sign-in")


@pytest.mark.threat("T-024")
def test_another_role_counts_from_the_next_request(world, cast):
    browser = world.staff("ann")
    assert browser.get("/admin/").status_code == 403
    with world.inside():
        change(db.session.get(Staff, cast.ann), {"role": "administrator"}, actor=SYSTEM)
    assert browser.get("/admin/").status_code == 200


@pytest.mark.threat("T-024")
@pytest.mark.parametrize(
    "ended",
    ["withdrawn_at = now()", "ends_on = current_date - 1", "starts_on = current_date + 1", "sees_people = false"],
)
def test_a_membership_that_ended_shows_nothing_from_the_next_request(world, cast, ended):
    browser = world.portal("ina")
    assert browser.get(f"/portal/people/{cast.otto}").status_code == 200
    world.sql(f"UPDATE {world.schema()}.membership SET {ended} WHERE contact_id = %s", cast.ina)
    assert browser.get(f"/portal/people/{cast.otto}").status_code in (403, 404)
    assert "Otto" not in browser.get("/portal/").get_data(as_text=True)


@pytest.mark.threat("T-013")
def test_staff_and_portal_are_signed_in_side_by_side(world):
    browser = world.anonymous()
    sign_in(browser, "ann@desk.example", password("ann"))
    sign_in(browser, "ina", password("ina"), "/portal/sign-in")
    assert "Ann Tanner" in normal(browser.get("/", follow_redirects=True))
    assert "Ina" in normal(browser.get("/portal/", follow_redirects=True))
    browser.post_form("/portal/sign-out")
    assert browser.get("/").status_code == 200
    assert browser.get("/portal/").status_code == 302


@pytest.mark.threat("T-013")
def test_a_session_opens_its_own_surface_only(world):
    staff, portal = world.staff("adam"), world.portal("ina")
    in_portal, on_desk = cookie_of(staff), cookie_of(portal, "/portal")
    put_cookie(staff, in_portal, "/portal")
    put_cookie(portal, on_desk, "/")
    assert staff.get("/portal/").headers["Location"].startswith("/portal/sign-in")
    for path in ("/", "/admin/", "/companies"):
        assert portal.get(path).headers["Location"].startswith("/sign-in")


def test_a_visit_writes_nothing_but_once_in_a_while(world):
    browser = world.staff("ann")
    query = f"SELECT seen_at FROM {world.schema()}.session"
    before = world.sql(query)
    browser.get("/")
    assert world.sql(query) == before
    world.sql(f"UPDATE {world.schema()}.session SET seen_at = now() - interval '10 minutes'")
    before = world.sql(query)
    browser.get("/")
    assert world.sql(query) != before


def test_an_error_page_needs_nobody_signed_in(world):
    with world.inside():
        db.session.execute(text("DELETE FROM session"))
    assert world.anonymous().get("/no-such-page").status_code == 404
