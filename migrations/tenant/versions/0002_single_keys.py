"""Whether one letter alone may be a shortcut, for each account."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Letters work until somebody switches them off."""
    op.execute("ALTER TABLE account ADD COLUMN single_keys BOOLEAN DEFAULT true NOT NULL")
