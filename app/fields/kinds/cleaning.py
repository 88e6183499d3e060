"""What happens to every typed text before it is read: normal form, plain spaces, nothing hidden, nothing harmful."""

import re
import unicodedata

from app.i18n import gettext as _

from ..errors import FieldError

_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(f"[{_BLANKS}]+")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

# Control characters that PostgreSQL or a terminal chokes on; lone surrogates cannot be stored as UTF-8 at all.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# Invisible characters that let two values look alike or turn the text after them around (Unicode TR 36, TR 39). The
# joiners and the direction marks stay: Persian, Indic and Arabic texts and joined emoji need them. Tag characters
# stay only where they spell the flag of a region, as in the flag of Wales.
_FLAG = "(\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f)"
_REORDERING = "\u202a-\u202e\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_HIDDEN_IN_LINE = re.compile(f"{_FLAG}|[\xad\u200b\u2060-\u206f{_REORDERING}]")
_HIDDEN_IN_TEXT = re.compile(f"{_FLAG}|[{_REORDERING}]")
_HIDDEN_ANYWHERE = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# All that the two functions below change or refuse: a text without any of it is in its final form, if composed.
_UNTIDY = (
    "\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_TIDY_LINE = re.compile(f"[^ {_UNTIDY}]+(?: [^ {_UNTIDY}]+)*").fullmatch
_TIDY_LINES = re.compile(f"[^{_UNTIDY}]+(?:\n+[^{_UNTIDY}]+)*").fullmatch
_AT_ENDS = " \u200c\u200d\u200e\u200f\u061c"

# Letters that have no decomposition but are written without their stroke on other keyboards.
_PLAIN_LETTERS = {
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ß": "ss",
    "ə": "e",
}
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


class _Folding(dict):
    """What `fold` makes of each character, found out when it first comes up."""

    def __missing__(self, code: int) -> str | None:
        sign = chr(code)
        # Accents go, but not the vowel signs of Indic scripts, which are marks as well and tell words apart.
        kept = not "\u0300" <= sign <= "\u036f" and unicodedata.category(sign)[0] in "LMN"
        folded = _PLAIN_LETTERS.get(sign, sign) if kept else None
        # No more than the characters of living scripts are remembered, whatever is typed.
        if code < 0x3000:
            self[code] = folded
        return folded


_FOLDED = _Folding()


def one_line(text: str) -> str:
    """The text on one line: composed (NFC), trimmed, runs of blanks as one space; control characters are refused."""
    text = _SPACES.sub(" ", _HIDDEN_IN_LINE.sub(r"\1", _checked(text)))
    return unicodedata.normalize("NFC", text.strip(_AT_ENDS))


def many_lines(text: str) -> str:
    """The text with its own lines and indents: composed, line ends as LF, no blanks at the ends of lines or around."""
    text = _LINE_ENDS.sub("\n", _HIDDEN_IN_TEXT.sub(r"\1", _checked(text)))
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    # A text of nothing but invisible characters is no text.
    return unicodedata.normalize("NFC", text) if one_line(text) else ""


def is_tidy_line(text: str) -> bool:
    """Whether `one_line` would give just this text; a quick answer, which is no for some that are."""
    return _TIDY_LINE(text) is not None and unicodedata.is_normalized("NFC", text)


def are_tidy_lines(text: str) -> bool:
    """Whether `many_lines` would give just this text; a quick answer, which is no for some that are."""
    tidy = _TIDY_LINES(text) is not None and " \n" not in text and text[-1] != " "
    return tidy and unicodedata.is_normalized("NFC", text)


def signs(text: str) -> str:
    """One line of what is not prose (number, date, phone, e-mail): full-width forms become plain, all marks go."""
    text = unicodedata.normalize("NFKC", _HIDDEN_ANYWHERE.sub("", _checked(text)))
    return _SPACES.sub(" ", text).strip(" ")


def ascii_digits(text: str) -> str:
    """The same text with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text)


def fold(text: str) -> str:
    """A key under which names are found however they are typed: no case, no accents, no blanks, no punctuation."""
    return unicodedata.normalize("NFKD", text.casefold()).translate(_FOLDED)


def spellings(name: str) -> set[str]:
    """The keys of a name: as `fold` makes them, and with umlauts spelled out (Österreich, Oesterreich)."""
    lower = unicodedata.normalize("NFC", name.casefold())
    spelled = lower.translate(_SPELLED_OUT)
    return {fold(lower)} if spelled == lower else {fold(lower), fold(spelled)}


def shown(text: str, most: int = 40) -> str:
    """The typed text as an error repeats it: at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _checked(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        raise FieldError(
            _(
                "The text holds a control character (%(code)s) at position %(position)d, which cannot be stored.",
                code=f"U+{ord(found.group()):04X}",
                position=found.start() + 1,
            ),
            code="control",
            hint=_("Delete that character, or type the text again."),
        )
    return text
