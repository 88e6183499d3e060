"""Search as you type: what begins with the typed text first, by index; only when that is little, what contains it.

The cost does not grow with the number of records: each way in reads at most `MOST` entries of one index.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from app.fields.folding import like, sought
from app.fields.kinds import digits
from app.fields.record import Record
from tenants import db

MOST = 200
FEW = 20
# So many entries of another table are looked at when further words narrow them down.
WIDE = 50_000


@dataclass(frozen=True)
class Search:
    """How one noun is searched: folded keys with an index each, the column that holds all its text, other ways in."""

    keys: tuple[ColumnElement, ...]
    text: ColumnElement
    # (pattern of the first word, limit) -> query of ids, for what stands in other tables.
    others: tuple[Callable[[ColumnElement, int], Select], ...] = ()


def find(search: Search, model: type[Record], base: Select, typed: str, most: int = MOST) -> tuple[list[int], bool]:
    """The ids of the records in `base` that match, the best first, and whether there are more than `most`."""
    words = sought(typed).split()
    if not words:
        return [], False
    values: dict[str, Any] = {"whole": like(" ".join(words)), "most": most + 1}
    for place, word in enumerate(words):
        values |= {f"word_{place}": like(word), f"number_{place}": _number(word)}
    numbers = tuple(bool(values[f"number_{place}"]) for place in range(len(words)))
    rows = db.session.execute(_beginning(search, model, base, numbers), values).all()
    found = [row[0] for row in rows]
    if len(found) < FEW and len("".join(words)) >= 2:
        values["number"] = _number(" ".join(words))
        known = dict.fromkeys(found)
        more = db.session.scalars(_containing(search, model, base, numbers, bool(values["number"])), values)
        found += [record_id for record_id in more if record_id not in known]
    return found[:most], len(found) > most


# Making these statements costs as much as running them, so they are made once for so many words; see lists.


@lru_cache(100)
def _beginning(search: Search, model: type[Record], base: Select, numbers: tuple[bool, ...]) -> Select:
    """The ids of what begins with the first word and contains the others, those of the better way in first.

    `numbers` says which of the words may be a phone number.
    """
    most = bindparam("most", type_=Integer)
    rest = [_anywhere(search, place, number) for place, number in enumerate(numbers) if place]
    first = _folded("word_0") + "%"
    arms = [
        base.with_only_columns(model.id.label("id"), literal_column(str(rank)).label("rank"), key.label("key"))
        .where(key.like(first, escape="\\"), *rest)
        .order_by(key, model.id)
        .limit(most)
        for rank, key in enumerate(search.keys)
    ]
    whole = _folded("whole") + "%"
    for other in search.others:
        # The name of a company may have several words; or the first names the company and the others the person.
        here = model.id.in_(other(whole, most))
        if rest:
            here |= and_(model.id.in_(other(first, WIDE)), *rest)
        arms.append(
            base.with_only_columns(model.id.label("id"), literal_column("9").label("rank"), search.keys[0].label("key"))
            .where(here)
            .limit(most)
        )
    together = union_all(*[arm.subquery().select() for arm in arms]).subquery()
    return (
        select(together.c.id)
        .group_by(together.c.id)
        .order_by(func.min(together.c.rank), func.min(together.c.key), together.c.id)
    )


@lru_cache(100)
def _containing(search: Search, model: type[Record], base: Select, numbers: tuple[bool, ...], number: bool) -> Select:
    """The ids of what contains every word, or all of them together as a phone number."""
    everywhere = and_(*[_anywhere(search, place, number) for place, number in enumerate(numbers)])
    if number:
        everywhere |= search.text.like("%" + bindparam("number", type_=Text) + "%")
    return base.with_only_columns(model.id).where(everywhere).limit(bindparam("most", type_=Integer))


def _folded(name: str) -> ColumnElement[str]:
    return func.extensions.fold(bindparam(name, type_=Text), type_=Text)


def _anywhere(search: Search, place: int, number: bool) -> ColumnElement[bool]:
    """A word anywhere in the record's text; a phone number however it is written."""
    plain = search.text.like("%" + _folded(f"word_{place}") + "%", escape="\\")
    return plain | search.text.like("%" + bindparam(f"number_{place}", type_=Text) + "%") if number else plain


def _number(typed: str) -> str:
    """The digits to look for when a phone number was typed, without the prefixes that need not stand there; else ''."""
    number = digits(typed).lstrip("0")
    if len(number) < 4 or any(sign.isalpha() for sign in typed):
        return ""
    if typed.startswith(("+", "00", "(+")):
        try:
            national = str(phonenumbers.parse(f"+{number}").national_number)
        except phonenumbers.NumberParseException:
            return number
        return national if len(national) >= 4 else number
    return number
