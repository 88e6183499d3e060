"""One of several, several of several, yes or no."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ARRAY, Boolean
from sqlalchemy import Text as TextColumn
from sqlalchemy.types import TypeEngine

from app.i18n import current_locale
from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import many_lines, one_line, shown
from .kind import Context, Kind, listed, nearest, too_long, wrong_type

_BETWEEN_CHOICES = re.compile("[;\n]")

# What sheets and people write for yes and no, in English, German and French; spreadsheets export TRUE, WAHR, VRAI.
_YES = frozenset(
    ["yes", "y", "true", "t", "on", "1", "x", "ja", "j", "wahr", "w", "ein", "oui", "o", "vrai", "✓", "✔", "☑", "☒"]
)
_NO = frozenset(["no", "n", "false", "f", "off", "0", "-", "nein", "falsch", "aus", "non", "faux", "✗", "✘", "☐"])


@dataclass(frozen=True, eq=False)
class Choice(Kind):
    """One of the `choices`, given as (value, label) or just values; the value is stored, the label shown.

    Typed text may be the value or the label, in any case. A choice that was taken away later still shows its value.
    """

    choices: Sequence[Any] = ()

    name: ClassVar[str] = "choice"
    input: ClassVar[str] = "select"
    operators: ClassVar[tuple[str, ...]] = ("any_of", "none_of", "is", "is_not", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("choices", "required", "help", "default")
    exact_json: ClassVar[bool] = True
    _separators: ClassVar[str] = ""

    def __post_init__(self):
        pairs = tuple((one, one) if isinstance(one, str) else tuple(one) for one in self.choices)
        values = [value for value, _label in pairs]
        if not values or len(set(values)) < len(values):
            raise ValueError(f"{self.name}: choices must be given, each value once; found {values}")
        for value in values:
            # Anything else could not be typed again, or would fall apart in a sheet's cell.
            if not value or one_line(value) != value or any(sign in value for sign in self._separators):
                raise ValueError(f"{self.name}: {value!r} is not tidy text on one line without {self._separators!r}")
        object.__setattr__(self, "choices", pairs)
        object.__setattr__(self, "_values", frozenset(values))
        object.__setattr__(self, "_keys_by_locale", {})

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The value that was meant."""
        return self._meant(text, self._keys())

    def _meant(self, text: str, keys: dict[str, str]) -> str:
        """The value for a value or label; exact values come first, then values and labels in any case."""
        found = text if text in self._values else keys.get(text.casefold())
        if found is None:
            raise self._unknown(text)
        return found

    def _keys(self) -> dict[str, str]:
        """Value by value and by label, in lower case; kept for each language that the labels are read in."""
        locale = current_locale()
        if locale not in self._keys_by_locale:
            found: dict[str, str] = {}
            for which in (0, 1):
                for pair in self.choices:
                    found.setdefault(one_line(str(pair[which])).casefold(), pair[0])
            self._keys_by_locale[locale] = found
        return self._keys_by_locale[locale]

    def _unknown(self, text: str) -> FieldError:
        first = [str(label) for _value, label in self.choices[:9]]
        return FieldError(
            _("“%(found)s” cannot be chosen; expected: %(expected)s.", found=shown(text), expected=listed(first)),
            code="unknown",
            hint=lambda: (
                nearest(text, [str(label) for _value, label in self.choices]) or _("Choose one from the list.")
            ),
        )

    def format(self, value: str | None, locale: str | None = None) -> str:
        """The label of the value."""
        return "" if value is None else next((str(label) for known, label in self.choices if known == value), value)

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """The choices in their own order."""
        return [(value, str(label)) for value, label in self.choices]


@dataclass(frozen=True, eq=False)
class Suggested(Choice):
    """One of the `choices`, or something else that was written: the list is offered, not prescribed."""

    max: int | None = 128

    name: ClassVar[str] = "suggested"
    exact_json: ClassVar[bool] = False

    def read(self, text: str, context: Context) -> str:
        """The value that was meant, or the text as it was written."""
        found = text if text in self._values else self._keys().get(text.casefold(), text)
        if self.max is not None and len(found) > self.max:
            raise too_long(len(found), self.max)
        return found


@dataclass(frozen=True, eq=False)
class Choices(Choice):
    """Several of the `choices`, each at most once, in the order in which they are defined.

    In a sheet they stand in one cell with '; ' between; line breaks do as well, and commas that no choice has itself.
    """

    name: ClassVar[str] = "choices"
    input: ClassVar[str] = "checkboxes"
    operators: ClassVar[tuple[str, ...]] = ("any_of", "none_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("choices", "required", "help")
    sort: ClassVar[bool] = False
    longest_typed: ClassVar[int] = 100_000
    _separators: ClassVar[str] = ";"

    def column(self) -> TypeEngine:
        """A list of texts."""
        return ARRAY(TextColumn())

    def parse(self, text: str | Iterable[str] | None, **context) -> list[str] | None:
        """The chosen values of a text or of a form's list of texts; None when nothing is chosen."""
        if not isinstance(text, str):
            text = "\n".join(text or ())
        return super().parse(text, **context)

    def clean(self, text: str) -> str:
        """Trimmed; line breaks still part the choices."""
        return many_lines(text)

    def read(self, text: str, context: Context) -> list[str] | None:
        """The values that were meant."""
        keys = self._keys()
        chosen = set()
        for part in filter(None, map(one_line, _BETWEEN_CHOICES.split(text))):
            pieces = [part]
            if "," in part and part not in self._values and part.casefold() not in keys:
                pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
            chosen.update(self._meant(piece, keys) for piece in pieces)
        return self._in_order(chosen) or self.nothing()

    def _in_order(self, chosen: Iterable[str]) -> list[str]:
        return [value for value, _label in self.choices if value in chosen]

    def format(self, value: Sequence[str] | None, locale: str | None = None) -> str:
        """The labels, separated by commas."""
        return ", ".join(super(Choices, self).format(one, locale) for one in value or ())

    def plain(self, value: Sequence[str] | None) -> str:
        """The values with '; ' between."""
        return "; ".join(value or ())

    def to_json(self, value: Sequence[str] | None) -> list[str] | None:
        """A list of the values."""
        return None if value is None else list(value)

    def from_json(self, value: Any) -> list[str] | None:
        """The chosen values; each must be one of the values, no label."""
        if value is None or value == []:
            return self.nothing()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise wrong_type(_("a list of texts"), value)
        for one in value:
            if one not in self._values:
                raise self._unknown(one)
        return self._in_order(value)

    def restore(self, stored: Any) -> list[str] | None:
        """The stored values, also those that can no longer be chosen."""
        return [one for one in stored if isinstance(one, str)] or None if isinstance(stored, list) else None


@dataclass(frozen=True, eq=False)
class YesNo(Kind):
    """Yes or no. Empty text is neither; a form that shows a checkbox decides itself what an absent one means."""

    name: ClassVar[str] = "yes_no"
    input: ClassVar[str] = "checkbox"
    operators: ClassVar[tuple[str, ...]] = ("is", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help", "default")

    def column(self) -> TypeEngine:
        """True or false."""
        return Boolean()

    def read(self, text: str, context: Context) -> bool:
        """True for yes, false for no."""
        word = text.casefold()
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise FieldError(
            _("Yes or no is expected; “%(found)s” was found.", found=shown(text)),
            code="unknown",
            hint=_("Write yes or no; 1 and 0, true and false, x and - do as well."),
        )

    def format(self, value: bool | None, locale: str | None = None) -> str:
        """Yes or No in the viewer's language."""
        return "" if value is None else _("Yes") if value else _("No")

    def plain(self, value: bool | None) -> str:
        """'yes' or 'no'."""
        return "" if value is None else "yes" if value else "no"

    def from_json(self, value: Any) -> bool | None:
        """True or false, nothing else."""
        if value is None:
            return self.nothing()
        if not isinstance(value, bool):
            raise wrong_type(_("true or false"), value)
        return value

    def restore(self, stored: Any) -> bool | None:
        """The stored value."""
        return stored if isinstance(stored, bool) else None

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """Yes and no, as texts."""
        return [("yes", _("Yes")), ("no", _("No"))]
