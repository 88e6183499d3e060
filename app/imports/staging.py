"""The staged rows as queries see them: which cell holds which field, as text and as a value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Integer, Text, cast, null

from app.contacts.models import Contact
from app.fields.settings import fields_of
from app.records import statements
from tenants import set_for_transaction

from .models import Import, ImportRow, ImportVerdict
from .rules import Rules
from .targets import PASSWORD, Target, slots, targets

ROW = ImportRow.__table__
VERDICT = ImportVerdict.__table__
# Verdicts of people who are there already; while a plan is made, they are 'match' until their fields are compared.
KNOWN = ("match", "change", "same")
KEPT = ("create", *KNOWN)
CHUNK = 5000
# People, companies or departments that are made at a time.
MADE = 4 * CHUNK
# Rows that are judged at a time: each time the whole file's names and user names are joined.
JUDGED = 10 * CHUNK


@dataclass(frozen=True)
class Staging:
    """One import's columns and rules, as the statements of plan and writing need them."""

    import_id: int
    columns: Sequence[str]
    rules: Rules
    targets: dict[str, Target]

    @classmethod
    def of(cls, found: Import) -> "Staging":
        """What an import's settings say."""
        return cls(found.id, tuple(found.columns), Rules.from_json(found.rules), targets(fields_of(Contact)))

    @cached_property
    def slots(self) -> dict[str, int]:
        return slots(list(self.columns))

    @cached_property
    def matched(self) -> dict[str, Target]:
        """The targets that have a column, in the order of the file."""
        return {name: self.targets[name] for name in self.columns if name in self.targets}

    @property
    def has_passwords(self) -> bool:
        return PASSWORD in self.columns

    def on_contact(self) -> list[Target]:
        """The matched targets whose value is the contact's own."""
        return [target for target in self.matched.values() if target.on_contact]

    def text(self, name: str) -> ColumnElement:
        """The staged cell of a field as text; NULL where it is empty or has no column."""
        return ROW.c.cells[self.slots[name]] if name in self.slots else cast(null(), Text)

    def value(self, name: str) -> ColumnElement:
        """The staged cell of a field as a value of its column."""
        return self.targets[name].typed(self.text(name))


def numbers(given: Iterable[int]) -> ColumnElement:
    """Row numbers by the thousand as one parameter."""
    return statements.numbers(given, Integer)


def look_at_all() -> None:
    """Prepare this transaction for statements over a whole file.

    Nobody counts staged rows for the planner, who takes them for few and would loop over them; and sets of this size
    are joined and sorted in memory.
    """
    set_for_transaction(enable_nestloop="off", work_mem="64MB")
