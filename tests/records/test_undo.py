"""Taking operations back: what was made goes, what was changed comes back, what was touched since stays."""

import pytest
from sqlalchemy import func, select

from app.companies.domains import Domain
from app.companies.models import Company, Department
from app.contacts.addresses import Address
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.records import undo
from app.records.actor import SYSTEM, Actor
from app.records.errors import NotFound
from app.records.models import Change, Operation
from app.records.write import Create, Update, Withdraw, apply, begin, create, update
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)
SUE = Actor("Sue Palmer", account_id=1002)
PERSON = {"first_name": "Ada", "last_name": "Byron", "user_name": "ada", "email": "ada@acme.example"}


def contact(record_id: int) -> Contact:
    return db.session.get(Contact, record_id, populate_existing=True)


def live(model, **wanted) -> int:
    """How many rows of this kind are not withdrawn."""
    found = select(func.count()).select_from(model).filter_by(**wanted).where(model.withdrawn_at.is_(None))
    return db.session.scalar(found)


def changes_of(operation_id: int) -> list[tuple[str, int, str]]:
    rows = select(Change.noun, Change.record_id, Change.action).where(Change.operation_id == operation_id)
    return [tuple(row) for row in db.session.execute(rows.order_by(Change.id))]


@pytest.mark.feature("B001", "B002")
def test_an_edit_is_taken_back_as_an_operation_of_its_own(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"phone": "030 1", "mobile": None, "city": "Kiel"}, actor=ANN)
        outcome = undo.undo(done.id, SUE, reason="wrong person")
        ina = contact(cast.ina)
        assert (ina.phone, ina.city, ina.version) == ("+49 30 901820", "Berlin", 3)
        assert (outcome.reversed, outcome.kept) == (1, [])
        undoing = db.session.get(Operation, outcome.operation_id)
        assert (undoing.kind, undoing.actor, undoing.undoes) == ("undo", "Sue Palmer", done.id)
        assert undoing.reason == "wrong person"
        note = db.session.scalars(select(Change).where(Change.operation_id == undoing.id)).one()
        assert (note.before, note.after) == (
            {"phone": "030 1", "city": "Kiel"},
            {"phone": "+49 30 901820", "city": "Berlin"},
        )


@pytest.mark.feature("B001")
def test_an_undo_can_be_undone_and_nothing_twice(world, cast):
    with world.inside():
        first = update(contact(cast.ina), {"phone": "030 1"}, actor=ANN)
        second = undo.undo(first.id, ANN)
        with pytest.raises(undo.AlreadyUndone):
            undo.undo(first.id, SUE)
        third = undo.undo(second.operation_id, ANN)
        assert contact(cast.ina).phone == "030 1"
        with pytest.raises(undo.AlreadyUndone):
            undo.undo(second.operation_id, ANN)
        undo.undo(third.operation_id, ANN)
        assert contact(cast.ina).phone == "+49 30 901820"
        with pytest.raises(NotFound):
            undo.undo(10**12, ANN)


@pytest.mark.feature("B001")
def test_values_of_every_column_type_come_back(world, cast):
    with world.inside():
        contract = db.session.get(Contract, cast.acme_support_hours)
        names = ("starts_on", "ends_on", "minutes", "limited", "notes", "support_manager_id", "po_number")
        before = {name: getattr(contract, name) for name in names}
        done = update(contract, dict.fromkeys(names) | {"limited": False}, actor=ANN)
        undo.undo(done.id, ANN)
        db.session.refresh(contract)
        assert {name: getattr(contract, name) for name in names} == before


@pytest.mark.feature("B001")
def test_custom_values_come_back(world, cast):
    with world.inside():
        for key, kind in (("seats", "whole"), ("since", "date"), ("rate", "decimal")):
            create(CustomField, {"of_noun": "contact", "key": key, "kind": kind, "label": key}, actor=SYSTEM)
        settings_changed()
        update(contact(cast.ina), {"custom-seats": 3}, actor=ANN)
        done = update(contact(cast.ina), {"custom-seats": 4, "phone": "030 1"}, actor=ANN)
        undo.undo(done.id, ANN)
        assert contact(cast.ina).custom == {"seats": 3}
        gone = update(contact(cast.ina), {"custom-seats": None}, actor=ANN)
        assert contact(cast.ina).custom == {}
        undo.undo(gone.id, ANN)
        assert contact(cast.ina).custom == {"seats": 3}


@pytest.mark.feature("B001")
def test_a_field_that_was_changed_since_is_kept_and_listed_and_the_others_come_back(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"phone": "030 1", "city": "Kiel"}, actor=ANN)
        update(contact(cast.ina), {"city": "Jena"}, actor=SUE)
        outcome = undo.undo(done.id, ANN)
        assert (contact(cast.ina).phone, contact(cast.ina).city) == ("+49 30 901820", "Jena")
        assert outcome.kept == [("contact", cast.ina, "changed since")]


@pytest.mark.feature("B001")
def test_other_fields_changed_since_stay_as_they_are(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"phone": "030 1"}, actor=ANN)
        update(contact(cast.ina), {"city": "Jena"}, actor=SUE)
        assert undo.undo(done.id, ANN).kept == []
        assert (contact(cast.ina).phone, contact(cast.ina).city) == ("+49 30 901820", "Jena")


@pytest.mark.feature("B001")
def test_what_one_operation_wrote_twice_comes_back_whole(world, cast):
    with world.inside():
        operation = begin(ANN, "edit")
        apply(operation, [Update(Contact, cast.ina, {"phone": "030 1"}), Update(Contact, cast.ina, {"city": "Kiel"})])
        apply(operation, [Update(Contact, cast.ina, {"city": "Jena"})])
        outcome = undo.undo(operation.id, ANN)
        assert (contact(cast.ina).phone, contact(cast.ina).city) == ("+49 30 901820", "Berlin")
        assert outcome.kept == []


# --- what was made --------------------------------------------------------------------------------------------------


@pytest.mark.feature("B001")
def test_a_creation_is_withdrawn_with_its_parts_and_its_keys_are_free_again(world, cast):
    values = PERSON | {"company": cast.acme, "addresses": ["ada@home.example"]}
    with world.inside():
        made = create(Contact, values, actor=ANN)
        outcome = undo.undo(contact(made).created_op, ANN)
        assert outcome.kept == [] and contact(made).withdrawn_at is not None
        assert contact(made).company_ids == []
        assert (live(Membership, contact_id=made), live(Address, contact_id=made)) == (0, 0)
        again = create(Contact, values, actor=ANN)
        assert again != made
        # The other way round there is one of that name by now.
        back = undo.undo(outcome.operation_id, ANN)
        taken = "There is already a contact with this e-mail address, first and last name."
        assert (back.reversed, back.kept) == (0, [("contact", made, taken)])
        assert contact(made).withdrawn_at is not None and live(Membership, contact_id=made) == 0


@pytest.mark.feature("B001")
def test_a_withdrawn_creation_comes_back_whole(world, cast):
    with world.inside():
        made = create(Contact, PERSON | {"company": cast.acme, "addresses": ["ada@home.example"]}, actor=ANN)
        outcome = undo.undo(contact(made).created_op, ANN)
        assert undo.undo(outcome.operation_id, ANN).kept == []
        assert contact(made).withdrawn_at is None and contact(made).company_ids == [cast.acme]
        assert (live(Membership, contact_id=made), live(Address, contact_id=made)) == (1, 1)


@pytest.mark.feature("B001")
def test_what_was_edited_since_is_not_withdrawn_and_keeps_its_parts(world, cast):
    with world.inside():
        made = create(Contact, PERSON | {"company": cast.acme, "addresses": ["ada@home.example"]}, actor=ANN)
        update(contact(made), {"phone": "030 1"}, actor=SUE)
        outcome = undo.undo(contact(made).created_op, ANN)
        assert (outcome.reversed, outcome.kept) == (0, [("contact", made, "changed since")])
        assert contact(made).company_ids == [cast.acme]
        assert (live(Membership, contact_id=made), live(Address, contact_id=made)) == (1, 1)


@pytest.mark.feature("B001")
def test_what_others_need_is_not_withdrawn(world, cast):
    with world.inside():
        company = create(Company, {"name": "New", "domains": ["new.example"]}, actor=ANN)
        made = create(Contact, PERSON | {"company": company}, actor=SUE)
        outcome = undo.undo(db.session.get(Company, company).created_op, ANN)
        assert (outcome.reversed, outcome.kept) == (0, [("company", company, "in use by others since")])
        assert live(Domain, company_id=company) == 1
        # Once nobody needs it any more, another undo is not possible, but nothing was lost either.
        undo.undo(contact(made).created_op, SUE)
        assert live(Company, id=company) == 1


@pytest.mark.feature("B001")
def test_a_person_whom_a_contract_or_a_colleague_names_stays(world, cast):
    with world.inside():
        named = create(Contact, PERSON | {"company": cast.acme}, actor=ANN)
        boss = create(Contact, PERSON | {"user_name": "boss", "first_name": "Bo", "company": cast.acme}, actor=ANN)
        update(db.session.get(Contract, cast.acme_subscription), {"customer_contact_id": named}, actor=SUE)
        update(contact(cast.otto), {"line_manager_id": boss}, actor=SUE)
        for one in (named, boss):
            assert ("contact", one, "in use by others since") in undo.undo(contact(one).created_op, ANN).kept
            assert contact(one).withdrawn_at is None and contact(one).company_ids == [cast.acme]


@pytest.mark.feature("B001")
def test_records_made_together_go_together_though_they_name_each_other(world, cast):
    with world.inside():
        operation = begin(ANN, "import")
        company = create(Company, {"name": "New"}, actor=ANN, operation=operation)
        part = create(Department, {"company_id": company, "name": "Lab"}, actor=ANN, operation=operation)
        boss = create(Contact, PERSON | {"company": company, "department": part}, actor=ANN, operation=operation)
        other = PERSON | {"user_name": "bob", "first_name": "Bob", "company": company, "line_manager_id": boss}
        made = create(Contact, other, actor=ANN, operation=operation)
        # A record that is written again by the operation that made it was not edited since.
        update(contact(boss), {"line_manager_id": made}, actor=ANN, operation=operation)
        outcome = undo.undo(operation.id, ANN)
        assert outcome.kept == []
        assert live(Company, id=company) + live(Department, id=part) == 0
        assert live(Contact, id=boss) + live(Contact, id=made) + live(Membership, company_id=company) == 0


@pytest.mark.feature("B001")
def test_a_reference_to_what_was_made_goes_before_it(world, cast):
    with world.inside():
        operation = begin(ANN, "import")
        boss = create(Contact, PERSON | {"company": cast.acme}, actor=ANN, operation=operation)
        update(contact(cast.ina), {"line_manager_id": boss}, actor=ANN, operation=operation)
        assert undo.undo(operation.id, ANN).kept == []
        assert contact(cast.ina).line_manager_id is None and contact(boss).withdrawn_at is not None


# --- what stands in other rows --------------------------------------------------------------------------------------


@pytest.mark.feature("B001", "B005")
def test_a_change_of_company_is_taken_back_with_department_and_rights(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN)
        assert contact(cast.ina).company_ids == [cast.nordlys]
        assert undo.undo(done.id, ANN).kept == []
        assert contact(cast.ina).company_ids == [cast.acme]
        place = db.session.scalars(
            select(Membership).where(Membership.contact_id == cast.ina, Membership.withdrawn_at.is_(None))
        ).one()
        assert (place.department_id, place.company_primary, place.sees_people) == (cast.acme_purchasing, True, True)
        # The contact itself says in its history what happened to it.
        note = db.session.scalars(select(Change).where(Change.noun == "contact").order_by(Change.id.desc())).first()
        assert note.after == {"company": cast.acme, "department": cast.acme_purchasing, "company_primary": True}
        assert contact(cast.ina).version == 3


@pytest.mark.feature("B001", "B005")
def test_a_company_that_was_changed_again_since_stays(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN)
        update(contact(cast.ina), {"company": cast.xacme}, actor=SUE)
        outcome = undo.undo(done.id, ANN)
        assert contact(cast.ina).company_ids == [cast.xacme]
        assert outcome.reversed == 0 and ("contact", cast.ina, "changed since") in outcome.kept


@pytest.mark.feature("B001")
def test_domains_come_back_and_a_domain_that_found_another_owner_stays_there(world, cast):
    with world.inside():
        acme = db.session.get(Company, cast.acme)
        done = update(acme, {"domains": ["one.example", "two.example"]}, actor=ANN)
        undo.undo(done.id, ANN)
        names = select(Domain.name).where(Domain.company_id == cast.acme, Domain.withdrawn_at.is_(None))
        assert db.session.scalars(names).all() == ["acme.example"]
        gone = update(acme, {"domains": None}, actor=ANN)
        update(db.session.get(Company, cast.nordlys), {"domains": ["nordlys.example", "acme.example"]}, actor=SUE)
        outcome = undo.undo(gone.id, ANN)
        assert db.session.scalars(names).all() == []
        assert [reason for noun, _id, reason in outcome.kept if noun == "company_domain"] == [
            "This web domain belongs to another company."
        ]


# --- one field ------------------------------------------------------------------------------------------------------


def change_of(operation: Operation) -> tuple[int, int]:
    ids = select(Change.operation_id, Change.id).where(Change.operation_id == operation.id).order_by(Change.id.desc())
    return db.session.execute(ids).first()


@pytest.mark.feature("B002")
def test_one_field_is_put_back_and_the_others_stay(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"phone": "030 1", "city": "Kiel"}, actor=ANN)
        undone = undo.undo_field(*change_of(done), "phone", SUE)
        assert (contact(cast.ina).phone, contact(cast.ina).city) == ("+49 30 901820", "Kiel")
        assert (undone.kind, undone.actor, undone.undoes) == ("undo", "Sue Palmer", None)
        with pytest.raises(undo.ChangedSince):
            undo.undo_field(*change_of(done), "phone", SUE)
        undo.undo_field(*change_of(done), "city", SUE)
        assert contact(cast.ina).city == "Berlin"


@pytest.mark.feature("B002")
def test_one_field_that_stands_in_other_rows_is_put_back(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN)
        undo.undo_field(*change_of(done), "company", ANN)
        assert contact(cast.ina).company_ids == [cast.acme]
        with pytest.raises(undo.ChangedSince):
            undo.undo_field(*change_of(done), "company", ANN)


def test_one_field_of_nothing_is_not_found(world, cast):
    with world.inside():
        done = update(contact(cast.ina), {"phone": "030 1"}, actor=ANN)
        mine, makes = change_of(done), (Change.noun == "contact") & (Change.action == "create")
        made = db.session.execute(select(Change.operation_id, Change.id).where(makes).limit(1)).first()
        absent, of_another = (done.id, 10**12), (made[0], mine[1])
        for change, name in ((absent, "phone"), (of_another, "phone"), (mine, "city"), (made, "phone"), (mine, "\0")):
            with pytest.raises(NotFound):
                undo.undo_field(*change, name, ANN)
        apply(begin(ANN, "withdraw"), [Withdraw(Contact, cast.ina)])
        with pytest.raises(NotFound):
            undo.undo_field(*change_of(done), "phone", ANN)


# --- many -----------------------------------------------------------------------------------------------------------


def people(n: int) -> list[Create]:
    named = ({"first_name": f"P{i}", "last_name": "Many", "user_name": f"p{i}"} for i in range(n))
    return [Create(Contact, values | {"email": f"{values['user_name']}@many.example"}) for values in named]


@pytest.mark.feature("B001")
def test_two_thousand_changes_are_written_and_taken_back_in_few_statements(world, cast, statements):
    with world.inside():
        with statements() as sent:
            ids = apply(begin(ANN, "import"), people(2000)).ids
        assert len(sent) < 15
        operation = begin(ANN, "bulk")
        with statements() as sent:
            done = apply(operation, [Update(Contact, one, {"city": f"City {one}"}) for one in ids])
        assert len(sent) < 15 and None not in done.ids
        update(contact(ids[7]), {"city": "Jena"}, actor=SUE)
        with statements() as sent:
            outcome = undo.undo(operation.id, ANN)
        assert len(sent) < 25
        assert (outcome.reversed, outcome.kept) == (1999, [("contact", ids[7], "changed since")])
        assert live(Contact, last_name="Many", city=None) == 1999


@pytest.mark.feature("B001")
def test_a_refused_one_among_many_is_kept_and_all_others_come_back(world, cast):
    with world.inside():
        ids = apply(begin(ANN, "import"), people(200)).ids
        gone = begin(ANN, "bulk")
        apply(gone, [Withdraw(Contact, one) for one in ids])
        create(Contact, PERSON | {"user_name": "P33"}, actor=SUE)
        create(Contact, PERSON | {"user_name": "p150", "first_name": "Bo"}, actor=SUE)
        outcome = undo.undo(gone.id, ANN)
        assert outcome.reversed == 198
        assert sorted(outcome.kept) == [("contact", ids[n], "Another contact has this user name.") for n in (33, 150)]
