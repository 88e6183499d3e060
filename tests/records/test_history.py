"""The history that people read: who did what, when, through what and why, in words."""

import pytest
from sqlalchemy import select

from app.companies.models import Company
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.fields.models import FieldSetting
from app.fields.settings import fields_of, settings_changed
from app.records import history, read
from app.records.actor import SYSTEM, Actor
from app.records.models import Operation
from app.records.write import Create, Update, apply, begin, create, update
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)


class Desk:
    """Somebody of the desk, who sees every field."""

    surface = "staff"


def contact(record_id: int) -> Contact:
    return db.session.get(Contact, record_id)


def entries(cast_id: int, viewer=None, until=None) -> list[history.Entry]:
    return history.feed(contacts.PAST, cast_id, viewer or Desk(), until)[0]


def words(entry: history.Entry) -> list[tuple[str, str, str]]:
    return [(line.label, line.before, line.after) for line in entry.lines]


@pytest.mark.feature("I006", "I007", "B001")
def test_an_entry_says_who_when_through_what_and_why(world, cast):
    actor = Actor("Nightly sync", account_id=1001, through="API token 3", on_behalf="Ina Berg")
    with world.inside():
        operation = begin(actor, "edit", title="Numbers brought in line", reason="new switchboard")
        update(contact(cast.ina), {"phone": "030 1"}, actor=actor, operation=operation)
        newest, oldest = entries(cast.ina)[0], entries(cast.ina)[-1]
        assert (newest.who, newest.through, newest.on_behalf) == ("Nightly sync", "API token 3", "Ina Berg")
        assert (newest.title, newest.why, newest.account_id) == ("Numbers brought in line", "new switchboard", 1001)
        assert newest.when == db.session.get(Operation, operation.id).at
        assert words(newest) == [("Phone", "+49 30 901820", "030 1")]
        assert oldest.who == "Deskhand" and oldest.actions >= {"contact.create", "membership.create"}
        loaded = read.load(Contact, cast.ina, select(Contact), fields_of(Contact))
        assert (loaded.created_by, loaded.updated_by) == ("Deskhand", "Nightly sync")


def test_values_stand_as_people_read_them(world, cast):
    with world.inside():
        values = {"country": "AT", "line_manager_id": cast.ben, "active": False, "time_zone": "America/New_York"}
        update(contact(cast.ina), values | {"city": None}, actor=ANN)
        assert sorted(words(entries(cast.ina)[0])) == [
            ("Active", "Yes", "No"),
            ("City", "Berlin", ""),
            ("Country", "Germany", "Austria"),
            ("Line manager", "", "Ben Ruiz"),
            ("Time zone", "", "America/New York"),
        ]


@pytest.mark.feature("B005")
def test_what_stands_in_other_rows_is_said_once_and_in_the_words_of_the_record(world, cast):
    with world.inside():
        update(contact(cast.otto), {"company": cast.nordlys, "addresses": ["a@home.example"]}, actor=ANN)
        assert sorted(words(entries(cast.otto)[0])) == [
            ("Company", "Acme", "Nordlys"),
            ("Department", "Support", ""),
            ("Further e-mail addresses", "otto.lind@acme.example", "a@home.example"),
        ]
        update(contact(cast.otto), {"department": cast.nordlys_office, "company_primary": True}, actor=ANN)
        assert sorted(words(entries(cast.otto)[0])) == [
            ("Department", "", "Office"),
            ("Primary contact of the company", "No", "Yes"),
        ]


def test_a_label_of_the_organization_is_used_and_a_hidden_field_is_not_said(world, cast):
    with world.inside():
        update(contact(cast.ina), {"phone": "030 1", "city": "Kiel"}, actor=ANN)
        create(FieldSetting, {"of_noun": "contact", "field": "city", "label": "Town"}, actor=SYSTEM)
        create(FieldSetting, {"of_noun": "contact", "field": "phone", "hidden": True}, actor=SYSTEM)
        settings_changed()
        assert words(entries(cast.ina)[0]) == [("Town", "Berlin", "Kiel")]


def test_the_portal_sees_no_line_of_an_internal_field(world, cast):
    class Portal:
        surface = "portal"

    with world.inside():
        update(contact(cast.ina), {"notes": "difficult", "customer_id": "K-1", "city": "Kiel"}, actor=ANN)
        assert words(entries(cast.ina, Portal())[0]) == [("City", "Berlin", "Kiel")]


def test_long_histories_come_in_pages_without_gap_or_double(world, cast):
    with world.inside():
        for n in range(2 * history.PAGE + 5):
            update(contact(cast.ina), {"city": f"City {n}"}, actor=ANN)
        seen, until = [], None
        while True:
            page, until = history.feed(history.Past("contact"), cast.ina, Desk(), until)
            seen += [entry.id for entry in page]
            if until is None:
                break
        assert len(page) == 6 and len(set(seen)) == 2 * history.PAGE + 6
        assert seen == sorted(set(seen), reverse=True)


def test_an_operation_over_many_records_shows_only_this_one_and_its_size(world, cast, statements):
    with world.inside():
        person = {"first_name": "P", "last_name": "X", "email": "p@x.example"}
        people = [Create(Contact, person | {"first_name": f"P{n}", "user_name": f"p{n}"}) for n in range(300)]
        ids = apply(begin(ANN, "import", title="people.csv"), people).ids
        apply(begin(ANN, "bulk"), [Update(Contact, one, {"city": "Kiel", "partner_id": cast.acme}) for one in ids])
        with statements() as few:
            found, older = history.feed(history.Past("contact"), ids[5], Desk())
        assert [(entry.kind, entry.size) for entry in found] == [("bulk", 300), ("import", 300)]
        assert words(found[0]) == [("City", "", "Kiel"), ("Partner", "", "Acme")] and older is None
        for n in range(15):
            update(contact(ids[5]), {"city": f"City {n}"}, actor=ANN)
        with statements() as more:
            history.feed(history.Past("contact"), ids[5], Desk())
        assert len(more) == len(few)


def test_numbers_of_an_operation(world, cast):
    with world.inside():
        operation = begin(ANN, "edit")
        update(contact(cast.ina), {"company": cast.nordlys}, actor=ANN, operation=operation)
        assert history.counts(operation.id) == {
            ("contact", "update"): 1,
            ("membership", "create"): 1,
            ("membership", "withdraw"): 1,
        }
        assert history.records_of(operation.id) == [("contact", cast.ina, "Ina Berg", f"/contacts/{cast.ina}")]
        assert history.undone_by(operation.id) is None
        assert history.undo_permissions(operation.id) == {"contacts.edit"}


def test_the_history_of_a_company_names_its_domains(world, cast):
    with world.inside():
        update(db.session.get(Company, cast.acme), {"domains": ["b.example", "a.example"]}, actor=ANN)
        (newest, *_rest), _older = history.feed(history.Past("company"), cast.acme, Desk())
        assert words(newest) == [("Web domains", "acme.example", "a.example, b.example")]
        assert db.session.scalar(select(Company.updated_op).where(Company.id == cast.acme)) == newest.id
