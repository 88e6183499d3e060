"""The places in groups of a person who is erased."""

from sqlalchemy import select

from app.contacts.models import Contact
from app.i18n import lazy_gettext as _l
from app.records import erasing
from app.records.erasing import Work
from tenants import db

from .models import GroupMember


@erasing.part(Contact, groups=_l("Places in groups"))
def erase_places(work: Work) -> None:
    """Every place in a group that the person has, or had."""
    mine = db.session.scalars(select(GroupMember.id).where(GroupMember.contact_id.in_(work.subject.ids))).all()
    erasing.blank(work, GroupMember, mine, "groups")
