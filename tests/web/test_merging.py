"""Merging on screen: side by side, the better value preset, refused where it may not be, and every old way leads on."""

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.records import merge, write
from app.records.actor import SYSTEM, Actor
from app.records.merged import AlreadyMerged
from tenants import db


def update(contact_id: int, **values) -> None:
    write.update(db.session.get(Contact, contact_id), values, actor=SYSTEM)


@pytest.mark.feature("I005", "B017")
def test_the_better_value_is_preset_and_equal_fields_are_folded_away(world, cast):
    with world.inside():
        update(cast.otto, mobile=None, job_title="Buyer", city="Kiel")
        update(cast.ina, mobile="+49 170 1", job_title="Head of everything")
    page = world.staff("ann").get(f"/contacts/{cast.otto}/merge?with={cast.ina}").text
    assert f'name="f.mobile" value="{cast.ina}" id="merge-mobile-{cast.ina}" checked' in page, "Filled over empty."
    assert f'id="merge-city-{cast.otto}" checked' in page, "What was changed last."
    assert f'id="merge-job_title-{cast.ina}" checked' in page
    assert f'id="merge-first_name-{cast.otto}" checked' in page, "Of equals that of the one that stays."
    assert 'name="f.country"' not in page and "fields are equal" in page
    assert "Contracts: 1" in page and "Account that keeps signing in" in page


@pytest.mark.feature("I005")
def test_what_was_picked_is_written_and_numbers_and_notes_are_kept(world, cast):
    ann = world.staff("ann")
    with world.inside():
        update(cast.ina, phone="+49 40 77", notes="Ina's")
        update(cast.otto, notes="Otto's")
    picked = {
        "with": cast.ina,
        "f.phone": cast.otto,
        "f.first_name": cast.ina,
        "f.user_name": cast.ina,
        "reason": "twice",
    }
    answer = ann.post_form(f"/contacts/{cast.otto}/merge", picked)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/contacts/{cast.otto}")
    with world.inside():
        otto = db.session.get(Contact, cast.otto)
        assert (otto.first_name, otto.user_name, otto.phone) == ("Ina", "ina", "+49 30 901820")
        assert otto.notes == "Otto's\n\nIna's\nIna Berg: Phone +49 40 77"
    shown = ann.get(f"/contacts/{cast.otto}").text
    assert "Ina Berg merged into Otto Lind" in shown and "“twice”" in shown
    # Her history is his, too.
    assert "+49 40 77" in ann.get(f"/contacts/{cast.otto}/history").text


@pytest.mark.feature("B017")
def test_old_pages_numbers_addresses_and_programs_lead_to_the_one_that_stays(world, cast):
    ann, sue, program = world.staff("ann"), world.staff("sue"), world.api("read", "write")
    with world.inside():
        merge.merge(Contact, cast.otto, [cast.ina], {}, actor=SYSTEM)
        number = db.session.get(Company, cast.nordlys).number
        merge.merge(Company, cast.acme, [cast.nordlys], {}, actor=SYSTEM)
    old = ann.get(f"/contacts/{cast.ina}?x=1")
    assert (old.status_code, old.headers["Location"]) == (301, f"/contacts/{cast.otto}?x=1")
    assert old.headers["Cache-Control"] == "no-store", "It can be undone."
    assert "“Ina Berg” was merged into another record." in ann.get(f"/contacts/{cast.otto}").text
    assert ann.get(f"/companies/{cast.nordlys}/history").headers["Location"] == f"/companies/{cast.acme}/history"
    assert "Otto" in ann.get("/contacts?q=ina@acme").text, "The old address is found."
    assert "Acme" in sue.get(f"/companies?q={number}").text, "The old number is found."
    read = program.get(f"/api/v1/contacts/{cast.ina}?fields=email")
    assert (read.status_code, read.headers["Location"]) == (308, f"/api/v1/contacts/{cast.otto}?fields=email")
    written = program.patch(f"/api/v1/contacts/{cast.ina}", json={"city": "Kiel"}, headers={"If-Match": '"1"'})
    assert written.status_code == 404 and written.json["merged_into"] == cast.otto
    assert world.portal("xena").get(f"/portal/people/{cast.ina}").status_code == 404


@pytest.mark.threat("T-018", "T-019")
def test_a_list_with_a_foreign_number_in_it_changes_nothing(world, cast):
    before = world.checksum(but=("session",))
    ann = world.staff("ann")
    with world.inside("summit"):
        person = {"first_name": "Only", "last_name": "Here", "user_name": "only", "email": "only@only.example"}
        foreign = write.create(Contact, person, actor=SYSTEM)
    assert foreign not in vars(cast).values()
    before = world.checksum(but=("session",))
    for others in ([cast.ina, foreign], [foreign], [cast.ina, 2**62]):
        assert ann.get(f"/contacts/{cast.otto}/merge", query_string={"with": others}).status_code == 404
        assert ann.post_form(f"/contacts/{cast.otto}/merge", {"with": others}).status_code == 404
    assert ann.post_form(f"/companies/{cast.acme}/merge", {"with": cast.xacme}).status_code == 403
    assert ann.post_form(f"/contacts/{cast.otto}/merge", {}).status_code == 422
    stale = {"with": cast.ina, f"v.{cast.ina}": "99"}
    answer = ann.post_form(f"/contacts/{cast.otto}/merge", stale)
    assert answer.status_code == 409 and "Look at them again" in answer.text
    everybody = [cast.ina, cast.ben, cast.dora, cast.xena, cast.nils, cast.nora]
    assert (
        "between two and five" in ann.get(f"/contacts/{cast.otto}/merge", query_string={"with": everybody}).text.lower()
    )
    assert world.checksum(but=("session",)) == before


@pytest.mark.threat("T-111")
def test_who_comes_second_is_told_what_happened(world, cast):
    ann, adam = world.staff("ann"), world.staff("adam")
    assert ann.post_form(f"/contacts/{cast.otto}/merge", {"with": cast.ina}).status_code == 303
    late = adam.post_form(f"/contacts/{cast.otto}/merge", {"with": cast.ina})
    assert late.status_code == 409
    assert "Ann Tanner merged “Ina Berg” into “Otto Lind”" in late.text
    assert adam.post_form(f"/contacts/{cast.ina}/merge", {"with": cast.otto}).status_code == 409


@pytest.mark.threat("T-018")
def test_in_the_portal_each_sees_what_was_theirs_and_what_came_by_the_merge(world, cast):
    """Xena becomes one with Ina, who is at Acme; Nils of Nordlys and Otto without rights see no more than before."""
    nils, otto = world.portal("nils"), world.portal("otto")
    before = [client.get("/portal/people").status_code for client in (nils, otto)]
    assert world.portal("xena").get(f"/portal/contracts/{cast.acme_support_hours}").status_code == 404
    with world.inside():
        merge.merge(Contact, cast.xena, [cast.ina], {}, actor=SYSTEM)
    xena = world.portal("xena")
    for contract in (cast.acme_support_hours, cast.xacme_fixed_fee):
        assert xena.get(f"/portal/contracts/{contract}").status_code == 200
    assert xena.get(f"/portal/contracts/{cast.nordlys_support_hours}").status_code == 404
    assert [client.get("/portal/people").status_code for client in (nils, otto)] == before
    assert nils.get(f"/portal/contracts/{cast.acme_support_hours}").status_code in (403, 404)
    assert world.portal("ina").get("/portal/me").status_code == 302


def test_a_custom_field_that_names_the_record_is_moved(world, cast):
    adam = world.staff("adam")
    made = {"kind": "reference", "label": "Deputy", "portal": "none", "noun": "contact"}
    assert adam.post_form("/admin/fields/contact", made).status_code in (200, 303)
    with world.inside():
        write.update(db.session.get(Contact, cast.ben), {"custom-deputy": cast.ina}, actor=SYSTEM)
        operation = merge.merge(Contact, cast.otto, [cast.ina], {}, actor=Actor("Ann"))
        assert db.session.get(Contact, cast.ben, populate_existing=True).custom == {"deputy": cast.otto}
        assert operation.kind == "merge"
        with pytest.raises(AlreadyMerged):
            merge.merge(Contact, cast.otto, [cast.ina], {}, actor=Actor("Ann"))


@pytest.mark.feature("I005")
def test_the_page_takes_a_fixed_number_of_statements(world, cast, statements):
    ann = world.staff("ann")
    with statements() as two:
        ann.get(f"/contacts/{cast.otto}/merge?with={cast.ina}")
    with statements() as chooser:
        ann.get(f"/contacts/{cast.otto}/merge")
    assert len(two) <= 14 and len(chooser) <= 6
