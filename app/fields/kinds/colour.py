"""Colours."""

import re
from dataclasses import dataclass
from typing import ClassVar

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import shown
from .kind import Context, Kind

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})").fullmatch


@dataclass(frozen=True, eq=False)
class Colour(Kind):
    """A colour as #rrggbb; #rgb and a missing # are understood."""

    name: ClassVar[str] = "colour"
    input: ClassVar[str] = "colour"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "any_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help", "default")
    longest_typed: ClassVar[int] = 50
    exact_json: ClassVar[bool] = True

    def read(self, text: str, context: Context) -> str:
        """The colour in small letters, with all six digits."""
        found = _HEX(text.lower())
        if not found:
            raise FieldError(
                _("A colour is expected; “%(found)s” is none.", found=shown(text)),
                code="format",
                hint=_("Write it like #1e90ff: two digits or letters a to f each for red, green and blue."),
            )
        digits = found[1]
        return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))

    def quick(self, text: str) -> str | None:
        """The colour, when it is in its final form."""
        return text if len(text) == 7 and text[0] == "#" and text == text.lower() and _HEX(text) else None
