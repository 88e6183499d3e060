"""Who else has a record open, in its page and in the list, and a word to them."""

import pytest

from app.people.permissions import ROLE_PERMISSIONS, TECHNICIAN

from .screens import screen


@pytest.fixture
def ann(world):
    return world.staff("ann")


@pytest.fixture
def sue(world):
    return world.staff("sue")


def here(browser, path: str):
    """The fragment that a page asks for while it is open."""
    answer = browser.fragment(f"{path}/presence", method="POST")
    assert answer.status_code == 200
    return screen(answer)


def others(found) -> str:
    line = found.all("p", cls="present-others")
    return line[0].text if line else ""


@pytest.mark.feature("I108")
@pytest.mark.parametrize("noun", ["contacts", "companies", "contracts"])
def test_two_at_the_same_record_see_each_other_and_nobody_else_does(world, ann, sue, cast, noun):
    first = {"contacts": cast.ina, "companies": cast.acme, "contracts": cast.acme_support_hours}[noun]
    path = f"/{noun}/{first}"
    assert others(here(ann, path)) == ""
    assert "Ann" in others(here(sue, path))
    assert "Sue" in others(here(ann, path))
    assert screen(ann.get(path)).one("section", id="presence")["data-presence"] == f"{path}/presence"
    # Another record, and another organization's with the same number, know nothing of it.
    marks = screen(ann.fragment(f"/{noun}/presence")).all("span")
    assert [(mark["data-marks"], "Sue" in mark.text) for mark in marks] == [(f"{noun_of(noun)}-{first}", True)]
    assert "Nobody else" in screen(world.staff("adam").get("/contacts/" + str(cast.nora) + "/presence")).text


def noun_of(plural: str) -> str:
    return {"contacts": "contact", "companies": "company", "contracts": "contract"}[plural]


def test_whoever_has_not_been_heard_of_for_a_minute_is_gone(world, ann, sue, cast):
    path = f"/contacts/{cast.ina}"
    here(sue, path)
    world.sql(f"UPDATE {world.schema()}.presence SET seen_at = now() - interval '61 seconds'")
    assert others(here(ann, path)) == ""
    assert screen(ann.fragment("/contacts/presence")).all("span") == []


@pytest.mark.feature("I108")
@pytest.mark.parametrize("noun", ["contacts", "contracts"])
def test_the_lists_of_one_company_ask_for_the_marks_as_well(ann, sue, cast, noun):
    first = {"contacts": cast.ina, "contracts": cast.acme_support_hours}[noun]
    here(sue, f"/{noun}/{first}")
    page = screen(ann.get(f"/companies/{cast.acme}/{noun}"))
    assert page.one("tr", id=f"{noun_of(noun)}-{first}")
    asked = page.one("div", id="open-elsewhere")["data-presence"]
    assert [mark["data-marks"] for mark in screen(ann.fragment(asked)).all("span")] == [f"{noun_of(noun)}-{first}"]
    # What is answered to a search is the list alone: the page around it goes on asking.
    assert "open-elsewhere" not in ann.fragment(f"/companies/{cast.acme}/{noun}?q=a").text


@pytest.mark.feature("I106", "I108")
def test_a_word_reaches_whoever_is_there_and_is_kept(ann, sue, cast):
    path = f"/contacts/{cast.ina}"
    here(ann, path)
    here(sue, path)
    said = ann.fragment(f"{path}/words", method="POST", data={"text": "I call <b>her</b> now"})
    assert said.status_code == 200 and said.headers["HX-Trigger"] == "word:said"
    line = here(sue, path).one("ol", cls="present-words").one("li")
    assert "I call <b>her</b> now" in line.text and "Ann" in line.text
    assert "You" in here(ann, path).one("ol", cls="present-words").text
    # Without scripts there is a page for it, which leads back to itself.
    answer = sue.post_form(f"{path}/words", {"text": "Good"})
    assert answer.headers["Location"] == f"{path}/presence"
    page = screen(sue.get(f"{path}/presence"))
    assert [one.one("span", cls="present-text").text for one in page.one("ol", cls="present-words").all("li")] == [
        "I call <b>her</b> now",
        "Good",
    ]


@pytest.mark.threat("T-013")
@pytest.mark.parametrize("without", ["notes.edit", "contacts.view"])
def test_a_word_takes_the_right_to_write_notes_and_to_see_the_record(world, ann, cast, monkeypatch, without):
    path = f"/contacts/{cast.ina}"
    monkeypatch.setitem(ROLE_PERMISSIONS, "technician", TECHNICIAN - {without})
    for answer in (ann.post_form(f"{path}/words", {"text": "No"}), ann.fragment(f"{path}/words", method="POST")):
        assert answer.status_code == 403 and without in answer.text
    assert world.sql(f"SELECT 1 FROM {world.schema()}.word") == []
    if without == "notes.edit":
        # Who only looks says so by having it open, and is offered no more.
        assert here(ann, path).all("li") == []
        assert not screen(ann.get(f"{path}/presence")).all("input", id="word")


def test_what_was_said_long_ago_is_shown_only_where_it_is_asked_for(world, ann, cast):
    path = f"/contacts/{cast.ina}"
    ann.fragment(f"{path}/words", method="POST", data={"text": "Once"})
    world.sql(f"UPDATE {world.schema()}.word SET said_at = now() - interval '2 days'")
    assert here(ann, path).all("li") == []
    assert "Once" in screen(ann.get(f"{path}/presence")).text


@pytest.mark.parametrize(
    ("text", "expected"), [("", "may not be empty"), (" \n ", "may not be empty"), ("x" * 501, "500")]
)
def test_a_word_that_cannot_be_said_stays_where_it_was_typed(ann, cast, text, expected):
    path = f"/contacts/{cast.ina}"
    answer = ann.post_form(f"{path}/words", {"text": text})
    page = screen(answer, 422)
    assert expected in page.one("p", id="word-error").text
    assert page.one("input", id="word")["value"] == text
    assert here(ann, path).all("li") == []


def test_being_there_takes_few_statements_however_many_are(world, ann, sue, cast, statements):
    path = f"/contacts/{cast.ina}"
    here(sue, path)
    here(ann, path)
    with statements() as sent:
        here(ann, path)
    assert len(sent) <= 6
