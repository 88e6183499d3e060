"""A full name as people write it, in English and German: parted into prefix, first, middle and last name and suffix."""

import re
from typing import Any

from nameparser import HumanName
from nameparser.config import Constants

from app.fields.errors import FieldError
from app.fields.kinds import Context, Text
from app.fields.kinds.kind import too_long
from app.i18n import gettext as _

LONGEST = {"title": 128, "first_name": 64, "middle_name": 64, "last_name": 64, "suffix": 64}
PARTS = tuple(LONGEST)
# What the library calls them.
_CALLED = dict(zip(PARTS, ("title", "first", "middle", "last", "suffix"), strict=True))

# German titles that the library does not know yet, or reads as names; without the last point, as it compares them.
_TITLES = (
    *("univ.-prof", "o.-univ.-prof", "ao.-univ.-prof", "a.-o.-univ.-prof", "jun.-prof", "hon.-prof", "apl.-prof"),
    *("mag", "ing", "h.c", "mult", "habil", "stb", "hochw", "dkfm", "dkffr", "bgm", "mmag", "ddr"),
    *(f"dipl.-{of}" for of in ("kfm", "kffr", "kauffr", "inf", "math", "phys", "chem", "biol", "psych", "jur", "päd")),
    *(f"dipl.-{of}" for of in ("ing", "inform", "betriebsw", "volksw", "oec", "wirt.-ing", "wirtsch.-ing", "wi.-ing")),
    *("ra", "rain", "rä", "notar", "notarin", "hr", "fr"),
)
_SUFFIXES = ("sen", "junior", "senior", "jun")
_PARTICLES = ("graf", "gräfin", "freiherr", "freifrau", "baron", "zum", "zur", "vom")
# Written after a title and in brackets: no nickname.
_IN_BRACKETS = re.compile(r"\((FH|TH|Univ\.?|HTL|DH|BA)\)", re.IGNORECASE)
_SPACED = re.compile(r"\bh\. c\.", re.IGNORECASE)


def _vocabulary() -> Constants:
    known = Constants()
    known.titles.add(*_TITLES)
    known.suffix_not_acronyms.add(*_SUFFIXES)
    known.prefixes.add(*_PARTICLES)
    return known


_KNOWN = _vocabulary()


def parted(typed: str) -> dict[str, str | None]:
    """The five parts of a full name, None for each that it has not; a name in quotation marks is a middle one."""
    bracketed = [f"({found})" for found in _IN_BRACKETS.findall(typed)]
    name = HumanName(_SPACED.sub("h.c.", _IN_BRACKETS.sub(" ", typed)), constants=_KNOWN)
    found = {part: getattr(name, called) or None for part, called in _CALLED.items()}
    if bracketed:
        found["title"] = " ".join(filter(None, (found["title"], *bracketed)))
    if name.nickname:
        found["middle_name"] = " ".join(filter(None, (found["middle_name"], f"“{name.nickname}”")))
    if found["first_name"] and not found["last_name"] and found["suffix"] and found["suffix"].casefold() in _SUFFIXES:
        # Sen and Jun are family names, too.
        found["last_name"], found["suffix"] = found["suffix"], None
    return found


class FullName(Text):
    """A whole name on one line, of which at least a first and a last name can be read."""

    longest_typed = 1_000
    # Who filters looks for a part of the name, which need be no whole one.
    operators = ("contains", "starts", "empty", "not_empty")

    def read(self, text: str, context: Context) -> str:
        """The name, if it has both."""
        text = super().read(text, context)
        found = parted(text)
        for part, most in LONGEST.items():
            if len(found[part] or "") > most:
                raise too_long(len(found[part]), most)
        if not (found["first_name"] and found["last_name"]):
            raise FieldError(
                _("A first and a last name are expected, such as Anna Müller."),
                code="format",
                hint=_("Write both, with a space between them, or fill in the parts of the name."),
            )
        return text

    @staticmethod
    def parts(value: str | None) -> dict[str, Any]:
        """The parts, as the fields they are kept in."""
        return parted(value or "")
