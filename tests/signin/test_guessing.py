"""Guessing passwords from many places for a long time, and whom that keeps out: the guesser, and nobody else."""

import threading
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import pytest

from app.people import passwords
from app.signin import devices
from app.signin import passwords as signing_in
from app.signin.passwords import network_of
from tests.cast import password

ANN = "ann@desk.example"
# The first of so many addresses, each in a network of its own.
FIRST = int(ip_address("198.18.0.1"))


def guess(browser, login: str, secret: str, number: int = 0, path: str = "/sign-in", **headers: str):
    """Try a password from the address with this number."""
    typed = {"csrf_token": browser.csrf_token, "login": login, "password": secret}
    at = {"REMOTE_ADDR": str(ip_address(FIRST + number))}
    return browser.post(path, data=typed, environ_base=at, headers=headers)


def let_pass(world, time: str) -> None:
    world.sql(f"UPDATE {world.schema()}.sign_in_attempt SET at = at - interval '{time}'")


@pytest.fixture
def checked(monkeypatch) -> list[str]:
    """The passwords that were really compared with a hash, which is made cheap here."""
    found: list[str] = []

    def matches(secret: str, kept_hash: str | None, sealed: bytes | None) -> bool:
        found.append(secret)
        return kept_hash is not None and secret == password("ann")

    monkeypatch.setattr(passwords, "matches", matches)
    return found


@pytest.mark.threat("T-031")
def test_a_day_of_guesses_from_everywhere_is_a_hundred_checks(world, checked):
    """Twelve guesses every sixteen minutes, each from another address: after a hundred nothing is compared any more."""
    browser = world.anonymous()
    for round_ in range(12):
        for number in range(12):
            assert guess(browser, ANN, f"guess {round_} {number}", round_ * 12 + number).status_code == 422
        let_pass(world, "16 minutes")
    assert len(checked) == 100
    assert guess(browser, ANN, password("ann"), 999).status_code == 422
    let_pass(world, "24 hours")
    assert guess(browser, ANN, password("ann"), 999).status_code == 303


MANY = (pytest.mark.isolation, pytest.mark.timeout(3600))
LOGINS = (ANN, "sue@desk.example", "nobody@desk.example")


@pytest.mark.threat("T-031")
@pytest.mark.parametrize(("guesses", "addresses"), [(300, 50), pytest.param(10_000, 500, marks=MANY, id="many")])
def test_a_day_of_guesses_at_several_people_from_many_networks(world, monkeypatch, guesses, addresses):
    """At most a hundred comparisons for each login and day; whom it is aimed at signs in meanwhile, from where they
    have signed in before."""
    known = world.anonymous()
    assert guess(known, ANN, password("ann"), 10_000).status_code == 303
    known.post_form("/sign-out")
    compared: Counter[str] = Counter()
    tried: list[str] = []
    monkeypatch.setattr(passwords, "matches", lambda *_: bool(compared.update(tried)))
    stranger, rounds = world.anonymous(), 100
    for number in range(guesses):
        tried[:] = [LOGINS[number % len(LOGINS)]]
        assert guess(stranger, tried[0], f"guess {number}", number % addresses).status_code == 422
        if number % (guesses // rounds) == 0:
            let_pass(world, "14 minutes")
    monkeypatch.undo()
    assert set(compared) == set(LOGINS) and sum(compared.values()) >= min(guesses, 270)
    assert max(compared.values()) <= 100
    assert guess(known, ANN, password("ann"), 10_001).status_code == 303


@pytest.mark.threat("T-031")
def test_guesses_at_the_same_moment_are_not_let_through_together(world, checked, monkeypatch):
    """All of them are looked at before any is compared; still no more are compared than one after the other."""
    together = threading.Barrier(16, timeout=60)
    whole = signing_in._too_many

    def looked_at(*given, **more) -> bool:
        found = whole(*given, **more)
        if not more:
            together.wait()
        return found

    monkeypatch.setattr(signing_in, "_too_many", looked_at)
    strangers = [world.anonymous() for _ in range(together.parties)]
    with ThreadPoolExecutor(together.parties) as pool:
        asked = [pool.submit(guess, one, ANN, "wrong", number) for number, one in enumerate(strangers)]
        assert {one.result().status_code for one in asked} == {422}
    assert len(checked) <= 10
    monkeypatch.setattr(signing_in, "_too_many", whole)
    for number in range(12):
        guess(strangers[0], ANN, "wrong", number)
    assert len(checked) == 10


@pytest.mark.threat("T-031")
@pytest.mark.parametrize(("path", "login", "person"), [("/sign-in", ANN, "ann"), ("/portal/sign-in", "ina", "ina")])
def test_who_has_signed_in_from_here_before_is_not_locked_out_by_a_stranger(world, path, login, person):
    known = world.anonymous()
    assert guess(known, login, password(person), path=path).status_code == 303
    known.post_form(path.replace("in", "out"))
    stranger = world.anonymous()
    for number in range(12):
        guess(stranger, login, "wrong", number, path)
    assert guess(stranger, login, password(person), 50, path).status_code == 422
    assert guess(known, login, password(person), path=path).status_code == 303
    # What is guessed from there is counted too.
    for number in range(10):
        assert guess(known, login, "wrong", number, path).status_code == 422
    assert guess(known, login, password(person), path=path).status_code == 422


@pytest.mark.threat("T-031")
def test_a_device_is_known_for_one_login_on_one_surface_of_one_organization(world):
    with world.inside():
        made = devices.make("staff", ANN)
        name = made.partition(".")[0]
        assert devices.name_of(made, "staff", ANN) == name
        for wrong in ("", ".", name, f"{name}.", f"{name}.{'0' * 64}", f"x{made}", f"{made}x", "é.é", made.upper()):
            assert devices.name_of(wrong, "staff", ANN) == "", wrong
        assert devices.name_of(made, "portal", ANN) == ""
        assert devices.name_of(made, "staff", "sue@desk.example") == ""
    with world.inside("summit"):
        assert devices.name_of(made, "staff", ANN) == ""


@pytest.mark.threat("T-031", "T-032")
def test_a_stolen_device_does_not_help_to_guess_for_others(world):
    known = world.anonymous()
    assert guess(known, ANN, password("ann")).status_code == 303
    for number in range(10):
        guess(world.anonymous(), "sue@desk.example", "wrong", number)
    assert guess(known, "sue@desk.example", password("sue")).status_code == 422


@pytest.mark.threat("T-032")
def test_a_network_is_counted_as_one(world):
    """Whoever has one IPv6 address has all the others of its /64."""
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff:ffff:ffff:ffff") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:203.0.113.9") == network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("") == "" and len(network_of("x" * 1000)) == 64
    browser = world.anonymous()
    for number in range(61):
        typed = {"csrf_token": browser.csrf_token, "login": f"nobody{number}@desk.example", "password": "x" * 200}
        browser.post("/sign-in", data=typed, environ_base={"REMOTE_ADDR": f"2001:db8::{number:x}"})
    typed |= {"login": ANN, "password": password("ann")}
    for address, status in (("2001:db8::ffff", 422), ("2001:db8:0:1::1", 303)):
        assert browser.post("/sign-in", data=typed, environ_base={"REMOTE_ADDR": address}).status_code == status


@pytest.mark.threat("T-032")
def test_a_login_written_otherwise_is_either_the_same_or_nobody(world, checked):
    """No way of writing it gives ten more guesses at the same account."""
    plain = [
        "ann@desk.example",
        "ANN@DESK.EXAMPLE",
        "\tann@desk.example\n",
        "Ann@desk.Example ",
        "\u00a0ann@desk.example",
    ]
    strange = [
        "ａｎｎ@desk.example",
        "ann@desk.example.",
        "ann@desk．example",
        "a\u200bnn@desk.example",
        "ann @desk.example",
    ]
    strange += [
        "ⓐnn@desk.example",
        "ann@desk.example\u0000",
        "'ann'@desk.example",
        "ann+1@desk.example",
        "%61nn@desk.example",
    ]
    strange += [unicodedata.normalize("NFD", "änn@desk.example"), "aⁿn@desk.example", "ann@DESK.EXAMPLE\u0130"]
    for number, login in enumerate(strange):
        assert guess(world.anonymous(), login, password("ann"), number).status_code == 422, login
    for number in range(10):
        assert guess(world.anonymous(), plain[number % len(plain)], "wrong", 100 + number).status_code == 422
    before = len(checked)
    for number, login in enumerate(plain):
        assert guess(world.anonymous(), login, password("ann"), 200 + number).status_code == 422, login
    assert len(checked) == before


@pytest.mark.threat("T-032")
def test_the_address_is_that_of_the_connection_whatever_is_claimed(world):
    for number in range(10):
        guess(world.anonymous(), f"nobody{number}", "wrong", 7, **{"X-Forwarded-For": f"203.0.113.{number}"})
    kept = world.sql(f"SELECT DISTINCT address FROM {world.schema()}.sign_in_attempt")
    assert kept == [{"address": str(ip_address(FIRST + 7))}]


@pytest.mark.threat("T-031")
def test_a_password_that_is_too_long_is_never_hashed(world, monkeypatch):
    """A megabyte of it costs nothing; one of the longest that may be chosen still signs in."""
    hashed = []
    whole = passwords._hasher.verify
    fake = type("Hasher", (), {"verify": lambda self, kept, secret: hashed.append(secret) or whole(kept, secret)})()
    monkeypatch.setattr(passwords, "_hasher", fake)
    for size in (passwords.MAXIMUM + 1, 1024 * 1024):
        assert guess(world.anonymous(), ANN, "x" * size).status_code == 422
    assert hashed == []
    assert guess(world.anonymous(), ANN, "x" * passwords.MAXIMUM).status_code == 422
    assert len(hashed) == 1
