"""What a sheet of contacts or companies holds: the columns that the import reads, as the texts that it reads back."""

from sqlalchemy import ColumnElement, Select, Text, case, cast, null, select
from sqlalchemy.orm import aliased

from app.companies import queries as companies
from app.companies.models import Company, Department
from app.contacts import queries as contacts
from app.contacts.models import Contact, Membership
from app.fields.kinds import Reference, YesNo
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.fields.sheet import plain_expression, plain_json_expression
from app.imports.targets import OF_MEMBERSHIP, PASSWORD, Target, layout, targets
from app.people.models import Staff

_manager, _partner = aliased(Contact), aliased(Company)
# What stands in other rows is named as the import names it.
_NAMED = {
    "company": Company.name,
    "department": Department.name,
    "line_manager_id": _manager.user_name,
    "partner_id": _partner.email,
    "company_primary": Membership.company_primary,
    "department_primary": Membership.department_primary,
}

Columns = list[tuple[str, ColumnElement]]


def sheet(noun: str, viewer) -> tuple[list[str], Select, ColumnElement]:
    """The headings, the query of all rows that the viewer may see (in no order yet), and the id to page by.

    The cells are as they are: whoever hands them out defuses them.
    """
    columns, rows, record_id = (_contacts if noun == "contacts" else _companies)(viewer)
    texts = [text.label(f"c{n}") for n, (_heading, text) in enumerate(columns)]
    return [heading for heading, _text in columns], rows.with_only_columns(*texts), record_id


def _contacts(viewer) -> tuple[Columns, Select, ColumnElement]:
    found = targets(fields_of(Contact, viewer))
    listed = layout(found)
    there = {target.name for _heading, target in listed if target}
    listed += [(target.heading, target) for target in found.values() if target.name not in there]
    rows = (
        contacts.visible_to(viewer)
        .outerjoin(
            Membership,
            (Membership.contact_id == Contact.id) & Membership.is_primary & Membership.withdrawn_at.is_(None),
        )
        .outerjoin(Company, Company.id == Membership.company_id)
        .outerjoin(Department, Department.id == Membership.department_id)
        .outerjoin(_manager, _manager.id == Contact.line_manager_id)
        .outerjoin(_partner, _partner.id == Contact.partner_id)
        .where(Contact.withdrawn_at.is_(None))
    )
    return [(heading, _contact_text(target)) for heading, target in listed], rows, Contact.id


def _contact_text(target: Target | None) -> ColumnElement:
    if target is None or target.name == PASSWORD:
        return cast(null(), Text)
    if target.name in _NAMED:
        value = _NAMED[target.name]
        flag = isinstance(target.kind, YesNo) and target.name in OF_MEMBERSHIP
        return case((value, "1"), else_="0") if flag else value
    return _field_text(target.field, Contact)


def _companies(viewer) -> tuple[Columns, Select, ColumnElement]:
    fields = fields_of(Company, viewer)
    columns = [(entry.sheet or str(entry.label), _field_text(entry, Company)) for entry in fields]
    return columns, companies.visible_to(viewer).where(Company.withdrawn_at.is_(None)), Company.id


def _field_text(entry: Field, model) -> ColumnElement:
    if entry.custom:
        return plain_json_expression(entry.kind, model.custom[entry.key])
    value = entry.expression(model)
    if isinstance(entry.kind, Reference) and entry.kind.noun == "staff":
        return select(Staff.email).where(Staff.id == value).correlate(model).scalar_subquery()
    return plain_expression(entry.kind, value)


def delimiter(excel: bool) -> str:
    """Excel in German-speaking countries parts columns by semicolons; everybody else reads commas."""
    return ";" if excel else ","
