"""Text on one line and text on many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .cleaning import are_tidy_lines, is_tidy_line, many_lines, one_line
from .kind import Context, Kind, too_long

# The tidy lines that are most frequent and quickest to tell: Latin letters and signs that are composed already, with
# single spaces between words. U+00A0 is a blank, U+00AD is invisible, and from U+0300 on composition matters.
_LATIN = re.compile("[!-~\xa1-\xac\xae-\u02ff]+(?: [!-~\xa1-\xac\xae-\u02ff]+)*").fullmatch


_LATIN_COLUMN = re.compile("[\n -~\xa1-\xac\xae-\u02ff]*").fullmatch


def _are_latin_lines(column: str) -> bool:
    """Whether each line is empty or in its final form."""
    return _LATIN_COLUMN(column) is not None and not any(sign in f"\n{column}" for sign in (" \n", "\n ", "  "))


@dataclass(frozen=True, eq=False)
class Text(Kind):
    """Text on one line, at most `max` characters (256 if not said), counted as composed Unicode characters."""

    max: int | None = 256

    name: ClassVar[str] = "text"
    input: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is", "is_not", "starts", "any_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("max", "required", "help", "default")
    longest_typed: ClassVar[int] = 10_000_000
    tidy_lines: ClassVar = staticmethod(_are_latin_lines)
    tidy_longest: ClassVar[int] = longest_typed

    def clean(self, text: str) -> str:
        """Trimmed, composed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The text, if it is not too long."""
        if self.max is not None and len(text) > self.max:
            raise too_long(len(text), self.max)
        return text

    def quick(self, text: str) -> str | None:
        """The text itself, when nothing about it needs tidying."""
        return text if len(text) <= (self.max or self.longest_typed) and is_tidy_line(text) else None

    def _quick_values(self, values: Sequence[str | None]) -> list[str | None]:
        if (whole := self._tidy_column(values)) is not None:
            return whole
        most = self.max or self.longest_typed
        texts = [text or "" for text in values]
        latin = map(_LATIN, texts)
        return [
            text if tidy and len(text) <= most else self.quick(text) if text else None
            for text, tidy in zip(texts, latin, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class LongText(Text):
    """Text on several lines, such as notes: line breaks and indents are kept, line ends are LF."""

    max: int | None = 100_000

    name: ClassVar[str] = "long_text"
    input: ClassVar[str] = "textarea"
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty", "not_empty")
    sort: ClassVar[bool] = False

    def clean(self, text: str) -> str:
        """Composed, with its own lines."""
        return many_lines(text)

    def quick(self, text: str) -> str | None:
        """The text itself, when nothing about it needs tidying."""
        return text if len(text) <= (self.max or self.longest_typed) and are_tidy_lines(text) else None
