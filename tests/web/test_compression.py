"""Answers come compressed, but not where their length would tell another site what is in them."""

import gzip
import re

import pytest

from app.web import assets, masking

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
OWN = GZIP | {"Sec-Fetch-Site": "same-origin"}


def packed(response) -> bool:
    return response.headers.get("Content-Encoding") == "gzip"


def test_a_page_asked_for_by_our_own_pages_comes_compressed_and_whole(shared_world):
    browser = shared_world.staff("ann")
    response = browser.get("/contacts", headers=OWN)
    assert packed(response) and "Accept-Encoding" in response.headers["Vary"]
    assert response.content_length == len(response.data) < 0.3 * len(gzip.decompress(response.data))
    assert "Ina" in gzip.decompress(response.data).decode()
    assert packed(browser.get("/contacts", headers=GZIP | {"Sec-Fetch-Site": "none"}))
    plain = browser.get("/contacts", headers={"Sec-Fetch-Site": "same-origin"})
    assert not packed(plain) and "Ina" in plain.text and "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_a_page_that_another_site_may_have_asked_for_is_not_compressed(shared_world, site):
    asked = GZIP | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    asked |= {"Sec-Fetch-Site": site} if site else {}
    response = shared_world.staff("ann").get("/contacts?q=csrf_token", headers=asked)
    assert response.status_code == 200 and not packed(response)


def test_the_api_compresses_for_programs(shared_world):
    response = shared_world.api("read").get("/api/v1/contacts", headers=GZIP)
    assert packed(response) and b"Ina" in gzip.decompress(response.data)


def test_files_of_the_interface_come_compressed_and_once_for_all(shared_world):
    browser = shared_world.anonymous()
    page = browser.get("/sign-in").text
    names = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert len(names) >= 5
    for name in names:
        response = browser.get(name, headers=GZIP)
        assert response.headers["Cache-Control"] == f"public, max-age={365 * 24 * 3600}, immutable", name
        assert re.search(r"[.][0-9a-f]{8}[.][a-z]+$", name), name
        assert packed(response) and gzip.decompress(response.data) == browser.get(name).data
        assert browser.head(name, headers=GZIP).status_code == 200


def test_a_name_with_another_hash_is_not_served(shared_world):
    """A page of an older release must not have a newer file kept for a year under the older name."""
    browser = shared_world.anonymous()
    served = assets.hashed("desk.css")
    assert browser.get(f"/static/{served}").status_code == 200
    assert browser.get("/static/desk.00000000.css").status_code == 404
    assert browser.get("/static/../app/config.00000000.py").status_code == 404
    assert browser.get("/static/desk.css").headers["Cache-Control"] == "public, no-cache"


def test_the_token_of_forms_is_another_in_each_answer_and_each_is_taken(world):
    browser = world.staff("ann")
    tokens = set()
    for _again in range(3):
        found = set(re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/profile").text))
        assert len(found) == 1
        tokens |= found
    assert len(tokens) == 3 and len({masking.unmasked(one)[:54] for one in tokens}) == 1
    for token in tokens:
        answer = browser.post("/profile", data={"csrf_token": token, "page_size": "25"})
        assert answer.status_code == 303
    for wrong in (masking.MARK, masking.MARK + "AAAA", masking.MARK + "!", masking.masked("other"), ""):
        assert browser.post("/profile", data={"csrf_token": wrong, "page_size": "10"}).status_code == 400


@pytest.mark.parametrize(("surface", "first", "then"), [("staff", 180, "/companies"), ("portal", 120, "/portal/me")])
def test_the_first_page_and_the_next_are_small(shared_world, surface, first, then):
    """Bodies and heads in KB; bench/front_end.py measures the same at the web server of production."""
    staff = surface == "staff"
    browser = shared_world.staff("ann") if staff else shared_world.portal("ina")
    kept: set[str] = set()

    def fetched(path: str) -> float:
        response = browser.get(path, headers=OWN)
        sent = len(response.data) + len(str(response.headers))
        if response.mimetype != "text/html":
            return sent
        page = gzip.decompress(response.data).decode()
        new = {name for name in re.findall(r'(?:href|src)="(/static/[^"#]+)', page)} - kept
        kept.update(new)
        return sent + sum(map(fetched, sorted(new)))

    assert 60 < fetched("/contacts" if staff else "/portal/") / 1024 <= first
    assert fetched(then) / 1024 <= 15
