"""The fields of a noun as this organization has them: its labels, its order, its own fields."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import select, update

from app.i18n import in_language, own_words
from app.wording import USUAL, Words
from tenants import db, tenancy
from tenants.db import NoTenant

from .errors import FieldError
from .kinds import from_settings
from .models import CustomField, FieldSetting, FieldVersion
from .record import Record
from .registry import Field, FieldSet, declared_fields, opened

# Enough for the organizations a process serves at a time; the oldest go first.
KEPT = 300

# A row of the settings with such a name holds no field but what the noun is called in a language: the singular as its
# label and the plural as its help.
WORDS = "words."
# Where the options of a field of an organization's own hold its name, help and choices by language.
LANGUAGES = "languages"
# Where those of a question hold which of its choices go with which answer to an earlier one.
OFFER = "offer"

_cache: OrderedDict[tuple[str, int, str], Any] = OrderedDict()
_lock = Lock()


def fields_of(model: type[Record], viewer=None) -> FieldSet:
    """Every field of this noun in this organization, in order; with a viewer, only what that viewer may see."""
    fields = _for_organization(model)
    return fields.for_viewer(viewer) if viewer is not None else fields


def words_of(locales: Iterable[str]) -> list[str]:
    """The names under which the words of these languages are kept."""
    return [WORDS + locale for locale in locales]


def forget() -> None:
    """Drop what is remembered in this process (when another database takes the place of this one)."""
    with _lock:
        _cache.clear()


def know_version(version: int) -> None:
    """Say which version of the settings this request sees, when another query has read it already."""
    db.session.info["fields_version"] = version
    # Read here, where nothing has gone wrong yet: whatever page is shown in the end, it names the nouns.
    _words()


def settings_changed() -> None:
    """Count a change of labels or custom fields, so that every process reads them anew."""
    db.session.execute(update(FieldVersion).values(version=FieldVersion.version + 1))
    db.session.info.pop("fields_version", None)
    # Until this transaction is over nobody knows whether the new version will stand: only this session may see it.
    db.session.info["fields_changed"] = {}


def filters_beside(model: type[Record], permission: str) -> Callable:
    """Register a function that tells what lists of `model` can be filtered by beside its fields.

    Only who holds the permission can, and nobody in the portal. What it tells is kept until `settings_changed`.
    """

    def register(function: Callable[[], Iterable[Field]]) -> Callable[[], Iterable[Field]]:
        _beside.setdefault(model.noun, {})[permission] = function
        return function

    return register


# Filled while the nouns' modules are read, at start-up only.
_beside: dict[str, dict[str, Callable[[], Iterable[Field]]]] = {}


def _for_organization(model: type[Record]) -> FieldSet:
    return _kept(model.noun, lambda: FieldSet(model, (*_given(model), *_own(model)), _told_beside(model.noun)))


def _told_beside(noun: str) -> dict[str, Callable[[], Iterable[Field]]]:
    """What tells the filters, by permission: asked when a list of the desk wants to know, since the portal may not."""

    def told(permission: str, tell: Callable[[], Iterable[Field]]) -> Callable[[], Iterable[Field]]:
        return lambda: _kept(f"{noun} {permission}", tell)

    return {permission: told(permission, tell) for permission, tell in _beside.get(noun, {}).items()}


def _kept(name: str, read: Callable[[], Any]) -> Any:
    """What was read of the organization's settings, or what `read` reads of them when they have changed since."""
    seen = db.session.info
    if "fields_changed" in seen:
        mine = seen["fields_changed"]
        if name not in mine:
            mine[name] = read()
        return mine[name]
    if "fields_version" not in seen:
        know_version(db.session.scalar(select(FieldVersion.version)) or 0)
    key = (tenancy().key, seen["fields_version"], name)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    found = read()
    with _lock:
        _cache[key] = found
        while len(_cache) > KEPT:
            _cache.popitem(last=False)
    return found


def called(locale: str) -> Words:
    """What this organization calls companies and contacts in a language, as far as this request knows its settings."""
    try:
        tenancy()
    except NoTenant:
        return ()
    seen = db.session.info
    return _words().get(locale, ()) if "fields_changed" in seen or "fields_version" in seen else ()


own_words[:] = [called]


def _words() -> dict[str, Words]:
    return _kept("words", _read_words)


def _read_words() -> dict[str, Words]:
    found: dict[str, list] = {}
    for row in db.session.scalars(select(FieldSetting).where(FieldSetting.field.in_(words_of(USUAL)))):
        locale = row.field.removeprefix(WORDS)
        usual = USUAL[locale].get(row.of_noun, ())
        pairs = zip(usual, (row.label, row.help), strict=False) if row.withdrawn_at is None else ()
        found.setdefault(locale, []).extend((before, own) for before, own in pairs if own)
    return {locale: tuple(pairs) for locale, pairs in found.items() if pairs}


def _given(model: type[Record]) -> list[Field]:
    """The fields of the model with the organization's settings laid over them."""
    rows = db.session.scalars(
        select(FieldSetting).where(FieldSetting.of_noun == model.noun, FieldSetting.withdrawn_at.is_(None))
    )
    settings = {row.field: row for row in rows}
    found = []
    for given in declared_fields(model):
        row = settings.get(given.name)
        if row is not None:
            chosen = {name: getattr(row, name) for name in ("help", "hidden", "portal", "section", "position")}
            chosen = {name: value for name, value in chosen.items() if value is not None}
            # A field that the record cannot do without stays required and in sight, whatever the setting says.
            required = given.kind.required or bool(row.required if row.required is not None else given.required)
            if given.kind.required:
                chosen.pop("hidden", None)
            if row.choices and given.own_choices:
                chosen["kind"] = replace(given.kind, choices=tuple(map(tuple, row.choices)))
            chosen["portal"] = opened(model, given, chosen.get("portal", given.portal))
            given = replace(given, label=row.label or given.label, required=required, **chosen)
        found.append(given)
    return found


def _own(model: type[Record]) -> list[Field]:
    """The organization's custom fields of this noun; one whose settings cannot be read is left out.

    The questions of forms are among them even when they are asked no more: answers to them may stand anywhere.
    """
    asked = CustomField.form_id.is_not(None)
    there = CustomField.archived_at.is_(None) & CustomField.withdrawn_at.is_(None)
    rows = db.session.scalars(select(CustomField).where(CustomField.of_noun == model.noun, asked | there))
    return [entry for row in rows if (entry := own_field(model, row)) is not None]


class Said(Protocol):
    """What is said of a field of an organization's own, on its row or in a copy of it."""

    key: str
    kind: str
    label: str
    help: str | None
    options: dict
    required: bool
    hidden: bool
    portal: str
    section: str
    position: int


def own_field(model: type[Record], said: Said) -> Field | None:
    """A field of an organization's own, in the viewer's language; None where what is said of it makes none."""
    options = dict(said.options or {})
    told = options.pop(LANGUAGES, {})
    options.pop(OFFER, None)
    texts = {name: {locale: one.get(name) for locale, one in told.items()} for name in ("label", "help")}
    label = in_language(said.label, texts["label"])
    try:
        kind = from_settings(said.kind, label, options)
    except FieldError:
        return None
    if named := {locale: one["choices"] for locale, one in told.items() if one.get("choices")}:
        kind = replace(kind, choices=tuple(_choice(named, *pair) for pair in kind.choices))
    entry = Field(
        name=f"custom-{said.key}",
        kind=kind,
        label=label,
        noun=model.noun,
        section=said.section,
        sheet=said.label,
        synonyms=tuple(dict.fromkeys(filter(None, texts["label"].values()))),
        required=said.required,
        hidden=said.hidden,
        help=in_language(said.help or "", texts["help"]),
        position=said.position,
        custom=True,
    )
    return replace(entry, portal=opened(model, entry, said.portal))


def _choice(named: Mapping[str, Mapping[str, str]], value: str, label: str) -> tuple[str, Any]:
    """A choice with its names in languages, by locale and value."""
    return value, in_language(label, {locale: names.get(value) for locale, names in named.items()})
