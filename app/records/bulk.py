"""Changing many records at once: chosen, looked at before and after, then written as one operation.

What is to be done is a row of its own, so that the page before has an address, and so that nothing is written but what
was looked at: a record that somebody changed meanwhile is left alone and named.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Identity,
    Integer,
    Row,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.fields.errors import FieldErrors
from app.fields.record import Record
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import gettext as _
from tenants import Tenanted, db, retention
from tenants.jobs import Work

from . import removing, replacing, statements, write
from .constraints import sentence_of
from .models import Operation
from .needed import among, numbers
from .removing import Removal

CHUNK = 2000
# So many of the records that were left alone are listed; all of them are counted.
LISTED = 1000
CHANGE, SAME, CHANGED, GONE = "change", "same", "changed", "gone"


class Bulk(Tenanted):
    """What somebody is about to do with many records, or has done: the records with their versions, and the change."""

    __tablename__ = "bulk"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, index=True)
    noun: Mapped[str] = mapped_column(Text)
    # 'edit', 'delete' or 'restore'; an edit has a field, an action and mostly a value.
    verb: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text, server_default="")
    action: Mapped[str] = mapped_column(Text, server_default="")
    value: Mapped[Any] = mapped_column(JSONB, nullable=True)
    # The list that they were chosen from.
    back: Mapped[str] = mapped_column(Text, server_default="")
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), deferred=True)
    versions: Mapped[list[int]] = mapped_column(ARRAY(Integer), deferred=True)
    size: Mapped[int] = mapped_column(Integer)
    operation_id: Mapped[int | None] = mapped_column(BigInteger)
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    # How many were changed, and which were left alone with the reason.
    result: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


retention.forget(Bulk, Bulk.created_at < func.now() - timedelta(days=30))


@dataclass(frozen=True)
class Rule:
    """What a noun forbids: the fields it concerns, the condition for a new value, and the sentence."""

    fields: tuple[str, ...]
    breaks: Callable[[str, Any], ColumnElement[bool]]
    sentence: Any


@dataclass(frozen=True)
class Bulky:
    """What a noun says about changing many of its records at once."""

    model: type[Record]
    edit: str
    removal: Removal
    rules: tuple[Rule, ...] = ()
    # Fields of which other values follow: (field, value, ids) -> the values by record.
    follow: Callable[[str, Any, Sequence[int]], dict[int, dict[str, Any]] | None] = lambda name, value, ids: None
    # What else is done, with the ids, once records were written.
    after: Callable[[Sequence[int]], None] = lambda ids: None


_nouns: dict[str, Bulky] = {}


def bulky(noun: Bulky) -> Bulky:
    """Make a noun known here."""
    _nouns[noun.model.noun] = noun
    return noun


def noun_of(found: Bulk) -> Bulky:
    """What the noun of these records says."""
    return _nouns[found.noun]


@dataclass
class Before:
    """One record before it is changed."""

    id: int
    verdict: str
    before: Any = None
    after: Any = None


@dataclass
class Judged:
    """What would happen: how many of each verdict, and the first records."""

    counts: Counter = field(default_factory=Counter)
    rows: list[Before] = field(default_factory=list)

    def of(self, verdict: str) -> int:
        return self.counts[verdict]

    def refused(self) -> list[tuple[str, int]]:
        """The reasons for which records are left alone, each with their number."""
        return [(said, n) for said, n in sorted(self.counts.items()) if said not in (CHANGE, SAME)]


def choose(noun: Bulky, verb: str, ids: Sequence[int], *, account_id: int, back: str, **more: Any) -> Bulk | None:
    """Keep which records are chosen, each as it is now; None when none of them is there."""
    model, there = noun.model, noun.model.withdrawn_at.is_(None)
    rows = select(model.id, model.version).where(among(model, ids), ~there if verb == "restore" else there)
    rows = db.session.execute(rows.order_by(model.id)).all()
    if not rows:
        return None
    chosen = {"ids": [row.id for row in rows], "versions": [row.version for row in rows], "size": len(rows)}
    found = Bulk(account_id=account_id, noun=model.noun, verb=verb, back=back, **chosen, **more)
    db.session.add(found)
    db.session.flush()
    return found


def say(found: Bulk, entry: Field, action: str, value: Any) -> None:
    """Say what shall be done with the field; the records are looked at as they are now."""
    given = value if value is None or action == replacing.ACTION else entry.kind.to_json(value)
    noun = noun_of(found)
    found.field, found.action, found.value = entry.name, action, given
    rows = dict(db.session.execute(select(noun.model.id, noun.model.version).where(among(noun.model, found.ids))).all())
    found.versions = [rows.get(one, 0) for one in found.ids]
    db.session.flush()


def chosen(found: Bulk):
    """The chosen records as a query: id and the version they had."""
    rows = select(func.unnest(Bulk.ids).label("id"), func.unnest(Bulk.versions).label("base"))
    return rows.where(Bulk.id == found.id).subquery("chosen")


def value_of(found: Bulk, entry: Field) -> Any:
    """The value that was typed; of a text to be replaced what to find and what to put there."""
    return found.value if found.value is None or found.action == replacing.ACTION else entry.kind.restore(found.value)


def after_of(entry: Field, action: str, before: Any, value: Any) -> Any:
    """What stands in the field afterwards."""
    if action == "add":
        return list(dict.fromkeys([*(before or []), *(value or [])])) or None
    if action == "remove":
        return [one for one in before or [] if one not in (value or [])] or None
    if action == replacing.ACTION:
        return replacing.replaced(entry, before, value)
    return None if action == "clear" else value


def _verdicts(found: Bulk, entry: Field) -> Select:
    """Each chosen record with what would happen to it, in words of ours or as the sentence that refuses it."""
    noun, value = noun_of(found), value_of(found, entry)
    model, mine = noun.model, chosen(found)
    now = entry.expression(model)
    broken = [
        (rule.breaks(entry.name, None if found.action == "clear" else value), str(rule.sentence))
        for rule in noun.rules
        if entry.name in rule.fields
    ]
    verdict = case(
        (model.id.is_(None), GONE),
        (model.version != mine.c.base, CHANGED),
        (_same(now, found.action, value), SAME),
        *[(condition, literal(said)) for condition, said in broken],
        else_=CHANGE,
    )
    there = (model.id == mine.c.id) & model.withdrawn_at.is_(None)
    return select(mine.c.id, verdict.label("verdict"), now.label("before")).select_from(mine.outerjoin(model, there))


def _same(now: ColumnElement, action: str, value: Any) -> ColumnElement[bool]:
    """Whether the field is as it shall be already."""
    if isinstance(now.type, ARRAY):
        held, wanted = func.coalesce(now, cast([], ARRAY(Text))), cast(value or [], ARRAY(Text))
        return {
            "add": held.bool_op("@>")(wanted),
            "remove": ~held.bool_op("&&")(wanted),
            "clear": func.cardinality(held) == 0,
        }.get(action, held.bool_op("@>")(wanted) & held.bool_op("<@")(wanted))
    if action == replacing.ACTION:
        return replacing.untouched(now, value)
    if action == "clear" or value is None:
        return now.is_(None) | (cast(now, Text) == "")
    return now.is_not_distinct_from(literal(value, now.type))


def judge(found: Bulk, most: int) -> Judged:
    """What would happen now, and the first records of it."""
    if found.verb != "edit":
        return _judge_removal(found, most)
    entry = fields_of(noun_of(found).model)[found.field]
    value, rows = value_of(found, entry), _verdicts(found, entry).subquery("rows")
    judged = Judged(
        Counter(dict(db.session.execute(select(rows.c.verdict, func.count()).group_by(rows.c.verdict)).all()))
    )
    first = select(rows).order_by((rows.c.verdict == SAME).asc(), (rows.c.verdict == CHANGE).desc(), rows.c.id)
    for row in db.session.execute(first.limit(most)):
        verdict, after = row.verdict, row.before
        try:
            after = after_of(entry, found.action, row.before, value) if verdict == CHANGE else row.before
        except FieldErrors as error:
            # Only these first ones are read: what the others would be is found when they are written.
            verdict = _sentence(error)
            judged.counts.update({CHANGE: -1, verdict: 1})
        judged.rows.append(Before(row.id, verdict, row.before, after))
    return judged


def _judge_removal(found: Bulk, most: int) -> Judged:
    """The same for deleting and bringing back."""
    verdicts = _removal_verdicts(found, select(chosen(found).c.id))
    judged = Judged(Counter(verdicts.values()))
    first = sorted(verdicts, key=lambda one: (verdicts[one] == SAME, verdicts[one] != CHANGE, one))[:most]
    judged.rows = [Before(one, verdicts[one]) for one in first]
    return judged


def _removal_verdicts(found: Bulk, ids: Select) -> dict[int, str]:
    noun, mine = noun_of(found), chosen(found)
    model, deletes = noun.model, found.verb == "delete"
    rows = select(mine.c.id, model.withdrawn_at.is_(None).label("there"), (model.version != mine.c.base).label("other"))
    rows = db.session.execute(rows.join(model, model.id == mine.c.id).where(mine.c.id.in_(ids))).all()
    said = {row.id: SAME if row.there != deletes else CHANGED if row.other else CHANGE for row in rows}
    left = [one for one, verdict in said.items() if verdict == CHANGE]
    return said | (removing.refused(noun.removal, left) if deletes and left else {})


# --- writing ----------------------------------------------------------------------------------------------------------


def write_all(found: Bulk, operation: Operation, work: Work | None = None) -> None:
    """Write what was looked at, some thousand records at a time; with `work` each chunk is committed by itself."""
    while True:
        # A second run of the same job waits here, and then reads how far the first one came.
        lock(found.id)
        result = {"changed": 0, "same": 0, "kept": [], "left": 0} | dict(found.result)
        ids = _next(found, result.get("upto", 0))
        if not ids:
            break
        done, same, kept = _write(found, operation, ids)
        result = {
            "changed": result["changed"] + len(done),
            "same": result["same"] + same,
            "left": result["left"] + len(kept),
            "kept": [*result["kept"], *map(list, kept.items())][:LISTED],
            "upto": ids[-1],
        }
        found.result = result
        db.session.flush()
        if work is not None:
            done_by_now = result["changed"] + result["same"] + result["left"]
            work.checkpoint(done=done_by_now, total=found.size, upto=ids[-1])


def _next(found: Bulk, upto: int) -> list[int]:
    mine = chosen(found)
    return list(db.session.scalars(select(mine.c.id).where(mine.c.id > upto).order_by(mine.c.id).limit(CHUNK)))


def _write(found: Bulk, operation: Operation, ids: Sequence[int]) -> tuple[list[int], int, dict[int, str]]:
    """One chunk: the ids written, how many were so already, and those left alone with the reason."""
    noun = noun_of(found)
    # Nobody changes them between this look and the writing.
    db.session.execute(select(noun.model.id).where(among(noun.model, ids)).order_by(noun.model.id).with_for_update())
    if found.verb == "edit":
        entry = fields_of(noun.model)[found.field]
        rows = _verdicts(found, entry).subquery("rows")
        verdicts = {row.id: row for row in db.session.execute(select(rows).where(rows.c.id.in_(numbers(ids))))}
        said = {one: row.verdict for one, row in verdicts.items()}
    else:
        said = _removal_verdicts(found, numbers(ids))
    change = [one for one in ids if said.get(one) == CHANGE]
    kept = {one: said.get(one, GONE) for one in ids if said.get(one, GONE) not in (CHANGE, SAME)}
    if found.verb == "edit":
        done, refused = _carefully(lambda some: _edit(found, entry, operation, some, verdicts), change)
    elif found.verb == "delete":
        done, refused = removing.delete(noun.removal, change, operation)
    else:
        done, refused = removing.restore(noun.removal, change, operation)
    noun.after(done)
    return done, sum(verdict == SAME for verdict in said.values()), kept | refused


def _edit(found: Bulk, entry: Field, operation: Operation, ids: Sequence[int], rows: dict[int, Row]) -> list[int]:
    noun, value = noun_of(found), None if found.action == "clear" else value_of(found, entry)
    model, follows = noun.model, noun.follow(entry.name, value, ids) if found.action == "set" else None
    if follows is None and not entry.related and found.action in ("set", "clear"):
        if entry.custom:
            new = literal(entry.kind.to_json(value), JSONB) if value is not None else cast(null(), JSONB)
        else:
            new = cast(literal(value, entry.column.type), entry.column.type)
        source = select(model.id.label("id"), new.label(statements.plain(entry.name))).where(among(model, ids))
        return write.update_from(operation, model, [entry.name], source)
    values = follows or {one: {entry.name: after_of(entry, found.action, rows[one].before, value)} for one in ids}
    done = write.apply(operation, [write.Update(model, one, values[one]) for one in ids]).ids
    return [one for one in done if one is not None]


def _carefully(step: Callable[[Sequence[int]], list[int]], ids: Sequence[int]) -> tuple[list[int], dict[int, str]]:
    """Take a step; where something refuses it, on ever fewer records, and keep those that are refused alone."""
    if not ids:
        return [], {}
    try:
        with db.session.begin_nested():
            return step(ids), {}
    except (IntegrityError, FieldErrors) as error:
        if len(ids) == 1:
            return [], {ids[0]: _sentence(error)}
        middle = len(ids) // 2
        halves = [_carefully(step, half) for half in (ids[:middle], ids[middle:])]
        return [*halves[0][0], *halves[1][0]], halves[0][1] | halves[1][1]


def _sentence(error: IntegrityError | FieldErrors) -> str:
    if isinstance(error, FieldErrors):
        return next(iter(error.errors.values())).message
    return sentence_of(error) or _("in conflict with another")


def words(verdict: str) -> str:
    """A verdict in the reader's words; what refuses a record is a sentence already."""
    said = {
        CHANGE: lambda: _("will change"),
        SAME: lambda: _("has this value already"),
        CHANGED: lambda: _("somebody changed it after you chose it"),
        GONE: lambda: _("somebody deleted it meanwhile"),
    }
    return said[verdict]() if verdict in said else verdict


def finished(found: Bulk) -> bool:
    """Whether all of it was written."""
    result = found.result
    return bool(result) and result["changed"] + result["same"] + result["left"] >= found.size


def lock(bulk_id: int) -> Bulk:
    """One of these, held until the transaction ends."""
    held = select(Bulk).where(Bulk.id == bulk_id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(held).one()
