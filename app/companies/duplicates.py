"""Companies that may be the same customer."""

from app.records import duplicates

FEW, GROUP, DIGITS = 3, 60, 8
# What a name is without the form of the company behind it.
FORMS = (
    r"\m(gmbh|mbh|co|kg|kgaa|ag|ohg|gbr|ug|ev|eg|se|ltd|limited|llc|inc|corp|plc|bv|nv|sa|sarl|srl|spa|ab|as|oy|aps)\M"
)

FINDING = r"""
live AS MATERIALIZED (
  SELECT id, coalesce(nullif(btrim(regexp_replace(regexp_replace(extensions.fold(name), '[[\:punct\:]]', ' ', 'g'),
      :forms, '', 'g')), ''), extensions.fold(name)) AS name,
    lower(email) AS email, extensions.digits(phone) AS phone,
    regexp_replace(lower(website), '^(https?://)?(www\.)?([^/:?#]*).*$', '\3') AS site
  FROM company WHERE withdrawn_at IS NULL
), keys AS (
  SELECT 'address' AS reason, email AS key, id FROM live WHERE email <> ''
  UNION SELECT 'phone', right(phone, :digits), id FROM live WHERE length(phone) >= :digits - 1
  UNION SELECT 'site', site, id FROM live WHERE site <> ''
  UNION SELECT 'name', regexp_replace(name, '\s+', ' ', 'g'), id FROM live
), shared AS (
  SELECT reason, key FROM keys GROUP BY 1, 2 HAVING count(*) BETWEEN 2 AND :few
), alike AS (
  SELECT id, beginning AS key FROM live, unnest(ARRAY['1 ' || left(name, 4), '2 ' || right(name, 4)]) beginning
), groups AS (
  SELECT key FROM alike GROUP BY 1 HAVING count(*) BETWEEN 2 AND :group
), met AS (
  SELECT a.reason, a.key, a.id AS one_id, b.id AS other_id
  FROM shared JOIN keys a USING (reason, key) JOIN keys b USING (reason, key) WHERE a.id < b.id
  UNION SELECT 'name', '', a.id, b.id
  FROM groups JOIN alike a USING (key) JOIN alike b USING (key) WHERE a.id < b.id
), found AS (
  SELECT one_id, other_id, reason, key AS what, CASE reason
    WHEN 'address' THEN 75
    WHEN 'site' THEN 70
    WHEN 'phone' THEN CASE WHEN extensions.similarity(a.name, b.name) >= 0.3 THEN 65 ELSE 50 END
    ELSE CASE WHEN a.name = b.name THEN 80 WHEN extensions.similarity(a.name, b.name) >= 0.6
      THEN (25 + 60 * extensions.similarity(a.name, b.name))::int ELSE 0 END
  END AS score
  FROM met JOIN live a ON a.id = one_id JOIN live b ON b.id = other_id
)
"""


def find() -> None:
    """Look at every company."""
    duplicates.keep("company", FINDING, few=FEW, group=GROUP, digits=DIGITS, forms=FORMS)
