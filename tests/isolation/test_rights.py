"""Every view asks for a right, or at the least for somebody who is signed in: who holds none is refused everywhere."""

import pytest

from app.people.permissions import ADMINISTRATOR, ROLE_PERMISSIONS

from .asking import UNSAFE, address, methods
from .policy import ROUTES
from .route import EVERYBODY

# What belongs to whoever is signed in on its surface, whatever their rights.
FOR_WHOEVER_IS_SIGNED_IN = {
    "signin.password",
    "signin.update_password",
    "portal_signin.password",
    "portal_signin.update_password",
    "api.description.show",
    "api.jobs.show",
}

# Views that ask for a second right within, so that holding none is refused there as well: the one at their door.
AT_THE_DOOR = {
    name: right
    for noun in ("companies", "contacts", "contracts", "groups", "notes")
    for name, right in (
        (f"staff.{noun}.create_word", "notes.edit"),
        (f"api.{noun}.update", f"{noun}.edit"),
        (f"api.{noun}.show_history", "history.view"),
        (f"staff.{noun}.create_restoration", f"{noun}.edit"),
    )
    if name in ROUTES
}


@pytest.fixture(scope="module")
def _signed_in():
    return {}


@pytest.fixture
def without_rights(one_world, cast, _signed_in):
    """Browsers and programs of people who hold no right at all: a role that is unknown, memberships that grant none."""
    if not _signed_in:
        schema = one_world.schema()
        one_world.sql(f"UPDATE {schema}.staff SET role = 'nobody' WHERE id = %s", cast.sue)
        _signed_in["staff"], _signed_in["api"] = one_world.staff("sue"), one_world.api(person="sue")
        _signed_in["portal"], _signed_in["nobody"] = one_world.portal("nils"), one_world.anonymous()
    return _signed_in


@pytest.mark.threat("T-013", "T-014")
@pytest.mark.parametrize("endpoint", sorted(name for name, route in ROUTES.items() if route.who != EVERYBODY))
def test_who_holds_no_right_opens_nothing(one_world, marked, without_rights, endpoint):
    """Whoever is not signed in is sent to sign in, whoever is without the right is told so."""
    route = ROUTES[endpoint]
    surface = "api" if endpoint.startswith("api.") else "portal" if endpoint.startswith("portal") else "staff"
    number = marked.ids[route.id]["never"] if route.id else None
    for rule in one_world.app.url_map.iter_rules(endpoint):
        path = address(rule, route, number, marked.within("never"))
        for method in methods(rule):
            nobody, somebody = (
                client.open(path, method=method, headers=_token(client, method))
                for client in (without_rights["nobody"], without_rights[surface])
            )
            sent = nobody.status_code == 401 or "/sign-in" in nobody.headers.get("Location", "")
            assert sent, f"{method} {path} is {nobody.status_code} for nobody"
            if endpoint in FOR_WHOEVER_IS_SIGNED_IN or (surface == "portal" and "nils" in route.who):
                assert somebody.status_code != 403, f"{method} {path} is {somebody.status_code}"
            else:
                assert somebody.status_code == 403, f"{method} {path} is {somebody.status_code} without a right"


@pytest.mark.threat("T-013")
@pytest.mark.parametrize("endpoint", sorted(AT_THE_DOOR))
def test_who_holds_every_right_but_one_is_refused(one_world, marked, without_rights, monkeypatch, endpoint):
    route, right = ROUTES[endpoint], AT_THE_DOOR[endpoint]
    client = without_rights["api" if endpoint.startswith("api.") else "staff"]
    for rule in one_world.app.url_map.iter_rules(endpoint):
        path = address(rule, route, marked.ids[route.id]["a"], marked.within("a"))
        for method in methods(rule):
            for given, refused in ((ADMINISTRATOR - {right}, True), (ADMINISTRATOR, False)):
                monkeypatch.setitem(ROLE_PERMISSIONS, "nobody", given)
                answered = client.open(path, method=method, headers=_token(client, method))
                assert (answered.status_code == 403) == refused, f"{method} {path} is {answered.status_code}"


def _token(client, method: str) -> dict[str, str]:
    return {"X-CSRFToken": client.csrf_token} if method in UNSAFE else {}


def test_what_is_open_to_whoever_is_signed_in_exists(app):
    assert set(app.view_functions) >= FOR_WHOEVER_IS_SIGNED_IN
