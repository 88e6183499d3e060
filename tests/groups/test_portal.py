"""A group in the portal: only to those in it, and only where the organization lets its members see it."""

import pytest

from app.groups import queries
from app.groups.models import Group
from app.records.actor import SYSTEM
from app.records.write import update
from app.signin import sessions
from tenants import db, narrow
from tests.pages import answer, normal

ABSENT = 987654


@pytest.mark.feature("I046")
@pytest.mark.threat("T-002")
@pytest.mark.parametrize(
    ("person", "values"),
    [("otto", {"shown": True}), ("ina", {"shown": False}), ("ina", {"shown": True, "active": False})],
    ids=["not in it", "not shown", "deactivated"],
)
def test_whoever_may_not_see_a_group_cannot_tell_that_it_is_there(world, make_group, cast, person, values):
    group = make_group("Secret", people=[cast.ina])
    with world.inside():
        update(db.session.get(Group, group), values, actor=SYSTEM)
    browser = world.portal(person)
    seen, absent = browser.get(f"/portal/groups/{group}"), browser.get(f"/portal/groups/{ABSENT}")
    assert seen.status_code == 404 and answer(seen) == answer(absent)
    assert "Secret" not in normal(browser.get("/portal/"))


@pytest.mark.feature("I046")
@pytest.mark.threat("T-002")
def test_members_see_the_group_and_those_of_their_companies_in_it(world, make_group, cast):
    group = make_group("Board", people=[cast.ina, cast.otto, cast.nils, cast.xena], shown=True, description="We meet.")
    browser = world.portal("otto")
    assert f'href="/portal/groups/{group}"' in normal(browser.get("/portal/"))
    page = normal(browser.get(f"/portal/groups/{group}"))
    assert "Board" in page and "We meet." in page and "Ina Berg" in page and "Otto Lind" in page
    # The wall between companies stands: Nils is of Nordlys, Xena of Xacme.
    assert "Nils" not in page and "Xena" not in page
    # Names, and nothing that Otto might not see of Ina otherwise.
    assert "ina@acme.example" not in page and browser.get(f"/portal/people/{cast.ina}").status_code == 403


@pytest.mark.feature("I046")
@pytest.mark.threat("T-002", "T-024")
def test_who_leaves_the_group_sees_it_no_more(world, ann, make_group, cast):
    group = make_group("Board", people=[cast.ina, cast.otto], shown=True)
    browser = world.portal("otto")
    assert browser.get(f"/portal/groups/{group}").status_code == 200
    ann.post_form(f"/groups/{group}/removals?from=contacts&ids={cast.otto}")
    assert browser.get(f"/portal/groups/{group}").status_code == 404


@pytest.mark.threat("T-002")
def test_the_wall_alone_hides_the_groups_of_others(world, make_group, cast):
    """What the database itself shows the portal's login, whatever is asked."""
    mine = make_group("Mine", people=[cast.ina], shown=True)
    make_group("Not shown", people=[cast.ina])
    make_group("Of others", people=[cast.otto, cast.nils], shown=True)
    with world.inside():
        narrow(cast.ina)
        assert list(db.session.scalars(db.select(Group.id))) == [mine]


@pytest.mark.threat("T-002")
def test_the_query_alone_hides_the_groups_of_others(world, make_group, cast):
    """What the application asks for, were the wall missing one day."""
    mine = make_group("Mine", people=[cast.ina], shown=True)
    make_group("Not shown", people=[cast.ina])
    make_group("Of others", people=[cast.otto, cast.nils], shown=True)
    with world.inside():
        ina = sessions.viewer_of(sessions.open_session(cast.accounts["ina"], "portal"), "portal")
        assert queries.shown_to(ina) == [(mine, "Mine")]


@pytest.mark.threat("T-001")
def test_groups_of_another_organization_are_not_reached(world, ann, make_group, inside, cast):
    here, there = make_group("Board", people=[cast.ina]), make_group("Board", people=[cast.ina], slug="summit")
    assert here == there
    ann.post_form(f"/groups/{here}/additions?from=contacts")
    assert len(inside(here)[0]) > 1 and inside(there, "summit") == ([cast.ina], [])
