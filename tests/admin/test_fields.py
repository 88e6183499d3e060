"""The given fields: renamed, ordered, hidden, required, opened to the portal, and as they were."""

import re

import pytest

from app.contacts.models import Contact
from app.fields.models import FieldSetting
from app.fields.settings import fields_of
from app.records.models import Operation
from tenants import db
from tests.pages import normal

HERE = "/admin/fields/contact"


def sent(**changed) -> dict:
    """The form of a field as a browser sends it."""
    return {"label": "", "section": "Phones", "help": "", "portal": "edit", "v": "0"} | changed


def field(world, name: str, slug: str = "harbor"):
    with world.inside(slug):
        return fields_of(Contact)[name]


@pytest.mark.feature("C028", "C057", "W005")
def test_a_label_is_changed_everywhere_at_once(world, adam, cast):
    assert adam.post_form(f"{HERE}/phone", sent(label="Direct line")).headers["Location"] == HERE
    page = normal(adam.get(HERE))
    assert "Direct line" in page and "usually “Phone”" in page
    ann = world.staff("ann")
    for path in ("/contacts", "/contacts/new", f"/contacts/{cast.ina}", f"/contacts/{cast.ina}/fields/phone/edit"):
        page = normal(ann.get(path))
        assert "Direct line" in page, path
    assert "Direct line" in normal(world.portal("ina").get("/portal/me"))
    described = world.api("read").get("/api/v1/openapi.json")
    assert described.status_code == 200 and "Direct line" in described.get_data(as_text=True)
    saved = ann.post_form(f"/contacts/{cast.ina}/fields/phone", {"value": "+49 30 1", "v": "2"})
    assert saved.status_code == 303 and "Direct line" in normal(ann.get(f"/contacts/{cast.ina}/history"))
    assert "Direct line" not in normal(world.staff("ann", "summit").get("/contacts/new"))


@pytest.mark.feature("C028")
def test_the_form_of_a_company_is_renamed_too(world, adam):
    assert (
        adam.post_form("/admin/fields/company/website", sent(label="Home page", section="", portal="view")).status_code
        == 303
    )
    page = normal(world.staff("ann").get("/companies/new"))
    assert "Home page" in page and ">Website" not in page


@pytest.mark.feature("C028", "B001")
def test_every_change_can_be_taken_back(world, adam, undo):
    before = field(world, "phone")
    adam.post_form(f"{HERE}/phone", sent(label="Direct line", portal="view", required="1"))
    changed = field(world, "phone")
    assert (changed.label, changed.portal, changed.required) == ("Direct line", "view", True)
    undo(adam, HERE)
    assert field(world, "phone") == before
    # And changed anew after the undo, which had withdrawn what was said.
    adam.post_form(f"{HERE}/phone", sent(label="Line two"))
    assert (field(world, "phone").label, field(world, "phone").required) == ("Line two", False)
    assert adam.post_form(f"{HERE}/phone/reset").status_code == 303
    assert field(world, "phone") == before
    undo(adam, HERE)
    assert field(world, "phone").label == "Line two"


def test_the_journal_says_who_changed_what(world, adam, inside):
    adam.post_form(f"{HERE}/phone", sent(label="Direct line"))
    with inside():
        operation = db.session.query(Operation).order_by(Operation.id.desc()).first()
        assert (operation.actor, operation.title) == ("Adam Osei", "Field “Phone” changed")


def test_required_and_hidden_fields(world, adam, cast):
    adam.post_form(f"{HERE}/mobile", sent(required="1"))
    ann = world.staff("ann")
    wrong = ann.post_form(f"/contacts/{cast.ina}/fields/mobile", {"value": " ", "v": "1"})
    assert wrong.status_code in (303, 422)
    person = {"first_name": "New", "last_name": "One", "email": "new@acme.example", "user_name": ""}
    refused = ann.post_form("/contacts", person)
    assert refused.status_code == 422 and "Mobile" in normal(refused) and "may not be empty" in normal(refused)
    adam.post_form(f"{HERE}/mobile", sent(hidden="1"))
    for path in ("/contacts/new", f"/contacts/{cast.ina}"):
        assert "Mobile" not in normal(ann.get(path))
    assert ann.get(f"/contacts/{cast.ina}/fields/mobile/edit").status_code == 404
    assert "Mobile" in normal(adam.get(HERE))


@pytest.mark.threat("T-016")
def test_a_field_the_record_cannot_do_without_stays(world, adam):
    page = normal(adam.get(f"{HERE}/last_name"))
    assert 'name="hidden"' not in page and 'name="required"' not in page
    adam.post_form(f"{HERE}/last_name", sent(section="", hidden="1", required="", position="1", of_noun="company"))
    entry = field(world, "last_name")
    assert entry.required and not entry.hidden


@pytest.mark.threat("T-016")
@pytest.mark.parametrize(
    ("name", "asked"), [("notes", "view"), ("email", "edit"), ("user_name", "edit"), ("company", "edit")]
)
def test_nothing_is_opened_further_than_it_may_be(world, adam, name, asked):
    before = field(world, name).portal
    response = adam.post_form(f"{HERE}/{name}", sent(section="", portal=asked))
    assert response.status_code == (303 if name == "notes" else 422)
    assert field(world, name).portal == before


@pytest.mark.threat("T-010")
def test_two_fields_cannot_have_one_name(world, adam):
    response = adam.post_form(f"{HERE}/mobile", sent(label="phone"))
    assert response.status_code == 422
    assert "Another field has this name" in normal(response) and 'value="phone"' in normal(response)
    assert field(world, "mobile").label == "Mobile"


def test_somebody_else_said_something_meanwhile(world, adam):
    assert adam.post_form(f"{HERE}/phone", sent(label="One")).status_code == 303
    assert adam.post_form(f"{HERE}/phone", sent(label="Two", v="1")).status_code == 303
    stale = adam.post_form(f"{HERE}/phone", sent(label="Three", v="1"))
    assert stale.status_code == 409
    assert field(world, "phone").label == "Two"


def names(page: str) -> list[str]:
    return re.findall(r'<tr id="field-([^"]+)"', page)


def test_fields_are_ordered_by_buttons(world, adam, undo):
    before = names(normal(adam.get(HERE)))
    assert adam.post_form(f"{HERE}/{before[1]}/place", {"move": "up"}).status_code == 303
    assert names(normal(adam.get(HERE)))[:2] == [before[1], before[0]]
    undo_page = normal(adam.fragment(f"{HERE}/{before[0]}/place", method="POST", data={"move": "down"}))
    assert names(undo_page)[:3] == [before[1], before[2], before[0]]
    assert "is now number 3 of" in undo_page and "/undo" in undo_page
    first = normal(world.staff("ann").get("/contacts/new"))
    assert first.index(f'name="{before[2]}"') < first.index(f'name="{before[0]}"')
    adam.post_form(f"{HERE}/order", {"usual": "1"})
    undo(adam, HERE)
    assert names(normal(adam.get(HERE)))[:3] == [before[1], before[2], before[0]]
    adam.post_form(f"{HERE}/order", {"usual": "1"})
    assert names(normal(adam.get(HERE))) == before


def test_fields_are_ordered_as_they_were_dropped(world, adam):
    before = names(normal(adam.get(HERE)))
    wanted = [before[3], before[0], before[1], before[2], *before[4:]]
    assert adam.post_form(f"{HERE}/order", {"order": [*wanted, "nothing", before[3]]}).status_code == 303
    assert names(normal(adam.get(HERE))) == wanted
    # Half an order leaves the others where they stood.
    adam.post_form(f"{HERE}/order", {"order": [before[5]]})
    assert names(normal(adam.get(HERE)))[0] == before[5]


def test_the_ends_of_the_table_hold(world, adam):
    before = names(normal(adam.get(HERE)))
    assert adam.post_form(f"{HERE}/{before[0]}/place", {"move": "up"}).status_code == 303
    assert adam.post_form(f"{HERE}/{before[-1]}/place", {"move": "down"}).status_code == 303
    assert names(normal(adam.get(HERE))) == before
    assert adam.post_form(f"{HERE}/nothing/place", {"move": "up"}).status_code == 404


def test_a_field_is_put_where_its_number_says(world, adam):
    before = names(normal(adam.get(HERE)))
    at = f"{HERE}/{before[3]}/place"
    page = normal(adam.fragment(at, method="POST", data={"place": "1"}))
    assert names(page) == [before[3], *before[:3], *before[4:]] and "is now number 1 of" in page
    assert adam.post_form(at, {"place": "9999"}).status_code == 303
    assert names(normal(adam.get(HERE)))[-1] == before[3], "Past the end is the end."
    for wrong in ("", "0", "-1", "second"):
        assert adam.post_form(at, {"place": wrong}).status_code == 422, wrong
    assert adam.post_form(f"{HERE}/nothing/place", {"place": "1"}).status_code == 404


@pytest.mark.feature("I170")
def test_fields_are_grouped_under_headings(world, adam, cast):
    adam.post_form(f"{HERE}/job_title", sent(section="Customer Advisory Information"))
    adam.post_form(f"{HERE}/fax", sent(section=""))
    page = normal(world.staff("ann").get(f"/contacts/{cast.ina}"))
    assert "Customer Advisory Information" in page
    assert field(world, "fax").section == ""


@pytest.mark.threat("T-013", "T-016")
def test_a_supervisor_does_not_undo_what_an_administrator_set(world, adam, inside):
    adam.post_form(f"{HERE}/phone", sent(label="Direct line"))
    with inside():
        change = db.session.query(Operation).order_by(Operation.id.desc()).first().id
    sue = world.staff("sue")
    assert sue.post_form(f"/operations/{change}/undo").status_code == 403
    assert field(world, "phone").label == "Direct line"


def test_what_is_said_concerns_one_organization(world, adam, inside):
    adam.post_form(f"{HERE}/phone", sent(label="Direct line"))
    assert field(world, "phone", "summit").label == "Phone"
    with inside("summit"):
        assert db.session.query(FieldSetting).count() == 0
