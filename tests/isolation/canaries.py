"""A world in which every text says whose it is, so that a page that shows too much gives itself away.

A canary looks like `zq-h-a-s-17-qz`: of harbor (h) or summit (s); of the companies acme, xacme or nordlys (a, x, n,
several letters for somebody at several companies, 0 for what belongs to the desk); for the portal too (p) or for staff
only (s); and a number, by which `Canaries.places` knows table, column and row.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Text, func, select

import app.models_index  # noqa: F401  (all tables)
from app.companies.models import Company, Department
from app.contacts import erasing
from app.contacts.bulk import BULKY
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.exports import writing
from app.fields.kinds import Email, LongText, Suggested, Url
from app.fields.kinds import Text as TextKind
from app.fields.kinds.host import Host
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.forms import building, filling
from app.forms.models import FilledForm, Form
from app.groups.models import Group, GroupMember
from app.imports import actions as imports
from app.people.actions import create_staff
from app.records import attachments, bulk, files, notes, presence, undo_job, views
from app.records.actor import Actor
from app.records.duplicates import Duplicate
from app.records.merged import Merged
from app.records.notes import COMPANIES
from app.records.write import Update, apply, begin, create, update, withdraw
from app.signin import sessions
from tenants import Tenanted, db, tenancy
from tests.cast import password
from tests.world import World

CANARY = re.compile(r"zq-([hs])-([axn0]+)-([ps])-(\d+)-qz", re.IGNORECASE)
# A picture of four pixels.
SQUARE = "UklGRhoAAABXRUJQVlA4TA4AAAAvAUAAAAcQEf0PRET/Aw=="
LETTERS = {"acme": "a", "xacme": "x", "nordlys": "n"}

# Columns of words that are not people's: keys, kinds and states, and what has a form that a canary would break.
OUR_WORDS = {
    "list_view.of_noun list_view.slug list_view.query list_default.of_noun",
    "account.password_hash account.locale account.time_zone account.theme",
    "change.noun change.action event.kind bulk.noun bulk.verb bulk.field bulk.action bulk.back",
    "custom_field.of_noun custom_field.key custom_field.kind custom_field.portal custom_field.section",
    "field_setting.of_noun field_setting.field field_setting.portal field_setting.section",
    "attachment.media_type file.media_type file.purpose file.sha256 import.state import_row.verdict",
    "job.kind job.lane job.state job.link",
    "operation.kind operation.through",
    "merged.noun duplicate.noun presence.noun word.noun form.about",
    "erased.noun erasure.noun erasure.sha256 contact.picture contact.search_text company.search_text",
    "receipt.key receipt.fingerprint receipt.location setting.name session.surface sign_in_attempt.address",
    "security_event.kind security_event.surface security_event.permission security_event.method",
    "security_event.endpoint security_event.address",
}
NOT_MARKED = {name for names in OUR_WORDS for name in names.split()}
# Columns that are empty in the cast, and no fields.
FILLED = {"job.error", "job.note", "operation.on_behalf"}
# Columns that are no fields of the registry, but shown in the portal.
SHOWN_IN_PORTAL = {"custom_field.label", "custom_field.help", "field_setting.label", "field_setting.help"}
SHOWN_IN_PORTAL |= {"form.name", "company_domain.name", "contact_address.email", "staff.name", "staff.email"}

# The companies of a row, as SQL over the row `t`; tables that are not named hold what belongs to the desk.
OF_EITHER = f"({COMPANIES})".replace("FROM contact", "FROM {schema}.contact")
OWNERS = {
    "attachment": OF_EITHER,
    "change": "t.company_ids",
    "company": "ARRAY[t.id]",
    "company_domain": "ARRAY[t.company_id]",
    "contact": "t.company_ids",
    "contact_address": "(SELECT company_ids FROM {schema}.contact c WHERE c.id = t.contact_id)",
    "contract": "ARRAY[t.company_id]",
    "customer_group": "(SELECT array_agg(company_id) FROM {schema}.group_member m WHERE m.group_id = t.id)",
    "department": "ARRAY[t.company_id]",
    "filled_form": OF_EITHER,
    "membership": "ARRAY[t.company_id]",
    "note": OF_EITHER,
}


@dataclass
class Canaries:
    """The canaries of a world: what each number stands for, and the ids to ask for."""

    places: dict[int, tuple[str, str, str, int]] = field(default_factory=dict)
    # kind of id -> variant ('a', 'x', 'n', 'foreign', 'never', ...) -> id
    ids: dict[str, dict[str, int]] = field(default_factory=dict)

    def new(self, slug: str, owners: str, audience: str, place: tuple[str, str, int]) -> str:
        """Make one more canary."""
        number = len(self.places) + 1
        self.places[number] = (slug, *place)
        return f"zq-{slug[0]}-{owners}-{audience}-{number}-qz"

    def within(self, variant: str) -> dict[str, int]:
        """The ids of this variant as the further parts of an address are called: `change_id`."""
        return {f"{kind}_id": ids[variant] for kind, ids in self.ids.items() if variant in ids}

    def describe(self, number: str) -> str:
        """Where a canary was put."""
        slug, table, column, row = self.places[int(number)]
        return f"{slug}: {table}.{column} of {row}"


def found_in(*texts: str) -> list[tuple[str, str, str, str]]:
    """The canaries in these texts: organization, companies, audience, number."""
    return sorted({tuple(part.lower() for part in found) for text in texts for found in CANARY.findall(text)})


def put_canaries(world: World) -> Canaries:
    """Mark every text of both organizations, and make in summit what has no counterpart in harbor."""
    canaries = Canaries()
    for slug in ("harbor", "summit"):
        _make_more(world, slug, canaries)
    for slug in ("harbor", "summit"):
        _mark(world, slug, canaries)
        _edit(world, slug, canaries)
    _collect(world, canaries)
    return canaries


def _make_more(world: World, slug: str, canaries: Canaries) -> None:
    """What the cast has not: a custom field, jobs, a file with an import; in summit one more of everything."""
    cast = world.cast
    ann = Actor("Ann Tanner", cast.accounts["ann"])
    with world.inside(slug):
        more = {"of_noun": "contact", "key": "badge", "kind": "text", "label": "Badge", "portal": "view"}
        create(CustomField, more | {"help": "Help", "options": {}}, actor=ann)
        settings_changed()
        for membership in db.session.scalars(select(Membership).order_by(Membership.id)).all():
            update(membership, {"role": "Buyer"}, actor=ann)
        for person in ("ina", "xena", "nils"):
            update(db.session.get(Contact, getattr(cast, person)), {"custom-badge": "B-1"}, actor=ann)
        for contact in (cast.otto, cast.xena, cast.nora):
            notes.add("contact_id", contact, "A note", actor=ann)
            attachments.add("contact_id", contact, [_sent()], actor=ann)
        for company in (cast.acme, cast.xacme, cast.nordlys):
            notes.add("company_id", company, "A note", actor=ann)
            attachments.add("company_id", company, [_sent()], actor=ann)
        pictures = {"picture": "0123456789abcdef", "pictures": {"64": "UklGRg==", "256": SQUARE}}
        faces = (cast.otto, cast.xena, cast.nora, cast.ina, cast.nils)
        apply(begin(ann, "edit"), [Update(Contact, one, pictures) for one in faces])
        _make_groups(cast, ann)
        companies = [("company", one) for one in (cast.acme, cast.xacme, cast.nordlys)]
        _make_form("Access", [*companies, *(("contact", one) for one in (cast.otto, cast.xena, cast.nora))], ann)
        _make_erased(cast, ann)
        _make_gone(cast, ann)
        pairs = {"contact": (cast.ina, cast.otto), "company": (cast.acme, cast.xacme)}
        db.session.add_all(Duplicate(noun=noun, one_id=a, other_id=b, score=70) for noun, (a, b) in pairs.items())
        db.session.add(Merged(noun="contact", id=NEVER + 1, into_id=cast.otto, operation_id=1, name="Merged"))
        for person in ("ann", "sue"):
            _make_own(cast.accounts[person], ann, canaries)
        if slug == "summit":
            _make_foreign(cast, ann, canaries)


def _sent() -> attachments.Given:
    return attachments.Given("plan.pdf", io.BytesIO(b"%PDF-1.7"), 8)


def _make_groups(cast, actor: Actor) -> None:
    """A group of each company, with that company and its people in it, who see it in the portal."""
    for company, people in (("acme", ("otto", "ina")), ("xacme", ("xena",)), ("nordlys", ("nora", "nils"))):
        values = {"name": f"Team {company}", "kind": "group", "description": "Words", "shown": True}
        group = create(Group, values, actor=actor)
        create(GroupMember, {"group_id": group, "company_id": getattr(cast, company)}, actor=actor)
        for person in people:
            create(GroupMember, {"group_id": group, "contact_id": getattr(cast, person)}, actor=actor)


def _make_form(name: str, subjects, actor: Actor) -> None:
    """A published form with two questions, filled in for these."""
    form = building.create({"name": name, "about": "both", "description": "Words"}, actor=actor)
    building.ask(form, "text", {"label": "Code", "help": "Help", "max": 64}, actor=actor)
    building.ask(form, "text", {"label": "Floor", "portal": "view"}, actor=actor)
    building.publish(form, actor=actor)
    for noun, record_id in subjects:
        made = filling.create({"form_id": form, f"{noun}_id": record_id}, actor=actor)
        update(db.session.get(FilledForm, made), {"custom-code": "4711"}, actor=actor)


def _make_gone(cast, actor: Actor) -> None:
    """Records that were withdrawn: as good as never made, but for whoever wants them back."""
    made = {
        Company: {"name": "Gone", "kind": "managed", "domains": ["gone.example"]},
        Contact: {"first_name": "Gone", "last_name": "Away", "user_name": "gone", "email": "gone@acme.example"}
        | {"company": cast.acme},
        Contract: {"description": "Gone", "company_id": cast.acme, "kind": "subscription", "limited": False}
        | {"customer_contact_id": cast.ina, "support_contact_id": cast.ann},
        Group: {"name": "Gone", "kind": "group"},
        Form: {"name": "Gone", "about": "company"},
    }
    for model, values in made.items():
        withdraw(db.session.get(model, create(model, values, actor=actor)), actor=actor)


def _make_erased(cast, actor: Actor) -> None:
    """Somebody of whom nothing is kept but the certificate."""
    values = {"first_name": "Erased", "last_name": "Soon", "user_name": "soon", "email": "soon@acme.example"}
    contact = create(Contact, values | {"company": cast.acme}, actor=actor)
    erasing.erase(db.session.get(Contact, contact), actor=actor, reason="Asked for")


def _make_own(account_id: int, actor: Actor, canaries: Canaries) -> None:
    """What belongs to one account: a job, an import, an export, a token."""
    operation = begin(actor, "edit", title="A title", reason="A reason")
    undoing = begin(actor, "undo", undoes=operation.id)
    undo_job.undo_operation.later(
        account_id=account_id, label="A label", operation_id=operation.id, undo_operation_id=undoing.id
    )
    slug = tenancy().slug
    people = f"First Name,Last Name,Email Address\nA,{canaries.new(slug, '0', 's', ('file', 'data', 0))},a@b.example\n"
    imports.upload("people.csv", [people.encode()], actor=Actor("Somebody", account_id))
    export = files.store("contacts.csv", [people.encode()], media_type="text/csv", account_id=account_id)
    export.purpose = writing.PURPOSE
    sessions.make_token(account_id, "A token", ["read"])
    everybody = db.session.scalars(select(Contact.id).order_by(Contact.id)).all()
    bulk.choose(BULKY, "edit", everybody, account_id=account_id, back="/contacts", field="city", action="clear")
    view = views.save_as("contacts", {"name": "A view"}, "city.is=Kiel", actor=Actor("Somebody", account_id))
    views.begin_with("contacts", view, account_id)
    for model in (Contact, Company, Contract):
        record_id = db.session.scalar(select(func.min(model.id)))
        presence.arrive(model.noun, record_id, Actor("Somebody", account_id))
        presence.say(model.noun, record_id, "A word", Actor("Somebody", account_id))


def _make_foreign(cast, actor: Actor, canaries: Canaries) -> None:
    _make_erased(cast, actor)
    company = create(Company, {"name": "Only", "kind": "managed", "domains": ["only.example"]}, actor=actor)
    create(Department, {"company_id": company, "name": "Only"}, actor=actor)
    person = {"first_name": "Only", "last_name": "Here", "user_name": "only", "email": "only@only.example"}
    contact = create(Contact, person | {"company": company}, actor=actor)
    contract = {"description": "Only", "company_id": company, "kind": "subscription", "limited": False}
    contract |= {"customer_contact_id": contact, "support_contact_id": cast.ann}
    contract_id = create(Contract, contract, actor=actor)
    update(db.session.get(Contract, contract_id), {"notes": "Only"}, actor=actor)
    notes.add("contact_id", contact, "Only", actor=actor)
    attachments.add("contact_id", contact, [_sent()], actor=actor)
    group = create(Group, {"name": "Only", "kind": "group", "shown": True}, actor=actor)
    create(GroupMember, {"group_id": group, "contact_id": contact}, actor=actor)
    _make_form("Only", [("contact", contact), ("company", company)], actor)
    staff = {"name": "Only", "email": "only@desk.example", "role": "technician"}
    create_staff(staff, password=password("only"), actor=actor)
    _make_own(cast.accounts["ann"], actor, canaries)
    for number in range(10):
        # Signing in with tokens makes some in harbor as well.
        sessions.make_token(cast.accounts["ann"], f"Only {number}", ["read"])


def _mark(world: World, slug: str, canaries: Canaries) -> None:
    schema = world.schema(slug)
    letters = {getattr(world.cast, name): letter for name, letter in LETTERS.items()}
    for table in Tenanted.metadata.sorted_tables:
        columns = [column for column in table.columns if _is_marked(table, column)]
        if not columns:
            continue
        keys = [column.name for column in table.primary_key]
        owners = OWNERS.get(table.name, "'{}'::bigint[]").replace("{schema}", schema)
        names = ", ".join(f't."{name}"' for name in {*keys, *(column.name for column in columns)})
        for row in world.sql(f'SELECT {names}, {owners} AS owners_ FROM "{schema}"."{table.name}" t'):
            of = "".join(sorted(letters.get(company, "") for company in row["owners_"] or [])) or "0"
            values = {}
            for column in columns:
                value = row[column.name]
                # What is empty is filled where it is a field; elsewhere that something is empty mostly means something.
                fills = column.info.get("kind") is not None or f"{table.name}.{column.name}" in FILLED
                if value or fills:
                    place = (table.name, column.name, row[keys[0]])
                    canary = canaries.new(slug, of, _audience(table, column), place)
                    values[column.name] = _written(column, value or "", canary)
            if values:
                sets = ", ".join(f'"{name}" = %s' for name in values)
                where = " AND ".join(f'"{key}" = %s' for key in keys)
                wanted = [row[key] for key in keys]
                world.sql(f'UPDATE "{schema}"."{table.name}" SET {sets} WHERE {where}', *values.values(), *wanted)


def _is_marked(table, column) -> bool:
    if column.name == "custom":
        return True
    if f"{table.name}.{column.name}" in NOT_MARKED or not isinstance(column.type, Text) or column.computed is not None:
        return False
    kind = column.info.get("kind")
    return kind is None or type(kind) in (TextKind, LongText, Email, Url, Host, Suggested)


def _audience(table, column) -> str:
    if column.name == "custom":
        # The one custom field of this world may be seen in the portal, the answers of forms may not.
        return "s" if table.name == "filled_form" else "p"
    shown = column.info.get("field", {}).get("portal") or f"{table.name}.{column.name}" in SHOWN_IN_PORTAL
    return "p" if shown else "s"


def _written(column, value, canary: str):
    kind = column.info.get("kind")
    if column.name == "custom":
        return Jsonb({name: f"{one} {canary}" if isinstance(one, str) else one for name, one in value.items()})
    if isinstance(kind, Email) or (column.name == "email" and "@" in value):
        name, _, domain = (value or "somebody@works.example").partition("@")
        return f"{name}.{canary}@{domain}"
    if column.table.name == "company_domain":
        return f"{canary}.{value}"
    if isinstance(kind, Url):
        return f"{value or 'https://works.example'}/{canary}"
    longest = getattr(kind, "max", None) or 1000
    return f"{value} {canary}" if len(value) + len(canary) < longest else canary


def _edit(world: World, slug: str, canaries: Canaries) -> None:
    """Change a few fields through the application, so that the journal holds canaries as well."""
    cast = world.cast
    ann = Actor("Ann Tanner", cast.accounts["ann"])
    with world.inside(slug):
        for model, names in (
            (Company, {"acme": "a", "xacme": "x", "nordlys": "n"}),
            (Contact, {"otto": "a", "xena": "x", "nora": "n"}),
            (Contract, {"acme_support_hours": "a", "xacme_fixed_fee": "x", "nordlys_support_hours": "n"}),
        ):
            for name, owners in names.items():
                record = db.session.get(model, getattr(cast, name))
                table = record.__table__
                chosen = "job_title" if model is Contact else "address" if model is Company else "description"
                values: dict[str, Any] = {}
                for column in (chosen, "notes"):
                    place = (table.name, column, record.id)
                    values[column] = "New " + canaries.new(slug, owners, _audience(table, table.c[column]), place)
                update(record, values, actor=ann)


TABLES = {"domain": "company_domain", "export": "file", "group": "customer_group", "unit": "department"}
TABLES |= {"view": "list_view"}
NEVER = 999_000_001


def _collect(world: World, canaries: Canaries) -> None:
    """The ids to ask for: one of each company, one that only summit has, and one that nobody has."""
    cast = world.cast
    ids = {
        "company": {"a": cast.acme, "x": cast.xacme, "n": cast.nordlys},
        "contact": {"a": cast.otto, "x": cast.xena, "n": cast.nora},
        "contract": {"a": cast.acme_support_hours, "x": cast.xacme_fixed_fee, "n": cast.nordlys_support_hours},
    }
    harbor, summit = world.schema("harbor"), world.schema("summit")
    team = f"SELECT group_id AS id FROM {harbor}.group_member WHERE company_id = %s"
    companies = {letter: ids["company"][letter] for letter in LETTERS.values()}
    ids["group"] = {letter: world.sql(team, company)[0]["id"] for letter, company in companies.items()}
    ids["form"] = {"a": world.sql(f"SELECT min(id) AS id FROM {harbor}.form WHERE withdrawn_at IS NULL")[0]["id"]}
    for kind, found in ids.items():
        gone = world.sql(f"SELECT max(id) AS id FROM {harbor}.{TABLES.get(kind, kind)} WHERE withdrawn_at IS NOT NULL")
        found["gone"] = gone[0]["id"]
    within = "SELECT max(id) AS id FROM {}.{} WHERE contact_id = %s"
    edited = "SELECT max(operation_id) AS id, max(id) AS change"
    edited += f" FROM {harbor}.change WHERE noun = 'contact' AND record_id = %s"
    member = f"SELECT id FROM {harbor}.membership WHERE contact_id = %s"
    domain = f"SELECT id FROM {harbor}.company_domain WHERE company_id = %s"
    ids |= {kind: {} for kind in ("operation", "change", "membership", "domain", "group_member", "note", "attachment")}
    place = f"SELECT id FROM {harbor}.group_member WHERE contact_id = %s"
    for letter, contact in [(one, ids["contact"][one]) for one in LETTERS.values()]:
        row = world.sql(edited, contact)[0]
        ids["operation"][letter], ids["change"][letter] = row["id"], row["change"]
        ids["membership"][letter] = world.sql(member, contact)[0]["id"]
        for kind in ("note", "attachment"):
            ids[kind][letter] = world.sql(within.format(harbor, kind), contact)[0]["id"]
        ids["group_member"][letter] = world.sql(place, contact)[0]["id"]
        ids["domain"][letter] = world.sql(domain, ids["company"][letter])[0]["id"]
    filled = f"SELECT id FROM {harbor}.filled_form WHERE company_id = %s"
    ids["filled_form"] = {letter: world.sql(filled, company)[0]["id"] for letter, company in companies.items()}
    ids["unit"] = {"a": cast.acme_support, "n": cast.nordlys_office}
    ids["erasure"] = {"a": world.sql(f"SELECT max(id) AS id FROM {harbor}.erasure")[0]["id"]}
    ids["staff"] = {"ann": cast.ann, "sue": cast.sue}
    for kind, table, where in (
        ("job", "job", "true"),
        ("import", "import", "true"),
        ("export", "file", f"purpose = '{writing.PURPOSE}'"),
        ("token", "token", "true"),
        ("bulk", "bulk", "true"),
        ("view", "list_view", "true"),
    ):
        newest = world.sql(f'SELECT account_id, max(id) AS id FROM {harbor}."{table}" WHERE {where} GROUP BY 1')
        by = {row["account_id"]: row["id"] for row in newest}
        ids[kind] = {person: by[cast.accounts[person]] for person in ("ann", "sue")}
    for kind in ids:
        newest = f'SELECT max(id) AS id FROM {{}}."{TABLES.get(kind, kind)}"'
        last = [world.sql(newest.format(schema))[0]["id"] for schema in (harbor, summit)]
        assert last[1] > last[0], f"summit has no {kind} of its own"
        ids[kind] |= {"foreign": last[1], "never": NEVER}
    canaries.ids = ids


__all__ = ["CANARY", "Canaries", "found_in", "put_canaries"]
