"""One of the values that stand in other fields of the same record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import one_line, shown
from .kind import Kind, listed


@dataclass(frozen=True, eq=False)
class Among(Kind):
    """One of the values of the fields `among`: one of a person's own addresses, one of a department's rooms."""

    max: int | None = 254
    among: tuple[str, ...] = ()

    name: ClassVar[str] = "among"
    input: ClassVar[str] = "select"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "contains", "any_of", "empty", "not_empty")

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def check(self, value: Any, record: Mapping[str, Any]) -> None:
        """The value must stand in one of the other fields."""
        known = list(self._known(record))
        if value is not None and value not in known:
            raise FieldError(
                _("“%(found)s” cannot be chosen; expected: %(expected)s.", found=shown(value), expected=listed(known))
                if known
                else _("“%(found)s” cannot be chosen: there is nothing to choose from yet.", found=shown(value)),
                code="unknown",
                hint=_("Choose one from the list."),
            )

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """What stands in the other fields, in their order."""
        return [(value, value) for value in self._known(record or {})]

    def _known(self, record: Mapping[str, Any]) -> Iterator[str]:
        for name in self.among:
            found = record.get(name)
            yield from [found] if isinstance(found, str) else found or []
