"""Contracts: what a contract needs, and who may stand in it."""

from datetime import date

import pytest

from app.contracts.models import Contract
from tenants import db


def typed(cast, **changed) -> dict:
    form = {
        "description": "Support 2026",
        "kind": "support_hours",
        "po_number": "PO-77",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "limited": "1",
        "minutes": "20:00",
        "threshold": "15:00",
        "customer_contact_id": str(cast.ina),
        "support_contact_id": str(cast.ann),
        "support_manager_id": str(cast.sue),
    }
    return form | changed


@pytest.mark.feature("T015", "T016", "T017", "T019", "T021", "T022", "T023", "T024", "T025")
def test_a_contract_keeps_what_was_typed(world, cast):
    answer = world.staff().post_form(f"/companies/{cast.acme}/contracts", typed(cast))
    assert answer.status_code == 303
    with world.inside():
        made = db.session.query(Contract).filter_by(description="Support 2026").one()
        assert (made.po_number, made.limited, made.minutes, made.threshold) == ("PO-77", True, 1200, 900)
        assert (made.starts_on, made.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
        assert (made.customer_contact_id, made.support_contact_id, made.support_manager_id) == (
            cast.ina,
            cast.ann,
            cast.sue,
        )
    page = world.staff().get(answer.location).text
    assert "20:00" in page and "PO-77" in page and "Ann Tanner" in page


@pytest.mark.feature("T015", "T017", "T019")
@pytest.mark.parametrize("missing", ["description", "customer_contact_id", "support_contact_id"])
def test_description_and_both_contacts_are_needed(world, cast, missing):
    answer = world.staff().post_form(f"/companies/{cast.acme}/contracts", typed(cast, **{missing: ""}))
    assert answer.status_code == 422
    assert "This field may not be empty." in answer.text and "PO-77" in answer.text


@pytest.mark.feature("T016", "T021", "T022", "T023", "T024", "T025")
def test_the_rest_may_stay_empty(world, cast):
    left = dict.fromkeys(("po_number", "starts_on", "ends_on", "minutes", "threshold", "support_manager_id"), "")
    form = typed(cast, **left)
    del form["limited"]
    assert world.staff().post_form(f"/companies/{cast.acme}/contracts", form).status_code == 303


@pytest.mark.feature("T017", "T020", "T021")
@pytest.mark.threat("T-003")
def test_only_the_companys_people_and_the_msps_staff_can_be_chosen(world, cast):
    ann = world.staff()
    where = f"/companies/{cast.acme}/contracts"
    for field, stranger in (
        ("customer_contact_id", cast.nils),
        ("support_contact_id", 999_999),
        ("support_manager_id", 999_999),
    ):
        answer = ann.post_form(where, typed(cast, **{field: str(stranger)}))
        assert answer.status_code == 422 and "This cannot be chosen here." in answer.text


@pytest.mark.feature("T022", "T023")
def test_a_term_does_not_end_before_it_starts(world, cast):
    ann = world.staff()
    answer = ann.post_form(f"/companies/{cast.acme}/contracts", typed(cast, ends_on="2025-01-01"))
    assert answer.status_code == 422 and "The end date lies before the start date." in answer.text
    where = f"/contracts/{cast.acme_support_hours}/fields/ends_on"
    inline = ann.fragment(where, method="POST", data={"value": "1999-01-01"})
    assert inline.status_code == 422 and "1999" in inline.text
