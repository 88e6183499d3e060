"""Files of a record: attached, listed, saved, deleted and brought back; sent as nothing that could run."""

import io
from urllib.parse import unquote

import pytest

from .screens import Element, screen

PDF = b"%PDF-1.7 a plan"


@pytest.fixture
def ann(world):
    return world.staff("ann")


def send(browser, path: str, *sent: tuple[str, bytes]):
    """Send files by the form."""
    data = {"csrf_token": browser.csrf_token, "file": [(io.BytesIO(data), name) for name, data in sent]}
    return browser.post(f"{path}/files", data=data)


def listed(page: Element) -> list[str]:
    return [one.text for one in page.all("a", cls="file-name")]


def address(page: Element, name: str) -> str:
    return next(one["href"] for one in page.all("a", cls="file-name") if one.text == name)


@pytest.fixture
def limits(app, monkeypatch):
    """Other limits for this test."""

    def limit(**changed) -> None:
        monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=changed))

    return limit


@pytest.mark.feature("I109")
@pytest.mark.parametrize("noun", ["contacts", "companies"])
def test_files_are_attached_listed_and_saved(ann, cast, noun):
    path = f"/{noun}/" + str({"contacts": cast.ina, "companies": cast.acme}[noun])
    form = screen(ann.get(path)).one("details", id="file-new").one("form")
    assert (form["action"], form["enctype"]) == (f"{path}/files", "multipart/form-data")
    done = send(ann, path, ("plan.pdf", PDF), ("notes.txt", b"words" * 1000))
    assert done.status_code == 303 and done.headers["Location"] == f"{path}#history"
    page = screen(ann.get(path))
    assert page.one(cls="toast-text").text == "2 files attached"
    assert listed(page) == listed(screen(ann.get(f"{path}/files"))) == ["plan.pdf", "notes.txt"]
    line = next(one for one in page.all("li") if one.all("ul", cls="files"))
    assert line.one("strong").text == "Ann Tanner" and line.all("time")[0]["title"]
    assert [one.one("span", cls="quiet").text for one in line.one("ul", cls="files").all("li")] == ["15 B", "5 kB"]
    saved = ann.get(address(page, "plan.pdf"))
    assert saved.data == PDF and saved.headers["Content-Type"] == "application/pdf"
    # All of them go by the one Undo.
    assert ann.post_form(page.one(cls="toast-line").one("form")["action"]).status_code == 303
    assert listed(screen(ann.get(path))) == []


@pytest.mark.feature("I109")
@pytest.mark.threat("T-081", "T-083")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", b"<html><script>alert(1)</script>"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("picture.png", b"<script>alert(1)</script>"),
        ("plan.pdf", PDF),
    ],
)
def test_a_file_is_sent_only_to_be_saved(ann, cast, name, data):
    path = f"/contacts/{cast.ina}"
    send(ann, path, (name, data))
    saved = ann.get(address(screen(ann.get(path)), name))
    heads = saved.headers
    assert saved.data == data and heads["Content-Disposition"] == f"attachment; filename={name}"
    assert heads["X-Content-Type-Options"] == "nosniff"
    assert heads["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert heads["Content-Type"] == ("application/pdf" if data == PDF else "application/octet-stream")
    assert "no-store" in heads["Cache-Control"] and heads["Content-Length"] == str(len(data))


@pytest.mark.threat("T-082")
@pytest.mark.parametrize(
    "name", ["Übersicht für März.pdf", "契約.pdf", 'a"b; filename=evil.exe.pdf', "%41.pdf", "a'b.pdf"]
)
def test_the_name_travels_in_the_head_without_adding_to_it(ann, cast, name):
    path = f"/contacts/{cast.ina}"
    send(ann, path, (name, PDF))
    (kept,) = listed(screen(ann.get(path)))
    said = ann.get(address(screen(ann.get(path)), kept)).headers.get_all("Content-Disposition")
    assert len(said) == 1 and said[0].startswith("attachment; filename=") and said[0].isascii()
    if "filename*=" in said[0]:
        assert unquote(said[0].partition("filename*=UTF-8''")[2]) == kept
    else:
        assert kept in said[0]


@pytest.mark.feature("I109")
def test_limits_are_said_and_nothing_is_kept(world, ann, cast, limits):
    path, before = f"/contacts/{cast.ina}", world.checksum()
    limits(max_file=2000, max_files=3000)
    cases = {
        "Choose a file first.": [],
        "“empty.txt” is empty. Nothing was kept.": [("good.txt", b"x"), ("empty.txt", b"")],
        "“big.txt” has 2.5\xa0kB; a file may have 2\xa0kB.": [("good.txt", b"x"), ("big.txt", b"x" * 2500)],
        "20 files at a time are the most; these are 21.": [("a.txt", b"x")] * 21,
        "There is no room left for this: all files together may have 3\xa0kB.": [("a.txt", b"x" * 1900)] * 2,
    }
    for said, sent in cases.items():
        page = screen(send(ann, path, *sent), 422)
        assert said.replace("\xa0", " ") in page.one("p", id="file-error").text.replace("\xa0", " ")
        assert "open" in page.one("details", id="file-new").attributes
    assert world.checksum() == before
    assert send(ann, path, ("a.txt", b"x" * 1900)).status_code == 303
    # What is deleted takes room as long as it can be brought back.
    number = address(screen(ann.get(path)), "a.txt")
    ann.post_form(f"{number}/removal")
    assert "There is no room" in send(ann, path, ("b.txt", b"x" * 1900)).text


@pytest.mark.feature("I109")
def test_a_deleted_file_is_gone_and_can_be_brought_back(ann, cast):
    path = f"/contacts/{cast.ina}"
    send(ann, path, ("plan.pdf", PDF))
    at = address(screen(ann.get(path)), "plan.pdf")
    part = screen(ann.fragment(f"{at}/removal", method="POST"))
    assert listed(part) == [] and "plan.pdf" not in part.one("section", id="history").text
    assert ann.get(at).status_code == 404 and ann.post_form(f"{at}/removal").status_code == 404
    assert ann.post_form(part.one("form", hx_swap="none")["action"]).status_code == 303
    assert listed(screen(ann.get(path))) == ["plan.pdf"] and ann.get(at).data == PDF


@pytest.mark.feature("I107", "I109")
def test_files_are_found_by_their_names(ann, cast):
    path = f"/contacts/{cast.ina}"
    send(ann, path, ("plan.pdf", PDF))
    send(ann, path, ("bill.pdf", PDF))
    assert listed(screen(ann.get(f"{path}?q=BILL"))) == ["bill.pdf"]
    assert listed(screen(ann.get(f"{path}?show=files"))) == ["bill.pdf", "plan.pdf"]
    assert listed(screen(ann.get(f"{path}?show=notes"))) == []


@pytest.mark.feature("I109")
@pytest.mark.threat("T-018")
def test_nobody_in_the_portal_has_a_file(world, ann, cast):
    send(ann, f"/contacts/{cast.ina}", ("plan.pdf", PDF))
    at = address(screen(ann.get(f"/contacts/{cast.ina}")), "plan.pdf")
    ina = world.portal("ina")
    assert ina.get(at).status_code == 302 and PDF not in ina.get(f"/portal{at}").data
    for path in ("/portal/", "/portal/me", f"/portal/companies/{cast.acme}"):
        assert "plan.pdf" not in ina.get(path).text
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        portal = f"{world.schema()}_portal"
        (row,) = world.sql(f"SELECT has_table_privilege('{portal}', '{world.schema()}.attachment', '{right}') AS may")
        assert row["may"] is False
