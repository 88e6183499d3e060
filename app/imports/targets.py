"""What a column of a file can mean: the fields of a contact, what its cells may hold, and where its values go."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal
from sqlalchemy import Text as TextColumn
from sqlalchemy.dialects.postgresql import JSONB

from app.contacts.models import Contact
from app.fields.kinds import Email, Kind, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.registry import Field, FieldSet
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

PASSWORD = "password"
# What stands in other rows is named in a sheet by a text: a company and a department by name, a line manager by
# user name, a partner by an e-mail address.
BY_TEXT: dict[str, Kind] = {
    "company": TextKind(max=64),
    "department": TextKind(max=64),
    "line_manager_id": TextKind(max=128),
    "partner_id": Email(max=64),
}
# What stands on the membership in the primary company.
OF_MEMBERSHIP = ("company", "department", "company_primary", "department_primary")
# These are made where nobody has them yet.
MADE = ("company", "department")
# Without these nobody is told from anybody else.
PERSON = ("email", "first_name", "last_name")

# The documented layout, in its order; the organization's own fields take the places of Custom1 to Custom5.
CUSTOM = tuple(f"Custom{n}" for n in range(1, 6))
LAYOUT = (
    *("Title", "First Name", "Last Name", "Email Address", "Company", "Department", "Primary Company Contact"),
    *("Primary Department Contact", "Address 1", "Address 2", "City", "State", "Postcode/Zip", "Country", "Phone"),
    *("Mobile", "Fax", "Pager", "Username", "Password", "Partners Email", *CUSTOM, "Notes", "Locale"),
    "Line Manager Username",
)


@dataclass(frozen=True)
class Target:
    """One thing that a column can be matched to."""

    name: str
    label: str
    heading: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    required: bool = False
    makes: bool = False
    field: Field | None = None
    note: str = ""

    @property
    def custom(self) -> bool:
        return self.field is not None and self.field.custom

    @property
    def on_contact(self) -> bool:
        """Whether the value is a column of the contact's own row, or one of its custom values."""
        return self.field is not None and not self.field.related and self.name not in BY_TEXT

    @property
    def as_json(self) -> bool:
        """Whether a cell is staged as JSON: custom values that are no texts."""
        return self.custom and not isinstance(self.kind.column(), TextColumn)

    def cell(self, value: Any) -> str | None:
        """A value as text that the database reads as this target's type; None for none."""
        if value is None or isinstance(value, str):
            return value
        return ("true" if value else "false") if isinstance(value, bool) else str(value)

    def typed(self, cell: ColumnElement) -> ColumnElement:
        """A staged cell as the value of its column."""
        if self.custom:
            return cast(cell, JSONB) if self.as_json else func.to_jsonb(cell, type_=JSONB)
        if isinstance(self.kind, YesNo):
            return cast(cell, self.kind.column())
        column = Contact.__table__.c.get(self.name) if self.on_contact else None
        return cell if column is None or isinstance(column.type, Text) else cast(cell, column.type)


def targets(fields: FieldSet) -> dict[str, Target]:
    """Everything that a column can be matched to, in the order of the layout, then of the registry."""
    found = [_of_field(entry) for entry in fields if entry.sheet and not (entry.readonly or entry.hidden)]
    found.append(
        Target(
            PASSWORD,
            _("Password"),
            "Password",
            TextKind(max=64),
            ("passwort", "kennwort"),
            note=_("For new people only; it must be changed at the first sign-in."),
        )
    )
    place = {heading: n for n, heading in enumerate(LAYOUT)}
    own = place[CUSTOM[0]]
    found.sort(key=lambda target: own if target.custom else place.get(target.heading, len(LAYOUT)))
    return {target.name: target for target in found}


def _of_field(entry: Field) -> Target:
    # A user name is made from the e-mail address where a file has none.
    made = entry.name == "user_name"
    return Target(
        name=entry.name,
        label=str(entry.label),
        heading=entry.sheet,
        kind=BY_TEXT.get(entry.name, entry.kind),
        synonyms=entry.synonyms,
        required=entry.required and not made,
        makes=entry.name in MADE,
        field=entry,
        note=_note(entry),
    )


_NOTES = {
    "user_name": _l("Unique. Made from the e-mail address where it is empty."),
    "company": _l("By its name; made where there is none of this name."),
    "department": _l("By its name in the company; made where there is none."),
    "line_manager_id": _l("By user name: somebody who is there already, or another row of this file."),
    "partner_id": _l("By an e-mail address of the partner company."),
    "company_primary": _l("1 for the primary contact of the company, otherwise 0 or empty."),
    "department_primary": _l("1 for the primary contact of the department, otherwise 0 or empty."),
    "country": _l("Any usual name, or the code. Brings the time zone where that is empty."),
    "state": _l("A state of the country, by name or code."),
    "language": _l("A code such as de or en-GB, or a name. Empty: the language of the organization."),
}


def _note(entry: Field) -> str:
    return str(_NOTES.get(entry.name, entry.help or ""))


def layout(found: dict[str, Target]) -> list[tuple[str, Target | None]]:
    """The documented columns as this organization has them: the heading of each and what it means.

    Its own fields stand in the places of Custom1 to Custom5; places that it has no fields for mean nothing.
    """
    own = [target for target in found.values() if target.custom]
    named = {target.heading: target for target in found.values() if not target.custom}
    listed: list[tuple[str, Target | None]] = []
    for heading in LAYOUT:
        if heading == CUSTOM[0]:
            listed += [(target.heading, target) for target in own]
            listed += [(free, None) for free in CUSTOM[len(own) :]]
        elif heading in named:
            listed.append((heading, named[heading]))
    seen: set[str] = set()
    for n, (heading, target) in enumerate(listed):
        # A heading that was used already gives way to the name of the field, which `matching` knows as well.
        if heading.casefold() in seen and target:
            listed[n] = (target.name, target)
        seen.add(heading.casefold())
    return listed


def slots(columns: list[str]) -> dict[str, int]:
    """The place of each matched field in `ImportRow.cells`, from 1, in the order of the file."""
    names = [name for name in columns if name and name != PASSWORD]
    return {name: n for n, name in enumerate(names, 1)}


def subscript(cells, place: int) -> ColumnElement:
    """One cell of a staged row."""
    return cells[literal(place, Integer, literal_execute=True)]


def filled(cell: ColumnElement, otherwise: Any) -> ColumnElement:
    """A cell, or something else where it is empty."""
    return case((cell.is_(None), otherwise), else_=cell)
