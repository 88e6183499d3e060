"""Contacts (people at companies) and their memberships."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.companies.models import GONE, LIVE
from app.fields.kinds import (
    Among,
    Choice,
    Country,
    Date,
    Email,
    Language,
    LongText,
    Phone,
    Reference,
    Region,
    Suggested,
    TimeZone,
    Url,
    YesNo,
)
from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import FIRST, Related, field, related
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint

from .names import PARTS, FullName

ADDRESS = _l("Address")
REACH = _l("Phones")
WORK = _l("Work")
SERVICE = _l("Service")
PERSONAL = _l("Personal and social")
DIRECTORY = _l("Directory")
# Offered for a start; an organization has a list of its own.
TITLES = ("Mr.", "Ms.", "Mrs.", "Herr", "Frau", "Dr.", "Prof.", "Prof. Dr.")
LEVELS = [("bronze", _l("Bronze")), ("silver", _l("Silver")), ("gold", _l("Gold")), ("platinum", _l("Platinum"))]
EMPLOYED = [("employed", _l("Employed")), ("on_leave", _l("On leave")), ("left", _l("Has left"))]

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
        Index("ix_contact_deleted", "updated_at", "id", postgresql_where=GONE),
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
    read_along = ("picture",)

    title: Mapped[str | None] = field(
        Suggested(_l("Title"), choices=TITLES, max=128),
        portal="edit",
        sheet="Title",
        synonyms=("salutation", "anrede", "prefix"),
        own_choices=True,
    )
    first_name: Mapped[str] = field(
        TextKind(_l("First name"), max=64, required=True),
        portal="edit",
        listed=True,
        sheet="First Name",
        synonyms=("given name", "forename", "vorname"),
        sortable=True,
    )
    middle_name: Mapped[str | None] = field(
        TextKind(_l("Middle name"), max=64), sheet="Middle Name", synonyms=("second name", "zweiter vorname")
    )
    last_name: Mapped[str] = field(
        TextKind(_l("Last name"), max=64, required=True),
        portal="edit",
        listed=True,
        sheet="Last Name",
        synonyms=("surname", "family name", "nachname", "name"),
        sortable=True,
    )
    suffix: Mapped[str | None] = field(
        TextKind(_l("Suffix"), max=64), sheet="Suffix", synonyms=("name suffix", "namenszusatz")
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
    send_to: Mapped[str | None] = field(
        Among(_l("Send to"), among=("email", "addresses"), help=_l("Empty: the e-mail address above.")), opens="view"
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
        Reference(_l("Partner"), noun="partner"), section=WORK, sheet="Partners Email", synonyms=("partner",), opens=""
    )
    employee_id: Mapped[str | None] = field(
        TextKind(_l("Employee ID"), max=64),
        section=WORK,
        sheet="Employee ID",
        synonyms=("personnel number", "personalnummer"),
        opens="view",
        hidden=True,
    )
    employee_status: Mapped[str | None] = field(
        Choice(_l("Employee status"), choices=EMPLOYED),
        section=WORK,
        sheet="Employee Status",
        opens="view",
        hidden=True,
        own_choices=True,
    )
    sla_level: Mapped[str | None] = field(
        Choice(_l("SLA level"), choices=LEVELS),
        section=SERVICE,
        sheet="SLA Level",
        synonyms=("sla subscription level", "subscription level"),
        opens="view",
        own_choices=True,
    )
    last_survey_on: Mapped[date | None] = field(
        Date(_l("Last survey")), section=SERVICE, sheet="Last Survey Date", opens="", hidden=True
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
    mobile_carrier: Mapped[str | None] = field(
        TextKind(_l("Mobile carrier"), max=64), section=REACH, sheet="Mobile Carrier", opens="view", hidden=True
    )
    sms_number: Mapped[str | None] = field(
        Phone(_l("Text messages to"), max=20, help=_l("Empty: the mobile number.")),
        section=REACH,
        sheet="SMS Number",
        opens="view",
        hidden=True,
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
    address3: Mapped[str | None] = field(
        TextKind(_l("Address 3"), max=128), section=ADDRESS, sheet="Address 3", hidden=True
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
    personal_email: Mapped[str | None] = field(
        Email(_l("Personal e-mail"), max=254), section=PERSONAL, sheet="Personal Email", hidden=True
    )
    twitter: Mapped[str | None] = field(
        TextKind(_l("Twitter / X"), max=64), section=PERSONAL, sheet="Twitter", hidden=True
    )
    facebook: Mapped[str | None] = field(Url(_l("Facebook"), max=500), section=PERSONAL, sheet="Facebook", hidden=True)
    linkedin: Mapped[str | None] = field(Url(_l("LinkedIn"), max=500), section=PERSONAL, sheet="LinkedIn", hidden=True)
    network_id: Mapped[str | None] = field(
        TextKind(_l("Network ID"), max=128), section=DIRECTORY, sheet="Network ID", opens="", hidden=True
    )
    sam_account_name: Mapped[str | None] = field(
        TextKind(_l("SAM account name"), max=256),
        section=DIRECTORY,
        sheet="SAM Account Name",
        synonyms=("samaccountname",),
        opens="",
        hidden=True,
    )
    time_zone: Mapped[str | None] = field(
        TimeZone(_l("Time zone")), portal="edit", sheet="Time Zone", synonyms=("zeitzone", "timezone")
    )
    language: Mapped[str | None] = field(
        Language(_l("Language")), portal="edit", sheet="Locale", synonyms=("language", "sprache", "email locale")
    )
    active: Mapped[bool] = field(YesNo(_l("Active"), default=True), opens="", server_default=text("true"))
    exclude_from_search: Mapped[bool] = field(
        YesNo(_l("Exclude from search"), help=_l("Not found by searching or when somebody is chosen; filters do.")),
        opens="",
        server_default=text("false"),
    )
    comment: Mapped[str | None] = field(
        LongText(_l("Comment"), max=2_000, help=_l("Pops up wherever this person is opened or chosen.")), opens=""
    )
    notes: Mapped[str | None] = field(
        LongText(_l("Notes"), max=100_000),
        sheet="Notes",
        synonyms=("bemerkung", "comment", "about", "comments"),
        opens="",
    )
    company_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    # A hash of the person's picture, and the picture itself by its size, see `pictures`.
    picture: Mapped[str | None] = mapped_column(Text)
    pictures: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    search_text: Mapped[str] = mapped_column(Text, Computed(_SEARCH, persisted=True), deferred=True)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


Contact.__table__.append_constraint(ForeignKeyConstraint(["line_manager_id"], ["contact.id"]))
Contact.__table__.append_constraint(ForeignKeyConstraint(["partner_id"], ["company.id"]))
related(
    Contact,
    "full_name",
    FullName(_l("Full name"), max=384, required=True),
    Related(
        lambda model: func.concat_ws(" ", *(func.nullif(getattr(model, part), "") for part in PARTS), type_=Text),
        spread=FullName.parts,
    ),
    after=FIRST,
    opens="",
)
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
        comments="/contacts/{id}/comments",
        offered=lambda found: found.where(~Contact.exclude_from_search),
        within=lambda company: Contact.company_ids.overlap([company]),
    ),
)


class Membership(Record):
    """A contact's place at a company: role, department, rights in the portal, dates. One of them is primary."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("company_id", "contact_id"),
        ForeignKeyConstraint(
            ["company_id", "department_id"], ["department.company_id", "department.id"], deferrable=True
        ),
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
    room: Mapped[str | None] = field(
        Among(_l("Room"), max=32, among=("rooms",), help=_l("One of the rooms of the department.")),
        opens="view",
        hidden=True,
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
    collaborates: Mapped[bool] = field(
        YesNo(_l("Collaborates in the company's tickets"), help=_l("Counts where the company has chosen people.")),
        opens="",
        server_default=text("false"),
    )
    notify: Mapped[bool] = field(YesNo(_l("Gets notifications"), default=True), server_default=text("true"))
    starts_on: Mapped[date | None] = field(Date(_l("Belongs here from")))
    ends_on: Mapped[date | None] = field(Date(_l("Belongs here until")))


Membership.__table__.append_constraint(ForeignKeyConstraint(["company_id"], ["company.id"]))
constraint("uq_membership_company_id_contact_id", "company", _l("This person already belongs to this company."))
constraint("uq_membership_primary", "company", _l("This person has another primary company already."))
constraint("fk_membership_company_id_department_id", "department", _l("This department is not one of this company."))
