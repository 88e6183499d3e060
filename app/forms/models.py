"""Custom forms: what an organization asks about companies and contacts, the versions of each form, and the answers."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.companies.models import LIVE
from app.fields.kinds import Choice, LongText, Reference, Whole
from app.fields.kinds import Text as TextKind
from app.fields.models import CustomField
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import field
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint
from app.records.notes import COMPANIES

ABOUT = [("company", _l("Companies")), ("contact", _l("Contacts")), ("both", _l("Companies and contacts"))]


class Form(Record):
    """A form that can be added to the page of a company or a contact. Its questions are fields, see `CustomField`."""

    __tablename__ = "form"
    __table_args__ = (
        Index("uq_form_name", text("extensions.fold(name)"), unique=True, postgresql_where=LIVE),
        Index("ix_form_name", text('extensions.fold(name) COLLATE "C"'), "id", postgresql_where=LIVE),
    )
    noun = "form"
    undo_permission = "admin.fields"
    companies_sql = "'{}'::bigint[]"

    name: Mapped[str] = field(TextKind(_l("Name"), max=64, required=True), opens="", listed=True, sortable=True)
    about: Mapped[str] = field(
        Choice(_l("For"), choices=ABOUT, required=True, default="company"),
        opens="",
        listed=True,
        server_default="company",
    )
    description: Mapped[str | None] = field(
        LongText(_l("Description"), max=2000, help=_l("Shown above the questions.")), opens="", listed=True
    )


constraint("uq_form_name", "name", _l("There is already a form with this name."))
referable("form", Source(Form, Form.name))


class FormVersion(Record):
    """The questions of a form as they were published. A filled form keeps the version it was filled in with."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "number"),)
    noun = "form_version"
    undo_permission = "admin.fields"
    part_of = "form_id"
    companies_sql = "'{}'::bigint[]"

    form_id: Mapped[int] = field(Reference(_l("Form"), noun="form", required=True), fixed=True, opens="")
    number: Mapped[int] = field(Whole(_l("Version"), required=True), fixed=True, opens="")
    # Each question as `questions.snapshot` writes it down, in order.
    questions: Mapped[list] = mapped_column(JSONB)


class FilledForm(Record):
    """A form on the page of a company or contact, with its answers, which stand in `custom` by the questions' keys."""

    __tablename__ = "filled_form"
    __table_args__ = (
        CheckConstraint("num_nonnulls(contact_id, company_id) = 1", name="subject"),
        Index("uq_filled_form_contact", "contact_id", "form_id", unique=True, postgresql_where=LIVE),
        Index("uq_filled_form_company", "company_id", "form_id", unique=True, postgresql_where=LIVE),
        Index("ix_filled_form_form", "form_id", postgresql_where=LIVE),
    )
    noun = "filled_form"
    undo_permission = "forms.edit"
    goes_with = ("form_id", "contact_id", "company_id")
    companies_sql = COMPANIES

    form_id: Mapped[int] = field(Reference(_l("Form"), noun="form", required=True), fixed=True, opens="", listed=True)
    contact_id: Mapped[int | None] = field(Reference(_l("Contact"), noun="contact"), fixed=True, opens="", listed=True)
    company_id: Mapped[int | None] = field(Reference(_l("Company"), noun="company"), fixed=True, opens="", listed=True)
    form_version: Mapped[int] = field(Whole(_l("Version of the form"), required=True), readonly=True, opens="")
    position: Mapped[int] = mapped_column(Integer, server_default="0")


CustomField.__table__.append_constraint(ForeignKeyConstraint(["form_id"], ["form.id"]))
FormVersion.__table__.append_constraint(ForeignKeyConstraint(["form_id"], ["form.id"]))
for _columns, _targets in (
    (["form_id"], ["form.id"]),
    (["form_id", "form_version"], ["form_version.form_id", "form_version.number"]),
    (["contact_id"], ["contact.id"]),
    (["company_id"], ["company.id"]),
):
    FilledForm.__table__.append_constraint(ForeignKeyConstraint(_columns, _targets))

constraint("ck_filled_form_subject", "contact_id", _l("A form is filled in for one contact or one company."))
constraint("uq_filled_form_contact", "form_id", _l("This contact has this form already."))
constraint("uq_filled_form_company", "form_id", _l("This company has this form already."))
