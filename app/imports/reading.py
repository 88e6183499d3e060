"""From the text of a file to its rows: strict (RFC 4180), one by one, in constant memory.

A row that cannot be read is reported with its line and the next ones are read on; only what leaves the rest of the
file in doubt, such as a quotation mark that is never closed, ends the reading.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

from .encodings import END_OF_FILE, Unreadable, text_of, undecodable
from .layout import Layout, named_delimiter

LONGEST_CELL = 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
# A cell with more lines is rather a quotation mark that somebody forgot to close.
MOST_LINES = 1000
MOST_COLUMNS = 500
PREVIEW = 20

csv.field_size_limit(LONGEST_CELL)

# Why a row could not be read, by code; the sentence is for pages and reports.
BROKEN = {
    "quote": _l('A quotation mark stands inside the cell. Double it (""), or put the whole cell in quotation marks.'),
    "cell": _l("A cell holds more than one million characters."),
    "wide": _l(
        "The row has %(found)s cells, but there are %(width)s columns. Put cells that hold the separator in quotation"
        " marks."
    ),
    "short": _l(
        "The row has %(found)s cells, but there are %(width)s columns. Add what is missing, or choose under “File” to"
        " fill such rows up."
    ),
}


@dataclass(frozen=True)
class Broken:
    """A row that cannot be taken: code and sentence of BROKEN, what was found, the cells as far as there are any."""

    code: str
    sentence: str
    found: str
    cells: list[str]


@dataclass
class Batch:
    """Some rows in order: their cells (as many as there are columns), their lines, and those that are broken."""

    first: int
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    # by the place in this batch
    broken: dict[int, Broken] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


class Table:
    """A file being read. `headings` are there from the start, the rows come as batches."""

    def __init__(self, parts: Iterable[bytes], layout: Layout):
        self.layout = layout
        self.blank = 0
        self._lines = _Lines(text_of(parts, layout.encoding), layout)
        self._reader = csv.reader(self._lines, delimiter=layout.delimiter, strict=True)
        self._first = self._next_row()
        if self._first is None:
            raise Unreadable(_("The file holds no rows. Choose another one."))
        line, cells, broken = self._first
        if broken:
            raise Unreadable(_("Line %(line)s, the first one, cannot be read: %(why)s", line=line, why=BROKEN[broken]))
        self.width = len(cells)
        if self.width > MOST_COLUMNS:
            raise Unreadable(
                _(
                    "The file has %(found)s columns; at most %(most)s can be read. Delete those that are not needed,"
                    " and upload the file again.",
                    found=self.width,
                    most=MOST_COLUMNS,
                )
            )
        self.headings = [" ".join(cell.split()) for cell in cells] if layout.header else [""] * self.width
        # A separator at the end of the headings makes a last column that no row needs to have.
        self._least = max((n for n, heading in enumerate(self.headings, 1) if heading), default=self.width)
        if layout.header:
            self._first = None

    def batches(self, size: int, most: int | None = None, after: int = 0) -> Iterator[Batch]:
        """The rows, `size` at a time, the first one numbered 1: those behind row `after`, up to row `most`."""
        batch, no = Batch(after + 1), 0
        while most is None or no < most:
            row = self._first or self._next_row()
            self._first = None
            if row is None:
                break
            no += 1
            if no <= after:
                continue
            self._add(batch, *row)
            if len(batch) == size:
                yield batch
                batch = Batch(no + 1)
        if len(batch):
            yield batch

    def _add(self, batch: Batch, line: int, cells: list[str], broken: str) -> None:
        found = len(cells)
        if not broken and found != self.width:
            if found > self.width and any(map(str.strip, cells[self.width :])):
                broken = "wide"
            elif found < self._least and self.layout.short != "fill":
                broken = "short"
        if broken:
            sentence = BROKEN[broken] % {"found": found, "width": self.width}
            number = str(found) if broken in ("wide", "short") else ""
            batch.broken[len(batch)] = Broken(broken, sentence, number, cells)
        if found != self.width:
            cells = (cells + [""] * (self.width - found))[: self.width]
        batch.rows.append(cells)
        batch.lines.append(line)

    def _next_row(self) -> tuple[int, list[str], str] | None:
        """The next row that is not blank: its line, its cells, and the code of what is wrong with it."""
        lines, reader = self._lines, self._reader
        while True:
            lines.held.clear()
            start = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return None
            except csv.Error as error:
                broken = self._broken(str(error))
                return start, self._as_it_stands() if broken == "quote" else [], broken
            if any(map(str.strip, cells)):
                return start, cells, ""
            self.blank += 1

    def _as_it_stands(self) -> list[str]:
        """The cells of a row with stray quotation marks, for people to look at."""
        return next(csv.reader(self._lines.held, delimiter=self.layout.delimiter), [])

    def _broken(self, error: str) -> str:
        """The code for what csv says; what concerns the rest of the file as well is raised."""
        large = "field limit" in error
        if "end of data" in error or (large and _open_quote(self._lines.held, self.layout.delimiter) is not None):
            raise self._lines.unclosed(self.layout.delimiter)
        return "cell" if large else "quote"


class _Lines:
    """The lines of the table, counted, with those of the row at hand held for a report."""

    def __init__(self, text, layout: Layout):
        self._text, self._layout = text, layout
        self.number, self.held = 0, []
        self._head: str | None = None
        for _skipped in range(layout.skip):
            self._read()
        first = self._read()
        if layout.skip == 0 and named_delimiter(first):
            first = self._read()
        if self.number == 1:
            first = first.lstrip("\ufeff")
        self._head = first
        self.number -= bool(first)

    def __iter__(self):
        return self

    def __next__(self) -> str:
        if self._head is not None:
            line, self._head = self._head, None
            self.number += bool(line)
        else:
            line = self._read()
        if not line or (line[0] == END_OF_FILE and not line.strip(END_OF_FILE + "\r\n")):
            raise StopIteration
        self.held.append(line)
        if len(self.held) > MOST_LINES:
            raise self.unclosed(self._layout.delimiter)
        return line

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            raise Unreadable(
                _(
                    "Line %(line)s has more than %(most)s million characters: this is no table. Export the list as"
                    " CSV, then upload that file.",
                    line=self.number + 1,
                    most=LONGEST_LINE // 1024**2,
                )
            )
        if line:
            self.number += 1
        return line

    def unclosed(self, delimiter: str) -> Unreadable:
        """The sentence for a quotation mark that swallows the rest of the file, with the line where it stands."""
        first = self.number - len(self.held) + 1
        return Unreadable(
            _(
                "The quotation mark that opens in line %(line)s is not closed. Close it, or delete it, and upload the"
                " file again.",
                line=first + (_open_quote(self.held, delimiter) or 0),
            )
        )


def _open_quote(lines: list[str], delimiter: str) -> int | None:
    """Which of these lines holds the quotation mark that is still open at their end, None when there is none."""
    opened, inside, fresh = 0, False, True
    for no, line in enumerate(lines):
        at = 0
        while at < len(line):
            sign = line[at]
            if inside and sign == '"':
                if line[at + 1 : at + 2] == '"':
                    at += 1
                else:
                    inside = False
            elif not inside and sign == '"' and fresh:
                inside, opened = True, no
            fresh = not inside and sign == delimiter
            at += 1
        fresh = not inside
    return opened if inside else None


def preview(parts: Callable[[], Iterable[bytes]], layout: Layout, most: int = PREVIEW) -> tuple[Table, Batch]:
    """The headings and the first rows; raises `Unreadable`. Reads no more of the file than it needs."""
    with readable(parts, layout):
        table = Table(parts(), layout)
        return table, next(table.batches(most, most), Batch(1))


@contextmanager
def readable(parts: Callable[[], Iterable[bytes]], layout: Layout) -> Iterator[None]:
    """Say which line it is where the file turns out not to be in the chosen encoding."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise undecodable(parts(), layout.encoding) from error
