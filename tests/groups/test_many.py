"""Many people or companies at a time: all that a list shows, or those named; counted before and after, and undone."""

import re

import pytest

from app.groups import members
from app.groups.models import Group
from app.records.undo import undo
from tenants import db
from tests.pages import normal

from .conftest import ANN


def said(response) -> str:
    return re.search(r'<span class="toast-text">([^<]*)</span>', normal(response))[1]


@pytest.mark.feature("I049")
def test_everybody_whom_a_list_shows_is_added(world, ann, make_group, inside, cast):
    group = make_group("Acme’s", people=[cast.ina])
    # Acme's people are Ina (in it), Otto, Ben, and Dora, who is deactivated.
    path = f"/groups/{group}/additions?from=contacts&company.is={cast.acme}"
    before = world.checksum(but=("session",))
    page = normal(ann.get(path))
    for words in (
        "<strong>2</strong> will be added",
        "<strong>1</strong> in the group already",
        "refused: deactivated",
    ):
        assert words in page
    assert "Add 2 contacts" in page and "Otto Lind" in page and "Nils Dahl" not in page
    assert world.checksum(but=("session",)) == before
    done = ann.post_form(path)
    assert done.headers["Location"] == f"/groups/{group}/contacts"
    shown = ann.get(done.headers["Location"])
    assert said(shown) == "2 added · 1 was in it already · 1 refused"
    assert inside(group) == ([cast.ina, cast.otto, cast.ben], [])
    undo_url = re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(shown))[1].replace("&amp;", "&")
    ann.post_form(undo_url)
    assert inside(group) == ([cast.ina], [])


@pytest.mark.feature("I049")
def test_a_search_and_several_filters_mean_whom_the_list_shows(ann, make_group, inside, cast):
    group = make_group("Few")
    ann.post_form(f"/groups/{group}/additions?from=contacts&q=otto")
    assert inside(group) == ([cast.otto], [])
    ann.post_form(f"/groups/{group}/additions?from=contacts&first_name.starts=N&last_name.is=Dahl&sort=-email")
    assert inside(group)[0] == sorted([cast.otto, cast.nils])


@pytest.mark.feature("I049")
def test_companies_are_added_and_removed_in_the_same_way(ann, make_group, inside, cast):
    group = make_group("Firms", companies=[cast.acme])
    ann.post_form(f"/groups/{group}/additions?from=companies&name.contains=acme")
    assert inside(group) == ([], [cast.acme, cast.xacme])
    page = normal(ann.get(f"/groups/{group}/removals?from=companies&name.is=Acme"))
    assert "Remove 1 company" in page and "Xacme" not in page.partition("Who that is")[2].partition("</ul>")[0]
    removed = ann.post_form(f"/groups/{group}/removals?from=companies&name.is=Acme")
    assert said(ann.get(removed.headers["Location"])) == "1 removed"
    assert inside(group) == ([], [cast.xacme])


@pytest.mark.feature("I049")
def test_those_named_by_number_are_added_and_what_is_no_record_is_refused(ann, make_group, inside, cast):
    group = make_group("Named")
    path = f"/groups/{group}/additions?from=contacts&ids={cast.ina},{cast.dora},987654,x"
    page = normal(ann.get(path))
    assert "refused: deactivated" in page and "refused: not there" in page
    done = ann.post_form(path)
    assert said(ann.get(done.headers["Location"])) == "1 added · 2 refused"
    assert inside(group) == ([cast.ina], [])


@pytest.mark.feature("I049")
@pytest.mark.parametrize("query", ["no_such.is=1", "country.is=Atlantis", "email.nope=x", "primary_group.is=x"])
def test_a_filter_that_cannot_be_read_changes_nobody(world, ann, make_group, query):
    group = make_group("Nobody")
    path = f"/groups/{group}/additions?from=contacts&{query}"
    before = world.checksum(but=("session",))
    for answer in (ann.get(path), ann.post_form(path)):
        assert answer.status_code == 422 and "nobody is changed" in normal(answer)
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("I049")
def test_more_than_a_request_can_write_are_refused_before_anything_is_written(world, ann, make_group, monkeypatch):
    group = make_group("Large")
    monkeypatch.setattr(members, "MOST", 3)
    path = f"/groups/{group}/additions?from=contacts"
    before = world.checksum(but=("session",))
    shown = ann.get(path)
    assert shown.status_code == 422 and "At most" in normal(shown) and "Add 6 contacts" not in normal(shown)
    assert ann.post_form(path).status_code == 409
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("I049")
def test_the_list_leads_to_the_choice_of_a_group_and_on_to_the_preview(ann, make_group, cast):
    group = make_group("Chosen")
    link = re.search(r'href="(/groups/additions\?[^"]*)"', normal(ann.get("/contacts?first_name.is=Nils")))[1]
    link = link.replace("&amp;", "&")
    page = ann.get(link)
    assert "To which group?" in normal(page) and 'value="Nils"' in normal(page)
    chosen = ann.get(f"{link}&group_id_text=chosen")
    assert chosen.headers["Location"] == f"/groups/{group}/additions?from=contacts&first_name.is=Nils"
    wrong = ann.get(f"{link}&group_id_text=other")
    assert wrong.status_code == 422 and 'value="other"' in normal(wrong)
    assert ann.get("/groups/additions?from=staff").status_code == 404


@pytest.mark.feature("I049")
def test_what_was_done_to_many_is_one_operation_of_as_many_statements_as_for_one(world, make_group, statements, cast):
    group = make_group("Counted")
    people = [cast.ina, cast.otto, cast.ben, cast.nils, cast.nora, cast.xena]
    with world.inside():
        record, counted = db.session.get(Group, group), []
        for ids in (people[:1], people[1:]):
            with statements() as sent:
                outcome = members.add_members(record, contact_ids=ids, actor=ANN)
            counted.append(len(sent))
            assert outcome.counts.free == len(ids)
        assert counted[0] == counted[1] <= 6
        again = members.add_members(record, contact_ids=people, company_ids=[cast.acme], actor=ANN)
        assert (again.counts.inside, again.counts.free) == (6, 1)
        gone = members.remove_members(record, contact_ids=people, company_ids=[cast.acme], actor=ANN)
        assert gone.counts.inside == 7
        assert members.remove_members(record, contact_ids=people, actor=ANN).operation is None
        assert undo(gone.operation.id, ANN).reversed == 7
