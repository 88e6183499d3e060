"""The search by fields: an input for every detail that is known, custom fields and dates of creation included."""

import pytest

from app.contacts.models import Contact
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db

from .screens import ids, screen


@pytest.fixture
def ann(world):
    return world.staff("ann")


@pytest.mark.feature("L106", "L109", "L114")
def test_every_known_detail_can_be_searched_by_its_own_field(world, ann, cast):
    with world.inside():
        custom = {"of_noun": "contact", "key": "badge", "kind": "text", "label": "Badge", "options": {}}
        create(CustomField, custom, actor=SYSTEM)
        settings_changed()
    with world.inside():
        update(db.session.get(Contact, cast.otto), {"custom-badge": "B-17"}, actor=SYSTEM)
    form = screen(ann.get("/contacts?panel=filter")).one("form", id="contacts-list-filter-panel")
    names = {one["name"] for one in form.all() if (one.get("name") or "").startswith("f.")}
    assert {"f.city", "f.notes", "f.mobile", "f.custom-badge", "f.created_at", "f.addresses"} <= names
    assert ids(screen(ann.get("/contacts?op.custom-badge=is&f.custom-badge=b-17&f.city="))) == [cast.otto]
    assert ids(screen(ann.get("/contacts?custom-badge.is=B-18"))) == []


@pytest.mark.feature("L107")
def test_records_are_found_by_when_they_were_made(world, ann, cast):
    schema = world.schema()
    world.sql(f"UPDATE {schema}.contact SET created_at = '2024-05-05 12:00Z' WHERE id = %s", cast.ina)
    assert ids(screen(ann.get("/contacts?created_at.before=2025-01-01"))) == [cast.ina]
    page = screen(ann.get("/contacts?op.created_at=after&f.created_at=2025-01-01"))
    assert len(ids(page)) == 6 and cast.ina not in ids(page)
    (chip,) = page.all("li", cls="chip")
    assert chip.text.startswith("Created is after Jan 1, 2025")
    assert len(ids(screen(ann.get(chip.one("a")["href"])))) == 7
    wrong = screen(ann.get("/contacts?created_at.before=never"))
    assert "Created:" in wrong.one("div", cls="list-problems").text
    # What is found so can be changed together, too.
    bar = screen(ann.get("/contacts?created_at.before=2025-01-01")).one("form", id="contacts-pick")
    answer = ann.post_form("/bulk/contacts", {"all": "1", "verb": "edit", "back": bar.value("back")})
    assert "1 record is selected" in screen(ann.get(answer.headers["Location"])).text
