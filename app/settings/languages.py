"""What an organization says of its own fields in each language of the interface; what is empty is the usual text."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import LongText, Text
from app.fields.registry import Field
from app.i18n import LOCALES
from app.i18n import gettext as _

TEXTS = ("label", "help", "choices")
# Value and label of each choice.
Pairs = Iterable[Iterable[str]]


def fields(choices: bool) -> list[Field]:
    """The fields of the form, by language: name, help and, where the kind has them, the names of the choices."""
    headings = {"en": _("In English"), "de": _("In German")}
    empty = _("Empty: as above.")
    naming = _("Write behind each choice what it is called in this language: choice | its name here")
    found = []
    for locale in LOCALES:
        made = [("label", Text(_("Name"), max=64), empty), ("help", Text(_("Help"), max=500), empty)]
        made += [("choices", LongText(_("Names of the choices"), max=100_000), naming)] if choices else []
        found += [
            Field(f"{name}_{locale}", kind, kind.label, help=help_, section=headings[locale])
            for name, kind, help_ in made
        ]
    return found


def values(options: Mapping[str, Any]) -> dict[str, Any]:
    """What stands there now, by field; each choice is offered, so that its name need only be written behind it."""
    known = [value for value, _label in options.get("choices") or []]
    found: dict[str, Any] = {}
    for locale in LOCALES:
        said = options.get("languages", {}).get(locale, {})
        names = said.get("choices", {})
        lines = [f"{value} | {names[value]}" if value in names else value for value in known]
        found |= {f"label_{locale}": said.get("label"), f"help_{locale}": said.get("help")}
        found[f"choices_{locale}"] = "\n".join(lines)
    return found


def told(read: Mapping[str, Any]) -> bool:
    """Whether anything was said about languages at all."""
    return any(f"{name}_{locale}" in read for locale in LOCALES for name in TEXTS)


def labels(read: Mapping[str, Any]) -> dict[str, str]:
    """The names that were given in languages, by the field in which they were typed."""
    names = [f"label_{locale}" for locale in LOCALES]
    return {name: read[name] for name in names if read.get(name)}


def options(read: Mapping[str, Any], choices: Pairs, before: Pairs = ()) -> dict[str, Any]:
    """What was said as it is kept, {} for nothing; raises `FieldErrors` for names of what is no choice.

    The choices that there were `before` may still stand there: their names go with them.
    """
    now, gone = _by_word(choices), _by_word(before)
    found: dict[str, Any] = {}
    for locale in LOCALES:
        said: dict[str, Any] = {name: read[key] for name in ("label", "help") if read.get(key := f"{name}_{locale}")}
        names = _names(f"choices_{locale}", read.get(f"choices_{locale}"), now, gone)
        said |= {"choices": names} if names else {}
        found |= {locale: said} if said else {}
    return found


def _by_word(choices: Pairs) -> dict[str, str]:
    """The values of choices by what they may be called in a line: the value, or the usual label."""
    pairs = [tuple(pair) for pair in choices]
    return {label.casefold(): value for value, label in pairs} | {value.casefold(): value for value, _label in pairs}


def _names(field: str, typed: str | None, now: Mapping[str, str], gone: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for line in (typed or "").splitlines():
        word, _bar, name = (part.strip() for part in line.partition("|"))
        if not name or (word.casefold() in gone and word.casefold() not in now):
            continue
        if word.casefold() not in now:
            error = FieldError(_("“%(found)s” is none of the choices.", found=word[:60]), code="unknown")
            raise FieldErrors({field: error})
        if len(name) > 500:
            error = FieldError(_("The name of a choice has at most %(n)d characters.", n=500), code="too_long")
            raise FieldErrors({field: error})
        found[now[word.casefold()]] = name
    return found
