"""Why a record was found: where in its texts the typed words stand, told as the database compares them."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.fields.folding import sought
from app.fields.kinds import digits

from . import search

# A text in parts, each with whether it was typed.
Parts = list[tuple[str, bool]]

_LETTERS = str.maketrans(
    dict(zip("ØøŁłĐđıÐð", "oollddidd", strict=True)) | {"ß": "ss", "Œ": "oe", "œ": "oe", "Æ": "ae", "æ": "ae"}
)


@dataclass(frozen=True)
class Said:
    """A text that may hold what was typed: what it is, and whether it is a phone number."""

    label: str
    text: str
    number: bool = False


class Typed:
    """The words that were typed, and the numbers that they may be."""

    def __init__(self, typed: str):
        words = search.words_of(typed)
        self.words = [_folded(word)[0] for word in sought(typed).split()]
        count = range(len(self.words))
        self.numbers = [words.values[f"number_{place}"] for place in count] if words else []
        self.number = words.values["number"] if words else ""

    def parts(self, said: Said) -> Parts:
        """The text, cut where the typed words begin and end."""
        spans = self._of_number(said, self.number)
        spans = spans or sorted(span for place in range(len(self.words)) for span in self.spans(said, place))
        found, at = [], 0
        for start, end in spans:
            if start < at:
                continue
            found += [(said.text[at:start], False)] if start > at else []
            found.append((said.text[start:end], True))
            at = end
        return found + ([(said.text[at:], False)] if at < len(said.text) or not found else [])

    def why(self, name: Said, others: Iterable[Said]) -> list[tuple[str, Parts]]:
        """The texts that hold what the name does not, each with its label; none where the name says it all."""
        others = [one for one in others if one.text]
        missing = [place for place in range(len(self.words)) if not self.spans(name, place)]
        if missing and self.number:
            whole = next((one for one in others if self._of_number(one, self.number)), None)
            if whole:
                return [(whole.label, self.parts(whole))]
        found: dict[Said, None] = {}
        for place in missing:
            holds = next((one for one in others if self.spans(one, place)), None)
            if holds:
                found[holds] = None
        return [(one.label, self.parts(one)) for one in found]

    def spans(self, said: Said, place: int) -> list[tuple[int, int]]:
        """Where in the text this word stands, if it does."""
        text, places = _folded(said.text)
        at = text.find(self.words[place])
        if at >= 0:
            return [(places[at], places[at + len(self.words[place]) - 1] + 1)]
        return self._of_number(said, self.numbers[place])

    def _of_number(self, said: Said, number: str) -> list[tuple[int, int]]:
        if not number or not said.number:
            return []
        places = [place for place, sign in enumerate(said.text) if sign.isdigit()]
        at = "".join(said.text[place] for place in places).find(number)
        if at < 0:
            # With a trunk zero, as in +49 (0)30, the number is not in one piece: all of it is what was typed.
            return [(0, len(said.text))] if number in digits(said.text) else []
        return [(places[at], places[at + len(number) - 1] + 1)]


def _folded(text: str) -> tuple[str, list[int]]:
    """A text as `extensions.fold` writes it, and for each of its signs the place in the text that it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    signs, places = [], []
    for place, sign in enumerate(text):
        for plain in unicodedata.normalize("NFKD", sign).translate(_LETTERS).lower():
            if not "\u0300" <= plain <= "\u036f":
                signs.append(plain)
                places.append(place)
    return "".join(signs), places
