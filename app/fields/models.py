"""What an organization has said about its fields: labels and rights of the given ones, and its own ones."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted

from .record import Record


class FieldSetting(Record):
    """An organization's own settings for a given field; what is empty stays as Deskhand has it.

    What the noun itself is called stands in rows of their own, see `WORDS` in app/fields/settings.py.
    """

    __tablename__ = "field_setting"
    __table_args__ = (UniqueConstraint("of_noun", "field"),)
    noun = "field_setting"
    undo_permission = "admin.fields"
    companies_sql = "'{}'::bigint[]"

    of_noun: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)
    help: Mapped[str | None] = mapped_column(Text)
    required: Mapped[bool | None]
    hidden: Mapped[bool | None]
    portal: Mapped[str | None] = mapped_column(Text)
    section: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int | None] = mapped_column(Integer)
    choices: Mapped[list | None] = mapped_column(JSONB)


class CustomField(Record):
    """A field that an organization added to a noun; its values stand in the record's `custom` column under `key`.

    One with a `form_id` is a question of that form, and may depend on what was answered to an earlier one.
    """

    __tablename__ = "custom_field"
    __table_args__ = (
        Index("uq_custom_field_key", "of_noun", "key", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        Index("ix_custom_field_form", "form_id", "position", postgresql_where=text("form_id IS NOT NULL")),
    )
    noun = "custom_field"
    undo_permission = "admin.fields"
    companies_sql = "'{}'::bigint[]"
    goes_with = ("form_id",)

    of_noun: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    help: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    required: Mapped[bool] = mapped_column(server_default=text("false"))
    hidden: Mapped[bool] = mapped_column(server_default=text("false"))
    portal: Mapped[str] = mapped_column(Text, server_default="")
    section: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(Integer, server_default="1000")
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    form_id: Mapped[int | None] = mapped_column(BigInteger)
    show_if: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))
    require_if: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))


class FieldVersion(Tenanted):
    """One row that counts every change of the two tables above, so that they need be read only when it moved."""

    __tablename__ = "field_version"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
