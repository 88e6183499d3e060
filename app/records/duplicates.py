"""Pairs of records that may be the same: why, how sure, and whether somebody has said that they are not."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Integer, Text, delete, func, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted, db, set_for_transaction


class Duplicate(Tenanted):
    """Two records of a noun, the one with the smaller number first.

    `reasons` are what they have in common, as [[reason, what it is], …]. Who looked and said that they are two has
    `dismissed_at`: that stays, whatever is found later.
    """

    __tablename__ = "duplicate"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="order"),
        Index(
            "ix_duplicate_open",
            "noun",
            text("score DESC"),
            "one_id",
            "other_id",
            postgresql_where=text("dismissed_at IS NULL"),
        ),
        Index("ix_duplicate_other", "other_id", "noun"),
    )

    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    one_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    other_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    score: Mapped[int] = mapped_column(Integer, server_default="0")
    reasons: Mapped[list] = mapped_column(JSONB, server_default="[]")
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    dismissed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[int | None] = mapped_column(BigInteger)


# Local parts of addresses behind which are several people, in the languages of our customers.
# fmt: off
ROLES = [
    "accounting", "accounts", "admin", "administrator", "anfrage", "backoffice", "billing", "bewerbung",
    "buchhaltung", "contact", "datenschutz", "einkauf", "empfang", "facility", "finance", "hello", "help",
    "helpdesk", "hotline", "hr", "info", "invoice", "invoices", "it", "jobs", "kontakt", "kundenservice", "legal",
    "mail", "marketing", "noreply", "no-reply", "office", "orders", "personal", "post", "postmaster", "praxis",
    "presse", "privacy", "purchasing", "rechnung", "rechnungen", "reception", "sales", "sekretariat", "service",
    "shop", "support", "team", "technik", "verkauf", "vertrieb", "verwaltung", "webmaster", "zentrale",
]
# fmt: on
# What is shown has at least this score.
SHOWN = 60
# So many pairs are kept, the surest ones: nobody looks at more before there are others.
MOST = 5000


def keep(noun: str, finding: str, **values) -> None:
    """Keep the pairs that `finding` (a query of one_id, other_id, score, reasons) gives, and no older ones.

    What somebody has dismissed stays dismissed.
    """
    # Everything is compared by hashing: the planner cannot know how many rows its steps have, and would loop over them.
    set_for_transaction(enable_nestloop="off", work_mem="64MB")
    given = {"noun": noun, "shown": SHOWN, "most": MOST, **values}
    db.session.execute(text(f"WITH {finding} {_KEEP}"), given)
    old = Duplicate.noun == noun, Duplicate.dismissed_at.is_(None), Duplicate.found_at < func.now()
    db.session.execute(delete(Duplicate).where(*old).execution_options(synchronize_session=False))


_KEEP = """
INSERT INTO duplicate (noun, one_id, other_id, score, reasons, found_at)
SELECT :noun, one_id, other_id, least(99, max(score) + 10 * (count(*) - 1)), jsonb_agg(jsonb_build_array(reason, what)
  ORDER BY score DESC, reason), now()
FROM (
  SELECT one_id, other_id, reason, max(score) AS score, min(what) AS what FROM found WHERE score > 0 GROUP BY 1, 2, 3
) reasons
GROUP BY one_id, other_id HAVING least(99, max(score) + 10 * (count(*) - 1)) >= :shown
ORDER BY 4 DESC, 2, 3 LIMIT :most
ON CONFLICT (noun, one_id, other_id)
DO UPDATE SET score = excluded.score, reasons = excluded.reasons, found_at = excluded.found_at
"""


def dismiss(noun: str, one_id: int, other_id: int, account_id: int | None, back: bool = False) -> bool:
    """Remember that two records are not the same, or take that `back`; whether there is such a pair."""
    one_id, other_id = sorted((one_id, other_id))
    mine = Duplicate.noun == noun, Duplicate.one_id == one_id, Duplicate.other_id == other_id
    values = {"dismissed_at": None if back else func.now(), "account_id": None if back else account_id}
    done = db.session.execute(
        update(Duplicate).where(*mine).values(values).execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)
