"""Time zones."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from babel.core import get_global

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import fold, one_line, shown
from .kind import Context, Kind, listed, nearest

# The zone in which most people of a country live, or its capital lies, where zone.tab has several for it. The order
# of zone.tab follows the map and often begins with an island.
_MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Gaza",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "VN": "Asia/Ho_Chi_Minh",
    # Not in zone.tab.
    "XK": "Europe/Belgrade",
}
# Etc/GMT-1 is one hour *ahead* of UTC (POSIX); folding would lose the sign, so these are known by their full name only.
_OFFSET_NAME = re.compile(r".*[+-][0-9]+$").match
_FIXED_OFFSET = re.compile(r"(?:utc|gmt)? ?[+-] ?[0-9]", re.IGNORECASE).match


@dataclass(frozen=True, eq=False)
class TimeZone(Kind):
    """A time zone of the IANA database, such as Europe/Berlin; it knows when clocks change, an offset does not.

    Read are the names in any case, the place alone where only one zone has it (Berlin, New York), and the names that
    Windows and Microsoft Entra use (W. Europe Standard Time).
    """

    name: ClassVar[str] = "time_zone"
    input: ClassVar[str] = "combobox"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "any_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help", "default")
    exact_json: ClassVar[bool] = True

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The name of the zone that was meant."""
        # A name without a continent is looked up first: Singapore is also an older name of Asia/Singapore.
        if "/" in text and text in _zones():
            return text
        found = _by_name().get(fold(text), ()) if len(text) <= 100 and not _FIXED_OFFSET(text) else ()
        if len(found) == 1:
            return found[0]
        if found:
            raise FieldError(
                _("“%(found)s” can mean several time zones.", found=shown(text)),
                code="ambiguous",
                hint=_("Write one of: %(names)s", names=listed(found)),
            )
        raise FieldError(
            _("A time zone is expected; “%(found)s” is none that is known.", found=shown(text)),
            code="unknown",
            hint=lambda: _advice(text),
        )

    def quick(self, text: str) -> str | None:
        """The name itself."""
        return text if "/" in text and text in _zones() else None

    def format(self, value: str | None, locale: str | None = None) -> str:
        """The name with blanks: America/New York."""
        return (value or "").replace("_", " ")

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """The zones of all countries by name, and UTC; not the older names that mean the same."""
        return [(name, self.format(name)) for name in sorted({"UTC", *_main_names()})]


def zones_of(country: str | None) -> list[str]:
    """The time zones of a country (alpha-2 code), the one that most of it uses first."""
    main = _MAIN_ZONES.get(country or "")
    found = list(_by_country().get(country or "", ()))
    return [main, *(zone for zone in found if zone != main)] if main else found


def default_zone(country: str | None) -> str | None:
    """The zone to assume for somebody in that country; None for an unknown country or one without people's zones."""
    zones = zones_of(country)
    return zones[0] if zones and country not in ("AQ", "UM") else None


def _advice(text: str) -> str:
    if _FIXED_OFFSET(text):
        return _("Name a place instead of an offset, such as Europe/Berlin: offsets change with summer time.")
    near = nearest(text, [*_main_names(), *(name.rpartition("/")[2].replace("_", " ") for name in _main_names())])
    return near or _("Choose it from the list, or write continent and city, such as Europe/Berlin.")


@cache
def _zones() -> frozenset[str]:
    # The package's own list: zoneinfo.available_timezones() opens some 1,200 files to find the same names.
    names = files("tzdata").joinpath("zones").read_text("utf-8").split()
    return frozenset(name for name in names if not name.startswith(("posix", "right/")) and name != "Factory")


@cache
def _by_country() -> dict[str, list[str]]:
    """Zones by country, as zone.tab of the IANA database has them."""
    found: dict[str, list[str]] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _coordinates, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


@cache
def _main_names() -> tuple[str, ...]:
    return tuple(sorted(zone for zones in _by_country().values() for zone in zones))


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    """Zones by folded name and by the folded place alone; a country's own zone goes before an older name of it."""
    found: dict[str, tuple[str, ...]] = {}
    for names in (_main_names(), sorted(_zones())):
        places: dict[str, tuple[str, ...]] = {}
        for name in names:
            if _OFFSET_NAME(name):
                continue
            found.setdefault(fold(name), (name,))
            if "/" in name:
                place = fold(name.rpartition("/")[2])
                places[place] = (*places.get(place, ()), name)
        for place, zones in places.items():
            found.setdefault(place, zones)
    for windows, zone in get_global("windows_zone_mapping").items():
        if zone in _zones():
            found.setdefault(fold(windows), (zone,))
    return found
