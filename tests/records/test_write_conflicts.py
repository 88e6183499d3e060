"""Two people at one record: what both wrote is kept, or one of them is told; never is anything lost in silence."""

import threading

import pytest
from sqlalchemy import select

from app.companies.models import Company
from app.contacts.models import Contact
from app.records.actor import Actor
from app.records.errors import EditConflict, NotFound
from app.records.models import Change, Operation
from app.records.write import Update, Withdraw, apply, begin, update, withdraw
from tenants import db

ANN, SUE = Actor("Ann Tanner", 7), Actor("Sue Palmer", 8)


@pytest.mark.threat("T-107")
@pytest.mark.feature("B002")
def test_the_same_field_changed_since_is_a_conflict_with_both_values(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        base = company.version
        update(company, {"phone": "1"}, actor=SUE, base=base)
        with pytest.raises(EditConflict) as conflict:
            update(company, {"phone": "2", "email": "e@acme.example"}, actor=ANN, base=base)
        found = conflict.value
        assert (found.status, found.field, found.theirs, found.by, found.version) == (
            409,
            "phone",
            "1",
            "Sue Palmer",
            2,
        )
        assert found.at is not None
        assert (company.phone, company.email, company.version) == ("1", "office@acme.example", 2)
        assert db.session.scalar(select(Operation.actor).order_by(Operation.id.desc()).limit(1)) == "Sue Palmer"


@pytest.mark.threat("T-107")
def test_other_fields_changed_since_are_merged(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        update(company, {"phone": "1"}, actor=SUE, base=1)
        update(company, {"email": "e@acme.example"}, actor=ANN, base=1)
        assert (company.phone, company.email, company.version) == ("1", "e@acme.example", 3)


def test_the_newest_of_several_changes_is_shown(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        for value in ("1", "2", "3"):
            update(company, {"phone": value}, actor=SUE)
        with pytest.raises(EditConflict) as conflict:
            update(company, {"phone": "9"}, actor=ANN, base=2)
        assert conflict.value.theirs == "3"


def test_a_change_and_back_again_is_still_seen(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        kept = company.phone
        update(company, {"phone": "1"}, actor=SUE)
        update(company, {"phone": kept}, actor=SUE)
        with pytest.raises(EditConflict):
            update(company, {"phone": "9"}, actor=ANN, base=1)


def test_without_a_base_the_last_one_wins(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        update(company, {"phone": "1"}, actor=SUE)
        update(company, {"phone": "2"}, actor=ANN, base=None)
        assert company.phone == "2"


def test_the_same_value_typed_by_both_is_no_conflict(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        update(company, {"phone": "1"}, actor=SUE, base=1)
        assert update(company, {"phone": "1"}, actor=ANN, base=1) is None


def test_a_record_that_went_away_is_not_found(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        withdraw(company, actor=SUE)
        for change in (
            Update(Company, cast.acme, {"phone": "1"}, base=1),
            Update(Company, 999_999, {"phone": "1"}, base=1),
        ):
            with pytest.raises(NotFound):
                apply(begin(ANN, "edit"), [change])


def test_a_conflict_in_one_of_many_writes_none(world, cast):
    with world.inside():
        update(db.session.get(Company, cast.xacme), {"phone": "1"}, actor=SUE)
    before = world.checksum(but=("operation",))
    with world.inside(), pytest.raises(EditConflict):
        apply(
            begin(ANN, "edit"),
            [Update(Company, cast.acme, {"phone": "2"}, 1), Update(Company, cast.xacme, {"phone": "2"}, 1)],
        )
    assert world.checksum(but=("operation",)) == before


@pytest.mark.threat("T-107")
def test_two_transactions_at_once_end_in_one_conflict(world, cast):
    """The second waits for the first at the row, then finds that its base is stale."""
    world_of = {"one": ANN, "two": SUE}
    ready, ends = threading.Barrier(2), {}

    def edit(name: str) -> None:
        try:
            with world.inside():
                company = db.session.get(Company, cast.acme)
                ready.wait(30)
                update(company, {"phone": name}, actor=world_of[name], base=1)
            ends[name] = "written"
        except EditConflict as conflict:
            ends[name] = conflict.theirs

    threads = [threading.Thread(target=edit, args=(name,)) for name in world_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    winner = next(name for name, end in ends.items() if end == "written")
    assert ends == {winner: "written", "two" if winner == "one" else "one": winner}
    with world.inside():
        company = db.session.get(Company, cast.acme)
        assert (company.phone, company.version) == (winner, 2)
        noted = select(Change).where(Change.noun == "company", Change.record_id == cast.acme, Change.action == "update")
        assert [change.after for change in db.session.scalars(noted)] == [{"phone": winner}]


@pytest.mark.threat("T-107")
def test_many_at_once_lose_nothing(world, cast):
    """Twelve people each append to one field, always over what they read last: every word is there at the end."""
    failed = []

    def append(number: int) -> None:
        for _ in range(50):
            try:
                with world.inside():
                    contact = db.session.get(Contact, cast.ina)
                    update(contact, {"notes": f"{contact.notes} w{number}"}, actor=ANN, base=contact.version)
                return
            except EditConflict:
                continue
        failed.append(number)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with world.inside():
        words = db.session.get(Contact, cast.ina).notes.split()[-12:]
        assert sorted(words) == sorted(f"w{number}" for number in range(12))


def test_withdrawing_twice_at_once_is_done_once(world, cast):
    def leave() -> None:
        with world.inside():
            apply(begin(ANN, "withdraw"), [Withdraw(Company, cast.nordlys)])

    threads = [threading.Thread(target=leave) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with world.inside():
        noted = select(Change).where(Change.record_id == cast.nordlys, Change.action == "withdraw")
        assert len(db.session.scalars(noted).all()) == 1
