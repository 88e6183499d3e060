"""Search as you type: what begins with the typed text first, by index; only when that is little, what contains it.

The cost does not grow with the number of records: each way in reads at most `MOST` entries of one index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import phonenumbers
from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select, union_all

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
    rest = [_anywhere(search, word) for word in words[1:]]
    first = func.extensions.fold(like(words[0])) + "%"
    arms = [
        base.with_only_columns(model.id.label("id"), literal_column(str(rank)).label("rank"), key.label("key"))
        .where(key.like(first, escape="\\"), *rest)
        .order_by(key, model.id)
        .limit(most + 1)
        for rank, key in enumerate(search.keys)
    ]
    whole = func.extensions.fold(like(" ".join(words))) + "%"
    for other in search.others:
        # The name of a company may have several words; or the first names the company and the others the person.
        here = model.id.in_(other(whole, most + 1))
        if rest:
            here |= and_(model.id.in_(other(first, WIDE)), *rest)
        arms.append(
            base.with_only_columns(model.id.label("id"), literal_column("9").label("rank"), search.keys[0].label("key"))
            .where(here)
            .limit(most + 1)
        )
    found = _ids(arms)
    if len(found) < FEW and len("".join(words)) >= 2:
        everywhere = and_(*[_anywhere(search, word) for word in words])
        if number := _number(" ".join(words)):
            everywhere |= search.text.like(f"%{number}%")
        known = dict.fromkeys(found)
        more = base.with_only_columns(model.id).where(everywhere).limit(most + 1)
        found += [record_id for record_id in db.session.scalars(more) if record_id not in known]
    return found[:most], len(found) > most


def _anywhere(search: Search, word: str) -> ColumnElement[bool]:
    """The word anywhere in the record's text; a phone number however it is written."""
    plain = search.text.like("%" + func.extensions.fold(like(word)) + "%", escape="\\")
    number = _number(word)
    return plain | search.text.like(f"%{number}%") if number else plain


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


def _ids(arms: Sequence[Select]) -> list[int]:
    """The ids of all arms, each once, those of the better way in first."""
    together = union_all(*[arm.subquery().select() for arm in arms]).subquery()
    rows = (
        select(together.c.id)
        .group_by(together.c.id)
        .order_by(func.min(together.c.rank), func.min(together.c.key), together.c.id)
    )
    return list(db.session.scalars(rows))
