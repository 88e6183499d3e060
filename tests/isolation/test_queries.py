"""What the portal's queries ask for, by itself: here the database's own wall is not between, since the desk asks.

Each must hold alone, should the wall be missing one day; tests/tenants/test_wall.py says the same of the wall.
"""

from contextlib import contextmanager

import pytest

from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.people.viewer import Viewer
from app.signin import sessions
from tenants import db

# What takes a membership's rights away, wherever it is asked about.
ENDED = ("withdrawn_at = now()", "starts_on = current_date + 1", "ends_on = current_date - 1")


@pytest.fixture
def ask(world, cast):
    """`with ask("ben", "..") as viewer:` queries of this person, as if the database hid nothing from them; before that
    their membership at Xacme, or all that they have, is changed."""

    @contextmanager
    def asking(person: str, change: str = "", everywhere: bool = False):
        if change:
            where = "true" if everywhere else f"company_id = {cast.xacme}"
            contact = getattr(cast, person)
            world.sql(f"UPDATE {world.schema()}.membership SET {change} WHERE {where} AND contact_id = %s", contact)
        with world.inside():
            yield sessions.viewer_of(sessions.open_session(cast.accounts[person], "portal"), "portal")

    return asking


def names(statement) -> list[str]:
    return sorted(db.session.scalars(statement.with_only_columns(Contact.user_name)))


def descriptions(statement) -> list[str]:
    return sorted(db.session.scalars(statement.with_only_columns(Contract.description)))


OF_ACME = ["ben", "ina", "otto"]
CONTRACTS_OF_ACME = ["Care acme subscription", "Care acme support_hours"]


@pytest.mark.threat("T-002", "T-013")
def test_people_and_contracts_of_ones_own_companies(ask, cast):
    with ask("ina") as ina:
        assert names(contacts.visible_to(ina)) == names(contacts.people(ina)) == OF_ACME
        assert descriptions(contracts.visible_to(ina)) == CONTRACTS_OF_ACME
        assert list(contacts.companies_with_people(ina.contact_id)) == [cast.acme]
        assert contacts.companies_of([cast.ben, cast.xena], ina.contact_id) == {cast.ben: ["Acme"]}
        assert [place.company for place in contacts.places(ina.contact_id)] == ["Acme"]
    with ask("ben") as ben:
        assert names(contacts.visible_to(ben)) == names(contacts.people(ben)) == [*OF_ACME, "xena"]
        assert names(contacts.people(ben, cast.xacme)) == ["ben", "xena"]
        assert descriptions(contracts.visible_to(ben)) == [*CONTRACTS_OF_ACME, "Care xacme fixed_fee"]
        assert len(contacts.places(ben.contact_id)) == len(contacts.companies_with_people(ben.contact_id)) == 2


@pytest.mark.threat("T-002", "T-013", "T-024")
@pytest.mark.parametrize("change", ENDED)
def test_a_membership_that_does_not_count_today_shows_nothing(ask, cast, change):
    with ask("ben", change) as ben:
        assert names(contacts.visible_to(ben)) == names(contacts.people(ben)) == OF_ACME
        assert descriptions(contracts.visible_to(ben)) == CONTRACTS_OF_ACME
        assert list(contacts.companies_with_people(ben.contact_id)) == [cast.acme]
        assert [place.company for place in contacts.places(ben.contact_id)] == ["Acme"]
        assert contacts.companies_of([cast.xena], ben.contact_id) == {}


@pytest.mark.threat("T-013", "T-024")
@pytest.mark.parametrize("change", ENDED)
def test_its_rights_end_with_it(ask, change):
    with ask("ina", change, everywhere=True) as ina:
        assert not ina.may("portal.people") and not ina.may("portal.contracts")
        assert names(contacts.visible_to(ina)) == ["ina"] and descriptions(contracts.visible_to(ina)) == []


@pytest.mark.threat("T-002", "T-013")
def test_a_membership_without_the_right_shows_nothing_of_it(ask, cast):
    with ask("ben", "sees_people = false") as ben:
        assert names(contacts.visible_to(ben)) == names(contacts.people(ben)) == OF_ACME
        assert list(contacts.companies_with_people(ben.contact_id)) == [cast.acme]
        assert descriptions(contracts.visible_to(ben)) == [*CONTRACTS_OF_ACME, "Care xacme fixed_fee"]
    with ask("ben", "sees_people = true, sees_contracts = false") as ben:
        assert names(contacts.visible_to(ben)) == [*OF_ACME, "xena"]
        assert descriptions(contracts.visible_to(ben)) == CONTRACTS_OF_ACME


@pytest.mark.threat("T-002", "T-013")
def test_without_the_right_one_sees_oneself_whatever_the_page_asks(ask, cast):
    with ask("ina") as ina:
        without = Viewer(ina.account_id, "portal", "", "", frozenset({"portal.use"}), contact_id=ina.contact_id)
        assert names(contacts.visible_to(without)) == ["ina"]
        assert descriptions(contracts.visible_to(without)) == []


@pytest.mark.threat("T-013")
def test_who_was_granted_nothing_has_no_right(ask):
    with ask("otto") as otto:
        assert not otto.may("portal.people") and not otto.may("portal.contracts")
        assert names(contacts.people(otto)) == [] and names(contacts.visible_to(otto)) == ["otto"]
