"""The test world itself: two organizations that differ in nothing but their key, and nothing left between tests."""

from app.contacts.models import Contact
from tenants import db


def test_a_technician_sees_the_first_page(world):
    assert world.staff("ann").get("/").status_code == 200


def test_both_organizations_have_the_same_people_with_the_same_ids(shared_world, cast):
    for slug in ("harbor", "summit"):
        with shared_world.inside(slug):
            assert db.session.get(Contact, cast.ina).full_name == "Ina Berg"


def test_what_one_test_writes(world):
    world.sql(f"UPDATE {world.schema()}.contact SET job_title = 'written'")


def test_the_next_does_not_see(world):
    assert world.sql(f"SELECT 1 FROM {world.schema()}.contact WHERE job_title = 'written'") == []
