"""Search as you type: what begins with the typed text first, by index; only when that is little, what contains it.

The cost does not grow with the number of records: each way in reads at most `MOST` entries of one index.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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
    literal,
    literal_column,
    select,
    union_all,
)

from app.fields.folding import like, sought
from app.fields.kinds import digits
from app.fields.record import Record
from tenants import fetch

MOST = 200
FEW = 20
# So many entries of another table are looked at when further words narrow them down.
WIDE = 50_000
# The rank of what only contains the words: behind every other way in.
LAST = 10


@dataclass(frozen=True)
class Search:
    """How one noun is searched: folded keys with an index each, the column that holds all its text, other ways in."""

    keys: tuple[ColumnElement, ...]
    text: ColumnElement
    # (pattern of the first word, limit) -> query of ids, for what stands in other tables.
    others: tuple[Callable[[ColumnElement, int], Select], ...] = ()
    # The condition of what is found at all: who is left out here is still in lists and their filters.
    only: ColumnElement[bool] | None = None


@dataclass(frozen=True)
class Words:
    """What was typed: how it shapes the statement, and what it binds in it."""

    # Which of the words may be a phone number, whether all of them together are one, and whether they are long enough
    # to look for in the midst of a text.
    numbers: tuple[bool, ...]
    number: bool
    long: bool
    values: dict[str, Any] = field(compare=False)


def words_of(typed: str) -> Words | None:
    """What was typed, None where there is nothing to look for."""
    words = sought(typed).split()
    if not words:
        return None
    values: dict[str, Any] = {"whole": like(" ".join(words)), "number": _number(" ".join(words))}
    for place, word in enumerate(words):
        values |= {f"word_{place}": like(word), f"number_{place}": _number(word)}
    numbers = tuple(bool(values[f"number_{place}"]) for place in range(len(words)))
    return Words(numbers, bool(values["number"]), len("".join(words)) >= 2, values)


def find(search: Search, model: type[Record], base: Select, typed: str, most: int = MOST) -> tuple[list[int], bool]:
    """The ids of the records in `base` that match, the best first, and whether there are more than `most`."""
    words = words_of(typed)
    if words is None:
        return [], False
    found = [row[0] for row in fetch(matches(search, model, base, words), {**words.values, "hits": most + 1})]
    return found[:most], len(found) > most


# Made once for so many words: making it costs more than its answer. See lists.
@lru_cache(100)
def matches(search: Search, model: type[Record], base: Select, words: Words) -> Select:
    """The hits in `base`, the best first: id, rank and key; at most as many as are bound to `hits`.

    First what begins with the first word and contains the others. Only when that is little, what contains all of
    them: PostgreSQL looks at the number before it begins with it.
    """
    most = bindparam("hits", type_=Integer)
    base = base if search.only is None else base.where(search.only)
    begins = _beginning(search, model, base, words, most).cte("begins")
    hits = select(begins.c.id, begins.c.rank, begins.c.key)
    if words.long:
        # The first word is asked for twice: behind row-level security PostgreSQL has no statistics of texts, takes
        # three letters to be in every twenty-fifth of them, and would read the whole table rather than the index.
        everywhere = and_(
            *[_anywhere(search, place, number) for place, number in [(0, words.numbers[0]), *enumerate(words.numbers)]]
        )
        if words.number:
            everywhere |= search.text.like("%" + bindparam("number", type_=Text) + "%")
        # As many as are wanted are enough, too: when the list is full, nothing else is looked at.
        few = select(func.count()).select_from(begins).scalar_subquery() < func.least(FEW, most)
        # Planned as if all were wanted, which is by the index, and read only as far as the limit: told of the limit,
        # PostgreSQL would read the table in the hope of finding enough soon, and find nothing.
        contains = base.with_only_columns(model.id.label("id")).where(everywhere, few)
        contains = contains.cte("contains").prefix_with("MATERIALIZED")
        others = select(contains.c.id, literal(LAST).label("rank"), literal("", Text).label("key"))
        others = others.where(contains.c.id.not_in(select(begins.c.id))).limit(most).subquery("others")
        hits = hits.union_all(others.select())
    hits = hits.subquery("hits")
    return select(hits.c.id, hits.c.rank, hits.c.key).order_by(hits.c.rank, hits.c.key, hits.c.id).limit(most)


def _beginning(search: Search, model: type[Record], base: Select, words: Words, most: ColumnElement) -> Select:
    """What begins with the first word and contains the others, each once, by the best way in."""
    rest = [_anywhere(search, place, number) for place, number in enumerate(words.numbers) if place]
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
            base.with_only_columns(
                model.id.label("id"), literal_column(str(LAST - 1)).label("rank"), search.keys[0].label("key")
            )
            .where(here)
            .limit(most)
        )
    together = union_all(*[arm.subquery().select() for arm in arms]).subquery()
    return select(
        together.c.id, func.min(together.c.rank).label("rank"), func.min(together.c.key).label("key")
    ).group_by(together.c.id)


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
