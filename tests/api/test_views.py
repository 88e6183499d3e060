"""Named views of the desk, asked for by a program: what they show, who may, and what is wrong with them."""

import pytest

from app.api.documents import PARAMETERS
from tests.web.test_views import save

from .answers import ROOT, parameters, problem
from .test_lists import names, walk

pytestmark = pytest.mark.feature("B021")


@pytest.fixture
def ann(world):
    return world.staff("ann")


def listed(api, query: str) -> list[int]:
    answer = api.get(f"{ROOT}/contacts?{query}")
    assert answer.status_code == 200, answer.get_json()
    return [item["id"] for item in answer.get_json()["items"]]


def test_a_view_shows_by_its_filters_status_and_order(world, ann, cast):
    save(ann, "Acme", f"company={cast.acme}&sort=-first_name&status=active&columns=city&size=10&density=compact")
    api = world.api("read", person="ann")
    assert listed(api, "view=acme") == [cast.otto, cast.ina, cast.ben]
    whole = api.get(f"{ROOT}/contacts?view=acme").get_json()["items"]
    assert "city" in whole[0] and "email" in whole[0]
    # Page by page, the address of each next one naming the view.
    assert walk(api, f"{ROOT}/contacts?view=acme&limit=1") == whole
    # What stands beside it narrows it, or takes the place of its order and search.
    assert listed(api, "view=acme&first_name.is=Ina") == [cast.ina]
    assert listed(api, "view=acme&sort=first_name") == [cast.ben, cast.ina, cast.otto]
    assert listed(api, "view=acme&q=otto") == [cast.otto]
    save(ann, "Searched", "q=ben&sort=email")
    assert names(api.get(f"{ROOT}/contacts?view=searched")) == ["Ben"]


def test_only_those_see_a_view_who_see_it_on_the_desk(world, ann, cast):
    save(ann, "Mine", "first_name.is=Ina")
    save(world.staff("adam"), "Ours", "first_name.is=Otto", shared="1")
    own, other = world.api("read", person="ann"), world.api("read", person="adam")
    assert listed(own, "view=mine") == [cast.ina] and listed(own, "view=ours") == [cast.otto]
    refused = other.get(f"{ROOT}/contacts?view=mine")
    assert parameters(refused) == {"view"}
    # One that is not there is answered alike, as are those of other lists and organizations.
    assert (
        problem(refused, 400)["detail"].replace("mine", "none")
        == problem(other.get(f"{ROOT}/contacts?view=none"), 400)["detail"]
    )
    elsewhere = world.api("read", slug="summit", person="adam").get(f"{ROOT}/contacts?view=ours")
    for answer in (own.get(f"{ROOT}/companies?view=mine"), own.get(f"{ROOT}/contacts?view="), elsewhere):
        assert parameters(answer) == {"view"}


def test_a_view_that_cannot_be_shown_as_it_was_meant_is_an_error(world, ann):
    api = world.api("read", person="ann")
    for slug, query in (("gone", "nothing.is=1"), ("odd", "country.is=Atlantis"), ("state", "status=nope")):
        save(ann, slug, query)
        assert parameters(api.get(f"{ROOT}/contacts?view={slug}")) == {"view"}
    save(ann, "twice", "city=Kiel")
    assert parameters(api.get(f"{ROOT}/contacts?view=twice&view=odd")) == {"view"}
    for typed in ("%00", "%ED%A0%80", "x" * 5000, "'"):
        assert parameters(api.get(f"{ROOT}/contacts?view={typed}")) == {"view"}
    # Lists without views know no such parameter.
    assert parameters(api.get(f"{ROOT}/groups?view=gone")) == {"view"}


def test_the_description_offers_views_where_there_are_any(world):
    paths = world.api("read").get(f"{ROOT}/openapi.json").get_json()["paths"]
    taken = {
        path: str(paths[path]["get"]["parameters"])
        for path in paths
        if "get" in paths[path] and "parameters" in paths[path]["get"]
    }
    with_views = {
        path.rsplit("/", 1)[-1]
        for path, said in taken.items()
        if "parameters/view'" in said or "'name': 'view'" in said
    }
    assert with_views == {"companies", "contacts", "contracts"}
    assert "narrow" in PARAMETERS["view"]["description"]
