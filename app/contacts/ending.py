"""What follows when a membership ends: the primary company moves on to one that the person still belongs to."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.i18n import gettext as _
from app.records import write
from app.records.actor import Actor
from app.records.models import Operation
from app.records.write import Update
from tenants import db, retention

from .memberships import current_membership
from .models import Membership

# So many people move on in one operation.
CHUNK = 1000
CALENDAR = Actor("Deskhand", through="calendar")
PRIMARY = aliased(Membership)


def following(contact_ids: Iterable[int]) -> dict[int, int]:
    """For each of these contacts the membership that comes after the primary one: the oldest that goes on."""
    others = (
        select(Membership.contact_id, Membership.id)
        .ext(distinct_on(Membership.contact_id))
        .where(Membership.contact_id.in_(list(contact_ids)), ~Membership.is_primary, Membership.withdrawn_at.is_(None))
        .order_by(Membership.contact_id, _goes_on().desc(), Membership.id)
    )
    return dict(db.session.execute(others).all())


def over(condition: ColumnElement[bool]) -> dict[int, int]:
    """Primary memberships that have their last day or are over, by contact, where the person goes on elsewhere.

    Who belongs to no other company keeps the primary one: it is the last that is known.
    """
    elsewhere = select(Membership.contact_id).where(~Membership.is_primary, _goes_on())
    rows = select(PRIMARY.contact_id, PRIMARY.id).where(
        PRIMARY.is_primary,
        PRIMARY.withdrawn_at.is_(None),
        PRIMARY.ends_on <= func.current_date(),
        PRIMARY.contact_id.in_(elsewhere),
        condition,
    )
    return dict(db.session.execute(rows.order_by(PRIMARY.contact_id).limit(CHUNK)).all())


def move_on(operation: Operation, former: Mapping[int, int]) -> None:
    """Let the next company of each of these contacts be the primary one."""
    fresh = following(former)
    write.apply(operation, [Update(Membership, one, {"is_primary": False}) for one in former.values()])
    write.apply(operation, [Update(Membership, one, {"is_primary": True}) for one in fresh.values()])


def _goes_on() -> ColumnElement[bool]:
    """The condition that a membership counts today, and tomorrow still."""
    return current_membership() & (Membership.ends_on.is_(None) | (Membership.ends_on > func.current_date()))


@retention.each_day
def move_ended() -> None:
    """Once a day: for those whose primary membership has ended by its date."""
    while former := over(PRIMARY.ends_on < func.current_date()):
        operation = write.begin(CALENDAR, "edit", title=_("Primary companies moved on"))
        move_on(operation, former)
