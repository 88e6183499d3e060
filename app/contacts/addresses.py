"""The further e-mail addresses of contacts, and the one among all that mail is sent to."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.companies.models import LIVE
from app.fields.record import Record
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint


class Address(Record):
    """A further e-mail address of a contact: mail from it is taken as coming from that person."""

    __tablename__ = "contact_address"
    __table_args__ = (
        Index("uq_contact_address", "contact_id", text("lower(email)"), unique=True, postgresql_where=LIVE),
        Index("ix_contact_address_email", text("lower(email)"), postgresql_where=LIVE),
        # Searched by what they begin with, and by their domain.
        Index("ix_contact_address_begins", text('extensions.fold(email) COLLATE "C"'), postgresql_where=LIVE),
        Index(
            "ix_contact_address_domain",
            text("extensions.fold(split_part(email, '@', 2)) COLLATE \"C\""),
            postgresql_where=LIVE,
        ),
    )
    noun = "contact_address"
    undo_permission = "contacts.edit"
    part_of = "contact_id"
    companies_sql = "'{}'::bigint[]"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    email: Mapped[str] = mapped_column(Text)


constraint("uq_contact_address", "addresses", _l("An address stands here twice."))
