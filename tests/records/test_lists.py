"""Lists: every record once, in order, whatever the page size and the way through them; nothing typed breaks them."""

import base64
import json

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.companies import queries as companies
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.contracts import queries as contracts
from app.fields.settings import fields_of
from app.records import lists, markers
from app.records.actor import SYSTEM
from app.records.write import Withdraw, apply, begin
from tenants import db

LISTS = {"contacts": contacts.LIST, "companies": companies.LIST, "contracts": contracts.LIST}
# Every order in which rows could get lost: ties, empty values, dates, numbers, yes and no, names of other records.
ORDERS = [
    *(f"contacts.{name}" for name in ("last_name", "email", "city", "country", "active", "line_manager_id", "company")),
    *(f"contacts.{name}" for name in ("state", "created_at", "updated_at", "custom-rate", "custom-plan", "custom-vip")),
    *("contacts.custom-since", "companies.users", "companies.kind", "companies.number"),
    *(f"contracts.{name}" for name in ("description", "minutes", "starts_on", "ends_on", "limited")),
    "contracts.support_contact_id",
]


def page(path: str, **query) -> lists.Page:
    """One page of a list, as its address asks for it."""
    list_of = LISTS[path]
    fields = fields_of(list_of.model)
    asked = lists.wanted(MultiDict(query), list_of, fields, 50)
    return lists.read(list_of, asked, fields, select(list_of.model))


def walk(path: str, **query) -> list[int]:
    """All pages forwards, then backwards again; both ways must show the same."""
    forwards, pages, after = [], 0, ""
    while True:
        found = page(path, **query, after=after)
        forwards.append([row.id for row in found.rows])
        pages += 1
        assert pages < 100
        if not found.after:
            break
        after = found.after
    backwards = [forwards[-1]]
    while found.before:
        found = page(path, **query, before=found.before)
        backwards.append([row.id for row in found.rows])
    assert backwards[::-1] == forwards
    return [one for rows in forwards for one in rows]


def everybody(model) -> set[int]:
    return set(db.session.scalars(select(model.id).where(model.withdrawn_at.is_(None))))


@pytest.mark.feature("C013", "C014")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("descending", ["", "-"])
def test_every_record_is_on_one_page_in_every_order(crowd, order, descending):
    path, _dot, name = order.partition(".")
    with crowd.inside():
        for size in (10, 17):
            seen = walk(path, sort=descending + name, size=size)
            assert len(seen) == len(set(seen)) and set(seen) == everybody(LISTS[path].model)


@pytest.mark.feature("C013")
def test_turning_the_order_round_turns_the_list_round(crowd):
    with crowd.inside():
        for order in ORDERS:
            path, _dot, name = order.partition(".")
            assert walk(path, sort=name, size=10) == walk(path, sort=f"-{name}", size=25)[::-1]


def texts(path: str, name: str, **query) -> list:
    """The values of a column, down the whole list."""
    found, after = [], ""
    while True:
        part = page(path, sort=name, columns=name, size=100, after=after, **query)
        found += [row.values[name] for row in part.rows]
        if not part.after:
            return found
        after = part.after


@pytest.mark.feature("C013")
def test_the_order_is_that_of_what_people_read(crowd, cast):
    with crowd.inside():
        countries = [one for one in texts("contacts", "country") if one]
        assert list(dict.fromkeys(countries)) == ["AT", "DE", "CH"]  # Austria, Germany, Switzerland
        assert list(dict.fromkeys(texts("contacts", "company"))) == [None, cast.acme, cast.nordlys, cast.xacme]
        assert list(dict.fromkeys(texts("contacts", "custom-plan"))) == [None, "z", "a"]
        assert list(dict.fromkeys(texts("contracts", "support_contact_id"))) == [cast.adam, cast.ann, cast.sue]
        numbers = [str(one) for one in dict.fromkeys(texts("contacts", "custom-rate"))]
        assert numbers == ["None", "-0.25", "1.50", "100.00"]
        # Accents and case do not part names; what has none comes first.
        names = texts("contacts", "last_name")
        assert names.index("Muller") < names.index("Straße") and abs(names.index("Zoe") - names.index("Zoë")) < 4
        cities = texts("contacts", "city")
        assert cities[0] is None and cities.index("Köln") > cities.index("kiel")


def test_withdrawn_records_are_on_no_page(crowd):
    with crowd.inside():
        gone = set(db.session.scalars(select(Contact.id).where(Contact.withdrawn_at.is_not(None))))
        assert gone and not gone & set(walk("contacts", size=50))


def test_a_record_that_comes_or_goes_between_two_pages_moves_no_other(crowd, cast):
    with crowd.inside():
        first = page("contacts", size=10)
        second = page("contacts", size=10, after=first.after)
        # The last of the first page goes: the second page is the same, since its place was a name and not a number.
        savepoint = db.session.begin_nested()
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Contact, first.rows[-1].id)])
        again = page("contacts", size=10, after=first.after)
        assert [row.id for row in again.rows] == [row.id for row in second.rows]
        savepoint.rollback()


@pytest.mark.parametrize("sort", ["last_name", "-country", "created_at", "custom-rate"])
def test_a_marker_of_another_order_list_or_organization_is_none(crowd, sort):
    with crowd.inside():
        marker = page("contacts", sort=sort, size=10).after
        for wrong in (
            {"sort": "first_name", "after": marker},
            {"sort": sort.removeprefix("-") if sort.startswith("-") else f"-{sort}", "after": marker},
        ):
            with pytest.raises(markers.BadMarker):
                page("contacts", size=10, **wrong)
        with pytest.raises(markers.BadMarker):
            page("companies", after=marker)
    with crowd.inside("summit"), pytest.raises(markers.BadMarker):
        page("contacts", sort="last_name", after=marker)


def test_a_marker_that_was_tampered_with_is_none(crowd):
    with crowd.inside():
        marker = page("contacts", size=10).after
        other = base64.urlsafe_b64encode(json.dumps(["a", 1]).encode()).decode()
        for wrong in (
            other,
            marker[:-1],
            marker + "A",
            marker.swapcase(),
            "\0",
            "x",
            "%00",
            "é",
            "²",
            "A" * 5000,
            "null",
        ):
            for query in ({"after": wrong}, {"before": wrong}, {"q": "p", "after": wrong}, {"q": "p", "before": wrong}):
                with pytest.raises(markers.BadMarker):
                    page("contacts", **query)


@pytest.mark.feature("C014")
def test_sizes_lie_between_ten_and_a_hundred(crowd):
    with crowd.inside():
        for asked, given in (("10", 10), ("25", 25), ("1", 10), ("1000", 100), ("-3", 10), ("x", 50), ("9" * 30, 100)):
            found = page("contacts", size=asked)
            assert len(found.rows) == min(given, found.count)


def test_the_count_is_capped(crowd, monkeypatch):
    with crowd.inside():
        total = len(everybody(Contact))
        found = page("contacts")
        assert (found.count, found.capped) == (total, False)
        monkeypatch.setattr(lists, "COUNT_CAP", 51)
        found = page("contacts")
        assert (found.count, found.capped) == (50, True)
        monkeypatch.setattr(lists, "COUNT_CAP", total)
        assert (page("contacts").count, page("contacts").capped) == (total - 1, True)


def test_too_many_rows_are_only_sorted_by_what_has_an_index(crowd, monkeypatch):
    monkeypatch.setattr(lists, "COUNT_CAP", 20)
    monkeypatch.setattr(lists, "SORT_CAP", 30)
    with crowd.inside():
        found = page("contacts", sort="city")
        assert "City can only be sorted within 50,000 records" in found.note
        assert [row.id for row in found.rows] == [row.id for row in page("contacts", sort="last_name").rows]
        assert page("contacts", sort="email").note == "" and page("contacts", sort="-created_at").note == ""
        assert page("contacts", sort="city", **{"city.is": "Köln"}).note == ""


def test_the_number_of_statements_is_that_of_a_short_list(crowd, statements):
    with crowd.inside():
        page("contacts", size=10)
        counts = set()
        for query in ({"size": 10}, {"size": 100}, {"size": 100, "sort": "company"}, {"size": 10, "city.is": "Kiel"}):
            with statements() as sent:
                page("contacts", **query)
            counts.add(len(sent))
        assert counts == {2}
        with statements() as sent:
            page("contacts", q="p", size=100)
        assert len(sent) <= 3


# --- what an address asks for ---------------------------------------------------------------------------------------


def asked(path: str, query) -> lists.Wanted:
    fields = fields_of(LISTS[path].model)
    return lists.wanted(MultiDict(query), LISTS[path], fields, 50)


def test_what_does_not_exist_is_left_out_and_said(crowd):
    with crowd.inside():
        query = {"columns": "city,nope,id,city,search_text", "sort": "nope", "nope.is": "x", "f.gone": "y"}
        found = asked("contacts", query)
        assert (found.columns, found.sort, found.filters) == (["city"], "last_name", [])
        assert found.problems == [
            "There is no column “nope”.",
            "There is no column “id”.",
            "There is no column “search_text”.",
            "This list cannot be sorted by “nope”.",
            "There is no filter “nope.is”.",
            "There is no filter “f.gone”.",
        ]


def test_columns_are_those_of_the_address_or_the_usual_ones(crowd):
    with crowd.inside():
        fields = fields_of(Contact)
        usual = ["last_name", "gone", "city", "created_at"]
        found = lists.wanted(MultiDict({}), contacts.LIST, fields, 50, usual)
        assert found.columns == ["last_name", "city", "created_at"]
        named = lists.wanted(MultiDict({"columns": "email"}), contacts.LIST, fields, 50, usual)
        assert named.columns == ["email"]
        unknown = lists.wanted(MultiDict({"columns": "gone"}), contacts.LIST, fields, 50, usual)
        assert unknown.columns == ["last_name", "city", "created_at"]


def test_filters_come_by_address_and_by_form(crowd):
    with crowd.inside():
        query = MultiDict(
            [
                *(("city.is", "Kiel"), ("country", "DE"), ("f.phone", "030"), ("op.phone", "starts"), ("f.notes", " ")),
                *(("op.notes", "contains"), ("f.state", ""), ("op.state", "empty"), ("email.contains", "a")),
                ("email.contains", "b"),
            ]
        )
        found = asked("contacts", query)
        assert sorted(found.filters) == [
            ("city", "is", "Kiel"),
            ("country", "any_of", "DE"),
            ("email", "contains", "a"),
            ("email", "contains", "b"),
            ("phone", "starts", "030"),
            ("state", "empty", ""),
        ]
        assert found.problems == []
        many = asked("contacts", MultiDict([("city.contains", str(n)) for n in range(50)]))
        assert len(many.filters) == 20 and many.problems == ["At most 20 filters can be combined."]


def test_a_filter_that_cannot_be_read_is_said_and_the_others_count(crowd):
    with crowd.inside():
        fields = fields_of(Contact)
        wanted = asked("contacts", {"city.is": "Kiel", "country.is": "Atlantis", "city.bogus": "x"})
        found = lists.read(contacts.LIST, wanted, fields, select(Contact))
        assert 0 < found.count < len(everybody(Contact))
        assert len(wanted.problems) == 2 and all(one.startswith(("Country: ", "City: ")) for one in wanted.problems)


NASTY = ["\0", "a\0b", "\x01", "\ud800", "\u200b", "%", "_", "\\", "'", '"', "²", "NaN", "x" * 100_000, "9" * 400]
NASTY += ["-infinity", "1e400", "{}", "[]", "null", ",", ",,,", "a,", "2026-02-30", "\u202e", "😀"]


@pytest.mark.threat("T-069")
@pytest.mark.parametrize("path", LISTS)
def test_nothing_typed_breaks_a_list(crowd, path):
    with crowd.inside():
        fields = fields_of(LISTS[path].model)
        names = [f"{entry.name}.{operator}" for entry in fields for operator in entry.kind.operators]
        for typed in NASTY:
            for start in range(0, len(names), lists.MOST_FILTERS):
                page(path, **dict.fromkeys(names[start : start + lists.MOST_FILTERS], typed))
            page(path, q=typed)
            page(path, **{"columns": typed, "sort": typed, "size": typed, f"{typed}.is": typed, f"f.{typed}": "x"})
            assert page(path).count > 0
