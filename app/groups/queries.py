"""Reading groups, who is in them, and which groups a contact or a company is in."""

from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, CompoundSelect, Select, bindparam, cast, false, func, null, select, union_all

from app.companies.models import Company
from app.contacts.memberships import current_membership
from app.contacts.models import Contact, Membership
from app.fields.folding import folded
from app.fields.record import Record
from app.fields.settings import fields_of
from app.records import read
from app.records.history import RECORD, Past, beside
from app.records.lists import ListOf
from app.records.search import Search
from tenants import db, fetch

from .models import Group, GroupMember

# One and the same query, so that statements made of it are made once.
ALL = select(Group)


def visible_to(viewer) -> Select:
    """Every group that the viewer may see; in the portal one's own, where they are shown to their members."""
    if viewer.surface != "portal":
        return ALL
    return select(Group).where(Group.shown, Group.active, Group.member_ids.contains([viewer.contact_id]))


def get(group_id: int, viewer) -> read.Loaded:
    """One group with all fields; raises `NotFound`."""
    portal = viewer.surface == "portal"
    return read.load(Group, group_id, visible_to(viewer), fields_of(Group, viewer), opened=portal)


def members(group_id: int, member) -> Select:
    """The ids of the contacts or of the companies of a group; `member` is the column that names them."""
    return select(member).where(
        GroupMember.group_id == group_id, member.is_not(None), GroupMember.withdrawn_at.is_(None)
    )


LIST = ListOf(
    Group,
    sort="name",
    search=Search((folded(Group.name),), folded(func.concat_ws(" ", Group.name, Group.description))),
)


# What happened to a group, and to whoever is in one, tells of coming and going, too.
PAST = Past("group", (("group_member", select(GroupMember.id).where(GroupMember.group_id == RECORD)),))
beside("contact", "group_member", select(GroupMember.id).where(GroupMember.contact_id == RECORD))
beside("company", "group_member", select(GroupMember.id).where(GroupMember.company_id == RECORD))


# --- the groups of one contact or company -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """One group that a contact or company is in."""

    id: int
    group_id: int
    name: str
    kind: str
    active: bool
    is_primary: bool


# So many of the other groups are named to be chosen; the rest is found by typing.
FIRST = 20


def _places(member) -> CompoundSelect:
    """The groups that a record is in, and the first of the others that it could be added to, in one statement."""
    inside = _own(member == bindparam("record", type_=BigInteger))
    here = select(GroupMember.id).where(inside, GroupMember.group_id == Group.id)
    columns = (Group.id, Group.name, Group.kind, Group.active)
    mine = (
        select(GroupMember.id.label("place"), *columns, GroupMember.is_primary)
        .join(Group, Group.id == GroupMember.group_id)
        .where(inside, Group.withdrawn_at.is_(None))
    )
    others = (
        select(cast(null(), BigInteger).label("place"), *columns, false().label("is_primary"))
        .where(Group.active, Group.withdrawn_at.is_(None), ~here.exists())
        .order_by(folded(Group.name), Group.id)
        .limit(FIRST)
        .subquery()
    )
    return union_all(mine, select(others))


def _own(condition):
    return condition & GroupMember.withdrawn_at.is_(None)


_PLACES = {Contact: _places(GroupMember.contact_id), Company: _places(GroupMember.company_id)}


def of(model: type[Record], record_id: int) -> tuple[list[Place], list[tuple[int, str]]]:
    """The groups that a contact or a company is in, the primary one first; and some others, by id and name."""
    rows = [Place(*row) for row in fetch(_PLACES[model], {"record": record_id})]
    mine = [row for row in rows if row.id]
    mine.sort(key=lambda row: (not row.is_primary, row.name.casefold(), row.group_id))
    return mine, [(row.group_id, row.name) for row in rows if not row.id]


def member(member_id: int) -> GroupMember:
    """One place in a group; raises `NotFound`."""
    return read.load(GroupMember, member_id, select(GroupMember), fields_of(GroupMember)).record


def offered(contact_id: int) -> list[tuple[int, str]]:
    """The groups of a contact's companies of today that the contact is not in, by id and name."""
    own = select(GroupMember.group_id).where(GroupMember.contact_id == contact_id, GroupMember.withdrawn_at.is_(None))
    companies = select(Membership.company_id).where(Membership.contact_id == contact_id, current_membership())
    theirs = select(GroupMember.group_id).where(
        GroupMember.company_id.in_(companies), GroupMember.withdrawn_at.is_(None)
    )
    wanted = select(Group.id, Group.name).where(
        Group.id.in_(theirs), Group.id.not_in(own), Group.active, Group.withdrawn_at.is_(None)
    )
    return [tuple(row) for row in db.session.execute(wanted.order_by(folded(Group.name), Group.id))]


# --- the portal -------------------------------------------------------------------------------------------------------


def shown_to(viewer) -> list[tuple[int, str]]:
    """The groups that the portal shows this person, by id and name."""
    mine = visible_to(viewer).with_only_columns(Group.id, Group.name).where(Group.withdrawn_at.is_(None))
    return [tuple(row) for row in db.session.execute(mine.order_by(folded(Group.name), Group.id))]


def people_of(group_id: int) -> Select:
    """The active people of a group that is shown to its members; the database limits them to the viewer's companies."""
    people = select(func.unnest(Group.member_ids)).where(Group.id == group_id).scalar_subquery()
    return select(Contact).where(Contact.id == func.any(func.array(people, type_=ARRAY(BigInteger))), Contact.active)
