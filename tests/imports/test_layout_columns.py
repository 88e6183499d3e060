"""The documented columns: what each holds, how long it may be, and what it does."""

import csv
import io

import pytest

from app.contacts.models import Contact
from app.people.models import Account
from tenants import db

from .test_screens import uploaded

HEADINGS = (
    *("Title", "First Name", "Last Name", "Email Address", "Company", "Department", "Primary Company Contact"),
    *("Primary Department Contact", "Address 1", "Address 2", "City", "State", "Postcode/Zip", "Country", "Phone"),
    *("Mobile", "Fax", "Pager", "Username", "Password", "Partners Email", "Notes", "Locale", "Line Manager Username"),
)
ROW = dict.fromkeys(HEADINGS, "") | {
    "First Name": "Ada",
    "Last Name": "Berg",
    "Email Address": "ada@new.example",
    "Username": "ada",
}


def sheet(*rows: dict) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADINGS)
    writer.writeheader()
    writer.writerows([ROW | row for row in rows])
    return text.getvalue()


def imported(world, *rows: dict, **rules) -> str:
    """Import these rows; the page of the result."""
    ann = world.staff("ann")
    where = uploaded(ann, sheet(*rows))
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en"} | rules)
    world.run_jobs()
    ann.post_form(f"{where}/application")
    world.run_jobs()
    return ann.get(where).text


def contact(world, user_name: str) -> Contact | None:
    with world.inside():
        found = db.session.query(Contact).filter_by(user_name=user_name, withdrawn_at=None).one_or_none()
        db.session.expunge_all()
        return found


@pytest.mark.feature("L132", "L139", "L140", "L141", "L142", "L143", "L144", "L145", "L146", "L147", "L148", "L149")
@pytest.mark.feature("L150", "L154", "L155", "L158")
def test_every_plain_column_arrives(world):
    imported(
        world,
        {
            "Title": "Dr.",
            "Address 1": "Kai 1",
            "Address 2": "Hof",
            "City": "Kiel",
            "State": "Schleswig-Holstein",
            "Postcode/Zip": "24103",
            "Country": "Deutschland ",
            "Phone": "+49 431 1",
            "Mobile": "0171 2",
            "Fax": "0431 3",
            "Pager": "P4",
            "Notes": "first\nsecond",
            "Locale": "de-DE",
        },
    )
    found = contact(world, "ada")
    assert (found.title, found.address1, found.address2, found.city) == ("Dr.", "Kai 1", "Hof", "Kiel")
    assert (found.state, found.postcode, found.country) == ("Schleswig-Holstein", "24103", "DE")
    assert (found.phone, found.mobile, found.fax, found.pager) == ("+49 431 1", "0171 2", "0431 3", "P4")
    assert found.notes == "first\nsecond" and found.language.replace("_", "-") == "de-DE"


@pytest.mark.feature("L132", "L133", "L134", "L139", "L140", "L141", "L144", "L147", "L148", "L149", "L150")
@pytest.mark.parametrize(
    ("heading", "most"),
    [
        ("Title", 128),
        ("First Name", 64),
        ("Last Name", 64),
        ("Address 1", 128),
        ("Address 2", 128),
        ("City", 64),
        ("Postcode/Zip", 20),
        ("Mobile", 20),
        ("Fax", 20),
        ("Pager", 32),
        ("Username", 64),
    ],
)
def test_a_cell_that_is_too_long_is_rejected_with_the_limit(world, heading, most):
    other = {"Username": "second", "Email Address": "two@new.example"}
    page = imported(world, {heading: "7" * most}, other | {heading: "7" * (most + 1)})
    assert f"At most {most} characters fit" in page
    assert page.count(f"At most {most} characters fit") >= 1 and "New: 1" in page


@pytest.mark.feature("L136", "L137", "L138", "L139", "L161")
def test_company_and_department_are_made_and_primary_contacts_set(world, cast):
    imported(
        world,
        {
            "Company": "Fresh Ltd",
            "Department": "Lab",
            "Primary Company Contact": "1",
            "Primary Department Contact": "1",
        },
        {"Username": "bo", "First Name": "Bo", "Company": "ACME", "Primary Company Contact": "0"},
    )
    rows = world.sql(
        f"SELECT c.name, d.name AS department, m.company_primary, m.department_primary, t.user_name"
        f" FROM {world.schema()}.membership m JOIN {world.schema()}.contact t ON t.id = m.contact_id"
        f" JOIN {world.schema()}.company c ON c.id = m.company_id"
        f" LEFT JOIN {world.schema()}.department d ON d.id = m.department_id WHERE t.user_name IN ('ada', 'bo')"
    )
    found = {row["user_name"]: row for row in rows}
    assert (found["ada"]["name"], found["ada"]["department"]) == ("Fresh Ltd", "Lab")
    assert found["ada"]["company_primary"] and found["ada"]["department_primary"]
    assert found["bo"]["name"] == "Acme" and not found["bo"]["company_primary"]


@pytest.mark.feature("L150", "L157")
def test_a_user_name_twice_in_the_file_or_of_somebody_else_is_not_imported(world, cast):
    page = imported(world, {}, {"Username": "ADA", "First Name": "Other", "Email Address": "o@new.example"})
    assert "New: 1" in page
    assert contact(world, "ADA") is None


@pytest.mark.feature("L151", "L163")
@pytest.mark.threat("T-059")
def test_a_password_is_sealed_hashed_in_the_background_and_must_be_changed(world):
    ann = world.staff("ann")
    where = uploaded(ann, sheet({"Password": "first-lantern-99"}))
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en", "access": "1"})
    world.run_jobs()
    dump = "".join(str(row) for row in world.sql(f"SELECT * FROM {world.schema()}.import_row"))
    assert "first-lantern-99" not in dump
    ann.post_form(f"{where}/application")
    world.run_jobs()
    with world.inside():
        made = db.session.query(Account).filter(Account.contact_id == contact_id(world)).one()
        assert made.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert made.password_sealed is None and made.must_change and made.enabled
    guest = world.anonymous()
    signed = guest.post_form("/portal/sign-in", {"login": "ada", "password": "first-lantern-99"})
    assert signed.status_code == 303
    assert guest.get("/portal/").location == "/portal/password"


def contact_id(world) -> int:
    return world.sql(f"SELECT id FROM {world.schema()}.contact WHERE user_name = 'ada'")[0]["id"]


@pytest.mark.feature("L163")
def test_without_web_access_nobody_may_sign_in(world):
    imported(world, {"Password": "first-lantern-99"})
    signed = world.anonymous().post_form("/portal/sign-in", {"login": "ada", "password": "first-lantern-99"})
    assert signed.status_code == 422


@pytest.mark.feature("L152")
def test_a_partner_is_found_by_the_address_of_the_company(world, cast):
    with world.inside():
        company = f"{world.schema()}.company"
        world.sql(f"UPDATE {company} SET email = 'hello@nordlys.example' WHERE id = {cast.nordlys} RETURNING id")
    imported(world, {"Partners Email": "hello@nordlys.example"})
    assert contact(world, "ada").partner_id == cast.nordlys


@pytest.mark.feature("L153")
def test_custom_columns_become_fields_of_our_own(world):
    ann = world.staff("ann")
    text = "First Name,Last Name,Email Address,Username,Custom1\nAda,Berg,ada@new.example,ada," + "x" * 256 + "\n"
    where = uploaded(ann, text)
    chosen = {f"column-{at}": name for at, name in enumerate(("first_name", "last_name", "email", "user_name", "new:"))}
    ann.post_form(f"{where}/columns", chosen)
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en"})
    world.run_jobs()
    ann.post_form(f"{where}/application")
    world.run_jobs()
    assert list(contact(world, "ada").custom.values()) == ["x" * 256]


@pytest.mark.feature("L156")
def test_a_line_manager_may_stand_in_a_later_row(world, cast):
    imported(
        world,
        {"Line Manager Username": "boss"},
        {"Username": "boss", "First Name": "Bea", "Email Address": "boss@new.example"},
        {
            "Username": "lost",
            "First Name": "Lo",
            "Email Address": "lost@new.example",
            "Line Manager Username": "nobody",
        },
    )
    assert contact(world, "ada").line_manager_id == contact(world, "boss").id
    assert contact(world, "lost") is None


@pytest.mark.threat("T-112")
def test_an_import_of_one_organization_changes_nobody_of_another(world, cast):
    before = world.sql(f"SELECT * FROM {world.schema('summit')}.contact ORDER BY id")
    ina = world.sql(f"SELECT * FROM {world.schema()}.contact WHERE id = {cast.ina}")[0]
    page = imported(
        world,
        {
            "First Name": ina["first_name"],
            "Last Name": ina["last_name"],
            "Email Address": ina["email"],
            "Username": ina["user_name"],
            "City": "Changed",
        },
    )
    assert "Changed: 1" in page
    assert world.sql(f"SELECT city FROM {world.schema()}.contact WHERE id = {cast.ina}")[0]["city"] == "Changed"
    assert world.sql(f"SELECT * FROM {world.schema('summit')}.contact ORDER BY id") == before


@pytest.mark.threat("T-113")
def test_a_file_that_was_swapped_is_not_read(world):
    ann = world.staff("ann")
    where = uploaded(ann, sheet({}))
    with world.inside():
        world.sql(f"UPDATE {world.schema()}.file_part SET data = '\\x00' || substr(data, 2) RETURNING file_id")
    ann.post_form(f"{where}/rules", {"match": "update", "empty": "keep", "locale": "en"})
    world.run_jobs(failing=True)
    assert contact(world, "ada") is None
    assert "What will happen" not in ann.get(where).text
