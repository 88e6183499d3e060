"""Reading one record: every field in one statement, and always what the database has now."""

import pytest

from app.companies import queries as companies
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.records.actor import SYSTEM
from app.records.errors import NotFound
from app.records.write import Withdraw, apply, begin, update
from tenants import db


class Desk:
    surface = "staff"


def test_every_field_comes_in_one_statement(world, cast, statements):
    with world.inside():
        contacts.get(cast.ina, Desk())
        with statements() as sent:
            loaded = contacts.get(cast.otto, Desk())
        assert len(sent) == 1
        assert (loaded.id, loaded.version) == (cast.otto, 1)
        values = loaded.values
        assert (values["company"], values["department"], values["line_manager_id"]) == (
            cast.acme,
            cast.acme_support,
            cast.ina,
        )
        assert values["addresses"] == ["otto.lind@acme.example"] and values["company_primary"] is False


def test_what_the_session_remembers_is_not_what_is_read(world, cast):
    with world.inside():
        before = contacts.get(cast.ina, Desk())
        assert before.values["phone"] == "+49 30 901820"
        world.sql(f"UPDATE {world.schema()}.contact SET phone = '030 1', version = 7 WHERE id = {cast.ina}")
        after = contacts.get(cast.ina, Desk())
        assert (after.values["phone"], after.version) == ("030 1", 7)


def test_absent_and_withdrawn_are_not_found(world, cast):
    with world.inside():
        for wrong in (10**12, 0, -1):
            with pytest.raises(NotFound):
                companies.get(wrong, Desk())
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Contact, cast.ina)])
        with pytest.raises(NotFound):
            contacts.get(cast.ina, Desk())


def test_a_contact_without_company_has_none_of_what_stands_there(world, cast):
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"company": None}, actor=SYSTEM)
        values = contacts.get(cast.ina, Desk()).values
        assert (values["company"], values["department"], values["company_primary"]) == (None, None, None)


def test_a_company_counts_its_people(world, cast):
    with world.inside():
        assert companies.get(cast.acme, Desk()).values["users"] == 4
        assert companies.get(cast.acme, Desk()).values["domains"] == ["acme.example"]
