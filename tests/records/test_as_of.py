"""A record as it was on a date, folded back from the journal: always what was really there then."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from app.companies.domains import Domain, add
from app.companies.models import Company
from app.contacts.memberships import primary_memberships
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.models import CustomField, FieldSetting
from app.fields.settings import fields_of, settings_changed
from app.records import as_of, read, undo
from app.records.actor import SYSTEM, Actor
from app.records.errors import NotFound
from app.records.models import Operation
from app.records.write import begin, create, update, withdraw
from app.settings import custom
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)
START = datetime(2031, 5, 1, 12, tzinfo=UTC)


class Desk:
    """Somebody of the desk, who sees every field."""

    surface = "staff"


class Portal:
    """Somebody of the portal."""

    surface = "portal"


class Clock:
    """Sets the moment of what was done since it was last asked: the first act one minute after START, and so on."""

    def __init__(self):
        self.minutes, self.last = 0, self._newest()

    def _newest(self) -> int:
        return db.session.scalar(select(func.max(Operation.id))) or 0

    def tick(self) -> datetime:
        self.minutes += 1
        now = START + timedelta(minutes=self.minutes)
        db.session.flush()
        given = {"at": now, "last": self.last}
        db.session.execute(text("UPDATE operation SET at = :at WHERE id > :last"), given)
        db.session.expire_all()
        self.last = self._newest()
        return now


@pytest.fixture(autouse=True)
def _moments_can_be_set(world):
    """The journal is only ever added to; in the databases of this module alone its moments may be set."""
    schema = world.schema()
    world.sql(f"GRANT UPDATE (at) ON {schema}.operation TO {schema}")


@contextmanager
def tried():
    """What is done in here is as if it had not been."""
    point = db.session.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        db.session.expire_all()
        # What was said about fields in here is not there either.
        db.session.info.pop("fields_changed", None)


# Fields that are read of other records, or made of other fields, and of which nobody can tell what they were.
UNKNOWN = {"users", "groups", "full_name", "signed_in_at", "signed_in_from", "source"}


def values(model, record_id: int) -> dict:
    """What a record has now, in the fields that can be told later."""
    found = read.load(model, record_id, select(model), fields_of(model, Desk())).values
    return {name: sorted(one) if isinstance(one, list) else one for name, one in found.items() if name not in UNKNOWN}


def then(model, record_id: int, until: datetime) -> dict:
    """What it had before a moment, by the journal."""
    found = as_of.read(model, record_id, until, Desk())
    assert found.state == as_of.THERE and found.whole
    return {name: sorted(one.was) if isinstance(one.was, list) else one.was for name, one in found.facts.items()}


def fact(model, record_id: int, until: datetime, name: str) -> as_of.Fact:
    return as_of.read(model, record_id, until, Desk()).facts[name]


PLACES = ("acme", "xacme", "nordlys", None)
OFFICES = {"acme": ("acme_support", "acme_purchasing"), "nordlys": ("nordlys_office",)}
words = st.one_of(st.none(), st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8))
emails = st.lists(st.sampled_from(["a@home.example", "b@home.example", "otto.lind@acme.example"]), unique=True)
of_contact = st.fixed_dictionaries(
    {},
    optional={
        "city": words,
        "notes": words,
        "active": st.booleans(),
        "country": st.sampled_from(["DE", "AT", None]),
        "line_manager_id": st.sampled_from(["ina", "ben", None]),
        "addresses": emails,
        "custom-floor": words,
        "custom-plans": st.sampled_from([["gold"], ["gold", "silver"], None]),
        "custom-price": st.one_of(st.none(), st.decimals(-999, 999, places=2)),
    },
)
acts = st.one_of(
    st.tuples(st.just("edit"), of_contact),
    st.tuples(st.just("move"), st.tuples(st.sampled_from(PLACES), st.integers(0, 2))),
    st.tuples(st.just("membership"), st.tuples(words, st.booleans())),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("away and back"), st.none()),
)


def act(cast, what: str, how) -> None:
    """One of the acts on Otto."""
    otto = db.session.get(Contact, cast.otto)
    mine = primary_memberships([cast.otto]).get(cast.otto)
    if what == "edit":
        given = dict(how)
        if given.get("line_manager_id"):
            given["line_manager_id"] = getattr(cast, given["line_manager_id"])
        update(otto, given, actor=ANN)
    elif what == "move":
        place, office = how
        offices = (*(getattr(cast, one) for one in OFFICES.get(place, ())), None)
        update(
            otto, {"company": place and getattr(cast, place), "department": offices[office % len(offices)]}, actor=ANN
        )
    elif what == "membership" and mine is not None:
        update(mine, {"role": how[0], "company_primary": how[1], "department_id": None}, actor=ANN)
    elif what == "undo":
        undone = select(Operation.undoes).where(Operation.undoes.is_not(None))
        last = select(func.max(Operation.id)).where(Operation.kind == "edit", Operation.id.not_in(undone))
        undo.undo(db.session.scalar(last), ANN)
    elif what == "away and back" and mine is not None:
        gone = withdraw(mine, actor=ANN)
        undo.undo(gone.id, ANN)


@pytest.fixture
def own(world):
    """Contacts have fields of the organization's own."""
    choices = [["gold", "Gold"], ["silver", "Silver"]]
    with world.inside():
        for key, kind, options in (
            ("floor", "text", {}),
            ("plans", "choices", {"choices": choices}),
            ("price", "decimal", {}),
        ):
            given = {"of_noun": "contact", "key": key, "kind": kind, "label": key.title(), "options": options}
            create(CustomField, given, actor=SYSTEM)
        settings_changed()
    with world.inside():
        update(db.session.get(Contact, world.cast.otto), {"city": "Berlin", "custom-floor": "2"}, actor=ANN)
    return world


@pytest.mark.feature("B016")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(acts, min_size=1, max_size=8))
def test_a_record_is_shown_as_it_was_at_any_moment(own, cast, done):
    with own.inside(), tried():
        clock = Clock()
        states = {START: values(Contact, cast.otto)}
        for what, how in done:
            act(cast, what, how)
            states[clock.tick()] = values(Contact, cast.otto)
        for moment, state in states.items():
            assert then(Contact, cast.otto, moment + timedelta(microseconds=1)) == state
            assert then(Contact, cast.otto, moment + timedelta(seconds=59)) == state


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    done=st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {},
                optional={
                    "phone": words,
                    "domains": st.sampled_from([["acme.example"], ["a.example", "b.example"], []]),
                },
            ),
            st.sampled_from(["c.example", "d.example"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_company_is_shown_with_the_domains_it_had(world, cast, done):
    with world.inside(), tried():
        clock, states = Clock(), {START: values(Company, cast.acme)}
        for one in done:
            company = db.session.get(Company, cast.acme)
            if isinstance(one, dict):
                update(company, one, actor=ANN)
            elif one not in (values(Company, cast.acme)["domains"] or []):
                # An administrator gives a domain to a company on a page of its own.
                known = db.session.scalar(select(Domain).where(Domain.name == one, Domain.withdrawn_at.is_not(None)))
                if known is None:
                    add({"name": one, "company_id": cast.acme}, actor=ANN)
            states[clock.tick()] = values(Company, cast.acme)
        for moment, state in states.items():
            assert then(Company, cast.acme, moment + timedelta(seconds=1)) == state


@pytest.mark.feature("B016")
def test_who_changed_it_since_is_named_and_what_is_the_same_again_is_no_difference(world, cast):
    with world.inside():
        clock = Clock()
        contract = db.session.get(Contract, cast.acme_support_hours)
        behind = Actor("Nightly sync", through="import 7", on_behalf="Ina Berg")
        update(contract, {"po_number": "A", "minutes": 60}, actor=ANN)
        first = clock.tick()
        update(contract, {"po_number": "B"}, actor=behind)
        clock.tick()
        update(contract, {"minutes": 6000}, actor=ANN)
        clock.tick()
        found = as_of.read(Contract, contract.id, first, Desk())
        number, hours, words = (found.facts[name] for name in ("po_number", "minutes", "description"))
        assert (number.was, number.now, number.differs) == ("PO-4711", "B", True)
        assert [(one.actor, one.through, one.on_behalf) for one in number.since] == [
            ("Nightly sync", "import 7", "Ina Berg"),
            ("Ann Tanner", "screen", ""),
        ]
        assert (hours.was, hours.now, hours.differs, len(hours.since)) == (6000, 6000, False, 2)
        assert (words.differs, words.since) == (False, [])


def test_before_it_was_made_and_while_it_was_withdrawn_there_is_nothing_but_the_reason(world, cast):
    with world.inside():
        clock = Clock()
        person = {"first_name": "P", "last_name": "X", "user_name": "px", "email": "p@x.example", "company": cast.acme}
        operation = begin(ANN, "create")
        made = create(Contact, person, actor=ANN, operation=operation)
        born = clock.tick()
        update(db.session.get(Contact, made), {"city": "Kiel"}, actor=ANN)
        clock.tick()
        gone = withdraw(db.session.get(Contact, made), actor=ANN)
        left = clock.tick()
        with pytest.raises(NotFound):
            as_of.read(Contact, made, born, Desk())
        undo.undo(gone.id, ANN)
        clock.tick()
        before = as_of.read(Contact, made, born, Desk())
        assert (before.state, before.facts, before.by.id) == (as_of.NOT_YET, {}, operation.id)
        after = as_of.read(Contact, made, born + timedelta(microseconds=1), Desk())
        assert (after.facts["city"].was, after.facts["company"].was) == (None, cast.acme)
        away = as_of.read(Contact, made, left + timedelta(seconds=1), Desk())
        assert (away.state, away.facts) == (as_of.WITHDRAWN, {})


def test_a_field_that_was_set_aside_since_is_shown_with_its_name_and_one_before_is_not(own, cast):
    with own.inside():
        clock = Clock()
        custom.archive("contact", "floor", actor=ANN)
        clock.tick()
        db.session.execute(text("UPDATE custom_field SET archived_at = :at WHERE key = 'floor'"), {"at": START})
        db.session.expire_all()
        settings_changed()
        floor = fact(Contact, cast.otto, START, "custom-floor")
        assert (floor.was, floor.now, floor.removed, floor.entry.label) == ("2", None, True, "Floor")
        assert "custom-floor" not in as_of.read(Contact, cast.otto, START + timedelta(days=1), Desk()).facts


def test_nobody_is_shown_more_than_they_may_see_today(world, cast):
    with world.inside():
        clock = Clock()
        update(db.session.get(Contact, cast.ina), {"notes": "difficult", "phone": "030 1", "city": "Kiel"}, actor=ANN)
        clock.tick()
        create(FieldSetting, {"of_noun": "contact", "field": "phone", "hidden": True}, actor=SYSTEM)
        settings_changed()
        assert "phone" not in as_of.read(Contact, cast.ina, START, Desk()).facts
        seen = as_of.read(Contact, cast.ina, START, Portal()).facts
        assert seen["city"].was == "Berlin" and "notes" not in seen and "customer_id" not in seen


def test_what_is_counted_cannot_be_told_and_a_gap_in_the_journal_is_said(world, cast):
    with world.inside():
        clock = Clock()
        assert [one.name for one in as_of.read(Company, cast.acme, START, Desk()).unknown] == ["users", "groups"]
        for number in range(3):
            update(db.session.get(Company, cast.acme), {"phone": f"030 {number}"}, actor=ANN)
            clock.tick()
        middle = START + timedelta(minutes=2)
        assert as_of.read(Company, cast.acme, START, Desk()).whole
    world.sql(
        f"DELETE FROM {world.schema()}.change c USING {world.schema()}.operation o WHERE o.id = c.operation_id"
        " AND o.at = %s RETURNING c.id",
        middle,
    )
    with world.inside():
        assert not as_of.read(Company, cast.acme, START, Desk()).whole


def test_operations_that_ran_side_by_side_are_taken_back_in_the_order_of_the_journal(world, cast):
    with world.inside():
        company = db.session.get(Company, cast.acme)
        late = update(company, {"phone": "030 1"}, actor=ANN)
        early = update(company, {"phone": "030 2", "email": "new@acme.example"}, actor=ANN)
        for operation, minutes in ((late, 2), (early, 1)):
            given = {"at": START + timedelta(minutes=minutes), "id": operation.id}
            db.session.execute(text("UPDATE operation SET at = :at WHERE id = :id"), given)
        db.session.expire_all()
        found = as_of.read(Company, cast.acme, START + timedelta(seconds=90), Desk()).facts
        assert (found["phone"].was, found["email"].was) == ("+49 30 901820", "office@acme.example")


def test_it_takes_the_same_few_statements_whatever_happened(world, cast, statements):
    with world.inside():
        values(Contact, cast.otto)
        with statements() as few:
            as_of.read(Contact, cast.otto, START - timedelta(days=9999), Desk())
        for number in range(20):
            update(db.session.get(Contact, cast.otto), {"city": f"City {number}"}, actor=ANN)
            update(db.session.get(Contact, cast.otto), {"addresses": [f"a{number}@home.example"]}, actor=ANN)
        db.session.flush()
        with statements() as many:
            as_of.read(Contact, cast.otto, START - timedelta(days=9999), Desk())
        assert len(few) == len(many) == 5
