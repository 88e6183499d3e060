"""Fields of an organization's own: made on the page, and at once everywhere a field is."""

import csv
import io
import re

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.models import CustomField
from app.fields.settings import fields_of
from app.records.actor import SYSTEM
from app.records.write import create, update
from app.settings import custom
from tenants import db
from tests.pages import normal

HERE = "/admin/fields/contact"
TRAINING = {
    "kind": "choices",
    "label": "Training taken",
    "section": "Customer Advisory Information",
    "help": "What the person has attended.",
    "choices": "Accounting\nSales\n\nAdministration\n",
    "portal": "edit",
}


@pytest.fixture
def make(world, adam):
    """`make("company", kind="text", label="Licence")`: make a field as the page does; returns its name in addresses."""

    def make(of: str = "contact", **values) -> str:
        response = adam.post_form(f"/admin/fields/{of}", {"portal": "none", **values})
        assert response.status_code == 303, re.findall(r'class="field-error"[^>]*>([^<]*)', normal(response))
        with world.inside():
            return "custom-" + db.session.query(CustomField).order_by(CustomField.id.desc()).first().key

    return make


def sheet(world, browser, noun: str) -> list[dict[str, str]]:
    """The export of a noun, row by row."""
    asked = browser.post_form(f"/exports/{noun}")
    world.run_jobs()
    where = browser.get(asked.location).text.split('class="job-result" href="')[1].split('"')[0]
    return list(csv.DictReader(io.StringIO(browser.get(where).data.decode("utf-8-sig"))))


@pytest.mark.feature("I169", "I170", "I171")
def test_a_field_of_several_checkboxes_is_everywhere_at_once(world, adam, make, cast):
    name = make(**TRAINING)
    assert name == "custom-training_taken"
    ann, path = world.staff("ann"), f"/contacts/{cast.otto}"

    form = normal(ann.get("/contacts/new"))
    assert "Customer Advisory Information" in form and "What the person has attended." in form
    assert form.count(f'type="checkbox" name="{name}"') == 3
    person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example", name: ["Sales", "Administration"]}
    made = ann.post_form("/contacts", person | {"user_name": "ada"})
    assert made.status_code == 303
    assert "Sales, Administration" in normal(ann.get(made.headers["Location"]))

    assert "Customer Advisory Information" in normal(ann.get(path))
    saved = ann.fragment(f"{path}/fields/{name}", method="POST", data={"value": ["Accounting"], "v": "1"})
    assert saved.status_code == 200 and "Accounting" in normal(saved)

    shown = normal(ann.get(f"/contacts?columns=last_name,{name}"))
    assert "Training taken" in shown and "Sales, Administration" in shown and "Accounting" in shown
    found = normal(ann.get(f"/contacts?{name}.any_of=Sales"))
    assert "Byron" in found and "Lind" not in found and "Training taken is one of Sales" in found
    assert "Byron" not in normal(ann.get(f"/contacts?{name}.none_of=Sales,Administration"))
    assert "Nils" in normal(ann.get(f"/contacts?{name}.empty="))

    rows = {row["First Name"]: row["Training taken"] for row in sheet(world, ann, "contacts")}
    assert (rows["Ada"], rows["Otto"], rows["Ina"]) == ("Sales; Administration", "Accounting", "")

    api = world.api("read", "write")
    record = api.get(f"/api/v1/contacts/{cast.otto}")
    assert record.get_json()[name] == ["Accounting"]
    tag = {"If-Match": record.headers["ETag"]}
    changed = api.patch(f"/api/v1/contacts/{cast.otto}", json={name: ["Sales", "Accounting"]}, headers=tag)
    assert changed.status_code == 200 and changed.get_json()[name] == ["Accounting", "Sales"]
    assert "Training taken" in api.get("/api/v1/openapi.json").get_data(as_text=True)

    history = normal(ann.get(f"{path}/history"))
    assert "Training taken" in history and "Accounting, Sales" in history
    assert "Accounting, Sales" in normal(world.portal("otto").get("/portal/me"))


@pytest.mark.feature("I169")
def test_a_required_field_of_a_company(world, adam, make):
    name = make("company", kind="text", label="Licence number", max="12", required="1")
    ann = world.staff("ann")
    company = {"name": "Neuland", "kind": "managed", "domains": ""}
    refused = ann.post_form("/companies", company)
    assert refused.status_code == 422 and "Licence number" in normal(refused)
    too_long = ann.post_form("/companies", company | {name: "x" * 13})
    assert too_long.status_code == 422 and "At most 12 characters" in normal(too_long)
    made = ann.post_form("/companies", company | {name: "LN-1"})
    assert made.status_code == 303 and "LN-1" in normal(ann.get(made.headers["Location"]))
    assert {row["Licence number"] for row in sheet(world, ann, "companies")} == {"LN-1", ""}


@pytest.mark.feature("I169")
@pytest.mark.parametrize("kind", list(custom.OFFERED))
def test_every_kind_that_is_offered_can_be_made_and_used(world, adam, make, cast, kind):
    chosen = {"choices": "One\nTwo"}
    options = {"choice": chosen, "choices": chosen, "reference": {"noun": "company"}, "money": {"currency": "CHF"}}
    options = options.get(kind, {})
    name = make(kind=kind, label="Extra", **options)
    page = normal(adam.get(f"{HERE}/{name}"))
    assert 'value="Extra"' in page
    typed = {
        "choice": "One",
        "choices": ["Two"],
        "whole": "7",
        "decimal": "1.5",
        "money": "CHF 12.50",
        "date": "2026-05-01",
        "date_time": "2026-05-01 14:30",
        "colour": "#1e90ff",
        "duration": "1:15",
        "email": "x@acme.example",
        "phone": "+49 30 1",
        "url": "https://acme.example",
        "reference": str(cast.acme),
        "country": "DE",
        "language": "de",
        "time_zone": "Europe/Berlin",
    }.get(kind, "1")
    ann = world.staff("ann")
    saved = ann.post_form(f"/contacts/{cast.ina}/fields/{name}", {"value": typed, "v": "2"})
    assert saved.status_code == 303, normal(saved)
    with world.inside():
        value = db.session.get(Contact, cast.ina).custom["extra"]
        assert value not in (None, "", [])
    assert ann.get(f"/contacts?columns=last_name,{name}&sort={name}").status_code == 200
    for operator in fields_operators(world, name):
        assert ann.get(f"/contacts?{name}.{operator}=1").status_code == 200, operator
    assert custom_value(world.portal("otto").get("/portal/me")) is None


def fields_operators(world, name: str) -> tuple[str, ...]:
    with world.inside():
        return fields_of(Contact)[name].kind.operators


def custom_value(response) -> str | None:
    page = normal(response)
    return "Extra" if "Extra" in page else None


def edited(page: str) -> str:
    return re.search(r'name="v" value="(\d+)"', page)[1]


@pytest.mark.feature("I171", "B001")
def test_a_field_is_changed_and_its_values_stay(world, adam, make, cast, undo):
    name = make(**TRAINING)
    with world.inside():
        update(db.session.get(Contact, cast.ina), {name: ["Accounting", "Sales"]}, actor=SYSTEM)
    form = normal(adam.get(f"{HERE}/{name}"))
    assert "Accounting\nSales\nAdministration" in form
    changed = {"label": "Trainings", "section": "", "help": "", "portal": "none", "v": edited(form)}
    changed["choices"] = "Sales | Selling\nAdministration\nLaw"
    assert adam.post_form(f"{HERE}/{name}", changed).status_code == 303
    # A renamed choice is kept where it was chosen; one that is gone still shows what it was.
    ann = world.staff("ann")
    page = normal(ann.get(f"/contacts/{cast.ina}"))
    assert "Trainings" in page and "Accounting, Selling" in page
    refused = ann.post_form(f"/contacts/{cast.otto}/fields/{name}", {"value": ["Accounting"], "v": "1"})
    assert refused.status_code == 422
    undo(adam, HERE)
    assert "Accounting, Sales" in normal(ann.get(f"/contacts/{cast.ina}"))


@pytest.mark.feature("B001")
def test_a_field_is_set_aside_and_brought_back_with_its_values(world, adam, make, cast, undo):
    name = make(**TRAINING)
    with world.inside():
        for person in (cast.ina, cast.otto):
            update(db.session.get(Contact, person), {name: ["Sales"]}, actor=SYSTEM)
    question = normal(adam.get(f"{HERE}/{name}/archive"))
    assert "2 records have a value" in question
    assert normal(adam.fragment(f"{HERE}/{name}/archive")).lstrip().startswith('<section id="confirm"')
    assert adam.post_form(f"{HERE}/{name}/archive").status_code == 303
    ann = world.staff("ann")
    for path in ("/contacts/new", f"/contacts/{cast.ina}", f"/contacts?columns=last_name,{name}"):
        assert "Training taken" not in normal(ann.get(path)), path
    assert ann.get(f"/contacts/{cast.ina}/fields/{name}/edit").status_code == 404
    assert adam.get(f"{HERE}/{name}").status_code == 404
    assert name not in world.api("read").get(f"/api/v1/contacts/{cast.ina}").get_json()
    # What is said of the record meanwhile leaves the kept value alone.
    ann.post_form(f"/contacts/{cast.ina}/fields/city", {"value": "Kiel", "v": "3"})
    assert adam.post_form(f"{HERE}/{name}/restoration").status_code == 303
    assert "Sales" in normal(ann.get(f"/contacts/{cast.ina}"))
    undo(adam, HERE)
    assert "Training taken" not in normal(ann.get("/contacts/new"))


def test_making_a_field_can_be_taken_back_and_its_key_is_not_used_again(world, adam, make, cast, undo):
    name = make(**TRAINING)
    with world.inside():
        update(db.session.get(Contact, cast.ina), {name: ["Sales"]}, actor=SYSTEM)
    undo(adam, HERE)
    assert "Training taken" not in normal(adam.get("/contacts/new"))
    again = make(kind="text", label="Training taken")
    assert again == "custom-training_taken_2"
    assert "Sales" not in normal(adam.get(f"/contacts/{cast.ina}")).partition("History")[0]


@pytest.mark.threat("T-016")
@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("text", {"label": ""}, "may not be empty"),
        ("text", {"label": "Phone"}, "Another field has this name"),
        ("text", {"label": "Long", "max": "99999999"}, "whole number"),
        ("choices", {"label": "None", "choices": " \n "}, "may not be empty"),
        ("choices", {"label": "Twice", "choices": "A\nA"}, "each value may stand there once"),
        ("choices", {"label": "Semi", "choices": "A; B\nC"}, "no semicolon"),
        ("whole", {"label": "Range", "min": "9", "max": "2"}, "larger than"),
        ("text", {"label": "Far", "portal": "all"}, "cannot be chosen"),
        ("reference", {"label": "Where", "noun": "account"}, "cannot be chosen"),
        ("reference", {"label": "Where", "noun": "company", "portal": "edit"}, "cannot be chosen"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(world, adam, kind, values, said):
    response = adam.post_form(HERE, {"kind": kind, "portal": "none", **values})
    page = normal(response)
    assert response.status_code == 422 and said in page
    assert "custom-" not in normal(adam.get(HERE))


@pytest.mark.threat("T-016")
def test_a_kind_that_is_not_offered_is_none(world, adam, make):
    for kind in ("region", "several", "host", "", "x"):
        assert adam.post_form(HERE, {"kind": kind, "label": "X", "portal": "none"}).status_code == 404
    # The kind of a field stays what it was, whatever the form says.
    name = make(kind="text", label="Locker")
    sent = {
        "kind": "whole",
        "label": "Locker",
        "portal": "none",
        "key": "x",
        "of_noun": "company",
        "v": "1",
        "help": "h",
    }
    assert adam.post_form(f"{HERE}/{name}", sent).status_code == 303
    with world.inside():
        row = db.session.query(CustomField).one()
        assert (row.kind, row.key, row.of_noun, row.help) == ("text", "locker", "contact", "h")


def test_a_form_that_is_sent_twice_makes_one_field(world, adam, make):
    page = adam.get(f"{HERE}/new?kind=text").get_data(as_text=True)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    for _ in range(2):
        sent = {"kind": "text", "label": "Locker", "portal": "none", "nonce": nonce}
        assert adam.post_form(HERE, sent).status_code == 303
    with world.inside():
        assert db.session.query(CustomField).count() == 1


@pytest.mark.threat("T-001")
def test_a_field_belongs_to_one_organization(world, adam, make):
    name = make(**TRAINING)
    summit = world.staff("adam", "summit")
    assert "Training taken" not in normal(summit.get(HERE))
    assert summit.get(f"{HERE}/{name}").status_code == 404
    assert summit.post_form(f"{HERE}/{name}/archive").status_code == 404
    assert "Training taken" not in normal(world.staff("ann", "summit").get("/contacts/new"))


def test_fields_of_contracts_and_companies_are_only_shown_in_the_portal(world, adam, make, cast):
    name = make("contract", kind="date", label="Next visit", portal="view")
    assert 'value="edit"' not in normal(adam.get(f"/admin/fields/contract/{name}"))
    world.staff("ann").post_form(
        f"/contracts/{cast.acme_subscription}/fields/{name}", {"value": "2026-05-01", "v": "1"}
    )
    page = normal(world.portal("ina").get(f"/portal/contracts/{cast.acme_subscription}"))
    assert "Next visit" in page and "2026" in page


def test_a_settings_change_that_fails_is_seen_by_nobody(world, adam, make):
    """Other processes and later requests never see fields of a transaction that was rolled back."""
    with pytest.raises(RuntimeError), world.inside():
        custom.create("company", "text", {"label": "Ghost"}, actor=SYSTEM)
        assert "custom-ghost" in fields_of(Company)
        raise RuntimeError("the request fails")
    with world.inside():
        assert "custom-ghost" not in fields_of(Company)
        custom.create("company", "text", {"label": "Real"}, actor=SYSTEM)
    with world.inside():
        assert "custom-real" in fields_of(Company) and "custom-ghost" not in fields_of(Company)
        create(Company, {"name": "Neuland", "custom-real": "1"}, actor=SYSTEM)


@pytest.mark.feature("I169")
def test_boxes_that_are_ticked_in_the_filter_are_one_question(world, adam, make, cast):
    name = make(**TRAINING)
    with world.inside():
        for person, taken in (("ina", ["Sales"]), ("otto", ["Accounting"]), ("nora", ["Administration"])):
            update(db.session.get(Contact, getattr(cast, person)), {name: taken}, actor=SYSTEM)
    ann = world.staff("ann")
    asked = f"/contacts?f.{name}=Sales&f.{name}=Accounting&op.{name}=any_of"
    page = normal(ann.get(asked))
    assert "Berg" in page and "Lind" in page and "Strand" not in page
    assert "Training taken is one of Accounting, Sales" in page
    # Taking the chip away takes the whole question away.
    removed = re.search(r'class="chip-remove" href="([^"]*)"', page)[1]
    assert name not in removed
    page = normal(ann.get(asked.replace("any_of", "none_of")))
    assert "Berg" not in page and "Lind" not in page and "Strand" in page and "Dahl" in page


@pytest.mark.feature("I169")
def test_a_new_record_begins_with_the_default_and_an_old_one_does_not(world, adam, make, cast):
    floor = make(kind="text", label="Floor", default="Ground")
    plan = make(kind="choice", label="Plan", choices="gold | Gold plan\nsilver", default="Gold plan")
    price = make(kind="money", label="Price", currency="EUR", default="€12.50")
    ticked = make(kind="yes_no", label="Signed", default="1")
    ann = world.staff("ann")
    form = normal(ann.get("/contacts/new"))
    assert 'value="Ground"' in form and '<option value="gold" selected>' in form and "€12.50" in form
    assert re.search(rf'id="form-{ticked}" name="{ticked}" checked', form)
    assert "Ground" not in normal(ann.get(f"/contacts/{cast.ina}"))
    person = {"first_name": "Ada", "last_name": "Byron", "user_name": "ada", "email": "ada@acme.example"}
    made = world.api("read", "write").post("/api/v1/contacts", json=person).get_json()
    assert (made[floor], made[plan], made[price], made[ticked]) == ("Ground", "gold", "12.50", True)
    assert 'value="12.50"' in normal(adam.get(f"{HERE}/{price}"))


def test_a_default_must_be_a_value_of_the_field(world, adam, make):
    for kind, more in (
        ("whole", {"default": "many"}),
        ("choice", {"choices": "a\nb", "default": "c"}),
        ("text", {"max": "3", "default": "long"}),
    ):
        refused = adam.post_form(HERE, {"kind": kind, "label": "Extra", "portal": "none", **more})
        assert refused.status_code == 422 and 'id="form-default-error"' in normal(refused), kind
    name = make(kind="choice", label="Plan", choices="a\nb", default="a")
    changed = {"label": "Plan", "portal": "none", "choices": "b\nc", "default": "a"}
    assert adam.post_form(f"{HERE}/{name}", changed | {"v": "1"}).status_code == 422


def test_a_currency_is_chosen_once_since_amounts_would_mean_something_else(world, adam, make, cast):
    name = make(kind="money", label="Price", currency="JPY", max="1000")
    page = normal(adam.get(f"{HERE}/{name}"))
    assert 'name="currency"' not in page
    changed = {"label": "Price", "portal": "none", "currency": "EUR", "max": "2000", "v": edited(page)}
    assert adam.post_form(f"{HERE}/{name}", changed).status_code == 303
    saved = world.staff("ann").post_form(f"/contacts/{cast.ina}/fields/{name}", {"value": "¥1,500", "v": "2"})
    assert saved.status_code == 303 and "¥1,500" in normal(world.staff("ann").get(f"/contacts/{cast.ina}"))
    unknown = {"kind": "money", "label": "Fee", "portal": "none", "currency": "DEM"}
    assert adam.post_form(HERE, unknown).status_code == 422
