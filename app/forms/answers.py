"""Companies and contacts are found by what was answered about them: questions of forms as filters of their lists."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import ColumnElement, Select, select

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.filter import any_of
from app.fields.folding import folded
from app.fields.models import CustomField
from app.fields.record import Record
from app.fields.registry import Field, Related
from app.fields.settings import LANGUAGES, filters_beside, own_field, settings_changed
from app.i18n import LOCALES, in_language
from app.records.write import keep
from tenants import db

from .models import FilledForm, Form, FormVersion
from .queries import newest_of

# The kinds that are only compared for being the same, so that the forms that say so can be asked for at once.
SAME = ("text", "choice", "choices", "yes_no")


@keep(Form)
@keep(FormVersion)
def _tell(_ids: list[int]) -> None:
    """Let everybody read anew which questions there are."""
    settings_changed()


@filters_beside(Contact, "forms.view")
def of_contacts() -> list[Field]:
    """The questions of published forms that may be asked about contacts."""
    return list(_questions(Contact))


@filters_beside(Company, "forms.view")
def of_companies() -> list[Field]:
    """The questions of published forms that may be asked about companies."""
    return list(_questions(Company))


def _questions(model: type[Record]) -> Iterator[Field]:
    rows = (
        select(CustomField, Form.name)
        .join(Form, Form.id == CustomField.form_id)
        .where(
            Form.withdrawn_at.is_(None),
            Form.about.in_((model.noun, "both")),
            newest_of(Form.id).is_not(None),
            CustomField.of_noun == FilledForm.noun,
            CustomField.archived_at.is_(None),
            CustomField.withdrawn_at.is_(None),
        )
        .order_by(folded(Form.name), Form.id, CustomField.position, CustomField.id)
    )
    for row, form in db.session.execute(rows):
        if entry := own_field(FilledForm, row):
            yield _filter(model, entry, row, form)


def _filter(model: type[Record], entry: Field, row: CustomField, form: str) -> Field:
    told = row.options.get(LANGUAGES, {})
    names = {locale: told[locale]["label"] for locale in LOCALES if told.get(locale, {}).get("label")}
    label = in_language(f"{form}: {row.label}", {locale: f"{form}: {name}" for locale, name in names.items()})
    source = Related(
        select=partial(_answer, entry, row.form_id),
        matches=partial(_answered, entry, row.form_id) if entry.kind.name in SAME else None,
    )
    return Field(f"answer-{entry.key}", entry.kind, label, noun=model.noun, readonly=True, related=source)


def _of(model: type[Record], form_id: int, what: ColumnElement) -> Select:
    column = FilledForm.contact_id if model is Contact else FilledForm.company_id
    there = (FilledForm.form_id == form_id, FilledForm.withdrawn_at.is_(None), column == model.id)
    return select(what).where(*there).correlate(model)


def _answer(entry: Field, form_id: int, model: type[Record]) -> ColumnElement:
    """The answer that stands in the form of a record, NULL where it has none."""
    return _of(model, form_id, entry.expression(FilledForm)).scalar_subquery()


def _answered(entry: Field, form_id: int, model: type[Record], values: list) -> ColumnElement[bool]:
    """Whether one of these stands in the form of a record."""
    return _of(model, form_id, FilledForm.id).where(any_of(entry.expression(FilledForm), values)).exists()
