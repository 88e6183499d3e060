"""An organization's own labels and fields: the same objects as the given ones, and nobody else's."""

import threading

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields import settings
from app.fields.models import CustomField, FieldSetting
from app.fields.settings import fields_of, settings_changed
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db


def given(noun: str, field: str, **values) -> int:
    return create(FieldSetting, {"of_noun": noun, "field": field, **values}, actor=SYSTEM)


def own(noun: str, key: str, kind: str = "text", **values) -> int:
    return create(
        CustomField, {"of_noun": noun, "key": key, "kind": kind, "label": key.title(), **values}, actor=SYSTEM
    )


def labels(world, slug: str = "harbor", model=Contact) -> dict[str, str]:
    with world.inside(slug):
        return {entry.name: str(entry.label) for entry in fields_of(model)}


def test_labels_order_help_and_need_are_laid_over_the_given_fields(world):
    with world.inside():
        given("contact", "phone", label="Switchboard", help="With extension", required=True, section="Main", position=1)
        settings_changed()
    with world.inside():
        first = next(iter(fields_of(Contact)))
        assert (first.name, first.label, first.help, first.required) == ("phone", "Switchboard", "With extension", True)
        assert first.section == "Main"
    assert labels(world, "summit")["phone"] == "Phone"
    assert labels(world, model=Company)["phone"] == "Phone"


def test_what_a_record_cannot_do_without_stays_needed_and_in_sight(world):
    with world.inside():
        given("contact", "email", required=False, hidden=True)
        given("contact", "phone", hidden=True)
        settings_changed()
    with world.inside():
        fields = fields_of(Contact)
        assert fields["email"].required and not fields["email"].hidden
        assert fields["phone"].hidden

        class Desk:
            surface = "staff"

        assert "phone" not in fields_of(Contact, Desk()) and "email" in fields_of(Contact, Desk())


def test_custom_fields_stand_behind_the_given_ones_or_where_they_were_put(world):
    with world.inside():
        own("contact", "badge")
        own("contact", "early", position=5)
        own("company", "tier")
        settings_changed()
    names = list(labels(world))
    assert names[0] == "custom-early" and names[-1] == "custom-badge" and "custom-tier" not in names
    assert "custom-badge" not in labels(world, "summit")


def test_archived_withdrawn_and_unreadable_ones_are_left_out(world):
    with world.inside():
        archived = own("contact", "archived")
        own("contact", "broken", "choice", options={})
        own("contact", "unknown", "hologram")
        own("contact", "fine")
        db.session.get(CustomField, archived).archived_at = db.func.now()
        settings_changed()
    assert [name for name in labels(world) if name.startswith("custom-")] == ["custom-fine"]


def test_a_change_is_seen_by_the_next_request_and_not_before_it_is_certain(world):
    before = labels(world)
    with pytest.raises(ZeroDivisionError), world.inside():
        given("contact", "phone", label="Never")
        settings_changed()
        assert fields_of(Contact)["phone"].label == "Never"
        raise ZeroDivisionError
    assert labels(world) == before
    with world.inside():
        given("contact", "phone", label="Now")
        settings_changed()
    assert labels(world)["phone"] == "Now"


def test_settings_are_read_once_for_each_version(world, statements):
    with world.inside():
        fields_of(Contact)
    with world.inside(), statements() as sent:
        fields_of(Contact)
        fields_of(Contact)
    assert len([text for text in sent.texts if "field_version" in text]) == 1
    assert not [text for text in sent.texts if "field_setting" in text or "custom_field" in text]


def test_only_so_many_are_remembered(world, monkeypatch):
    monkeypatch.setattr(settings, "KEPT", 2)
    settings.forget()
    for slug in ("harbor", "summit", "harbor"):
        for model in (Contact, Company):
            assert labels(world, slug, model)
    assert len(settings._cache) == 2


def test_many_threads_read_the_same(world):
    with world.inside():
        given("contact", "phone", label="Both")
        settings_changed()
    settings.forget()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(labels(world)["phone"])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["Both"] * 6


def test_a_label_is_changed_like_any_record(world):
    with world.inside():
        made = given("contact", "phone", label="One")
        settings_changed()
    with world.inside():
        update(db.session.get(FieldSetting, made), {"label": "Two"}, actor=SYSTEM)
        settings_changed()
    assert labels(world)["phone"] == "Two"
