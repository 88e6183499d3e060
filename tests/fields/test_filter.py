"""Filters: which records they keep, what they refuse, and how their chips speak."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import app.contacts.memberships  # noqa: F401  (declares fields of contacts)
from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.errors import FieldError
from app.fields.filter import NO_VALUE, OPERATORS, condition, describe
from app.fields.kinds import KINDS
from app.fields.models import CustomField
from app.fields.settings import fields_of, settings_changed
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db


def kept(model, name: str, operator: str, typed: str = "") -> set[int]:
    where = condition(fields_of(model)[name], operator, typed, model)
    return set(db.session.scalars(select(model.id).where(where, model.withdrawn_at.is_(None))))


def chip(model, name: str, operator: str, typed: str = "", locale: str = "en") -> str:
    return describe(fields_of(model)[name], operator, typed, locale)


def person(world, record_id: int, **values) -> None:
    with world.inside():
        update(db.session.get(Contact, record_id), values, actor=SYSTEM)


def test_text_is_compared_without_case_and_accents(world, cast):
    person(world, cast.ina, city="Köln", job_title="Straßenbau")
    with world.inside():
        for operator, typed in (
            ("is", "koln"),
            ("is", "KÖLN"),
            ("contains", "öl"),
            ("starts", "kO"),
            ("any_of", "Kiel, kÖLN"),
        ):
            assert kept(Contact, "city", operator, typed) == {cast.ina}, operator
        assert cast.ina not in kept(Contact, "city", "is_not", "koln")
        assert kept(Contact, "job_title", "contains", "strassen") == {cast.ina}


def test_nothing_is_something_else_than_a_value(world, cast):
    person(world, cast.ina, city=None, job_title=None)
    with world.inside():
        assert kept(Contact, "city", "empty") == {cast.ina}
        assert cast.ina not in kept(Contact, "city", "not_empty")
        # What is not Berlin is also who has no city.
        assert kept(Contact, "city", "is_not", "Berlin") == {cast.ina}
        for operator in ("is", "contains", "starts", "any_of", "is_not"):
            for typed in ("", " ", "\u200b"):
                with pytest.raises(FieldError, match="Enter what to filter by"):
                    kept(Contact, "city", operator, typed)
            with pytest.raises(FieldError):
                kept(Contact, "city", operator, "\0")


@pytest.mark.threat("T-069")
def test_signs_of_patterns_mean_themselves(world, cast):
    person(world, cast.ina, city="100% B_er\\lin")
    with world.inside():
        for typed in ("%", "_", "\\", "0% b_", "er\\l"):
            assert kept(Contact, "city", "contains", typed) == {cast.ina}, typed
        assert kept(Contact, "city", "contains", "B%n") == kept(Contact, "city", "starts", "%") == set()


def test_phones_are_compared_by_their_digits(world, cast):
    person(world, cast.ina, phone="+49 (30) 55-66.77")
    with world.inside():
        for operator, typed in (
            ("contains", "5566"),
            ("contains", "55 66-77"),
            ("starts", "+49 30 5"),
            ("is", "4930556677"),
        ):
            assert kept(Contact, "phone", operator, typed) == {cast.ina}, typed


def test_references_by_number_and_companies_by_any_membership(world, cast):
    with world.inside():
        assert kept(Contact, "line_manager_id", "is", str(cast.ina)) == {cast.otto}
        # Ben belongs to Acme first and to Xacme too.
        assert cast.ben in kept(Contact, "company", "is", str(cast.xacme))
        assert kept(Contact, "company", "any_of", f"{cast.nordlys}, {cast.xacme}") == {
            cast.ben,
            cast.xena,
            cast.nils,
            cast.nora,
        }
        assert cast.ben not in kept(Contact, "company", "none_of", f"#{cast.xacme}")
        assert kept(Contact, "department", "is", str(cast.nordlys_office)) == {cast.nils}
        with pytest.raises(FieldError):
            kept(Contact, "company", "is", "Acme")


def test_numbers_dates_times_and_yes(world, cast):
    with world.inside():
        assert kept(Contract, "minutes", "gt", "20:00") == {cast.acme_support_hours}
        assert kept(Contract, "minutes", "gte", "20h") == {cast.acme_support_hours, cast.xacme_fixed_fee}
        assert kept(Contract, "minutes", "lt", "20:00") == {cast.nordlys_support_hours}
        assert kept(Contract, "minutes", "empty") == {cast.acme_subscription}
        assert len(kept(Contract, "ends_on", "before", "2028-01-01")) == 4
        assert kept(Contract, "ends_on", "after", "2027-12-31") == kept(Contract, "starts_on", "is", "today") == set()
        assert kept(Contract, "limited", "is", "no") == {cast.acme_subscription}
        assert kept(Contact, "active", "is", "0") == {cast.dora}
        assert kept(Company, "users", "gte", "4") == {cast.acme}
        assert kept(Contract, "kind", "any_of", "fixed_fee, Subscription") == {
            cast.acme_subscription,
            cast.xacme_fixed_fee,
        }


def test_the_last_days_end_today(world, cast, today):
    with world.inside():
        contract = db.session.get(Contract, cast.acme_subscription)
        for days, inside in ((0, True), (7, True), (8, False), (-1, False)):
            update(contract, {"starts_on": today - timedelta(days=days), "ends_on": None}, actor=SYSTEM)
            assert (contract.id in kept(Contract, "starts_on", "last_days", "8")) is inside, days
        for wrong in ("", "0", "-1", "1.5", "99999", "9" * 5000, "week", "\0"):
            with pytest.raises(FieldError):
                kept(Contract, "starts_on", "last_days", wrong)


def test_lists_of_values_are_kept_by_one_of_them(world, cast):
    with world.inside():
        assert kept(Company, "domains", "contains", "ACME.example") == {cast.acme}
        assert kept(Company, "domains", "not_empty") == {cast.acme, cast.xacme, cast.nordlys}
        assert kept(Contact, "addresses", "contains", "otto.lind@acme.example") == {cast.otto}
        assert cast.otto not in kept(Contact, "addresses", "empty")


@pytest.mark.feature("L115")
def test_custom_fields_of_every_kind_can_be_filtered(world, cast):
    choices = [["gold", "Gold plan"], ["a, b", "A and B"], ["c", "C"]]
    values = {
        "choice": "a, b",
        "choices": ["gold", "a, b"],
        "yes_no": True,
        "whole": 12,
        "duration": 90,
        "reference": cast.acme,
    }
    with world.inside():
        for kind in KINDS:
            options = {"choices": choices} if kind in ("choice", "choices") else {"noun": "company"}
            more = options if kind in ("choice", "choices", "reference") else {}
            create(
                CustomField,
                {"of_noun": "contact", "key": kind, "kind": kind, "label": kind, "options": more},
                actor=SYSTEM,
            )
        settings_changed()
        update(
            db.session.get(Contact, cast.ina), {f"custom-{kind}": value for kind, value in values.items()}, actor=SYSTEM
        )
        everybody = kept(Contact, "user_name", "not_empty")
        for kind, operator, typed in (
            ("choice", "any_of", "a, b"),
            ("choice", "is", "A and B"),
            ("choices", "any_of", "c, gold"),
            ("choices", "any_of", "a, b"),
            ("yes_no", "is", "yes"),
            ("whole", "gt", "11"),
            ("duration", "lte", "1:30"),
            ("reference", "is", str(cast.acme)),
        ):
            assert kept(Contact, f"custom-{kind}", operator, typed) == {cast.ina}, kind
            assert kept(Contact, f"custom-{kind}", "empty") == everybody - {cast.ina}
        assert kept(Contact, "custom-choices", "none_of", "gold") == everybody - {cast.ina}
        assert kept(Contact, "custom-choices", "none_of", "c") == everybody


def test_an_operator_that_the_field_does_not_have_is_refused(world):
    with world.inside():
        for operator in ("bogus", "", "lt", "last_days", "__class__", "x" * 10_000):
            with pytest.raises(FieldError) as error:
                kept(Contact, "city", operator, "x")
            assert error.value.code == "operator" and len(str(error.value)) < 100


def test_every_operator_of_every_kind_has_words():
    used = {operator for kind in KINDS.values() for operator in kind.operators}
    assert used <= set(OPERATORS) and set(NO_VALUE) <= used


def test_chips_say_it_in_words(world, cast):
    with world.inside():
        assert chip(Contact, "city", "is", "Kiel") == "City is Kiel"
        assert chip(Contact, "city", "empty") == "City is empty"
        assert chip(Contact, "country", "any_of", "DE,AT") == "Country is one of Germany, Austria"
        assert chip(Contact, "country", "any_of", "DE", "de") == "Country is one of Deutschland"
        assert chip(Contact, "company", "is", str(cast.acme)) == "Company is Acme"
        assert chip(Contact, "company", "is", "999999") == "Company is #999999"
        assert chip(Company, "domains", "contains", "acme.example") == "Web domains contains acme.example"
        assert chip(Contract, "minutes", "gte", "90") == "Contract hours is at least 1:30"
        assert chip(Contract, "starts_on", "after", "2026-01-31", "de") == "Start date is after 31.01.2026"
        # What cannot be read stands there as it was typed, and not at any length.
        assert chip(Contact, "country", "is", "Atlantis") == "Country is Atlantis"
        assert chip(Contact, "city", "bogus", "x") == "City bogus x"
        assert len(chip(Contact, "city", "contains", "y" * 100_000)) < 120
