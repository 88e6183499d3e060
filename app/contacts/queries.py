"""Reading contacts."""

from sqlalchemy import Select, select

from app.companies.models import Company
from app.fields.folding import folded
from app.fields.settings import fields_of
from app.records import read
from app.records.lists import ListOf
from app.records.search import Search
from tenants import db

from .models import Address, Contact, Membership


def visible_to(viewer) -> Select:
    """Every contact that the viewer may see.

    Staff see all. In the portal people see themselves, and the people of their companies where a membership says so;
    the database limits both to the viewer's companies whatever is asked here.
    """
    everybody = select(Contact)
    if viewer.surface != "portal":
        return everybody
    own = Contact.id == viewer.contact_id
    return everybody.where(Contact.active) if viewer.may("portal.people") else everybody.where(own)


def get(contact_id: int, viewer) -> read.Loaded:
    """One contact with all fields; raises `NotFound`."""
    return read.load(Contact, contact_id, visible_to(viewer), fields_of(Contact, viewer))


def of_company(company_id: int, viewer) -> Select:
    """The contacts of one company."""
    return visible_to(viewer).where(Contact.company_ids.overlap([company_id]))


def memberships(contact_id: int) -> list[tuple[Membership, str]]:
    """A contact's memberships with the companies' names, the primary one first."""
    rows = db.session.execute(
        select(Membership, Company.name)
        .join(Company, Company.id == Membership.company_id)
        .where(Membership.contact_id == contact_id, Membership.withdrawn_at.is_(None))
        .order_by(Membership.is_primary.desc(), Company.name)
    )
    return list(rows.tuples())


def _by_company(first, most: int) -> Select:
    companies = select(Company.id).where(folded(Company.name).like(first, escape="\\"), Company.withdrawn_at.is_(None))
    return (
        select(Membership.contact_id)
        .where(Membership.company_id.in_(companies), Membership.withdrawn_at.is_(None))
        .limit(most)
    )


LIST = ListOf(
    Contact,
    sort="last_name",
    search=Search(
        (folded(Contact.last_name), folded(Contact.first_name), folded(Contact.user_name), folded(Contact.email)),
        Contact.search_text,
        (_by_company,),
    ),
)


def beside(contact_id: int) -> list[tuple[str, list[int]]]:
    """The rows that hold a contact's memberships and further addresses, for its history."""
    return [
        ("membership", list(db.session.scalars(select(Membership.id).where(Membership.contact_id == contact_id)))),
        ("contact_address", list(db.session.scalars(select(Address.id).where(Address.contact_id == contact_id)))),
    ]
