"""Undo at the cell that was edited: from the toast, for one's own edit, and only while it is the last."""

import pytest

from app.records.models import Change, Operation
from tenants import db

from .inline import beside, contact, save, where
from .screens import Element, screen


def undo_of(answer: Element) -> str:
    return answer.one("form", hx_swap="none")["action"]


@pytest.mark.feature("B002")
@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("phone", "030 1", "+49 30 901820"),
        ("company", "nordlys", "Acme"),
        ("active", "", "Yes"),
        ("notes", "x", "What"),
    ],
)
def test_the_toast_takes_the_edit_back(world, cast, name, value, shown):
    ann = world.staff("ann")
    saved = save(ann, where(cast.ina, name), str(getattr(cast, value, value)), v="1")
    toast = saved.one(cls="toast-line")
    assert toast.one(cls="toast-text").text.endswith("saved")
    answer = ann.fragment(undo_of(saved), method="POST")
    assert shown in screen(answer).one("dd", id=f"contact-{cast.ina}-{name}").text
    assert answer.headers["HX-Retarget"] == f"#contact-{cast.ina}-{name}"
    assert (contact(world, cast.ina).phone, contact(world, cast.ina).company_ids) == ("+49 30 901820", [cast.acme])
    # Once is enough.
    assert ann.fragment(undo_of(saved), method="POST").status_code == 409


@pytest.mark.feature("B002")
def test_undo_takes_along_what_followed(world, cast):
    ann = world.staff("ann")
    save(ann, where(cast.ina, "state"), "Bayern", v="1")
    saved = save(ann, where(cast.ina, "country"), "AT", v="2")
    answer = screen(ann.fragment(undo_of(saved), method="POST"))
    assert beside(answer) == {f"contact-{cast.ina}-state": "Bayern", f"contact-{cast.ina}-time_zone": "–"}
    found = contact(world, cast.ina)
    assert (found.country, found.state, found.time_zone) == ("DE", "Bayern", None)


@pytest.mark.feature("B002")
def test_undo_of_what_was_changed_again_says_so_and_changes_nothing(world, cast):
    ann = world.staff("ann")
    saved = save(ann, where(cast.ina, "phone"), "030 1", v="1")
    save(world.staff("sue"), where(cast.ina, "phone"), "030 2")
    answer = ann.fragment(undo_of(saved), method="POST")
    assert answer.status_code == 409 and "changed again since" in answer.text
    assert contact(world, cast.ina).phone == "030 2"
    # It was not undone, so that it can be once Sue's is.
    with world.inside():
        assert db.session.scalar(db.select(db.func.count(Operation.id)).where(Operation.undoes.is_not(None))) == 0


@pytest.mark.feature("B002")
def test_undo_at_the_cell_is_for_ones_own_edits_of_that_record(world, cast):
    ann, sue = world.staff("ann"), world.staff("sue")
    saved = save(ann, where(cast.ina, "phone"), "030 1", v="1")
    number = undo_of(saved).partition("operation=")[2]
    with world.inside():
        made = db.session.scalar(db.select(Change.operation_id).where(Change.noun == "contact").limit(1))
    for browser, address in (
        (sue, where(cast.ina, "phone")),
        (ann, where(cast.otto, "phone")),
        (ann, where(cast.acme, "phone", "companies")),
    ):
        assert browser.fragment(f"{address}/undo?operation={number}", method="POST").status_code == 404
    for wrong in (made, 10**12, "x", "", "9" * 30):
        assert ann.fragment(f"{where(cast.ina, 'phone')}/undo?operation={wrong}", method="POST").status_code == 404
    assert contact(world, cast.ina).phone == "030 1"
    # Without scripts the toast is not there, but its address works.
    answer = ann.post_form(f"{where(cast.ina, 'phone')}/undo", {"operation": number})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/contacts/{cast.ina}")
