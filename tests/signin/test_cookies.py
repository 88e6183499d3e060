"""The cookies: whose they are, who may read them, and those that somebody else may have planted."""

import re

import pytest

from tests.cast import password

from .test_sign_in import sign_in


@pytest.mark.threat("T-026", "T-035")
def test_cookies_are_this_hosts_only_and_unread_by_scripts(world):
    for path, person, login, name in (
        ("/sign-in", "ann", "ann@desk.example", "deskhand_staff"),
        ("/portal/sign-in", "ina", "ina", "deskhand_portal"),
    ):
        cookies = sign_in(world.anonymous(), login, password(person), path).headers.getlist("Set-Cookie")
        parts = {cookie.partition("=")[0]: cookie.split("; ")[1:] for cookie in cookies}
        assert set(parts) == {name, name.replace("_", "_device_")}
        for given in parts.values():
            assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(given)
            assert not any(part.lower().startswith("domain") for part in given)
        # The session ends with the browser; that somebody has signed in from it is known for longer.
        assert not any(part.lower().startswith(("expires", "max-age")) for part in parts[name])


@pytest.mark.threat("T-035")
def test_behind_tls_cookies_are_secure_and_bound_to_the_host(world, monkeypatch):
    browser = world.anonymous()
    monkeypatch.setitem(world.app.config, "SESSION_COOKIE_SECURE", True)
    page = browser.get("/sign-in", base_url="https://harbor.test")
    (cookie,) = page.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-deskhand_staff=") and "Secure" in cookie
    token = re.search(r'name="csrf_token" value="([^"]+)', page.get_data(as_text=True))[1]
    typed = {"csrf_token": token, "login": "ann@desk.example", "password": password("ann")}
    done = browser.post(
        "/sign-in", data=typed, base_url="https://harbor.test", headers={"Referer": "https://harbor.test/"}
    )
    for cookie in done.headers.getlist("Set-Cookie"):
        assert cookie.startswith("__Host-deskhand_") and "Secure" in cookie
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.threat("T-035")
@pytest.mark.parametrize(
    "planted",
    [
        "session={0}",
        "=deskhand_staff={0}",
        "={0}",
        "deskhand_portal={0}",
        "Deskhand_staff={0}",
        "__Host-deskhand_staff={0}",
    ],
)
def test_a_cookie_of_another_name_or_of_none_is_not_read(world, planted):
    """What a neighbour under the same domain may plant: a name of its own, or none, before or after ours."""
    browser = world.staff("adam")
    kept = browser.get_cookie("deskhand_staff", domain="harbor.test").value
    stranger = world.anonymous()
    # Nothing of its own, so that these are all it sends.
    stranger._cookies = None
    right = {"HTTP_COOKIE": f"a=b; deskhand_staff={kept}"}
    assert stranger.get("/", environ_overrides=right).status_code == 200
    for header in (planted.format(kept), f"a=b; {planted.format(kept)}", f"{planted.format(kept)}; deskhand_staff=x"):
        answered = stranger.get("/", environ_overrides={"HTTP_COOKIE": header})
        assert (answered.status_code, answered.headers["Location"]) == (302, "/sign-in"), header
    assert browser.get("/").status_code == 200
