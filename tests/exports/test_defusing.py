"""Cells that no spreadsheet runs: the quick way over whole rows gives what is given for each cell."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.sheet import defused, defused_csv, restored

SIGNS = st.sampled_from("=+-@＝＋－＠'\",;|\n\r\tax ä💥")
CELLS = st.text(SIGNS, max_size=8)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5)


@pytest.mark.threat("T-078")
@given(ROWS, st.sampled_from(",;"))
@settings(max_examples=300, deadline=None)
def test_whole_rows_are_defused_as_their_cells_are(rows, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    found = defused_csv(text.getvalue().encode(), delimiter).decode()
    read = list(csv.reader(io.StringIO(found, newline=""), delimiter=delimiter, strict=True))
    assert read == [[defused(cell) for cell in row] for row in rows]
    assert [[restored(cell) for cell in row] for row in read] == rows
