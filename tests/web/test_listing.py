"""Lists as people use them: order, pages, filters as chips, columns, search as you type; all of it in the address."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.models import FieldSetting
from app.fields.settings import settings_changed
from app.people.models import Account
from app.records.actor import SYSTEM
from app.records.write import Create, Withdraw, apply, begin, create, update
from tenants import db

from .screens import Element, ids, link, rows, screen


def companies(world, n: int, name: str = "Firm") -> list[int]:
    with world.inside():
        return apply(begin(SYSTEM, "import"), [Create(Company, {"name": f"{name} {i:03}"}) for i in range(n)]).ids


def people(world, n: int, **more) -> list[int]:
    person = {"first_name": "P", "last_name": "Many", "email": "many@x.example"} | more
    made = [Create(Contact, person | {"first_name": f"P{i:03}", "user_name": f"p{i:03}"}) for i in range(n)]
    with world.inside():
        return apply(begin(SYSTEM, "import"), made).ids


def chips(page: Element) -> list[tuple[str, str]]:
    return [(chip.text, chip.one("a")["href"]) for chip in page.all("li", cls="chip")]


def count(page: Element) -> str:
    return page.one("p", cls="list-count").text


# --- sorting ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("C009", "C013")
def test_a_heading_sorts_and_turns_round(shared_world, cast):
    ann = shared_world.staff("ann")
    page = screen(ann.get("/companies"))
    assert ids(page) == [cast.acme, cast.nordlys, cast.xacme]
    name = page.one("th", id="companies-list-name")
    assert name["aria-sort"] == "ascending"
    down = screen(ann.get(name.one("a")["href"]))
    assert ids(down) == [cast.xacme, cast.nordlys, cast.acme]
    assert down.one("th", id="companies-list-name")["aria-sort"] == "descending"
    assert ids(screen(ann.get(down.one("th", id="companies-list-name").one("a")["href"]))) == ids(page)
    by_users = screen(ann.get(page.one("th", id="companies-list-users").one("a")["href"]))
    assert ids(by_users) == [cast.xacme, cast.nordlys, cast.acme]
    assert [one["id"] for one in by_users.all("th") if one.get("aria-sort")] == ["companies-list-users"]
    # The name leads to the record.
    cell = page.one("td", id=f"company-{cast.acme}-name")
    assert cell.one("a", cls="cell-link")["href"] == f"/companies/{cast.acme}"


# --- paging -----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("C014", "C015")
def test_the_page_size_is_ones_own_and_can_be_changed_here(world):
    companies(world, 60)
    ann, sue = world.staff("ann"), world.staff("sue")
    assert len(rows(screen(ann.get("/companies")))) == 50
    answer = ann.post_form("/profile", {"page_size": "25", "locale": "", "time_zone": ""})
    assert answer.status_code in (200, 303)
    page = screen(ann.get("/companies"))
    assert len(rows(page)) == 25 and len(rows(screen(sue.get("/companies")))) == 50
    assert len(rows(screen(ann.get("/contacts")))) == 7
    sizes = page.all(cls="pager-sizes")[0].all("a")
    assert [one.text for one in sizes] == ["10", "25", "50", "100"]
    assert [one.text for one in sizes if one.get("aria-current")] == ["25"]
    assert len(rows(screen(ann.get(sizes[0]["href"])))) == 10
    assert len(rows(screen(ann.get(sizes[3]["href"])))) == 63
    # Only what is offered can be one's own.
    assert ann.post_form("/profile", {"page_size": "500"}).status_code == 422
    with world.inside():
        assert db.session.get(Account, world.cast.accounts["ann"]).page_size == 25


def test_next_and_previous_walk_through_all(world):
    companies(world, 34)
    ann, seen, address = world.staff("ann"), [], "/companies?size=10&sort=-name"
    while address:
        page = screen(ann.get(address))
        seen.append(ids(page))
        address = link(page, "next")
    assert [len(one) for one in seen] == [10, 10, 10, 7]
    for expected in reversed(seen[:-1]):
        page = screen(ann.get(link(page, "prev")))
        assert ids(page) == expected
    assert link(page, "prev") is None
    # The address keeps the order and the size; a marker never survives a change of either.
    assert parse_qs(urlsplit(link(page, "next")).query)["sort"] == ["-name"]
    for one in page.all(cls="pager-sizes")[0].all("a") + page.all("a", cls="sort"):
        assert "after=" not in one["href"]


def test_a_page_whose_rows_are_gone_shows_the_list(world):
    made = companies(world, 15, "Zoo")
    ann = world.staff("ann")
    second = link(screen(ann.get("/companies?size=10")), "next")
    assert len(ids(screen(ann.get(second)))) == 8
    with world.inside():
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Company, one) for one in made])
    page = screen(ann.get(second))
    assert len(ids(page)) == 3 and "No companies yet" not in page.text
    assert link(page, "prev") is None and link(page, "next") is None


def test_results_of_a_search_have_pages_too(world):
    companies(world, 35)
    ann = world.staff("ann")
    first = screen(ann.get("/companies?q=firm&size=10"))
    second = screen(ann.get(link(first, "next")))
    third = screen(ann.get(link(second, "next")))
    assert len(set(ids(first) + ids(second) + ids(third))) == 30
    assert ids(screen(ann.get(link(third, "prev")))) == ids(second)
    assert ids(screen(ann.get(link(second, "prev")))) == ids(first)


def test_a_marker_that_no_list_made_is_not_found(shared_world):
    ann = shared_world.staff("ann")
    for query in ("after=x", "before=%00", "after=²", "q=a&after=²", "q=a&after=99999", "after=" + "A" * 3000):
        assert ann.get(f"/contacts?{query}").status_code == 404, query


@pytest.mark.parametrize(
    ("path", "most"), [("/companies", 4), ("/contacts", 4), ("/contracts", 4), ("/companies/{acme}/contacts", 6)]
)
def test_a_list_takes_as_many_statements_whatever_its_length(world, cast, statements, path, most):
    path, ann = path.format(acme=cast.acme), world.staff("ann")
    counts = []
    for round_ in range(2):
        ann.get(path)
        with statements() as sent:
            shown = len(rows(screen(ann.get(f"{path}?size=100"))))
        counts.append(len(sent))
        if round_ == 0:
            companies(world, 53)
            people(world, 55, company=cast.acme, line_manager_id=cast.ina, partner_id=cast.xacme)
    assert counts[0] == counts[1] <= most and (shown > 50 or path == "/contracts"), counts


def test_other_pages_take_a_fixed_number_of_statements(world, cast, statements):
    sue, paths = world.staff("sue"), [f"/contacts/{cast.ina}", f"/contacts/{cast.ina}/history", "/contacts/new"]
    paths += [f"/companies/{cast.acme}", f"/contracts/{cast.acme_subscription}", "/search?q=acme", "/"]

    def edit(n: int) -> None:
        with world.inside():
            ina, acme = db.session.get(Contact, cast.ina), db.session.get(Company, cast.acme)
            values = {"city": f"City {n}", "line_manager_id": (cast.ben, cast.otto)[n % 2], "partner_id": cast.xacme}
            update(ina, values | {"company": (cast.acme, cast.nordlys)[n % 2]}, actor=SYSTEM)
            update(
                acme, {"account_manager_id": (cast.ann, cast.sue)[n % 2], "domains": [f"d{n}.example"]}, actor=SYSTEM
            )

    def counts() -> dict[str, int]:
        found = {}
        for path in paths:
            sue.get(path)
            with statements() as sent:
                assert sue.get(path).status_code == 200
            found[path] = len(sent)
        return found

    edit(0)
    edit(1)
    edit(2)
    before = counts()
    people(world, 60, company=cast.acme)
    for n in range(3, 25):
        edit(n)
    # Fewer where the history's first page names fewer kinds of records, never more with more of them.
    assert {path: count for path, count in counts().items() if count > before[path]} == {}
    assert max(before.values()) <= 8, before


# --- filters ----------------------------------------------------------------------------------------------------------


def test_filters_are_chips_that_can_be_taken_away_one_by_one(world, cast):
    people(world, 3, city="Kiel")
    ann = world.staff("ann")
    page = screen(
        ann.get("/contacts?city.contains=k&city.contains=i&country.any_of=DE,AT&sort=-email&columns=city,email")
    )
    texts = [text for text, _href in chips(page)]
    assert texts == ["City contains k", "City contains i", "Country is one of Germany, Austria"]
    assert ids(page) == []
    without = screen(ann.get(chips(page)[0][1]))
    assert [text for text, _href in chips(without)] == texts[1:]
    without = screen(ann.get(chips(page)[2][1]))
    assert [text for text, _href in chips(without)] == texts[:2] and len(ids(without)) == 3
    # The order and the columns stay.
    assert [head["id"] for head in without.all("th")][:2] == ["contacts-list-city", "contacts-list-email"]
    assert without.one("th", id="contacts-list-email")["aria-sort"] == "descending"


@pytest.mark.feature("C018")
def test_the_form_of_the_filters_makes_the_same_address(world, cast):
    people(world, 3, city="Kiel")
    ann = world.staff("ann")
    page = screen(ann.get("/contacts?sort=-email"))
    asked = page.one("details", id="contacts-list-filter").one("a")["href"]
    form = screen(ann.get(asked)).one("form", cls="filter-panel")
    assert screen(ann.fragment(asked)).one("form").values() == form.values()
    sent = form.values() | {"f.city": ["kie"], "op.city": ["contains"], "f.state": [""], "op.state": ["empty"]}
    found = screen(ann.get(form["action"], query_string=sent))
    assert sorted(text for text, _href in chips(found)) == ["City contains kie", "State is empty"]
    assert len(ids(found)) == 3
    for _text, href in chips(found):
        assert len(chips(screen(ann.get(href)))) == 1
    cleared = screen(ann.get(found.one("a", cls="chips-clear")["href"]))
    assert chips(cleared) == [] and len(ids(cleared)) == 10
    assert cleared.one("th", id="contacts-list-email")["aria-sort"] == "descending"


@pytest.mark.feature("B021")
def test_how_close_rows_stand_is_chosen_here_and_kept_by_a_view(world):
    ann = world.staff()

    def density(path: str) -> str:
        return screen(ann.get(path)).one(cls="pager-density").one("a")["href"]

    compact = density("/contacts?city.is=Berlin")
    assert parse_qs(urlsplit(compact).query) == {"city.is": ["Berlin"], "density": ["compact"]}
    assert "list-compact" in ann.get(compact).text
    assert density(compact) == "/contacts?city.is=Berlin"
    ann.post_form("/views/contacts", {"name": "Close", "query": "density=compact"})
    assert "list-compact" in ann.get("/contacts?view=close").text
    assert "list-compact" not in ann.get("/contacts").text
    assert "There is no density “tiny”." in screen(ann.get("/contacts?density=tiny")).text


def test_what_the_address_cannot_mean_is_said(shared_world):
    page = screen(
        shared_world.staff("ann").get("/contacts?columns=nope,city&sort=notes&x.is=1&country.is=Atlantis&city.bogus=1")
    )
    problems = page.one(cls="list-problems").text
    for said in ("no column “nope”", "cannot be sorted by “notes”", "no filter “x.is”", "Country: ", "City: "):
        assert said in problems
    assert [text for text, _href in chips(page)] == ["Country is Atlantis", "City bogus 1"]
    assert len(ids(page)) == 7 and not shared_world.staff("ann").get("/contacts").text.count("list-problems")


@pytest.mark.threat("T-069")
def test_nothing_in_an_address_breaks_a_page(shared_world):
    ann = shared_world.staff("ann")
    for text in ("%00", "%01", "a%00b", "%ED%A0%80", "%E2%80%8B", "%25", "_", "\\", "'", "x" * 100_000, "²", "9" * 400):
        for query in (
            "q={0}",
            "columns={0}",
            "sort={0}",
            "size={0}",
            "city.is={0}",
            "{0}.is=1",
            "f.{0}=1",
            "op.city={0}&f.city=x",
        ):
            assert ann.get("/contacts?" + query.format(text)).status_code == 200, (query, text[:20])
        assert ann.get(f"/search?q={text}").status_code == 200
        assert ann.get(f"/options/contact?q={text}").status_code == 200
        assert ann.get(f"/options/contact?company={text}").status_code == 200


# --- columns ----------------------------------------------------------------------------------------------------------


def heads(page: Element) -> list[str]:
    return [head["id"].removeprefix("contacts-list-") for head in page.all("th") if "set-aside" not in head["id"]]


def test_columns_are_those_of_the_address(shared_world):
    ann = shared_world.staff("ann")
    assert heads(screen(ann.get("/contacts"))) == ["first_name", "last_name", "email", "phone", "company", "job_title"]
    assert heads(screen(ann.get("/contacts?columns=city,created_at,last_name,city"))) == [
        "city",
        "created_at",
        "last_name",
    ]
    assert heads(screen(ann.get("/contacts?columns=nope"))) == heads(screen(ann.get("/contacts")))


def test_choosing_columns_makes_an_address(shared_world):
    ann = shared_world.staff("ann")
    page = screen(ann.get("/contacts?sort=-email"))
    asked = page.one("details", id="contacts-list-columns").one("a")["href"]
    form = screen(ann.get(asked)).one("form", cls="columns-panel")
    assert form.values()["shown"] == heads(page)
    order = form.values()["order"]
    answer = ann.post_form(form["action"], {"order": order, "shown": ["city", "email"]})
    assert answer.status_code == 303
    shown = screen(ann.get(answer.headers["Location"]))
    assert (
        set(heads(shown)) == {"city", "email"}
        and shown.one("th", id="contacts-list-email")["aria-sort"] == "descending"
    )
    moved = ann.post_form(form["action"], {"order": order, "shown": order[:3], "move": f"down:{order[0]}"})
    assert heads(screen(ann.get(moved.headers["Location"]))) == [order[1], order[0], order[2]]
    reset = ann.post_form(form["action"], {"order": order, "shown": ["city"], "reset": "1"})
    assert reset.headers["Location"] == "/contacts?sort=-email"


def test_a_hidden_field_is_no_column_and_breaks_no_list(world):
    with world.inside():
        for field in ("phone", "job_title", "company"):
            create(FieldSetting, {"of_noun": "contact", "field": field, "hidden": True}, actor=SYSTEM)
        create(FieldSetting, {"of_noun": "company", "field": "domains", "hidden": True}, actor=SYSTEM)
        create(FieldSetting, {"of_noun": "contact", "field": "email", "label": "Mailbox"}, actor=SYSTEM)
        settings_changed()
    ann = world.staff("ann")
    page = screen(ann.get("/contacts?phone.contains=030&sort=phone&columns=phone,email"))
    assert heads(page) == ["email"] and page.one("th", id="contacts-list-email").text.startswith("Mailbox")
    assert heads(screen(ann.get("/contacts"))) == ["first_name", "last_name", "email"]
    assert screen(ann.get("/companies")).all("th", id="companies-list-domains") == []


# --- search as you type -----------------------------------------------------------------------------------------------


@pytest.mark.feature("C017", "C018")
def test_typing_filters_the_list_and_clearing_brings_it_back(world, cast):
    companies(world, 5)
    ann = world.staff("ann")
    whole = screen(ann.get("/companies?sort=-name&size=25"))
    form = whole.one("form", cls="list-search")
    assert form["hx-get"] == "/companies" and form["hx-trigger"].startswith("input changed")
    sent = form.values() | {"q": ["nordl"]}
    found = screen(ann.fragment(form["hx-get"], query_string=sent)).one("section", id="companies-list")
    assert ids(found) == [cast.nordlys] and count(found) == "1 entry"
    assert found.one("input", id="companies-list-q")["value"] == "nordl"
    for typed in ("Nordlys Street 1", "nordlys.example", "https://nordlys", "office@nordlys", "1003"):
        assert ids(screen(ann.get("/companies", query_string={"q": typed}))) == [cast.nordlys], typed
    assert set(ids(screen(ann.get("/companies?q=0049 30 90 18 20")))) == {cast.acme, cast.xacme, cast.nordlys}
    cleared = screen(ann.fragment(form["hx-get"], query_string=sent | {"q": [""]}))
    assert ids(cleared) == ids(whole) and len(ids(whole)) == 8
    # So does the link in the head.
    entry = next(one for one in whole.all("a", cls="nav-item") if one.text == "Companies")
    assert entry["href"] == "/companies"


@pytest.mark.feature("C018")
def test_nothing_found_offers_to_clear(shared_world):
    ann = shared_world.staff("ann")
    page = screen(ann.get("/companies?q=nobody&kind.is=managed&sort=-name"))
    assert ids(page) == [] and "Nothing matches these filters" in page.text and count(page) == "0 entries"
    (clear,) = [one for one in page.all("a", cls="btn") if one.text == "Clear the filters"]
    assert clear["href"] == "/companies?sort=-name"


def test_a_search_keeps_the_filters(world, cast):
    people(world, 4, city="Kiel")
    ann = world.staff("ann")
    page = screen(ann.get("/contacts?q=many&city.is=Kiel"))
    assert len(ids(page)) == 4 and [text for text, _href in chips(page)] == ["City is Kiel"]
    assert "q=many" in chips(page)[0][1]
    assert ids(screen(ann.get("/contacts?q=berg&city.is=Kiel"))) == []


def test_the_search_over_everything(world, cast):
    people(world, 12, company=cast.acme)
    ann = world.staff("ann")
    page = screen(ann.get("/search?q=acme"))
    links = [one["href"] for one in page.one("main").all("a")]
    assert f"/companies/{cast.acme}" in links and f"/contacts/{cast.ina}" in links
    assert f"/contracts/{cast.acme_support_hours}" in links and "/contacts?q=acme" in links
    assert "Nothing found" in screen(ann.get("/search?q=zzzz")).text
    assert screen(ann.get("/search")).one("h1").text == "Search"


def test_counts_beyond_a_thousand_are_not_counted(world):
    people(world, 1005)
    ann = world.staff("ann")
    assert count(screen(ann.get("/contacts"))) == "More than 1,000"
    assert count(screen(ann.get("/contacts?last_name.is=Many&first_name.starts=P00"))) == "10 entries"
    page = screen(ann.get("/contacts?q=many"))
    assert count(page) == "More than 200" and "first 200 that match" in page.one(cls="list-note").text


def test_a_deactivated_person_is_marked(shared_world, cast):
    page = screen(shared_world.staff("ann").get("/contacts"))
    marked = [row["id"] for row in rows(page) if row.all(cls="state")]
    assert marked == [f"contact-{cast.dora}"]


def test_moments_are_shown_in_the_viewers_zone_and_language(world, cast):
    world.sql(f"UPDATE {world.schema()}.company SET created_at = '2026-03-01 23:30Z', updated_at = '2026-07-01 12:00Z'")
    with world.inside():
        account = db.session.get(Account, cast.accounts["ann"])
        account.time_zone, account.locale = "Asia/Tokyo", "de"
    row = screen(world.staff("ann").get("/companies")).one("tr", id=f"company-{cast.acme}")
    assert row.one("td", id=f"company-{cast.acme}-created_at").text == "02.03.26, 08:30"
    assert row.one("td", id=f"company-{cast.acme}-updated_at").text == "01.07.26, 21:00"
    assert re.search("Kunden|Firmen", screen(world.staff("ann").get("/companies")).one("h1").text)
