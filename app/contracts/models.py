"""Contracts: what a company has bought, for how long, and for how many hours."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped

from app.companies.models import GONE, LIVE
from app.fields.kinds import Choice, Date, Duration, LongText, Reference, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import field
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint

TERM = _l("Term")
HOURS = _l("Hours")
PEOPLE = _l("People")

KINDS = [
    ("subscription", _l("Subscription")),
    ("support_hours", _l("Support hours")),
    ("monthly_hours", _l("Hours by month")),
    ("fixed_fee", _l("Fixed fee with prepaid hours")),
]


class Contract(Record):
    """An agreement held by a company. Its customer contact is one of that company's people."""

    __tablename__ = "contract"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "customer_contact_id"],
            ["membership.company_id", "membership.contact_id"],
            deferrable=True,
        ),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="term"),
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes"),
        Index("ix_contract_company", "company_id", "id"),
        Index("ix_contract_contact", "company_id", "customer_contact_id"),
        Index("ix_contract_name", text('extensions.fold(description) COLLATE "C"'), "id", postgresql_where=LIVE),
        Index("ix_contract_deleted", "updated_at", "id", postgresql_where=GONE),
        Index("ix_contract_ends", "ends_on", "id", postgresql_where=LIVE),
        Index("ix_contract_support", "support_contact_id"),
    )
    noun = "contract"
    undo_permission = "contracts.edit"

    description: Mapped[str] = field(
        TextKind(_l("Description"), max=128, required=True), portal="view", listed=True, sortable=True
    )
    company_id: Mapped[int] = field(
        Reference(_l("Company"), noun="company", required=True), portal="view", listed=True, fixed=True
    )
    kind: Mapped[str] = field(
        Choice(_l("Type"), choices=KINDS, required=True, default="support_hours"),
        portal="view",
        listed=True,
        server_default="support_hours",
    )
    po_number: Mapped[str | None] = field(TextKind(_l("Purchase order number"), max=64), portal="view")
    starts_on: Mapped[date | None] = field(Date(_l("Start date")), section=TERM, portal="view", listed=True)
    ends_on: Mapped[date | None] = field(Date(_l("End date")), section=TERM, portal="view", listed=True, sortable=True)
    limited: Mapped[bool] = field(
        YesNo(_l("Contract has hour restriction")), section=HOURS, portal="view", server_default=text("false")
    )
    minutes: Mapped[int | None] = field(Duration(_l("Contract hours")), section=HOURS, portal="view", listed=True)
    threshold: Mapped[int | None] = field(Duration(_l("Notice threshold")), section=HOURS, opens="")
    customer_contact_id: Mapped[int] = field(
        Reference(_l("Customer contact"), noun="contact", required=True),
        section=PEOPLE,
        portal="view",
        within="company_id",
    )
    support_contact_id: Mapped[int] = field(
        Reference(_l("Support contact"), noun="staff", required=True), section=PEOPLE, portal="view"
    )
    support_manager_id: Mapped[int | None] = field(
        Reference(_l("Support manager"), noun="staff"), section=PEOPLE, opens=""
    )
    notes: Mapped[str | None] = field(LongText(_l("Notes"), max=20000), opens="")


for name, target in (
    ("company_id", "company.id"),
    ("support_contact_id", "staff.id"),
    ("support_manager_id", "staff.id"),
):
    Contract.__table__.append_constraint(ForeignKeyConstraint([name], [target]))
constraint("ck_contract_term", "ends_on", _l("The end date lies before the start date."))
constraint(
    "fk_contract_company_id_customer_contact_id", "customer_contact_id", _l("This person is not at this company.")
)
referable("contract", Source(Contract, Contract.description, url="/contracts/{id}"))
