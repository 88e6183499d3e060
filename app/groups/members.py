"""Who is in a group: adding and removing people and companies, one or a hundred thousand at a time, and a contact's
primary group."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, Select, and_, cast, func, literal, null, select

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.record import Record
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import write
from app.records.actor import Actor
from app.records.errors import Conflict
from app.records.models import Operation
from app.records.needed import among
from app.records.write import Update
from tenants import db, fetch

from .models import Group, GroupMember

# Ids, or a query of them: what a list shows.
Ids = Collection[int] | Select


class Deactivated(Conflict):
    """Nobody is added to a group that is set aside."""

    sentence = _l("This group is deactivated. Set “Active” first.")


class TooMany(Conflict):
    """More at a time than a request can write."""

    sentence = _l("At most 25,000 can be added or removed at a time. Narrow the list with a filter first.")


# More than these are not written in one request.
MOST = 25_000


@dataclass(frozen=True)
class Counts:
    """How many of those named can be added to a group or removed from it, and why the others cannot."""

    asked: int = 0
    # Those that adding adds, and that removing removes.
    free: int = 0
    inside: int = 0
    # People who are deactivated; those that are no more or were never there.
    deactivated: int = 0
    missing: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Counts(*(mine + theirs for mine, theirs in pairs))

    @property
    def refused(self) -> int:
        return self.deactivated + self.missing


@dataclass(frozen=True)
class Outcome:
    """What was done: the counts as they were before, and the operation, None where there was nothing to do."""

    counts: Counts
    operation: Operation | None = None


def add_members(group: Group, *, contact_ids: Ids = (), company_ids: Ids = (), actor: Actor) -> Outcome:
    """Put people and companies into a group, as one operation. Raises `Deactivated` or `TooMany`.

    Who is in it already stays; people who are deactivated are left out.
    """
    if not group.active:
        raise Deactivated
    _hold(group)
    counts = count(group, contact_ids=contact_ids, company_ids=company_ids)
    if not counts.free:
        return Outcome(counts)
    if counts.free > MOST:
        raise TooMany
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Added to the group %(name)s", name=group.name))
        for model, ids in _asked(contact_ids, company_ids):
            fresh = standing(group, model, ids, inside=False).subquery()
            source = select(
                func.row_number().over(order_by=fresh.c.id).label("n"),
                cast(null(), BigInteger).label("id"),
                literal(group.id, BigInteger).label("group_id"),
                fresh.c.id.label(_column(model).key),
            )
            write.insert_from(operation, GroupMember, ("group_id", _column(model).key), source)
    return Outcome(counts, operation)


def refusal(counts: Counts, model: type[Record]) -> str:
    """Why the one record that was to be added was not."""
    if counts.deactivated:
        return _("This contact is deactivated. Activate it first.")
    if model is Contact:
        return _("This person is in the group already.")
    return _("This company is in the group already.")


def remove_members(group: Group, *, contact_ids: Ids = (), company_ids: Ids = (), actor: Actor) -> Outcome:
    """Take people and companies out of a group, as one operation. Raises `TooMany`."""
    _hold(group)
    counts = count(group, contact_ids=contact_ids, company_ids=company_ids)
    if not counts.inside:
        return Outcome(counts)
    if counts.inside > MOST:
        raise TooMany
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Removed from the group %(name)s", name=group.name))
        for model, ids in _asked(contact_ids, company_ids):
            inside = standing(group, model, ids, inside=True).with_only_columns(GroupMember.id)
            write.withdraw_from(operation, GroupMember, inside)
    return Outcome(counts, operation)


def remove(member: GroupMember, group: Group, *, actor: Actor) -> Operation | None:
    """Take one contact or company out of a group."""
    one = {"contact_ids": [member.contact_id]} if member.contact_id else {"company_ids": [member.company_id]}
    return remove_members(group, **one, actor=actor).operation


def add_to_groups(contact_id: int, group_ids: Ids, *, actor: Actor) -> Operation | None:
    """Put one contact into several groups, as one operation: those that are in use and that the person is not in."""
    into = (
        select(Group.id)
        .outerjoin(
            GroupMember,
            and_(
                GroupMember.group_id == Group.id,
                GroupMember.contact_id == contact_id,
                GroupMember.withdrawn_at.is_(None),
            ),
        )
        .where(Group.id.in_(group_ids), Group.active, Group.withdrawn_at.is_(None), GroupMember.id.is_(None))
        .order_by(Group.id)
    )
    wanted = list(db.session.scalars(into))
    if not wanted:
        return None
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Added to the company’s groups"))
        values = [{"group_id": group_id, "contact_id": contact_id} for group_id in wanted]
        write.apply(operation, [write.Create(GroupMember, one) for one in values])
    return operation


def make_primary(member: GroupMember, *, actor: Actor) -> Operation | None:
    """Let this group be the contact's primary one."""
    if member.is_primary:
        return None
    db.session.execute(select(Contact.id).where(Contact.id == member.contact_id).with_for_update())
    former = select(GroupMember.id).where(
        GroupMember.contact_id == member.contact_id, GroupMember.is_primary, GroupMember.withdrawn_at.is_(None)
    )
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Another primary group"))
        for one in db.session.scalars(former).all():
            write.apply(operation, [Update(GroupMember, one, {"is_primary": False})])
        write.apply(operation, [Update(GroupMember, member.id, {"is_primary": True})])
    return operation


def count(group: Group, *, contact_ids: Ids = (), company_ids: Ids = ()) -> Counts:
    """How many of these can be added or removed, and why the others cannot; one statement for each kind of them."""
    found = Counts()
    for model, ids in _asked(contact_ids, company_ids):
        standing = _standing(group, model, ids).with_only_columns(
            GroupMember.id.is_not(None).label("inside"), and_(True, *_fit(model)).label("fit")
        )
        standing = standing.subquery()
        here = func.count()
        row = fetch(
            select(
                here,
                here.filter(standing.c.inside),
                here.filter(~standing.c.inside, ~standing.c.fit),
            ).select_from(standing)
        ).one()
        there, inside, unfit = row
        missing = 0 if isinstance(ids, Select) else len(set(ids)) - there
        found += Counts(there + missing, there - inside - unfit, inside, unfit, missing)
    return found


def standing(group: Group, model: type[Record], ids: Ids, *, inside: bool) -> Select:
    """The ids of those among these that are in the group, or of those that can be added to it."""
    if inside:
        return _standing(group, model, ids).where(GroupMember.id.is_not(None))
    return _standing(group, model, ids).where(GroupMember.id.is_(None), *_fit(model))


def _asked(contact_ids: Ids, company_ids: Ids) -> list[tuple[type[Record], Ids]]:
    given = ((Contact, contact_ids), (Company, company_ids))
    return [(model, ids) for model, ids in given if isinstance(ids, Select) or len(ids)]


def _column(model: type[Record]):
    return GroupMember.contact_id if model is Contact else GroupMember.company_id


def _fit(model: type[Record]) -> list:
    """The conditions that a record may be added."""
    return [Contact.active] if model is Contact else []


def _standing(group: Group, model: type[Record], ids: Ids) -> Select:
    """The live records among these, each beside its live place in the group, if it has one."""
    here = model.id.in_(ids) if isinstance(ids, Select) else among(model, ids)
    place = and_(GroupMember.group_id == group.id, _column(model) == model.id, GroupMember.withdrawn_at.is_(None))
    return select(model.id).outerjoin(GroupMember, place).where(here, model.withdrawn_at.is_(None))


def _hold(group: Group) -> None:
    """Let nobody else change who is in this group until the transaction ends."""
    db.session.execute(select(Group.id).where(Group.id == group.id).with_for_update())
