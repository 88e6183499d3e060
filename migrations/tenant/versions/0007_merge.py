"""Merging records: who became whom, which pairs may be the same, and keys that may be moved before what names them."""

from alembic import op

from tenants.ddl import wall

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE merged (
  noun TEXT NOT NULL,
  id BIGINT NOT NULL,
  into_id BIGINT NOT NULL,
  operation_id BIGINT NOT NULL,
  name TEXT DEFAULT '' NOT NULL,
  beside JSONB DEFAULT '[]' NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_merged PRIMARY KEY (noun, id)
);
CREATE INDEX ix_merged_into ON merged (noun, into_id);
CREATE INDEX ix_merged_operation ON merged (operation_id);
CREATE TABLE duplicate (
  noun TEXT NOT NULL,
  one_id BIGINT NOT NULL,
  other_id BIGINT NOT NULL,
  score INTEGER DEFAULT '0' NOT NULL,
  reasons JSONB DEFAULT '[]' NOT NULL,
  found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  dismissed_at TIMESTAMP WITH TIME ZONE,
  account_id BIGINT,
  CONSTRAINT pk_duplicate PRIMARY KEY (noun, one_id, other_id),
  CONSTRAINT ck_duplicate_order CHECK (one_id < other_id)
);
CREATE INDEX ix_duplicate_open ON duplicate (noun, score DESC, one_id, other_id) WHERE dismissed_at IS NULL;
CREATE INDEX ix_duplicate_other ON duplicate (other_id, noun);
"""

# Keys of two columns that others name: a merge moves both sides, one after the other.
TWO_SIDED = {
    "membership": "fk_membership_company_id_department_id",
    "contract": "fk_contract_company_id_customer_contact_id",
    "department": "fk_department_company_id_parent_id",
}


def upgrade() -> None:
    """The desk alone sees these tables; the keys are still checked at once but where a merge asks for the end."""
    op.execute(TABLES)
    for table in ("merged", "duplicate"):
        wall(table)
    for table, key in TWO_SIDED.items():
        op.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {key} DEFERRABLE INITIALLY IMMEDIATE")
