"""Companies (the customers) and their departments."""

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Sequence,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.fields.kinds import Choice, Country, Email, Lines, LongText, Phone, Reference, TimeZone, Url, Whole, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import field
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint
from tenants import Tenanted

LIVE = text("withdrawn_at IS NULL")
GONE = text("withdrawn_at IS NOT NULL")
NUMBERS = Sequence("company_number_seq", start=1001, metadata=Tenanted.metadata)
KINDS = [("unmanaged", _l("Unmanaged")), ("managed", _l("Managed"))]
TICKETS = _l("Tickets")
COLLABORATORS = [
    ("primary", _l("The primary contacts")),
    ("members", _l("All members")),
    ("chosen", _l("Chosen people")),
]
UNIT_KINDS = [("department", _l("Department")), ("location", _l("Location")), ("area", _l("Area"))]

_SEARCH = (
    "extensions.fold(name || ' ' || coalesce(address, '') || ' ' || coalesce(website, '') || ' ' ||"
    " coalesce(email, '') || ' ' || number) || ' ' || extensions.digits(phone)"
)


class CustomerNumber(Whole):
    """The number by which a customer is known; it counts nothing, so its digits are not grouped."""

    numeric = False

    def format(self, value, locale=None) -> str:
        return self.plain(value)


class Company(Record):
    """A customer of the MSP: an organization whose people raise tickets."""

    __tablename__ = "company"
    __table_args__ = (
        Index("uq_company_name", text("extensions.fold(name)"), unique=True, postgresql_where=LIVE),
        Index("ix_company_name", text('extensions.fold(name) COLLATE "C"'), "id", postgresql_where=LIVE),
        Index("ix_company_created", "created_at", "id", postgresql_where=LIVE),
        Index("ix_company_updated", "updated_at", "id", postgresql_where=LIVE),
        Index("ix_company_deleted", "updated_at", "id", postgresql_where=GONE),
        Index("ix_company_number", "number", "id", postgresql_where=LIVE),
        Index(
            "ix_company_search",
            text("search_text extensions.gin_trgm_ops"),
            postgresql_using="gin",
            postgresql_where=LIVE,
        ),
        Index("ix_company_account_manager", "account_manager_id"),
        Index("ix_company_partner", "id", postgresql_where=text("is_partner AND withdrawn_at IS NULL")),
    )
    noun = "company"
    undo_permission = "companies.edit"
    companies_sql = "ARRAY[t.id]"

    number: Mapped[int] = field(
        CustomerNumber(_l("Customer ID")),
        listed=True,
        readonly=True,
        sheet="Customer ID",
        sortable=True,
        server_default=NUMBERS.next_value(),
    )
    name: Mapped[str] = field(
        TextKind(_l("Name"), max=64, required=True),
        portal="view",
        listed=True,
        fixed=True,
        sheet="Name",
        sortable=True,
    )
    kind: Mapped[str] = field(
        Choice(_l("Type"), choices=KINDS, required=True, default="unmanaged"),
        listed=True,
        fixed=True,
        sheet="Type",
        server_default="unmanaged",
    )
    external_system: Mapped[str | None] = field(
        TextKind(_l("Outside system"), max=64), fixed=True, sheet="External System", opens=""
    )
    external_id: Mapped[str | None] = field(
        TextKind(_l("ID in the outside system"), max=128), fixed=True, sheet="External ID", opens=""
    )
    address: Mapped[str | None] = field(LongText(_l("Address"), max=500), portal="view", sheet="Address")
    phone: Mapped[str | None] = field(Phone(_l("Phone"), max=40), portal="view", listed=True, sheet="Phone")
    email: Mapped[str | None] = field(Email(_l("E-mail"), max=254), portal="view", sheet="Email")
    website: Mapped[str | None] = field(Url(_l("Website"), max=500), portal="view", listed=True, sheet="Website")
    country: Mapped[str | None] = field(Country(_l("Country")), portal="view", sheet="Country")
    time_zone: Mapped[str | None] = field(TimeZone(_l("Time zone")), sheet="Time Zone")
    account_manager_id: Mapped[int | None] = field(
        Reference(_l("Account manager"), noun="staff"), portal="view", listed=True, sheet="Account Manager"
    )
    auto_assign: Mapped[bool] = field(
        YesNo(_l("Auto assignment"), help=_l("New tickets go to the account manager.")),
        section=TICKETS,
        sheet="Auto Assignment",
        opens="",
        server_default=text("false"),
    )
    collaborators: Mapped[str | None] = field(
        Choice(
            _l("Automated collaborators"),
            choices=COLLABORATORS,
            help=_l("They get a copy of what is written in the company's tickets, and can answer it. Empty: nobody."),
        ),
        section=TICKETS,
        sheet="Automated Collaborators",
        opens="",
    )
    is_partner: Mapped[bool] = field(
        YesNo(_l("Partner organization"), help=_l("Offered as the partner who looks after a contact.")),
        sheet="Partner Organization",
        opens="",
        server_default=text("false"),
    )
    comment: Mapped[str | None] = field(
        LongText(_l("Comment"), max=2_000, help=_l("Pops up wherever one of its people is opened or chosen.")), opens=""
    )
    notes: Mapped[str | None] = field(LongText(_l("Internal notes"), max=20000), sheet="Internal Notes", opens="")
    search_text: Mapped[str] = mapped_column(Text, Computed(_SEARCH, persisted=True), deferred=True)


constraint("uq_company_name", "name", _l("There is already a company with this name."))
Company.__table__.append_constraint(ForeignKeyConstraint(["account_manager_id"], ["staff.id"]))
referable("company", Source(Company, Company.name, url="/companies/{id}"))
_marked = aliased(Company)
# Where companies are marked as partners, only these are offered as such.
referable(
    "partner",
    Source(
        Company,
        Company.name,
        url="/companies/{id}",
        offered=lambda found: found.where(
            Company.is_partner | ~select(_marked.id).where(_marked.is_partner, _marked.withdrawn_at.is_(None)).exists()
        ),
    ),
)


class Department(Record):
    """An org unit: a part of a company, such as a department, a location or an area, perhaps within another one."""

    __tablename__ = "department"
    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "parent_id"], ["department.company_id", "department.id"], deferrable=True),
        Index("ix_department_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("uq_department_name", "company_id", text("extensions.fold(name)"), unique=True, postgresql_where=LIVE),
    )
    noun = "department"
    undo_permission = "companies.edit"
    goes_with = ("company_id",)

    company_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("company.id"))
    name: Mapped[str] = field(TextKind(_l("Name"), max=64, required=True), portal="view", listed=True)
    kind: Mapped[str] = field(
        Choice(_l("Type"), choices=UNIT_KINDS, required=True, default="department"),
        opens="",
        server_default="department",
    )
    parent_id: Mapped[int | None] = field(
        Reference(_l("Part of"), noun="department", help=_l("Empty: it stands right under the company.")),
        within="company_id",
        opens="",
    )
    rooms: Mapped[list[str] | None] = field(
        Lines(_l("Rooms"), of=TextKind(_l("Room"), max=32), max=200, help=_l("One on a line.")), opens=""
    )


constraint("uq_department_name", "name", _l("This company already has a department of this name."))
referable("department", Source(Department, Department.name, within=lambda company: Department.company_id == company))
