"""One app context, one organization, one session, one transaction; and nothing without an organization."""

import pytest
from flask import g
from sqlalchemy import select, text

from app.companies.models import Company
from app.people.models import Attempt
from tenants import NoTenant, aside, db, enter, narrow, scope, tenancy
from tenants.resolve import UnknownOrganization, organization
from tenants.scope import AlreadyEntered


def test_returning_commits(world, cast):
    with world.inside():
        db.session.get(Company, cast.acme).address = "new"
    with world.inside():
        assert db.session.get(Company, cast.acme).address == "new"


def test_raising_rolls_back(world, cast):
    with pytest.raises(RuntimeError), world.inside():
        db.session.get(Company, cast.acme).address = "lost"
        db.session.flush()
        raise RuntimeError
    with world.inside():
        assert db.session.get(Company, cast.acme).address == "Acme Street 1"


def test_entering_twice_is_refused(world):
    with world.inside("harbor") as here:
        with pytest.raises(AlreadyEntered):
            enter(organization("summit"))
        with pytest.raises(AlreadyEntered):
            enter(organization("harbor"))
        assert tenancy() == here


def test_a_scope_within_a_scope_is_a_context_of_its_own(world, cast):
    with world.inside("harbor"):
        db.session.get(Company, cast.acme).address = "outer"
        with scope("summit"):
            db.session.get(Company, cast.acme).address = "inner"
        assert tenancy().slug == "harbor"
    for slug, address in (("harbor", "outer"), ("summit", "inner")):
        with world.inside(slug):
            assert db.session.get(Company, cast.acme).address == address


@pytest.mark.threat("T-004")
def test_without_an_organization_there_is_no_session(world, cast):
    with world.app.app_context():
        for use in (
            lambda: db.session.get(Company, cast.acme),
            lambda: db.session.execute(text("SELECT 1")),
            lambda: db.session.connection(),
            tenancy,
        ):
            with pytest.raises(NoTenant):
                use()
    with pytest.raises(RuntimeError):
        db.session.execute(text("SELECT 1"))


def test_an_unknown_organization_cannot_be_entered(world):
    with world.app.app_context():
        for name in ("nobody", "", "org_" + world.keys["harbor"], "harbor.test", "HARBOR"):
            with pytest.raises(UnknownOrganization), scope(name):
                pass
        assert g.get("tenancy") is None


def test_an_organization_is_found_by_slug_and_by_key(world):
    for name in ("harbor", world.keys["harbor"]):
        with world.inside(name) as here:
            assert here.slug == "harbor"


@pytest.mark.threat("T-002")
def test_a_narrowed_context_stays_narrow(world, cast):
    with world.inside():
        companies = select(Company.id).order_by(Company.id)
        assert db.session.scalars(companies).all() == [cast.acme, cast.xacme, cast.nordlys]
        narrow(cast.ina)
        assert db.session.scalars(companies).all() == [cast.acme]
        db.session.commit()
        assert db.session.scalars(companies).all() == [cast.acme]
        db.session.rollback()
        assert db.session.scalars(companies).all() == [cast.acme]
        with pytest.raises(AlreadyEntered):
            narrow(cast.nils)
        with pytest.raises(AlreadyEntered):
            enter(organization("harbor"))


def test_what_is_written_aside_outlives_a_rollback(world):
    with pytest.raises(RuntimeError), world.inside():
        with aside() as connection:
            connection.execute(Attempt.__table__.insert().values(login_hash=b"x", address="", ok=False))
        raise RuntimeError
    assert len(world.sql(f"SELECT 1 FROM {world.schema()}.sign_in_attempt")) == 1
    assert world.sql(f"SELECT 1 FROM {world.schema('summit')}.sign_in_attempt") == []


def test_what_is_written_aside_needs_an_organization(world):
    with world.app.app_context(), pytest.raises(NoTenant), aside():
        pass


def test_statements_end_after_their_seconds(world):
    with world.app.app_context(), scope("harbor", seconds=7):
        assert db.session.scalar(text("SHOW statement_timeout")) == "7s"
