"""Who belongs where: memberships with roles, rights and dates, the primary one, and the keys on the contact."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.contacts import queries
from app.contacts.memberships import primary_memberships
from app.contacts.models import Contact, Membership
from app.fields.errors import FieldErrors
from app.records.actor import SYSTEM, Actor
from app.records.write import Create, Update, apply, begin, create, update
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)


def contact(record_id: int) -> Contact:
    return db.session.get(Contact, record_id, populate_existing=True)


def places(record_id: int) -> dict[int, bool]:
    """The companies that a contact belongs to, and which is the primary one."""
    return {row.company_id: row.is_primary for row, *_names in queries.belonging(record_id).memberships}


def agree() -> bool:
    """Whether the keys on every contact are those of its memberships."""
    live = select(Membership.contact_id, Membership.company_id).where(Membership.withdrawn_at.is_(None))
    wanted: dict[int, set[int]] = {}
    for contact_id, company_id in db.session.execute(live):
        wanted.setdefault(contact_id, set()).add(company_id)
    kept = db.session.execute(select(Contact.id, Contact.company_ids))
    return all(set(company_ids) == wanted.get(contact_id, set()) for contact_id, company_ids in kept)


@pytest.mark.feature("B005")
def test_a_membership_joins_person_and_company_with_role_rights_dates_and_notification(world, cast, today):
    values = {"contact_id": cast.nora, "company_id": cast.acme, "is_primary": False, "role": "Auditor"}
    rights = {"sees_people": True, "sees_contracts": False, "notify": False, "starts_on": today, "ends_on": today}
    with world.inside():
        made = create(Membership, values | rights, actor=ANN)
        kept = db.session.get(Membership, made)
        assert {name: getattr(kept, name) for name in values | rights} == values | rights
        assert places(cast.nora) == {cast.nordlys: True, cast.acme: False}
        assert sorted(contact(cast.nora).company_ids) == sorted([cast.nordlys, cast.acme]) and agree()
        with pytest.raises(FieldErrors, match="already belongs"):
            create(Membership, values, actor=ANN)


@pytest.mark.feature("B005")
def test_another_company_replaces_the_primary_one_and_leaves_the_others(world, cast):
    with world.inside():
        assert places(cast.ben) == {cast.acme: True, cast.xacme: False}
        update(contact(cast.ben), {"company": cast.nordlys}, actor=ANN)
        assert places(cast.ben) == {cast.nordlys: True, cast.xacme: False} and agree()
        # A company where the person belongs already becomes the primary one.
        update(contact(cast.ben), {"company": cast.xacme}, actor=ANN)
        assert places(cast.ben) == {cast.xacme: True} and agree()
        update(contact(cast.ben), {"company": None}, actor=ANN)
        assert places(cast.ben) == {} and contact(cast.ben).company_ids == []


@pytest.mark.feature("B005")
@pytest.mark.threat("T-013")
def test_who_comes_back_has_the_same_membership_but_no_right_of_before(world, cast):
    with world.inside():
        before = primary_memberships([cast.ina])[cast.ina].id
        update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN)
        update(contact(cast.ina), {"company": cast.acme}, actor=ANN)
        row = primary_memberships([cast.ina])[cast.ina]
        assert row.id == before and places(cast.ina) == {cast.acme: True} and agree()
        assert (row.sees_people, row.sees_contracts, row.company_primary, row.department_id) == (
            False,
            False,
            False,
            None,
        )
        assert contact(cast.ina).version == 3


@pytest.mark.feature("B005")
@pytest.mark.threat("T-003", "T-010")
def test_a_department_is_one_of_the_company(world, cast):
    with world.inside():
        update(contact(cast.ina), {"department": cast.acme_support}, actor=ANN)
        assert primary_memberships([cast.ina])[cast.ina].department_id == cast.acme_support
        with pytest.raises(FieldErrors, match="not one of this company"):
            update(contact(cast.ina), {"department": cast.nordlys_office}, actor=ANN)
        with pytest.raises(FieldErrors, match="Choose the company first"):
            nobody = create(
                Contact, {"first_name": "A", "last_name": "B", "user_name": "c", "email": "a@b.example"}, actor=ANN
            )
            update(contact(nobody), {"department": cast.nordlys_office}, actor=ANN)
        assert primary_memberships([cast.ina])[cast.ina].department_id == cast.acme_support


@pytest.mark.feature("B005")
def test_company_and_department_can_be_changed_together(world, cast):
    with world.inside():
        update(contact(cast.ina), {"department": cast.nordlys_office, "company": cast.nordlys}, actor=ANN)
        row = primary_memberships([cast.ina])[cast.ina]
        assert (row.company_id, row.department_id) == (cast.nordlys, cast.nordlys_office)
        assert (contact(cast.ina).version, agree()) == (2, True)


def test_only_one_is_the_primary(world, cast):
    with world.inside():
        with pytest.raises(FieldErrors, match="another primary company"):
            create(Membership, {"contact_id": cast.ina, "company_id": cast.nordlys}, actor=ANN)
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(db.update(Membership).where(Membership.contact_id == cast.ben).values(is_primary=True))


@pytest.mark.feature("B005")
def test_many_people_move_at_once_in_few_statements(world, cast, statements):
    with world.inside():
        person = {"first_name": "P", "last_name": "Many", "email": "p@many.example", "company": cast.acme}
        people = [Create(Contact, person | {"first_name": f"P{n}", "user_name": f"p{n}"}) for n in range(300)]
        ids = apply(begin(SYSTEM, "import"), people).ids
        with statements() as sent:
            moves = [Update(Contact, one, {"company": (cast.nordlys, cast.xacme)[one % 2]}) for one in ids]
            assert None not in apply(begin(SYSTEM, "bulk"), moves).ids
        assert len(sent) < 20 and agree()
        assert all(contact(one).company_ids == [(cast.nordlys, cast.xacme)[one % 2]] for one in ids[:20])


@pytest.mark.feature("B005", "C010")
def test_a_company_counts_those_who_belong_to_it(world, cast):
    from_page = f"/companies/{cast.nordlys}/contacts"
    ann = world.staff("ann")
    assert "2 entries" in ann.get(from_page).text
    with world.inside():
        update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN)
    assert "3 entries" in ann.get(from_page).text and "Ina" in ann.get(from_page).text
    assert "Ina" not in ann.get(f"/companies/{cast.acme}/contacts").text
