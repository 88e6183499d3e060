"""Notes: what the desk writes down about a contact or a company. Nobody in the portal ever reads them."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Select, false, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped

from app.fields.kinds import LongText, Reference, YesNo
from app.fields.record import Record
from app.fields.registry import FieldSet, field
from app.fields.settings import fields_of
from app.i18n import lazy_gettext as _l
from tenants import db

from . import read, write
from .actor import Actor
from .constraints import constraint
from .history import RECORD, Part, Past
from .lists import ListOf
from .models import Operation

LONGEST = 20_000
# The companies of whatever a row is about, for the journal: `t` is the row.
COMPANIES = (
    "CASE WHEN t.company_id IS NULL THEN (SELECT c.company_ids FROM contact c WHERE c.id = t.contact_id)"
    " ELSE ARRAY[t.company_id] END"
)


class Note(Record):
    """A note about a contact or a company."""

    __tablename__ = "note"
    __table_args__ = (
        CheckConstraint("num_nonnulls(contact_id, company_id) = 1", name="subject"),
        Index("ix_note_contact", "contact_id", "id", postgresql_where=sql("contact_id IS NOT NULL")),
        Index("ix_note_company", "company_id", "id", postgresql_where=sql("company_id IS NOT NULL")),
    )
    noun = "note"
    says_of = ("contact_id", "company_id")
    undo_permission = "notes.edit"
    companies_sql = COMPANIES

    contact_id: Mapped[int | None] = field(Reference(_l("Contact"), noun="contact"), fixed=True, opens="")
    company_id: Mapped[int | None] = field(Reference(_l("Company"), noun="company"), fixed=True, opens="")
    text: Mapped[str] = field(LongText(_l("Note"), max=LONGEST, required=True), listed=True, opens="")
    important: Mapped[bool] = field(
        YesNo(_l("Important"), default=False), listed=True, opens="", server_default=false()
    )


for _column, _table in (("contact_id", "contact"), ("company_id", "company")):
    Note.__table__.append_constraint(ForeignKeyConstraint([_column], [f"{_table}.id"]))

constraint("ck_note_subject", "contact_id", _l("A note is about one contact or one company."))

LIST = ListOf(Note, sort="id", descending=True)
PAST = Past("note")


def part(about: str) -> Part:
    """The notes in the history of a contact (`about` is 'contact_id') or of a company."""
    ids = select(Note.id).where(getattr(Note, about) == RECORD)
    return Part(Note, ids, shows=("text", "important"), words="text", important="important")


def visible_to(viewer) -> Select:
    """Every note; the desk sees all."""
    return select(Note)


def get(note_id: int, viewer) -> read.Loaded:
    """One note; raises `NotFound`."""
    return read.load(Note, note_id, visible_to(viewer), fields_of(Note, viewer))


def new_fields(viewer) -> FieldSet:
    """The fields that a new note may bring."""
    return fields_of(Note, viewer)


def create(values: dict[str, Any], *, actor: Actor, operation: Operation | None = None) -> int:
    """Write a note; returns its id. Raises `FieldErrors` when it is about nobody, or about more than one."""
    given = {name: value for name, value in values.items() if value is not None}
    return write.create(Note, given, actor=actor, operation=operation)


def update(note: Note, values: dict[str, Any], *, actor: Actor, base: int | None = None) -> Operation | None:
    """Change the words of a note, or what it counts for."""
    return write.update(note, values, actor=actor, base=base)


def add(about: str, record_id: int, words: str, *, actor: Actor) -> tuple[int, Operation]:
    """Write a note about this record; returns its id and the operation."""
    with db.session.begin_nested():
        operation = write.begin(actor, "create")
        return create({about: record_id, "text": words}, actor=actor, operation=operation), operation


def remove(note: Note, *, actor: Actor) -> Operation:
    """Delete a note; undoing that brings it back."""
    return write.withdraw(note, actor=actor)
