"""An organization full of people, written by SQL alone: what is measured are pages, not the writing."""

from .people import FIRST, LAST
from .server import Bench

PER_COMPANY = 50
TABLES = ("company", "contact", "membership", "operation", "change")

_COMPANIES = """
INSERT INTO {company} (name, kind, address, phone, email, website, country)
SELECT 'Company ' || md5(n::text), 'managed', n || ' Harbour Street', '+49 30 ' || 1000000 + n,
    'info@company' || n || '.example', 'https://company' || n || '.example', 'DE'
FROM generate_series(1, %(companies)s) n
"""
# Names by a hash, so that they are spread and the same each time; a few are rare, as names are.
_CONTACTS = """
INSERT INTO {contact} (first_name, last_name, user_name, email, job_title, phone, mobile, city, country, time_zone,
    language, notes, company_ids)
SELECT first[1 + abs(hashint4(n)) %% 24],
    last[1 + abs(hashint4(n * 7)) %% 22] || CASE WHEN n %% 3 = 0 THEN '' ELSE '-' || left(md5(n::text), 4) END,
    'user' || lpad(n::text, 7, '0'), 'p' || n || '@company' || n / %(per)s || '.example', 'Clerk',
    '+49 30 ' || 1000000 + n, '+49 171 ' || 1000000 + n, 'Berlin', 'DE', 'Europe/Berlin', 'de', 'Prefers calls.',
    ARRAY[1 + n / %(per)s]
FROM generate_series(1, %(contacts)s) n, (SELECT %(first)s::text[] AS first, %(last)s::text[] AS last) names
"""
_MEMBERSHIPS = "INSERT INTO {membership} (company_id, contact_id) SELECT company_ids[1], id FROM {contact}"
# A company with very many people, and one person with a long history.
_HISTORY = """
WITH made AS (INSERT INTO {operation} (kind, title, actor) SELECT 'edit', 'Edit', 'Ann' FROM generate_series(1, 60)
    RETURNING id)
INSERT INTO {change} (operation_id, noun, record_id, action, version, before, after, company_ids)
SELECT id, 'contact', 1, 'update', 1, jsonb_build_object('phone', '030 1'),
    jsonb_build_object('phone', '030 2'), ARRAY[1] FROM made
"""


def fill(bench: Bench, key: str, contacts: int) -> None:
    """Give the organization so many contacts, and a company for each fifty of them."""
    given = {"contacts": contacts, "companies": contacts // PER_COMPANY + 2, "per": PER_COMPANY}
    given |= {"first": list(FIRST), "last": list(LAST)}
    tables = {name: bench.table(key, name) for name in TABLES}
    for statement in (_COMPANIES, _CONTACTS, _MEMBERSHIPS, _HISTORY):
        bench.sql.execute(statement.format(**tables), given if "%(" in statement else None)
    for table in tables.values():
        bench.sql.execute(f"VACUUM ANALYZE {table}")
