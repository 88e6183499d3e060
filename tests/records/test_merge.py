"""Merging records: everything that named one names the other, nothing is lost, and all of it can be taken back."""

import random
import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.companies.models import Company, Department
from app.contacts.addresses import Address
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.people.models import Account
from app.records import beside, merge, merged, naming, undo, unmerge, write
from app.records.actor import SYSTEM, Actor
from app.records.errors import NotFound
from app.records.models import Change, Operation
from tenants import db

from .merging import counts, orphans, populate, rows_of

ANN = Actor("Ann Tanner", account_id=1001)


def get(model, record_id: int):
    return db.session.get(model, record_id, populate_existing=True)


def join(contact_id: int, company_id: int, **values) -> int:
    given = {"contact_id": contact_id, "company_id": company_id, "is_primary": False} | values
    return write.create(Membership, given, actor=SYSTEM)


def membership(contact_id: int, company_id: int) -> Membership:
    found = select(Membership).where(Membership.contact_id == contact_id, Membership.company_id == company_id)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


@pytest.mark.feature("I005", "B017")
@pytest.mark.threat("T-111")
def test_everything_that_named_one_contact_names_the_other(world, cast):
    with world.inside():
        operation = merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN, reason="one and the same")
        assert (operation.kind, operation.title) == ("merge", "Ina Berg merged into Otto Lind")
        assert get(Contract, cast.acme_support_hours).customer_contact_id == cast.otto
        assert (get(Contact, cast.ina).withdrawn_at is None, get(Contact, cast.ina).company_ids) == (False, [])
        otto = get(Contact, cast.otto)
        # Nobody is their own line manager.
        assert (otto.line_manager_id, otto.company_ids) == (None, [cast.acme])
        mine = select(Address.email).where(Address.contact_id == cast.otto, Address.withdrawn_at.is_(None))
        assert sorted(db.session.scalars(mine)) == ["ina@acme.example", "otto.lind@acme.example"]
        assert merged.successor(Contact, cast.ina) == (cast.otto, "Ina Berg")
        changed = select(Change.noun).where(Change.operation_id == operation.id)
        assert {"contact", "contract", "membership", "contact_address"} == set(db.session.scalars(changed))
    assert orphans(world) == []


@pytest.mark.feature("I005")
@pytest.mark.threat("T-018")
def test_a_membership_that_both_have_is_united_and_rights_that_ended_do_not_come_back(world, cast):
    with world.inside():
        otto, ina = membership(cast.otto, cast.acme), membership(cast.ina, cast.acme)
        write.update(otto, {"department_id": None, "role": None}, actor=SYSTEM)
        write.update(ina, {"role": "Chief"}, actor=SYSTEM)
        write.update(membership(cast.ben, cast.acme), {"ends_on": date.today() - timedelta(days=9)}, actor=SYSTEM)
        write.update(membership(cast.ben, cast.acme), {"sees_people": True}, actor=SYSTEM)
        merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN)
        merge.merge(Contact, cast.dora, [cast.ben], {}, actor=ANN)
        united = membership(cast.otto, cast.acme)
        assert (united.id, united.role, united.department_id) == (otto.id, "Chief", cast.acme_purchasing)
        assert (united.sees_people, united.sees_contracts, united.is_primary) == (True, True, True)
        dora = membership(cast.dora, cast.acme)
        assert (dora.sees_people, dora.sees_contracts, dora.ends_on) == (False, False, None)
        assert membership(cast.dora, cast.xacme).sees_people is True


@pytest.mark.feature("I005")
def test_one_account_goes_on_signing_in(world, cast):
    with world.inside():
        merge.merge(Contact, cast.nora, [cast.nils], {}, actor=ANN)
        assert get(Account, cast.accounts["nils"]).contact_id == cast.nora
        swapped = merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN, choices={"account": cast.ina}).id
        assert get(Account, cast.accounts["ina"]).contact_id == cast.otto
        assert get(Account, cast.accounts["otto"]).contact_id == cast.ina
    ina = world.portal("ina")
    assert "Otto Lind" in ina.get("/portal/me").text
    assert world.portal("otto").get("/portal/me").status_code == 302, "Who was merged signs in no more."
    with world.inside():
        undo.undo(swapped, ANN)
        assert get(Account, cast.accounts["ina"]).contact_id == cast.ina


@pytest.mark.feature("I005", "B017")
@pytest.mark.threat("T-111")
def test_undo_restores_every_table(world, cast):
    before, there = rows_of(world), counts(world)
    with world.inside():
        number = merge.merge(Contact, cast.otto, [cast.ina, cast.ben, cast.nils], {"job_title": "Chief"}, actor=ANN).id
    assert rows_of(world) != before
    with world.inside():
        assert undo.undo(number, ANN).kept == []
        with pytest.raises(undo.AlreadyUndone):
            undo.undo(number, ANN)
        assert merged.successor(Contact, cast.ina) is None
    assert rows_of(world, made_by=number) == before
    assert counts(world) == there | {"contact_address": there["contact_address"] + 3}


@pytest.mark.feature("I005")
@pytest.mark.threat("T-111")
def test_companies_become_one_with_their_people_contracts_and_departments(world, cast):
    with world.inside():
        join(cast.nils, cast.acme)
        write.create(Department, {"company_id": cast.nordlys, "name": "support"}, actor=SYSTEM)
    before = rows_of(world)
    with world.inside():
        number = merge.merge(Company, cast.acme, [cast.nordlys, cast.xacme], {"name": "Nordlys"}, actor=ANN).id
        assert get(Contract, cast.nordlys_support_hours).company_id == cast.acme
        departments = select(func.count()).where(Department.company_id == cast.acme, Department.withdrawn_at.is_(None))
        assert db.session.scalar(departments) == 3, "Departments of the same name become one."
        assert get(Contact, cast.nils).company_ids == [cast.acme]
        assert membership(cast.nils, cast.acme).is_primary, "It takes the place of the one that was."
        assert get(Company, cast.acme).name == "Nordlys"
    assert orphans(world) == []
    with world.inside():
        assert undo.undo(number, ANN).kept == []
    assert rows_of(world, made_by=number) == before


@pytest.mark.feature("I005")
@pytest.mark.threat("T-111", "T-018")
@pytest.mark.parametrize("seed", range(8))
def test_whatever_hangs_together_nothing_is_lost_and_undo_restores_it(world, cast, seed):
    chance = random.Random(seed)
    with world.inside():
        people, companies = populate(chance, cast)
    assert [row for row in orphans(world) if row["of"] != "primary"] == []
    before, there = rows_of(world), counts(world)
    of, model = (people, Contact) if seed % 2 else (companies, Company)
    chosen = chance.sample(of, chance.randint(2, min(5, len(of))))
    with world.inside():
        number = merge.merge(model, chosen[0], chosen[1:], {}, actor=ANN).id
    after = counts(world)
    more = {name: after[name] - there[name] for name in after if after[name] != there[name]}
    assert set(more) <= {"merged", "contact_address"}, "No row is lost, none is made but for addresses."
    assert more["merged"] == len(chosen) - 1
    assert [row for row in orphans(world) if row["of"] != "primary"] == []
    with world.inside():
        assert undo.undo(number, ANN).kept == []
    assert rows_of(world, made_by=number) == before


@pytest.mark.feature("I005", "B001")
@pytest.mark.threat("T-111")
def test_what_was_edited_since_is_kept_and_named(world, cast):
    with world.inside():
        number = merge.merge(Contact, cast.xena, [cast.ina], {}, actor=ANN).id
        moved = membership(cast.xena, cast.acme)
        values = {"description": "New", "company_id": cast.acme, "kind": "subscription"}
        made = write.create(
            Contract, values | {"customer_contact_id": cast.xena, "support_contact_id": cast.ann}, actor=SYSTEM
        )
        write.update(get(Contract, cast.acme_support_hours), {"po_number": "PO-1"}, actor=SYSTEM)
        outcome = undo.undo(number, ANN)
        # The new contract needs her at Acme, so she stays there, and the old contract with her.
        kept = {(noun, record_id) for noun, record_id, _why in outcome.kept}
        assert {("membership", moved.id), ("contract", cast.acme_support_hours)} <= kept
        assert get(Contract, made).customer_contact_id == cast.xena
        assert get(Contact, cast.ina).withdrawn_at is None
        assert get(Contact, cast.xena).company_ids == sorted([cast.acme, cast.xacme])
    assert [row for row in orphans(world) if row["of"] != "primary"] == []


@pytest.mark.threat("T-111")
def test_rows_without_a_journal_are_moved_with_a_note_and_come_back_whole(world, cast):
    """As a table of marks would be: the one of Nils moves, the one of Ina goes, since Otto has one."""
    before = rows_of(world)["account"]
    place = naming.Place(Account.__table__, "contact_id", naming.ID, "contact")
    with world.inside():
        work = merge.Work(write.begin(ANN, "merge"), Contact, cast.otto, [cast.ina])
        merge._move_beside(work, Account.__table__, (place,), {cast.ina: cast.otto, cast.nils: cast.nora})
        assert get(Account, cast.accounts["nils"]).contact_id == cast.nora
        assert get(Account, cast.accounts["ina"]) is None
        assert get(Account, cast.accounts["otto"]).contact_id == cast.otto
        notes = work.notes
    with world.inside():
        assert beside.put_back(notes) == []
    assert rows_of(world)["account"] == before
    with world.inside():
        assert beside.put_back(notes) == ["account", "account"], "What was changed since is left alone."
    assert rows_of(world)["account"] == before


@pytest.mark.feature("B017")
def test_a_merge_is_undone_for_thirty_days_and_from_the_last_to_the_first(world, cast):
    with world.inside():
        first = merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN).id
        second = merge.merge(Contact, cast.ben, [cast.otto], {}, actor=ANN).id
        assert merged.successor(Contact, cast.ina) == (cast.ben, "Ina Berg")
        with pytest.raises(unmerge.MergedFurther, match="Undo that merge first"):
            undo.undo(first, ANN)
        again = undo.undo(second, ANN)
        with pytest.raises(unmerge.MergeAgain):
            undo.undo(again.operation_id, ANN)
    world.sql(f"UPDATE {world.schema()}.operation SET at = at - interval '31 days' WHERE id = %s", first)
    with world.inside(), pytest.raises(unmerge.TooLate):
        undo.undo(first, ANN)


@pytest.mark.threat("T-019")
def test_two_to_five_records_that_are_there_and_were_looked_at(world, cast):
    before = world.checksum()
    with world.inside():
        for losers, error in (
            ([], merge.WrongNumber),
            ([cast.otto], merge.WrongNumber),
            ([cast.ina, cast.ben, cast.dora, cast.xena, cast.nils], merge.WrongNumber),
            ([cast.ina, 999_000_001], NotFound),
        ):
            with pytest.raises(error):
                merge.merge(Contact, cast.otto, losers, {}, actor=ANN)
        with pytest.raises(merge.ChangedMeanwhile):
            merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN, versions={cast.ina: 7})
    assert world.checksum() == before


@pytest.mark.threat("T-111")
def test_of_those_who_merge_the_same_at_once_one_does(world, cast):
    """Eight at a time, in both directions: exactly one record is left, and everybody else is told what happened."""
    both = [cast.ina, cast.otto]
    told: list[Exception | int] = []
    start = threading.Barrier(8)

    def run(place: int) -> None:
        survivor, loser = both if place % 2 else both[::-1]
        start.wait()
        try:
            with world.inside():
                told.append(merge.merge(Contact, survivor, [loser], {}, actor=ANN).id)
        except Exception as error:
            told.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [one for one in told if isinstance(one, int)]
    assert len(done) == 1
    refused = [one for one in told if isinstance(one, Exception)]
    assert all(isinstance(one, merged.AlreadyMerged) and one.status == 409 for one in refused), refused
    assert "Ann Tanner merged" in str(refused[0])
    with world.inside():
        left = select(Contact.id).where(Contact.id.in_(both), Contact.withdrawn_at.is_(None))
        assert len(db.session.scalars(left).all()) == 1
        assert db.session.scalar(select(func.count()).select_from(Operation).where(Operation.kind == "merge")) == 1
    assert orphans(world) == []
