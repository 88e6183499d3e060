"""From a record to the next one of the list that it was opened from."""

import pytest

from tests.web.screens import screen
from tests.web.test_listing import people


@pytest.fixture
def ann(shared_world):
    return shared_world.staff("ann")


def came_from(ann, record: str, list_url: str):
    """The page of a record that was opened from a list, with the links to its neighbours."""
    page = screen(ann.get(record, headers={"Referer": f"http://{ann.host}{list_url}"}))
    return {one["rel"]: one["href"] for one in page.all("a") if one.get("data-key") in ("[", "]")}


@pytest.mark.feature("B023")
def test_forth_and_back_within_the_list(ann, cast):
    links = came_from(ann, f"/contacts/{cast.ina}", "/contacts?sort=first_name")
    to = ann.get(links["next"]).headers["Location"]
    # By first name: Ben, Dora, Ina, Nils, Nora, Otto, Xena.
    assert to.startswith(f"/contacts/{cast.nils}?list=") and "sort" in to
    following = {one["rel"]: one["href"] for one in screen(ann.get(to)).all("a") if one.get("rel") in ("next", "prev")}
    assert ann.get(following["prev"]).headers["Location"].startswith(f"/contacts/{cast.ina}?")
    assert ann.get(following["next"]).headers["Location"].startswith(f"/contacts/{cast.nora}?")


@pytest.mark.feature("B023")
def test_of_one_company_and_of_a_search(ann, cast):
    links = came_from(ann, f"/contacts/{cast.nils}", f"/companies/{cast.nordlys}/contacts")
    assert ann.get(links["next"]).headers["Location"].startswith(f"/contacts/{cast.nora}?")
    links = came_from(ann, f"/companies/{cast.acme}", "/companies?q=acme")
    assert ann.get(links["next"]).headers["Location"].startswith(f"/companies/{cast.xacme}?")
    links = came_from(ann, f"/contracts/{cast.acme_subscription}", "/contracts")
    assert "prev" in links


def test_over_the_edge_of_a_page(ann, cast, shared_world):
    client = shared_world.staff("ann")
    rows = [one["id"] for one in screen(client.get("/contacts")).all("tr") if "data-row" in one.attributes]
    first, last = (int(one.removeprefix("contact-")) for one in (rows[0], rows[-1]))
    links = came_from(client, f"/contacts/{last}", "/contacts")
    to = client.get(links["next"]).headers["Location"]
    assert to.startswith(f"/contacts/{last}?")
    assert "This is the last one of the list." in client.get(to).text
    links = came_from(client, f"/contacts/{first}", "/contacts")
    assert "This is the first one of the list." in client.get(client.get(links["prev"]).headers["Location"]).text


def test_the_next_page_begins_with_its_first(world, cast):
    people(world, 25)
    ann = world.staff("ann")
    page = screen(ann.get("/contacts?size=10"))
    last = [one["id"] for one in page.all("tr") if "data-row" in one.attributes][-1].removeprefix("contact-")
    further = screen(ann.get(page.one("a", rel="next")["href"]))
    first = next(one["id"] for one in further.all("tr") if "data-row" in one.attributes).removeprefix("contact-")
    to = ann.get(came_from(ann, f"/contacts/{last}", "/contacts?size=10")["next"])
    found = ann.get(to.headers["Location"]).headers["Location"]
    assert found.startswith(f"/contacts/{first}?")
    back = {one["rel"]: one["href"] for one in screen(ann.get(found)).all("a") if one.get("data-key") in ("[", "]")}
    over = ann.get(ann.get(back["prev"]).headers["Location"]).headers["Location"]
    assert over.startswith(f"/contacts/{last}?")


@pytest.mark.threat("T-058")
@pytest.mark.parametrize(
    "there",
    ["", "/", "/search?q=ina", "/companies", "//elsewhere.example/contacts", "https://elsewhere.example/contacts"],
)
def test_who_comes_from_elsewhere_has_no_neighbours(ann, cast, there):
    page = screen(ann.get(f"/contacts/{cast.ina}", query_string={"list": there}))
    assert [one for one in page.all("a") if one.get("data-key") in ("[", "]")] == []
    stranger = ann.get(f"/contacts/{cast.ina}", headers={"Referer": "https://elsewhere.example/contacts"})
    assert [one for one in screen(stranger).all("a") if one.get("data-key") in ("[", "]")] == []


def test_a_record_that_is_not_in_the_list_leads_to_the_list(ann, cast):
    for asked in ("999999", "x", "0x", ""):
        answer = ann.get("/contacts", query_string={"next_to": asked, "sort": "email"})
        assert answer.headers["Location"] == "/contacts?sort=email", asked
