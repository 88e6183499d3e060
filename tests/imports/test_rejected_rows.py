"""The file of rejected rows: all that was in them, safe to open, and read again as it is once it is mended."""

import csv
import io

import pytest

from .test_screens import uploaded

HEAD = "First Name,Last Name,Email Address,Username,Notes\n"
RULES = {"match": "update", "empty": "keep", "locale": "en"}


def checked(world, ann, text: str) -> tuple[str, list[list[str]]]:
    """The address of the checked import, and its file of rejected rows."""
    where = uploaded(ann, text)
    ann.post_form(f"{where}/rules", RULES)
    world.run_jobs()
    data = ann.get(f"{where}/rejected").data.decode()
    return where, list(csv.reader(io.StringIO(data, newline=""), strict=True))


@pytest.mark.feature("B011", "L164")
def test_rows_whose_cells_cannot_be_told_apart_come_back_with_their_cells(world):
    ann = world.staff("ann")
    text = HEAD + '"Bo" Boss,Li,bo@a.example,bo,\nCy,Lo,Ltd,cy@a.example,cy,x\nDi,Lo,di@a.example\n'
    where, (head, *rejected) = checked(world, ann, text)
    assert head == [*HEAD.strip().split(","), "Problem"]
    assert [row[:-1] for row in rejected] == [
        ["Bo Boss", "Li", "bo@a.example", "bo", ""],
        ["Cy", "Lo", "Ltd", "cy@a.example", "cy", "x"],
        ["Di", "Lo", "di@a.example"],
    ]
    assert [row[-1][:40] for row in rejected] == [
        "A quotation mark stands inside the cell.",
        "The row has 6 cells, but there are 5 col",
        "The row has 3 cells, but there are 5 col",
    ]
    page = ann.get(where).text
    assert "Add what is missing" in page


@pytest.mark.feature("B011")
def test_returns_and_formulas_in_rejected_rows_survive_the_way_there_and_back(world):
    ann = world.staff("ann")
    row = 'Ann,"=1+1",nowhere,ann,"one\rtwo ""x"", three\r\nfour"\n'
    where, (_head, rejected) = checked(world, ann, HEAD + row)
    assert rejected[:5] == ["Ann", "'=1+1", "nowhere", "ann", 'one\rtwo "x", three\r\nfour']
    mended = ann.get(f"{where}/rejected").data.replace(b"nowhere", b"ann@a.example")
    where, rows = checked(world, ann, mended)
    assert len(rows) == 1
    ann.post_form(f"{where}/application")
    world.run_jobs()
    found = world.sql(f"SELECT last_name, notes FROM {world.schema()}.contact WHERE user_name = 'ann'")
    assert found == [{"last_name": "=1+1", "notes": 'one\ntwo "x", three\nfour'}]


@pytest.mark.threat("T-059")
def test_a_row_that_cannot_be_told_apart_gives_no_password_away(world):
    ann = world.staff("ann")
    text = HEAD.replace("Notes", "Password") + "Ann,Lee, Ltd,ann@a.example,ann,first-lantern-99\nDi,Lo\n"
    _where, (_head, *rejected) = checked(world, ann, text)
    assert len(rejected) == 2
    assert not any("lantern" in cell for row in rejected for cell in row)
