"""Reading contracts."""

from sqlalchemy import Select, false, func, select

from app.contacts.memberships import companies_where
from app.contacts.models import Membership
from app.fields.folding import folded
from app.fields.settings import fields_of
from app.records import read
from app.records.history import Past
from app.records.lists import ListOf
from app.records.search import Search

from .models import Contract

# One and the same query, so that statements made of it are made once.
ALL = select(Contract)


def visible_to(viewer) -> Select:
    """Every contract that the viewer may see; in the portal only where a membership grants it."""
    if viewer.surface != "portal":
        return ALL
    if not viewer.may("portal.contracts"):
        return select(Contract).where(false())
    companies = companies_where(viewer.contact_id, Membership.sees_contracts)
    return select(Contract).where(Contract.company_id == func.any(companies))


def get(contract_id: int, viewer) -> read.Loaded:
    """One contract with all fields; raises `NotFound`."""
    portal = viewer.surface == "portal"
    return read.load(Contract, contract_id, visible_to(viewer), fields_of(Contract, viewer), opened=portal)


def get_deleted(contract_id: int, viewer) -> read.Loaded:
    """One contract that was deleted, for the desk alone; raises `NotFound`."""
    return read.load(Contract, contract_id, ALL, fields_of(Contract, viewer), deleted=True)


def of_company(company_id: int, viewer) -> Select:
    """The contracts of one company."""
    return visible_to(viewer).where(Contract.company_id == company_id)


PAST = Past("contract")
LIST = ListOf(
    Contract,
    sort="description",
    statuses=("deleted",),
    search=Search((folded(Contract.description),), folded(Contract.description)),
)
