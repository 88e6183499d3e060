"""What else is kept of a contact: where mail goes, who is not found by searching, where somebody comes from."""

import re

import pytest

from app.contacts.models import Contact
from app.fields.models import FieldSetting
from app.fields.settings import settings_changed
from app.records.actor import SYSTEM
from app.records.write import create
from tenants import db
from tests.cast import password
from tests.pages import normal

RARE = {
    "middle_name": "Maria",
    "suffix": "jr.",
    "employee_id": "E-17",
    "network_id": "NET-9",
    "sam_account_name": "ACME\\ina",
    "last_survey_on": "2026-02-03",
    "personal_email": "ina@home.example",
    "twitter": "@ina",
    "facebook": "https://social.example/ina",
    "linkedin": "https://work.example/ina",
    "mobile_carrier": "Tele One",
    "sms_number": "+49 171 17",
    "address3": "Hinterhaus",
}


def kept(world, contact_id: int, name: str):
    with world.inside():
        return getattr(db.session.get(Contact, contact_id), name)


def edit(browser, contact_id: int, name: str, value: str):
    return browser.fragment(f"/contacts/{contact_id}/fields/{name}", method="POST", data={"value": value})


def show(world, *names: str, noun: str = "contact") -> None:
    with world.inside():
        for name in names:
            create(FieldSetting, {"of_noun": noun, "field": name, "hidden": False}, actor=SYSTEM)
        settings_changed()


@pytest.mark.feature("I001", "I019", "W011", "W013", "W016", "W023", "W026", "W027", "W028", "W029", "W030")
@pytest.mark.feature("W001", "W004", "W031", "W032", "W033", "W034")
def test_rarely_used_fields_are_shown_where_the_organization_wants_them(world, cast):
    ann = world.staff()
    before = normal(ann.get(f"/contacts/{cast.ina}"))
    assert "SAM account name" not in before and "LinkedIn" not in before
    assert edit(ann, cast.ina, "network_id", "x").status_code == 404
    show(world, *(name for name in RARE if name not in ("middle_name", "suffix")))
    for name, value in RARE.items():
        assert edit(ann, cast.ina, name, value).status_code == 200, name
    page = normal(ann.get(f"/contacts/{cast.ina}"))
    for text in ("SAM account name", "LinkedIn", "NET-9", "Hinterhaus", "@ina", "Tele One"):
        assert text in page
    assert kept(world, cast.ina, "last_survey_on").isoformat() == "2026-02-03"


@pytest.mark.feature("W021", "W012")
def test_levels_and_states_are_chosen_from_a_list(world, cast):
    ann = world.staff()
    show(world, "employee_status")
    form = ann.fragment(f"/contacts/{cast.ina}/fields/sla_level/edit").text
    assert re.findall(r'<option value="(\w+)"', form) == ["bronze", "silver", "gold", "platinum"]
    assert edit(ann, cast.ina, "sla_level", "Gold").status_code == 200
    assert edit(ann, cast.ina, "sla_level", "Tin").status_code == 422
    assert edit(ann, cast.ina, "employee_status", "on_leave").status_code == 200
    assert (kept(world, cast.ina, "sla_level"), kept(world, cast.ina, "employee_status")) == ("gold", "on_leave")


@pytest.mark.feature("L029", "L030")
def test_mail_goes_to_one_of_the_addresses_once_there_are_several(world, cast):
    ann, page = world.staff(), f"/contacts/{cast.ina}"
    assert "Send to" not in normal(ann.get(page))
    assert edit(ann, cast.ina, "send_to", "ina@home.example").status_code == 422
    edit(ann, cast.ina, "addresses", "ina@home.example")
    assert "Send to" in normal(ann.get(page))
    form = ann.fragment(f"{page}/fields/send_to/edit").text
    assert "ina@acme.example" in form and "ina@home.example" in form
    assert edit(ann, cast.ina, "send_to", "ina@home.example").status_code == 200
    assert edit(ann, cast.ina, "send_to", "other@home.example").status_code == 422
    assert kept(world, cast.ina, "send_to") == "ina@home.example"
    # Whoever gives the address up gets mail at the first one again.
    edit(ann, cast.ina, "addresses", "")
    assert kept(world, cast.ina, "send_to") is None


@pytest.mark.feature("I114")
def test_who_is_excluded_from_search_is_found_by_filters_alone(world, cast):
    ann = world.staff()
    assert edit(ann, cast.nora, "exclude_from_search", "1").status_code == 200
    nora = f"/contacts/{cast.nora}"
    assert nora not in ann.get("/search?q=Nora").text
    assert nora not in ann.get("/search?q=trand").text
    assert nora not in ann.get("/contacts?q=Nora").text
    assert str(cast.nora) not in ann.get("/options/contact?q=Nora").text
    assert nora in ann.get("/contacts?first_name=Nora").text
    assert edit(ann, cast.nora, "exclude_from_search", "").status_code == 200
    assert nora in ann.get("/search?q=Nora").text


@pytest.mark.feature("I032", "I033")
def test_the_source_tells_how_somebody_came_here(world, cast):
    ann = world.staff()
    typed = {"first_name": "By", "last_name": "Hand", "email": "hand@acme.example", "user_name": "hand"}
    hand = ann.post_form("/contacts", typed).headers["Location"]
    assert "Direct entry" in normal(ann.get(hand)).split('id="contact-')[-1] or "Direct entry" in normal(ann.get(hand))
    made = world.api("read", "write").post(
        "/api/v1/contacts", json=typed | {"user_name": "api", "email": "p@a.example"}
    )
    assert made.status_code == 201 and made.get_json()["source"] == "api"
    assert (
        hand in ann.get("/contacts?source=direct").text
        and f'/contacts/{cast.ina}"' not in ann.get("/contacts?source=direct").text
    )


@pytest.mark.feature("I008")
def test_the_last_sign_in_and_where_it_came_from(world, cast):
    ann = world.staff()
    assert "Signed in last" not in normal(ann.get(f"/contacts/{cast.ina}"))
    visitor = world.anonymous()
    answer = visitor.post_form("/portal/sign-in", {"login": "ina", "password": password("ina")})
    assert answer.status_code in (302, 303)
    page = normal(ann.get(f"/contacts/{cast.ina}"))
    assert "Last sign-in" in page and "From: 127.0.0.1" in page
