"""What the portal's tests share."""

import pytest

from app.fields.models import CustomField
from app.records.actor import SYSTEM
from app.settings import custom, fields
from tenants import db


@pytest.fixture
def say(inside):
    """`say("contact", "phone", portal="")`: let the organization say something about a field."""

    def say(noun: str, name: str, slug: str = "harbor", **values):
        with inside(slug):
            fields.change(noun, name, values, actor=SYSTEM)

    return say


@pytest.fixture
def own_field(inside):
    """`own_field("contact", "text", "Locker", portal="edit")`: a field of the organization's own; returns its name."""

    def make(noun: str, kind: str, label: str, slug: str = "harbor", **values) -> str:
        with inside(slug):
            name, _operation = custom.create(noun, kind, {"label": label, **values}, actor=SYSTEM)
            assert db.session.query(CustomField).filter_by(label=label).count() == 1
            return name

    return make
