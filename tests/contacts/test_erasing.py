"""Erasing a person: nothing of them is left in any table, and what is said of it is true."""

import hashlib
import io
import re

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.companies.models import Company
from app.contacts import erasing as people
from app.contacts.bulk import BULKY
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.exports import writing
from app.fields.kinds import Email, LongText, Phone, Suggested, Text, Url
from app.fields.models import CustomField
from app.fields.settings import fields_of, settings_changed
from app.forms import building, filling
from app.forms.models import FilledForm
from app.groups.models import Group, GroupMember
from app.records import attachments, bulk, erasing, files, merge, naming, notes, presence, receipts, undo, views, write
from app.records.actor import SYSTEM, Actor
from app.records.duplicates import Duplicate
from app.records.erased import Erasure, WasErased
from app.records.files import File
from app.records.write import Update, begin, create, update
from tenants import db, fetch

CANARY = "zqsecret"
MOMENT = re.compile(r"\d\d:\d\d:\d\d\.\d+")
REASON = "Request 4711"
SHEET = f"""First Name,Last Name,Email Address,Company,Job Title,Phone
Zqsecretfirst,Zqsecretlast,zqsecret-main@acme.example,Acme,{CANARY} chief,
Ina,Berg,ina@acme.example,Acme,Buyer,
Zqsecretfirst,,zqsecret-main@acme.example,Acme,{CANARY},{CANARY}
"""


def ann(cast) -> Actor:
    return Actor("Ann Tanner", cast.accounts["ann"])


def canary(entry, n: int):
    """A value with the canary in it, where the field can hold one."""
    kind, word = entry.kind, f"{CANARY}{entry.name.replace('_', '').replace('-', '')}{n}"
    if isinstance(kind, Email):
        return f"{word}@gone.example"
    if isinstance(kind, Url):
        return f"https://gone.example/{word}"
    if isinstance(kind, Phone):
        return f"+49 30 777{n}{len(entry.name):03}"
    return word if isinstance(kind, Text | LongText | Suggested) else None


def leaks(world) -> list[str]:
    """The tables, of everything this organization has, in which the canary stands."""
    schema = world.schema()
    names = world.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace", schema)
    found = []
    for name in sorted(row["relname"] for row in names):
        rows = world.sql(f'SELECT to_jsonb(t)::text AS row FROM "{schema}"."{name}" t')
        # A moment may have the digits of the telephone number among its own.
        rows = [{"row": MOMENT.sub("", row["row"])} for row in rows]
        found += [f"{name}: {row['row']}" for row in rows if CANARY in row["row"].lower() or "777" in row["row"]]
    with world.inside():
        for file in db.session.scalars(select(File.id)):
            found += [f"file {file}" for part in files.read(file) if CANARY.encode() in part.lower()]
    return found


def fill(world, cast) -> None:
    """Let everything that can be known of Otto hold a canary, in the history as well."""
    with world.inside():
        more = {"of_noun": "contact", "key": "badge", "kind": "text", "label": "Badge", "options": {}}
        create(CustomField, more, actor=SYSTEM)
        settings_changed()
    with world.inside():
        actor = ann(cast)
        for n in (1, 2):
            otto = db.session.get(Contact, cast.otto)
            wanted = {entry.name: canary(entry, n) for entry in fields_of(Contact) if not entry.related}
            update(otto, {name: value for name, value in wanted.items() if value}, actor=actor)
        otto = db.session.get(Contact, cast.otto)
        names = {"first_name": "Zqsecretfirst", "last_name": "Zqsecretlast", "email": "zqsecret-main@acme.example"}
        update(otto, names | {"addresses": ["zqsecret-more@gone.example"]}, actor=actor)
        member = db.session.scalar(select(Membership).where(Membership.contact_id == cast.otto))
        update(member, {"role": CANARY}, actor=actor)
        note, _operation = notes.add("contact_id", cast.otto, f"{CANARY} has a dog", actor=actor)
        update(db.session.get(notes.Note, note), {"text": f"{CANARY} has a cat"}, actor=actor)
        notes.add("company_id", cast.acme, "Ask ZQSECRETFIRST Zqsecretlast (zqsecret-main@acme.example)", actor=actor)
        sent = attachments.Given(f"{CANARY}.pdf", io.BytesIO(f"%PDF-1.7 {CANARY}".encode()), 17)
        attachments.add("contact_id", cast.otto, [sent], actor=actor)
        begin(
            actor, "edit", title="Portal password for Zqsecretfirst Zqsecretlast", reason="zqsecretfirst zqsecretlast"
        )
        group = create(Group, {"name": "Team", "kind": "group"}, actor=actor)
        create(GroupMember, {"group_id": group, "contact_id": cast.otto}, actor=actor)
        form = building.create({"name": "Access", "about": "contact"}, actor=actor)
        building.ask(form, "text", {"label": "Code", "max": 64}, actor=actor)
        building.publish(form, actor=actor)
        filled = filling.create({"form_id": form, "contact_id": cast.otto}, actor=actor)
        update(db.session.get(FilledForm, filled), {"custom-code": CANARY}, actor=actor)
        values = {"first_name": "Zqsecrettwin", "last_name": CANARY, "user_name": f"{CANARY}twin"}
        twin = create(Contact, values | {"email": "zqsecret-twin@gone.example", "company": cast.acme}, actor=actor)
        notes.add("contact_id", twin, f"{CANARY} is a twin", actor=actor)
        merge.merge(Contact, cast.otto, [twin], {}, actor=actor, reason=CANARY)
        for noun, about, words in (
            ("contact", cast.otto, CANARY),
            ("company", cast.acme, "Ask Zqsecretfirst Zqsecretlast"),
        ):
            presence.say(noun, about, words, actor)
        account = cast.accounts["ann"]
        bulk.choose(BULKY, "edit", [cast.otto], account_id=account, back="/contacts", field="city", action="set")
        view = {"name": "Zqsecretfirst Zqsecretlast"}
        views.save_as("contacts", view, "q=Zqsecretfirst+Zqsecretlast&city.is=Kiel", actor=actor)
        receipts.claim(account, "key", "print")
        receipts.answer(account, "key", 201, f"/api/v1/contacts/{cast.otto}", f'{{"city": "{CANARY}"}}')
        writing.ask("contacts", False, actor)
    world.run_jobs()
    portal = world.portal("otto")
    changed = portal.fragment("/portal/me/fields/city", method="POST", data={"value": f"{CANARY}town"})
    assert changed.status_code == 200, changed.text
    import_file(world)
    with world.inside():
        pair = {"noun": "contact", "one_id": cast.ina, "other_id": cast.otto, "score": 70}
        db.session.add(Duplicate(**pair, reasons=[["phone", "+49 30 777"], ["name", CANARY]]))


def import_file(world) -> None:
    api = world.api("import", "read")
    named = "/api/v1/imports?name=Zqsecretfirst%20Zqsecretlast.csv"
    made = api.post(named, data=SHEET.encode(), headers={"Content-Type": "text/csv"})
    for step in ("plan", "application"):
        assert api.post(f"/api/v1/imports/{made.json['id']}/{step}").status_code == 202
        world.run_jobs()


def erase(world, cast, who: str = "otto", reason: str = REASON) -> int:
    with world.inside():
        contact = db.session.get(Contact, getattr(cast, who))
        return people.erase(contact, actor=Actor("Adam Osei", cast.accounts["adam"]), reason=reason).id


@pytest.mark.feature("B028")
def test_nothing_of_an_erased_person_is_left_in_any_table(world, cast):
    fill(world, cast)
    assert len({line.split(":")[0] for line in leaks(world)}) >= 17
    others = world.sql(f"SELECT count(*) AS n FROM {world.schema()}.contact WHERE withdrawn_at IS NULL")[0]["n"]
    with world.inside():
        contract = create(
            Contract,
            {"description": "Kept", "company_id": cast.acme, "customer_contact_id": cast.otto}
            | {"kind": "subscription", "limited": False, "support_contact_id": cast.ann},
            actor=SYSTEM,
        )
        subject = people.subject_of(db.session.get(Contact, cast.otto))
        asked = erasing.preview(subject, actor=Actor("Adam Osei", cast.accounts["adam"]))
    assert leaks(world), "looking at what would go changes nothing"
    made = erase(world, cast)
    assert leaks(world) == []
    with world.inside():
        erasure = db.session.get(Erasure, made)
        assert erasure.counts == asked
        assert {
            "fields",
            "history",
            "notes",
            "files",
            "addresses",
            "memberships",
            "groups",
            "forms",
            "words",
        } <= asked.keys()
        assert {"import_rows", "import_files", "exports", "merged", "duplicates", "mentions"} <= asked.keys()
        assert erasure.sha256 == hashlib.sha256("".join(f"{one}\n" for one in erasure.removed).encode()).hexdigest()
        stub = db.session.get(Contact, cast.otto)
        assert stub.full_name == f"Erased person {cast.otto}" and stub.withdrawn_at and stub.custom == {}
        assert db.session.get(Contract, contract).customer_contact_id == cast.otto
        note = db.session.scalar(select(notes.Note.text).where(notes.Note.company_id == cast.acme))
        assert note == f"Ask #{cast.otto} (#{cast.otto})"
        assert db.session.get(Contact, cast.ina).full_name == "Ina Berg"
    left = world.sql(f"SELECT count(*) AS n FROM {world.schema()}.contact WHERE withdrawn_at IS NULL")[0]["n"]
    assert left == others - 1


@pytest.mark.feature("B028")
def test_what_was_done_to_an_erased_person_cannot_be_undone(world, cast):
    with world.inside():
        otto = db.session.get(Contact, cast.otto)
        alone = update(otto, {"city": "Kiel"}, actor=ann(cast)).id
        both = begin(ann(cast), "edit").id
        changes = [Update(Contact, one, {"job_title": "Chief"}) for one in (cast.otto, cast.ina)]
        write.apply(db.session.get(write.Operation, both), changes)
    made = erase(world, cast)
    with world.inside():
        erasing_op = db.session.get(Erasure, made).operation_id
        for operation in (alone, erasing_op):
            with pytest.raises(WasErased, match="gone for good"):
                undo.undo(operation, ann(cast))
        outcome = undo.undo(both, ann(cast))
        assert outcome.reversed == 1
        assert ("contact", cast.otto, "personal data was erased") in outcome.kept
        assert db.session.get(Contact, cast.ina).job_title == "Buyer"
        assert db.session.get(Contact, cast.otto).job_title is None
    adam = world.staff("adam")
    assert adam.post_form(f"/contacts/{cast.otto}/recovery").status_code == 409
    refused = adam.post_form(f"/contacts/{cast.otto}/erasure", {"name": str(cast.otto), "reason": "Again"})
    assert refused.status_code == 409


@pytest.mark.feature("B028")
def test_a_person_is_erased_on_screen_with_name_and_reason_and_leaves_a_certificate(world, cast):
    adam, at = world.staff("adam"), f"/contacts/{cast.otto}/erasure"
    assert at in adam.get(f"/contacts/{cast.otto}").text
    asked = adam.get(at).text
    assert "This cannot be undone" in asked and "Memberships of companies: 1" in asked
    otto = world.portal("otto")
    before = world.checksum()
    for data, words in (
        ({"name": "Ina Berg", "reason": REASON}, "Type “Otto Lind”"),
        ({"name": "Otto Lind", "reason": " "}, "Say why"),
        ({"name": "Otto Lind", "reason": "otto@acme.example asked"}, "Leave the person’s name"),
    ):
        refused = adam.post_form(at, data)
        assert refused.status_code == 422 and words in refused.text and data["name"] in refused.text
    assert world.checksum() == before
    done = adam.post_form(at, {"name": "otto  lind", "reason": REASON})
    assert done.status_code in (302, 303)
    certificate = adam.get(done.location)
    assert "Personal data erased by Adam Osei" in certificate.text and REASON in certificate.text
    assert "Otto" not in certificate.text and "Lind" not in certificate.text
    text = adam.get(f"{done.location}/certificate.txt").text
    head, _blank, listed = text.partition("(UTF-8).\n\n")
    assert f"SHA-256: {hashlib.sha256(listed.encode()).hexdigest()}" in head and "Harbor IT" in head
    assert done.location in adam.get("/admin/erasures").text
    page = adam.get(f"/contacts/{cast.otto}").text
    assert "Personal data erased by Adam Osei" in page and REASON in page and done.location in page
    assert f"/contacts/{cast.otto}/recovery" not in page
    assert otto.get("/portal/").status_code in (302, 303)
    assert "Otto" not in adam.get("/contacts").text


@pytest.mark.feature("B028")
def test_a_deleted_person_is_erased_as_well(world, cast):
    adam = world.staff("adam")
    assert adam.post_form(f"/contacts/{cast.nora}/deletion").status_code in (302, 303)
    assert f"/contacts/{cast.nora}/erasure" in adam.get(f"/contacts/{cast.nora}").text
    done = adam.post_form(f"/contacts/{cast.nora}/erasure", {"name": str(cast.nora), "reason": REASON})
    assert done.status_code in (302, 303)
    with world.inside():
        assert db.session.get(Contact, cast.nora).last_name == f"person {cast.nora}"


@pytest.mark.feature("B028")
@pytest.mark.threat("T-013")
def test_only_who_may_erase_is_offered_it(world, cast):
    for person in ("ann", "sue"):
        desk = world.staff(person)
        assert "/erasure" not in desk.get(f"/contacts/{cast.otto}").text
        assert desk.get(f"/contacts/{cast.otto}/erasure").status_code == 403
        data = {"name": str(cast.otto), "reason": REASON}
        assert desk.post_form(f"/contacts/{cast.otto}/erasure", data).status_code == 403
        assert desk.get("/admin/erasures").status_code == 403


@pytest.mark.feature("B028")
def test_a_name_that_others_bear_stays_where_others_wrote_it(world, cast):
    with world.inside():
        values = {"first_name": "Otto", "last_name": "Lind", "user_name": "lind2", "email": "other@xacme.example"}
        create(Contact, values | {"company": cast.xacme}, actor=SYSTEM)
        company = db.session.get(Company, cast.acme)
        update(company, {"notes": "Otto Lind, otto.lind@acme.example, Otto Lindner"}, actor=ann(cast))
    erase(world, cast)
    with world.inside():
        kept = db.session.get(Company, cast.acme).notes
        assert kept == f"Otto Lind, #{cast.otto}, Otto Lindner"


def test_every_table_that_names_a_person_is_emptied_or_known_to_stay():
    """A new table with a contact in it is red here until it is said what an erasure does with it."""
    emptied = {"membership", "contact_address", "note", "attachment", "group_member", "filled_form", "account", "word"}
    naming_only = {"contact": "line manager", "contract": "the stub keeps standing there"}
    found = {table.name for table in naming.places(Contact)} | {"account"}
    assert found - emptied - set(naming_only) == set()


# --- the door to the journal ------------------------------------------------------------------------------------------

DOOR = "SELECT erase_from_journal({act}, {person}, '{{}}', '{{}}', '{{}}', '{{}}')"


@pytest.mark.threat("T-009")
def test_nothing_but_an_erasure_rewrites_the_journal(world, cast):
    with world.inside():
        edited = update(db.session.get(Contact, cast.otto), {"city": "Kiel"}, actor=ann(cast)).id
    made = erase(world, cast, "nora")
    with world.inside():
        old = db.session.get(Erasure, made).operation_id
    schema = world.schema()
    before = world.checksum()
    for statement in (
        "UPDATE change SET after = '{}'",
        "DELETE FROM change",
        "UPDATE operation SET title = ''",
        "DELETE FROM operation",
        "UPDATE erasure SET reason = ''",
        "DELETE FROM erasure",
        "DELETE FROM erased",
        # An operation of another kind, and an erasure of before.
        DOOR.format(act=edited, person=cast.otto),
        DOOR.format(act=old, person=cast.nora),
    ):
        with pytest.raises(DBAPIError), world.inside():
            db.session.execute(db.text(statement))
    assert world.checksum() == before
    # What it does not list as erased it leaves alone, whatever else it is given.
    with world.inside():
        act = begin(SYSTEM, "erase").id
        fetch(db.text(DOOR.format(act=act, person=cast.otto)))
    kept = world.sql(f"SELECT after FROM {schema}.change WHERE operation_id = %s", edited)
    assert kept == [{"after": {"city": "Kiel"}}]
    rights = world.sql(
        "SELECT has_function_privilege(%s, oid, 'EXECUTE') AS may FROM pg_proc WHERE proname = 'erase_from_journal'"
        " AND pronamespace = %s::regnamespace",
        f"{schema}_portal",
        schema,
    )
    assert rights == [{"may": False}]
