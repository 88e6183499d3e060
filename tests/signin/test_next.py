"""Where a sign-in leads to: a path of this host, whatever the address asks for."""

import pytest

from tests.cast import password

LOCAL = [
    "/companies",
    "/contacts?q=a&sort=-name",
    "/companies/7#history",
    "/",
    "/a//b",
    "/@x",
    "/?next=https://evil.example",
]
ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\x00/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "evil.example",
    "evil.example/path",
    "@evil.example",
    "harbor.test@evil.example",
    "?next=//evil.example",
    "#//evil.example",
    ".//evil.example",
    "../evil.example",
    "/\\/evil.example",
    "/companies\\..\\@evil.example",
    "/%09/evil.example\x09",
    "\u2028//evil.example",
    "／／evil.example",
    "",
    " ",
    "x" * 3000,
    "/" + "x" * 3000,
]


@pytest.mark.threat("T-067")
@pytest.mark.parametrize("target", LOCAL)
def test_a_path_of_this_host_is_gone_to(world, target):
    done = world.anonymous().post_form(
        "/sign-in", {"login": "ann@desk.example", "password": password("ann"), "next": target}
    )
    assert (done.status_code, done.headers["Location"]) == (303, target)


@pytest.mark.threat("T-067")
def test_no_other_address_is_gone_to(world):
    browser = world.staff("ann")
    for target in ELSEWHERE:
        seen = browser.get("/sign-in", query_string={"next": target})
        assert (seen.status_code, seen.headers["Location"]) == (302, "/"), repr(target)
    for target in ELSEWHERE[:5]:
        typed = {"login": "ann@desk.example", "password": password("ann"), "next": target}
        done = browser.post_form("/sign-in", typed)
        assert (done.status_code, done.headers["Location"]) == (303, "/"), repr(target)


@pytest.mark.threat("T-067")
def test_htmx_is_sent_to_this_host_too(world):
    browser = world.anonymous()
    typed = {"login": "ann@desk.example", "password": password("ann"), "next": "//evil.example"}
    done = browser.fragment("/sign-in", method="POST", data=typed)
    assert done.headers["HX-Redirect"] == "/"


def test_who_is_not_signed_in_comes_back_to_where_they_wanted(world):
    browser = world.anonymous()
    sent = browser.get("/contacts?q=berg")
    assert sent.headers["Location"] == "/sign-in?next=/contacts?q%3Dberg"
    form = browser.get(sent.headers["Location"])
    assert 'name="next" value="/contacts?q=berg"' in form.get_data(as_text=True)
    assert browser.fragment("/contacts").headers["HX-Redirect"] == "/sign-in"
    assert browser.post_form("/contacts", {}).status_code == 401
