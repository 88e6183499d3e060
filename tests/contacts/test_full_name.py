"""A contact's name written as a whole: in the form, where it stands, and by a program."""

import pytest

from app.contacts.models import Contact
from tenants import db
from tests.pages import normal

PARTS = ("title", "first_name", "middle_name", "last_name", "suffix")
WHOLE = "Dr. Anna Maria Müller jr."


def parts(world, **wanted) -> tuple:
    with world.inside():
        found = db.session.query(Contact).filter_by(**wanted).one()
        return tuple(getattr(found, part) for part in PARTS)


@pytest.mark.feature("W009", "W003", "C054")
def test_a_full_name_in_the_form_fills_its_parts(world):
    typed = {"full_name": WHOLE, "first_name": "", "last_name": "", "email": "anna@acme.example", "user_name": "anna"}
    assert world.staff().post_form("/contacts", typed).status_code == 303
    assert parts(world, user_name="anna") == ("Dr.", "Anna", "Maria", "Müller", "jr.")


@pytest.mark.feature("W009")
def test_parts_that_were_typed_count_more_than_the_whole(world):
    typed = {"full_name": WHOLE, "first_name": "Anne", "last_name": "", "email": "a@acme.example", "user_name": "anne"}
    world.staff().post_form("/contacts", typed)
    assert parts(world, user_name="anne") == ("Dr.", "Anne", "Maria", "Müller", "jr.")


@pytest.mark.feature("W009")
def test_a_name_that_is_none_is_shown_again_with_what_to_do(world):
    typed = {"full_name": "Cher", "first_name": "", "last_name": "", "email": "c@acme.example", "user_name": ""}
    answer = world.staff().post_form("/contacts", typed)
    assert answer.status_code == 422 and "A first and a last name are expected" in answer.text
    assert 'value="Cher"' in answer.text


@pytest.mark.feature("W009")
def test_the_whole_name_is_edited_where_it_stands_and_taken_back(world, cast):
    ann, where = world.staff(), f"/contacts/{cast.ina}/fields/full_name"
    saved = ann.fragment(where, method="POST", data={"value": WHOLE})
    assert saved.status_code == 200 and WHOLE in normal(saved)
    assert parts(world, id=cast.ina) == ("Dr.", "Anna", "Maria", "Müller", "jr.")
    history = normal(ann.get(f"/contacts/{cast.ina}/history"))
    assert "Middle name" in history and "Suffix" in history
    undo = saved.text.split('action="')[-1].split('"')[0].replace("&amp;", "&")
    assert ann.fragment(undo, method="POST").status_code == 200
    assert parts(world, id=cast.ina) == (None, "Ina", None, "Berg", None)


@pytest.mark.feature("W009")
def test_a_program_writes_it_as_one(world, cast):
    api = world.api("read", "write", person="ann")
    where = f"/api/v1/contacts/{cast.ina}"
    etag = api.get(where).headers["ETag"]
    answer = api.patch(where, json={"full_name": "Frau Eva Klein"}, headers={"If-Match": etag})
    assert answer.status_code == 200 and answer.get_json()["last_name"] == "Klein"
    assert parts(world, id=cast.ina) == ("Frau", "Eva", None, "Klein", None)
