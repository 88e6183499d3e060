"""What the tests of merging look at: every row of an organization, and people and companies at random."""

import random

import app.contacts.merging  # noqa: F401  (what is special about contacts)
from app.companies.models import Company, Department
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.people.models import Account
from app.records import write
from app.records.actor import SYSTEM
from tenants import db

# What tells of writing itself: versions only ever grow, so that nobody takes an old state for the new one.
WRITTEN = ["version", "updated_at", "updated_op"]
# The journal, which only grows.
JOURNAL = ("operation", "change", "event", "job", "receipt", "session")


def rows_of(world, made_by: int | None = None) -> dict[str, list[str]]:
    """Every row of harbor but for the journal; without withdrawn ones that the operation `made_by` made."""
    schema = world.schema()
    names = world.sql("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'", schema)
    found = {}
    for name in sorted(row["relname"] for row in names if row["relname"] not in JOURNAL):
        # Whether something was taken away counts, not when: what came back in between was taken away anew.
        gone = "jsonb_build_object('withdrawn_at', to_jsonb(t) ->> 'withdrawn_at' IS NOT NULL)"
        query = f'SELECT (to_jsonb(t) - %s::text[] || {gone})::text AS row FROM {schema}."{name}" t'
        query += " WHERE (to_jsonb(t) ->> 'created_op')::bigint IS DISTINCT FROM %s"
        query += " OR to_jsonb(t) ->> 'withdrawn_at' IS NULL ORDER BY 1"
        found[name] = [row["row"] for row in world.sql(query, WRITTEN, made_by or 0)]
    return found


def counts(world) -> dict[str, int]:
    """How many rows there are of everything, withdrawn ones included."""
    return {name: len(rows) for name, rows in rows_of(world).items()}


def orphans(world) -> list[dict]:
    """Live rows that name a contact or a company that is not there any more."""
    schema = world.schema()
    queries = [
        f"SELECT '{table}' AS of, t.id FROM {schema}.{table} t JOIN {schema}.{there} w ON w.id = t.{column}"
        " WHERE t.withdrawn_at IS NULL AND w.withdrawn_at IS NOT NULL"
        for table, column, there in (
            *[("membership", "contact_id", "contact"), ("membership", "company_id", "company")],
            *[("contract", "customer_contact_id", "contact"), ("contract", "company_id", "company")],
            *[("department", "company_id", "company"), ("company_domain", "company_id", "company")],
            *[("contact", "line_manager_id", "contact"), ("contact", "partner_id", "company")],
            *[("contact_address", "contact_id", "contact"), ("membership", "department_id", "department")],
        )
    ]
    astray = (
        f"SELECT 'company_ids' AS of, c.id FROM {schema}.contact c WHERE withdrawn_at IS NULL AND company_ids <>"
        f" ARRAY(SELECT DISTINCT company_id FROM {schema}.membership m WHERE m.contact_id = c.id"
        " AND m.withdrawn_at IS NULL ORDER BY 1)"
    )
    primary = (
        f"SELECT 'primary' AS of, contact_id AS id FROM {schema}.membership WHERE withdrawn_at IS NULL"
        " GROUP BY 2 HAVING count(*) FILTER (WHERE is_primary) <> 1"
    )
    return [row for query in (*queries, astray, primary) for row in world.sql(query)]


def populate(chance: random.Random, cast) -> tuple[list[int], list[int]]:
    """Companies with people, departments, contracts and accounts that hang together at random; returns both ids."""
    companies = [write.create(Company, {"name": f"Random {n}"}, actor=SYSTEM) for n in range(4)]
    departments: dict[int, list[int]] = {}
    for company in companies:
        names = chance.sample(["Office", "Works", "Sales"], chance.randint(0, 3))
        made = [write.create(Department, {"company_id": company, "name": name}, actor=SYSTEM) for name in names]
        departments[company] = made
    people: list[int] = []
    for n in range(7):
        values = {"first_name": f"P{n}", "last_name": "Random", "user_name": f"random{n}", "email": f"r{n}@r.example"}
        values["addresses"] = chance.sample([f"x{m}@r.example" for m in range(4)], chance.randint(0, 3))
        values["phone"] = chance.choice([None, f"+49 30 {1000 + n}"])
        if people:
            values["line_manager_id"] = chance.choice([None, *people])
        values["partner_id"] = chance.choice([None, *companies])
        people.append(write.create(Contact, values, actor=SYSTEM))
        _belong(chance, people[-1], companies, departments)
        if chance.random() < 0.4:
            db.session.add(Account(contact_id=people[-1]))
    _contracts(chance, cast, companies)
    return people, companies


def _belong(chance: random.Random, person: int, companies: list[int], departments: dict[int, list[int]]) -> None:
    """Some memberships, of which some have ended for good."""
    for place, company in enumerate(chance.sample(companies, chance.randint(0, 4))):
        values = {
            "contact_id": person,
            "company_id": company,
            "is_primary": place == 0,
            "department_id": chance.choice([None, *departments[company]]),
            "role": chance.choice([None, "Chief"]),
            "sees_contracts": chance.random() < 0.5,
        }
        made = write.create(Membership, values, actor=SYSTEM)
        if place and chance.random() < 0.3:
            write.withdraw(db.session.get(Membership, made), actor=SYSTEM)


def _contracts(chance: random.Random, cast, companies: list[int]) -> None:
    for member in db.session.query(Membership).where(Membership.company_id.in_(companies)).order_by(Membership.id):
        if chance.random() < 0.4:
            values = {"description": "Random", "company_id": member.company_id, "kind": "subscription"}
            values |= {"customer_contact_id": member.contact_id, "support_contact_id": cast.ann}
            write.create(Contract, values, actor=SYSTEM)
