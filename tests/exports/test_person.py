"""Everything about one person, for administrators: it is complete, it is that person's alone, and it is noted."""

import io
import json
from zipfile import ZipFile

import pytest

from app.contacts import erasing
from app.contacts.models import Contact
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.forms import building, filling
from app.forms.models import FilledForm
from app.groups.models import Group, GroupMember
from app.records import attachments, merge, notes, presence
from app.records.actor import SYSTEM, Actor
from app.records.attachments import Given
from app.records.write import create, update
from tenants import db
from tests.pages import normal


def archive(world, browser, contact_id: int) -> tuple[ZipFile, str]:
    """Ask for it, let a worker put it together, and fetch it; with its address."""
    asked = browser.post_form(f"/exports/contacts/{contact_id}")
    assert asked.status_code == 303
    world.run_jobs()
    where = browser.get(asked.location).text.split('class="job-result" href="')[1].split('"')[0]
    found = browser.get(where)
    assert found.status_code == 200 and found.mimetype == "application/zip"
    assert f"person-{contact_id}.zip" in found.headers["Content-Disposition"]
    return ZipFile(io.BytesIO(found.data)), where


def said(found: ZipFile) -> dict:
    return json.loads(found.read("person.json"))


@pytest.fixture
def told(world, cast) -> None:
    """A good deal about Otto, and something like it about others."""
    actor = Actor("Ann Tanner", cast.accounts["ann"])
    with world.inside():
        own = {"of_noun": "contact", "key": "badge", "kind": "text", "label": "Badge", "options": {}}
        create(CustomField, own, actor=SYSTEM)
        settings_changed()
    with world.inside():
        update(db.session.get(Contact, cast.otto), {"custom-badge": "B-17", "city": "Kiel"}, actor=actor)
        for person, words in ((cast.otto, "Likes tea"), (cast.nils, "Likes coffee")):
            notes.add("contact_id", person, words, actor=actor)
            given = Given("letter.txt", io.BytesIO(words.encode()), len(words))
            attachments.add("contact_id", person, [given], actor=actor)
            presence.say("contact", person, f"{words} a lot", actor)
        form = building.create({"name": "Access", "about": "contact"}, actor=actor)
        building.ask(form, "text", {"label": "Code", "max": 64}, actor=actor)
        building.publish(form, actor=actor)
        for person, code in ((cast.otto, "4711"), (cast.nils, "coffee")):
            filled = filling.create({"form_id": form, "contact_id": person}, actor=actor)
            update(db.session.get(FilledForm, filled), {"custom-code": code}, actor=actor)
        for name, person in (("Tea drinkers", cast.otto), ("Coffee drinkers", cast.nils)):
            group = create(Group, {"name": name, "kind": "customer"}, actor=actor)
            create(GroupMember, {"group_id": group, "contact_id": person}, actor=actor)
        twin = {"first_name": "Otto", "last_name": "Lindt", "user_name": "otto2", "email": "lindt@acme.example"}
        made = create(Contact, twin | {"company": cast.acme}, actor=actor)
        merge.merge(Contact, cast.otto, [made], {}, actor=actor, reason="Twice")
    world.portal("otto").get("/portal/contracts")


@pytest.mark.feature("B028")
def test_everything_about_a_person_is_in_it(world, cast, told):
    found, _where = archive(world, world.staff("adam"), cast.otto)
    told_of = said(found)
    assert told_of["fields"]["Badge"] == "B-17" and told_of["fields"]["City"] == "Kiel"
    assert {row["user_name"] for row in told_of["records"]} == {"otto", "otto2"}
    assert next(row["company"] for row in told_of["memberships"] if row["is_primary"]) == "Acme"
    assert "otto.lind@acme.example" in {row["email"] for row in told_of["addresses"]}
    assert [row["text"] for row in told_of["notes"]] == ["Likes tea"]
    assert [row["text"] for row in told_of["words"]] == ["Likes tea a lot"]
    assert [row["contract"] for row in told_of["named_by"]] == [cast.acme_subscription]
    assert [row["answers"] for row in told_of["forms"]] == [{"Code": "4711"}]
    assert [row["group"] for row in told_of["groups"]] == ["Tea drinkers"]
    (file,) = told_of["files"]
    assert found.read(file["in_archive"]) == b"Likes tea"
    (account,) = told_of["sign_in"]
    assert [one["surface"] for one in account["sessions"]] == ["portal"]
    assert [one["permission"] for one in account["refused"]] == ["portal.contracts"]
    assert not [key for key in (*account, *account["sessions"][0]) if "hash" in key or "sealed" in key]
    changes = [row for row in told_of["history"] if row["after"] and row["after"].get("city") == "Kiel"]
    assert [(row["by"], row["before"]["city"]) for row in changes] == [("Ann Tanner", "Berlin")]


@pytest.mark.threat("T-001")
def test_nothing_of_others_is_in_it(world, cast, told):
    found, _where = archive(world, world.staff("adam"), cast.otto)
    words = "".join(found.read(name).decode("utf-8", "ignore") for name in found.namelist())
    for other in ("Nordlys", "Xacme", "Nils", "Dahl", "coffee", "Coffee", "Ben", "Dora", "xena@", "summit"):
        assert other not in words, other


@pytest.mark.threat("T-013")
def test_only_administrators_ask_for_it_and_only_who_asked_fetches_it(world, cast, told):
    adam = world.staff("adam")
    assert "Otto Lind" in normal(adam.get(f"/exports/contacts/{cast.otto}"))
    assert f"/exports/contacts/{cast.otto}" in adam.get(f"/contacts/{cast.otto}").text
    _found, where = archive(world, adam, cast.otto)
    for person in ("ann", "sue"):
        browser = world.staff(person)
        assert browser.get(f"/exports/contacts/{cast.otto}").status_code == 403
        assert browser.post_form(f"/exports/contacts/{cast.otto}").status_code == 403
        assert browser.get(where).status_code == 404
        assert f"/exports/contacts/{cast.otto}" not in browser.get(f"/contacts/{cast.otto}").text
    assert world.staff("adam", "summit").get(where).status_code == 404


def test_that_it_was_asked_for_is_in_the_journal(world, cast, told):
    archive(world, world.staff("adam"), cast.otto)
    rows = world.sql(f"SELECT title, account_id FROM {world.schema()}.operation WHERE kind = 'disclose'")
    assert [(row["title"], row["account_id"]) for row in rows] == [
        (f"Everything about #{cast.otto} exported", cast.accounts["adam"])
    ]


def test_it_goes_when_somebody_is_erased(world, cast, told):
    adam = world.staff("adam")
    _found, where = archive(world, adam, cast.ina)
    with world.inside():
        person = db.session.get(Contact, cast.otto)
        erasing.erase(person, actor=Actor("Adam Osei", cast.accounts["adam"]), reason="Asked for")
    assert adam.get(where).status_code == 404
