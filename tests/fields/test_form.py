"""Reading forms: values by kind, every error at once, and references that may be chosen here."""

import pytest
from werkzeug.datastructures import MultiDict

from app.contacts import actions
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all, read_one, typed_text
from app.fields.models import CustomField
from app.fields.settings import fields_of, settings_changed
from app.records.actor import SYSTEM
from app.records.write import create


def one(model, name: str, value=None, record=None, **more):
    form = MultiDict({} if value is None else {"value": value}) | MultiDict(more)
    return read_one(fields_of(model)[name], form, "value", record)


def refused(model, name: str, value=None, record=None, **more) -> str:
    with pytest.raises(FieldError) as error:
        one(model, name, value, record, **more)
    return error.value.code


def test_an_absent_tick_is_a_no_and_absent_text_is_nothing(shared_world):
    with shared_world.inside():
        assert one(Contact, "active") is False and one(Contact, "active", "1") is True
        assert one(Contact, "active", "0") is False
        assert one(Contact, "city") is None and one(Contact, "city", "  ") is None
        assert refused(Contact, "last_name") == "required"


def test_a_region_is_read_by_the_country_of_the_record(shared_world):
    with shared_world.inside():
        assert one(Contact, "state", "by", {"country": "DE"}) == "Bayern"
        assert refused(Contact, "state", "Kent", {"country": "DE"}) == "unknown"
        assert one(Contact, "state", "Kent", {"country": "GB"}) == "Kent"
        assert one(Contact, "state", "Anything", {"country": None}) == "Anything"
        assert one(Contact, "state", "Anything") == "Anything"


@pytest.mark.feature("L042", "L044")
def test_a_form_reads_the_country_before_the_region_wherever_they_stand(shared_world):
    with shared_world.inside():
        fields = fields_of(Contact)
        read = read_all([fields["state"], fields["country"]], MultiDict({"state": "by", "country": "Germany"}))
        assert list(read.items()) == [("state", "Bayern"), ("country", "DE")]
        with pytest.raises(FieldErrors) as wrong:
            read_all([fields["state"], fields["country"]], MultiDict({"state": "Kent", "country": "DE"}))
        assert set(wrong.value.errors) == {"state"}


@pytest.mark.threat("T-003")
def test_a_reference_is_one_that_may_be_chosen_here(shared_world, cast):
    at_acme = {"company_id": cast.acme, "company": cast.acme}
    with shared_world.inside():
        assert one(Contract, "customer_contact_id", str(cast.ina), at_acme) == cast.ina
        assert one(Contact, "department", str(cast.acme_support), at_acme) == cast.acme_support
        assert refused(Contract, "customer_contact_id", str(cast.xena), at_acme) == "unknown"
        assert refused(Contact, "department", str(cast.nordlys_office), at_acme) == "unknown"
        for wrong in ("999999", "0", "-1", "9" * 30, "Acme", "\0"):
            assert refused(Contact, "company", wrong) in ("unknown", "format", "control")
        # A department is one of a company: without that there is nothing to choose from.
        for company in ({}, {"company": None}):
            assert refused(Contact, "department", str(cast.acme_support), company) == "unknown"
            assert one(Contact, "department", "", company) is None


def test_without_scripts_a_reference_is_chosen_by_its_name(shared_world, cast):
    at_acme = {"company_id": cast.acme}
    with shared_world.inside():
        for typed in ("Acme", "acme", "ÁCME", " Acme "):
            assert one(Contact, "company", value_text=typed) == cast.acme
        assert one(Contract, "customer_contact_id", record=at_acme, value_text="otto lind") == cast.otto
        assert refused(Contract, "customer_contact_id", record=at_acme, value_text="Xena Holm") == "unknown"
        assert refused(Contact, "company", value_text="Nobody") == "unknown"
        assert refused(Contact, "company", value_text="\0") == "unknown"
        # A number that was chosen counts more than a name beside it.
        assert one(Contact, "company", str(cast.xacme), value_text="Acme") == cast.xacme


def test_a_name_that_several_bear_is_refused(world, cast):
    with world.inside():
        twin = {"first_name": "Ina", "last_name": "Berg", "user_name": "twin", "email": "twin@acme.example"}
        create(Contact, twin, actor=SYSTEM)
        assert refused(Contact, "line_manager_id", value_text="Ina Berg") == "several"


def test_several_choices_are_ticked(world):
    with world.inside():
        choices = {"choices": [["gold", "Gold"], ["a, b", "A and B"], ["c", "C"]]}
        values = {"of_noun": "contact", "key": "plans", "kind": "choices", "label": "Plans", "options": choices}
        create(CustomField, values, actor=SYSTEM)
        settings_changed()
        assert one(Contact, "custom-plans", ["c", "a, b"]) == ["a, b", "c"]
        assert one(Contact, "custom-plans") is None
        assert refused(Contact, "custom-plans", "bronze") == "unknown"


def test_every_error_comes_at_once_with_what_was_typed(shared_world):
    class Desk:
        surface = "staff"

    form = {"first_name": "", "last_name": "B", "email": "nonsense", "country": "Atlantis", "company_text": "Nowhere"}
    with shared_world.inside():
        with pytest.raises(FieldErrors) as wrong:
            read_all(actions.new_fields(Desk()), MultiDict(form))
        assert set(wrong.value.errors) == {"first_name", "email", "country", "company"}
        typed = wrong.value.typed
        assert (typed["last_name"], typed["email"], typed["company"], typed["active"]) == (
            "B",
            "nonsense",
            "Nowhere",
            "",
        )


def test_typed_text_keeps_every_tick(shared_world):
    with shared_world.inside():
        fields = fields_of(Contact)
        form = MultiDict({"active": "1", "company_text": "Acme", "city": "Kiel"})
        names = [fields[name] for name in ("active", "company", "city", "phone")]
        assert typed_text(names, form) == {"active": "1", "company": "Acme", "city": "Kiel", "phone": ""}
