"""Filtered lists: the same records by whichever way they are found, few of them or more than are counted."""

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.records import lists
from tenants import db

from .test_lists import page, walk

FILTERS = (
    {"city.is": "kiel"},
    {"city.is": "Kiel", "country.is_not": "DE"},
    {"city.starts": "k", "active.is": "yes"},
    {"custom-plan.is": "Alpha"},
    {"company.not_empty": "", "city.empty": ""},
    {"email.starts": "p1", "phone.contains": "030"},
)


@pytest.mark.feature("C013")
@pytest.mark.parametrize("query", FILTERS, ids=lambda query: " ".join(query))
def test_few_and_many_are_found_alike_in_every_order(crowd, monkeypatch, query):
    for sort in ("last_name", "-email", "city", "-updated_at"):
        with crowd.inside():
            monkeypatch.setattr(lists, "COUNT_CAP", 1001)
            few = walk("contacts", sort=sort, size=10, **query)
            assert page("contacts", **query).count == len(few) > 3
            monkeypatch.setattr(lists, "COUNT_CAP", 3)
            assert walk("contacts", sort=sort, size=10, **query) == few
            assert page("contacts", **query).capped


def test_a_filter_leaves_what_has_the_value(crowd):
    with crowd.inside():
        live = Contact.withdrawn_at.is_(None)
        known = set(db.session.scalars(select(Contact.id).where(live, Contact.city.in_(("Kiel", "kiel")))))
        assert set(walk("contacts", **{"city.is": "KIEL"})) == known


def test_a_filter_that_leaves_nothing_asks_no_further(crowd, statements):
    with crowd.inside():
        page("contacts")
        with statements() as sent:
            found = page("contacts", **{"city.is": "Nowhere"})
        assert (found.rows, found.count, len(sent)) == ([], 0, 1)
