"""Named views: a list as somebody wants it again, by its link, personal or shared, remembered and begun with."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.pages import visible_text

from .screens import ids, screen


@pytest.fixture
def ann(world):
    return world.staff("ann")


def save(browser, name: str, query: str, noun: str = "contacts", **more) -> str:
    """Save a view; returns its address."""
    answer = browser.post_form(f"/views/{noun}", {"name": name, "query": query, **more})
    assert answer.status_code == 303, visible_text(answer)
    return answer.headers["Location"]


def offered(browser, noun: str = "contacts") -> dict[str, str]:
    """The views that a list offers, with their links."""
    panel = screen(browser.fragment(f"/{noun}?panel=views"))
    return {one.text: one["href"] for one in panel.one("ul").all("a") if "?view=" in one["href"]}


def number(world, name: str) -> int:
    found = f"SELECT id FROM {world.schema()}.list_view WHERE name = %s AND withdrawn_at IS NULL"
    return world.sql(found, name)[0]["id"]


@pytest.mark.feature("B021")
def test_a_view_keeps_filter_columns_order_and_size_under_a_link(world, ann, cast):
    page = screen(ann.get("/contacts?company.any_of=Acme&sort=-first_name&columns=first_name,city&size=10"))
    assert page.all("form", cls="view-bar") == []
    panel = screen(ann.fragment("/contacts?sort=-first_name&columns=first_name,city&status=active&size=10&panel=views"))
    form = screen(ann.get(panel.one("a", cls="btn-primary")["href"]))
    query = form.one("input", name="query")["value"]
    where = save(ann, "Übersicht, aktiv", query)
    assert where == "/contacts?view=ubersicht-aktiv"
    page = screen(ann.get(where))
    assert [one.text for one in page.one("thead").all("th")][:2] == ["First name", "City"]
    shown = ids(page)
    assert shown == [cast.xena, cast.otto, cast.nora, cast.nils, cast.ina, cast.ben]
    assert page.all("form", cls="view-bar") == []
    assert offered(ann) == {"All Contacts": "/contacts?view=", "Übersicht, aktiv": where}


@pytest.mark.feature("B021")
def test_what_was_changed_since_is_said_and_saved_or_taken_back(world, ann, cast):
    where = save(ann, "Mine", "sort=-first_name&status=active")
    sorted_by = screen(ann.get(where)).one("th", id="contacts-list-email").one("a")["href"]
    # What follows from a view names it, and says all that it asks for.
    assert parse_qs(urlsplit(sorted_by).query) == {"status": ["active"], "of": ["mine"], "sort": ["email"]}
    page = screen(ann.get(sorted_by))
    bar = page.one("form", cls="view-bar")
    assert "This differs from Mine" in bar.text
    assert [one.text for one in bar.all(cls="btn")] == ["Save", "Save as", "Reset"]
    assert bar.all("a")[1]["href"] == where
    answer = ann.post_form(bar["action"], {"query": bar.value("query")})
    assert answer.headers["Location"] == where
    page = screen(ann.get(where))
    assert page.one("th", id="contacts-list-email")["aria-sort"] == "ascending"
    assert page.all("form", cls="view-bar") == [] and "Mine saved" in page.text
    # Written otherwise, it is the same list.
    assert screen(ann.get("/contacts?of=mine&sort=email&status=active")).all("form", cls="view-bar") == []
    undo = page.one("section", id="toasts").one("form")["action"]
    assert ann.post_form(undo).status_code == 303
    assert ids(screen(ann.get(where)))[0] == cast.xena


@pytest.mark.feature("I191")
def test_the_last_view_is_remembered_until_another_is_chosen(world, ann):
    where = save(ann, "Kiel", "city.is=Kiel")
    assert ann.get("/contacts").status_code == 200
    ann.get(where)
    assert ann.get("/contacts").headers["Location"] == where
    assert ann.get("/companies").status_code == 200
    # A filter that is cleared, or another address, leads to where it says.
    assert ann.get("/contacts?size=10").status_code == 200
    ann.get("/contacts?view=")
    assert ann.get("/contacts").status_code == 200


@pytest.mark.feature("B021", "C016")
def test_a_list_begins_with_ones_own_default_and_pages_within_it(world, ann, cast):
    where = save(ann, "Ten", "size=10&sort=email")
    page = screen(ann.get(f"/views/{number(world, 'Ten')}"))
    begin = page.one("button", name="view")
    assert ann.post_form("/views/contacts/default", {"view": begin["value"]}).headers["Location"] == where
    again = world.staff("ann")
    assert again.get("/contacts").headers["Location"] == where
    assert world.staff("sue").get("/contacts").status_code == 200
    assert "Your list begins with this view" in screen(again.get(f"/views/{number(world, 'Ten')}")).text
    again.post_form("/views/contacts/default", {"view": ""})
    assert world.staff("ann").get("/contacts").status_code == 200


@pytest.mark.feature("B021")
@pytest.mark.threat("T-013")
def test_a_view_is_ones_own_unless_it_is_shared(world, ann, cast):
    where = save(ann, "Private", "city.is=Kiel", shared="1")
    sue = world.staff("sue")
    # A technician may not share: what is sent beside the form is not read.
    assert "Private" not in offered(sue)
    page = screen(sue.get(where))
    assert "There is no view “private”" in page.text and len(ids(page)) == 7
    mine = number(world, "Private")
    for path in (f"/views/{mine}", f"/views/{mine}/query", f"/views/{mine}/removal"):
        assert (sue.post_form(path) if path.count("/") > 2 else sue.get(path)).status_code == 404
    shared = save(sue, "For all", "sort=-email", shared="1")
    assert offered(ann)["For all"] == shared
    assert ids(screen(ann.get(shared)))[0] == cast.xena
    assert ann.get(f"/views/{number(world, 'For all')}").status_code == 404
    bar = screen(ann.get("/contacts?of=for-all&sort=email")).one("form", cls="view-bar")
    assert [one.text for one in bar.all(cls="btn")] == ["Save as", "Reset"]


@pytest.mark.feature("B021")
def test_a_view_is_renamed_and_deleted_and_comes_back(world, ann):
    where = save(ann, "First", "sort=email")
    path = f"/views/{number(world, 'First')}"
    assert ann.post_form(path, {"name": "Second"}).headers["Location"] == where
    assert "Second" in offered(ann)
    assert ann.post_form(path, {"name": ""}).status_code == 422
    answer = ann.post_form(f"{path}/removal")
    assert answer.headers["Location"] == "/contacts?view="
    page = screen(ann.get(answer.headers["Location"]))
    assert "Second" not in offered(ann)
    ann.post_form(page.one("section", id="toasts").one("form")["action"])
    assert "Second" in offered(ann)


def test_a_cell_is_edited_within_a_view_as_its_columns_say(world, ann, cast):
    where = save(ann, "Cities", "columns=city,email,first_name")
    here = {"HX-Current-URL": f"http://harbor.test{where}"}
    path = f"/contacts/{cast.ina}/fields/city?in=row"
    saved = screen(ann.fragment(path, method="POST", data={"value": "Kiel", "_then": "next"}, headers=here))
    cell = saved.one("td", id=f"contact-{cast.ina}-city")
    assert cell.one("input", cls="pick")["form"] == "contacts-pick"
    assert cell.one("a", cls="cell-link")["href"] == f"/contacts/{cast.ina}"
    assert saved.one("td", id=f"contact-{cast.ina}-email").all("form")


def test_names_may_be_the_same_and_too_much_is_said(world, ann):
    assert save(ann, "Same", "") == "/contacts?view=same" and save(ann, "Same", "") == "/contacts?view=same-2"
    assert save(ann, "日本", "", noun="contracts") == "/contracts?view=view"
    wrong = ann.post_form("/views/contacts", {"name": "Long", "query": "city.is=" + "x" * 5000})
    assert wrong.status_code == 422 and "too many filters" in visible_text(wrong)
    assert ann.post_form("/views/nothing", {"name": "x"}).status_code == 404


def test_a_view_costs_one_statement_more(world, ann, statements):
    where = save(ann, "Mine", "sort=-first_name")
    ann.get(where)
    with statements() as sent:
        ann.get(where)
    assert len(sent) <= 5
