"""The MSP's own people: added, changed, deactivated; somebody always stays to administer."""

import re

import pytest

from app.people.models import Account, Staff
from tenants import db
from tests.pages import normal

HERE = "/admin/staff"


def shown_once(response) -> str:
    return re.search(r'<output class="secret-value">([^<]+)</output>', normal(response))[1]


def sign_in(world, login: str, password: str):
    browser = world.anonymous()
    return browser, browser.post_form("/sign-in", {"login": login, "password": password})


def person(world, staff_id: int) -> Staff:
    with world.inside():
        found = db.session.get(Staff, staff_id)
        db.session.expunge(found)
        return found


def version(world, staff_id: int) -> str:
    return str(person(world, staff_id).version)


@pytest.mark.threat("T-034")
def test_a_new_colleague_gets_a_password_once_and_must_change_it(world, adam):
    sent = {"name": "Nia New", "email": "nia@desk.example", "role": "technician", "phone": ""}
    made = adam.post_form(HERE, sent)
    assert made.status_code == 201
    password = shown_once(made)
    assert len(password) >= 16
    assert password not in normal(adam.get(HERE))
    browser, signed = sign_in(world, "nia@desk.example", password)
    assert signed.status_code == 303
    assert browser.get("/").headers["Location"] == "/password"
    hashes = [row["password_hash"] for row in world.sql(f"SELECT password_hash FROM {world.schema()}.account")]
    assert not any(password in (kept or "") for kept in hashes)


def test_a_form_that_is_sent_twice_makes_one_colleague(world, adam):
    page = adam.get(f"{HERE}/new").get_data(as_text=True)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    sent = {"name": "Nia New", "email": "nia@desk.example", "role": "technician", "nonce": nonce}
    first, second = adam.post_form(HERE, sent), adam.post_form(HERE, sent)
    assert (first.status_code, second.status_code) == (201, 303)
    with world.inside():
        assert db.session.query(Staff).filter_by(email="nia@desk.example").count() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"email": "ann@desk.example"}, "Another staff member has this e-mail address"),
        ({"email": "ANN@desk.example"}, "Another staff member has this e-mail address"),
        ({"email": "no address"}, "e-mail"),
        ({"name": ""}, "may not be empty"),
        ({"role": "owner"}, "cannot be chosen"),
        ({"role": ""}, "may not be empty"),
    ],
)
def test_what_is_wrong_is_said_beside_it(world, adam, values, said):
    before = world.checksum(but=("session", "receipt", "operation"))
    response = adam.post_form(HERE, {"name": "Nia New", "email": "nia@desk.example", "role": "technician"} | values)
    assert response.status_code == 422 and said in normal(response)
    assert world.checksum(but=("session", "receipt", "operation")) == before


def test_a_colleague_is_changed_where_the_list_shows_them(world, adam, cast):
    path = f"{HERE}/{cast.ann}/fields/phone?in=row"
    saved = adam.fragment(path, method="POST", data={"value": "+49 30 5", "v": version(world, cast.ann)})
    assert saved.status_code == 200 and "/undo?operation=" in normal(saved)
    assert "+49 30 5" in normal(adam.get(HERE))
    sent = {"value": "supervisor", "v": version(world, cast.ann)}
    assert adam.post_form(f"{HERE}/{cast.ann}/fields/role", sent).status_code == 303
    assert person(world, cast.ann).role == "supervisor"
    assert "Supervisor" in normal(adam.get(f"{HERE}/{cast.ann}"))


@pytest.mark.threat("T-013")
@pytest.mark.parametrize(("field", "value"), [("role", "technician"), ("role", "supervisor"), ("active", "")])
def test_nobody_changes_their_own_rights(world, adam, cast, field, value):
    with world.inside():
        db.session.get(Staff, cast.sue).role = "administrator"
    response = adam.post_form(f"{HERE}/{cast.adam}/fields/{field}", {"value": value, "v": version(world, cast.adam)})
    assert response.status_code == 409 and "Nobody changes their own role" in normal(response)
    assert (person(world, cast.adam).role, person(world, cast.adam).active) == ("administrator", True)
    own = adam.post_form(f"{HERE}/{cast.adam}/fields/phone", {"value": "+49 30 9", "v": version(world, cast.adam)})
    assert own.status_code == 303


@pytest.mark.threat("T-013")
def test_the_last_administrator_stays_whoever_takes_something_back(world, adam, cast, undo):
    """Sue becomes an administrator and demotes Adam; taking her own promotion back would leave nobody."""
    promoted = adam.fragment(f"{HERE}/{cast.sue}/fields/role", method="POST", data={"value": "administrator", "v": "1"})
    promotion = re.search(r"operation=(\d+)", normal(promoted))[1]
    sue = world.staff("sue")
    demoted = sue.post_form(f"{HERE}/{cast.adam}/fields/role", {"value": "technician", "v": version(world, cast.adam)})
    assert demoted.status_code == 303
    assert adam.get("/admin/").status_code == 403
    refused = sue.post_form(f"/operations/{promotion}/undo")
    assert refused.status_code == 409 and "last active administrator" in normal(refused)
    assert person(world, cast.sue).role == "administrator"


@pytest.mark.threat("T-013")
def test_a_demotion_cannot_be_taken_back_by_whom_it_concerns(world, adam, cast):
    adam.post_form(f"{HERE}/{cast.sue}/fields/role", {"value": "administrator", "v": "1"})
    demoted = adam.fragment(f"{HERE}/{cast.sue}/fields/role", method="POST", data={"value": "supervisor", "v": "2"})
    operation = re.search(r"operation=(\d+)", normal(demoted))[1]
    sue = world.staff("sue")
    assert sue.post_form(f"/operations/{operation}/undo").status_code == 403
    change = world.sql(f"SELECT id FROM {world.schema()}.change WHERE operation_id = %s", int(operation))[0]["id"]
    assert sue.post_form(f"/operations/{operation}/changes/{change}/role/undo").status_code == 403
    assert sue.post_form(f"{HERE}/{cast.sue}/fields/role/undo?operation={operation}").status_code == 403
    assert person(world, cast.sue).role == "supervisor"


@pytest.mark.threat("T-024", "T-035")
def test_who_is_deactivated_is_out_at_once_and_comes_back_through_the_door(world, adam, cast):
    ann = world.staff("ann")
    token = world.api("read", person="ann")
    assert ann.get("/").status_code == 200 and token.get("/api/v1/contacts").status_code == 200
    sent = {"value": "", "v": version(world, cast.ann)}
    assert adam.post_form(f"{HERE}/{cast.ann}/fields/active", sent).status_code == 303
    assert ann.get("/").headers["Location"].startswith("/sign-in")
    assert token.get("/api/v1/contacts").status_code == 401
    assert sign_in(world, "ann@desk.example", "ann keeps nine lanterns lit")[1].status_code == 422
    page = normal(adam.get(HERE))
    assert "deactivated" in page
    sent = {"value": "1", "v": version(world, cast.ann)}
    assert adam.post_form(f"{HERE}/{cast.ann}/fields/active", sent).status_code == 303
    # The former session does not come back with the account.
    assert ann.get("/").headers["Location"].startswith("/sign-in")
    assert sign_in(world, "ann@desk.example", "ann keeps nine lanterns lit")[1].status_code == 303


@pytest.mark.threat("T-035")
def test_a_new_password_ends_every_session(world, adam, cast):
    ann = world.staff("ann")
    assert ann.get("/").status_code == 200
    answer = adam.fragment(f"{HERE}/{cast.ann}/password", method="POST")
    assert answer.status_code == 200 and normal(answer).lstrip().startswith('<section id="form"')
    assert ann.get("/").headers["Location"].startswith("/sign-in")
    assert sign_in(world, "ann@desk.example", "ann keeps nine lanterns lit")[1].status_code == 422
    browser, signed = sign_in(world, "ann@desk.example", shown_once(answer))
    assert signed.status_code == 303 and browser.get("/").headers["Location"] == "/password"
    own = adam.post_form(f"{HERE}/{cast.adam}/password")
    assert own.status_code == 409 and adam.get("/admin/").status_code == 200


@pytest.mark.threat("T-016")
def test_the_form_knows_only_its_own_fields(world, adam):
    sent = {
        "name": "Nia New",
        "email": "nia@desk.example",
        "role": "technician",
        "active": "",
        "id": "7",
        "version": "9",
    }
    assert adam.post_form(HERE, sent | {"password_hash": "x", "must_change": ""}).status_code == 201
    with world.inside():
        made = db.session.query(Staff).filter_by(email="nia@desk.example").one()
        account = db.session.query(Account).filter_by(staff_id=made.id).one()
        assert made.active and made.id != 7 and account.must_change and account.password_hash != "x"


@pytest.mark.threat("T-001")
def test_the_people_of_another_organization_are_nobodys_business(world, adam, cast):
    assert adam.post_form(f"{HERE}/{cast.ann}/fields/phone", {"value": "+49 30 7", "v": "1"}).status_code == 303
    rows = world.sql(f"SELECT phone FROM {world.schema('summit')}.staff WHERE id = %s", cast.ann)
    assert rows == [{"phone": None}]


def test_who_lacks_a_permission_is_told_whom_to_ask(world):
    """The customers' people are not: they learn no names of the MSP's staff."""
    refused = world.staff("ann").get("/admin/")
    assert refused.status_code == 403
    assert "It comes with the role: Administrator. Who can give it to you: Adam" in normal(refused)
    assert "Who can give it" not in normal(world.portal("ina").get("/admin/"))
