"""The history of a record's page: notes and changes in one order, chosen by filter and search, all in the address."""

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.models import FieldSetting
from app.fields.settings import settings_changed
from app.records import notes
from app.records.actor import SYSTEM, Actor
from app.records.write import create, update
from tenants import db

from .screens import Element, screen

ANN = Actor("Ann Tanner", account_id=1001)


@pytest.fixture
def told(world, cast):
    """The page of somebody new, with two notes between changes; returns the address."""
    with world.inside():
        person = {"first_name": "Cy", "last_name": "New", "user_name": "cy", "email": "cy@acme.example"}
        cy = create(Contact, person | {"city": "Berlin", "company": cast.acme}, actor=ANN)
        update(db.session.get(Contact, cy), {"city": "Kiel"}, actor=Actor("Sue Palmer", account_id=1002))
        notes.add("contact_id", cy, "Prefers calls", actor=ANN)
        update(db.session.get(Contact, cy), {"job_title": "Captain"}, actor=ANN)
        number, _operation = notes.add("contact_id", cy, "Never on Fridays", actor=ANN)
        notes.update(db.session.get(notes.Note, number), {"important": True}, actor=ANN)
    return f"/contacts/{cy}"


def lines(page: Element) -> list[str]:
    """What stands in the history, the newest first: the words of notes, or the labels of changes."""
    found = []
    for one in page.one("section", id="history").all("li"):
        if "operation" in (one.get("class") or "").split():
            said = [note.one("dd").text for note in one.all("dl")] or [label.text for label in one.all("span")]
            labels = [label.text for label in one.all("span") if label.get("class") == "change-label"]
            found.append(said[0] if one.all("dl") else ", ".join(labels) or "made")
    return found


FEED = ["Important", "Never on Fridays", "Job title", "Prefers calls", "City", "made"]
SHOWS = {
    "feed": FEED,
    "notes": ["Never on Fridays", "Prefers calls"],
    "important": ["Never on Fridays"],
    "audit": ["Important", "Job title", "City", "made"],
    "nonsense": FEED,
}


@pytest.mark.feature("I097", "I101", "I102", "I103")
@pytest.mark.parametrize("show", SHOWS)
@pytest.mark.parametrize("part", ["", "/history"])
def test_the_filter_is_in_the_address(world, told, show, part):
    page = screen(world.staff("ann").get(f"{told}{part}?show={show}"))
    assert lines(page) == SHOWS[show]
    (current,) = [one for one in page.all("a", cls="history-filter") if one.get("aria-current")]
    assert current.text.lower() == (show if show != "nonsense" else "feed")


@pytest.mark.feature("I101", "I102", "I103")
def test_the_links_of_the_filter_keep_the_page_and_the_search(world, told):
    ann = world.staff("ann")
    for here in (told, f"{told}/history"):
        for link in screen(ann.get(f"{here}?q=Fridays")).all("a", cls="history-filter"):
            assert link["href"].startswith(f"{here}?") and "q=Fridays" in link["href"]
            assert link["href"].endswith("#history")
            where = f"http://harbor.test{here}?q=other"
            answer = ann.fragment(link["hx-get"], headers={"HX-Current-URL": where})
            assert answer.headers["HX-Replace-Url"] == link["href"].removesuffix("#history")
            assert screen(answer).one("section", id="history")


@pytest.mark.parametrize("said", ["http://[", "", "x", "http://harbor.test/\x7f?show=\x7f&until=-1"])
def test_a_browser_that_says_nonsense_of_where_it_is_gets_the_history(world, told, said):
    answer = world.staff("ann").fragment(f"{told}/history", headers={"HX-Current-URL": said})
    assert answer.headers["HX-Replace-Url"] == f"{told}/history" and lines(screen(answer)) == FEED


SEARCHES = {
    "fridays": ["Never on Fridays"],
    "KIEL": ["City"],
    "captain": ["Job title"],
    "berlin": ["City"],
    "job title": ["Job title"],
    "sue palmer": ["City"],
    "100%": [],
    "_": [],
    "\\": [],
    "\x00%27 OR 1=1": [],
    "zzz": [],
}


@pytest.mark.feature("I107")
@pytest.mark.parametrize("q", SEARCHES)
def test_a_search_finds_values_notes_labels_and_people(world, told, q):
    page = screen(world.staff("ann").get(told, query_string={"q": q}))
    assert lines(page) == SEARCHES[q]
    assert page.one("form", cls="history-search").value("q") == q
    if not SEARCHES[q]:
        assert "Nothing in the history matches." in page.one("p", cls="history-none").text
        assert page.one("a", cls="history-all")["href"].startswith(told)


@pytest.mark.feature("I107")
def test_a_search_looks_within_what_the_filter_shows(world, told):
    ann = world.staff("ann")
    assert lines(screen(ann.get(f"{told}?q=ann+tanner&show=important"))) == ["Never on Fridays"]
    assert lines(screen(ann.get(f"{told}?q=prefers&show=important"))) == []
    assert lines(screen(ann.get(f"{told}?q=kiel&show=audit"))) == ["City"]


@pytest.mark.feature("I107")
def test_a_search_finds_nothing_in_what_the_reader_does_not_see(world, told):
    with world.inside():
        create(FieldSetting, {"of_noun": "contact", "field": "city", "hidden": True}, actor=SYSTEM)
        settings_changed()
    assert lines(screen(world.staff("ann").get(f"{told}?q=kiel"))) == []


def test_a_deleted_note_is_found_no_more(world, told):
    ann = world.staff("ann")
    body = screen(ann.get(f"{told}?show=important")).one("div", cls="note-important")
    ann.post_form(f"/notes/{body['id'].removeprefix('note-')}/removal")
    assert lines(screen(ann.get(f"{told}?q=fridays"))) == []
    assert lines(screen(ann.get(f"{told}?show=notes"))) == ["Prefers calls"]


@pytest.mark.feature("I097")
def test_older_and_newest_keep_filter_and_search(world, cast):
    with world.inside():
        for number in range(45):
            notes.add("contact_id", cast.ina, f"Note {number}", actor=ANN)
            update(db.session.get(Contact, cast.ina), {"city": f"City {number}"}, actor=ANN)
    ann, where, seen = world.staff("ann"), f"/contacts/{cast.ina}?show=notes&q=note", []
    while where:
        page = screen(ann.get(where))
        seen += lines(page)
        steps = {one.text: one["href"] for one in page.all("a", cls="btn") if "#history" in (one.get("href") or "")}
        where = steps.get("Show older", "").partition("#")[0]
        assert not where or ("show=notes" in where and "q=note" in where)
    assert seen == [f"Note {number}" for number in reversed(range(45))]
    assert steps["Show the newest"] == f"/contacts/{cast.ina}?show=notes&q=note#history"


@pytest.mark.feature("I097")
def test_many_changes_of_one_operation_stand_under_one_line(world, cast):
    with world.inside():
        values = {"city": "Kiel", "job_title": "Captain", "phone": "030 1", "mobile": "0170 1"}
        update(db.session.get(Contact, cast.ina), values, actor=ANN)
    ann, path = world.staff("ann"), f"/contacts/{cast.ina}"
    folded = screen(ann.get(path)).one("details", cls="operation-many")
    assert folded.one("summary").text.startswith("4 changes:") and "open" not in folded.attributes
    assert len(folded.all("button")) == 4
    # Whoever searched sees what was found.
    assert "open" in screen(ann.get(f"{path}?q=kiel")).one("details", cls="operation-many").attributes
    assert ann.post_form(folded.all("button")[0]["formaction"]).headers["Location"] == path


@pytest.mark.feature("I097", "I107")
@pytest.mark.parametrize("query", ["", "?show=important", "?show=audit", "?q=note", "?show=notes&q=city"])
def test_a_history_takes_as_many_statements_whatever_is_in_it(world, cast, statements, query):
    sue = world.staff("sue")
    paths = [f"/contacts/{cast.ina}{query}", f"/contacts/{cast.ina}/history{query}", f"/companies/{cast.acme}{query}"]

    def more(times: int) -> None:
        with world.inside():
            for number in range(times):
                for about, record in (("contact_id", cast.ina), ("company_id", cast.acme)):
                    note, _operation = notes.add(about, record, f"Note {number}", actor=ANN)
                    notes.update(db.session.get(notes.Note, note), {"important": True}, actor=ANN)
                update(db.session.get(Contact, cast.ina), {"city": f"City {number} {times}"}, actor=ANN)
                update(db.session.get(Company, cast.acme), {"address": f"City {number} {times}"}, actor=ANN)

    def counts() -> list[int]:
        found = []
        for path in paths:
            sue.get(path)
            with statements() as sent:
                assert sue.get(path).status_code == 200
            found.append(len(sent))
        return found

    more(2)
    few = counts()
    more(30)
    # Fewer where the first page names fewer kinds of records.
    assert all(now <= before for now, before in zip(counts(), few, strict=True)) and max(few) <= 8, few
