"""An import: the file, how it is read, which column means what, and what became of each row."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted

STATES = ("uploaded", "planning", "planned", "applying", "applied", "undoing", "undone", "failed")


class Import(Tenanted):
    """One file on its way into contacts. It can be left at any step and taken up again at its address."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="uploaded")
    # How the file is read: encoding, delimiter, header (whether the first line holds headings).
    reading: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # For each column of the file the name of a field, or '' to leave the column out.
    columns: Mapped[list] = mapped_column(JSONB, server_default=text("'[]'"))
    # What happens on a match and with empty cells, and whether people get portal access.
    rules: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # {field: {text as it stands in the file: text to read instead}}, from repairs of whole groups of errors.
    repairs: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # Rows by verdict, companies and departments to be made, and groups of problems.
    counts: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    problem: Mapped[str] = mapped_column(Text, server_default="")
    operation_id: Mapped[int | None] = mapped_column(ForeignKey("operation.id"))
    undo_id: Mapped[int | None] = mapped_column(ForeignKey("operation.id"))
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRow(Tenanted):
    """One row of the file as it was read: its values, its verdict, and the contact it made or met.

    Filled by COPY, which row-level security forbids: this table has none, and portal roles no right on it.
    """

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_verdict", "import_id", "verdict", "row_no"),)

    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(Text, server_default="create")
    # [[field, code, message, text found], …]
    problems: Mapped[list | None] = mapped_column(JSONB)
    values: Mapped[dict | None] = mapped_column(JSONB)
    raw: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    manager_id: Mapped[int | None] = mapped_column(BigInteger)
    partner_id: Mapped[int | None] = mapped_column(BigInteger)
    other_row: Mapped[int | None] = mapped_column(Integer)
    password: Mapped[bytes | None] = mapped_column()
