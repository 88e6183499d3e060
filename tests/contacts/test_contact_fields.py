"""The fields of a contact as the technician fills them: what is needed, what is unique, what is kept."""

import pytest

from app.contacts.models import Contact
from tenants import db

FORM = {"first_name": "Mária", "last_name": "Dvořák", "email": "maria@acme.example", "user_name": "maria.d"}


def only(world, **wanted) -> Contact:
    with world.inside():
        found = db.session.query(Contact).filter_by(**wanted).one()
        db.session.expunge_all()
        return found


@pytest.mark.feature("L017", "L019", "L020", "L028", "I026", "I027")
@pytest.mark.parametrize("missing", ["first_name", "last_name", "email"])
def test_name_and_email_are_needed_and_what_was_typed_stays(world, missing):
    answer = world.staff().post_form("/contacts", FORM | {missing: "", "city": "Kiel"})
    assert answer.status_code == 422
    assert "This field may not be empty." in answer.text
    assert 'value="Kiel"' in answer.text


@pytest.mark.feature("L021")
def test_the_user_name_is_unique_and_made_from_the_email_when_left_empty(world):
    ann = world.staff()
    assert ann.post_form("/contacts", FORM).status_code == 303
    again = ann.post_form("/contacts", FORM | {"first_name": "Other", "user_name": "MARIA.D"})
    assert again.status_code == 422
    assert "Another contact has this user name." in again.text
    assert ann.post_form("/contacts", FORM | {"first_name": "Third", "user_name": ""}).status_code == 303
    assert only(world, first_name="Third").user_name == "maria@acme.example"


@pytest.mark.feature("I028")
def test_email_and_name_together_are_unique_the_email_alone_is_not(world):
    ann = world.staff()
    ann.post_form("/contacts", FORM)
    assert ann.post_form("/contacts", FORM | {"first_name": "Eva", "user_name": "eva"}).status_code == 303
    twin = ann.post_form("/contacts", FORM | {"email": "MARIA@acme.example", "user_name": "twin"})
    assert twin.status_code == 422
    assert "There is already a contact with this e-mail address, first and last name." in twin.text


@pytest.mark.feature("L039", "L040", "L041", "L043", "L046", "L047", "L048", "L049", "L065", "I031")
@pytest.mark.feature("I012", "I013", "I014", "I020", "I022", "C056", "W018")
def test_address_phones_notes_and_customer_id_are_kept_and_edited_in_place(world, cast):
    ann = world.staff()
    typed = {
        "address1": "Hafenstraße 1",
        "address2": "2. Stock",
        "city": "Kiel",
        "postcode": "24103",
        "phone": "+49 431 1",
        "fax": "+49 431 2",
        "pager": "P-77",
        "mobile": "0171 3",
        "notes": "calls at nine\nnever on Fridays",
        "customer_id": "K-0042",
    }
    for name, text in typed.items():
        answer = ann.fragment(f"/contacts/{cast.ina}/fields/{name}", method="POST", data={"value": text, "v": ""})
        assert answer.status_code == 200, (name, answer.text)
    page = ann.get(f"/contacts/{cast.ina}").text
    for text in typed.values():
        assert text.split("\n")[0] in page
    kept = only(world, id=cast.ina)
    assert {name: getattr(kept, name) for name in typed} == typed


@pytest.mark.feature("I029")
def test_further_addresses_are_added_and_removed_in_place(world, cast):
    ann = world.staff()
    where = f"/contacts/{cast.ina}/fields/addresses"
    added = ann.fragment(where, method="POST", data={"value": "ina@home.example, ina@old.example"})
    assert "ina@home.example" in added.text and "ina@old.example" in added.text
    removed = ann.fragment(where, method="POST", data={"value": "ina@home.example"})
    assert "ina@old.example" not in removed.text.split("toast")[0]
    wrong = ann.fragment(where, method="POST", data={"value": "no address"})
    assert wrong.status_code == 422 and "no address" in wrong.text


@pytest.mark.feature("T005")
def test_a_contact_is_added_in_the_row_of_the_table(world, cast):
    ann = world.staff()
    path = f"/companies/{cast.acme}/contacts"
    assert "add-first_name" in ann.get(path).text
    typed = {"first_name": "Quick", "last_name": "Adder", "email": "quick@acme.example"}
    answer = ann.fragment(path, method="POST", data=typed)
    assert answer.status_code == 200 and "Adder" in answer.text
    assert cast.acme in only(world, email="quick@acme.example").company_ids
    wrong = ann.fragment(path, method="POST", data=typed | {"email": "nonsense"})
    assert wrong.status_code == 422 and "nonsense" in wrong.text
