"""The demo: two organizations with people, companies, contracts and a little history, made by the application's verbs.

Only the command `deskhand demo` makes it. Running it again changes nothing.
"""

import json
import os
import random
import secrets
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import select

from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.forms import building, filling
from app.forms.models import FilledForm
from app.people import passwords
from app.people.actions import create_staff
from app.people.models import Account, Staff
from app.records import write
from app.records.actor import Actor
from tenants import db, fleet, provision, scope
from tenants.resolve import UnknownOrganization, organization

ORGANIZATIONS = {
    "harbor": ("Harbor IT Services", ["localhost", "harbor.localhost", "127.0.0.1"]),
    "summit": ("Summit Managed IT", ["summit.localhost"]),
}
COMPANIES, PEOPLE = 40, 15
FIRST = [
    "Anna",
    "Björn",
    "Chloë",
    "David",
    "Élodie",
    "Farid",
    "Greta",
    "Håkon",
    "Ines",
    "Jürgen",
    "Karin",
    "Łukasz",
    "Mária",
    "Niamh",
    "Oluwaseun",
    "Priya",
    "René",
    "Søren",
    "Thi-Minh",
    "Ulla",
    "Viktor",
    "Wei",
    "Xenia",
    "Yusuf",
    "Zoë",
    "Ömer",
]
LAST = [
    "Müller",
    "Håkansson",
    "Weiß",
    "Çelik",
    "d'Angelo",
    "O'Brien",
    "Smith-Jones",
    "Kowalska",
    "García",
    "Nguyễn",
    "Köhler",
    "Dvořák",
    "St.John",
    "Öztürk",
    "Fernández",
    "Novák",
    "Björk",
    "Ünal",
    "Groß",
    "Andersen",
    "Becker",
    "Carter",
    "Dubois",
    "Evans",
    "Fischer",
    "Gruber",
]
NAMES = [
    "Nordlys",
    "Acme",
    "Blau",
    "Hafen",
    "Weiß",
    "Bäckerei",
    "Kiel",
    "Alster",
    "Fjord",
    "Linden",
    "Adler",
    "Sonnen",
    "Silber",
    "Kupfer",
    "Stern",
    "Wald",
    "Insel",
    "Brücken",
    "Mühlen",
    "Berg",
]
FORMS = ("GmbH", "A/S", "Ltd", "AG", "KG", "SARL", "& Söhne", "Architekten")
TITLES = ("Office manager", "Managing director", "Accountant", "Engineer", "Sales", "Buyer", "Assistant", "Head of IT")
CITIES = (("Hamburg", "20095", "DE"), ("Kiel", "24103", "DE"), ("Aarhus", "8000", "DK"), ("Wien", "1010", "AT"))


@click.command("demo")
@click.pass_obj
def demo(app):
    """Migrate, then make the two demo organizations and their sign-ins (for trying out, never for real use)."""
    fleet.everything()
    path = Path(app.config["DESKHAND_HOME"]) / "demo.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    for slug, (name, hosts) in ORGANIZATIONS.items():
        try:
            organization(slug)
        except UnknownOrganization:
            provision.create(slug, name, hosts)
        with scope(slug):
            if not db.session.scalar(select(Staff.id).limit(1)):
                known[slug] = _fill(slug)
                _keep(path, known)
    click.echo(f"The demo is ready; its sign-ins are in {path}.")


def _keep(path: Path, known: dict) -> None:
    """Write the sign-ins: those of harbor at the top, where programs look for them, all of them by organization."""
    top = known.get("harbor", {})
    mine = path.with_suffix(".new")
    with open(os.open(mine, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        json.dump({"host": "localhost", **top, **{slug: known[slug] for slug in ORGANIZATIONS if slug in known}}, file)
    mine.rename(path)


def _fill(slug: str) -> dict:
    """Fill one organization; the same names each time, but random passwords. Returns the sign-ins."""
    chance = random.Random(slug)
    actor = Actor("Demo", through="demo")
    signs = {}
    staff: list[int] = []
    for role, first in (
        ("administrator", "Adam"),
        ("technician", "Tess"),
        ("supervisor", "Sue"),
        ("technician", "Tom"),
    ):
        email, password = f"{first.lower()}@{slug}.example", secrets.token_urlsafe(12)
        values = {"name": f"{first} {slug.capitalize()}", "email": email, "role": role}
        staff.append(create_staff(values, password=password, must_change=False, actor=actor))
        key = {"administrator": "admin", "technician": "staff"}.get(role)
        if key and key not in signs:
            signs[key] = {"email": email, "password": password}
    companies = _companies(chance, slug, staff, actor)
    contacts = _contacts(chance, companies, actor)
    _contracts(chance, companies, staff, actor)
    _site_access(chance, companies, contacts, actor)
    signs["portal"] = _portal_person(contacts[0])
    _history(chance, companies, contacts, staff)
    return signs


def _companies(chance: random.Random, slug: str, staff: list[int], actor: Actor) -> list[int]:
    names = list(dict.fromkeys(f"{chance.choice(NAMES)} {chance.choice(FORMS)}" for _ in range(400)))[:COMPANIES]
    changes = []
    for n, name in enumerate(names):
        host = f"{_plain(name)}{n}.example"
        city, _, country = CITIES[n % len(CITIES)]
        changes.append(
            write.Create(
                Company,
                {
                    "name": name,
                    "domains": [host],
                    "address": f"Hafenstraße {n + 1}\n{city}",
                    "country": country,
                    "phone": f"+49 40 55{n:03d} 0",
                    "email": f"info@{host}",
                    "website": f"https://www.{host}",
                    "kind": "managed" if n % 3 == 0 else "unmanaged",
                    "account_manager_id": staff[n % len(staff)],
                },
            )
        )
    return write.apply(write.begin(actor, "create", title=f"Demo of {slug}: companies"), changes).ids


def _contacts(chance: random.Random, companies: list[int], actor: Actor) -> list[int]:
    hosts = {row.id: row.website.removeprefix("https://www.") for row in db.session.scalars(select(Company))}
    changes = []
    for company_id in companies:
        city, postcode, country = chance.choice(CITIES)
        for n in range(PEOPLE):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            login = f"{_plain(first)}.{_plain(last)}{n}@{hosts[company_id]}"
            changes.append(
                write.Create(
                    Contact,
                    {
                        "first_name": first,
                        "last_name": last,
                        "user_name": login,
                        "email": login,
                        "company": company_id,
                        "job_title": TITLES[n % len(TITLES)],
                        "phone": f"+49 40 {chance.randrange(100000, 999999)}",
                        "mobile": f"+49 171 {chance.randrange(1000000, 9999999)}" if n % 2 else None,
                        "city": city,
                        "postcode": postcode,
                        "country": country,
                        "language": "de" if country != "DK" else "da",
                        "time_zone": {"DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "AT": "Europe/Vienna"}[country],
                    },
                )
            )
    ids = write.apply(write.begin(actor, "create", title="Demo: people"), changes).ids
    primaries = [
        write.Update(Membership, row.id, {"company_primary": True, "sees_people": True, "sees_contracts": True})
        for row in db.session.scalars(select(Membership).where(Membership.contact_id.in_(ids[::PEOPLE])))
    ]
    write.apply(write.begin(actor, "edit", title="Demo: primary contacts"), primaries)
    return ids


def _contracts(chance: random.Random, companies: list[int], staff: list[int], actor: Actor) -> None:
    firsts: dict[int, int] = {}
    for row in db.session.scalars(select(Membership).order_by(Membership.contact_id)):
        firsts.setdefault(row.company_id, row.contact_id)
    kinds = [
        ("support_hours", "Support hours"),
        ("monthly_hours", "Monthly hours"),
        ("subscription", "Managed workplace"),
    ]
    kinds.append(("fixed_fee", "Flat fee with hours"))
    changes = []
    for n, company_id in enumerate(companies):
        for kind, words in kinds[: 1 + n % len(kinds)]:
            start = date.today() - timedelta(days=chance.randrange(10, 330))
            hours = chance.choice((10, 20, 40, 80)) if kind != "subscription" else None
            changes.append(
                write.Create(
                    Contract,
                    {
                        "description": f"{words} {start.year}",
                        "company_id": company_id,
                        "kind": kind,
                        "po_number": f"PO-{1000 + len(changes)}",
                        "starts_on": start,
                        "ends_on": start + timedelta(days=365),
                        "limited": hours is not None,
                        "minutes": hours * 60 if hours else None,
                        "threshold": hours * 45 if hours else None,
                        "customer_contact_id": firsts[company_id],
                        "support_contact_id": staff[n % len(staff)],
                        "support_manager_id": staff[2],
                    },
                )
            )
    write.apply(write.begin(actor, "create", title="Demo: contracts"), changes)


def _site_access(chance: random.Random, companies: list[int], contacts: list[int], actor: Actor) -> None:
    """A form that asks how technicians get in, filled in for the first few companies."""
    form = building.create({"name": "Site access", "about": "company"}, actor=actor)
    kinds = "Key at reception\nCode\nWith escort only"
    getting_in, on_site = {"section": "Getting in"}, {"section": "On site"}
    building.ask(
        form, "choice", {"label": "How to get in", "choices": kinds, "required": True, **getting_in}, actor=actor
    )
    asked = {"show_field": "how_to_get_in", "show_verb": "is", "show_value": "Code", "required": True}
    building.ask(form, "text", {"label": "Code of the door", "max": 20, **getting_in, **asked}, actor=actor)
    hours = {"label": "Opening hours", "portal": "view", **getting_in}
    building.ask(form, "text", hours, actor=actor)
    building.ask(form, "yes_no", {"label": "Safety briefing needed", "portal": "view", **on_site}, actor=actor)
    building.ask(
        form, "choices", {"label": "Bring along", "choices": "Badge\nSafety shoes\nLadder", **on_site}, actor=actor
    )
    building.ask(form, "reference", {"label": "Whom to call", "noun": "contact", **on_site}, actor=actor)
    building.publish(form, actor=actor)
    for n, company_id in enumerate(companies[:6]):
        made, _operation = filling.add(Company, company_id, form, actor=actor)
        values = {
            "custom-how_to_get_in": ("Code", "Key at reception", "With escort only")[n % 3],
            "custom-opening_hours": "Mon–Fri 8–17",
            "custom-safety_briefing_needed": n % 2 == 0,
            "custom-whom_to_call": contacts[n * PEOPLE],
        }
        values |= {"custom-code_of_the_door": f"{chance.randrange(1000, 9999)}#"} if n % 3 == 0 else {}
        filling.update(db.session.get(FilledForm, made), values, actor=actor)


def _portal_person(contact_id: int) -> dict:
    """Portal access for one primary contact."""
    password = secrets.token_urlsafe(12)
    db.session.add(Account(contact_id=contact_id, password_hash=passwords.hashed(password)))
    return {"email": db.session.get(Contact, contact_id).email, "password": password}


def _history(chance: random.Random, companies: list[int], contacts: list[int], staff: list[int]) -> None:
    """Some edits by the staff, so that the histories have something to show."""
    who = [
        Actor(person.name, account_id)
        for person, account_id in db.session.execute(
            select(Staff, Account.id).join(Account, Account.staff_id == Staff.id).where(Staff.id.in_(staff))
        )
    ]
    for n in range(30):
        contact = db.session.get(Contact, chance.choice(contacts))
        write.update(contact, {"phone": f"+49 431 {chance.randrange(10000, 99999)}"}, actor=who[n % len(who)])
        company = db.session.get(Company, chance.choice(companies))
        write.update(company, {"notes": f"Asked about offer {1000 + n}."}, actor=who[n % len(who)])


def _plain(name: str) -> str:
    """A name as it stands in an address."""
    table = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "ł": "l", "ç": "c"})
    return "".join(sign for sign in name.lower().translate(table) if sign.isascii() and sign.isalnum())
