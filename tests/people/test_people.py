"""The MSP's own people: what a role may, and the rules that protect an organization from locking itself out."""

import threading

import pytest
from sqlalchemy import select

from app.fields.errors import FieldErrors
from app.people import actions, passwords
from app.people.models import Account, Staff
from app.people.permissions import ADMINISTRATOR, ROLE_PERMISSIONS, SCOPES, permissions_of, permissions_of_token
from app.records.actor import SYSTEM
from app.records.models import Change
from tenants import db


def make(**values):
    given = {"name": "Newt", "email": "newt@desk.example", "role": "technician"} | values
    return actions.create_staff(given, password="a first password", actor=SYSTEM)


def test_a_member_of_staff_is_made_with_an_account_in_one_operation(world):
    with world.inside():
        staff_id = make()
        account = db.session.scalar(select(Account).where(Account.staff_id == staff_id))
        assert account.must_change and account.enabled and account.contact_id is None
        assert passwords.matches("a first password", account.password_hash, None)
        assert account.created_op == db.session.get(Staff, staff_id).created_op
        noted = db.session.scalars(select(Change).where(Change.noun == "staff", Change.record_id == staff_id)).all()
        assert [change.action for change in noted] == ["create"]
        assert "a first password" not in str([(change.before, change.after) for change in noted])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "ann@desk.example"}, "email"),
        ({"email": "ANN@DESK.example"}, "email"),
        ({"email": "no address"}, "email"),
        ({"role": "emperor"}, "role"),
        ({"name": "x" * 500}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(world, values, field):
    before = world.checksum()
    with world.inside(), pytest.raises(FieldErrors) as refused:
        make(**values)
    assert set(refused.value.errors) == {field}
    assert world.checksum() == before


@pytest.mark.parametrize("change", [{"role": "technician"}, {"active": False}])
def test_the_last_administrator_stays_one(world, cast, change):
    with world.inside():
        adam = db.session.get(Staff, cast.adam)
        with pytest.raises(actions.LastAdministrator):
            actions.update_staff(adam, change, actor=SYSTEM)
        assert (adam.role, adam.active) == ("administrator", True)
        actions.update_staff(db.session.get(Staff, cast.sue), {"role": "administrator"}, actor=SYSTEM)
        actions.update_staff(adam, change, actor=SYSTEM)


def test_an_inactive_administrator_does_not_count(world, cast):
    with world.inside():
        sue = db.session.get(Staff, cast.sue)
        actions.update_staff(sue, {"role": "administrator"}, actor=SYSTEM)
        actions.update_staff(sue, {"active": False}, actor=SYSTEM)
        with pytest.raises(actions.LastAdministrator):
            actions.update_staff(db.session.get(Staff, cast.adam), {"role": "technician"}, actor=SYSTEM)


def test_two_administrators_who_leave_at_once_do_not_both_leave(world, cast):
    with world.inside():
        actions.update_staff(db.session.get(Staff, cast.sue), {"role": "administrator"}, actor=SYSTEM)
    ready, left = threading.Barrier(2), []

    def leave(staff_id: int) -> None:
        try:
            with world.inside():
                staff = db.session.get(Staff, staff_id)
                ready.wait(30)
                actions.update_staff(staff, {"active": False}, actor=SYSTEM)
            left.append(staff_id)
        except actions.LastAdministrator:
            pass

    threads = [threading.Thread(target=leave, args=(staff_id,)) for staff_id in (cast.sue, cast.adam)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(left) == 1
    with world.inside():
        stays = select(Staff).where(Staff.role == "administrator", Staff.active)
        assert len(db.session.scalars(stays).all()) == 1


@pytest.mark.threat("T-013")
def test_each_role_may_what_the_one_below_may_and_more():
    technician, supervisor, administrator = (permissions_of(role) for role in ROLE_PERMISSIONS)
    assert technician < supervisor < administrator
    assert not any(permission.startswith("admin") for permission in supervisor)
    assert permissions_of("nobody") == permissions_of("") == frozenset()


@pytest.mark.threat("T-013", "T-058")
def test_a_token_never_may_more_than_its_role_and_its_scopes():
    for role in ROLE_PERMISSIONS:
        for scopes in ([], ["read"], ["read", "write"], list(SCOPES), ["admin"], ["*"], [""]):
            granted = permissions_of_token(role, scopes)
            assert granted <= permissions_of(role)
            assert granted <= frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
    assert not any(permission.startswith("admin") for permission in permissions_of_token("administrator", list(SCOPES)))
    assert frozenset().union(*SCOPES.values()) <= ADMINISTRATOR
