"""The people of the test world: two organizations with the same companies, people, contracts and ids.

Everything is made through the application's own verbs, in the same order in both organizations, so that a record has
the same id in both. `harbor` is the organization that tests work in, `summit` the one they must not reach.

    company    people
    Acme       Ina (portal: people and contracts), Otto (portal: nothing more), Dora (deactivated), Ben (also at Xacme)
    Xacme      Xena (portal: people and contracts); its domain xacme.example ends like Acme's acme.example
    Nordlys    Nils (portal: nothing more), Nora (no portal access)

Staff: Ann (technician), Sue (supervisor), Adam (administrator).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

import app.companies.domains  # noqa: F401  (declares the field `domains`)
from app.companies.models import Company, Department
from app.contacts.memberships import primary_memberships
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.people import actions, passwords
from app.people.models import Account
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db, scope

HOSTS = {"harbor": ("harbor.test", "localhost"), "summit": ("summit.test",)}
NAMES = {"harbor": "Harbor IT", "summit": "Summit IT"}

STAFF = (
    ("ann", "Ann Tanner", "technician"),
    ("sue", "Sue Palmer", "supervisor"),
    ("adam", "Adam Osei", "administrator"),
)
PORTAL = ("ina", "otto", "dora", "ben", "xena", "nils")


def password(person: str) -> str:
    """The password of a person of the cast."""
    return f"{person} keeps nine lanterns lit"


@dataclass(frozen=True)
class Cast:
    """The ids of everybody and everything, the same in both organizations."""

    # staff
    ann: int
    sue: int
    adam: int
    # companies
    acme: int
    xacme: int
    nordlys: int
    # departments
    acme_purchasing: int
    acme_support: int
    nordlys_office: int
    # contacts
    ina: int
    otto: int
    dora: int
    ben: int
    xena: int
    nils: int
    nora: int
    # contracts
    acme_support_hours: int
    acme_subscription: int
    xacme_fixed_fee: int
    nordlys_support_hours: int
    # account ids, of everybody who has a password
    accounts: dict[str, int]


def make_cast(slug: str) -> Cast:
    """Make the people of one organization; returns their ids."""
    with scope(slug):
        ids: dict[str, int] = {}
        for make in (_staff, _companies, _contacts, _contracts):
            ids |= make(ids)
        of_staff = dict(db.session.execute(select(Account.staff_id, Account.id)).all())
        accounts = {person: of_staff[ids[person]] for person, _, _ in STAFF}
        return Cast(**ids, accounts=accounts | _portal_accounts(ids))


def _staff(_ids: dict[str, int]) -> dict[str, int]:
    return {
        person: actions.create_staff(
            {"name": name, "email": f"{person}@desk.example", "role": role},
            password=password(person),
            must_change=False,
            actor=SYSTEM,
        )
        for person, name, role in STAFF
    }


def _companies(ids: dict[str, int]) -> dict[str, int]:
    """Three customers with a domain each, and their departments."""
    made = {}
    for key, name, domain, country in (
        ("acme", "Acme", "acme.example", "DE"),
        ("xacme", "Xacme", "xacme.example", "AT"),
        ("nordlys", "Nordlys", "nordlys.example", "NO"),
    ):
        values = {
            "name": name,
            "kind": "managed",
            "address": f"{name} Street 1",
            "phone": "+49 30 901820",
            "email": f"office@{domain}",
            "website": f"https://{domain}",
            "country": country,
            "time_zone": "Europe/Berlin",
            "notes": f"What the desk knows of {name}.",
            "account_manager_id": ids["sue"],
            "domains": [domain],
        }
        made[key] = create(Company, values, actor=SYSTEM)
    for key, company, name in (
        ("acme_purchasing", "acme", "Purchasing"),
        ("acme_support", "acme", "Support"),
        ("nordlys_office", "nordlys", "Office"),
    ):
        made[key] = create(Department, {"company_id": made[company], "name": name}, actor=SYSTEM)
    return made


def _contacts(ids: dict[str, int]) -> dict[str, int]:
    """People with what they may see in the portal, on their membership."""
    made: dict[str, int] = {}
    everything = {"sees_people": True, "sees_contracts": True}
    for person, first, last, company, department, rights in (
        ("ina", "Ina", "Berg", "acme", "acme_purchasing", everything | {"company_primary": True}),
        ("otto", "Otto", "Lind", "acme", "acme_support", {}),
        ("dora", "Dora", "Voss", "acme", None, {}),
        ("ben", "Ben", "Ruiz", "acme", None, everything),
        ("xena", "Xena", "Holm", "xacme", None, everything),
        ("nils", "Nils", "Dahl", "nordlys", "nordlys_office", {}),
        ("nora", "Nora", "Strand", "nordlys", None, {}),
    ):
        values: dict[str, Any] = {
            "first_name": first,
            "last_name": last,
            "user_name": person,
            "email": f"{person}@{company}.example",
            "job_title": "Buyer",
            "phone": "+49 30 901820",
            "city": "Berlin",
            "country": "DE",
            "notes": f"What the desk knows of {first}.",
            "company": ids[company],
            "department": ids.get(department),
        }
        if person == "otto":
            values |= {"line_manager_id": made["ina"], "addresses": ["otto.lind@acme.example"]}
        made[person] = create(Contact, values, actor=SYSTEM)
        if rights:
            update(primary_memberships([made[person]])[made[person]], rights, actor=SYSTEM)
    second = {"contact_id": made["ben"], "company_id": ids["xacme"], "is_primary": False, **everything}
    create(Membership, second, actor=SYSTEM)
    update(db.session.get(Contact, made["dora"]), {"active": False}, actor=SYSTEM)
    return made


def _contracts(ids: dict[str, int]) -> dict[str, int]:
    made = {}
    for key, company, person, kind, minutes in (
        ("acme_support_hours", "acme", "ina", "support_hours", 6000),
        ("acme_subscription", "acme", "otto", "subscription", None),
        ("xacme_fixed_fee", "xacme", "xena", "fixed_fee", 1200),
        ("nordlys_support_hours", "nordlys", "nils", "support_hours", 600),
    ):
        values = {
            "description": f"Care {company} {kind}",
            "company_id": ids[company],
            "kind": kind,
            "po_number": "PO-4711",
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2027, 12, 31),
            "limited": minutes is not None,
            "minutes": minutes,
            "customer_contact_id": ids[person],
            "support_contact_id": ids["ann"],
            "support_manager_id": ids["sue"],
            "notes": f"What the desk knows of this contract of {company}.",
        }
        made[key] = create(Contract, values, actor=SYSTEM)
    return made


def _portal_accounts(ids: dict[str, int]) -> dict[str, int]:
    """Portal access; Dora has it too, so that a deactivated person is one who could sign in otherwise."""
    made = [Account(contact_id=ids[person], password_hash=passwords.hashed(password(person))) for person in PORTAL]
    db.session.add_all(made)
    db.session.flush()
    return {person: account.id for person, account in zip(PORTAL, made, strict=True)}
