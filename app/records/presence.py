"""Who has a record open at the moment, and what they say to each other about it.

A browser says again and again that a record is before somebody's eyes; whoever it has not named for a minute is gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted, db, retention

from .actor import Actor

# How long after its last word a browser counts as being at a record: three of its turns.
STAYS = timedelta(seconds=60)
# Words that are shown, and how long they are kept.
SHOWN, KEPT = 50, timedelta(days=90)


class Presence(Tenanted):
    """Somebody who has a record open. The table is not logged: after a crash of the database everybody says it anew."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_record", "noun", "record_id"), {"prefixes": ["UNLOGGED"]})

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Word(Tenanted):
    """What somebody said to whoever else is at a record."""

    __tablename__ = "word"
    __table_args__ = (Index("ix_word_record", "noun", "record_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    noun: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass(frozen=True)
class Said:
    """One word as it is shown."""

    id: int
    name: str
    text: str
    at: datetime
    own: bool


def arrive(noun: str, record_id: int, actor: Actor) -> None:
    """Say that the actor has this record open now."""
    row = insert(Presence).values(account_id=actor.account_id, noun=noun, record_id=record_id, name=actor.name)
    again = {"seen_at": func.now(), "name": row.excluded.name}
    db.session.execute(row.on_conflict_do_update(index_elements=["account_id", "noun", "record_id"], set_=again))


def others(noun: str, record_id: int, account_id: int) -> list[str]:
    """The names of those who have the record open too, without this account, in alphabetical order."""
    here = _here(noun, account_id) & (Presence.record_id == record_id)
    return list(db.session.scalars(select(Presence.name).where(here).order_by(Presence.name, Presence.account_id)))


def open_elsewhere(noun: str, account_id: int) -> dict[int, list[str]]:
    """The records of a noun that others have open, and who."""
    found: dict[int, list[str]] = {}
    query = select(Presence.record_id, Presence.name).where(_here(noun, account_id))
    for record_id, name in db.session.execute(query.order_by(Presence.record_id, Presence.name)):
        found.setdefault(record_id, []).append(name)
    return found


def _here(noun: str, account_id: int):
    recent = Presence.seen_at > func.now() - STAYS
    return (Presence.noun == noun) & (Presence.account_id != account_id) & recent


def say(noun: str, record_id: int, text: str, actor: Actor) -> None:
    """Say something to whoever else is at the record, now or in the weeks to come."""
    db.session.add(Word(noun=noun, record_id=record_id, account_id=actor.account_id, name=actor.name, text=text))
    db.session.flush()


def words(noun: str, record_id: int, account_id: int) -> list[Said]:
    """What was said at a record, the last of it, oldest first."""
    about = (Word.noun == noun) & (Word.record_id == record_id)
    rows = db.session.scalars(select(Word).where(about).order_by(Word.id.desc()).limit(SHOWN))
    return [Said(row.id, row.name, row.text, row.said_at, row.account_id == account_id) for row in rows][::-1]


retention.forget(Presence, Presence.seen_at < func.now() - timedelta(days=1))
retention.forget(Word, Word.said_at < func.now() - KEPT)
