"""What every answer tells the browser, and what the browser must send along: headers, tokens, settings of htmx."""

import json
import logging
import re

import pytest
from flask import Flask
from flask_wtf.csrf import generate_csrf

from app.web.assets import hashed
from tests.isolation.asking import address, methods, rules
from tests.isolation.policy import ROUTES
from tests.source import Elements

# --- headers ----------------------------------------------------------------------------------------------------------

STYLE = "/static/" + hashed("desk.css")
PAGES = ("/", "/sign-in", "/companies", "/admin/", "/profile", "/healthz", "/readyz", STYLE)
PAGES += ("/no-such-page", "/static/none.css", "/companies/999999", "/companies/abc", "/api/v1/companies", "/api/v1/x")


@pytest.fixture
def answers(shared_world):
    """Answers of every kind: pages, files, errors, redirects, documents; of everybody."""
    found = []
    for browser in (shared_world.anonymous(), shared_world.staff("adam"), shared_world.api("read")):
        found += [browser.get(path) for path in PAGES]
        found += [browser.fragment(path) for path in PAGES]
        found += [browser.delete("/companies"), browser.post("/companies"), browser.options("/companies")]
    portal = shared_world.portal("ina")
    found += [portal.get(path) for path in ("/portal/", "/portal/people", "/portal/me", "/portal/none", "/portal")]
    found.append(shared_world.anonymous(host="nobody.test").get("/"))
    found.append(shared_world.anonymous().get("/", headers={"Host": "a b"}))
    assert {response.status_code for response in found} >= {200, 302, 401, 404, 405}
    return found


@pytest.mark.threat("T-063", "T-066")
def test_every_answer_says_what_it_may_load_and_who_may_frame_it(answers):
    for response in answers:
        policy = dict(
            part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";")
        )
        where = f"{response.request.method} {response.request.path}: {response.status_code}"
        assert policy["default-src"] == "'none'", where
        for name in ("script-src", "style-src", "connect-src", "form-action"):
            assert policy[name] == "'self'", where
        for name in ("object-src", "base-uri", "frame-ancestors"):
            assert policy[name] == "'none'", where
        assert "unsafe" not in str(policy) and "*" not in str(policy) and "http" not in str(policy), where
        assert response.headers["X-Content-Type-Options"] == "nosniff", where
        assert response.headers["X-Frame-Options"] == "DENY", where
        assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), where
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin", where
        assert response.headers["Permissions-Policy"], where
        assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-Id"]), where


@pytest.mark.threat("T-026", "T-064")
def test_nothing_but_files_is_kept_by_the_browser_or_a_proxy(answers):
    for response in answers:
        if response.request.path.startswith("/static/") and response.status_code == 200:
            assert "immutable" in response.headers["Cache-Control"]
            assert "Set-Cookie" not in response.headers
        else:
            assert response.headers["Cache-Control"] == "private, no-store", response.request.path
            assert {"Cookie", "HX-Request"} <= set(response.vary.to_header().split(", ")), response.request.path


@pytest.mark.threat("T-088")
def test_an_error_tells_its_number_and_nothing_else(world, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the password is open sesame, in /srv/secret/place.py")

    monkeypatch.setitem(world.app.view_functions, "staff.home.index", broken)
    broken.policy = "desk.use"
    # Whatever the process did to the loggers before: what is told here is told to the one of the application.
    monkeypatch.setattr(logging.getLogger("app.errors"), "disabled", False)
    browser = world.staff("ann", broken=True)
    for ask in (browser.get, browser.fragment):
        response = ask("/")
        page = response.get_data(as_text=True)
        assert response.status_code == 500
        number = response.headers["X-Request-Id"]
        assert number in page and any(number in message for message in browser.logged)
        for secret in ("sesame", "RuntimeError", "Traceback", "/srv/", "place.py", world.keys["harbor"]):
            assert secret not in page
        assert "Content-Security-Policy" in response.headers


def test_an_error_that_htmx_meets_goes_to_the_line_above_the_page(world):
    response = world.staff("ann").fragment("/companies/999999")
    assert response.status_code == 404
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#alerts", "innerHTML")
    assert "<html" not in response.get_data(as_text=True)


# --- tokens of forms --------------------------------------------------------------------------------------------------


def unsafe(app: Flask):
    for rule in rules(app):
        for method in methods(rule):
            if method != "GET":
                yield rule, method


@pytest.mark.threat("T-065")
def test_every_address_that_writes_asks_for_the_token(shared_world, cast):
    """But for the API, which no cookie opens. Nothing is written by any of these."""
    adam, ina = shared_world.staff("adam"), shared_world.portal("ina")
    other = shared_world.staff("sue")
    before = shared_world.checksum(but=("session",))
    asked = 0
    for rule, method in unsafe(shared_world.app):
        if rule.endpoint.startswith("api."):
            continue
        browser = ina if rule.endpoint.startswith("portal") else adam
        path = address(rule, ROUTES[rule.endpoint], cast.acme).partition("?")[0]
        foreign = _token_of_another_session(shared_world)
        always = ({"data": {}}, {"data": {"csrf_token": foreign}})
        # These are taken in turn: it is one check that stands before every address.
        others = (
            {"data": {"csrf_token": ""}},
            {"data": {"csrf_token": "guessed"}},
            {"headers": {"X-CSRFToken": foreign}},
            {"data": "csrf_token=x", "content_type": "text/plain"},
            {"json": {"csrf_token": browser.csrf_token}},
            {"query_string": {"csrf_token": browser.csrf_token}},
        )
        for options in (*always, others[asked % len(others)]):
            response = browser.open(path, method=method, **options)
            assert response.status_code == 400, f"{method} {path} {options} is {response.status_code}"
            asked += 1
    assert asked > 100
    assert shared_world.checksum(but=("session",)) == before
    assert other.csrf_token != adam.csrf_token


def _token_of_another_session(world) -> str:
    with world.app.test_request_context("/", base_url="http://harbor.test"):
        return generate_csrf()


@pytest.mark.threat("T-065")
@pytest.mark.parametrize("override", ["_method=DELETE", "_method=PATCH"])
def test_a_method_cannot_be_overridden(shared_world, cast, override):
    browser = shared_world.staff("ann")
    assert browser.get(f"/companies/{cast.acme}?{override}").status_code == 200
    headers = {"X-HTTP-Method-Override": "DELETE", "X-CSRFToken": browser.csrf_token}
    assert browser.post(f"/companies/{cast.acme}", headers=headers).status_code == 405


# --- htmx -------------------------------------------------------------------------------------------------------------


@pytest.mark.threat("T-064")
def test_every_page_tells_htmx_to_evaluate_and_to_store_nothing(shared_world):
    pages = [
        shared_world.anonymous().get("/sign-in"),
        shared_world.staff("ann").get("/"),
        shared_world.staff("adam").get("/admin/"),
        shared_world.portal("ina").get("/portal/"),
        shared_world.anonymous().get("/no-such-page"),
    ]
    for page in pages:
        found = Elements(page.get_data(as_text=True)).found
        (config,) = [
            given["content"] for tag, given, _ in found if tag == "meta" and given.get("name") == "htmx-config"
        ]
        settings = json.loads(config)
        assert settings["mode"] == "same-origin"
        assert settings["extensions"] == "none"
        assert settings["includeIndicatorCSS"] is False
        for tag, given, _ in found:
            assert tag != "style" and "style" not in given, page.request.path
            assert not any(name.startswith(("on", "hx-on")) for name in given), f"{page.request.path}: {tag} {given}"
            assert tag != "script" or given.get("src", "").startswith("/static/"), page.request.path
            for name in ("src", "href", "action", "hx-get", "hx-post"):
                value = given.get(name) or ""
                assert value.startswith(("/", "#", "?", "mailto:", "tel:", "data:", "https://")) or not value, value
                assert tag in ("a", "use") or not value.startswith("https://"), f"{tag} loads {value}"
