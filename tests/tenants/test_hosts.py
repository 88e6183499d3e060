"""From the Host header to an organization, and from nothing else."""

import re

import pytest

from tenants import provision, resolve
from tests.pages import answer, normal

HARBOR, SUMMIT = "Harbor IT", "Summit IT"


@pytest.mark.parametrize(
    "host", ["harbor.test", "HARBOR.test", "Harbor.Test.", "harbor.test:8000", "harbor.test.:443", "localhost"]
)
def test_a_host_is_found_however_it_is_written(shared_world, host):
    page = shared_world.anonymous(host=host).get("/sign-in")
    assert page.status_code == 200
    assert HARBOR in normal(page) and SUMMIT not in normal(page)


def test_each_organization_answers_at_its_own_host(shared_world):
    assert SUMMIT in normal(shared_world.anonymous("summit").get("/sign-in"))
    assert HARBOR in normal(shared_world.anonymous("harbor").get("/sign-in"))


UNKNOWN = [
    "nobody.test",
    "test",
    "harbor",
    "xharbor.test",
    "harbor.test.nobody.test",
    "127.0.0.1",
    "[::1]",
    "org_harbor",
]


@pytest.mark.threat("T-027")
@pytest.mark.parametrize("path", ["/", "/sign-in", "/portal/", "/admin/", "/api/v1/contacts", "/no-such-page"])
def test_an_unknown_host_shows_the_same_page_whatever_it_is(shared_world, path):
    pages = {normal(shared_world.anonymous(host=host).get(path)) for host in UNKNOWN}
    assert len(pages) == 1
    page = pages.pop()
    assert HARBOR not in page and SUMMIT not in page
    assert shared_world.anonymous(host=UNKNOWN[0]).get(path).status_code == 404


@pytest.mark.parametrize(
    "host", ["harbor.test@nobody.test", "nobody.test/harbor.test", "harbor.test\\nobody", "har bor.test", ""]
)
def test_a_malformed_host_leads_nowhere(shared_world, host):
    response = shared_world.anonymous().get("/sign-in", headers={"Host": host} if host else {"Host": " "})
    assert response.status_code in (400, 404)
    assert HARBOR not in normal(response)


@pytest.mark.threat("T-001")
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Forwarded-Server"])
def test_no_other_header_chooses_the_organization(shared_world, header):
    value = "host=summit.test" if header == "Forwarded" else "summit.test"
    page = normal(shared_world.anonymous("harbor").get("/sign-in", headers={header: value}))
    assert HARBOR in page and SUMMIT not in page
    assert shared_world.anonymous(host="nobody.test").get("/sign-in", headers={header: value}).status_code == 404


@pytest.mark.parametrize(
    "address", ["/sign-in?org=summit", "/sign-in?organization=summit&host=summit.test&tenant=summit"]
)
def test_no_parameter_chooses_the_organization(shared_world, address):
    page = normal(shared_world.anonymous("harbor").get(address))
    assert HARBOR in page and SUMMIT not in page


def test_health_checks_and_files_need_no_organization(shared_world):
    anywhere = shared_world.anonymous(host="nobody.test")
    assert anywhere.get("/healthz").get_json() == {"status": "ok"}
    assert anywhere.get("/static/desk.css").status_code == 200
    assert anywhere.get("/readyz").get_json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "valkey": "ok",
    }


def test_names_in_other_scripts_are_kept_in_their_ascii_form(world):
    with world.app.app_context():
        provision.add_host("harbor", "Bücher.test")
    assert HARBOR in normal(world.anonymous(host="xn--bcher-kva.test").get("/sign-in"))
    assert resolve.normal_host("BÜCHER.test:80") == "xn--bcher-kva.test"
    assert re.fullmatch(r"[a-z0-9.-]*", resolve.normal_host("☃" * 300))


def test_an_unverified_host_leads_nowhere(world):
    world.sql(
        "INSERT INTO shared.host (name, organization, token) VALUES ('claimed.test', %s, 't')", world.keys["harbor"]
    )
    assert world.anonymous(host="claimed.test").get("/sign-in").status_code == 404
    world.sql("UPDATE shared.host SET verified_at = now() WHERE name = 'claimed.test'")
    with world.app.app_context():
        resolve.forget()
    assert world.anonymous(host="claimed.test").get("/sign-in").status_code == 200


def test_a_session_of_one_organization_is_none_at_the_other(world):
    browser = world.staff("ann", "harbor")
    assert browser.get("/").status_code == 200
    with browser.session_transaction("/", base_url="http://harbor.test") as cookie:
        stolen = dict(cookie)
    with browser.session_transaction("/", base_url="http://summit.test") as cookie:
        cookie.update(stolen)
    browser.host = "summit.test"
    page = browser.get("/")
    assert page.status_code == 302
    assert page.headers["Location"].endswith("/sign-in")


def test_a_session_is_no_help_at_an_unknown_host(world):
    browser = world.staff("ann", "harbor")
    with browser.session_transaction("/", base_url="http://harbor.test") as cookie:
        kept = dict(cookie)
    with browser.session_transaction("/", base_url="http://nobody.test") as cookie:
        cookie.update(kept)
    browser.host = "nobody.test"
    stranger = world.anonymous(host="nobody.test")
    for path in ("/", "/sign-in", "/portal/"):
        assert answer(browser.get(path)) == answer(stranger.get(path))


def test_a_token_of_one_organization_opens_nothing_at_the_other(world):
    program = world.api(slug="harbor")
    program.host = "summit.test"
    assert program.get("/api/v1/companies").status_code in (401, 404)
