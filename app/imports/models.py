"""An import: the file, how it is read, which column means what, and what becomes of each row."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted

STATES = ("uploaded", "planning", "planned", "applying", "applied", "undoing", "undone")
# What can become of a row, in the order in which pages show them.
VERDICTS = ("create", "change", "same", "duplicate", "reject", "conflict")


class Import(Tenanted):
    """One file on its way into contacts. It can be left at any step and taken up again at its address.

    Its state names the last step that was begun; whether that step still runs, the row of its job says.
    """

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="uploaded")
    # How the file is read: encoding, delimiter, header (whether the first line holds headings), skip, short.
    reading: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # For each column of the file the name of a field, or '' to leave the column out.
    columns: Mapped[list] = mapped_column(JSONB, server_default=text("'[]'"))
    # What happens on a match and with empty cells, whether people get portal access, how numbers are written.
    rules: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # {field: {text as it stands in the file: text to read instead}}, from repairs of whole groups of problems.
    repairs: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # How far the plan or the writing came; written in the transaction of each chunk.
    progress: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    # Rows by verdict, companies and departments to be made, what an undo put back.
    counts: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    operation_id: Mapped[int | None] = mapped_column(ForeignKey("operation.id"))
    undo_id: Mapped[int | None] = mapped_column(ForeignKey("operation.id"))
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRow(Tenanted):
    """One row of the file as it was read; written once and never changed.

    Filled by COPY, which row-level security forbids: the staging tables have none, and portal roles no right on them.
    """

    __tablename__ = "import_row"

    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer)
    # The value of each matched column, in the order of `targets.slots`, as text that its SQL type reads.
    cells: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # [[field, code, message, text found], …]; `missing` counts only where a person would be made.
    problems: Mapped[list | None] = mapped_column(JSONB)
    missing: Mapped[list | None] = mapped_column(JSONB)
    password: Mapped[bytes | None] = mapped_column(LargeBinary)


class ImportVerdict(Tenanted):
    """What becomes of one row, and of whom it speaks. The ids of people and companies to be made are given here."""

    __tablename__ = "import_verdict"
    __table_args__ = (
        Index("ix_import_verdict_verdict", "import_id", "verdict", "row_no"),
        Index("ix_import_verdict_user", "import_id", "user_key"),
        # Each row is written twice, first with its keys, then with its verdict: beside itself if there is room.
        {"postgresql_with": {"fillfactor": 50}},
    )

    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)
    # The folded user name, of rows that are kept only: no two rows of an import share one.
    user_key: Mapped[str | None] = mapped_column(Text)
    person_key: Mapped[str | None] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    # The versions that the plan saw: what has another one when it is written was changed in between.
    version: Mapped[int | None] = mapped_column(Integer)
    membership_id: Mapped[int | None] = mapped_column(BigInteger)
    membership_version: Mapped[int | None] = mapped_column(Integer)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    manager_id: Mapped[int | None] = mapped_column(BigInteger)
    # The row that makes the line manager, where this very file does.
    manager_row: Mapped[int | None] = mapped_column(Integer)
    partner_id: Mapped[int | None] = mapped_column(BigInteger)
    # The row, or the contact, that this row is a duplicate of.
    other_row: Mapped[int | None] = mapped_column(Integer)
    other_id: Mapped[int | None] = mapped_column(BigInteger)
    # A user name made for somebody who came without one.
    user_name: Mapped[str | None] = mapped_column(Text)
    changed: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    problems: Mapped[list | None] = mapped_column(JSONB)


class ImportName(Tenanted):
    """A company, department or partner as the file writes it, and the id it has or will be given."""

    __tablename__ = "import_name"
    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    # The company of a department, otherwise 0.
    parent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    made: Mapped[bool] = mapped_column(server_default=text("false"))
    text: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[int | None] = mapped_column(BigInteger)
