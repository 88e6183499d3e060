"""The forms that were filled in for a person who is erased."""

from sqlalchemy import select

from app.contacts.models import Contact
from app.i18n import lazy_gettext as _l
from app.records import erasing
from app.records.erasing import Work
from tenants import db

from .models import FilledForm


@erasing.part(Contact, forms=_l("Filled forms"))
def erase_answers(work: Work) -> None:
    """Every form on the person's page, with all its answers."""
    mine = db.session.scalars(select(FilledForm.id).where(FilledForm.contact_id.in_(work.subject.ids))).all()
    erasing.blank(work, FilledForm, mine, "forms")
