"""Every word a user reads goes through these: English is the source, German the first translation.

Beneath is Flask-Babel. A page of fifty rows asks for a thousand words, so the catalogue is looked up once a request.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import g, has_app_context, has_request_context
from flask_babel import force_locale, get_domain, get_locale, get_timezone
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from .wording import Words, names_a_noun, worded

__all__ = [
    "LOCALES",
    "current_locale",
    "current_zone",
    "gettext",
    "in_language",
    "lazy_gettext",
    "markup",
    "ngettext",
    "own_words",
    "plural_markup",
    "speaking",
]

LOCALES = ("en", "de")


def _spoken() -> tuple[str, object]:
    """The viewer's locale and its catalogue."""
    found = g.get("spoken") if has_app_context() else None
    if found is None:
        found = str(get_locale() or "en"), get_domain().get_translations()
        if has_app_context():
            g.spoken = found
    return found


# What the organization at hand calls companies and contacts in a language: told by whoever reads its settings.
own_words: list[Callable[[str], Words]] = []


def _words(locale: str) -> Words:
    return own_words[0](locale) if own_words and has_app_context() else ()


def _text(string: str, plural: str = "", num: int = 1) -> str:
    """A text of the catalogue in the organization's own words."""
    locale, catalogue = _spoken()
    text = catalogue.ngettext(string, plural, num) if plural else catalogue.gettext(string)
    if names_a_noun(string) and (words := _words(locale)):
        return worded(text, locale, words)
    return text


def gettext(string: str, **variables) -> str:
    """The text in the viewer's language, with %(name)s filled in."""
    text = _text(string)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, **variables) -> str:
    """The text for this number, which fills %(num)s."""
    return _text(singular, plural, num) % {"num": num, **variables}


def markup(string: str, **variables) -> Markup:
    """The text in the viewer's language as templates show it, with %(name)s filled in and escaped.

    A page says hundreds of words that name nothing: those are made once.
    """
    return _markup(_text(string)) % variables if variables else _said(_text(string))


def plural_markup(singular: str, plural: str, num: int, **variables) -> Markup:
    """The text for this number as templates show it, which fills %(num)s."""
    return _markup(_text(singular, plural, num)) % {"num": num, **variables}


@lru_cache(10_000)
def _said(text: str) -> Markup:
    return _markup(text) % {}


def _markup(text: str) -> Markup:
    # What translators write is ours, as templates are, and own words hold no sign of markup; the rest is escaped.
    return Markup(text)


def lazy_gettext(string: str, **variables) -> LazyString:
    """A text whose language is decided when it is shown: for labels that are made at start-up."""
    return LazyString(gettext, string, **variables)


def in_language(usual: str, others: Mapping[str, str | None]) -> str | LazyString:
    """A text that is not ours: as it was given for the viewer's language, otherwise the usual one."""
    given = {locale: text for locale, text in others.items() if text}
    return LazyString(_given_for, usual, given) if given else usual


def _given_for(usual: str, given: Mapping[str, str]) -> str:
    return given.get(current_locale(), usual)


def current_locale() -> str:
    """The viewer's locale as a Babel identifier ('en', 'de'); English outside a request."""
    return _spoken()[0]


def current_zone() -> ZoneInfo | None:
    """The zone of the viewer's clocks; None where nobody looks, as in a job."""
    return ZoneInfo(str(get_timezone())) if has_request_context() else None


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """`with speaking("de"):` in a job, which has no viewer: the language of whoever will read what it writes."""
    g.pop("spoken", None)
    try:
        with force_locale(locale if locale in LOCALES else "en"):
            yield
    finally:
        g.pop("spoken", None)
