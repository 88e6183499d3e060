"""Amounts of money, each field in one currency."""

import decimal
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from babel import Locale
from babel.core import get_global
from babel.numbers import format_currency, get_currency_name, get_currency_precision, get_currency_symbol

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import shown
from .kind import Context
from .locales import locale_of, understood
from .number import Decimal, read_number

# What stands beside the digits of an amount: a code, a sign or a word.
_WORD = re.compile(r"[^\W\d_]+\.?|[$£€¥₩₹₽₺₴₫₪₦₱฿₡₲₵₸₼₾]").findall


@lru_cache(1)
def currencies() -> frozenset[str]:
    """The codes (ISO 4217) of the currencies that are legal tender somewhere today."""
    used = get_global("territory_currencies").values()
    return frozenset(code for rows in used for code, _from, until, tender in rows if tender and until is None)


@lru_cache(64)
def _names(code: str, locale: str) -> frozenset[str]:
    """How the currency may be written beside an amount."""
    known = [locale_of(one) for one in understood(locale)]
    return frozenset(
        {code.casefold()}
        | {get_currency_symbol(code, locale=one).casefold() for one in known}
        | {get_currency_name(code, count=n, locale=one).casefold() for one in known for n in (1, 2)}
    )


@dataclass(frozen=True, eq=False)
class Money(Decimal):
    """An exact amount in `currency` (EUR), with as many decimals as that currency has; negative ones are allowed.

    The currency may be typed beside the number, as a code or a sign, but no other: an amount is never converted.
    """

    currency: str = "EUR"

    name: ClassVar[str] = "money"
    settings: ClassVar[tuple[str, ...]] = ("currency", "min", "max", "required", "help", "default")

    def __post_init__(self):
        super().__post_init__()
        if self.currency not in currencies():
            raise ValueError(_("“%(found)s” is no currency in use.", found=shown(self.currency, 10)))
        object.__setattr__(self, "places", get_currency_precision(self.currency))

    def read(self, text: str, context: Context) -> decimal.Decimal:
        """The number, without the currency that stands beside it."""
        locale = locale_of(context.locale)
        for word in sorted(_names(self.currency, str(locale)), key=len, reverse=True):
            at = text.casefold().find(word)
            if at >= 0:
                text = (text[:at] + text[at + len(word) :]).strip()
                break
        # The sign may have stood before the currency: -€5.
        text = re.sub(r"^([+-]) +", r"\1", text)
        if others := _WORD(text):
            raise FieldError(
                _(
                    "Amounts here are in %(currency)s; “%(found)s” was found.",
                    currency=self.currency,
                    found=shown(others[0]),
                ),
                code="format",
                hint=_(
                    "Write the amount in %(currency)s, such as %(amount)s.",
                    currency=self.currency,
                    amount=_example(self, locale),
                ),
            )
        if self.places < 3:
            return super().read(text, context)
        return self._exact(read_number(text, locale), locale)

    def format(self, value: decimal.Decimal | None, locale: str | None = None) -> str:
        """The amount with its currency, as the locale writes it: €1,250.00, 1.250,00 €."""
        return "" if value is None else format_currency(value, self.currency, locale=locale_of(locale))


def _example(kind: Money, locale: Locale) -> str:
    return format_currency(decimal.Decimal("12.5"), kind.currency, locale=locale)
