"""What a field can be. One class a kind; none of them knows a table, a form or a page."""

from .among import Among
from .choice import Choice, Choices, Suggested, YesNo
from .colour import Colour
from .country import Country, Region
from .country_names import country_codes, country_name
from .date import Date
from .duration import Duration, clock
from .email import Email
from .kind import Context, Kind
from .language import Language
from .moment import DateTime
from .money import Money
from .number import Decimal, Whole
from .phone import Phone, digits, split_extension, tel
from .reference import Reference
from .settings import KINDS, from_settings
from .several import Lines, Several
from .text import LongText, Text
from .url import Url
from .zone import TimeZone, default_zone, zones_of

__all__ = [
    "KINDS",
    "Among",
    "Choice",
    "Choices",
    "Colour",
    "Context",
    "Country",
    "Date",
    "DateTime",
    "Decimal",
    "Duration",
    "Email",
    "Kind",
    "Language",
    "Lines",
    "LongText",
    "Money",
    "Phone",
    "Reference",
    "Region",
    "Several",
    "Suggested",
    "Text",
    "TimeZone",
    "Url",
    "Whole",
    "YesNo",
    "clock",
    "country_codes",
    "country_name",
    "default_zone",
    "digits",
    "from_settings",
    "split_extension",
    "tel",
    "zones_of",
]
