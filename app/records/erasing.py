"""Erasing for good what is kept about a record. Nothing but this rewrites the journal.

Each noun registers what it holds of such a record as a part. All parts run in one transaction; what they emptied is
listed without the values, and the list, with its hash, is the certificate. The question before is answered by the same
parts: they are run and taken back, so that the page says exactly what will go.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Integer,
    Table,
    Text,
    case,
    cast,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.fields.kinds import LongText
from app.fields.record import Record
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import Tenanted, db

from . import naming, statements, undo, write
from .actor import Actor
from .erased import Erased, Erasure, WasErased
from .errors import Conflict
from .models import Operation

OWN = frozenset(Record.__annotations__)
SHORTEST = 3


class ErasedAlready(Conflict):
    """A record can be erased once."""

    sentence = _l("The personal data of this person was erased already.")


@dataclass
class Subject:
    """The record that is erased, with those merged into it, and how it is known elsewhere."""

    model: type[Record]
    id: int
    ids: list[int]
    # Everything it was ever called, and those of these words, and of its addresses, that nobody else bears.
    names: list[str]
    mentions: list[str]
    # Values, in small letters, by which a row that somebody sent is known to be about it.
    keys: list[str]
    # What it is called from now on.
    values: dict[str, Any]


@dataclass
class Work:
    """An erasure at work."""

    subject: Subject
    operation: Operation
    counts: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    records: list[tuple[str, int]] = field(default_factory=list)
    mentioning: list[tuple[str, int]] = field(default_factory=list)

    def note(self, kind: str, count: int, *lines: str) -> None:
        """Count what was removed of a kind, and list it."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        self.removed += lines

    @property
    def pattern(self) -> str:
        """The words that nobody else bears, as a pattern of the database; it matches nothing where there are none."""
        words = [one for one in _spellings(self.subject.mentions) if len(one) >= SHORTEST]
        return rf"(?<!\w)(?:{'|'.join(map(_escaped, words))})(?!\w)" if words else r"(?!x)x"

    @property
    def instead(self) -> str:
        """What stands where a name stood."""
        return f"#{self.subject.id}"


def _escaped(word: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", word)


def _spellings(words: Iterable[str]) -> list[str]:
    """The words as they are, and as they stand in an address."""
    return list(dict.fromkeys(form for word in words for form in (word, quote_plus(word), quote(word))))


Part = Callable[[Work], None]
_parts: dict[type[Record], list[Part]] = {}
# Kind of what is removed -> what it is called, in the order of the certificate.
kinds: dict[str, Any] = {
    "fields": _l("Filled fields of the person"),
    "history": _l("Entries of the history that lose their values"),
}


def part(model: type[Record], **named: Any) -> Callable[[Part], Part]:
    """Register what a noun removes when a record of `model` is erased, with what it calls what it counts."""
    kinds.update(named)

    def register(function: Part) -> Part:
        _parts.setdefault(model, []).append(function)
        return function

    return register


def erase(subject: Subject, *, actor: Actor, reason: str) -> Erasure:
    """Erase a record for good, in this transaction; returns the certificate. Raises `ErasedAlready`."""
    with write.together():
        work = _erase(subject, actor, reason)
    lines = sorted(work.removed)
    made = Erasure(
        noun=subject.model.noun,
        record_id=subject.id,
        operation_id=work.operation.id,
        account_id=actor.account_id,
        actor=actor.name,
        reason=reason,
        counts=_ordered(work.counts),
        removed=lines,
        sha256=digest(lines),
    )
    db.session.add(made)
    db.session.flush()
    return made


class _TakenBack(Exception):
    """It was done to see what there is."""


def preview(subject: Subject, *, actor: Actor) -> dict[str, int]:
    """What an erasure would remove, counted by kind: it is done and taken back. Raises `ErasedAlready`."""
    counts: dict[str, int] = {}
    try:
        with db.session.begin_nested():
            counts = _erase(subject, actor, "").counts
            raise _TakenBack
    except _TakenBack:
        return _ordered(counts)


def _ordered(counts: dict[str, int]) -> dict[str, int]:
    return {kind: counts[kind] for kind in kinds if counts.get(kind)}


def digest(lines: Iterable[str]) -> str:
    """The hash of a certificate: of its lines, each ended by a line feed."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _erase(subject: Subject, actor: Actor, reason: str) -> Work:
    model = subject.model
    db.session.execute(select(model.id).where(model.id.in_(subject.ids)).order_by(model.id).with_for_update())
    if db.session.get(Erased, (model.noun, subject.id)) is not None:
        raise ErasedAlready
    title = _("Personal data of #%(id)s erased", id=subject.id)
    work = Work(subject, write.begin(actor, "erase", title=title, reason=reason))
    for function in _parts.get(model, ()):
        function(work)
    blank(work, model, subject.ids, "fields", fields=True, **subject.values)
    _reword(work)
    rows = [{"noun": noun, "id": one, "operation_id": work.operation.id} for noun, one in dict.fromkeys(work.records)]
    db.session.execute(insert(Erased), rows)
    _rewrite_journal(work)
    db.session.expire_all()
    return work


def _rewrite_journal(work: Work) -> None:
    """Take the values of the erased records, and the names, out of the journal."""
    text, numbers = ARRAY(Text), ARRAY(BigInteger)
    subject, found = work.subject, work.mentioning
    emptied = func.erase_from_journal(
        work.operation.id,
        subject.id,
        cast(subject.names, text),
        cast(subject.mentions, text),
        cast([noun for noun, _id in found], text),
        cast([one for _noun, one in found], numbers),
    )
    work.note("history", db.session.scalar(select(emptied)))


def blank(
    work: Work, model: type[Record], ids: Iterable[int], kind: str, fields: bool = False, **values: Any
) -> list[int]:
    """Empty records, withdraw them and list what they had; counts records, or with `fields` what was filled in."""
    table = model.__table__
    rows = db.session.execute(select(table).where(table.c.id.in_(list(ids))).order_by(table.c.id)).mappings().all()
    named = naming.places(work.subject.model).get(table, ()) if model is not work.subject.model else ()
    kept = {place.column for place in named}
    mine = [one for one in table.columns if one.name not in OWN - {"custom"} | kept and one.computed is None]
    for row in rows:
        filled = [one.name for one in mine if one.name != "custom" and row[one] not in (None, "", False, [], {})]
        filled += [f"custom-{key}" for key, value in (row["custom"] or {}).items() if value is not None]
        count = len([name for name in filled if name not in model.in_step]) if fields else 1
        work.note(kind, count, f"{model.noun} {row['id']}: {', '.join(sorted(filled))}")
    done = [row["id"] for row in rows]
    if done:
        new = {one.name: _nothing(one) for one in mine if _can_be_empty(one)}
        statements.erase(work.operation.id, model, done, new | values)
        write.after(model, done)
    work.records += [(model.noun, one) for one in done]
    return done


def _can_be_empty(column) -> bool:
    return column.nullable or not column.foreign_keys


def _nothing(column) -> Any:
    if column.nullable:
        return null()
    if isinstance(column.type, JSONB):
        return {}
    if isinstance(column.type, ARRAY):
        return []
    return False if isinstance(column.type, Boolean) else 0 if isinstance(column.type, Integer) else ""


# --- where others speak of it -----------------------------------------------------------------------------------------

# Columns beside the long texts of records, by table, in which somebody may have written a name.
WORDS = {
    "attachment": ("name",),
    "contract": ("description",),
    "list_view": ("name", "query"),
    "file": ("name",),
    "job": ("label", "note", "error", "args", "saved"),
    "bulk": ("back", "result"),
    "merged": ("name", "beside"),
    "word": ("text",),
}
kinds["mentions"] = _l("Notes and other records that mention the person")


def _reword(work: Work) -> None:
    """Put the number where others wrote the name or an address of it."""
    for model in Record.__subclasses__():
        long = [one.name for one in model.__table__.columns if isinstance(one.info.get("kind"), LongText)]
        columns = [*long, *WORDS.get(model.__table__.name, ())]
        # Custom fields of a million people are not looked through for one name.
        columns += ["custom"] if columns and model is not work.subject.model else []
        if columns:
            t = model.__table__.alias("t")
            done = statements.reword(work.operation.id, model, *replaced(work, t, columns), t)
            write.expire(model, done)
            fresh = [(model.noun, one) for one in done if (model.noun, one) not in work.records]
            work.mentioning += fresh
            work.note("mentions", len(fresh), *[f"mention in {noun} {one}" for noun, one in fresh])
    records = {model.__table__.name for model in Record.__subclasses__()}
    for name in WORDS.keys() - records:
        reword(work, Tenanted.metadata.tables[name], WORDS[name])


def reword(work: Work, table: Table, columns: Iterable[str]) -> None:
    """The same in rows without a journal."""
    where, values = replaced(work, table, columns)
    db.session.execute(update(table).where(where).values(values).execution_options(synchronize_session=False))


def replaced(work: Work, t, columns: Iterable[str]) -> tuple[Any, dict[str, Any]]:
    """The condition that one of the columns mentions the subject, and the values that do not."""
    pattern, found, values = work.pattern, [], {}
    for name in columns:
        text = cast(t.c[name], Text)
        found.append(text.regexp_match(pattern, flags="i"))
        words = func.regexp_replace(text, pattern, work.instead, "gi")
        values[name] = cast(words, t.c[name].type)
        if name == "name" and "slug" in t.c:
            # An address that was made of the name says it as well.
            values["slug"] = case((found[-1], func.concat("view-", t.c.id)), else_=t.c.slug)
    return or_(*found), values


def _never(_operation: Operation) -> None:
    raise WasErased


undo.ways["erase"] = undo.Way(_never)
