"""Fields whose values are rows of their own: a company's domains, a contact's further addresses."""

import pytest
from sqlalchemy import select

from app.companies.domains import Domain
from app.companies.models import Company
from app.contacts.addresses import Address
from app.contacts.models import Contact
from app.fields.errors import FieldErrors
from app.records.actor import Actor
from app.records.models import Operation
from app.records.write import create, update
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)


def rows(model, parent: str, record_id: int, value: str) -> dict[int, tuple[str, bool]]:
    """The rows of a record: id -> value and whether it is live."""
    found = select(model.id, getattr(model, value), model.withdrawn_at.is_(None)).where(
        getattr(model, parent) == record_id
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(found)}


def domains(record_id: int) -> set[str]:
    found = rows(Domain, "company_id", record_id, "name").values()
    return {name for name, is_live in found if is_live}


def acme(cast) -> Company:
    return db.session.get(Company, cast.acme)


@pytest.mark.feature("C020", "C033", "C047")
def test_values_come_and_go_as_a_set(world, cast):
    with world.inside():
        update(acme(cast), {"domains": ["b.example", "a.example", "acme.example"]}, actor=ANN)
        assert domains(cast.acme) == {"acme.example", "a.example", "b.example"}
        update(acme(cast), {"domains": ["a.example"]}, actor=ANN)
        assert domains(cast.acme) == {"a.example"}
        update(acme(cast), {"domains": None}, actor=ANN)
        assert domains(cast.acme) == set()
        assert domains(cast.nordlys) == {"nordlys.example"}


def test_a_value_that_was_there_before_is_the_same_row_again(world, cast):
    with world.inside():
        before = rows(Domain, "company_id", cast.acme, "name")
        update(acme(cast), {"domains": ["new.example"]}, actor=ANN)
        update(acme(cast), {"domains": ["acme.example"]}, actor=ANN)
        after = rows(Domain, "company_id", cast.acme, "name")
        assert before.items() <= after.items() and len(after) == 2


@pytest.mark.feature("C012", "C033")
def test_the_record_itself_was_changed_then(world, cast):
    with world.inside():
        before = acme(cast).updated_at
        done = update(acme(cast), {"domains": ["new.example"]}, actor=ANN)
        assert (acme(cast).version, acme(cast).updated_op) == (2, done.id)
        assert acme(cast).updated_at > before


def test_the_same_values_in_another_order_are_no_change(world, cast):
    with world.inside():
        update(acme(cast), {"domains": ["b.example", "a.example"]}, actor=ANN)
        operations = db.session.scalar(select(db.func.count(Operation.id)))
        assert update(acme(cast), {"domains": ["a.example", "b.example"]}, actor=ANN) is None
        assert acme(cast).version == 2
        assert db.session.scalar(select(db.func.count(Operation.id))) == operations


@pytest.mark.feature("C047")
def test_a_domain_belongs_to_one_company(world, cast):
    with world.inside():
        with pytest.raises(FieldErrors) as wrong:
            update(acme(cast), {"domains": ["acme.example", "nordlys.example"]}, actor=ANN)
        assert {name: str(error) for name, error in wrong.value.errors.items()} == {
            "domains": "This web domain belongs to another company."
        }
        assert domains(cast.acme) == {"acme.example"} and acme(cast).version == 1
        with pytest.raises(FieldErrors):
            create(Company, {"name": "New", "domains": ["acme.example"]}, actor=ANN)
        # Once it is free it can be taken.
        update(acme(cast), {"domains": None}, actor=ANN)
        update(db.session.get(Company, cast.nordlys), {"domains": ["acme.example"]}, actor=ANN)
        assert domains(cast.nordlys) == {"acme.example"}


@pytest.mark.feature("I029")
def test_an_address_can_be_written_another_way_but_not_twice(world, cast):
    with world.inside():
        otto = db.session.get(Contact, cast.otto)
        update(otto, {"addresses": ["Otto.Lind@acme.example"]}, actor=ANN)
        live = [one for one, is_live in rows(Address, "contact_id", cast.otto, "email").values() if is_live]
        assert live == ["Otto.Lind@acme.example"]
        update(otto, {"addresses": ["otto.lind@acme.example"]}, actor=ANN)
        with pytest.raises(FieldErrors) as wrong:
            update(otto, {"addresses": ["otto.lind@acme.example", "OTTO.lind@acme.example"]}, actor=ANN)
        assert str(wrong.value.errors["addresses"]) == "An address stands here twice."
