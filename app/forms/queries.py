"""Reading forms, their versions, and the filled ones of a company or contact."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, Select, bindparam, func, select

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.folding import folded
from app.fields.models import CustomField
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from app.fields.settings import fields_of
from app.records import read
from app.records.errors import NotFound
from app.records.history import RECORD, Past, beside
from app.records.lists import ListOf
from app.records.models import Operation
from tenants import db

from . import questions
from .models import FilledForm, Form, FormVersion
from .questions import Question

# --- filled forms -----------------------------------------------------------------------------------------------------

ALL = select(FilledForm)
LIST = ListOf(FilledForm, sort="id")
PAST = Past("filled_form")
for _noun, _column in (("contact", FilledForm.contact_id), ("company", FilledForm.company_id)):
    beside(_noun, "filled_form", select(FilledForm.id).where(_column == RECORD))


@dataclass
class Filled(read.Loaded):
    """A filled form: its answers, the form's name, and the questions of the version it was filled in with."""

    name: str = ""
    description: str = ""
    questions: list[Question] = field(default_factory=list)
    # The newest version of the form.
    newest: int = 0

    @property
    def about(self) -> tuple[type[Record], int]:
        """The company or contact that it is filled in for."""
        company_id = self.record.company_id
        return (Company, company_id) if company_id else (Contact, self.record.contact_id)

    @property
    def path(self) -> str:
        """The address of that record."""
        model, record_id = self.about
        return f"/{'contacts' if model is Contact else 'companies'}/{record_id}"

    @cached_property
    def fields(self) -> FieldSet:
        """The questions that are asked, as the answers have it."""
        return FieldSet(FilledForm, tuple(questions.walk(self.questions, lambda entry: self.values.get(entry.name))))

    @property
    def missing(self) -> list[Field]:
        """The questions that still need an answer."""
        return [entry for entry in self.fields if entry.required and self.values.get(entry.name) is None]

    @property
    def answered(self) -> bool:
        """Whether anything was answered at all."""
        return bool(self.record.custom)


def visible_to(viewer) -> Select:
    """Every filled form; the desk sees all."""
    return ALL


def get(filled_id: int, viewer) -> Filled:
    """One filled form; raises `NotFound`."""
    fields = fields_of(FilledForm, viewer)
    # Kept with the fields, so that the statement that reads them is made once.
    given = fields.made.setdefault(("given",), fields.only(lambda entry: not entry.custom))
    loaded = read.load(FilledForm, filled_id, visible_to(viewer), given)
    row = db.session.execute(_beside().where(FilledForm.id == loaded.id)).one()
    return _filled(loaded, *row)


def of(model: type[Record], record_id: int) -> list[Filled]:
    """The filled forms of a company or a contact in their order, in one statement."""
    rows = db.session.execute(_of(model), {"record_id": record_id}, execution_options={"populate_existing": True})
    return [_filled(read.Loaded(row[-1], {}), *row[:-1]) for row in rows]


# Made once: each page of a company or a contact asks this.
@cache
def _of(model: type[Record]) -> Select:
    column = FilledForm.contact_id if model is Contact else FilledForm.company_id
    rows = _beside().add_columns(FilledForm).where(column == bindparam("record_id"), FilledForm.withdrawn_at.is_(None))
    return rows.order_by(FilledForm.position, FilledForm.id)


def _beside() -> Select:
    return (
        select(Form.name, Form.description, FormVersion.questions, newest_of(FilledForm.form_id))
        .select_from(FilledForm)
        .join(Form, Form.id == FilledForm.form_id)
        .join(
            FormVersion,
            (FormVersion.form_id == FilledForm.form_id) & (FormVersion.number == FilledForm.form_version),
        )
    )


def _filled(loaded: read.Loaded, name: str, description: str | None, kept: list, newest: int | None) -> Filled:
    asked = questions.made(kept)
    values = loaded.values | {one.name: one.field.value(loaded.record) for one in asked}
    by = (loaded.created_by, loaded.updated_by)
    return Filled(loaded.record, values, *by, name, description or "", asked, newest or loaded.record.form_version)


@dataclass(frozen=True)
class Opened:
    """A form of one of the viewer's companies in the portal: its name, and the answers that are opened, by field."""

    name: str
    answers: list[tuple[Field, Any]]


def opened(company_id: int) -> list[Opened]:
    """What the portal shows of the forms of a company; the database limits whose company it may be."""
    there = (FilledForm.withdrawn_at.is_(None), FilledForm.company_id == company_id)
    rows = (
        select(Form.name, FormVersion.questions, FilledForm.custom)
        .select_from(FilledForm)
        .join(Form, Form.id == FilledForm.form_id)
        .join(
            FormVersion,
            (FormVersion.form_id == FilledForm.form_id) & (FormVersion.number == FilledForm.form_version),
        )
        .where(*there)
        .order_by(FilledForm.position, FilledForm.id)
    )
    found = []
    for name, kept, custom in db.session.execute(rows):
        asked = questions.made(kept)
        values = {
            one.name: one.field.kind.restore(custom[one.field.key]) for one in asked if one.field.key in (custom or {})
        }
        shown = questions.walk(asked, lambda entry, values=values: values.get(entry.name))
        answers = [(entry, values[entry.name]) for entry in shown if entry.portal and _there(values.get(entry.name))]
        found += [Opened(name, answers)] if answers else []
    return found


def _there(value: Any) -> bool:
    return value is not None and value not in ("", [])


def to_add(model: type[Record], record_id: int) -> list[tuple[int, str]]:
    """The published forms that this record has not yet, by id and name."""
    column = FilledForm.contact_id if model is Contact else FilledForm.company_id
    there = select(FilledForm.form_id).where(column == record_id, FilledForm.withdrawn_at.is_(None))
    rows = select(Form.id, Form.name).where(
        Form.withdrawn_at.is_(None),
        Form.about.in_((model.noun, "both")),
        Form.id.not_in(there),
        newest_of(Form.id).is_not(None),
    )
    return [tuple(row) for row in db.session.execute(rows.order_by(folded(Form.name), Form.id))]


# --- forms ------------------------------------------------------------------------------------------------------------

FORM_PAST = Past(
    "form",
    (
        ("form_version", select(FormVersion.id).where(FormVersion.form_id == RECORD)),
        ("custom_field", select(CustomField.id).where(CustomField.form_id == RECORD)),
    ),
)


def newest_of(form_id) -> ScalarSelect[int]:
    """The SQL expression of the newest published version of a form, NULL where there is none."""
    newest = select(func.max(FormVersion.number)).where(
        FormVersion.form_id == form_id, FormVersion.withdrawn_at.is_(None)
    )
    return newest.correlate_except(FormVersion).scalar_subquery()


def get_form(form_id: int, viewer) -> read.Loaded:
    """One form; raises `NotFound`."""
    return read.load(Form, form_id, select(Form), fields_of(Form, viewer))


def get_deleted_form(form_id: int, viewer) -> read.Loaded:
    """A form that was deleted; raises `NotFound`."""
    return read.load(Form, form_id, select(Form), fields_of(Form, viewer), deleted=True)


@dataclass(frozen=True)
class Listed:
    """A form in the administrator's list."""

    id: int
    name: str
    about: str
    newest: int | None
    questions: int
    filled: int
    deleted_at: datetime | None


def forms() -> list[Listed]:
    """Every form, by name; deleted ones behind the others."""
    asked = select(func.count()).where(
        CustomField.form_id == Form.id, CustomField.archived_at.is_(None), CustomField.withdrawn_at.is_(None)
    )
    filled = select(func.count()).where(FilledForm.form_id == Form.id, FilledForm.withdrawn_at.is_(None))
    rows = select(
        Form.id,
        Form.name,
        Form.about,
        newest_of(Form.id),
        asked.correlate(Form).scalar_subquery(),
        filled.correlate(Form).scalar_subquery(),
        Form.withdrawn_at,
    )
    rows = rows.order_by(Form.withdrawn_at.is_not(None), folded(Form.name), Form.id)
    return [Listed(*row) for row in db.session.execute(rows)]


@dataclass(frozen=True)
class Version:
    """A published version: by whom and when, and how many filled forms have it."""

    number: int
    questions: list[dict[str, Any]]
    at: datetime
    by: str
    filled: int


def versions(form_id: int) -> list[Version]:
    """The published versions of a form, the newest first."""
    filled = select(func.count()).where(
        FilledForm.form_id == FormVersion.form_id,
        FilledForm.form_version == FormVersion.number,
        FilledForm.withdrawn_at.is_(None),
    )
    rows = (
        select(
            FormVersion.number,
            FormVersion.questions,
            FormVersion.created_at,
            func.coalesce(Operation.actor, ""),
            filled.correlate(FormVersion).scalar_subquery(),
        )
        .outerjoin(Operation, Operation.id == FormVersion.created_op)
        .where(FormVersion.form_id == bindparam("form", type_=BigInteger), FormVersion.withdrawn_at.is_(None))
    )
    found = db.session.execute(rows.order_by(FormVersion.number.desc()), {"form": form_id})
    return [Version(*row) for row in found]


def version(form_id: int, number: int) -> Version:
    """One published version of a form; raises `NotFound`."""
    found = next((one for one in versions(form_id) if one.number == number), None)
    if found is None:
        raise NotFound
    return found


def count_filled(form_id: int) -> dict[str, int]:
    """How many companies and contacts have this form, by noun."""
    rows = select(func.count(FilledForm.company_id), func.count(FilledForm.contact_id)).where(
        FilledForm.form_id == form_id, FilledForm.withdrawn_at.is_(None)
    )
    companies, contacts = db.session.execute(rows).one()
    return {"company": companies, "contact": contacts}
