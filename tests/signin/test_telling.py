"""Whether somebody has an account here: nothing that a guesser can measure tells it, not words, not work, not time."""

import math
import random
from time import perf_counter

import pytest

from app.people import passwords
from app.signin import passwords as signing_in
from tests import world as worlds
from tests.pages import normal

# Whose state is what; each is asked for with a wrong password.
STAFF = {
    "known": "ann@desk.example",
    "unknown": "nobody@desk.example",
    "disabled": "sue@desk.example",
    "left": "adam@desk.example",
}
PORTAL = {
    "known": "ina",
    "unknown": "nobody",
    "sealed": "otto",
    "without a password": "ben",
    "deactivated": "nils",
    "two of a name": "same@acme.example",
}
CASES = {"/sign-in": STAFF, "/portal/sign-in": PORTAL}


@pytest.fixture
def people(world, cast):
    """The states that an account can be in."""
    schema = world.schema()
    with world.inside():
        sealed = passwords.sealed("a password from a file")
    world.sql(f"UPDATE {schema}.account SET enabled = false WHERE id = %s", cast.accounts["sue"])
    world.sql(f"UPDATE {schema}.staff SET active = false WHERE id = %s", cast.adam)
    one = f"UPDATE {schema}.account SET password_hash = NULL, password_sealed = %s WHERE id = %s"
    world.sql(one, sealed, cast.accounts["otto"])
    world.sql(one, None, cast.accounts["ben"])
    world.sql(f"UPDATE {schema}.contact SET active = false WHERE id = %s", cast.nils)
    world.sql(f"UPDATE {schema}.contact SET email = 'same@acme.example' WHERE id = ANY (%s)", [cast.ina, cast.xena])
    return world


def try_wrong(browser, login: str, path: str):
    typed = {"csrf_token": browser.csrf_token, "login": login, "password": "not the password of anybody"}
    return browser.post(path, data=typed)


@pytest.mark.threat("T-033")
@pytest.mark.parametrize("path", CASES)
def test_every_wrong_try_is_the_same_words_and_the_same_work(people, monkeypatch, path):
    """One comparison with a hash and the same number of statements, whoever it is; when there were too many, none."""
    hashed: list[str] = []
    whole = passwords._hasher.verify
    fake = type("Hasher", (), {"verify": lambda self, kept, secret: hashed.append(kept) or whole(kept, secret)})()
    monkeypatch.setattr(passwords, "_hasher", fake)
    for tries, comparisons in ((10, 1), (1, 0)):
        found: dict[str, tuple] = {}
        for case, login in CASES[path].items():
            for _ in range(tries):
                browser = people.anonymous()
                hashed.clear()
                with worlds.statements() as sent:
                    answered = try_wrong(browser, login, path)
                words = normal(answered).replace(f'value="{login}"', 'value=""')
                found[case] = (answered.status_code, words, len(hashed), len(sent))
            assert found[case][2] == comparisons, case
        assert len(set(found.values())) == 1, {case: told[2:] for case, told in found.items()}


def rank_sum(first: list[float], second: list[float]) -> float:
    """How likely two samples differ so much when they are of one distribution (Mann and Whitney, two-sided)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(place for place, (_, of) in enumerate(ranked, 1) if of == 0)
    n, m = len(first), len(second)
    off = ranks - n * (n + m + 1) / 2
    return math.erfc(abs(off) / math.sqrt(n * m * (n + m + 1) / 12) / math.sqrt(2))


def test_the_statistics_tell_apart_what_differs():
    steady = random.Random(7)
    same, other = ([steady.gauss(30, 1) for _ in range(200)] for _ in range(2))
    assert rank_sum(same, other) > 0.01
    assert rank_sum(same, [value + 0.5 for value in other]) < 0.001


TIMES, LEAST = 200, 0.01


@pytest.mark.isolation
@pytest.mark.threat("T-033")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("path", CASES)
def test_every_wrong_try_takes_the_same_time(people, monkeypatch, path):
    """Two hundred tries of each, mixed; and half the time would be noticed."""
    for limits in ("LOGIN_LIMITS", "ADDRESS_LIMITS"):
        monkeypatch.setattr(signing_in, limits, ((15, 10**6), (24 * 60, 10**6)))
    browser = people.anonymous()
    cases = [(case, login) for case, login in CASES[path].items() for _ in range(TIMES)]
    random.Random(11).shuffle(cases)
    taken: dict[str, list[float]] = {}
    for case, login in cases:
        begun = perf_counter()
        try_wrong(browser, login, path)
        taken.setdefault(case, []).append(perf_counter() - begun)
    others = [case for case in taken if case != "unknown"]
    likely = {case: rank_sum(taken["unknown"], taken[case]) for case in others}
    # Several are compared: the bound is for all of them together.
    assert min(likely.values()) > LEAST / len(others), likely
    # What it would be without the comparison of hashes, or with a weaker one, would be seen.
    assert rank_sum(taken["unknown"], [seconds / 2 for seconds in taken["known"]]) < LEAST / len(others)
