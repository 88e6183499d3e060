"""What an error page may tell: that something went wrong and a number, at every address, whatever went wrong there."""

import logging

import pytest
from sqlalchemy import text

from tenants import db

from .asking import FRAGMENT, UNSAFE, address, methods, rules, sign_in
from .policy import ROUTES

SECRET = "the password is open sesame"
# What no answer may hold, of whatever kind it is.
INNER = ("Traceback", " object at 0x", "sesame", "RuntimeError", "ProgrammingError", "psycopg", "sqlalchemy", "SELECT ")
INNER += ("nowhere_at_all", "site-packages", "postgresql://", "redis://", "deskhand_app", "secret_key", "org_")


class Thing:
    """Something with secrets in it, of which a careless page would show the name and the place."""

    secret = SECRET


def fail(*_, **__):
    raise RuntimeError(f"{SECRET}: {Thing()}")


def fail_in_sql(*_, **__):
    db.session.execute(text("SELECT secret FROM nowhere_at_all"))


def answer_a_thing(*_, **__):
    return Thing()


MORE = pytest.mark.isolation


def _told(response) -> list[str]:
    said = f"{response.headers}\n{response.get_data(as_text=True)}"
    return [word for word in INNER if word in said]


@pytest.mark.threat("T-088")
@pytest.mark.parametrize("fault", [fail, *(pytest.param(one, marks=MORE) for one in (fail_in_sql, answer_a_thing))])
def test_no_address_tells_what_went_wrong(one_world, marked, monkeypatch, fault):
    """Every view fails in turn: the page, the fragment and the document have the number that was logged."""
    # Whatever the process did to the loggers before: what is told here is told to the one of the application.
    monkeypatch.setattr(logging.getLogger("app.errors"), "disabled", False)
    actors, wrong, failed = sign_in(one_world), [], 0
    for client in (*actors.browsers.values(), *actors.programs.values()):
        client.broken = True
    before = one_world.checksum()
    for rule in rules(one_world.app):
        route = ROUTES[rule.endpoint]
        if fault is fail_in_sql and "." not in rule.endpoint:
            continue  # These are asked outside any organization.
        actor = sorted(route.who, key=("ann", "adam", "ina", "nils", "nobody").index)[0]
        client = actors.of(actor, rule.endpoint)
        within = marked.within("a")
        path = address(rule, route, marked.ids[route.id].get("a", 1) if route.id else None, within)
        fault.policy = one_world.app.view_functions[rule.endpoint].policy
        with monkeypatch.context() as patch:
            patch.setitem(one_world.app.view_functions, rule.endpoint, fault)
            for method in methods(rule):
                headers = {"X-CSRFToken": client.csrf_token} if method in UNSAFE else {}
                for more in ({}, FRAGMENT):
                    response = client.open(path, method=method, headers=headers | more)
                    failed += 1
                    if response.status_code != 500 or _told(response):
                        wrong.append(f"{method} {path}: {response.status_code} {_told(response)}")
                    number = response.headers["X-Request-Id"]
                    if number not in response.get_data(as_text=True):
                        wrong.append(f"{method} {path} has no number")
                    if not any(number in message for message in client.logged):
                        wrong.append(f"{method} {path} was not logged under its number")
    assert not wrong, "\n".join(wrong)
    assert failed > 200 and one_world.checksum() == before


@pytest.mark.threat("T-088")
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=MORE, id="whole")])
def test_no_refusal_tells_what_is_inside(one_world, marked, whole):
    """Every address, asked wrongly: no number, no record, no body, a body of another kind, another method."""
    actors, wrong = sign_in(one_world), []
    for rule in rules(one_world.app):
        route = ROUTES[rule.endpoint]
        for actor in {sorted(route.who)[0], "nobody"}:
            client = actors.of(actor, rule.endpoint)
            for number in (marked.ids[route.id]["never"], 0)[: 1 + whole] if route.id else (None,):
                path = address(rule, route, number, marked.within("never"))
                for method in sorted({*methods(rule), "DELETE"} if whole else methods(rule)):
                    headers = {"X-CSRFToken": client.csrf_token}
                    for sent in ({}, {"data": b"{\xff", "content_type": "application/json"}):
                        response = client.open(path, method=method, headers=headers, **sent)
                        if response.status_code >= 400 and _told(response):
                            wrong.append(f"{actor} {method} {path}: {response.status_code} {_told(response)}")
    assert not wrong, "\n".join(wrong)
