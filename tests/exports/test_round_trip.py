"""Export, import again, and nothing changes: whatever stands in the cells, and whoever saved the file in between."""

import csv
import io
import itertools

import pytest
from sqlalchemy import select

from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.fields.settings import fields_of
from app.fields.sheet import restored
from app.imports.models import VERDICTS, Import
from app.records.actor import SYSTEM
from app.records.write import Create, Update, apply, begin, create, update
from app.settings import custom
from tenants import db

# Texts that a spreadsheet would run, break, or turn into something else.
TEXTS = (
    *("=1+1", "+49 30 1", "-2", "@x", "'=1", "''=1", "'quoted'", "a,b;c|d", 'say "x"', "＝1", "0049", "1e5", "TRUE"),
    *("3-4", "#N/A", "NULL", "\\N", "{a,b}", "山田太郎", "Żółć", "Юрий", "לוי", "👩‍👩‍👧", "e\u0301", "x" * 60),
)
NOTES = (
    *("one\ntwo", 'a "quote"\n;=1', "\n\n=first\n  indented\n\nlast", "tab\tinside", "\t=1", "-- \nAnn", "'\n'=2"),
    *("x" * 5000, "=cmd|' /C calc'!A0\r\n+1", "comma,\nsemicolon;\n"),
)
# Values of fields of the organization's own: what is typed for each person in turn.
OWN = {
    "text": ("Badge", {}, ["=1", "'x", "Ä,b", "007"]),
    "long_text": ("Directions", {}, ["left\nright", "=1\n=2", "- a\n- b"]),
    "choice": ("Tier", {"choices": "gold | Gold, large\n=1 | -"}, ["gold", "=1"]),
    "choices": ("Trainings", {"choices": "a | A\nb,c | B\n-d | D"}, ["a; b,c", "-d", "a;b,c;-d"]),
    "yes_no": ("Signed", {}, ["yes", "no", ""]),
    "whole": ("Screens", {}, ["0", "-3", "12345"]),
    "decimal": ("Price", {"places": 3}, ["1.2345"[:5], "-0.5", "1234.5"]),
    "date": ("Next visit", {}, ["2026-05-03", "1999-12-31"]),
    "duration": ("On site", {}, ["1:15", "100:00", "0:05"]),
    "email": ("Invoices to", {}, ["=x@a.example", "b@müller.example"]),
    "phone": ("Caretaker", {}, ["+49 30 1", "(030) 2 x12"]),
    "url": ("Remote access", {}, ["https://a.example/?q=1&r=2"]),
    "country": ("Country of the contract", {}, ["Deutschland", "GB"]),
    "language": ("Language of the handbook", {}, ["de", "en-GB"]),
    "time_zone": ("Time zone of the branch", {}, ["Europe/Berlin"]),
}
RULES = {"match": "update", "empty": "keep", "locale": "en"}


def exported(world, browser, noun: str = "contacts", excel: str = "0") -> bytes:
    """The sheet, as the browser saves it."""
    asked = browser.post_form(f"/exports/{noun}", {"excel": excel})
    world.run_jobs()
    where = browser.get(asked.location).text.split('class="job-result" href="')[1].split('"')[0]
    return browser.get(where).data


def checked(world, browser, data: bytes, **rules) -> tuple[dict[str, int], list]:
    """What the check of a file says of its rows: how many of each verdict, and what it would change."""
    answer = browser.post_form("/imports", {"file": (io.BytesIO(data), "people.csv")})
    assert answer.status_code == 303, answer.text
    where = answer.location.rsplit("/", 1)[0]
    browser.post_form(f"{where}/rules", RULES | rules)
    world.run_jobs()
    with world.inside():
        import_id = int(where.rsplit("/", 1)[1])
        found = db.session.get(Import, import_id)
        counts = {name: found.counts[name] for name in VERDICTS if found.counts[name]}
    schema = world.schema()
    told = world.sql(
        "SELECT r.row_no, v.verdict, v.changed, v.problems, r.cells"
        f" FROM {schema}.import_verdict v JOIN {schema}.import_row r USING (import_id, row_no)"
        f" WHERE import_id = {import_id} AND verdict <> 'same' ORDER BY 1"
    )
    browser.post_form(f"{where}/application")
    world.run_jobs()
    return counts, told


def people(texts=TEXTS, notes=NOTES, own: bool = True) -> int:
    """People with these texts in all their fields, read as a form reads them; returns how many there are now."""
    fields = fields_of(Contact)
    named = {}
    for kind, (label, options, typed) in OWN.items() if own else ():
        name, _operation = custom.create("contact", kind, {"label": label, **options}, actor=SYSTEM)
        named[name] = itertools.cycle(typed)
    fields = fields_of(Contact)
    long = itertools.cycle(notes)
    made = []
    for n, text in enumerate(texts):
        typed = dict.fromkeys(("title", "first_name", "last_name", "job_title", "address1", "address2", "city"), text)
        typed |= {"customer_id": text, "notes": next(long), "user_name": f"{text[:40]} {n}", "email": f"p{n}@a.example"}
        typed |= {"phone": f"+49 30 {n}", "mobile": f"(0171) {n}-1", "pager": text[:30], "postcode": f"0{n}"}
        typed |= {"country": ("DE", "AT", "Vereinigte Staaten", "")[n % 4], "language": ("de", "en-GB", "")[n % 3]}
        typed |= {"time_zone": ("Europe/Vienna", "")[n % 2]}
        typed |= {name: next(values) for name, values in named.items()}
        values = {name: fields[name].kind.parse(value, locale="en") for name, value in typed.items()}
        made.append({name: value for name, value in values.items() if value is not None})
    apply(begin(SYSTEM, "create"), [Create(Contact, values) for values in made])
    return db.session.query(Contact).filter(Contact.withdrawn_at.is_(None)).count()


def companies_and_managers(cast) -> None:
    """Several companies, departments, line managers, partners, further addresses, deactivated people."""
    ids = [one.id for one in db.session.query(Contact).filter(Contact.email.like("p%@a.example")).order_by(Contact.id)]
    names = [create(Company, {"name": name}, actor=SYSTEM) for name in ("=Sum & Co.", "-Ärger, GmbH", "'Quoted' Ltd")]
    names.append(create(Company, {"name": "Partner", "email": "office@acme.example"}, actor=SYSTEM))
    places = itertools.cycle(names)
    for before, now in itertools.pairwise(ids):
        values = {
            "company": next(places),
            "line_manager_id": before,
            "addresses": [f"x{now}@a.example", "=y@a.example"],
        }
        update(db.session.get(Contact, now), values | {"partner_id": cast.nordlys}, actor=SYSTEM)
    operation = begin(SYSTEM, "create")
    second = [{"contact_id": one, "company_id": cast.acme, "is_primary": False} for one in ids[::3]]
    apply(operation, [Create(Membership, values) for values in second])
    apply(operation, [Update(Contact, one, {"active": False}) for one in ids[::5]])


@pytest.mark.feature("B012")
@pytest.mark.parametrize(("excel", "empty"), [("0", "keep"), ("1", "clear")])
def test_what_was_exported_is_imported_without_a_change(world, cast, excel, empty):
    ann = world.staff("ann")
    with world.inside():
        count = people()
        companies_and_managers(cast)
    before = world.checksum()
    counts, told = checked(world, ann, exported(world, ann, excel=excel), empty=empty)
    assert told == []
    assert counts == {"same": count}
    after = world.checksum()
    written = {table.split(".")[1] for table in before if before[table] != after[table]}
    assert not written & {"contact", "membership", "company", "department", "operation", "change", "event", "account"}


@pytest.mark.feature("B012")
def test_a_german_spreadsheet_may_save_it_in_between(world, cast):
    """Windows 1252, semicolons, everything in quotation marks, and dates and numbers as they were."""
    ann = world.staff("ann")
    western = [text for text in TEXTS if text == text.encode("cp1252", "ignore").decode("cp1252")]
    with world.inside():
        count = people([*western, "Jürgen „Größe“ Weiß", "Café – 5 €"])
    rows = csv.reader(io.StringIO(exported(world, ann, excel="1").decode("utf-8-sig"), newline=""), delimiter=";")
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    counts, told = checked(world, ann, saved.getvalue().encode("cp1252"), locale="de")
    assert told == []
    assert counts == {"same": count}


@pytest.mark.feature("B012")
def test_a_partner_whose_address_another_company_has_too_stays_the_partner(world, cast):
    ann = world.staff("ann")
    with world.inside():
        twins = [
            create(Company, {"name": name, "email": "Mail@twins.example"}, actor=SYSTEM)
            for name in ("Twin 1", "Twin 2")
        ]
        update(db.session.get(Contact, cast.nils), {"partner_id": twins[1]}, actor=SYSTEM)
    counts, told = checked(world, ann, exported(world, ann))
    assert told == []
    assert counts == {"same": 7}


@pytest.mark.feature("B012", "L153")
def test_fields_that_are_called_like_the_columns_of_others_keep_their_values(world, cast):
    ann = world.staff("ann")
    with world.inside():
        for label in ("Custom2", "Custom1", "=Sum", "Größe"):
            custom.create("contact", "text", {"label": label}, actor=SYSTEM)
        names = [entry.name for entry in fields_of(Contact) if entry.custom]
        update(db.session.get(Contact, cast.ina), {name: name for name in names}, actor=SYSTEM)
    counts, told = checked(world, ann, exported(world, ann), empty="clear")
    assert told == []
    assert counts == {"same": 7}


@pytest.mark.feature("B012")
def test_a_change_in_the_file_is_the_only_change(world, cast):
    ann = world.staff("ann")
    with world.inside():
        people()
    data = exported(world, ann).replace(b"Nils,Dahl", b"Nils,Dahlberg", 1)
    counts, told = checked(world, ann, data)
    assert counts["change"] == 1 and told[0]["changed"] == ["last_name"]
    assert set(counts) == {"same", "change"}


@pytest.mark.feature("B012", "C104")
def test_every_cell_of_a_company_is_read_back_as_what_it_is(world, cast):
    """Companies have no import; their sheet is read by the same kinds of fields as one would be."""
    ann = world.staff("ann")
    with world.inside():
        for kind, (label, options, _typed) in OWN.items():
            if label != "Country of the contract":
                custom.create("company", kind, {"label": label, **options}, actor=SYSTEM)
        fields = [entry for entry in fields_of(Company) if not entry.readonly]
        typed = {entry.name: itertools.cycle(OWN[entry.kind.name][2]) for entry in fields if entry.custom}
        for n, text in enumerate(TEXTS):
            values = {"name": f"{text} {n}", "address": f"{text}\n{text}", "notes": NOTES[n % len(NOTES)]}
            values |= {"phone": f"+49 {n}", "domains": f"d{n}.example, e{n}.example", "country": ("DE", "NO")[n % 2]}
            values |= {name: next(own) for name, own in typed.items()}
            kinds = {entry.name: entry.kind for entry in fields}
            create(Company, {name: kinds[name].parse(value) for name, value in values.items() if value}, actor=SYSTEM)
    head, *lines = csv.reader(io.StringIO(exported(world, ann, "companies").decode(), newline=""), strict=True)
    with world.inside():
        assert len(lines) == db.session.query(Company).count()
        numbered = {str(company.number): company for company in db.session.query(Company)}
        for line in lines:
            cells = dict(zip(head, map(restored, line), strict=True))
            company = numbered[cells["Customer ID"]]
            for entry in fields:
                if entry.kind.name != "reference":
                    stored = (
                        db.session.scalar(select(entry.expression(Company)).where(Company.id == company.id)) or None
                    )
                    read = entry.kind.parse(cells[entry.sheet or str(entry.label)], locale="de") or None
                    assert read == stored, (entry.name, cells[entry.sheet or str(entry.label)])
