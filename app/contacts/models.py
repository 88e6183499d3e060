"""Contacts (people at companies), their memberships and their further e-mail addresses."""

from datetime import date

from sqlalchemy import BigInteger, Computed, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.companies.models import LIVE
from app.fields.kinds import Country, Date, Email, Language, LongText, Phone, Reference, Region, TimeZone, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import field
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint

ADDRESS = _l("Address")
REACH = _l("Phones")
WORK = _l("Work")

_SEARCH = (
    "extensions.fold(first_name || ' ' || last_name || ' ' || user_name || ' ' || email || ' ' ||"
    " coalesce(customer_id, '')) || ' ' || extensions.digits(phone) || ' ' || extensions.digits(mobile)"
)


def _sorted(name: str) -> Index:
    return Index(f"ix_contact_{name}", text(f'extensions.fold({name}) COLLATE "C"'), "id", postgresql_where=LIVE)


class Contact(Record):
    """A person at one or more companies."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("uq_contact_user_name", text("lower(user_name)"), unique=True, postgresql_where=LIVE),
        Index(
            "uq_contact_identity",
            text("lower(email)"),
            text("lower(first_name)"),
            text("lower(last_name)"),
            unique=True,
            postgresql_where=LIVE,
        ),
        *[_sorted(name) for name in ("last_name", "first_name", "user_name", "email")],
        Index("ix_contact_created", "created_at", "id", postgresql_where=LIVE),
        Index("ix_contact_updated", "updated_at", "id", postgresql_where=LIVE),
        Index(
            "ix_contact_search",
            text("search_text extensions.gin_trgm_ops"),
            postgresql_using="gin",
            postgresql_where=LIVE,
        ),
        Index("ix_contact_companies", "company_ids", postgresql_using="gin", postgresql_where=LIVE),
        Index("ix_contact_line_manager", "line_manager_id", postgresql_where=text("line_manager_id IS NOT NULL")),
        Index("ix_contact_partner", "partner_id", postgresql_where=text("partner_id IS NOT NULL")),
    )
    noun = "contact"
    in_step = ("company_ids",)
    undo_permission = "contacts.edit"
    companies_sql = "t.company_ids"
    portal_edits = True

    title: Mapped[str | None] = field(
        TextKind(_l("Title"), max=128), portal="edit", sheet="Title", synonyms=("salutation", "anrede", "prefix")
    )
    first_name: Mapped[str] = field(
        TextKind(_l("First name"), max=64, required=True),
        portal="edit",
        listed=True,
        sheet="First Name",
        synonyms=("given name", "forename", "vorname"),
        sortable=True,
    )
    last_name: Mapped[str] = field(
        TextKind(_l("Last name"), max=64, required=True),
        portal="edit",
        listed=True,
        sheet="Last Name",
        synonyms=("surname", "family name", "nachname", "name"),
        sortable=True,
    )
    user_name: Mapped[str] = field(
        TextKind(_l("User name"), max=64, required=True, unique=True),
        portal="view",
        opens="view",
        sheet="Username",
        synonyms=("login", "user", "benutzername", "login name"),
        sortable=True,
    )
    customer_id: Mapped[str | None] = field(
        TextKind(_l("Customer ID"), max=64),
        sheet="Customer ID",
        opens="view",
        synonyms=("kundennr", "kundennummer", "customer number"),
    )
    email: Mapped[str] = field(
        Email(_l("E-mail"), max=64, required=True),
        portal="view",
        opens="view",
        listed=True,
        sheet="Email Address",
        synonyms=("email", "mail", "e-mail-adresse", "primary email", "contact e-mails"),
        sortable=True,
    )
    job_title: Mapped[str | None] = field(
        TextKind(_l("Job title"), max=128),
        section=WORK,
        portal="edit",
        sheet="Job Title",
        synonyms=("position", "funktion", "role"),
    )
    line_manager_id: Mapped[int | None] = field(
        Reference(_l("Line manager"), noun="contact"),
        section=WORK,
        portal="view",
        sheet="Line Manager Username",
        synonyms=("manager", "supervisor", "vorgesetzter"),
    )
    partner_id: Mapped[int | None] = field(
        Reference(_l("Partner"), noun="company"), section=WORK, sheet="Partners Email", synonyms=("partner",), opens=""
    )
    phone: Mapped[str | None] = field(
        Phone(_l("Phone"), max=20),
        section=REACH,
        portal="edit",
        listed=True,
        sheet="Phone",
        synonyms=("telephone", "telefon", "phone numbers"),
    )
    mobile: Mapped[str | None] = field(
        Phone(_l("Mobile"), max=20), section=REACH, portal="edit", sheet="Mobile", synonyms=("cell", "mobil", "handy")
    )
    fax: Mapped[str | None] = field(Phone(_l("Fax"), max=20), section=REACH, portal="edit", sheet="Fax")
    pager: Mapped[str | None] = field(TextKind(_l("Pager"), max=32), section=REACH, portal="edit", sheet="Pager")
    address1: Mapped[str | None] = field(
        TextKind(_l("Address 1"), max=128),
        section=ADDRESS,
        portal="edit",
        sheet="Address 1",
        synonyms=("address", "street", "straße", "strasse", "adresse"),
    )
    address2: Mapped[str | None] = field(
        TextKind(_l("Address 2"), max=128), section=ADDRESS, portal="edit", sheet="Address 2"
    )
    city: Mapped[str | None] = field(
        TextKind(_l("City"), max=64), section=ADDRESS, portal="edit", sheet="City", synonyms=("town", "ort", "stadt")
    )
    postcode: Mapped[str | None] = field(
        TextKind(_l("Postcode"), max=20),
        section=ADDRESS,
        portal="edit",
        sheet="Postcode/Zip",
        synonyms=("postcode", "zip", "plz", "postal code", "zip code"),
    )
    country: Mapped[str | None] = field(
        Country(_l("Country")), section=ADDRESS, portal="edit", sheet="Country", synonyms=("land",)
    )
    state: Mapped[str | None] = field(
        Region(_l("State"), country="country", max=64),
        section=ADDRESS,
        portal="edit",
        sheet="State",
        synonyms=("region", "province", "bundesland", "kanton"),
    )
    time_zone: Mapped[str | None] = field(
        TimeZone(_l("Time zone")), portal="edit", sheet="Time Zone", synonyms=("zeitzone", "timezone")
    )
    language: Mapped[str | None] = field(
        Language(_l("Language")), portal="edit", sheet="Locale", synonyms=("language", "sprache", "email locale")
    )
    active: Mapped[bool] = field(YesNo(_l("Active"), default=True), opens="", server_default=text("true"))
    notes: Mapped[str | None] = field(
        LongText(_l("Notes"), max=100_000),
        sheet="Notes",
        synonyms=("bemerkung", "comment", "about", "comments"),
        opens="",
    )
    company_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    search_text: Mapped[str] = mapped_column(Text, Computed(_SEARCH, persisted=True), deferred=True)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


Contact.__table__.append_constraint(ForeignKeyConstraint(["line_manager_id"], ["contact.id"]))
Contact.__table__.append_constraint(ForeignKeyConstraint(["partner_id"], ["company.id"]))
constraint("uq_contact_user_name", "user_name", _l("Another contact has this user name."))
constraint(
    "uq_contact_identity", "email", _l("There is already a contact with this e-mail address, first and last name.")
)
referable(
    "contact",
    Source(
        Contact,
        Contact.first_name + " " + Contact.last_name,
        url="/contacts/{id}",
        within=lambda company: Contact.company_ids.overlap([company]),
    ),
)


class Membership(Record):
    """A contact's place at a company: role, department, rights in the portal, dates. One of them is primary."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("company_id", "contact_id"),
        ForeignKeyConstraint(["company_id", "department_id"], ["department.company_id", "department.id"]),
        Index("ix_membership_contact", "contact_id"),
        Index(
            "uq_membership_primary",
            "contact_id",
            unique=True,
            postgresql_where=text("is_primary AND withdrawn_at IS NULL"),
        ),
        Index("ix_membership_department", "department_id", postgresql_where=text("department_id IS NOT NULL")),
    )
    noun = "membership"
    undo_permission = "contacts.edit"
    part_of = "contact_id"

    company_id: Mapped[int] = field(Reference(_l("Company"), noun="company", required=True), fixed=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    department_id: Mapped[int | None] = field(
        Reference(_l("Department"), noun="department"), portal="view", within="company_id"
    )
    role: Mapped[str | None] = field(TextKind(_l("Role"), max=64), portal="view", listed=True)
    is_primary: Mapped[bool] = mapped_column(server_default=text("true"))
    company_primary: Mapped[bool] = field(
        YesNo(_l("Primary contact of the company")), portal="view", server_default=text("false")
    )
    department_primary: Mapped[bool] = field(
        YesNo(_l("Primary contact of the department")), portal="view", server_default=text("false")
    )
    sees_people: Mapped[bool] = field(YesNo(_l("May see the company's people")), server_default=text("false"))
    sees_contracts: Mapped[bool] = field(YesNo(_l("May see contracts and hours")), server_default=text("false"))
    notify: Mapped[bool] = field(YesNo(_l("Gets notifications"), default=True), server_default=text("true"))
    starts_on: Mapped[date | None] = field(Date(_l("Belongs here from")))
    ends_on: Mapped[date | None] = field(Date(_l("Belongs here until")))


Membership.__table__.append_constraint(ForeignKeyConstraint(["company_id"], ["company.id"]))
constraint("uq_membership_company_id_contact_id", "company", _l("This person already belongs to this company."))
constraint("uq_membership_primary", "company", _l("This person has another primary company already."))
constraint("fk_membership_company_id_department_id", "department", _l("This department is not one of this company."))


class Address(Record):
    """A further e-mail address of a contact: mail from it is taken as coming from that person."""

    __tablename__ = "contact_address"
    __table_args__ = (
        Index("uq_contact_address", "contact_id", text("lower(email)"), unique=True, postgresql_where=LIVE),
        Index("ix_contact_address_email", text("lower(email)"), postgresql_where=LIVE),
    )
    noun = "contact_address"
    undo_permission = "contacts.edit"
    part_of = "contact_id"
    companies_sql = "'{}'::bigint[]"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    email: Mapped[str] = mapped_column(Text)


constraint("uq_contact_address", "addresses", _l("An address stands here twice."))
