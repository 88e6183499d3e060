"""The countries of ISO 3166-1 and the names people give them.

Everything is loaded when it is first asked for: codes and English names from pycountry, names in the viewer's
language, English, German and French from Babel, and only for a name that is in none of these, all languages.
"""

import re
from functools import cache, lru_cache

import pycountry
from babel.core import get_global

from .cleaning import fold, spellings
from .locales import every_language, locale_of, understood

# Not in ISO 3166-1 but assigned by everybody who needs it, Unicode CLDR and the European Union among them.
_KOSOVO = "XK"

# Names in daily use that are no official name of the country, or belong to a part of it. The single letters are the
# signs on number plates, which stand before postcodes in many an address book.
_USUAL_NAMES = {
    "AE": "UAE, VAE, Emirates, Emirate",
    "AT": "A",
    "BA": "Bosnia, Bosnien, BiH",
    "BY": "Weißrussland, White Russia, Byelorussia",
    "CD": "DRC, DR Congo, DR Kongo, Democratic Republic of Congo, Congo-Kinshasa, Zaire",
    "CG": "Congo-Brazzaville, Republic of Congo",
    "CH": "Helvetia",
    "CI": "Ivory Coast",
    "CN": "PRC, PR China, VR China, Mainland China",
    "CV": "Cape Verde",
    "CZ": "Czech Republic, Tschechische Republik, Tschechei",
    "DE": "D, BRD, FRG, Bundesrepublik, Bundesrepublik Deutschland, Federal Republic of Germany",
    "ES": "E",
    "FM": "Micronesia",
    "FR": "F",
    "GB": "UK, Britain, Great Britain, Großbritannien, Grande-Bretagne, England, Scotland, Schottland, Wales, "
    "Northern Ireland, Nordirland",
    "GR": "EL, Hellas",
    "HK": "Hongkong, Hong Kong",
    "IE": "Eire, Republic of Ireland, Republik Irland, Southern Ireland",
    "IR": "Persia",
    "IT": "I",
    "KP": "North Korea, DPRK",
    "KR": "South Korea, Republic of Korea",
    "LI": "FL",
    "MK": "Macedonia, Mazedonien, FYROM",
    "MM": "Burma, Birma",
    "MO": "Macau, Macao",
    "NL": "Holland",
    "PS": "Palestine, Palästina",
    "RU": "Russia",
    "SA": "KSA",
    "SZ": "Swaziland, Swasiland",
    "TL": "East Timor, Osttimor",
    "TR": "Turkey, Türkei, Turkiye",
    "US": "USA, US of A, United States, States, America, Amerika, Vereinigte Staaten, VSA",
    "VA": "Vatican, Vatikan, Vatican City, Holy See",
    "XK": "Kosovo, XKX",
}
_ARTICLE = re.compile(r"(?:the|die|der|das|les?|la) ", re.IGNORECASE)


@cache
def country_codes() -> frozenset[str]:
    """The alpha-2 codes: those of ISO 3166-1, and XK for Kosovo."""
    return frozenset({country.alpha_2 for country in pycountry.countries} | {_KOSOVO})


def country_name(code: str, locale: str | None = None) -> str:
    """The name in the viewer's language (Unicode CLDR); the code itself where there is none."""
    return locale_of(locale).territories.get(code) or locale_of("en").territories.get(code) or code


def find_countries(text: str, locale: str | None = None) -> list[str]:
    """The codes of the countries that the text may mean: one when it is clear, several or none when not."""
    for attempt in dict.fromkeys((text, _ARTICLE.sub("", text, count=1))):
        key = fold(attempt)
        found = _by_code(key.upper()) or _usual_names().get(key)
        for known in (*understood(locale), "fr"):
            found = found or _names_in(known).get(key)
        if found:
            return [found]
    return sorted(_names_everywhere().get(fold(text), ()))


@lru_cache(64)
def names_to_suggest(locale: str) -> tuple[str, ...]:
    """The names in the viewer's language, English and German, for 'did you mean'."""
    return tuple({country_name(code, known) for known in understood(locale) for code in country_codes()})


def _by_code(code: str) -> str | None:
    """The country of an alpha-2, alpha-3 or numeric code, also of one that was renamed since (Burma: BU)."""
    if code in country_codes():
        return code
    country = None
    if len(code) == 3:
        by_digits = code.isascii() and code.isdigit()
        country = pycountry.countries.get(numeric=code) if by_digits else pycountry.countries.get(alpha_3=code)
    if country:
        return country.alpha_2
    renamed = get_global("territory_aliases").get(code, ())
    return renamed[0] if len(renamed) == 1 and renamed[0] in country_codes() else None


@cache
def _usual_names() -> dict[str, str]:
    """Country by folded name: our own list and the English names of ISO 3166-1, short, common and official."""
    found = {key: code for code, names in _USUAL_NAMES.items() for name in names.split(", ") for key in spellings(name)}
    for country in pycountry.countries:
        for which in ("name", "common_name", "official_name"):
            for key in spellings(getattr(country, which, "")):
                found.setdefault(key, country.alpha_2)
    found.pop("", None)
    return found


@lru_cache(64)
def _names_in(locale: str) -> dict[str, str]:
    """Country by folded name in one language."""
    names = locale_of(locale).territories
    return {key: code for code, name in names.items() if code in country_codes() for key in spellings(name)}


@cache
def _names_everywhere() -> dict[str, set[str]]:
    """Countries by folded name in all languages; a few names mean another country in another language."""
    found: dict[str, set[str]] = {}
    for _language, data in every_language():
        for code, name in data.get("territories", {}).items():
            if code in country_codes():
                for key in spellings(name):
                    found.setdefault(key, set()).add(code)
    return found
