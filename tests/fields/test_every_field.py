"""Every field of every noun, and on each noun a custom field of every kind, through everything that handles values.

A new field on a model is walked through without a word here, as long as its kind is one of those below.
"""

from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.companies import queries as companies
from app.contacts import queries as contacts
from app.contracts import queries as contracts
from app.fields import references
from app.fields.errors import FieldError
from app.fields.filter import OPERATORS, describe
from app.fields.form import read_one
from app.fields.kinds import KINDS, Reference
from app.fields.models import CustomField, FieldSetting
from app.fields.registry import Field, declared_fields
from app.fields.settings import fields_of, settings_changed
from app.fields.sheet import plain_json_expression
from app.groups.models import Group, GroupMember
from app.records import lists, read
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db
from tests import world as worlds
from tests.fields.typed import ADDRESSES, OPTIONS, SPECIAL, TYPED
from tests.web.screens import Element, screen

NOUNS: dict[str, ModuleType] = {"companies": companies, "contacts": contacts, "contracts": contracts}
# What has no control in the form for a new record, and why.
NOT_IN_FORM = {
    "companies.number": "given by the desk",
    "companies.users": "counted",
    "companies.groups": "changed beside it",
    "contacts.groups": "changed beside it",
    "contacts.primary_group": "changed beside it",
    "contacts.department": "chosen within a company",
    "contacts.send_to": "there is one address only",
    "contacts.source": "told by the journal",
    "contacts.signed_in_at": "told by the account",
    "contacts.signed_in_from": "told by the account",
    "contracts.company_id": "chosen on the page before",
}
# What is not edited in place: the first are not typed at all, the others only once or on a page of their own.
NOT_IN_PLACE = {"companies.number", "companies.users", "companies.groups", "contacts.groups", "contacts.primary_group"}
NOT_IN_PLACE |= {"companies.name", "contracts.company_id"}
NOT_IN_PLACE |= {"companies.kind", "companies.external_system", "companies.external_id"}
NOT_IN_PLACE |= {"contacts.source", "contacts.signed_in_at", "contacts.signed_in_from"}
# The history tells of its parts.
IN_PARTS = {"contacts.full_name"}
# What must stand in another field before.
FIRST = {"state": "country", "custom-region": "country", "department": "company", "send_to": "addresses"}


GIVEN = [f"{path}.{one.name}" for path, noun in NOUNS.items() for one in declared_fields(noun.LIST.model)]
# Custom fields: one of each kind on one noun or another, and on the other nouns when it is asked for.
CUSTOM = [
    pytest.param(f"{path}.custom-{kind}", marks=[] if (n - m) % len(NOUNS) == 0 else pytest.mark.thorough)
    for m, path in enumerate(NOUNS)
    for n, kind in enumerate(KINDS)
]
EVERY = pytest.mark.parametrize("case", [*GIVEN, *CUSTOM], indirect=True)
EDITABLE = pytest.mark.parametrize("case", [*(one for one in GIVEN if one not in NOT_IN_PLACE), *CUSTOM], indirect=True)


@dataclass
class Case:
    """A field with the record it is tried on."""

    path: str
    name: str
    record: int
    world: worlds.World
    cast: Any
    pages: dict[str, Element]
    people: dict[str, worlds.Client]

    def __post_init__(self):
        self.list_of = NOUNS[self.path].LIST
        self.model = self.list_of.model
        self.address = f"/{self.path}/{self.record}"
        self.cell_id = f"{self.model.noun}-{self.record}-{self.name}"
        with self.world.inside():
            self.entry: Field = fields_of(self.model)[self.name]
        self.kind = self.entry.kind
        self.label = str(self.entry.label)

    @property
    def typed(self) -> tuple[Any, Any, str | None]:
        """What is typed first, what is typed over it, and what cannot be read."""
        return typed_in(self.path, self.entry, self.cast)

    def read(self, typed: Any) -> Any:
        """The value of what was typed, as a form reads it."""
        with self.world.inside():
            return value_of(self.entry, typed, self.cast)

    def shown(self, value: Any) -> str:
        """How people read a value."""
        if value is None:
            return ""
        with self.world.inside():
            if isinstance(self.kind, Reference):
                return references.titles(self.kind.noun, [value])[value]
            return " ".join(self.kind.format(value, "en").split())

    def value(self) -> Any:
        """What the record has now; in order, where the entries are rows."""
        with self.world.inside():
            found = read.load(self.model, self.record, db.select(self.model), fields_of(self.model)).values[self.name]
        return sorted(found) if self.kind.name == "several" and found else found

    def version(self) -> int:
        """How often the record was written."""
        with self.world.inside():
            return db.session.get(self.model, self.record).version

    def expected(self, typed: Any) -> Any:
        """What the record has after this was typed."""
        found = self.read(typed)
        return sorted(found) if self.kind.name == "several" and found else found

    def edit(self, person: str = "ann") -> Element:
        return screen(self.people[person].fragment(f"{self.address}/fields/{self.name}/edit"))

    def save(self, person: str, typed: Any, version: str, status: int = 200) -> Element:
        data = {"value": typed, "v": version}
        answer = self.people[person].fragment(f"{self.address}/fields/{self.name}", method="POST", data=data)
        return screen(answer, status).one(id=self.cell_id)

    def find(self, query: dict[str, str]) -> tuple[list[int], list[str]]:
        """The records of the list at this address, and what it complains about."""
        with self.world.inside():
            fields = fields_of(self.model)
            asked = lists.wanted(MultiDict(query), self.list_of, fields, 50)
            found = lists.read(self.list_of, asked, fields, db.select(self.model))
            return [row.id for row in found.rows], asked.problems


def typed_in(path: str, entry: Field, cast) -> tuple[Any, Any, str | None]:
    """The three texts for a field."""
    if isinstance(entry.kind, Reference):
        one, other = {
            "staff": (cast.adam, cast.ann),
            "company": (cast.nordlys, cast.xacme),
            "partner": (cast.nordlys, cast.xacme),
            "contact": (cast.ben, cast.dora),
            "department": (cast.acme_purchasing, cast.acme_support),
        }[entry.kind.noun]
        return str(one), str(other), "999999"
    if entry.kind.name == "choice":
        values = [value for value, _label in entry.kind.choices]
        return values[-1], values[0], "nothing of the kind"
    return SPECIAL.get(f"{path}.{entry.name}", TYPED[entry.kind.name])


def value_of(entry: Field, typed: Any, cast) -> Any:
    """What a form reads from a typed text."""
    form = MultiDict([("value", one) for one in typed] if isinstance(typed, list) else [("value", typed)])
    record = {"country": "DE", "company": cast.acme, "company_id": cast.acme, "addresses": ADDRESSES.split()}
    return read_one(entry, form, "value", record)


@pytest.fixture(scope="module")
def walked(app, cluster, template):
    """A world of this module: each noun has a custom field of every kind, and one record of each has all values.

    With it the pages that show them, as they were at first.
    """
    keys, cast, _roles = template
    name = cluster.clone()
    world = worlds.World(app, cluster, name, cast, dict(keys))
    records = {"companies": cast.acme, "contacts": cast.otto, "contracts": cast.acme_support_hours}
    with worlds.using(app, cluster.url(name)):
        with world.inside():
            for noun, model in ((module.LIST.model.noun, module.LIST.model) for module in NOUNS.values()):
                for entry in declared_fields(model):
                    if entry.hidden:
                        create(FieldSetting, {"of_noun": noun, "field": entry.name, "hidden": False}, actor=SYSTEM)
            for noun in (module.LIST.model.noun for module in NOUNS.values()):
                for place, kind in enumerate(KINDS, 500):
                    values = {"of_noun": noun, "key": kind, "kind": kind, "label": f"Own {kind}", "position": place}
                    # A contract has no country that its regions could be of.
                    options = {} if (noun, kind) == ("contract", "region") else OPTIONS.get(kind, {})
                    create(CustomField, values | {"options": options}, actor=SYSTEM)
            settings_changed()
        with world.inside():
            for path, record in records.items():
                model = NOUNS[path].LIST.model
                left = {*NOT_IN_PLACE, f"{path}.company"}
                fields = [one for one in fields_of(model) if f"{path}.{one.name}" not in left]
                values = {one.name: value_of(one, typed_in(path, one, cast)[0], cast) for one in fields}
                if "country" in values:
                    values["country"] = "DE"
                update(db.session.get(model, record), values, actor=SYSTEM)
            group = create(Group, {"name": "Walked"}, actor=SYSTEM)
            for member in ({"contact_id": cast.otto, "is_primary": True}, {"company_id": cast.acme}):
                create(GroupMember, {"group_id": group, **member}, actor=SYSTEM)
        people = {name: world.staff(name) for name in ("ann", "sue")}
        ann, pages = people["ann"], {}
        for path, record in records.items():
            with world.inside():
                names = ",".join(entry.name for entry in fields_of(NOUNS[path].LIST.model))
            company = f"?company={cast.acme}" if path == "contracts" else ""
            pages[path] = {
                "new": screen(ann.get(f"/{path}/new{company}")),
                "show": screen(ann.get(f"/{path}/{record}")),
                "list": screen(ann.get(f"/{path}?columns={names}")),
            }
        yield world, records, pages, people
    cluster.drop(name)


@pytest.fixture
def case(request, walked, cast):
    """One field, in the world of this module."""
    world, records, pages, people = walked
    path, _dot, name = request.param.partition(".")
    if name in FIRST and (path, name) != ("contracts", "custom-region"):
        needed = Case(path, FIRST[name], records[path], world, cast, pages[path], people)
        needed.save("ann", {"country": "DE", "company": str(cast.acme), "addresses": ADDRESSES}[FIRST[name]], "")
    return Case(path, name, records[path], world, cast, pages[path], people)


@EVERY
def test_the_form_for_a_new_record_asks_for_it(case):
    form = case.pages["new"].one("form", id="form")
    controls = [control for control in form.all() if control.get("name")]
    names = {control.get("data-name") or control["name"] for control in controls}
    wanted = f"{case.path}.{case.name}" not in NOT_IN_FORM
    assert (case.name in names) is wanted
    if wanted and case.kind.input != "checkboxes":
        label = form.one("label", for_=f"form-{case.name}")
        assert case.label in label.text
        needed = case.entry.required and case.name not in ("user_name", "full_name") and case.kind.input != "checkbox"
        assert ("needed" in label.text) is needed


@EVERY
def test_the_record_shows_it_with_its_label(case):
    fact = next(one for one in case.pages["show"].all("div", cls="fact") if one.all("dd", id=case.cell_id))
    assert fact.one("dt").text == case.label
    edits = [one for one in fact.all("a") if "data-edit" in one.attributes]
    assert bool(edits) is (f"{case.path}.{case.name}" not in NOT_IN_PLACE)
    shown = fact.one("dd").text
    empty = case.kind.name in ("reference", "choice", "yes_no") or f"{case.path}.{case.name}" in NOT_IN_PLACE
    assert shown not in ("", "–") or empty or case.name == "address"


@EVERY
def test_lists_show_it_as_a_column(case):
    head = case.pages["list"].one("th", id=f"{case.path}-list-{case.name}")
    assert case.label in head.text and bool(head.all("a", cls="sort")) is case.kind.sort
    fact = case.pages["show"].one("dd", id=case.cell_id)
    cell = case.pages["list"].one("td", id=case.cell_id)
    initials = "".join(one.text for one in cell.all("svg", cls="portrait"))
    assert cell.text.removeprefix(initials).strip() == fact.text


@EVERY
def test_lists_are_sorted_by_it(case):
    up, complaints = case.find({"sort": case.name})
    down, _complaints = case.find({"sort": f"-{case.name}"})
    assert case.record in up and len(set(up)) == len(up)
    if case.kind.sort:
        assert up == down[::-1] and complaints == []
    else:
        assert up == down and complaints == [f"This list cannot be sorted by “{case.name}”."]


@EVERY
def test_lists_are_filtered_by_it(case):
    value = case.value()
    for operator in case.kind.operators:
        typed = _filter_text(case, operator, value)
        if value is None and operator not in ("empty", "not_empty"):
            continue
        found, complaints = case.find({f"{case.name}.{operator}": typed})
        left_out = operator in ("is_not", "none_of", "empty", "lt", "gt", "before", "after")
        left_out |= operator == "last_days" and f"{value:%Y-%m-%d}" > date.today().isoformat()
        left_out = not left_out if value is None else left_out
        assert complaints == []
        assert (case.record in found) is not left_out, f"{operator} {typed!r}"
        with case.world.inside():
            said = describe(case.entry, operator, typed, "en")
        assert said.startswith(f"{case.label} {OPERATORS[operator]}")
        if operator in ("is", "any_of"):
            assert " ".join(said.split()).endswith(case.shown(value))


def _filter_text(case: Case, operator: str, value: Any) -> str:
    plain = case.kind.plain(value)
    if operator in ("empty", "not_empty"):
        return ""
    if operator == "last_days":
        return "36500"
    if operator == "starts":
        return plain[:3]
    return plain.partition("," if case.kind.name == "several" else "\n")[0] if operator == "contains" else plain


@EDITABLE
def test_it_is_edited_where_it_stands(case):
    typed = case.typed[1] if case.value() != case.expected(case.typed[1]) else case.typed[0]
    cell = case.save("ann", typed, case.edit().value("v"))
    assert case.value() == case.expected(typed)
    assert case.shown(case.value()) in cell.text
    # The form shows what was saved, so that saving it as it stands changes nothing.
    form = case.edit()
    box = [one for one in form.all("input") if "data-combobox" in one.attributes]
    as_it_stands = box[0]["data-value"] if box else form.values().get("value", "")
    assert case.save("ann", as_it_stands, form.value("v")).text == cell.text
    assert str(case.version()) == form.value("v")


@EDITABLE
def test_what_cannot_be_read_is_answered_with_what_was_typed(case):
    wrong = case.typed[2]
    if wrong is None:
        return
    before = case.value()
    form = case.save("ann", wrong, "", status=422).one("form")
    invalid = [one for one in form.all() if one.get("aria-invalid") == "true"]
    error = form.one("p", cls="field-error")
    assert error.text and error["id"] in invalid[0]["aria-describedby"].split()
    assert case.value() == before
    if case.kind.input == "combobox":
        box = next(one for one in form.all("input") if "data-combobox" in one.attributes)
        assert wrong in (box["value"], box["data-value"])
    elif case.kind.input != "checkboxes":
        assert form.value("value") == wrong


@EDITABLE
def test_two_people_see_each_other_and_the_history_takes_it_back(case):
    version = case.edit().value("v")
    mine = case.typed[0] if case.value() != case.expected(case.typed[0]) else case.typed[1]
    theirs = next(one for one in case.typed[:2] if one != mine)
    # Sue changes it twice, so that it certainly was changed since Ann opened it.
    case.save("sue", mine, version)
    case.save("sue", theirs, "")
    form = case.save("ann", mine, version, status=409).one("form")
    conflict, their_text = form.one("p", cls="cell-conflict").text, case.shown(case.read(theirs)) or "empty"
    assert "Sue Palmer" in conflict and their_text in conflict
    assert case.value() == case.expected(theirs)
    # Saving once more overwrites knowingly.
    case.save("ann", mine, form.value("v"))
    assert case.value() == case.expected(mine)
    if f"{case.path}.{case.name}" in IN_PARTS:
        return
    # The history says so, and puts back what she overwrote; the same again would take back something else by now.
    change = _newest_change(case)
    assert (change.one("del").text, change.one("ins").text) == (their_text, case.shown(case.read(mine)) or "empty")
    undo = change.one("button")["formaction"]
    assert case.people["ann"].post_form(undo).status_code == 303
    assert case.value() == case.expected(theirs)
    assert case.people["ann"].post_form(undo).status_code == 409


def _newest_change(case: Case) -> Element:
    page = screen(case.people["ann"].get(f"{case.address}/history"))
    newest = page.one("ol", cls="history-list").all("li", cls="operation")[0]
    (found,) = [one for one in newest.all("li") if one.one(cls="change-label").text == case.label]
    return found


OWN = pytest.mark.parametrize("case", CUSTOM, indirect=True)


@OWN
def test_the_database_writes_a_sheet_as_the_kind_does(case):
    """An export is made by the database alone; what it writes is what `plain` writes, which an import reads."""
    value = case.value()
    with case.world.inside():
        text = plain_json_expression(case.kind, case.model.custom[case.entry.key])
        written = db.session.scalar(db.select(text).where(case.model.id == case.record))
        assert (written or "") == case.kind.plain(value)


@EDITABLE
def test_sheets_and_documents_carry_it_there_and_back(case):
    for typed in case.typed[:2]:
        value = case.read(typed)
        with case.world.inside():
            if value is None:
                assert case.kind.plain(value) == "" and case.kind.to_json(value) is None
                continue
            assert case.kind.parse(case.kind.plain(value)) == value
            assert case.kind.from_json(case.kind.to_json(value)) == value
            assert case.kind.restore(case.kind.to_json(value)) == value
            if isinstance(case.kind, Reference):
                with pytest.raises(FieldError):
                    case.kind.parse("nobody in particular")
