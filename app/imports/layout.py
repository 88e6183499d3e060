"""How a table is laid out in a text: which sign parts its columns, whether its first line holds headings."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

from .encodings import ENCODINGS, Unreadable

DELIMITERS = {",": _l("Comma"), ";": _l("Semicolon"), "\t": _l("Tab"), "|": _l("Vertical bar")}
_LOOKED_AT = 200
# Headings further down than this are sought by nobody but the user.
_ABOVE = 20
MOST_SKIPPED = 1000


@dataclass(frozen=True)
class Layout:
    """How a file is read. `skip` lines stand above the table; `short` says what a row with too few cells is."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    skip: int = 0
    short: str = "reject"

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict) -> "Layout":
        """The layout as stored; what it does not say is as usual."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def changed(self, given: dict) -> "Layout":
        """This layout with the user's choices; raises `Unreadable` for one that does not exist."""
        found = replace(self, **{name: value for name, value in given.items() if value is not None})
        checks = (
            (found.encoding in ENCODINGS, _("Choose one of the encodings in the list.")),
            (found.delimiter in DELIMITERS, _("Choose comma, semicolon, tab or vertical bar.")),
            (0 <= found.skip <= MOST_SKIPPED, _("At most %(most)s lines can be left out.", most=MOST_SKIPPED)),
            (found.short in ("reject", "fill"), _("Rows with too few cells are rejected or filled up.")),
        )
        for fine, sentence in checks:
            if not fine:
                raise Unreadable(sentence)
        return found


def detect(head: str, encoding: str, is_heading: Callable[[str], bool]) -> Layout:
    """The layout of a file by its beginning."""
    lines = io.StringIO(head, newline="").readlines()[: 5 * _LOOKED_AT]
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()
    named = named_delimiter(lines[0]) if lines else None
    if named:
        delimiter, lines = named, lines[1:]
    else:
        delimiter = max(DELIMITERS, key=lambda sign: _agreement(lines, sign))
    above = _above(lines, delimiter, is_heading)
    rows = _rows(lines[above:], delimiter)
    skip = above + bool(named) if above else 0
    return Layout(encoding, delimiter, bool(rows) and _is_header(rows, is_heading), skip)


def named_delimiter(line: str) -> str | None:
    """The sign that Excel's line `sep=;` names, None for any other line."""
    line = line.lstrip("\ufeff").rstrip("\r\n").strip('"')
    return line[4] if len(line) == 5 and line[:4].lower() == "sep=" and line[4] in DELIMITERS else None


def _rows(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if any(cell.strip() for cell in row):
                found.append(row)
            if len(found) == _LOOKED_AT:
                break
    except csv.Error:
        # What cannot be read is reported when the file is read; here the rows before it are enough.
        pass
    return found


def _above(lines: list[str], delimiter: str, is_heading: Callable[[str], bool]) -> int:
    """How many lines stand above the headings: a title, a date, for whom the list was made."""
    reader, before = csv.reader(lines[:_ABOVE], delimiter=delimiter), 0
    try:
        for row in reader:
            filled = [cell.strip() for cell in row if cell.strip()]
            if sum(map(is_heading, filled)) > 1:
                return before
            if any("@" in cell for cell in filled):
                break
            before = reader.line_num
    except csv.Error:
        pass
    return 0


def _agreement(lines: list[str], delimiter: str) -> float:
    """How well this sign parts the lines: many rows of equally many columns. One column is no agreement."""
    rows = _rows(lines, delimiter)
    counts = Counter(len(row) for row in rows)
    best = 0.0
    for width, times in counts.items():
        if width > 1:
            best = max(best, (times / len(rows)) ** 2 * width.bit_length())
    return best


def _is_header(rows: list[list[str]], is_heading: Callable[[str], bool]) -> bool:
    first = [cell.strip() for cell in rows[0]]
    if any("@" in cell or cell.replace(" ", "").isdigit() for cell in first):
        return False
    return any(map(is_heading, first)) or (len(rows) > 1 and _differs(rows))


def _differs(rows: list[list[str]]) -> bool:
    """Whether the rows below hold addresses or numbers where the first one holds words."""
    return any("@" in cell or cell.replace(" ", "").isdigit() for row in rows[1:20] for cell in row)
