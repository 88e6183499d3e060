"""Every field of every noun, and a custom field of every kind, through everything that shows, takes or keeps a value.

A new field on a model is walked through without a word here, as long as its kind is one of those below.
"""

import html
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields import references
from app.fields.errors import FieldError
from app.fields.filter import OPERATORS
from app.fields.form import read_one
from app.fields.kinds import KINDS, Reference
from app.fields.models import CustomField
from app.fields.registry import Field, declared_fields
from app.fields.settings import fields_of, settings_changed
from app.records.actor import SYSTEM
from app.records.write import create
from tests import world as worlds
from tests.web.screens import Element, ids, screen

NOUNS = {"companies": Company, "contacts": Contact, "contracts": Contract}
CHOICES = [["gold", "Gold plan"], ["silver", "Silver"], ["a, b", "A and B"]]
OPTIONS = {
    "choice": {"choices": CHOICES},
    "choices": {"choices": CHOICES},
    "reference": {"noun": "company"},
    "region": {"country": "country"},
    "text": {"max": 40},
}
LONG = {"text": 20, "long_text": 100_001}

# By kind: what is typed first, what is typed over it, and what cannot be read.
TYPED: dict[str, tuple[Any, Any, str | None]] = {
    "text": ("Grün & <b>Söhne</b>", "Blau %_\\", "x" * 300),
    "long_text": ("first line\n  second <i>line</i>", "another", "x" * 100_001),
    "email": ("ada.b@lovelace.example", "grace@hopper.example", "not an address"),
    "phone": ("+49 30 1234567", "030 765 43 21", "call me"),
    "url": ("https://one.example/a?b=c&d", "https://two.example", "javascript:alert(1)"),
    "choices": (["gold", "a, b"], ["silver"], "bronze"),
    "yes_no": ("1", "", None),
    "whole": ("1200", "7", "many"),
    "decimal": ("1234.5", "-0.25", "a lot"),
    "date": ("2026-02-03", "2027-01-31", "soon"),
    "duration": ("90:30", "45", "a while"),
    "country": ("AT", "NO", "Atlantis"),
    "region": ("Hessen", "Bayern", "Kent"),
    "time_zone": ("Europe/Vienna", "America/New_York", "Mars/Base"),
    "language": ("fr", "de-AT", "Klingon"),
    "several": ("one.example, two.example", "three.example", "not/a,value"),
}
# Where a value must also fit something else: the same three.
SPECIAL: dict[str, tuple[Any, Any, str | None]] = {
    "contacts.addresses": ("one@home.example two@home.example", "three@home.example", "not an address"),
    "contracts.starts_on": ("2026-02-03", "2026-03-01", "soon"),
    "contracts.ends_on": ("2028-02-29", "2027-06-30", "soon"),
    "contracts.threshold": ("10:00", "45", "a while"),
    "contracts.description": ("Grün & <b>Söhne</b>", "Blau %_\\", "x" * 300),
    "contacts.fax": ("+49 30 123", "030 765", "call me"),
    "contacts.postcode": ("A-1010", "20095", "x" * 300),
    "contacts.active": ("", "1", None),
    "contracts.limited": ("", "1", None),
}
# What has no control in the form for a new record, and why.
NOT_IN_FORM = {
    "companies.number": "given by the desk",
    "companies.users": "counted",
    "contacts.department": "chosen within a company",
    "contracts.company_id": "chosen on the page before",
}


def every_field() -> list[str]:
    given = [f"{path}.{entry.name}" for path, model in NOUNS.items() for entry in declared_fields(model)]
    return [*given, *(f"contacts.custom-{kind}" for kind in KINDS)]


@dataclass
class Case:
    """A field with the record it is tried on, and its two values as they are typed and as they are read."""

    path: str
    name: str
    model: type
    record: int
    world: worlds.World
    cast: Any

    @property
    def address(self) -> str:
        return f"/{self.path}/{self.record}"

    @property
    def cell_id(self) -> str:
        return f"{self.model.noun}-{self.record}-{self.name}"

    @cached_property
    def entry(self) -> Field:
        with self.world.inside():
            return fields_of(self.model)[self.name]

    @cached_property
    def typed(self) -> tuple[Any, Any, str | None]:
        kind = self.entry.kind
        if isinstance(kind, Reference):
            one, other = {
                "staff": (self.cast.adam, self.cast.ann),
                "company": (self.cast.nordlys, self.cast.xacme),
                "contact": (self.cast.ben, self.cast.dora),
                "department": (self.cast.acme_purchasing, self.cast.acme_support),
            }[kind.noun]
            return str(one), str(other), "999999"
        if kind.name == "choice":
            values = [value for value, _label in kind.choices]
            return values[-1], values[0], "nothing of the kind"
        return SPECIAL.get(f"{self.path}.{self.name}", TYPED[kind.name])

    def read(self, typed: Any) -> Any:
        """The value of what was typed, as the form reads it."""
        with self.world.inside():
            form = MultiDict([("value", one) for one in typed] if isinstance(typed, list) else [("value", typed)])
            return read_one(self.entry, form, "value", {"country": "DE", **dict.fromkeys(WITHIN, self.cast.acme)})

    def shown(self, value: Any, locale: str = "en") -> str:
        """How people read a value."""
        if value is None:
            return ""
        with self.world.inside():
            if isinstance(self.entry.kind, Reference):
                return references.titles(self.entry.kind.noun, [value])[value]
            return " ".join(self.entry.kind.format(value, locale).split())

    def value(self) -> Any:
        """What the record has now, as the API gives it."""
        return self.world.api("read").get(f"/api/v1{self.address}").get_json()[self.name]

    def edit(self, browser) -> Element:
        return screen(browser.fragment(f"{self.address}/fields/{self.name}/edit"))

    def save(self, browser, typed: Any, version: str | None = None, status: int = 200) -> Element:
        version = version or self.edit(browser).value("v")
        data = {"value": typed, "v": version}
        return screen(browser.fragment(f"{self.address}/fields/{self.name}", method="POST", data=data), status)


WITHIN = ("company", "company_id")


@pytest.fixture(scope="module")
def fields_world(app, cluster, template):
    """A world of this module's own, where contacts have a custom field of every kind."""
    keys, cast, _roles = template
    name = cluster.clone()
    world = worlds.World(app, cluster, name, cast, dict(keys))
    with worlds.using(app, cluster.url(name)), world.inside():
        for position, kind in enumerate(KINDS):
            values = {"of_noun": "contact", "key": kind, "kind": kind, "label": f"Own {kind}", "position": position + 500}
            create(CustomField, values | {"options": OPTIONS.get(kind, {})}, actor=SYSTEM)
        settings_changed()
    yield world
    cluster.drop(name)


@pytest.fixture
def case(request, app, fields_world, cast):
    """One field; in the world of this module."""
    path, _dot, name = request.param.partition(".")
    record = {"companies": cast.acme, "contacts": cast.otto, "contracts": cast.acme_support_hours}[path]
    with worlds.using(app, fields_world.cluster.url(fields_world.database)):
        needs = {"state": ("country", "DE"), "custom-region": ("country", "DE"), "department": ("company", cast.acme)}
        for first, value in [needs[name]] if name in needs else []:
            Case(path, first, NOUNS[path], record, fields_world, cast).save(fields_world.staff("adam"), str(value))
        yield Case(path, name, NOUNS[path], record, fields_world, cast)


def editable() -> list[str]:
    """The fields that can be edited in place."""
    fixed = {"companies.number", "companies.name", "companies.users", "contracts.company_id"}
    return [name for name in every_field() if name not in fixed]


EVERY = pytest.mark.parametrize("case", every_field(), indirect=True)
EDITABLE = pytest.mark.parametrize("case", editable(), indirect=True)


@EVERY
def test_the_form_for_a_new_record_asks_for_it(case):
    query = {"contracts": f"?company={case.cast.acme}"}.get(case.path, "")
    form = screen(case.world.staff("ann").get(f"/{case.path}/new{query}")).one("form", id="form")
    controls = [control for control in form.all() if control.get("name")]
    names = {control.get("data-name") or control["name"] for control in controls}
    wanted = f"{case.path}.{case.name}" not in NOT_IN_FORM
    assert (case.name in names) is wanted
    if wanted and case.entry.kind.input != "checkboxes":
        label = next(one for one in form.all("label") if one.get("for") == f"form-{case.name}")
        assert str(case.entry.label) in label.text


@EVERY
def test_the_record_shows_it_with_its_label(case):
    page = screen(case.world.staff("ann").get(case.address))
    cell = page.one("dd", id=case.cell_id)
    fact = next(fact for fact in page.all("div", cls="fact") if fact.all("dd", id=case.cell_id))
    assert fact.one("dt").text == case.entry.label
    links = cell.all("a", data_edit="") or [one for one in cell.all("a") if "data-edit" in one.attributes]
    assert bool(links) is (f"{case.path}.{case.name}" in editable())


@EDITABLE
def test_it_is_edited_where_it_stands(case):
    ann = case.world.staff("ann")
    for typed in (case.typed[0], case.typed[1]):
        saved = case.save(ann, typed)
        value = case.read(typed)
        cell = saved.one(id=case.cell_id)
        assert case.shown(value) in cell.text
        assert case.value() == (None if value is None else case.entry.kind.to_json(value))
        # The form shows what was saved, so that saving it again changes nothing.
        form = case.edit(ann)
        again = form.values().get("value") or [form.all(data_combobox=None)[0].get("data-value")]
        if case.entry.kind.input == "combobox":
            box = next(one for one in form.all("input") if "data-combobox" in one.attributes)
            again = [box.get("data-value")]
        version = form.value("v")
        case.save(ann, again if isinstance(typed, list) else again[0] if again else "")
        assert case.edit(ann).value("v") == version


@EDITABLE
def test_what_cannot_be_read_is_answered_with_what_was_typed(case):
    wrong = case.typed[2]
    if wrong is None:
        pytest.skip("a checkbox cannot be wrong")
    ann, before = case.world.staff("ann"), case.value()
    answer = case.save(ann, wrong, status=422)
    form = answer.one("form")
    assert answer.one(id=case.cell_id) and case.value() == before
    invalid = [one for one in form.all() if one.get("aria-invalid") == "true"]
    error = form.one("p", cls="field-error")
    assert invalid and error["id"] in invalid[0]["aria-describedby"] and error.text
    if case.entry.kind.input == "checkboxes":
        return
    if case.entry.kind.input == "combobox":
        box = next(one for one in form.all("input") if "data-combobox" in one.attributes)
        assert wrong in (box["value"], box["data-value"])
    elif case.entry.kind.input == "select":
        assert wrong in [option.get("value") for option in form.all("option")]
        assert form.value("value") == wrong
    else:
        assert form.value("value") == wrong


@EDITABLE
def test_two_people_at_once_see_each_other(case):
    ann, sue = case.world.staff("ann"), case.world.staff("sue")
    case.save(ann, case.typed[0])
    version = case.edit(ann).value("v")
    case.save(sue, case.typed[1])
    third = _third(case)
    answer = case.save(ann, third, version, status=409)
    form = answer.one("form")
    conflict = form.one("p", cls="cell-conflict")
    theirs = case.shown(case.read(case.typed[1])) or "empty"
    assert "Sue Palmer" in conflict.text and theirs in conflict.text
    assert case.value() == _json(case, case.typed[1])
    # Saving once more overwrites knowingly.
    case.save(ann, third, form.value("v"))
    assert case.value() == _json(case, third)


def _third(case: Case) -> Any:
    """A value that differs from what was typed second."""
    return case.typed[0]


def _json(case: Case, typed: Any) -> Any:
    value = case.read(typed)
    return None if value is None else case.entry.kind.to_json(value)


@EDITABLE
def test_the_history_says_it_and_takes_it_back(case):
    ann = case.world.staff("ann")
    case.save(ann, case.typed[0])
    case.save(ann, case.typed[1])
    change = _newest_change(case, ann)
    before, after = (case.shown(case.read(typed)) for typed in case.typed[:2])
    said = change.one(cls="change-values")
    assert (said.one("del").text, said.one("ins").text) == (before or "empty", after or "empty")
    undo = change.one("form")
    assert ann.post_form(undo["action"]).status_code == 303
    assert case.value() == _json(case, case.typed[0])
    assert _newest_change(case, ann).one("ins").text == (before or "empty")
    # The same again would undo something else by now.
    assert ann.post_form(undo["action"]).status_code == 409


def _newest_change(case: Case, browser) -> Element:
    page = screen(browser.get(f"{case.address}/history"))
    newest = page.one("ol", cls="history-list").all("li", cls="operation")[0]
    found = [one for one in newest.all("li") if one.one(cls="change-label").text == case.entry.label]
    assert len(found) == 1
    return found[0]


@EVERY
def test_lists_show_sort_and_filter_by_it(case):
    ann = case.world.staff("ann")
    if f"{case.path}.{case.name}" in editable():
        case.save(ann, case.typed[0])
    api = case.world.api("read").get(f"/api/v1{case.address}").get_json()
    value = case.entry.kind.restore(api[case.name]) if api[case.name] is not None else None
    first = {"companies": "name", "contacts": "first_name", "contracts": "description"}[case.path]
    page = screen(ann.get(f"/{case.path}?columns={first},{case.name}"))
    assert case.shown(value) in page.one("td", id=case.cell_id).text
    head = page.one("th", id=f"{case.path}-list-{case.name}")
    assert str(case.entry.label) in head.text and bool(head.all("a")) is case.entry.kind.sort
    if case.entry.kind.sort:
        up = ids(screen(ann.get(f"/{case.path}?sort={case.name}")))
        down = ids(screen(ann.get(f"/{case.path}?sort=-{case.name}")))
        assert up == down[::-1] and case.record in up
    for operator in case.entry.kind.operators:
        _check_filter(case, ann, operator, value)


def _check_filter(case: Case, browser, operator: str, value: Any) -> None:
    plain = case.entry.kind.plain(value)
    typed = {
        "empty": "",
        "not_empty": "",
        "last_days": "36500",
        "starts": plain[:3],
        "contains": plain.partition("," if case.entry.kind.name == "several" else "\n")[0],
    }.get(operator, plain)
    answer = browser.get(f"/{case.path}", query_string={f"{case.name}.{operator}": typed})
    page = screen(answer)
    chips = page.all("li", cls="chip")
    assert len(chips) == 1 and chips[0].text.startswith(f"{case.entry.label} {OPERATORS[operator]}")
    left_out = operator in ("is_not", "none_of", "empty", "lt", "gt", "before", "after")
    left_out |= operator == "last_days" and value > date.today()
    assert (case.record in ids(page)) is not left_out, f"{operator} {typed!r}"
    # Taking the chip away brings everything back.
    assert case.record in ids(screen(browser.get(chips[0].one("a")["href"])))


@EDITABLE
def test_sheets_and_documents_carry_it_there_and_back(case):
    kind = case.entry.kind
    for typed in case.typed[:2]:
        value = case.read(typed)
        with case.world.inside():
            if value is None:
                assert kind.plain(value) == "" and kind.to_json(value) is None
                continue
            assert kind.parse(kind.plain(value)) == value
            assert kind.from_json(kind.to_json(value)) == value
            assert kind.restore(kind.to_json(value)) == value
            if isinstance(kind, Reference):
                with pytest.raises(FieldError):
                    kind.parse("nobody in particular")


@EVERY
def test_nothing_of_it_is_markup(case):
    """What was typed is text on every page: see also tests/web/test_escaping.py."""
    for path in (case.address, f"{case.address}/history", f"/{case.path}?columns={case.name}"):
        source = case.world.staff("ann").get(path).get_data(as_text=True)
        assert "<b>Söhne" not in source and "<i>line" not in source
    assert html.escape("<b>") == "&lt;b&gt;"
