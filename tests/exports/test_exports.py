"""Exports: what is on the desk as a sheet, in the columns of the import, safe to open, for the asking person only."""

import csv
import io

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.sheet import restored
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db

# What spreadsheets run (OWASP, CSV injection), with separators and full-width forms before it.
PAYLOADS = (
    *("=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|'/C calc'!A0", '=HYPERLINK("http://x.example","y")', "＝1", "＋1", "－1"),
    *("＠x", "a,=1", "a;=2", 'a"=3', "'=1", "''=1", "=1\tb", "x|=4", "-", "+", "=", "@"),
)
TEXTS = ("title", "job_title", "pager", "address1", "address2", "city", "postcode", "customer_id", "notes")


def sheet(world, browser, noun: str, **form) -> list[list[str]]:
    """Ask for a sheet on the desk, let a worker write it, and fetch it."""
    asked = browser.post_form(f"/exports/{noun}", form)
    assert asked.status_code == 303
    world.run_jobs()
    job = browser.get(asked.location).text
    where = job.split('class="job-result" href="')[1].split('"')[0]
    found = browser.get(where)
    assert found.status_code == 200
    assert found.headers["Content-Disposition"].startswith("attachment")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    text = found.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if form.get("excel") == "1" else ","))


@pytest.mark.feature("C104")
def test_companies_are_exported_with_all_their_fields(world, cast):
    with world.inside():
        update(db.session.get(Company, cast.acme), {"notes": "calls, often; “always”\nat nine"}, actor=SYSTEM)
    rows = sheet(world, world.staff(), "companies")
    head, *lines = rows
    assert {"Customer ID", "Name", "Type", "Web Domains", "Phone"} <= set(head)
    assert len(lines) == 3
    acme = dict(zip(head, next(line for line in lines if "Acme" in line), strict=True))
    assert acme["Web Domains"] == "acme.example"
    assert acme["Internal Notes"] == "calls, often; “always”\nat nine"


@pytest.mark.feature("B012")
def test_contacts_are_exported_in_the_columns_of_the_import(world, cast):
    template = world.staff().get("/imports/template")
    head, *lines = sheet(world, world.staff(), "contacts")
    if template.status_code == 200:
        assert head[:29] == next(csv.reader(io.StringIO(template.data.decode("utf-8-sig"))))[:29]
    assert head[:5] == ["Title", "First Name", "Last Name", "Email Address", "Company"]
    assert len(lines) == 7
    names = {line[head.index("First Name")]: line[head.index("Company")] for line in lines}
    assert names["Xena"] == "Xacme"
    assert {line[head.index("Password")] for line in lines} == {""}


@pytest.mark.threat("T-078")
@pytest.mark.parametrize("excel", ["0", "1"])
def test_no_cell_is_a_formula_and_every_value_comes_back(world, excel):
    with world.inside():
        for n, payload in enumerate(PAYLOADS):
            values = dict.fromkeys(TEXTS, payload)
            values |= {"first_name": payload, "last_name": f"{payload} {n}", "email": f"p{n}@x.example"}
            values |= {"user_name": f"{payload}{n}"}
            create(Contact, values, actor=SYSTEM)
    head, *lines = sheet(world, world.staff(), "contacts", excel=excel)
    for line in lines:
        for cell in line:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell
    found = {line[head.index("Email Address")]: line for line in lines}
    with world.inside():
        kept = {row.email: row for row in db.session.query(Contact).where(Contact.email.like("p%@x.example"))}
        assert len(kept) == len(PAYLOADS)
        for email, record in kept.items():
            for name, heading in (("first_name", "First Name"), ("address1", "Address 1"), ("notes", "Notes")):
                assert restored(found[email][head.index(heading)]) == getattr(record, name)


@pytest.mark.threat("T-001", "T-021")
def test_a_file_is_for_the_person_who_asked_in_her_organization(world):
    ann = world.staff("ann")
    asked = ann.post_form("/exports/contacts", {})
    world.run_jobs()
    where = ann.get(asked.location).text.split('class="job-result" href="')[1].split('"')[0]
    nothing = world.staff("ann").get("/exports/999999")
    for stranger in (world.staff("adam"), world.staff("ann", "summit")):
        answer = stranger.get(where)
        assert answer.status_code == 404
        assert answer.status_code == nothing.status_code
    assert world.portal("ina").get(where).status_code in (302, 303)
    assert b"acme.example" not in world.staff("ann", "summit").get(where).data


def test_an_uploaded_file_is_no_export(world):
    with world.inside():
        from_import = world.sql(f"INSERT INTO {world.schema()}.file (name) VALUES ('people.csv') RETURNING id")
    assert world.staff().get(f"/exports/{from_import[0]['id']}").status_code == 404


def test_what_is_not_exported_is_not_found(world):
    assert world.staff().get("/exports/passwords/new").status_code == 404
    assert world.staff().post_form("/exports/passwords", {}).status_code == 404
