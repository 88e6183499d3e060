"""What every kind of field can do: read typed text, show a value, carry it through sheets and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Text as TextColumn
from sqlalchemy.types import TypeEngine

from app.i18n import current_locale, ngettext
from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import signs


class Context(NamedTuple):
    """What a reading may depend on besides the text; each is optional.

    `locale` decides between 1,234 and 1.234 and between day and month (the viewer's if not given); `today` is the
    day that 'tomorrow' counts from (today in UTC if not given); `country` is the record's country, an ISO 3166-1
    alpha-2 code, which limits its regions.
    """

    locale: str | None = None
    today: date | None = None
    country: str | None = None


@dataclass(frozen=True, eq=False)
class Kind:
    """What a field is. It reads, shows and carries values; it never renders and knows no database row.

    `label` and `help` are what people read, `max` the longest value in characters (for numbers and durations the
    largest value), `unique` a note for whoever makes the index. Values are None when nothing was typed.
    """

    label: Any = ""
    _: KW_ONLY
    help: Any = None
    max: int | None = None
    required: bool = False
    default: Any = None
    unique: bool = False

    name: ClassVar[str] = ""
    input: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "empty", "not_empty")
    sort: ClassVar[bool] = True
    numeric: ClassVar[bool] = False
    # Which keyword options an organization may choose when it makes a custom field of this kind.
    settings: ClassVar[tuple[str, ...]] = ()
    # Tells whether each line of a text is empty or a value in its final form, up to so many signs: a whole column at
    # once costs far less than each of its values.
    tidy_lines: ClassVar[Callable[[str], Any] | None] = None
    tidy_longest: ClassVar[int] = 64
    # No typed text of this length is a value: reading stops before any pattern is tried on it.
    longest_typed: ClassVar[int] = 1_000
    # Whether JSON must hold the very value (a code), not just a text that can be read as one.
    exact_json: ClassVar[bool] = False

    def column(self) -> TypeEngine:
        """The type of the column that holds the value."""
        return TextColumn()

    def parse(
        self, text: str | None, *, locale: str | None = None, today: date | None = None, country: str | None = None
    ) -> Any:
        """The value of a typed text, None for an empty one; raises FieldError when it cannot be read."""
        cleaned = self.clean(text or "")
        if not cleaned:
            return self.nothing()
        if len(cleaned) > self.longest_typed:
            raise too_long(len(cleaned), self.longest_typed)
        return self.read(cleaned, Context(locale, today, country))

    def clean(self, text: str) -> str:
        """The text in the form that `read` expects."""
        return signs(text)

    def read(self, text: str, context: Context) -> Any:
        """The value of a cleaned text that is not empty; what each kind defines."""
        return text

    def nothing(self) -> None:
        """What an empty text means: no value, or an error where one is required."""
        if self.required:
            raise FieldError(_("This field may not be empty."), code="required", hint=_("Enter a value."))

    def quick(self, text: str) -> Any:
        """The value of a text that is already in its final form, else None: the cheap half of `parse_many`.

        What it gives must be what `parse` gives.
        """
        return None

    def parse_many(
        self,
        values: Sequence[str | None],
        *,
        locale: str | None = None,
        today: date | None = None,
        country: str | None = None,
    ) -> tuple[list[Any], dict[int, FieldError]]:
        """A whole column at once: the values in order (None where there is none), and the errors by position.

        The same as `parse` on each, but equal texts are read once and share their value and their error.
        """
        found = self._quick_values(values)
        errors: dict[int, FieldError] = {}
        read: dict[str | None, Any] = {}
        refused: dict[str | None, FieldError] = {}
        locale = locale or current_locale()
        for at in [at for at, value in enumerate(found) if value is None]:
            text = values[at]
            if text not in read:
                try:
                    read[text] = self.parse(text, locale=locale, today=today, country=country)
                except FieldError as error:
                    read[text], refused[text] = None, error
            if text in refused:
                errors[at] = refused[text]
            else:
                found[at] = read[text]
        return found, errors

    def _quick_values(self, values: Sequence[str | None]) -> list[Any]:
        if type(self).quick is Kind.quick:
            return [None] * len(values)
        whole = self._tidy_column(values)
        return [self.quick(text) if text else None for text in values] if whole is None else whole

    def _tidy_column(self, values: Sequence[str | None]) -> list[Any] | None:
        """The values of a column of which each is in its final form or empty, else None."""
        if self.tidy_lines is None:
            return None
        texts = [text or "" for text in values]
        column, most = "\n".join(texts) + "\n", min(self.tidy_longest, self.max or self.tidy_longest)
        fits = column.count("\n") == len(texts) and max(map(len, texts), default=0) <= most
        return [text or None for text in texts] if fits and type(self).tidy_lines(column) else None

    def format(self, value: Any, locale: str | None = None) -> str:
        """The value as this viewer reads it; '' for None."""
        return "" if value is None else str(value)

    def plain(self, value: Any) -> str:
        """The value as sheets and addresses carry it, the same in every locale; `parse` reads it back."""
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """The value as JSON carries it."""
        return value

    def from_json(self, value: Any) -> Any:
        """The value that JSON carries; raises FieldError for another type: nothing is turned into something else."""
        if value is None:
            return self.nothing()
        if not isinstance(value, str):
            raise wrong_type(_("a text"), value)
        parsed = self.parse(value)
        if self.exact_json and parsed != value:
            raise FieldError(
                _("The code is expected, such as %(code)s; “%(found)s” was found.", code=parsed, found=value[:40]),
                code="format",
                hint=_("Send “%(code)s”.", code=parsed),
            )
        return parsed

    def restore(self, stored: Any) -> Any:
        """A value from our own JSON column: as `from_json`, but today's limits and choices do not judge it.

        A custom field's choices and limits change while values made before stay; what is not even of the right type
        comes back as None, so that no page fails over one old value.
        """
        return stored if isinstance(stored, str) else None

    def check(self, value: Any, record: Mapping[str, Any]) -> None:
        """Raise FieldError for a value that the record's other values do not allow."""

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]] | None:
        """What can be chosen, as (text for `parse`, label) in the order to show; None for free input."""
        return None


def too_long(found: int, most: int) -> FieldError:
    """The error for a text of `found` characters where `most` are allowed."""
    return FieldError(
        ngettext(
            "At most %(num)s character fits; the text has %(found)s.",
            "At most %(num)s characters fit; the text has %(found)s.",
            most,
            found=found,
        ),
        code="max",
        hint=ngettext("Shorten it by %(num)s character.", "Shorten it by %(num)s characters.", found - most),
    )


def wrong_type(expected: str, value: Any) -> FieldError:
    """The error for a JSON value of another type than `expected` (in words)."""
    if isinstance(value, bool):
        found = _("true or false")
    elif isinstance(value, (int, float)):
        found = _("a number")
    elif isinstance(value, str):
        found = _("a text")
    elif isinstance(value, dict):
        found = _("an object")
    elif value is None:
        found = _("nothing (null)")
    else:
        found = _("a list")
    return FieldError(
        _("Expected %(expected)s, found %(found)s.", expected=expected, found=found),
        code="type",
        hint=_("Send %(expected)s.", expected=expected),
    )


def listed(names: Iterable[Any], most: int = 8) -> str:
    """Names as an error lists them, separated by commas; after `most` of them an ellipsis."""
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + ("…" if len(names) > most else "")


def nearest(text: str, names: Iterable[str]) -> str | None:
    """A hint with the name that looks most like the typed text, None if none does; costs milliseconds, so ask late."""
    by_key = {name.casefold(): name for name in names}
    found = get_close_matches(text[:100].casefold(), by_key, 1, 0.7)
    return _("Did you mean %(name)s?", name=by_key[found[0]]) if found else None
