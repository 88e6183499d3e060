"""The web domains of companies, and the field of a company that shows them."""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Select, select
from sqlalchemy.orm import Mapped

from app.fields.errors import FieldError, FieldErrors
from app.fields.folding import folded
from app.fields.kinds import Reference
from app.fields.kinds.host import Host
from app.fields.kinds.several import Several
from app.fields.record import Record
from app.fields.registry import field, related
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import read
from app.records.actor import Actor
from app.records.children import children
from app.records.constraints import constraint
from app.records.lists import ListOf
from app.records.models import Operation
from app.records.search import Search
from app.records.write import begin, create, withdraw
from tenants import db

from .models import LIVE, Company


class Domain(Record):
    """A web domain of a company: whoever writes from an address in it belongs to that company."""

    __tablename__ = "company_domain"
    __table_args__ = (
        Index("uq_company_domain_name", "name", unique=True, postgresql_where=LIVE),
        Index("ix_company_domain_company", "company_id"),
    )
    noun = "company_domain"
    undo_permission = "companies.edit"
    part_of = "company_id"

    name: Mapped[str] = field(Host(_l("Web domain"), max=253, required=True), listed=True)
    company_id: Mapped[int] = field(Reference(_l("Company"), noun="company", required=True), listed=True)


Domain.__table__.append_constraint(ForeignKeyConstraint(["company_id"], ["company.id"]))
constraint("uq_company_domain_name", "domains", _l("This web domain belongs to another company."))


related(
    Company,
    "domains",
    Several(
        _l("Web domains"),
        of=Host(_l("Web domain"), max=253),
        max=50,
        help=_l("People who write from an address in one of these domains belong to this company."),
    ),
    children(Domain, "company_id", "name"),
    after="kind",
    listed=True,
    portal="view",
    sheet="Web Domains",
)


def _by_company(first, most: int) -> Select:
    companies = select(Company.id).where(folded(Company.name).like(first, escape="\\"), Company.withdrawn_at.is_(None))
    return select(Domain.id).where(Domain.company_id.in_(companies), Domain.withdrawn_at.is_(None)).limit(most)


LIST = ListOf(Domain, sort="name", search=Search((folded(Domain.name),), folded(Domain.name), (_by_company,)))


def visible_to(viewer) -> Select:
    """Every web domain; the desk sees all."""
    return select(Domain)


def get(domain_id: int, viewer) -> read.Loaded:
    """One web domain; raises `NotFound`."""
    return read.load(Domain, domain_id, visible_to(viewer), fields_of(Domain, viewer))


def add(values: dict[str, Any], *, actor: Actor) -> Operation:
    """Give a company one more web domain. Raises `FieldErrors` when some company has it already."""
    same = select(Domain.company_id).where(Domain.name == values["name"], Domain.withdrawn_at.is_(None))
    if db.session.scalar(same) == values["company_id"]:
        raise FieldErrors({"name": FieldError(_("This company has this web domain already."), code="taken")})
    try:
        with db.session.begin_nested():
            operation = begin(actor, "create", title=_("Web domain %(name)s", name=values["name"]))
            create(Domain, values, actor=actor, operation=operation)
    except FieldErrors as error:
        raise FieldErrors({"name": next(iter(error.errors.values()))}) from error
    return operation


def remove(domain: Domain, *, actor: Actor) -> Operation:
    """Take a web domain from its company."""
    operation = begin(actor, "withdraw", title=_("Web domain %(name)s removed", name=domain.name))
    return withdraw(domain, actor=actor, operation=operation)
