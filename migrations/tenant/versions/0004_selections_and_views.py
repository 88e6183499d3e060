"""What was deleted is listed, newest first."""

from alembic import op

revision = "0004"
down_revision = "0002"

# What is deleted is little beside what is not, and looked for by when it went.
DELETED = "CREATE INDEX ix_{0}_deleted ON {0} (updated_at, id) WHERE withdrawn_at IS NOT NULL"


def upgrade() -> None:
    """Indexes of what is deleted."""
    for table in ("company", "contact", "contract"):
        op.execute(DELETED.format(table))
