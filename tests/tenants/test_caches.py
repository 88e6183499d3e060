"""What is remembered between requests: nothing of one organization or person is ever given to another."""

import re

import pytest

from app.companies.models import Company
from app.fields.settings import fields_of
from app.web.assets import hashed
from tenants import queue, resolve
from tests.world import Client

STYLE = "/static/" + hashed("desk.css")
PAGES = ("/", "/sign-in", "/companies", "/contacts", "/profile", "/admin/", "/portal/", "/portal/me", "/no-such-page")
PAGES += ("/api/v1/companies", "/api/v1/openapi.json", "/jobs", STYLE, "/healthz")


class Proxy:
    """A cache in front of the application as RFC 9111 lets a shared one be, and one that has never heard of cookies."""

    def __init__(self):
        self.kept: dict[tuple, tuple[dict, str]] = {}

    def get(self, client: Client, path: str, **headers: str) -> str:
        """The page, from what is kept where that is allowed."""
        sent = {"Cookie": client.get_cookie("deskhand_staff", domain=client.host), "HX-Request": None} | headers
        for vary, body in self.kept.get((client.host, path), ()):
            if all(sent.get(name) == value for name, value in vary.items()):
                return body
        response = client.get(path, headers=headers)
        body = response.get_data(as_text=True)
        control = response.headers.get("Cache-Control", "")
        if not re.search(r"private|no-store|no-cache", control):
            names = response.vary.to_header().split(", ") if response.vary else []
            vary = {name: sent.get(name) for name in names if name and name != "Accept-Encoding"}
            self.kept.setdefault((client.host, path), []).append((vary, body))
        return body


@pytest.mark.threat("T-026")
def test_a_proxy_in_front_gives_nobody_anothers_page(shared_world):
    """Everybody asks for everything through one cache: each gets what they get without it."""
    proxy = Proxy()
    people = [shared_world.staff("adam"), shared_world.portal("ina"), shared_world.staff("ann", "summit")]
    people += [shared_world.api("read"), shared_world.anonymous(), shared_world.anonymous("summit")]
    for path in PAGES:
        for client in people:
            without = client.get(path)
            assert _known(proxy.get(client, path)) == _known(without.get_data(as_text=True)), path
            whole = proxy.get(client, path, **{"HX-Request": "true"})
            fragment = client.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
            assert _known(whole) == _known(fragment), path
    assert {path for _, path in proxy.kept} == {STYLE}


def _known(body: str) -> tuple:
    """What an answer says of whom: the names in it, and how much it is."""
    return sorted(set(re.findall(r"Harbor IT|Summit IT|Adam Osei|Ann Tanner|Ina \w+|Acme", body))), len(body) // 100


@pytest.mark.threat("T-026")
def test_field_settings_are_remembered_for_each_organization_apart(world):
    """Both count their versions from one: the same version of two organizations is not the same."""
    changed = {"label": "Anschrift", "portal": "none", "section": "", "help": ""}
    assert world.staff("adam").post_form("/admin/fields/company/address", changed).status_code == 303
    other = {"label": "Adresse", "portal": "none", "section": "", "help": ""}
    assert world.staff("adam", "summit").post_form("/admin/fields/company/address", other).status_code == 303
    for _ in range(2):
        for slug, label in (("harbor", "Anschrift"), ("summit", "Adresse")):
            with world.inside(slug):
                assert str(fields_of(Company)["address"].label) == label
            assert label in world.staff("ann", slug).get(f"/companies/{world.cast.acme}").get_data(as_text=True)


@pytest.mark.threat("T-026")
def test_hosts_are_remembered_by_their_whole_name(world):
    with world.app.app_context():
        for _ in range(2):
            assert resolve.by_host("harbor.test").slug == "harbor"
            assert resolve.by_host("summit.test").slug == "summit"
            assert resolve.by_host("nobody.test") is None


@pytest.mark.threat("T-026")
def test_what_stands_in_the_queue_names_its_organization(world):
    with world.app.app_context():
        queue.redis().flushdb()
    for slug in ("harbor", "summit"):
        assert world.staff("ann", slug).post_form("/exports/contacts").status_code == 303
    with world.app.app_context():
        names = sorted(name.decode() for name in queue.redis().scan_iter("*"))
    jobs = [name.removeprefix("rq:job:") for name in names if name.startswith("rq:job:")]
    # Both organizations have a job of the same number.
    assert len(jobs) == 2
    assert {name.partition("-")[0] for name in jobs} == set(world.keys.values())
    others = [name for name in names if not any(key in name for key in world.keys.values())]
    assert all(re.match(r"rq:(queues?|job:|queue:deskhand-)", name) for name in others), others
