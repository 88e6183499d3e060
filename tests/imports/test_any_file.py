"""Whatever bytes come, reading raises nothing but its own sentence; and what was written as a table is read as such."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.fields.kinds import Date, Email, Phone, Text, YesNo
from app.imports.cells import Reader
from app.imports.encodings import ENCODINGS, END_OF_FILE, Unreadable
from app.imports.layout import DELIMITERS, Layout, named_delimiter
from app.imports.reading import MOST_LINES
from app.imports.targets import Target

from .reader import elements, layout_of, read, table_of

KINDS = {
    "first_name": Text(max=64),
    "last_name": Text(),
    "email": Email(),
    "phone": Phone(),
    "on": Date(),
    "vip": YesNo(),
}
COLUMNS = {name: Target(name, name, name, kind) for name, kind in KINDS.items()}
# What tables are made of, so that chance finds their edges.
SIGNS = [",", ";", "\t", "|", '"', "\n", "\r", "\r\n", "\\", "'", "=", "@", " ", "\0", END_OF_FILE, "\ufeff", "\u2028"]
PIECES = st.one_of(
    st.sampled_from([sign.encode() for sign in SIGNS]),
    st.sampled_from(
        [b"first_name", b"last_name", b"email", b"sep=;", b"a@a.example", b"\xff\xfe", b"\xc3", b"<a>", b"[{"]
    ),
    st.binary(max_size=3),
    st.text(max_size=3).map(lambda text: text.encode("utf-16-le", "surrogatepass")),
)
FILES = st.lists(PIECES, max_size=60).map(b"".join)
# Every letter but halves of a letter, which no encoding can write.
LETTERS = st.characters(exclude_categories=["Cs"])
CELLS = st.text(st.one_of(st.sampled_from("\n\r\",;|\t='\\ ä€"), LETTERS), max_size=12)
WIDTHS = st.integers(1, 6)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def speaking(app):
    """Sentences need a language."""
    with app.app_context():
        yield


@given(FILES, st.integers(1, 20))
@QUICK
def test_no_bytes_raise_anything_but_a_sentence(data, size):
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    try:
        taken, refused = read(parts, COLUMNS)
    except Unreadable as error:
        assert str(error).endswith(".")
    else:
        assert all(reason.endswith((".", "?")) for reason in refused.values())
        assert len(taken) + len(refused) <= len(data)


@given(FILES, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(sorted(DELIMITERS)), st.booleans(), st.integers(0, 3))
@QUICK
def test_no_choice_of_the_user_raises_anything_but_a_sentence(data, encoding, delimiter, header, skip):
    try:
        table, batches = table_of([data], Layout(encoding, delimiter, header, skip, "fill"))
    except Unreadable as error:
        assert str(error).endswith((".", ")."))
    else:
        assert all(len(row) == table.width for batch in batches for row in batch.rows)


@st.composite
def tables(draw) -> tuple[list[list[str]], Layout, bytes]:
    """A table, how it is laid out, and the file that a program makes of it."""
    width = draw(WIDTHS)
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12))
    rows = [row for row in rows if any(cell.strip() for cell in row)] or [["x"] * width]
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030"]))
    layout = Layout(encoding.removesuffix("-sig"), draw(st.sampled_from(sorted(DELIMITERS))), header=False)
    # Python quotes a lone return only where it is part of the line end.
    quoting, ends = draw(
        st.sampled_from(
            [(csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\r\n")]
        )
    )
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=layout.delimiter, quoting=quoting, lineterminator=ends).writerows(rows)
    return rows, layout, text.getvalue().encode(encoding)


@given(tables(), st.integers(1, 50))
@QUICK
def test_a_table_is_read_as_it_was_written(table, size):
    rows, layout, data = table
    first = data.decode(layout.encoding).lstrip("\ufeff")
    # A mark of the encoding, a named separator and the end of a text of DOS are no cells.
    if rows[0][0].startswith("\ufeff") or named_delimiter(first.splitlines()[0]) or END_OF_FILE in first:
        return
    found, batches = table_of([data[start : start + size] for start in range(0, len(data), size)], layout)
    assert [row for batch in batches for row in batch.rows] == rows
    assert not any(batch.broken for batch in batches)
    assert found.width == len(rows[0])


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=3, max_size=12), st.sampled_from([",", ";", "\t", "|"])
)
@QUICK
def test_a_usual_table_is_recognized(rows, delimiter):
    """Its separator and its headings are found without being told."""
    text = io.StringIO(newline="")
    heads = ["first_name", "last_name", "email"]
    plain = [["".join(sign for sign in cell if sign.isalpha()) or "x" for cell in row] for row in rows]
    csv.writer(text, delimiter=delimiter).writerows([heads, *plain])
    layout = layout_of([text.getvalue().encode()], heads.__contains__)
    assert (layout.encoding, layout.delimiter, layout.header, layout.skip) == ("utf-8", delimiter, True, 0)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=8))
@QUICK
def test_every_cell_reaches_the_staging_table_or_is_refused(rows):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([list(COLUMNS), *rows])
    try:
        table, batches = table_of([text.getvalue().encode()], Layout())
    except Unreadable:
        return
    reader = Reader(1, list(enumerate(COLUMNS.values())), [], {}, "en", str.encode)
    for batch in batches:
        lines = reader.copy_lines(batch).decode().split("\n")[:-1]
        assert len(lines) == len(batch) <= MOST_LINES
        for line, row in zip(lines, batch.rows, strict=True):
            values = line.split("\t")
            assert len(values) == 7
            problems = [] if values[4] == r"\N" else json.loads(values[4].replace("\\\\", "\\"))
            assert {name for name, *_rest in problems} <= set(COLUMNS)
            if not problems:
                kept = elements(values[3].replace(r"\n", "\n").replace("\\\\", "\\"))
                assert len(kept) == table.width
                assert kept[1] is None or "".join(kept[1].split()) <= "".join(row[1].split()) or not row[1].isascii()
