"""Values in a sheet: as the text that an import reads back, and so that no spreadsheet runs it as a formula.

A cell that a spreadsheet would run gets an apostrophe in front, the sign by which spreadsheets themselves mark text;
so does whatever follows a separator, a quotation mark or a line end inside a cell, where a spreadsheet that expects
another separator begins a new one (OWASP, CSV injection). Reading takes exactly these apostrophes away again.
"""

import csv
import io
import re

from sqlalchemy import BigInteger, ColumnElement, Numeric, Text, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from .kinds import Choices, Date, DateTime, Decimal, Duration, Kind, YesNo
from .kinds.several import Several

# = + - @ and their full-width forms begin a formula; a tab or a return in front of a cell is skipped.
_RUNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_BEGINS = r"(?:\A|(?<=[,;|\t\n\r" + '"' + r"]))"
_DEFUSE = re.compile(rf"{_BEGINS}(?='*[{_RUNS}])|\A(?='*[\t\r])")
_RESTORE = re.compile(rf"{_BEGINS}'(?='*[{_RUNS}])|\A'(?='*[\t\r])")
# The same in CSV, as bytes; the first look ahead is quick and tells nearly always that there is nothing.
_DEFUSE_CSV = re.compile(
    rb"[,;|\t\n\r\"](?=[=+\-@'\xef])(?='*(?:[=+\-@]|\xef\xbc[\x9d\x8b\x8d\xa0]))",
).sub
_SKIPPED = re.compile(r"\A(?='*[\t\r])").sub
_MAY_BE_SKIPPED = re.compile(rb"(?:\A|[,;|\t\n\"])'*[\t\r]").search
# Whether there is anything to do at all: most cells hold none of these signs.
_SUSPECT = re.compile(rf"[{_RUNS}\t\r]").search


def defused(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return _DEFUSE.sub("'", text) if _SUSPECT(text) else text


def restored(text: str) -> str:
    """What `defused` was given."""
    return _RESTORE.sub("", text) if "'" in text else text


def defused_csv(rows: bytes, delimiter: str = ",") -> bytes:
    """Whole rows of CSV in UTF-8 with each cell as `defused` makes it, many times faster than cell by cell.

    A cell begins behind a separator, a line end or a quotation mark, and these are the very signs behind which
    `defused` looks within a cell: one look at the whole text finds both.
    """
    if (b"\t" in rows or b"\r" in rows) and _MAY_BE_SKIPPED(rows):
        rows = _mark_skipped(rows.decode(), delimiter).encode()
    return _DEFUSE_CSV(lambda found: found[0] + b"'", b"\n" + rows)[1:]


def _mark_skipped(rows: str, delimiter: str) -> str:
    """The rows with an apostrophe before each tab or return that begins a cell, which only reading them tells."""
    text = io.StringIO(newline="")
    cells = csv.reader(io.StringIO(rows, newline=""), delimiter=delimiter)
    marked = ([_SKIPPED("'", cell) for cell in row] for row in cells)
    # A line end of "\n" alone would leave returns in cells without quotation marks.
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(marked)
    return text.getvalue()


def plain_expression(kind: Kind, value: ColumnElement) -> ColumnElement:
    """The same text as `kind.plain`, made by the database from a column of the kind's type; NULL for none."""
    if isinstance(kind, YesNo):
        return case((value, "yes"), (~value, "no"))
    if isinstance(kind, Decimal):
        return _decimal(kind, value)
    if isinstance(kind, Date):
        return func.to_char(value, "YYYY-MM-DD", type_=Text)
    if isinstance(kind, DateTime):
        return func.to_char(func.timezone("UTC", value), 'YYYY-MM-DD"T"HH24:MI:SS"Z"', type_=Text)
    if isinstance(kind, Duration):
        return _clock(value)
    if isinstance(kind, Choices | Several):
        return func.array_to_string(cast(value, ARRAY(Text)), "; " if isinstance(kind, Choices) else ", ", type_=Text)
    return value if isinstance(value.type, Text) else cast(value, Text)


def plain_json_expression(kind: Kind, value: ColumnElement) -> ColumnElement:
    """The same text as `kind.plain` from a custom field's JSON; NULL for what is not of the kind's type (`restore`)."""
    found = value.op("#>>", return_type=Text())(cast([], ARRAY(Text)))
    type_ = func.jsonb_typeof(value)
    if isinstance(kind, YesNo):
        return case((found == "true", "yes"), (found == "false", "no"))
    if isinstance(kind, Decimal):
        return case((found.op("~")(r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$"), _decimal(kind, cast(found, Numeric))))
    if isinstance(kind, Duration):
        return case((type_ == "number", _clock(cast(value, BigInteger))))
    if isinstance(kind, Choices):
        texts = func.jsonb_array_elements_text(
            case((type_ == "array", value), else_=literal_column("'[]'::jsonb", JSONB))
        )
        texts = texts.column_valued("one")
        return case((type_ == "array", select(func.string_agg(texts, "; ")).scalar_subquery()))
    wanted = "number" if isinstance(kind.column(), BigInteger) else "string"
    return case((type_ == wanted, found))


def _decimal(kind: Decimal, value: ColumnElement) -> ColumnElement:
    text = cast(func.round(value, kind.places), Text)
    # 1.234 would be thousands to a German: see `Decimal.plain`.
    grouped = text.op("~")(r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$")
    return case((grouped, text + "0"), else_=text) if kind.places == 3 else text


def _clock(minutes: ColumnElement) -> ColumnElement:
    size = func.abs(minutes)
    hours, rest = cast(size // 60, Text), func.lpad(cast(size % 60, Text), 2, "0", type_=Text)
    return case((minutes < 0, "-"), else_="") + hours + ":" + rest
