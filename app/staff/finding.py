"""What the palette and the search page find: records by anything known of them, pages, and what can be done at once.

`>` asks for pages and actions alone, `#42` for a number, `company:`, `contact:` and `contract:` for one kind of record.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from flask_babel.speaklater import LazyString
from flask_login import current_user
from sqlalchemy import ColumnElement

from app.companies import queries as companies
from app.companies.models import Company
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.fields.folding import sought
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import current_locale
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.people.preferences import LANGUAGES
from app.records import lists
from app.records.marking import Parts, Said, Typed
from app.web import cells
from app.web.faces import face

from . import places

# Hits shown for each noun; the list behind "all" shows the rest.
SHOWN = 8
LONGEST = 100


@dataclass(frozen=True)
class Noun:
    """A kind of record that is found: how it is called, where it stands, and which fields name it and are shown."""

    key: str
    label: LazyString
    heading: LazyString
    path: str
    picture: str
    queries: ModuleType
    numbered: ColumnElement
    name: tuple[str, ...]
    # What stands beside the name, and what may be the reason why a record was found.
    beside: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def permission(self) -> str:
        return f"{self.path[1:]}.view"

    def columns(self, fields: FieldSet) -> list[str]:
        return [name for name in (*self.name, *self.beside, *self.reasons) if name in fields]


NOUNS = (
    Noun(
        *("company", _l("Company"), _l("Companies"), "/companies", "building", companies, Company.number),
        *(("name",), ("number", "phone"), ("address", "email", "website", "domains")),
    ),
    Noun(
        *("contact", _l("Contact"), _l("Contacts"), "/contacts", "user", contacts, Contact.id),
        *(("first_name", "last_name"), ("company", "email", "phone")),
        ("mobile", "user_name", "customer_id", "addresses"),
    ),
    Noun(
        *("contract", _l("Contract"), _l("Contracts"), "/contracts", "contract", contracts, Contract.id),
        *(("description",), ("company_id",), ()),
    ),
)


@dataclass
class Cell:
    """A value beside a name: its label, its parts, and where it leads (a mail, a number that is dialled)."""

    label: str
    parts: Parts
    url: str | None = None


@dataclass
class Hit:
    """One line: a record, a page, or something that is done at once (`post`: address, name and value)."""

    parts: Parts
    url: str = ""
    picture: str = ""
    face: str = ""
    cells: list[Cell] = field(default_factory=list)
    why: list[tuple[str, Parts]] = field(default_factory=list)
    keys: str = ""
    post: tuple[str, str, str] | None = None
    aside: bool = False


@dataclass
class Group:
    """Hits of one kind; `url` leads to all of them where there are more."""

    key: str
    heading: str
    hits: list[Hit]
    url: str = ""


@dataclass(frozen=True)
class Asked:
    """What was typed, taken apart."""

    text: str
    commands: bool = False
    number: int | None = None
    noun: str = ""


def asked(typed: str) -> Asked:
    """Read what was typed."""
    text = sought(typed[:1000])[:LONGEST]
    if text.startswith(">"):
        return Asked(text[1:].strip(), commands=True)
    if re.fullmatch("#[0-9]{1,18}", text):
        return Asked(text, number=int(text[1:]))
    word, colon, rest = text.partition(":")
    for noun in NOUNS:
        if colon and word.strip().lower() in (noun.key, str(noun.label).lower()):
            return Asked(rest.strip(), noun=noun.key)
    return Asked(text)


def found(typed: str, recent: Sequence[tuple[str, int]] = ()) -> list[Group]:
    """What matches, the best guess first; when nothing was typed what was opened last, and what can be begun."""
    question = asked(typed)
    if not question.text:
        return _to_begin_with(question, recent)
    commands = [] if question.number or question.noun else _commands(question.text)
    if question.commands:
        return _full([Group("commands", _("Pages and actions"), commands)])
    records = [
        _by_number(noun, question.number) if question.number is not None else _by_words(noun, question.text)
        for noun in NOUNS
        if question.noun in ("", noun.key) and current_user.may(noun.permission)
    ]
    # Those come first of which one bears a name that begins so.
    records.sort(key=lambda group: not any(hit.parts[0][1] for hit in group.hits))
    first = _begins(commands[0], question.text) if commands and len(question.text) > 3 else False
    actions = Group("commands", _("Pages and actions"), commands[:SHOWN])
    return _full([actions, *records] if first else [*records, actions])


def _full(groups: Iterable[Group]) -> list[Group]:
    return [group for group in groups if group.hits]


def _begins(hit: Hit, text: str) -> bool:
    return hit.parts[0][1] and hit.parts[0][0].lower().startswith(text.lower()[:3])


def _to_begin_with(question: Asked, recent: Sequence[tuple[str, int]]) -> list[Group]:
    if question.noun:
        return []
    commands = _commands("")
    if question.commands:
        return _full([Group("commands", _("Pages and actions"), commands)])
    hits = {}
    for noun in NOUNS:
        ids = [record_id for key, record_id in recent if key == noun.key]
        if ids and current_user.may(noun.permission):
            hits |= {(noun.key, hit_id): hit for hit_id, hit in _chosen(noun, noun.queries.LIST.model.id, ids)}
    opened = [hits[one] for one in recent if one in hits]
    return _full(
        [Group("recent", _("Opened last"), opened), Group("commands", _("Pages and actions"), commands[:SHOWN])]
    )


# --- records ----------------------------------------------------------------------------------------------------------


def _searched(noun: Noun):
    """The records that are looked through: here those are left out that are not to be found."""
    return noun.queries.visible_to(current_user)


def _by_words(noun: Noun, text: str) -> Group:
    fields = fields_of(noun.queries.LIST.model, current_user)
    wanted = lists.Wanted(noun.columns(fields), "", False, SHOWN, q=text, most=SHOWN)
    page = lists.read(noun.queries.LIST, wanted, fields, _searched(noun), named=True)
    typed = Typed(text)
    hits = [_hit(noun, fields, row, typed) for row in page.rows]
    return Group(noun.key, str(noun.heading), hits, noun.path if page.capped else "")


def _by_number(noun: Noun, number: int) -> Group:
    return Group(noun.key, str(noun.heading), [hit for _id, hit in _chosen(noun, noun.numbered, [number])])


def _chosen(noun: Noun, by: ColumnElement, numbers: Sequence[int]) -> list[tuple[int, Hit]]:
    fields = fields_of(noun.queries.LIST.model, current_user)
    rows = lists.chosen(noun.queries.LIST, noun.columns(fields), fields, _searched(noun), by, numbers)
    typed = Typed("")
    return [(row.id, _hit(noun, fields, row, typed)) for row in rows]


def _hit(noun: Noun, fields: FieldSet, row: lists.Row, typed: Typed) -> Hit:
    titles = cells.Titles()
    titles.know(row.titles)
    name = Said("", " ".join(_text(fields, one, row, titles) for one in noun.name if one in fields).strip())
    beside = [_said(fields, one, row, titles) for one in noun.beside if one in fields]
    others = beside + [_said(fields, one, row, titles) for one in noun.reasons if one in fields]
    shown = [
        Cell(said.label, typed.parts(said), None if one in ("company", "company_id") else _link(fields, one, row))
        for one, said in zip([one for one in noun.beside if one in fields], beside, strict=True)
        if said.text
    ]
    labels = {said.label for said in beside}
    why = [reason for reason in typed.why(name, others) if reason[0] not in labels]
    parts = typed.parts(name) if name.text else [(f"#{row.id}", False)]
    look = face(row.id, *row.face, size=20) if row.face else ""
    return Hit(parts, f"{noun.path}/{row.id}", noun.picture, look, shown, why, aside=not row.active)


def _said(fields: FieldSet, name: str, row: lists.Row, titles: cells.Titles) -> Said:
    entry = fields[name]
    return Said(str(entry.label), _text(fields, name, row, titles), entry.kind.name == "phone")


def _text(fields: FieldSet, name: str, row: lists.Row, titles: cells.Titles) -> str:
    return cells.display(fields[name], row.values[name], titles, current_locale())


def _link(fields: FieldSet, name: str, row: lists.Row) -> Any:
    return cells.link(fields[name], row.values[name])


# --- pages and actions ------------------------------------------------------------------------------------------------

THEMES = (("light", _l("Theme: light"), "sun"), ("dark", _l("Theme: dark"), "moon"))
THEMES += (("auto", _l("Theme: as the system"), "contrast"),)


def _commands(text: str) -> list[Hit]:
    """The pages and actions whose names hold all the words, those first that begin so."""
    typed = Typed(text)
    open_ = places.open_to((*places.NEW, *places.BAR, *places.FURTHER), current_user)
    offered = [(str(one.label), Hit([], one.url, one.picture, keys=one.keys)) for one in open_]
    for value, label, picture in THEMES:
        offered.append((str(label), Hit([], "", picture, post=("/profile/theme", "theme", value))))
    for value, name in LANGUAGES:
        language = _("Language: %(name)s", name=name)
        offered.append((language, Hit([], "", "globe", post=("/profile/language", "locale", value))))
    hits = []
    for label, hit in offered:
        said = Said("", label)
        if all(typed.spans(said, place) for place in range(len(typed.words))):
            hit.parts = typed.parts(said)
            hits.append(hit)
    return sorted(hits, key=lambda hit: not hit.parts[0][1]) if text else hits
