"""No address that the product makes is taken from what a request claims to be: links stay on this very host."""

import re

import pytest
from flask import request

from app.application import create_app
from app.config import load
from tests import world as worlds
from tests.cast import password
from tests.isolation.asking import address, rules
from tests.isolation.policy import ROUTES
from tests.pages import normal

EVIL = "evil.example"
HEADERS = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Port": "6666",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Host": EVIL,
    "X-HTTP-Host-Override": EVIL,
    "X-Original-Host": EVIL,
    "X-Original-URL": f"//{EVIL}/",
    "X-Rewrite-URL": f"//{EVIL}/",
    "Forwarded": f"for=1.2.3.4;host={EVIL};proto=https",
    "Referer": f"https://{EVIL}/",
    "Origin": f"https://{EVIL}",
}
HOSTS = [
    EVIL,
    f"harbor.test.{EVIL}",
    f"{EVIL}/harbor.test",
    f"harbor.test@{EVIL}",
    f"{EVIL}@harbor.test",
    f"harbor.test:80@{EVIL}",
    f"harbor.test#{EVIL}",
    f"harbor.test?{EVIL}",
    f"harbor.test\\{EVIL}",
    f"harbor.test,{EVIL}",
    f"harbor.test {EVIL}",
    f"harbor.test:{EVIL}",
    f"harbor.test:80:{EVIL}",
    f"[{EVIL}]",
    f"harbor.test\t{EVIL}",
    f'"{EVIL}"',
    f"harbor.test&{EVIL}",
]


def pages(world):
    """Every page of the route map that a person of the cast may open, with who opens it."""
    people = {"staff": world.staff("adam"), "portal": world.portal("ina"), "api": world.api(person="adam")}
    ids = {"company": world.cast.acme, "contact": world.cast.otto, "contract": world.cast.acme_support_hours}
    for rule in rules(world.app):
        route = ROUTES[rule.endpoint]
        first = rule.endpoint.partition(".")[0]
        if "GET" in rule.methods and (not route.id or route.id in ids):
            who = people[first if first in ("portal", "api") else "staff"]
            yield who, address(rule, route, ids.get(route.id), {"department_id": world.cast.acme_purchasing})


@pytest.mark.threat("T-037")
def test_no_page_takes_an_address_from_a_header(shared_world):
    asked = 0
    for who, path in pages(shared_world):
        response = who.get(path, headers=HEADERS)
        said = f"{response.headers} {normal(response)}"
        assert EVIL not in said and "6666" not in said, path
        asked += 1
    assert asked > 60


@pytest.mark.threat("T-037")
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_is_told_nothing(shared_world, host):
    for path in ("/", "/sign-in", "/portal/sign-in", "/api/v1/companies", "/admin/", "/no-such-page"):
        refused = shared_world.anonymous().get(path, headers={"Host": host})
        assert refused.status_code in (400, 404), path
        said = f"{refused.headers} {refused.get_data(as_text=True)}"
        assert EVIL not in said and "Harbor IT" not in said


@pytest.mark.threat("T-037")
def test_redirects_name_no_host_at_all(world):
    """So that none can be put into them."""
    browser = world.anonymous()
    typed = {"csrf_token": browser.csrf_token, "login": "ann@desk.example", "password": password("ann")}
    sent = [
        browser.get("/companies", headers=HEADERS),
        browser.get("/portal", headers=HEADERS),
        browser.get("/portal/me", headers=HEADERS),
        browser.post("/sign-in", data=typed, headers=HEADERS),
        browser.post("/sign-out", data={"csrf_token": browser.csrf_token}, headers=HEADERS),
    ]
    for response in sent:
        assert response.status_code in (302, 303, 308)
        assert re.fullmatch(r"/(?!/)\S*|http://harbor\.test/\S*", response.headers["Location"])


@pytest.mark.threat("T-032", "T-037")
def test_a_proxy_is_believed_for_the_address_and_the_scheme_and_nothing_else(app, shared_world):
    """Behind one proxy: its last word counts for the address, whatever the browser sent before; never for the host."""
    settings = app.config["SETTINGS"]
    behind = create_app(
        load(
            home=settings.home,
            database_url=settings.database_url,
            redis_url=settings.redis_url,
            secret_key=settings.secret_key,
            proxies=1,
        ),
        DATABASE_POOL=None,
    )
    behind.test_client_class = worlds.Client
    seen = []

    @behind.before_request
    def _note():
        seen.append((request.remote_addr, request.scheme, request.host))

    with worlds.using(behind, shared_world.cluster.url(shared_world.database)):
        browser = behind.test_client()
        browser.host = "harbor.test"
        claimed = HEADERS | {"X-Forwarded-For": "9.9.9.9, 203.0.113.7", "X-Forwarded-Proto": "https"}
        page = browser.get("/sign-in", headers=claimed)
        assert page.status_code == 200 and EVIL not in normal(page)
        browser.host = EVIL
        assert browser.get("/sign-in", headers=HEADERS | {"X-Forwarded-Host": "harbor.test"}).status_code == 404
    assert seen[0] == ("203.0.113.7", "https", "harbor.test")
