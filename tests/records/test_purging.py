"""What was withdrawn by undoing its creation goes for good after thirty days, and nothing else does."""

import io

import pytest
from sqlalchemy import func, select

from app.companies.models import Company, Department
from app.contacts.addresses import Address
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.records import attachments, history, notes, presence, purging, undo
from app.records.actor import SYSTEM, Actor
from app.records.attachments import Attachment, Given
from app.records.files import File
from app.records.models import Operation
from app.records.notes import Note
from app.records.presence import Word
from app.records.undo import AlreadyUndone
from app.records.write import Create, apply, begin, create, withdraw
from tenants import db, retention
from tests.tenants.working import run

PERSON = {"first_name": "Una", "last_name": "Done", "user_name": "una", "email": "una@done.example"}


def make(company_id: int | None = None, **values) -> tuple[int, int]:
    """A contact, with the operation that made it."""
    given = PERSON | {"company": company_id, "addresses": ["una.done@done.example"]} | values
    contact_id = create(Contact, given, actor=SYSTEM)
    return contact_id, db.session.get(Contact, contact_id).created_op


def later(world, days: int = 31, slug: str = "harbor") -> None:
    """Let so many days pass for everything that is withdrawn."""
    for table in [model.__table__.name for model in purging._kinds()]:
        world.sql(
            f"UPDATE {world.schema(slug)}.{table} SET withdrawn_at = withdrawn_at - interval '{days} days'"
            " WHERE withdrawn_at IS NOT NULL"
        )


def clean(world, slug: str = "harbor") -> None:
    """Do what a day brings."""
    with world.inside(slug):
        job_id = purging.purge.later()
    assert run(world, job_id, slug) == "done"


def there(model, *ids: int) -> list[int]:
    return sorted(db.session.scalars(select(model.id).where(model.id.in_(ids))))


def test_it_is_done_daily():
    assert purging.purge in retention._daily


def test_an_undone_record_goes_with_its_parts_after_thirty_days(world, cast):
    with world.inside():
        contact_id, made = make(cast.acme)
        undone = undo.undo(made, SYSTEM).operation_id
        presence.say("contact", contact_id, "A word", Actor("Ann", cast.accounts["ann"]))
    later(world, 29)
    clean(world)
    with world.inside():
        assert there(Contact, contact_id) == [contact_id]
    later(world, 2)
    clean(world)
    with world.inside():
        assert there(Contact, contact_id) == []
        for model in (Membership, Address):
            assert not db.session.scalar(select(func.count()).where(model.contact_id == contact_id))
        assert not db.session.scalar(select(func.count()).where(Word.record_id == contact_id))
        done = db.session.scalars(select(Operation).where(Operation.kind == "purge")).all()
        assert [one.title for one in done] == ["1 record whose creation was undone is gone for good"]
        # The journal keeps what was done, and what is gone cannot come back.
        assert history.counts(made)
        assert undo.undo(undone, SYSTEM).reversed == 0
        with pytest.raises(purging.WasPurged):
            undo.undo(done[0].id, SYSTEM)


def test_what_was_deleted_merged_or_taken_back_otherwise_stays(world, cast):
    with world.inside():
        deleted, _made = make(cast.acme)
        withdraw(db.session.get(Contact, deleted), actor=SYSTEM)
        back, made = make(cast.acme, user_name="una2", email="una2@done.example", addresses=[])
        again = undo.undo(made, SYSTEM).operation_id
        undo.undo(again, SYSTEM)
        with pytest.raises(AlreadyUndone):
            undo.undo(again, SYSTEM)
    later(world)
    clean(world)
    with world.inside():
        assert there(Contact, deleted, back) == sorted([deleted, back])


def test_it_stays_while_something_names_it(world, cast):
    with world.inside():
        manager, first = make(cast.acme)
        report, second = make(None, user_name="una2", email="una2@done.example", addresses=[], line_manager_id=manager)
        undo.undo(second, SYSTEM)
        undo.undo(first, SYSTEM)
    # Somebody names them in the meantime, past every rule.
    world.sql(f"UPDATE {world.schema()}.contact SET line_manager_id = {report} WHERE id = {cast.otto}")
    later(world)
    clean(world)
    with world.inside():
        assert there(Contact, manager, report) == sorted([manager, report]), "One is named by the other, who stays."
        assert db.session.scalar(select(func.count()).where(Membership.contact_id == manager)) == 1
    world.sql(f"UPDATE {world.schema()}.contact SET line_manager_id = NULL WHERE id = {cast.otto}")
    clean(world)
    with world.inside():
        assert there(Contact, manager, report) == [], "They go together."


def test_whoever_signs_in_as_staff_stays(world, cast):
    with world.inside():
        one, first = make(cast.acme)
        two, second = make(cast.acme, user_name="una2", email="una2@done.example", addresses=[])
        undo.undo(first, SYSTEM)
        undo.undo(second, SYSTEM)
    world.sql(f"UPDATE {world.schema()}.account SET contact_id = {one} WHERE id = {cast.accounts['ann']}")
    world.sql(f"INSERT INTO {world.schema()}.account (contact_id, enabled) VALUES ({two}, false)")
    later(world)
    clean(world)
    with world.inside():
        assert there(Contact, one, two) == [one]
    assert not world.sql(f"SELECT 1 FROM {world.schema()}.account WHERE contact_id = {two}")


def test_a_company_goes_with_its_units_and_what_was_written_of_it(world, cast):
    with world.inside():
        operation = begin(SYSTEM, "create")
        (company_id,) = apply(operation, [Create(Company, {"name": "Done Ltd", "kind": "unmanaged"})]).ids
        (unit,) = apply(operation, [Create(Department, {"company_id": company_id, "name": "One"})]).ids
        inner = Create(Department, {"company_id": company_id, "name": "Two", "parent_id": unit})
        apply(operation, [inner])
        note_id, written = notes.add("company_id", company_id, "Of it", actor=SYSTEM)
        attached = attachments.add("company_id", company_id, [Given("a.txt", io.BytesIO(b"text"), 4)], actor=SYSTEM)
        file_id = db.session.scalar(select(Attachment.file_id).where(Attachment.created_op == attached.id))
        undo.undo(written.id, SYSTEM)
        undo.undo(attached.id, SYSTEM)
        assert not undo.undo(operation.id, SYSTEM).kept
        files = db.session.scalar(select(func.count(File.id)))
    later(world)
    clean(world)
    with world.inside():
        assert there(Company, company_id) == [] and there(Note, note_id) == []
        for model in (Department, Attachment):
            assert not db.session.scalar(select(func.count()).where(model.company_id == company_id))
        retention.keep_house.later()
    world.run_jobs()
    with world.inside():
        assert db.session.get(File, file_id) is None
        assert db.session.scalar(select(func.count(File.id))) == files - 1


def test_a_contract_that_stays_keeps_its_contact_and_company(world, cast):
    with world.inside():
        contact_id, made = make(cast.acme)
        undo.undo(made, SYSTEM)
        contract = db.session.get(Contract, cast.acme_support_hours)
        withdraw(contract, actor=SYSTEM)
    world.sql(
        f"UPDATE {world.schema()}.contract SET customer_contact_id = {contact_id} WHERE id = {cast.acme_support_hours}"
    )
    later(world)
    clean(world)
    with world.inside():
        assert there(Contact, contact_id) == [contact_id], "A deleted contract can be brought back."


def test_many_go_a_few_at_a_time_and_those_of_others_stay(world, cast, monkeypatch):
    monkeypatch.setattr(purging, "CHUNK", 3)
    values = [PERSON | {"user_name": f"u{n}", "email": f"u{n}@done.example", "company": cast.acme} for n in range(10)]
    for slug in world.keys:
        with world.inside(slug):
            operation = begin(SYSTEM, "import")
            apply(operation, [Create(Contact, one) for one in values])
            undo.undo(operation.id, SYSTEM)
        later(world, slug=slug)
    clean(world)
    counted = {
        slug: world.sql(f"SELECT count(*) AS n FROM {world.schema(slug)}.contact WHERE user_name LIKE 'u_'")[0]["n"]
        for slug in world.keys
    }
    assert counted == {"harbor": 0, "summit": 10}
    titles = world.sql(f"SELECT title FROM {world.schema()}.operation WHERE kind = 'purge'")
    assert [int(row["title"].split()[0]) for row in titles] == [3, 3, 3, 1]
