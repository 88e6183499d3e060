"""The number of another record."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import BigInteger
from sqlalchemy.types import TypeEngine

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, shown, signs
from .kind import Context, Kind, wrong_type
from .number import LARGEST


@dataclass(frozen=True, eq=False)
class Reference(Kind):
    """The number of another record; `noun` says of which ('company'). Finding one by its name happens elsewhere."""

    noun: str = ""

    name: ClassVar[str] = "reference"
    input: ClassVar[str] = "combobox"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "any_of", "none_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("noun", "required", "help")
    longest_typed: ClassVar[int] = 10_000

    def column(self) -> TypeEngine:
        """The other record's id."""
        return BigInteger()

    def clean(self, text: str) -> str:
        """Plain digits."""
        return ascii_digits(signs(text))

    def read(self, text: str, context: Context) -> int:
        """The id in '12' or '#12'."""
        number = text.removeprefix("#").strip()
        if not number.isascii() or not number.isdigit() or len(number) > 19 or not 1 <= int(number) <= LARGEST:
            raise FieldError(
                _("The number of a record is expected, such as #12; “%(found)s” was found.", found=shown(text)),
                code="format",
                hint=_("Choose the record from the list, or write its number."),
            )
        return int(number)

    def quick(self, text: str) -> int | None:
        """The id, when it is nothing but a few digits."""
        return int(text) or None if len(text) <= 18 and text.isascii() and text.isdigit() else None

    def format(self, value: int | None, locale: str | None = None) -> str:
        """The id as '#12'."""
        return "" if value is None else f"#{value}"

    def from_json(self, value: Any) -> int | None:
        """The id, a JSON number."""
        if value is None:
            return self.nothing()
        if type(value) is not int or not 1 <= value <= LARGEST:
            raise wrong_type(_("the number of a record"), value)
        return value

    def restore(self, stored: Any) -> int | None:
        """The stored id."""
        return stored if type(stored) is int else None
