"""The steps of an import as the technician walks them, each at an address of its own and without scripts."""

import csv
import io

import pytest

from app.contacts.models import Contact
from tenants import db

BAD = """First Name,Last Name,Email Address,Username,Password,Company,Country,Shoe size
Ann,Lee,ann@a.example,ann.lee,secret-lantern-1,New Co,Germny,38
Bob,Lee,bob@a.example,bob.lee,,New Co,Deutschland,40
,Nobody,nob@a.example,nob,,New Co,Germny,40
Bob,Lee,bob@a.example,BOB.LEE,,New Co,DE,40
Zed,Zee,not-an-address,zed,,New Co,DE,41
"""


def upload(browser, text: str | bytes, name: str = "people.csv"):
    """Upload a file on the desk; the answer."""
    data = text.encode() if isinstance(text, str) else text
    return browser.post_form("/imports", {"file": (io.BytesIO(data), name)})


def uploaded(browser, text: str | bytes) -> str:
    """The address of an import whose file was taken."""
    answer = upload(browser, text)
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[0]


def columns_of(page: str) -> dict[str, str]:
    """The chosen field of each column's select on the page of the columns."""
    found = {}
    for part in page.split('<select id="column-')[1:]:
        select = part.split("</select>")[0]
        chosen = [option.split('"')[0] for option in select.split('value="')[1:] if " selected" in option.split(">")[0]]
        found["column-" + part.split('"')[0]] = chosen[0] if chosen else ""
    return found


@pytest.mark.feature("L129", "L131", "L159", "L160", "L161", "L162", "L163", "L164", "B011")
def test_a_file_walks_from_upload_to_undo(world):
    ann = world.staff("ann")
    where = uploaded(ann, BAD)

    reading = ann.get(f"{where}/reading").text
    assert 'name="header" value="1" checked' in reading
    assert "secret-lantern" not in reading
    again = ann.post_form(
        f"{where}/reading", {"encoding": "utf-8", "delimiter": ",", "header": "1", "skip": "0", "look": "1"}
    )
    assert again.location == f"{where}/reading"

    page = ann.get(f"{where}/columns").text
    chosen = columns_of(page)
    assert chosen["column-0"] == "first_name" and chosen["column-5"] == "company" and chosen["column-7"] == ""
    assert "E-mail *" in page and "(made where new)" in page
    answer = ann.post_form(f"{where}/columns", chosen | {"column-7": "new:"})
    assert answer.location == f"{where}/rules"

    answer = ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en", "access": "1"})
    assert answer.location == where
    assert "job-bar" in ann.get(where).text
    world.run_jobs()

    page = ann.get(where).text
    assert "What will happen" in page and "Import 1 person" in page
    assert "“Germny”" in page and "The same person as in row 2." in page
    with world.inside():
        assert db.session.query(Contact).filter_by(email="bob@a.example").count() == 0

    mended = ann.post_form(f"{where}/repairs", {"field": "country", "found": "Germny", "text": "Germany"})
    assert mended.status_code == 303
    world.run_jobs()
    page = ann.get(where).text
    assert "Import 2 people" in page and "Germny" not in page

    ann.post_form(f"{where}/application")
    world.run_jobs()
    page = ann.get(where).text
    assert "What happened" in page and "Undo this import" in page
    with world.inside():
        made = db.session.query(Contact).filter_by(user_name="ann.lee").one()
        assert made.country == "DE" and list(made.custom.values()) == ["38"]
        assert made.time_zone == "Europe/Berlin"

    rejected = ann.get(f"{where}/rejected")
    rows = list(csv.reader(io.StringIO(rejected.text)))
    assert rows[0][-1] == "Problem" and len(rows) == 4
    assert all(row[4] == "" for row in rows[1:]), "passwords are blank"

    ann.post_form(f"{where}/undo", {"reason": "wrong file"})
    world.run_jobs()
    assert "This import was undone" in ann.get(where).text
    with world.inside():
        left = db.session.query(Contact).filter_by(user_name="ann.lee", withdrawn_at=None).count()
        assert left == 0


@pytest.mark.feature("B011")
def test_the_rejected_rows_can_be_imported_as_they_are(world):
    ann = world.staff("ann")
    where = uploaded(ann, BAD)
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en"})
    world.run_jobs()
    rejected = ann.get(f"{where}/rejected").data
    second = uploaded(ann, rejected)
    chosen = columns_of(ann.get(f"{second}/columns").text)
    assert list(chosen.values())[-1] == ""
    ann.post_form(f"{second}/rules", {"match": "update", "empty": "keep", "locale": "en"})
    world.run_jobs()
    ann.post_form(f"{second}/repairs", {"field": "country", "found": "Germny", "text": "DE"})
    world.run_jobs()
    assert "What will happen" in ann.get(second).text


@pytest.mark.feature("L130", "L131")
def test_the_template_shows_the_expected_columns(world):
    text = world.staff("ann").get("/imports/template").text
    headings = next(csv.reader(io.StringIO(text)))
    assert len(headings) == 29
    assert {"First Name", "Last Name", "Email Address", "Username", "Password"} <= set(headings)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"First Name,Last Name\n", ""),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
        (b"PK\x03\x04" + b"\0" * 200, ""),
        ("Vorname;Nachname\nÄnne;Ö\n".encode("utf-16"), ""),
        (b'First Name,Email\nAnn,"ann@a.example\nBob,bob@a.example\n' * 3, ""),
        (b"\xff\xfe\x00\xd8", ""),
        (b"a" * 2_000_000, ""),
    ],
)
def test_a_bad_file_gets_a_sentence_and_nothing_is_written(world, content, sentence):
    answer = upload(world.staff("ann"), content)
    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert 'class="field-error"' in answer.text
    assert sentence in answer.text
    assert world.sql(f"SELECT count(*) AS n FROM {world.schema()}.operation WHERE kind = 'import'")[0]["n"] == 0


def test_no_file_at_all_is_said(world):
    answer = world.staff("ann").post_form("/imports", {})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


@pytest.mark.threat("T-001")
def test_another_organization_sees_nothing_of_it(world):
    where = uploaded(world.staff("ann"), BAD)
    stranger = world.staff("ann", "summit")
    for path in ("", "/reading", "/columns", "/rules", "/rejected", "/progress"):
        assert stranger.get(where + path).status_code == 404
    for path in ("/plan", "/application", "/undo", "/cancellation", "/rules", "/columns", "/repairs"):
        assert stranger.post_form(where + path, {}).status_code == 404


@pytest.mark.threat("T-108")
def test_pressing_twice_imports_once(world):
    ann = world.staff("ann")
    where = uploaded(ann, BAD)
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en"})
    ann.post_form(f"{where}/plan")
    world.run_jobs()
    ann.post_form(f"{where}/application")
    ann.post_form(f"{where}/application")
    world.run_jobs()
    ann.post_form(f"{where}/application")
    world.run_jobs()
    with world.inside():
        assert db.session.query(Contact).filter_by(email="bob@a.example").count() == 1
