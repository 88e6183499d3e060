"""Who gets to the administrator's pages: administrators, and of them nobody from elsewhere."""

import pytest

from tests.pages import normal

PAGES = (
    "/admin/",
    "/admin/fields/contact",
    "/admin/fields/company",
    "/admin/fields/contract",
    "/admin/fields/contact/phone",
    "/admin/fields/contact/new",
    "/admin/fields/contact/new?kind=choices",
    "/admin/hosts",
    "/admin/domains",
    "/admin/staff",
    "/admin/staff/new",
    "/admin/staff/{ann}",
    "/admin/tokens",
    "/admin/tokens/new",
    "/admin/security",
)
POSTS = (
    "/admin/fields/contact",
    "/admin/fields/contact/order",
    "/admin/fields/contact/phone",
    "/admin/fields/contact/phone/place",
    "/admin/fields/contact/phone/reset",
    "/admin/hosts",
    "/admin/hosts/localhost/removal",
    "/admin/domains",
    "/admin/domains/1/removal",
    "/admin/staff",
    "/admin/staff/{ann}/password",
    "/admin/staff/{ann}/fields/role",
    "/admin/tokens",
    "/admin/tokens/1/revocation",
)


@pytest.mark.threat("T-013")
@pytest.mark.parametrize("person", ["ann", "sue"])
def test_nobody_but_an_administrator_gets_in(world, cast, person):
    browser = world.staff(person)
    before = world.checksum(but=("session",))
    for path in PAGES:
        assert browser.get(path.format(**vars(cast))).status_code == 403, path
        assert browser.fragment(path.format(**vars(cast))).status_code == 403, path
    for path in POSTS:
        response = browser.post_form(path.format(**vars(cast)), {"name": "x", "label": "x", "value": "administrator"})
        assert response.status_code == 403, path
    assert world.checksum(but=("session",)) == before
    assert "/admin" not in normal(browser.get("/"))


@pytest.mark.threat("T-013")
def test_a_customer_is_sent_to_sign_in(shared_world, cast):
    browser = shared_world.portal("ina")
    for path in PAGES:
        assert browser.get(path.format(**vars(cast))).headers["Location"].startswith("/sign-in")
    for path in POSTS:
        assert browser.post_form(path.format(**vars(cast))).status_code == 401


def test_an_administrator_sees_them_all(shared_world, cast):
    browser = shared_world.staff("adam")
    for path in PAGES:
        page = browser.get(path.format(**vars(cast)))
        assert page.status_code == 200, path
        assert normal(page).count("<h1") == 1, path


@pytest.mark.parametrize(
    "path", ["/admin/fields/staff", "/admin/fields/contact/nothing", "/admin/staff/987654", "/admin/domains/987654"]
)
def test_what_is_not_there_is_not_found(shared_world, path):
    assert shared_world.staff("adam").get(path).status_code == 404
