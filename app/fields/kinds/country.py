"""Countries and their regions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import fold, one_line, shown
from .country_names import country_codes, country_name, find_countries, names_to_suggest
from .kind import Context, Kind, listed, nearest, too_long
from .locales import locale_of
from .region_names import find_region, regions_of

# Addresses there name counties and regions that ISO 3166-2 does not have (Middlesex, Greater Manchester, Alsace), so
# that its list is only an offer.
_ALSO_OTHERS = frozenset({"GB", "FR"})


@dataclass(frozen=True, eq=False)
class Country(Kind):
    """A country, stored as its ISO 3166-1 alpha-2 code and shown by its name in the viewer's language.

    Read are codes (DE, DEU, 276), names in every language of Unicode CLDR with or without accents (Germany,
    Deutschland, Österreich, Oesterreich, España) and usual names (USA, UK, England, Holland).
    """

    name: ClassVar[str] = "country"
    input: ClassVar[str] = "select"
    operators: ClassVar[tuple[str, ...]] = ("any_of", "none_of", "is", "is_not", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help", "default")
    exact_json: ClassVar[bool] = True

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The code of the country that was meant."""
        found = find_countries(text, context.locale) if len(text) <= 100 else []
        if len(found) == 1:
            return found[0]
        if found:
            names = [country_name(code, context.locale) for code in found]
            raise FieldError(
                _("“%(found)s” can mean several countries.", found=shown(text)),
                code="ambiguous",
                hint=_("Write one of: %(names)s", names=listed(names)),
            )
        locale = str(locale_of(context.locale))
        raise FieldError(
            _("A country is expected; “%(found)s” is none that is known.", found=shown(text)),
            code="unknown",
            hint=lambda: (
                nearest(text, names_to_suggest(locale)) or _("Choose it from the list, or write its code, such as DE.")
            ),
        )

    def quick(self, text: str) -> str | None:
        """The code itself."""
        return text if text in country_codes() else None

    def format(self, value: str | None, locale: str | None = None) -> str:
        """The name of the country."""
        return "" if value is None else country_name(value, locale)

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]]:
        """All countries by name."""
        return list(_options(str(locale_of(locale))))


@lru_cache(64)
def _options(locale: str) -> tuple[tuple[str, str], ...]:
    named = [(code, country_name(code, locale)) for code in country_codes()]
    return tuple(sorted(named, key=lambda pair: (fold(pair[1]), pair[0])))


@dataclass(frozen=True, eq=False)
class Region(Kind):
    """A state, canton or county, stored by its name; `country` names the field that holds the record's country.

    Where the country is known and ISO 3166-2 lists regions for it, code (BY, DE-BY) or name are expected and the
    listed name is stored; elsewhere any text of at most `max` characters (64) is taken as it is.
    """

    max: int | None = 64
    country: str = "country"

    name: ClassVar[str] = "region"
    input: ClassVar[str] = "select"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "contains", "any_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("max", "country", "required", "help")

    def clean(self, text: str) -> str:
        """Trimmed, on one line."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The name of the region."""
        regions = regions_of(context.country)
        found = find_region(text, context.country, context.locale) if regions and len(text) <= 100 else None
        if found is None and regions and context.country not in _ALSO_OTHERS:
            raise FieldError(
                _(
                    "A region of %(country)s is expected; “%(found)s” is none that is known.",
                    country=country_name(context.country, context.locale),
                    found=shown(text),
                ),
                code="unknown",
                hint=lambda: nearest(text, regions) or _("Known are: %(names)s", names=listed(regions)),
            )
        found = found or text
        if self.max is not None and len(found) > self.max:
            raise too_long(len(found), self.max)
        return found

    def options(self, locale: str | None = None, record: Any = None) -> list[tuple[str, str]] | None:
        """The regions of the record's country, None where any text may be typed."""
        country = record.get(self.country) if isinstance(record, Mapping) else getattr(record, self.country, None)
        return [(name, name) for name in regions_of(country)] or None
