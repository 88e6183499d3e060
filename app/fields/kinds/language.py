"""Languages, for mail and for the interface."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar

from babel import Locale, UnknownLocaleError, localedata
from babel.languages import get_official_languages

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import fold, one_line, shown, spellings
from .kind import Context, Kind, nearest
from .locales import every_language, locale_of, understood


@dataclass(frozen=True, eq=False)
class Language(Kind):
    """A language, with or without a country, stored as its BCP 47 tag: de, de-AT, zh-Hant.

    Read are tags with hyphen or underscore in any case (de_DE, DE-de), and names in the viewer's language, English,
    German and the language itself (German, Deutsch, German (Austria), français).
    """

    name: ClassVar[str] = "language"
    input: ClassVar[str] = "combobox"
    operators: ClassVar[tuple[str, ...]] = ("any_of", "is", "is_not", "starts", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help", "default")
    exact_json: ClassVar[bool] = True

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The tag of the language that was meant."""
        found = _tag(text)
        for known in understood(context.locale):
            found = found or _names_in(known).get(fold(text))
        found = found or _by_own_name().get(fold(text))
        if found is None:
            locales = understood(context.locale)
            raise FieldError(
                _("A language is expected; “%(found)s” is none that is known.", found=shown(text)),
                code="unknown",
                hint=lambda: (
                    nearest(text, [label for locale in locales for _tag, label in _options(locale)])
                    or _("Choose it from the list, or write its code, such as de or en-US.")
                ),
            )
        return found

    def format(self, value: str | None, locale: str | None = None) -> str:
        """The name in the viewer's language: German (Austria)."""
        return "" if value is None else _name(value, str(locale_of(locale)))

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """Languages, and languages of the countries where they are official, by name."""
        return list(_options(str(locale_of(locale))))


def _tag(text: str) -> str | None:
    """The BCP 47 tag of a locale that Babel has, None if it has none such."""
    typed = text.replace("-", "_")
    if not (2 <= len(typed) <= 12 and typed.replace("_", "").isalnum() and typed.isascii()):
        return None
    try:
        found = Locale.parse(typed, resolve_likely_subtags=False)
    except (UnknownLocaleError, ValueError):
        return _tag_of_script_language(typed)
    return None if found.variant or found.language == "root" else str(found).replace("_", "-")


def _tag_of_script_language(typed: str) -> str | None:
    # Chinese as in Taiwan is filed with its script (zh_Hant_TW); the tag needs none. Parts that were not typed do not
    # count as found, or 'ur_XX' would become a language of its likely country.
    try:
        found = Locale.parse(typed)
    except (UnknownLocaleError, ValueError):
        return None
    language, _sep, territory = typed.partition("_")
    same = found.language == language.lower() and found.territory == territory.upper()
    return f"{found.language}-{found.territory}" if same and territory else None


@cache
def _tags() -> tuple[str, ...]:
    """The languages that are offered: each by itself, and in each country where it is official."""
    found = []
    for identifier in localedata.locale_identifiers():
        language, _sep, rest = identifier.partition("_")
        official = len(rest) == 2 and language in get_official_languages(rest, regional=True, de_facto=True)
        if identifier != "root" and (
            not rest or official or identifier in ("zh_Hans", "zh_Hant", "sr_Latn", "sr_Cyrl")
        ):
            found.append(identifier.replace("_", "-"))
    return tuple(found)


@lru_cache(64)
def _options(locale: str) -> tuple[tuple[str, str], ...]:
    named = [(tag, _name(tag, locale)) for tag in _tags()]
    return tuple(sorted(named, key=lambda pair: (fold(pair[1]), pair[0])))


@lru_cache(4_096)
def _name(tag: str, locale: str) -> str:
    """The name of a tag in a language, without loading the language itself (Unicode CLDR)."""
    names, english = locale_of(locale), locale_of("en")
    language, *parts = tag.split("-")
    name = names.languages.get(language) or english.languages.get(language) or language
    notes = [(names.scripts if len(part) == 4 else names.territories).get(part) or part for part in parts]
    return f"{name} ({', '.join(notes)})" if notes else name


@lru_cache(64)
def _names_in(locale: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, name in _options(locale):
        for key in spellings(name):
            found.setdefault(key, tag)
    return found


@cache
def _by_own_name() -> dict[str, str]:
    """Language by its name in itself."""
    found: dict[str, str] = {}
    for language, data in every_language():
        for key in spellings(data.get("languages", {}).get(language, "")):
            found.setdefault(key, language)
    found.pop("", None)
    return found
