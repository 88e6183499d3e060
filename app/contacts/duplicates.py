"""Contacts that may be the same person: found for everybody at night and after an import, and while one is typed."""

from dataclasses import dataclass

from sqlalchemy import select, text

from app.companies import duplicates as companies
from app.companies.models import Company
from app.fields.folding import sought
from app.records import duplicates
from tenants import db, retention
from tenants.jobs import Work, job

from .models import Membership

# A key that more people share than these tells nothing; names are compared within groups of at most so many.
FEW, GROUP = 3, 60
# The last digits of a number are the same however its country and area are written.
DIGITS = 8

# Each row of `keys` is something that a person has: who shares it with few others may be the same. Of names a company's
# people are compared who begin alike; an address that three people have, or whose name is that of an office, is a
# mailbox that they share, and says nothing by itself.
FINDING = """
live AS MATERIALIZED (
  SELECT id, extensions.fold(first_name) AS first, extensions.fold(last_name) AS last, lower(email) AS email,
    extensions.digits(phone) AS phone, extensions.digits(mobile) AS mobile, lower(customer_id) AS customer, company_ids
  FROM contact WHERE withdrawn_at IS NULL
), addresses AS (
  SELECT id, email, false AS further FROM live
  UNION SELECT a.contact_id, lower(a.email), true FROM contact_address a JOIN live ON live.id = a.contact_id
  WHERE a.withdrawn_at IS NULL
), keys AS (
  SELECT 'address' AS reason, email AS key, id, further FROM addresses
  WHERE email <> '' AND split_part(email, '@', 1) <> ALL (:roles)
  UNION SELECT 'phone', right(number, :digits), id, false FROM live, unnest(ARRAY[phone, mobile]) number
  WHERE length(number) >= :digits - 1
  UNION SELECT 'customer', customer, id, false FROM live WHERE customer <> ''
  UNION SELECT 'same', first || ' ' || last, id, false FROM live
), shared AS (
  SELECT reason, key FROM keys GROUP BY 1, 2
  HAVING count(DISTINCT id) BETWEEN 2 AND CASE reason WHEN 'address' THEN :few - 1 ELSE :few END
), alike AS (
  SELECT id, company || ' ' || beginning AS key
  FROM live, unnest(company_ids) company, unnest(ARRAY[
    '1 ' || left(last, 3) || ' ' || left(first, 1), '2 ' || left(first, 3) || ' ' || left(last, 1),
    '3 ' || left(last, 6) || ' ' || left(first, 3), '4 ' || least(first, last) || ' ' || greatest(first, last)
  ]) beginning
), groups AS (
  SELECT key FROM alike GROUP BY 1 HAVING count(*) BETWEEN 2 AND :group
), met AS (
  SELECT a.reason, a.key, a.id AS one_id, b.id AS other_id, a.further OR b.further AS further
  FROM shared JOIN keys a USING (reason, key) JOIN keys b USING (reason, key) WHERE a.id < b.id
  UNION SELECT 'name', '', a.id, b.id, false
  FROM groups JOIN alike a USING (key) JOIN alike b USING (key) WHERE a.id < b.id
), compared AS (
  SELECT met.*, extensions.similarity(a.first || ' ' || a.last, b.first || ' ' || b.last) AS near,
    a.first = b.last AND a.last = b.first AS swapped, a.company_ids && b.company_ids AS together
  FROM met JOIN live a ON a.id = one_id JOIN live b ON b.id = other_id
), found AS (
  SELECT one_id, other_id, reason, key AS what, CASE reason
    WHEN 'customer' THEN 90
    WHEN 'address' THEN CASE WHEN further AND (near >= 0.3 OR NOT together) THEN 80 WHEN near >= 0.5 THEN 70 ELSE 0 END
    WHEN 'phone' THEN CASE WHEN near >= 0.4 THEN 60 WHEN near >= 0.25 THEN 50 ELSE 0 END
    WHEN 'same' THEN CASE WHEN together THEN 0 ELSE 50 END
    ELSE CASE WHEN swapped THEN 75 WHEN near >= 0.65 THEN (30 + 50 * near)::int ELSE 0 END
  END AS score
  FROM compared
)
"""


@job("duplicates.find", lane="long", silence=900)
def find(work: Work) -> None:
    """Find companies, then contacts, that may be the same."""
    companies.find()
    work.checkpoint(done=1, total=2)
    find_contacts()
    work.checkpoint(done=2, total=2)


retention.daily(find)


def find_contacts() -> None:
    """Look at every contact."""
    duplicates.keep("contact", FINDING, roles=duplicates.ROLES, few=FEW, group=GROUP, digits=DIGITS)


@dataclass(frozen=True)
class Likely:
    """Somebody who is there already and looks like the one who is being typed."""

    id: int
    name: str
    company: str
    reasons: tuple[str, ...]


# Each arm goes by an index of its own; the last ones by the letters in the midst of the text.
_LIKELY = """
SELECT id, min(name) AS name, array_agg(DISTINCT reason) AS reasons FROM (
  (SELECT id, first_name || ' ' || last_name AS name, 'address' AS reason FROM contact
   WHERE withdrawn_at IS NULL AND lower(email) = :email AND :is_own LIMIT 5)
  UNION ALL (SELECT c.id, c.first_name || ' ' || c.last_name, 'address' FROM contact_address a
   JOIN contact c ON c.id = a.contact_id WHERE a.withdrawn_at IS NULL AND c.withdrawn_at IS NULL
   AND lower(a.email) = :email LIMIT 5)
  UNION ALL (SELECT id, first_name || ' ' || last_name, 'phone' FROM contact
   WHERE withdrawn_at IS NULL AND length(:phone) >= :digits AND search_text LIKE '%' || :phone || '%'
   AND (extensions.digits(phone) LIKE '%' || :phone OR extensions.digits(mobile) LIKE '%' || :phone) LIMIT 5)
  UNION ALL (SELECT id, first_name || ' ' || last_name, 'name' FROM contact
   WHERE withdrawn_at IS NULL AND extensions.fold(last_name) COLLATE "C" = extensions.fold(:last) AND :last <> ''
   AND :first <> '' AND extensions.similarity(extensions.fold(first_name), extensions.fold(:first)) >= 0.4 LIMIT 5)
) found GROUP BY id
HAVING cardinality(array_agg(DISTINCT reason)) > 1 OR min(reason) <> 'phone'
  OR bool_or(extensions.similarity(extensions.fold(name), extensions.fold(:first || ' ' || :last)) >= 0.3)
ORDER BY cardinality(array_agg(DISTINCT reason)) DESC, id LIMIT 3
"""


def likely(first: str, last: str, email: str, phones: list[str]) -> list[Likely]:
    """At most three contacts who look like the person that is being typed, with what they have in common."""
    email = sought(email).strip().lower()
    number = next((digits for digits in map(_digits, phones) if len(digits) >= DIGITS), "")[-DIGITS:]
    values = {
        "first": sought(first).strip()[:64],
        "last": sought(last).strip()[:64],
        "email": email[:254],
        # A mailbox that several share tells nothing of who writes.
        "is_own": bool(email) and email.partition("@")[0] not in duplicates.ROLES,
        "phone": number,
        "digits": DIGITS,
    }
    rows = db.session.execute(text(_LIKELY), values).all()
    if not rows:
        return []
    primary = select(Membership.contact_id, Company.name).join(Company, Company.id == Membership.company_id)
    primary = primary.where(Membership.is_primary, Membership.withdrawn_at.is_(None))
    names = dict(db.session.execute(primary.where(Membership.contact_id.in_([row.id for row in rows]))).all())
    return [Likely(row.id, row.name, names.get(row.id, ""), tuple(row.reasons)) for row in rows]


def _digits(typed: str) -> str:
    return "".join(sign for sign in typed if sign.isascii() and sign.isdigit()).lstrip("0")
