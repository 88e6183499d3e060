"""Pairs that may be the same: what is a reason and what is not, what is remembered, and what is said while typing."""

import pytest

from app.companies.models import Company
from app.contacts import duplicates
from app.contacts.models import Contact
from app.records import merge, write
from app.records.actor import SYSTEM
from tenants import retention


def person(first: str, last: str, email: str, company: int, **more) -> int:
    values = {"first_name": first, "last_name": last, "user_name": email, "email": email, "company": company, **more}
    return write.create(Contact, values, actor=SYSTEM)


def pairs(world, noun: str = "contact") -> dict[tuple[int, int], list[str]]:
    """The open pairs with their reasons."""
    rows = world.sql(f"SELECT * FROM {world.schema()}.duplicate WHERE noun = %s AND dismissed_at IS NULL", noun)
    return {(row["one_id"], row["other_id"]): [reason for reason, _ in row["reasons"]] for row in rows}


def look(world) -> None:
    with world.inside():
        duplicates.find.later()
    world.run_jobs()


@pytest.mark.feature("B017", "B018")
def test_each_reason_makes_a_pair_and_a_shared_mailbox_makes_none(world, cast):
    with world.inside():
        anna = person("Anna", "Müller", "anna@acme.example", cast.acme, phone="+49 40 1234567")
        again = person("Anna", "Mueller", "a.mueller@nordlys.example", cast.nordlys, addresses=["anna@acme.example"])
        moved = person("A.", "Müller", "am@xacme.example", cast.xacme, mobile="040 1234567")
        typo = person("Jonathan", "Feldkamp", "jf@acme.example", cast.acme)
        right = person("Jonathan", "Feldkampf", "jonathan@acme.example", cast.acme)
        first = person("Kurt", "Baum", "kb@acme.example", cast.acme, customer_id="C-77")
        second = person("Ulla", "Zorn", "uz@xacme.example", cast.xacme, customer_id="c-77")
        swapped = person("Ottilie", "Quast", "oq@acme.example", cast.acme)
        other_way = person("Quast", "Ottilie", "quast@acme.example", cast.acme)
        # The office's mailbox, a switchboard, and a mailbox of three people: no reasons by themselves.
        person("Eva", "Roth", "office@acme.example", cast.acme, phone="+49 89 7654321")
        person("Udo", "Klein", "udo@acme.example", cast.acme, addresses=["office@acme.example"], phone="+49 89 7654321")
        for name in ("Lea", "Tom", "Pia"):
            person(name, f"Of{name}", "crew@acme.example", cast.acme, user_name=name)
    look(world)
    found = pairs(world)
    assert "address" in found[anna, again]
    assert "phone" in found[anna, moved]
    assert found[typo, right] == ["name"]
    assert found[first, second] == ["customer"]
    assert found[swapped, other_way] == ["name"]
    assert set(found) <= {
        (anna, again),
        (anna, moved),
        (again, moved),
        (typo, right),
        (first, second),
        (swapped, other_way),
    }


@pytest.mark.feature("B017")
def test_companies_of_nearly_the_same_name_or_address_are_a_pair(world, cast):
    with world.inside():
        one = write.create(Company, {"name": "Blue Harbour GmbH", "kind": "managed"}, actor=SYSTEM)
        two = write.create(Company, {"name": "Blue Harbour", "kind": "managed"}, actor=SYSTEM)
        three = write.create(Company, {"name": "Blue Harbur AG", "website": "https://www.bh.example/x"}, actor=SYSTEM)
        four = write.create(Company, {"name": "Something else", "website": "http://bh.example"}, actor=SYSTEM)
    look(world)
    found = pairs(world, "company")
    assert found[one, two] == ["name"]
    assert (one, three) in found and found[three, four] == ["site"]
    assert cast.nordlys not in {number for pair in found for number in pair}, "Its number is that of two others, too."


@pytest.mark.feature("B017")
def test_what_is_no_duplicate_is_remembered_and_what_was_merged_is_gone(world, cast):
    with world.inside():
        one = person("Jonathan", "Feldkamp", "jf@acme.example", cast.acme)
        other = person("Jonathan", "Feldkampf", "jonathan@acme.example", cast.acme)
    look(world)
    ann = world.staff("ann")
    shown = ann.get("/duplicates/contacts").text
    assert "Feldkampf" in shown and f"/contacts/{one}/merge?with={other}" in shown
    assert ann.post_form("/duplicates/contacts/dismissal", {"one": other, "other": one}).status_code == 303
    look(world)
    assert pairs(world) == {}
    assert "Feldkampf" not in ann.get("/duplicates/contacts").text
    assert "Feldkampf" in ann.get("/duplicates/contacts?show=dismissed").text
    back = {"one": one, "other": other, "back": "1"}
    assert ann.post_form("/duplicates/contacts/dismissal", back).status_code == 303
    assert (one, other) in pairs(world)
    with world.inside():
        merge.merge(Contact, one, [other], {}, actor=SYSTEM)
    assert "Feldkampf" not in ann.get("/duplicates/contacts").text
    look(world)
    assert pairs(world) == {}


@pytest.mark.feature("B017")
def test_records_are_compared_every_night(world, cast):
    assert duplicates.find in retention._daily
    with world.inside():
        one = person("Jonathan", "Feldkamp", "jf@acme.example", cast.acme)
        other = person("Jonathan", "Feldkampf", "jonathan@acme.example", cast.acme)
        retention.keep_house.later()
    world.run_jobs()
    assert (one, other) in pairs(world)
    assert world.sql(f"SELECT count(*) AS n FROM {world.schema('summit')}.duplicate")[0]["n"] == 0


@pytest.mark.feature("B017", "B018")
def test_who_is_there_already_is_said_while_typing(world, cast, statements):
    ann = world.staff("ann")
    with world.inside():
        person("Anna", "Müller", "anna@acme.example", cast.acme, phone="+49 40 1234567")
        person("Eva", "Roth", "office@acme.example", cast.acme)

    def said(**typed) -> str:
        return ann.fragment("/contacts/likely", query_string=typed).text

    assert "Anna Müller</a> at Acme" in said(first_name="Anna", last_name="Muller", phone="040/1234567")
    assert "same phone number" in said(first_name="Anna", last_name="Muller", phone="040/1234567")
    assert "same e-mail address" in said(first_name="X", last_name="Y", email="ANNA@acme.example")
    assert "Anna" not in said(first_name="Bernd", last_name="Kurz", phone="040/1234567")
    assert "Eva" not in said(first_name="Bernd", last_name="Kurz", email="office@acme.example")
    assert "Looks like" not in said(first_name="", last_name="", email="", phone="'; %")
    assert "Otto Lind" in said(first_name="Otto", last_name="L", email="otto.lind@acme.example")
    assert 'hx-get="/contacts/likely"' in ann.get("/contacts/new").text
    with statements() as sent:
        said(first_name="Anna", last_name="Müller", email="anna@acme.example")
    assert len(sent) <= 4
