"""Several values of one kind, such as the web domains of a company."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Text as TextColumn
from sqlalchemy.dialects.postgresql import ARRAY

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import many_lines
from .kind import Context, Kind, wrong_type


@dataclass(frozen=True, eq=False)
class Several(Kind):
    """A short list of values of the kind `of`, typed with commas, semicolons or spaces between them; no doubles."""

    of: Kind | None = None

    name: ClassVar[str] = "several"
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty", "not_empty")
    sort: ClassVar[bool] = False
    longest_typed: ClassVar[int] = 10_000

    def column(self):
        return ARRAY(TextColumn())

    def read(self, text: str, context: Context) -> list[Any]:
        found = [self.of.parse(part, locale=context.locale) for part in self.parts_of(text)]
        self._count(found)
        return list(dict.fromkeys(found)) or None

    def format(self, value: Any, locale: str | None = None) -> str:
        return ", ".join(self.of.format(one, locale) for one in value or [])

    def plain(self, value: Any) -> str:
        return ", ".join(self.of.plain(one) for one in value or [])

    def to_json(self, value: Any) -> Any:
        return list(value or [])

    def from_json(self, value: Any) -> Any:
        if value is None:
            return self.nothing()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise wrong_type(_("a list of texts"), value)
        self._count(value)
        found = [self.of.from_json(one) for one in value]
        return list(dict.fromkeys(one for one in found if one is not None)) or self.nothing()

    def restore(self, stored: Any) -> Any:
        return [one for one in stored if isinstance(one, str)] or None if isinstance(stored, list) else None

    def parts_of(self, text: str) -> list[str]:
        """What was typed, one by one."""
        return text.replace(";", " ").replace(",", " ").split()

    def _count(self, found: list) -> None:
        if self.max and len(found) > self.max:
            raise FieldError(
                _("At most %(max)s entries fit; %(found)s were found.", max=self.max, found=len(found)), code="max"
            )


@dataclass(frozen=True, eq=False)
class Lines(Several):
    """A list of texts, each on a line of its own, in the order in which they were written; no doubles."""

    name: ClassVar[str] = "lines"
    input: ClassVar[str] = "textarea"

    def clean(self, text: str) -> str:
        """With its lines."""
        return many_lines(text)

    def parts_of(self, text: str) -> list[str]:
        """Its lines, but for empty ones."""
        return [line for line in map(str.strip, text.splitlines()) if line]

    def plain(self, value: Any) -> str:
        """One on a line, as it is typed."""
        return "\n".join(value or [])
