"""Further e-mail addresses are found by what they begin with, and by their domain."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Two indexes; a search as you type reads a few entries of each."""
    op.execute(
        'CREATE INDEX ix_contact_address_begins ON contact_address (extensions.fold(email) COLLATE "C")'
        " WHERE withdrawn_at IS NULL"
    )
    op.execute(
        "CREATE INDEX ix_contact_address_domain ON contact_address"
        " (extensions.fold(split_part(email, '@', 2)) COLLATE \"C\") WHERE withdrawn_at IS NULL"
    )
