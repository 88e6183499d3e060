"""What every record has beside its own fields: identity, version, who made and changed it, custom values."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted


class Record(Tenanted):
    """A table whose rows are edited, journalled and undone. `version` counts its writes, from 1.

    `created_op` and `updated_op` name the operations that made it and last changed it; a record is untouched since
    an operation exactly when `updated_op` is still that operation. Withdrawn rows are what an undone create leaves
    behind: no list shows them, no unique key sees them.
    """

    __abstract__ = True

    # The name that addresses, permissions and the journal use for this kind of record.
    noun: str = ""
    # SQL for the companies a row belongs to, as bigint[], with the row named t.
    companies_sql: str = "ARRAY[t.company_id]"
    # The column that names the record whose part this row is, '' for a record in its own right: undoing the creation
    # of that record takes its parts along, and leaves them where it must leave the record.
    part_of: str = ""
    # The columns that name records with which this row is deleted and comes back, where it is no part of them.
    goes_with: tuple[str, ...] = ()
    # The columns that name records which this row only says something of: it stays with them when they are deleted,
    # and is never in the way.
    says_of: tuple[str, ...] = ()
    # Lists on this row that its parts keep in step; without any part they are empty.
    in_step: tuple[str, ...] = ()
    # Whether people in the portal change such records: only their own contact, so far.
    portal_edits: bool = False
    # Columns beside its fields that are read with every record, in the portal as well.
    read_along: tuple[str, ...] = ()
    # The permission that taking changes of such records back needs beside the right to undo; '' for none.
    undo_permission: str = ""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-100)
    version: Mapped[int] = mapped_column(Integer, server_default="1", sort_order=900)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=901)
    created_op: Mapped[int | None] = mapped_column(BigInteger, sort_order=902)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=903)
    updated_op: Mapped[int | None] = mapped_column(BigInteger, sort_order=904)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=905)
    custom: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"), sort_order=906)
