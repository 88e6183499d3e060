"""Phone, fax and pager numbers."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import phonenumbers

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, shown, signs
from .kind import Context, Kind, too_long

# In its final form already: digits, the usual signs between them, single spaces.
_TIDY = re.compile(r"\(?\+?[0-9][0-9()/.-]*(?: [0-9()/.-]+)*").fullmatch
_TIDY_LINES = re.compile(r"(?>(?:\(?\+?[0-9][0-9()/.-]*+(?: [0-9()/.-]++)*+(?<![(/.-]))?\n)*+").fullmatch
_NUMBER = re.compile(r"\(?\+?[0-9()/.*# -]*[0-9*#)]").fullmatch
_EXTENSION = re.compile(r"[ ,;]*(?<![a-z])(?:ext(?:ension)?|x|durchwahl|dw)[ .:=]*([0-9]{1,8})$", re.IGNORECASE).search
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_TRUNK_ZERO = re.compile(r"^(\(?(?:\+|00)[0-9 ()-]*?)\(0\)")


@dataclass(frozen=True, eq=False)
class Phone(Kind):
    """A phone number as it was typed, with plain digits and single spaces; at most `max` characters (40).

    Whether such a number exists is not judged: exchanges, pagers and short internal numbers are all real. Letters
    are refused, but for an extension (ext. 12, x12, extension 12, Durchwahl 12, DW 12), which is kept.
    """

    max: int | None = 40

    name: ClassVar[str] = "phone"
    input: ClassVar[str] = "tel"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is", "starts", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("max", "required", "help")
    tidy_lines: ClassVar = _TIDY_LINES
    longest_typed: ClassVar[int] = 200

    def clean(self, text: str) -> str:
        """One line, plain digits and hyphens, without a leading 'tel:' as address books copy it."""
        text = ascii_digits(signs(text)).translate(_DASHES)
        return text[4:].strip() if text[:4].lower() == "tel:" else text

    def read(self, text: str, context: Context) -> str:
        """The number as typed."""
        number, _extension = split_extension(text)
        if not _NUMBER(number) or not any(sign.isdigit() for sign in number):
            raise FieldError(
                _("A phone number is expected; “%(found)s” holds something else.", found=shown(text)),
                code="format",
                hint=_("Use digits, spaces and + ( ) - / only, such as +49 30 1234567 ext. 12."),
            )
        if self.max is not None and len(text) > self.max:
            raise too_long(len(text), self.max)
        return text

    def quick(self, text: str) -> str | None:
        """The number itself, when it is tidy and has no extension: the phone library is not asked."""
        return (
            text if len(text) <= (self.max or self.longest_typed) and _TIDY(text) and text[-1] not in "(/.-" else None
        )


def split_extension(value: str) -> tuple[str, str]:
    """The number and its extension ('' if there is none): '+1 555 0100 x12' is ('+1 555 0100', '12')."""
    found = _EXTENSION(value)
    number = value[: found.start()] if found else ""
    return (number, found[1]) if any(sign.isdigit() for sign in number) else (value, "")


def digits(value: str | None) -> str:
    """The digits of a number without its extension, to compare numbers by; a trunk zero as in +49 (0)30 is left out."""
    number = split_extension(_TRUNK_ZERO.sub(r"\1", value or ""))[0]
    return "".join(sign for sign in ascii_digits(number) if sign.isdigit())


@lru_cache(10_000)
def tel(value: str | None, region: str | None = None) -> str | None:
    """The link that dials a number (RFC 3966), such as 'tel:+49-30-1234567;ext=12'.

    `region` is the ISO 3166-1 country in which a number without + is dialled. None when the full number cannot be
    known, as for short internal numbers.
    """
    number, extension = split_extension(value or "")
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    if extension:
        parsed.extension = extension
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.RFC3966)
