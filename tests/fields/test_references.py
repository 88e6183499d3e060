"""What references point to: found by typing, limited to a company, named in one query."""

import pytest

import app.contracts.models  # noqa: F401  (declares what can be referred to)
from app.companies.models import Company, Department
from app.contacts.models import Contact
from app.fields import references
from app.people.models import Staff
from app.records.actor import SYSTEM
from app.records.write import Withdraw, apply, begin, create, update
from tenants import db


def found(noun: str, typed: str, company: int | None = None) -> list[str]:
    return [name for _id, name in references.search(noun, typed, company)]


def test_what_begins_so_comes_first(world):
    with world.inside():
        for name in ("Wald", "Sternwald", "Waldau", "100% Wald_"):
            create(Company, {"name": name}, actor=SYSTEM)
        assert found("company", "WALD") == ["Wald", "Waldau", "100% Wald_", "Sternwald"]
        assert found("company", "%") == found("company", "_") == ["100% Wald_"]
        assert found("company", "\\") == []
        assert len(references.search("company", "", None, limit=3)) == 3
        assert found("company", "\0") == found("company", "")


@pytest.mark.threat("T-003")
def test_only_what_belongs_to_the_company(world, cast):
    with world.inside():
        assert found("department", "", cast.acme) == ["Purchasing", "Support"]
        assert "Xena Holm" not in found("contact", "", cast.acme) and "Xena Holm" in found("contact", "")
        # Ben belongs to both.
        assert "Ben Ruiz" in found("contact", "ben", cast.acme) and "Ben Ruiz" in found("contact", "ben", cast.xacme)
        assert references.known("department", cast.acme_support, cast.acme)
        assert not references.known("department", cast.acme_support, cast.nordlys)
        assert references.by_title("department", "support", cast.nordlys) == []
        # What belongs to no company is the same for each.
        assert found("staff", "ann", cast.acme) == ["Ann Tanner"]


@pytest.mark.feature("T020")
def test_staff_who_left_and_withdrawn_records_are_not_chosen_but_still_named(world, cast):
    with world.inside():
        update(db.session.get(Staff, cast.sue), {"active": False}, actor=SYSTEM)
        assert "Sue Palmer" not in found("staff", "") and not references.known("staff", cast.sue)
        assert references.titles("staff", [cast.sue]) == {cast.sue: "Sue Palmer"}
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Contact, cast.nora), Withdraw(Department, cast.acme_support)])
        assert found("contact", "nora") == found("department", "support") == []
        assert references.titles("contact", [cast.nora]) == {cast.nora: "Nora Strand"}


def test_names_come_in_one_query(shared_world, cast, statements):
    with shared_world.inside():
        references.titles("company", [cast.acme])
        with statements() as sent:
            names = references.titles("company", [cast.acme, cast.xacme, cast.acme, None, 10**12])
        assert names == {cast.acme: "Acme", cast.xacme: "Xacme"} and len(sent) == 1
        with statements() as sent:
            assert references.titles("company", [None]) == {}
        assert len(sent) == 0


def test_where_they_have_a_page(shared_world):
    assert references.url("company", 7) == "/companies/7"
    assert references.url("department", 7) == references.url("company", None) == references.url("gone", 7) == ""
    assert references.is_referable("staff") and not references.is_referable("membership")
