"""How a locale writes numbers and dates, as far as typed text depends on it."""

import pickle
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError, localedata
from babel.numbers import get_decimal_symbol, get_group_symbol

from app.i18n import current_locale

# The languages whose words are understood besides those of the viewer: those the interface is made in.
ALWAYS_UNDERSTOOD = ("en", "de")


def locale_of(name: str | None = None) -> Locale:
    """The Babel locale of a name such as 'de', 'de_AT' or 'de-AT'; the viewer's without a name."""
    return _locale(str(name or current_locale()))


@lru_cache(256)
def _locale(name: str) -> Locale:
    # A locale that Babel does not know is read by its language; English is the source language of the interface.
    for attempt in (name.replace("-", "_"), name.replace("-", "_").partition("_")[0]):
        try:
            return Locale.parse(attempt)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def understood(name: str | None = None) -> tuple[str, ...]:
    """The names of the viewer's locale and of the languages that are always understood, in this order."""
    return _understood(str(name or current_locale()))


@lru_cache(256)
def _understood(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((str(_locale(name)), *ALWAYS_UNDERSTOOD)))


def decimal_sign(locale: Locale) -> str:
    """'.' or ',' (Unicode CLDR)."""
    return get_decimal_symbol(locale)


def group_sign(locale: Locale) -> str:
    """The sign between groups of digits: ',', '.', a space or an apostrophe (Unicode CLDR)."""
    return get_group_symbol(locale)


def groups_by_two(locale: Locale) -> bool:
    """Whether digits are grouped 12,34,567 as in India, rather than 1,234,567 (Unicode CLDR)."""
    return locale.decimal_formats[None].grouping == (3, 2)


def date_order(locale: Locale) -> str:
    """The order of day, month and year in the locale's short date: 'dmy', 'mdy' or 'ymd' (Unicode CLDR)."""
    pattern = str(locale.date_formats["short"].pattern).lower()
    return "".join(sorted("dmy", key=pattern.find))


def every_language() -> Iterator[tuple[str, dict]]:
    """Each language of Unicode CLDR with its own data, one at a time: about 0.4 s and 10 MB for all of them.

    The files are those that Babel brings, read as Babel reads them. Its reader keeps whatever it has read, with all
    that is inherited: 145 MB, which a worker has better use for.
    """
    for identifier in localedata.locale_identifiers():
        if "_" not in identifier:
            with open(localedata.resolve_locale_filename(identifier), "rb") as file:
                yield identifier, pickle.load(file)  # noqa: S301 - a file of the installed Babel package
