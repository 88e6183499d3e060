"""What pops up where a person is opened or chosen: the comment of the company, then that of the person."""

from dataclasses import dataclass

from sqlalchemy import select

from app.companies.models import Company
from tenants import db

from .models import Contact, Membership


@dataclass(frozen=True)
class Comment:
    """A comment, and of whom it is."""

    about: str
    text: str


def of(contact: Contact, of_companies: list[Comment]) -> list[Comment]:
    """The comments of somebody and of their companies, the companies' first."""
    own = [Comment(contact.full_name, contact.comment)] if contact.comment else []
    return of_companies + own


def of_companies(contact_id: int) -> list[Comment]:
    """The comments of somebody's companies, that of the primary one first."""
    rows = (
        select(Company.name, Company.comment)
        .join(Membership, Membership.company_id == Company.id)
        .where(Membership.contact_id == contact_id, Membership.withdrawn_at.is_(None), Company.comment != "")
        .order_by(Membership.is_primary.desc(), Company.name, Company.id)
    )
    return [Comment(name, text) for name, text in db.session.execute(rows)]
