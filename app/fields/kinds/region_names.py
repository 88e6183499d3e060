"""The regions of each country (ISO 3166-2) and the names people give them."""

import gettext
import re
from functools import lru_cache

import pycountry

from .cleaning import fold, spellings
from .locales import understood

_NOTE = re.compile(r" *(?:\[[^]]*\]|\([^)]*\))$")
_LIST = re.compile(r" (?:and|y|et) ")

# Where the list has a name that is not the one of most of the people there.
_BETTER_NAMES = {"CH-BE": "Bern"}

# English names that pycountry's translations lack, and short forms that everybody uses.
_OTHER_NAMES = {
    "AT-2": "Carinthia",
    "AT-3": "Lower Austria",
    "AT-4": "Upper Austria",
    "AT-6": "Styria",
    "AT-7": "Tyrol",
    "AT-9": "Vienna",
    "BE-VLG": "Flanders",
    "BE-WAL": "Wallonia",
    "BE-BRU": "Brussels",
    "CH-BS": "Basel",
    "CH-GE": "Geneva",
    "CH-LU": "Lucerne",
    "CH-SG": "St. Gallen",
    "DE-BW": "BaWü",
    "DE-BY": "Bavaria",
    "DE-HE": "Hesse",
    "DE-MV": "Mecklenburg-Western Pomerania, MeckPomm",
    "DE-NI": "Lower Saxony",
    "DE-NW": "North Rhine-Westphalia, NRW",
    "DE-RP": "Rhineland-Palatinate",
    "DE-SN": "Saxony",
    "DE-ST": "Saxony-Anhalt",
    "DE-TH": "Thuringia",
    "US-DC": "Washington DC",
}


@lru_cache(300)
def regions_of(country: str | None) -> tuple[str, ...]:
    """The names of the country's regions in alphabetical order; empty for an unknown country or one without."""
    return tuple(sorted({_name(region) for region in _listed(country)}, key=fold))


def find_region(text: str, country: str, locale: str | None = None) -> str | None:
    """The listed name for a code (BY, DE-BY) or a name in the viewer's language, English, German or French."""
    known = _index(country, (*understood(locale), "fr"))
    return known.get(text.upper()) or known.get(fold(text))


def _listed(country: str | None) -> list:
    return (
        sorted(pycountry.subdivisions.get(country_code=country) or (), key=lambda region: region.code)
        if country
        else []
    )


def _name(region) -> str:
    """The readable name: 'Madrid, Comunidad de' is 'Comunidad de Madrid', notes in brackets are left out."""
    if region.code in _BETTER_NAMES:
        return _BETTER_NAMES[region.code]
    name = _NOTE.sub("", region.name)
    head, comma, tail = name.partition(", ")
    return name if not comma or _LIST.search(tail) else f"{tail} {head}"


@lru_cache(300)
def _index(country: str, locales: tuple[str, ...]) -> dict[str, str]:
    """Name by code (upper case) and by folded name; the first of two regions of one name is meant by it."""
    found: dict[str, str] = {}
    regions = [(region, _name(region)) for region in _listed(country)]
    translations = [_translation(locale) for locale in locales]
    for region, name in regions:
        found[region.code.upper()] = found[region.code.partition("-")[2].upper()] = name
        for key in spellings(name):
            found.setdefault(key, name)
    for region, name in regions:
        bare = _NOTE.sub("", region.name).partition(", ")[0]
        others = (
            *_OTHER_NAMES.get(region.code, "").split(", "),
            bare,
            region.name,
            *(one.gettext(region.name) for one in translations),
        )
        for key in {key for other in others for key in spellings(other)} - {""}:
            found.setdefault(key, name)
    return found


@lru_cache(16)
def _translation(locale: str) -> gettext.NullTranslations:
    return gettext.translation("iso3166-2", pycountry.LOCALES_DIR, [locale], fallback=True)
