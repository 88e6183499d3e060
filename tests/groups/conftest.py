"""What tests of groups have in common."""

import pytest

from app.groups import actions, members
from app.groups.models import Group
from app.records.actor import Actor
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)


@pytest.fixture
def ann(world):
    """A browser in which a technician is signed in."""
    return world.staff("ann")


@pytest.fixture
def make_group(world):
    """`make_group("VIP", people=[…], companies=[…], shown=True)`: a group with these in it; returns its id."""

    def make(name: str, people=(), companies=(), slug: str = "harbor", **values) -> int:
        with world.inside(slug):
            made = actions.create({"name": name, "kind": "group", **values}, actor=ANN)
            if people or companies:
                members.add_members(db.session.get(Group, made), contact_ids=people, company_ids=companies, actor=ANN)
        return made

    return make


@pytest.fixture
def inside(world):
    """`inside(group)`: the contacts and the companies that are in a group now."""

    def read(group_id: int, slug: str = "harbor") -> tuple[list[int], list[int]]:
        rows = world.sql(
            f"SELECT contact_id, company_id FROM {world.schema(slug)}.group_member"
            " WHERE group_id = %s AND withdrawn_at IS NULL ORDER BY contact_id, company_id",
            group_id,
        )
        return (
            [row["contact_id"] for row in rows if row["contact_id"]],
            [row["company_id"] for row in rows if row["company_id"]],
        )

    return read
