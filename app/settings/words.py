"""What an organization calls companies and contacts: its own words, in every language of the interface."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Text
from app.fields.models import FieldSetting
from app.fields.registry import Field
from app.fields.settings import WORDS, words_of
from app.i18n import gettext as _
from app.records.actor import Actor
from app.records.models import Operation
from app.records.write import Create, Update, Withdraw, apply, begin
from app.wording import FIT, USUAL
from tenants import db

LONGEST = 40
# The columns of the settings that hold the singular and the plural.
_FORMS = ("label", "help")


def fields() -> list[Field]:
    """The fields of the form, by language: singular and plural of each noun; empty is the usual word."""
    languages, found = {"en": _("In English"), "de": _("In German")}, []
    for locale, nouns in USUAL.items():
        for noun, usual in nouns.items():
            for form, word in zip(_FORMS, usual, strict=True):
                kind = Text(_("Instead of “%(word)s”", word=word), max=LONGEST)
                name = f"{noun}_{form}_{locale}"
                found.append(Field(name, kind, kind.label, section=languages[locale]))
    return found


def values() -> dict[str, Any]:
    """The words that stand there now, by field."""
    return {
        f"{row.of_noun}_{form}_{row.field.removeprefix(WORDS)}": getattr(row, form)
        for row in _rows()
        if row.withdrawn_at is None
        for form in _FORMS
    }


def change(read: Mapping[str, Any], *, actor: Actor) -> Operation | None:
    """Call companies and contacts so from now on; None when they were called so already.

    Raises `FieldErrors` for a word that cannot stand in a text, a word that both nouns would have, and a noun of which
    only the singular or only the plural is given.
    """
    errors = _wrong(read)
    if errors:
        raise FieldErrors(errors, {name: value or "" for name, value in read.items()})
    known = {(row.of_noun, row.field): row for row in _rows()}
    changes: list = []
    for locale, nouns in USUAL.items():
        for noun in nouns:
            told = {form: read[f"{noun}_{form}_{locale}"] or None for form in _FORMS}
            changes += _changes(known.get((noun, WORDS + locale)), noun, WORDS + locale, told)
    if not changes:
        return None
    operation = begin(actor, "edit", title=_("Words for companies and contacts changed"))
    apply(operation, changes)
    return operation


def _changes(row: FieldSetting | None, noun: str, name: str, told: dict[str, str | None]) -> list:
    gone = row is None or row.withdrawn_at is not None
    if gone and not any(told.values()):
        return []
    if row is None:
        return [Create(FieldSetting, {"of_noun": noun, "field": name, **told})]
    differs = {form: word for form, word in told.items() if getattr(row, form) != word}
    back = [Withdraw(FieldSetting, row.id, back=True)] if gone else []
    return back + ([Update(FieldSetting, row.id, differs)] if differs else [])


def _wrong(read: Mapping[str, Any]) -> dict[str, FieldError]:
    found: dict[str, FieldError] = {}
    for locale, nouns in USUAL.items():
        taken: dict[str, str] = {}
        for noun, usual in nouns.items():
            names = [f"{noun}_{form}_{locale}" for form in _FORMS]
            words = [read[name] or "" for name in names]
            for name, word, given in zip(names, words, usual, strict=True):
                if word and not FIT.fullmatch(word):
                    text = _("A word has letters, digits, spaces, full stops and hyphens, and begins with a letter.")
                    found[name] = FieldError(text, code="format")
                elif bool(words[0]) != bool(words[1]) and not word:
                    text = _("Both are needed, the singular and the plural, or neither.")
                    found[name] = FieldError(text, code="required")
                elif taken.get((word or given).casefold(), noun) != noun:
                    found[name] = FieldError(_("Companies and contacts need different words."), code="name")
                taken[(word or given).casefold()] = noun
    return found


def _rows() -> list[FieldSetting]:
    statement = select(FieldSetting).where(FieldSetting.field.in_(words_of(USUAL)))
    return list(db.session.scalars(statement.order_by(FieldSetting.id)))
