"""Several database servers; the revision of each organization's tables; what is left of one that was deleted."""

from alembic import op

revision = "0002"
down_revision = "0001"

# An organization that was restored from a backup keeps the name under which its files were sealed.
TABLES = """
ALTER TABLE shared.shard ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'draining')),
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE shared.organization DROP CONSTRAINT organization_state_check,
  ADD CONSTRAINT ck_organization_state CHECK (state IN ('active', 'suspended', 'deleted')),
  ADD COLUMN revision text, ADD COLUMN sealed_as text;
UPDATE shared.organization SET sealed_as = key;
ALTER TABLE shared.organization ALTER COLUMN sealed_as SET NOT NULL;
CREATE INDEX ix_organization_shard ON shared.organization (shard);
CREATE TABLE shared.deletion (
  organization text PRIMARY KEY REFERENCES shared.organization (key), slug text NOT NULL,
  certificate jsonb NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade():
    op.execute(TABLES)
