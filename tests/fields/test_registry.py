"""The registry: what the models declare is what every consumer reads, in order, and for whom."""

from types import SimpleNamespace

import pytest

from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.fields.record import Record
from app.fields.registry import FieldSet, declared_fields, model_of, opened, widest

STAFF, PORTAL = SimpleNamespace(surface="staff"), SimpleNamespace(surface="portal")


def of(model) -> FieldSet:
    return FieldSet(model, declared_fields(model))


def test_fields_stand_in_the_order_of_the_model_and_related_ones_at_their_place():
    names = [entry.name for entry in of(Contact)]
    assert names[:7] == ["full_name", "title", "first_name", "middle_name", "last_name", "suffix", "user_name"]
    assert names.index("company") == names.index("email") + 2
    assert names[names.index("job_title") :][:4] == ["job_title", "groups", "primary_group", "department"]
    assert [entry.position for entry in of(Contact)] == [10 * n for n in range(1, len(names) + 1)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("model", [Company, Contact, Contract])
def test_every_field_says_what_it_is(model):
    for entry in of(model):
        assert str(entry.label) and entry.noun == model.noun and entry.kind.name
        assert (entry.column is None) is bool(entry.related)
        assert not (entry.fixed and entry.editable_by(STAFF)), entry.name
        if entry.within:
            assert entry.within in of(model)


def test_what_the_portal_sees_and_changes():
    seen = {entry.name for entry in of(Contact).for_viewer(PORTAL)}
    assert {"first_name", "phone", "company"} <= seen and not {"notes", "customer_id", "active"} & seen
    changed = {entry.name for entry in of(Contact).editable(PORTAL)}
    assert {"first_name", "phone"} <= changed < seen and not {"email", "user_name", "company"} & changed
    # The desk sees all but what is hidden until somebody wants it.
    hidden = {entry.name for entry in of(Contact)} - {entry.name for entry in of(Contact).for_viewer(STAFF)}
    assert "employee_id" in hidden and not {"first_name", "notes", "sla_level"} & hidden
    assert "notes" not in of(Company).for_viewer(PORTAL) and not list(of(Company).editable(PORTAL))


def test_nobody_opens_more_to_the_portal_than_the_model_allows():
    assert widest(Contact, of(Contact)["phone"]) == "edit"
    assert widest(Contact, of(Contact)["company"]) == "view" == opened(Contact, of(Contact)["company"], "edit")
    assert opened(Contact, of(Contact)["notes"], "edit") == "" == opened(Contact, of(Contact)["phone"], "")
    assert widest(Company, of(Company)["phone"]) == "view"


def test_what_is_not_edited_in_place():
    readonly = {entry.name for entry in of(Company) if not entry.editable_by(STAFF)}
    assert readonly == {"number", "name", "users", "groups", "kind", "external_system", "external_id"}
    assert {entry.name for entry in of(Contract) if not entry.editable_by(STAFF)} == {"company_id"}
    told = {entry.name for entry in of(Contact).for_viewer(STAFF) if not entry.editable_by(STAFF)}
    assert told == {"groups", "primary_group", "source", "signed_in_at", "signed_in_from"}


def test_sections_keep_the_order_of_their_first_field():
    sections = of(Contact).sections()
    assert list(sections)[:4] == ["", "Work", "Service", "Phones"]
    assert [entry.name for entry in sections["Phones"]][:2] == ["phone", "mobile"]
    assert sum(len(entries) for entries in sections.values()) == len(of(Contact))


def test_a_noun_leads_to_its_model():
    assert model_of("contact") is Contact and model_of("membership") is Membership
    for wrong in ("", "nobody", "Contact"):
        with pytest.raises(LookupError):
            model_of(wrong)
    nouns = [model.noun for model in Record.__subclasses__()]
    assert all(nouns) and len(set(nouns)) == len(nouns)


def test_a_set_is_asked_by_name():
    fields = of(Contact)
    assert "phone" in fields and "nope" not in fields and fields.get("nope") is None
    with pytest.raises(KeyError):
        fields["nope"]
    few = fields.only(lambda entry: entry.listed)
    assert len(few) < len(fields) and few.model is Contact
