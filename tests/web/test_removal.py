"""Deactivating, deleting and bringing back: asked before, with a reason, undone like everything else."""

import pytest

from app.companies.models import Company, Department
from app.contacts.models import Contact, Membership
from app.records.actor import SYSTEM
from app.records.models import Operation
from app.records.write import create
from tenants import db
from tests.pages import visible_text

from .screens import ids, screen


@pytest.fixture
def ann(world):
    return world.staff("ann")


def last_operation(world) -> Operation:
    with world.inside():
        found = db.session.query(Operation).order_by(Operation.id.desc()).first()
        db.session.expunge_all()
        return found


def empty_company(world, **more) -> int:
    with world.inside():
        made = create(Company, {"name": "Bare", "kind": "unmanaged", "domains": ["bare.example"]} | more, actor=SYSTEM)
        create(Department, {"company_id": made, "name": "Nobody"}, actor=SYSTEM)
        return made


# --- deactivating -----------------------------------------------------------------------------------------------------


@pytest.mark.feature("T008", "C074", "C075")
@pytest.mark.threat("T-024")
def test_a_contact_is_deactivated_after_a_question_and_is_out_at_once(world, ann, cast):
    path, ina = f"/contacts/{cast.ina}", world.portal("ina")
    assert ina.get("/portal/").status_code == 200
    asked = screen(ann.get(f"{path}/deactivation"))
    form = asked.one("form", action=f"{path}/deactivation")
    assert "Deactivate Ina Berg?" in asked.text and form.one("input", name="reason")
    answer = ann.post_form(form["action"], {"reason": "Left the company"})
    assert answer.status_code == 303 and answer.headers["Location"] == path
    assert ina.get("/portal/").status_code == 302
    signed = world.anonymous().post_form("/portal/sign-in", {"login": "ina", "password": "ina keeps nine lanterns lit"})
    assert signed.status_code == 422
    operation = last_operation(world)
    assert (operation.title, operation.reason) == ("Ina Berg deactivated", "Left the company")
    page = screen(ann.get(path))
    assert "deactivated" in page.one("p", cls="note").text and "“Left the company”" in page.text
    # Activated again, the person signs in anew: no session of before comes back.
    assert ann.post_form(page.one("form", action=f"{path}/activation")["action"]).status_code == 303
    assert ina.get("/portal/").status_code == 302
    assert world.portal("ina").get("/portal/").status_code == 200


@pytest.mark.feature("T008")
def test_deactivating_twice_is_one_operation_and_undo_takes_it_back(world, ann, cast):
    ann.post_form(f"/contacts/{cast.ina}/deactivation")
    operation = last_operation(world)
    ann.post_form(f"/contacts/{cast.ina}/deactivation")
    assert last_operation(world).id == operation.id
    assert ann.post_form(f"/operations/{operation.id}/undo").status_code == 303
    with world.inside():
        assert db.session.get(Contact, cast.ina).active


@pytest.mark.feature("T004", "L112")
def test_the_list_shows_active_deactivated_or_deleted_people(world, ann, cast):
    ann.post_form(f"/contacts/{cast.otto}/deletion")
    path = f"/companies/{cast.acme}/contacts"
    tabs = {one.text: one["href"] for one in screen(ann.get(path)).one("nav", cls="segments").all("a")}
    assert list(tabs) == ["All", "Active", "Deactivated", "Deleted"]
    assert set(ids(screen(ann.get(tabs["Active"])))) == {cast.ina, cast.ben}
    assert ids(screen(ann.get(tabs["Deactivated"]))) == [cast.dora]
    assert ids(screen(ann.get("/contacts?status=deleted"))) == [cast.otto]
    assert "no status “none”" in screen(ann.get("/contacts?status=none")).text


# --- deleting and bringing back ---------------------------------------------------------------------------------------


@pytest.mark.feature("L111", "L112", "L113")
def test_a_deleted_contact_stays_in_the_system_and_comes_back_with_everything(world, ann, cast):
    path, otto = f"/contacts/{cast.otto}", world.portal("otto")
    asked = screen(ann.get(f"{path}/deletion"))
    # A contract keeps the name.
    assert "Delete Otto Lind?" in asked.text and asked.one("a", href=f"/contracts?customer_contact_id.is={cast.otto}")
    answer = ann.post_form(f"{path}/deletion", {"reason": "Asked for it"})
    assert answer.headers["Location"] == "/contacts"
    assert otto.get("/portal/").status_code == 302
    assert cast.otto not in ids(screen(ann.get("/contacts")))
    row = screen(ann.get("/contacts?status=deleted")).one("tr", id=f"contact-{cast.otto}")
    assert "Ann Tanner · “Asked for it”" in row.text and row.all("a", data_edit="") == []
    page = screen(ann.get(path))
    assert "deleted" in page.one("h1").text and "“Asked for it”" in page.text and page.all(data_edit="") == []
    # Its fields are changed no more.
    assert ann.post_form(f"{path}/fields/city", {"value": "Kiel"}).status_code == 404
    answer = ann.post_form(row.one("form")["action"], {"reason": "It was another one"})
    assert answer.headers["Location"] == path
    assert last_operation(world).reason == "It was another one"
    with world.inside():
        assert db.session.get(Contact, cast.otto).company_ids == [cast.acme]
        assert db.session.query(Membership).filter_by(contact_id=cast.otto, withdrawn_at=None).count() == 1
    assert "otto.lind@acme.example" in visible_text(ann.get(path))
    assert world.portal("otto").get("/portal/").status_code == 200


@pytest.mark.feature("L111")
def test_deleting_can_be_undone_and_restoring_too(world, ann, cast):
    path = f"/contacts/{cast.ben}"
    ann.post_form(f"{path}/deletion")
    ann.post_form(f"/operations/{last_operation(world).id}/undo")
    with world.inside():
        assert db.session.get(Contact, cast.ben).company_ids == [cast.acme, cast.xacme]
    ann.post_form(f"{path}/deletion")
    ann.post_form(f"{path}/recovery")
    ann.post_form(f"/operations/{last_operation(world).id}/undo")
    with world.inside():
        assert db.session.get(Contact, cast.ben).withdrawn_at is not None
    assert ann.post_form(f"{path}/recovery").status_code == 303


def test_what_is_only_said_of_a_company_is_not_in_its_way(world, ann):
    """Notes, files and groups stay with a deleted company, and are there again when it comes back."""
    path = ann.post_form("/companies", {"name": "Bare", "kind": "unmanaged"}).headers["Location"]
    ann.post_form(f"{path}/notes", {"text": "Paid late"})
    world.staff("adam").post_form("/groups", {"name": "Late payers", "kind": "group", "active": "1"})
    group = world.sql(f"SELECT id FROM {world.schema()}.customer_group WHERE name = 'Late payers'")[0]["id"]
    ann.post_form(f"{path}/groups", {"group_id": str(group)})
    assert "belong to it" not in visible_text(ann.get(f"{path}/deletion"))
    assert ann.post_form(f"{path}/deletion").headers["Location"] == "/companies"
    ann.post_form(f"{path}/recovery")
    page = screen(ann.get(path)).text
    assert "Paid late" in page and "Late payers" in page


@pytest.mark.feature("C101", "C102")
def test_only_an_empty_company_that_nobody_manages_is_deleted(world, ann, cast):
    path = f"/companies/{cast.acme}"
    page = screen(ann.get(f"{path}/deletion"))
    assert "Acme cannot be deleted yet" in page.text and "managed company" in page.text
    assert {one.text for one in page.one("section", id="confirm").all("a")} == {
        "Contacts: 4 (Company)",
        "Contracts: 2 (Company)",
        "Back",
    }
    assert page.all("form", action=f"{path}/deletion") == []
    before = world.checksum(but=("session",))
    refused = ann.post_form(f"{path}/deletion", {"reason": "No more"})
    assert refused.status_code == 409 and "managed company" in visible_text(refused)
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("C103", "L111", "L113")
def test_an_empty_company_goes_with_its_domains_and_departments_and_comes_back_with_them(world, ann):
    made = empty_company(world)
    path = f"/companies/{made}"
    asked = screen(ann.get(f"{path}/deletion"))
    assert "Delete Bare?" in asked.text
    assert ann.post_form(f"{path}/deletion", {"reason": "Closed"}).status_code == 303
    live = f"SELECT count(*) AS n FROM {world.schema()}.%s WHERE company_id = {made} AND withdrawn_at IS NULL"
    assert [world.sql(live % table)[0]["n"] for table in ("company_domain", "department")] == [0, 0]
    # Another company may have its name and its domain by now: then it cannot come back, and nothing is half done.
    other = empty_company(world)
    before = world.checksum(but=("session",))
    refused = ann.post_form(f"{path}/recovery")
    assert refused.status_code == 409 and "already a company with this name" in visible_text(refused)
    assert world.checksum(but=("session",)) == before
    ann.post_form(f"/companies/{other}/deletion")
    assert ann.post_form(f"{path}/recovery").status_code == 303
    assert [world.sql(live % table)[0]["n"] for table in ("company_domain", "department")] == [1, 1]


def test_a_contract_comes_back_only_where_its_company_is(world, ann, cast):
    path = f"/contracts/{cast.nordlys_support_hours}"
    assert ann.post_form(f"{path}/deletion").status_code == 303
    world.sql(f"UPDATE {world.schema()}.company SET withdrawn_at = now() WHERE id = %s", cast.nordlys)
    refused = ann.post_form(f"{path}/recovery")
    assert refused.status_code == 409 and "Nordlys is deleted; restore it first" in visible_text(refused)
    world.sql(f"UPDATE {world.schema()}.company SET withdrawn_at = NULL WHERE id = %s", cast.nordlys)
    assert ann.post_form(f"{path}/recovery").headers["Location"] == path


@pytest.mark.parametrize("noun", ["companies", "contacts", "contracts"])
def test_the_list_of_the_deleted_takes_as_many_statements_as_the_others(world, cast, statements, noun):
    ann = world.staff("ann")
    ann.get(f"/{noun}?status=deleted")
    with statements() as sent:
        screen(ann.get(f"/{noun}?status=deleted"))
    assert len(sent) <= 4
