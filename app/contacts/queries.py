"""Reading contacts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, false, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from app.companies.models import Company, Department
from app.fields.folding import folded
from app.fields.kinds.country_names import country_name
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.people.models import Account
from app.records import attachments, notes, read
from app.records.history import RECORD, Past
from app.records.lists import ListOf
from app.records.merged import former
from app.records.search import Search
from tenants import db

from . import origin  # noqa: F401  (declares fields of contacts)
from .addresses import Address
from .cards import Place as Workplace
from .memberships import companies_where, current_membership
from .models import Contact, Membership

# One and the same query, so that statements made of it are made once.
EVERYBODY = select(Contact)
# No more primary contacts and collaborators are named at a time.
MOST_LIAISONS = 50


def visible_to(viewer) -> Select:
    """Every contact that the viewer may see.

    Staff see all. In the portal people see themselves, and the people of their companies where a membership says so;
    the database limits both to the viewer's companies whatever is asked here.
    """
    if viewer.surface != "portal":
        return EVERYBODY
    own = Contact.id == viewer.contact_id
    if not viewer.may("portal.people"):
        return select(Contact).where(own)
    companies = companies_where(viewer.contact_id, Membership.sees_people)
    return select(Contact).where(own | (Contact.active & Contact.company_ids.overlap(companies)))


def get(contact_id: int, viewer) -> read.Loaded:
    """One contact with all fields; raises `NotFound`."""
    portal = viewer.surface == "portal"
    return read.load(Contact, contact_id, visible_to(viewer), fields_of(Contact, viewer), opened=portal)


def workplace(values: Mapping[str, Any]) -> Workplace:
    """The primary company and the department of a contact, as a business card names them."""
    found = db.session.execute(
        select(Company.name, Company.website, Department.name)
        .outerjoin(Department, Department.id == bindparam("department", type_=BigInteger))
        .where(Company.id == bindparam("company", type_=BigInteger)),
        {"company": values.get("company"), "department": values.get("department")},
    ).first()
    country = country_name(values["country"]) if values.get("country") else ""
    return Workplace(found[0], found[2] or "", found[1] or "", country) if found else Workplace(country=country)


def get_deleted(contact_id: int, viewer) -> read.Loaded:
    """One contact that was deleted, for the desk alone; raises `NotFound`."""
    return read.load(Contact, contact_id, EVERYBODY, fields_of(Contact, viewer), deleted=True)


def of_company(company_id: int, viewer) -> Select:
    """The contacts of one company."""
    return visible_to(viewer).where(Contact.company_ids.overlap([company_id]))


@dataclass(frozen=True)
class Belonging:
    """Where a contact belongs, and what opens the portal to them."""

    # A membership, its company's name and comment, and the department's rooms; the primary one first.
    memberships: list[Row]
    account: Account | None
    # Whether the address names others, too, among those who may sign in.
    is_shared: bool


def belonging(contact_id: int) -> Belonging:
    """The memberships and the account of a contact, in one statement."""
    rows = db.session.execute(_BELONGING, {"contact": contact_id}).all()
    account, is_shared = rows[0][4:]
    return Belonging([row[:4] for row in rows if row[0] is not None], account, is_shared)


# Made once: an alias of a wide table takes longer to make than a query to run.
_OTHER, _ACCOUNT = aliased(Contact), aliased(Account)
_SHARED = (
    select(_OTHER.id)
    .join(_ACCOUNT, _ACCOUNT.contact_id == _OTHER.id)
    .where(
        or_(
            func.lower(_OTHER.email) == func.lower(Contact.email),
            func.lower(_OTHER.user_name) == func.lower(Contact.email),
        ),
        _OTHER.id != Contact.id,
        _OTHER.withdrawn_at.is_(None),
        _OTHER.active,
        _ACCOUNT.enabled,
    )
    .correlate(Contact)
    .exists()
)
_BELONGING = (
    select(Membership, Company.name, Company.comment, Department.rooms, Account, _SHARED)
    .select_from(Contact)
    .outerjoin(Membership, (Membership.contact_id == Contact.id) & Membership.withdrawn_at.is_(None))
    .outerjoin(Company, Company.id == Membership.company_id)
    .outerjoin(Department, Department.id == Membership.department_id)
    .outerjoin(Account, Account.contact_id == Contact.id)
    .where(Contact.id == bindparam("contact"))
    .order_by(Membership.is_primary.desc(), Company.name)
)


def people_by_unit(company_id: int) -> dict[int, int]:
    """How many people belong to each org unit of a company."""
    rows = (
        select(Membership.department_id, func.count())
        .where(Membership.company_id == company_id, Membership.department_id.is_not(None))
        .where(Membership.withdrawn_at.is_(None))
        .group_by(Membership.department_id)
    )
    return dict(db.session.execute(rows).all())


@dataclass(frozen=True)
class Liaison:
    """Somebody of a company whom the desk turns to, or who gets copies of what is written in its tickets."""

    id: int
    name: str
    primary: bool
    copied: bool


def liaisons(company: Company) -> list[Liaison]:
    """The primary contacts of a company and the collaborators of its tickets, by name."""
    kinds = {"primary": Membership.company_primary, "members": true(), "chosen": Membership.collaborates}
    copied = kinds.get(company.collaborators or "", false())
    # Where all are copied they are not named one by one.
    named = Membership.company_primary | (copied if company.collaborators == "chosen" else false())
    rows = (
        select(Contact.id, Contact.first_name + " " + Contact.last_name, Membership.company_primary, copied)
        .join(Membership, Membership.contact_id == Contact.id)
        .where(Membership.company_id == company.id, current_membership(), named)
        .where(Contact.active, Contact.withdrawn_at.is_(None))
        .order_by(folded(Contact.last_name), folded(Contact.first_name), Contact.id)
        .limit(MOST_LIAISONS)
    )
    return [Liaison(*row) for row in db.session.execute(rows)]


def _by_company(first, most: int) -> Select:
    companies = select(Company.id).where(folded(Company.name).like(first, escape="\\"), Company.withdrawn_at.is_(None))
    return (
        select(Membership.contact_id)
        .where(Membership.company_id.in_(companies), Membership.withdrawn_at.is_(None))
        .limit(most)
    )


def _by_address(first, most: int) -> Select:
    """Who has a further e-mail address that begins so, or whose domain does."""
    domain = folded(func.split_part(Address.email, "@", 2)).like(func.ltrim(first, "@"), escape="\\")
    begins = folded(Address.email).like(first, escape="\\") | domain
    return select(Address.contact_id).where(begins, Address.withdrawn_at.is_(None)).limit(most)


# The initials of a person, and the picture where there is one.
FACE = (func.concat(func.left(Contact.first_name, 1), func.left(Contact.last_name, 1)), Contact.picture)
LIST = ListOf(
    Contact,
    face=FACE,
    sort="last_name",
    statuses=("active", "inactive", "deleted"),
    search=Search(
        (folded(Contact.last_name), folded(Contact.first_name), folded(Contact.user_name), folded(Contact.email)),
        Contact.search_text,
        (_by_company, _by_address),
        only=~Contact.exclude_from_search,
    ),
)


# A contact's history tells of memberships, further addresses, notes and files, too, and of everybody merged into it.
_FORMER = former("contact", RECORD)


def _of_them(owner) -> ColumnElement[bool]:
    return or_(owner == RECORD, owner == func.any(func.array(_FORMER.scalar_subquery())))


PAST = Past(
    "contact",
    (
        ("contact", _FORMER),
        ("membership", select(Membership.id).where(_of_them(Membership.contact_id))),
        ("contact_address", select(Address.id).where(_of_them(Address.contact_id))),
    ),
    (notes.part("contact_id"), attachments.part("contact_id")),
)


# --- the portal -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a person belongs today: company, department and role there."""

    company_id: int
    company: str
    department: str
    role: str


def places(contact_id: int) -> list[Place]:
    """The companies a contact belongs to today, the primary one first."""
    rows = db.session.execute(
        select(Company.id, Company.name, Department.name, Membership.role)
        .join(Company, Company.id == Membership.company_id)
        .outerjoin(Department, Department.id == Membership.department_id)
        .where(Membership.contact_id == contact_id, current_membership(), Company.withdrawn_at.is_(None))
        .order_by(Membership.is_primary.desc(), folded(Company.name), Company.id)
    )
    return [Place(number, company, department or "", role or "") for number, company, department, role in rows]


def companies_with_people(contact_id: int) -> dict[int, str]:
    """The companies whose people this contact may see, with their names."""
    rows = db.session.execute(
        select(Company.id, Company.name)
        .join(Membership, Membership.company_id == Company.id)
        .where(Membership.contact_id == contact_id, Membership.sees_people, current_membership())
        .where(Company.withdrawn_at.is_(None))
        .order_by(folded(Company.name), Company.id)
    )
    return {number: name for number, name in rows}


def people(viewer, company_id: int | None = None) -> Select:
    """The active people of the viewer's companies, of one of them where it is named."""
    companies = [company_id] if company_id else companies_where(viewer.contact_id, Membership.sees_people)
    return select(Contact).where(Contact.active, Contact.company_ids.overlap(companies))


def portal_list(fields: FieldSet) -> ListOf:
    """The list of people in the portal: found by those names and addresses that the portal shows."""
    shown = [getattr(Contact, name) for name in ("last_name", "first_name", "email") if name in fields]
    search = Search(tuple(folded(column) for column in shown), folded(func.concat_ws(" ", *shown))) if shown else None
    # In an order that can be seen: the marker of a page tells where it ends.
    sort = next((column.key for column in shown), "id")
    letters = [func.left(column, 1) for column in reversed(shown[:2])]
    face = (func.concat(*letters) if letters else literal(""), Contact.picture)
    return ListOf(Contact, sort=sort, search=search, moments=(), face=face)


def companies_of(contact_ids: Iterable[int], viewer_id: int) -> dict[int, list[str]]:
    """For each of these people the names of those companies whose people the viewer may see."""
    mine = companies_where(viewer_id, Membership.sees_people)
    member = aliased(Membership)
    rows = db.session.execute(
        select(member.contact_id, Company.name)
        .join(Company, Company.id == member.company_id)
        .where(member.contact_id.in_(contact_ids), member.withdrawn_at.is_(None), member.company_id == func.any(mine))
        .order_by(folded(Company.name))
    )
    found: dict[int, list[str]] = {}
    for contact_id, name in rows:
        found.setdefault(contact_id, []).append(name)
    return found
