"""The one door for writing: what it writes, what it notes in the journal, and that a refusal leaves nothing."""

from datetime import date

import pytest
from sqlalchemy import func, select, text

from app.companies.domains import Domain
from app.companies.models import Company, Department
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.fields.errors import FieldErrors
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.people.models import Staff
from app.records.actor import Actor
from app.records.models import Change, Event, Operation
from app.records.write import Create, Update, Withdraw, apply, begin, create, update, withdraw
from tenants import db

ANN = Actor("Ann Tanner", account_id=7, through="screen")


def changes_of(noun: str, record_id: int) -> list[Change]:
    found = select(Change).where(Change.noun == noun, Change.record_id == record_id).order_by(Change.id)
    return list(db.session.scalars(found))


def last(noun: str, record_id: int) -> Change:
    return changes_of(noun, record_id)[-1]


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.feature("I006", "I007")
def test_a_create_notes_who_and_when_but_no_values(world):
    with world.inside():
        operation = begin(ANN, "create", title="A company", reason="Asked for by phone")
        made = create(Company, {"name": "Made", "kind": "managed"}, actor=ANN, operation=operation)
        company = db.session.get(Company, made)
        assert (company.version, company.created_op, company.updated_op) == (1, operation.id, operation.id)
        assert company.created_at == company.updated_at
        (note,) = changes_of("company", made)
        assert (note.action, note.version, note.before, note.after) == ("create", 1, None, None)
        assert note.company_ids == [made]
        assert (operation.actor, operation.account_id, operation.through) == ("Ann Tanner", 7, "screen")
        assert (operation.title, operation.reason, operation.undoes) == ("A company", "Asked for by phone", None)


@pytest.mark.feature("B001", "I006", "I007")
def test_an_update_notes_what_was_and_what_is(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        operation = update(company, {"phone": "+49 30 111", "email": "new@acme.example"}, actor=ANN)
        assert (company.phone, company.version, company.updated_op) == ("+49 30 111", 2, operation.id)
        assert company.updated_at > company.created_at and company.created_op != operation.id
        note = last("company", cast.acme)
        assert (note.action, note.version) == ("update", 2)
        assert note.before == {"phone": "+49 30 901820", "email": "office@acme.example"}
        assert note.after == {"phone": "+49 30 111", "email": "new@acme.example"}


def test_only_fields_that_really_change_are_noted(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        update(company, {"phone": company.phone, "email": "new@acme.example"}, actor=ANN)
        assert set(last("company", cast.acme).after) == {"email"}


def test_what_changes_nothing_leaves_no_trace(world, cast):
    with world.inside():
        before = count(Operation), count(Change), count(Event)
        company = db.session.get(Company, cast.acme)
        assert update(company, {"phone": company.phone, "notes": company.notes}, actor=ANN) is None
        assert update(company, {}, actor=ANN) is None
        operation = begin(ANN, "edit")
        assert apply(operation, [Update(Company, cast.acme, {"phone": company.phone})]).ids == [None]
        assert company.version == 1
        assert (count(Operation) - 1, count(Change), count(Event)) == before


def test_values_of_every_column_type_come_back_as_they_were(world, cast):
    values = {
        "starts_on": date(2024, 2, 29),
        "ends_on": None,
        "limited": False,
        "minutes": 0,
        "po_number": "Ünï → 💡 \\ ' \" {} %s :x",
        "notes": "two\nlines",
    }
    with world.inside():
        update(db.session.get(Contract, cast.acme_support_hours), values, actor=ANN)
    with world.inside():
        contract = db.session.get(Contract, cast.acme_support_hours)
        assert {name: getattr(contract, name) for name in values} == values
        after = last("contract", cast.acme_support_hours).after
        assert after["starts_on"] == "2024-02-29" and after["ends_on"] is None and after["minutes"] == 0


def test_a_withdrawn_record_is_seen_by_no_key_and_can_come_back(world, cast):
    with world.inside():
        made = create(Company, {"name": "Made", "kind": "managed"}, actor=ANN)
        operation = withdraw(db.session.get(Company, made), actor=ANN)
        company = db.session.get(Company, made)
        assert company.withdrawn_at is not None and company.version == 2
        assert (last("company", made).action, operation.kind) == ("withdraw", "withdraw")
        again = create(Company, {"name": "Made", "kind": "managed"}, actor=ANN)
        assert again != made
        with pytest.raises(FieldErrors) as taken:
            apply(begin(ANN, "restore"), [Withdraw(Company, made, back=True)])
        assert set(taken.value.errors) == {"name"}
        apply(begin(ANN, "withdraw"), [Withdraw(Company, again)])
        apply(begin(ANN, "restore"), [Withdraw(Company, made, back=True)])
        assert db.session.get(Company, made).withdrawn_at is None
        assert last("company", made).action == "restore"


def test_a_withdrawn_record_is_not_written(world, cast):
    with world.inside():
        made = create(Company, {"name": "Made", "kind": "managed"}, actor=ANN)
        company = db.session.get(Company, made)
        withdraw(company, actor=ANN)
        assert update(company, {"phone": "1"}, actor=ANN) is None
        assert (
            apply(begin(ANN, "edit"), [Update(Company, made, {"phone": "1"}), Withdraw(Company, made)]).ids
            == [None] * 2
        )
        assert last("company", made).action == "withdraw"


@pytest.mark.parametrize(
    ("model", "values", "field"),
    [
        (Company, {"name": "ACME", "kind": "managed"}, "name"),
        (Company, {"name": "Àcmé", "kind": "managed"}, "name"),
        (Company, {"name": "Made", "kind": "managed", "domains": ["acme.example"]}, "domains"),
        (Contact, {"first_name": "I", "last_name": "B", "user_name": "INA", "email": "x@y.example"}, "user_name"),
        (Contact, {"first_name": "ina", "last_name": "BERG", "user_name": "x", "email": "INA@acme.example"}, "email"),
        (Staff, {"name": "Ann", "email": "ANN@desk.example", "role": "technician"}, "email"),
        (Company, {"kind": "managed"}, "name"),
    ],
)
def test_a_value_that_the_database_refuses_is_said_at_its_field_and_nothing_is_written(world, model, values, field):
    before = world.checksum()
    with world.inside():
        with pytest.raises(FieldErrors) as refused:
            create(model, values, actor=ANN)
        assert set(refused.value.errors) == {field}
        # The transaction is still of use: only the refused writing was undone.
        assert count(Company) == 3
    assert world.checksum() == before


def test_a_term_that_ends_before_it_starts_is_refused_by_the_database_too(world, cast):
    with world.inside(), pytest.raises(FieldErrors) as refused:
        contract = db.session.get(Contract, cast.acme_support_hours)
        update(contract, {"starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1)}, actor=ANN)
    assert set(refused.value.errors) == {"ends_on"}


@pytest.mark.threat("T-010")
def test_a_reference_into_another_company_is_refused(world, cast):
    with world.inside(), pytest.raises(FieldErrors) as refused:
        contract = db.session.get(Contract, cast.acme_support_hours)
        update(contract, {"customer_contact_id": cast.nils}, actor=ANN)
    assert set(refused.value.errors) == {"customer_contact_id"}


# --- many at once -----------------------------------------------------------------------------------------------------


def test_many_changes_of_many_kinds_are_one_operation(world, cast):
    with world.inside():
        operation = begin(ANN, "edit")
        done = apply(
            operation,
            [
                Create(Company, {"name": "One", "kind": "managed"}),
                Update(Company, cast.acme, {"phone": "1"}),
                Create(Company, {"name": "Two", "kind": "managed"}),
                Update(Company, cast.xacme, {"email": "two@x.example"}),
                Update(Contact, cast.ina, {"job_title": "Chief"}),
                Update(Company, cast.nordlys, {"phone": db.session.get(Company, cast.nordlys).phone}),
                Withdraw(Contract, cast.acme_subscription),
            ],
        )
        assert done.ids[1:2] + done.ids[3:] == [cast.acme, cast.xacme, cast.ina, None, cast.acme_subscription]
        names = [db.session.get(Company, done.ids[place]).name for place in (0, 2)]
        assert names == ["One", "Two"]
        noted = db.session.execute(select(Change.noun, Change.action).where(Change.operation_id == operation.id)).all()
        assert sorted(map(tuple, noted)) == [
            ("company", "create"),
            ("company", "create"),
            ("company", "update"),
            ("company", "update"),
            ("contact", "update"),
            ("contract", "withdraw"),
        ]
        events = set(db.session.scalars(select(Event.kind).where(Event.operation_id == operation.id)))
        assert events == {"company.created", "company.updated", "contact.updated", "contract.withdrawn"}


def test_one_event_for_each_kind_however_many_records(world, cast):
    with world.inside():
        operation = begin(ANN, "import")
        apply(operation, [Create(Company, {"name": f"Made {n}", "kind": "managed"}) for n in range(50)])
        apply(operation, [Create(Company, {"name": f"More {n}", "kind": "managed"}) for n in range(50)])
        assert db.session.scalars(select(Event.kind).where(Event.operation_id == operation.id)).all() == [
            "company.created"
        ]


def test_the_number_of_statements_does_not_grow_with_the_number_of_records(world, statements):
    sent = {}
    # The first round also reads which fields there are.
    for number in (1, 2, 200):
        with world.inside():
            made = apply(
                begin(ANN, "x"), [Create(Company, {"name": f"{number}/{n}", "kind": "managed"}) for n in range(number)]
            )
            updates = [Update(Company, one, {"phone": str(one)}) for one in made.ids]
            leaving = [Withdraw(Company, one) for one in made.ids]
            with statements() as counted:
                apply(begin(ANN, "x"), [Create(Department, {"company_id": one, "name": "D"}) for one in made.ids])
                apply(begin(ANN, "x"), updates)
                apply(begin(ANN, "x"), leaving)
            sent[number] = len(counted)
    assert sent[2] == sent[200]
    assert sent[2] < 20


def test_one_refused_change_takes_the_others_with_it(world, cast):
    before = world.checksum(but=("operation",))
    with world.inside(), pytest.raises(FieldErrors):
        apply(
            begin(ANN, "edit"),
            [Update(Company, cast.acme, {"phone": "1"}), Create(Company, {"name": "xacme", "kind": "managed"})],
        )
    assert world.checksum(but=("operation",)) == before


# --- what stands in other rows ----------------------------------------------------------------------------------------


def test_domains_are_rows_of_their_own_in_the_same_operation(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        operation = update(company, {"domains": ["acme.example", "acme.test"]}, actor=ANN)
        live = select(Domain.name).where(Domain.company_id == cast.acme, Domain.withdrawn_at.is_(None))
        assert set(db.session.scalars(live)) == {"acme.example", "acme.test"}
        nouns = set(db.session.scalars(select(Change.noun).where(Change.operation_id == operation.id)))
        assert "company_domain" in nouns
        update(company, {"domains": []}, actor=ANN)
        assert db.session.scalars(live).all() == []
        update(company, {"domains": ["acme.test"]}, actor=ANN)
        assert db.session.scalars(live).all() == ["acme.test"]
        assert db.session.scalar(select(func.count()).where(Domain.company_id == cast.acme)) == 2


@pytest.mark.feature("B005")
def test_moving_to_another_company_keeps_the_keys_on_the_contact(world, cast):
    with world.inside():
        contact = db.session.get(Contact, cast.otto)
        update(contact, {"company": cast.nordlys}, actor=ANN)
        assert contact.company_ids == [cast.nordlys]
        update(contact, {"company": cast.acme}, actor=ANN)
        assert contact.company_ids == [cast.acme]
        ben = db.session.get(Contact, cast.ben)
        assert sorted(ben.company_ids) == [cast.acme, cast.xacme]
        update(ben, {"company": cast.nordlys}, actor=ANN)
        assert sorted(ben.company_ids) == [cast.xacme, cast.nordlys]
        rows = select(Membership).where(Membership.contact_id == cast.ben, Membership.withdrawn_at.is_(None))
        primary = [row.company_id for row in db.session.scalars(rows) if row.is_primary]
        assert primary == [cast.nordlys]


def test_company_keys_agree_with_memberships_for_everybody(world, cast):
    agree = (
        "SELECT count(*) FROM contact c WHERE company_ids IS DISTINCT FROM"
        " (SELECT coalesce(array_agg(DISTINCT company_id), '{}') FROM membership m"
        " WHERE m.contact_id = c.id AND m.withdrawn_at IS NULL)"
    )
    with world.inside():
        assert db.session.scalar(text(agree)) == 0
        update(db.session.get(Contact, cast.ben), {"company": cast.nordlys}, actor=ANN)
        apply(begin(ANN, "x"), [Update(Contact, one, {"company": cast.xacme}) for one in (cast.ina, cast.otto)])
        assert db.session.scalar(text(agree)) == 0


# --- custom fields ----------------------------------------------------------------------------------------------------


def test_custom_values_stand_in_the_record_and_in_the_journal(world, cast):
    with world.inside():
        for key, kind in (("badge", "text"), ("since", "date"), ("seats", "whole")):
            field = {"of_noun": "contact", "key": key, "kind": kind, "label": key.title(), "options": {}}
            create(CustomField, field, actor=ANN)
        settings_changed()
    with world.inside():
        contact = db.session.get(Contact, cast.ina)
        update(contact, {"custom-badge": "B-1", "custom-since": date(2026, 1, 2), "custom-seats": 3}, actor=ANN)
        assert contact.custom == {"badge": "B-1", "since": "2026-01-02", "seats": 3}
        update(contact, {"custom-badge": None, "custom-seats": 4}, actor=ANN)
        assert contact.custom == {"since": "2026-01-02", "seats": 4}
        note = last("contact", cast.ina)
        assert note.before == {"custom-badge": "B-1", "custom-seats": 3}
        assert note.after == {"custom-badge": None, "custom-seats": 4}
        assert update(contact, {"custom-seats": 4}, actor=ANN) is None


def test_names_that_are_no_columns_are_never_sql(world, cast):
    with world.inside():
        contact = db.session.get(Contact, cast.ina)
        for name in ("no_such_column", "id; DROP TABLE contact", "custom-x'); DROP TABLE contact; --", "__class__"):
            with pytest.raises((KeyError, AttributeError, FieldErrors)):
                update(contact, {name: "x"}, actor=ANN)
                raise FieldErrors({})
        assert count(Contact) == 7
