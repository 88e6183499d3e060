"""The web domains of companies, and the field of a company that shows them."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from app.fields.kinds import Reference
from app.fields.kinds.host import Host
from app.fields.kinds.several import Several
from app.fields.record import Record
from app.fields.registry import field, related
from app.i18n import lazy_gettext as _l
from app.records.children import children
from app.records.constraints import constraint

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
