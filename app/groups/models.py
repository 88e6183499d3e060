"""Customer groups: people and companies of several companies that are looked after together."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.companies.models import LIVE, Company
from app.contacts.models import WORK, Contact
from app.fields.kinds import Choice, LongText, Reference, Whole, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.kinds.several import Several
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import Beside, Related, field, related
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint
from app.records.needed import among
from app.records.write import keep
from tenants import db

KINDS = [("group", _l("Customer group")), ("workgroup", _l("Customer workgroup"))]
PORTAL = _l("Portal")


class Group(Record):
    """People and companies that belong together for the desk, or a team of customers who share their work."""

    __tablename__ = "customer_group"
    __table_args__ = (
        Index("uq_customer_group_name", text("extensions.fold(name)"), unique=True, postgresql_where=LIVE),
        Index("ix_customer_group_name", text('extensions.fold(name) COLLATE "C"'), "id", postgresql_where=LIVE),
        Index("ix_customer_group_member_ids", "member_ids", postgresql_using="gin", postgresql_where=LIVE),
    )
    noun = "group"
    undo_permission = "groups.edit"
    companies_sql = "'{}'::bigint[]"
    in_step = ("member_ids",)

    name: Mapped[str] = field(
        TextKind(_l("Name"), max=64, required=True), portal="view", opens="view", listed=True, sortable=True
    )
    kind: Mapped[str] = field(
        Choice(_l("Type"), choices=KINDS, required=True, default="group"),
        opens="",
        listed=True,
        server_default="group",
    )
    description: Mapped[str | None] = field(
        LongText(_l("Description"), max=2000), portal="view", opens="view", listed=True
    )
    active: Mapped[bool] = field(YesNo(_l("Active"), default=True), opens="", server_default=text("true"))
    shown: Mapped[bool] = field(
        YesNo(_l("Members see each other"), help=_l("The people in it find the group and each other in the portal.")),
        section=PORTAL,
        opens="",
        listed=True,
        server_default=text("false"),
    )
    # The people whom the portal shows this group, where row-level security finds them; empty where it is not shown.
    member_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))


constraint("uq_customer_group_name", "name", _l("There is already a group with this name."))
referable(
    "group",
    Source(Group, Group.name, url="/groups/{id}", restrict=lambda statement: statement.where(Group.active)),
)


class GroupMember(Record):
    """The place of one contact or one company in a group. One of a contact's groups may be the primary one."""

    __tablename__ = "group_member"
    __table_args__ = (
        CheckConstraint("(contact_id IS NULL) <> (company_id IS NULL)", name="member"),
        Index("uq_group_member_contact", "contact_id", "group_id", unique=True, postgresql_where=LIVE),
        Index("uq_group_member_company", "company_id", "group_id", unique=True, postgresql_where=LIVE),
        Index(
            "uq_group_member_primary",
            "contact_id",
            unique=True,
            postgresql_where=text("is_primary AND withdrawn_at IS NULL"),
        ),
        Index("ix_group_member_group", "group_id", "contact_id", postgresql_where=LIVE),
    )
    noun = "group_member"
    says_of = ("contact_id", "company_id")
    undo_permission = "groups.members"
    part_of = "group_id"
    companies_sql = "array_remove(ARRAY[t.company_id], NULL)"

    group_id: Mapped[int] = field(Reference(_l("Group"), noun="group", required=True), fixed=True, opens="")
    contact_id: Mapped[int | None] = field(Reference(_l("Contact"), noun="contact"), fixed=True, opens="")
    company_id: Mapped[int | None] = field(Reference(_l("Company"), noun="company"), fixed=True, opens="")
    is_primary: Mapped[bool] = field(YesNo(_l("Primary group")), readonly=True, opens="", server_default=text("false"))


for name, target in (("group_id", "customer_group.id"), ("contact_id", "contact.id"), ("company_id", "company.id")):
    GroupMember.__table__.append_constraint(ForeignKeyConstraint([name], [target]))
constraint("uq_group_member_contact", "group_id", _l("This person is in the group already."))
constraint("uq_group_member_company", "group_id", _l("This company is in the group already."))
constraint("uq_group_member_primary", "group_id", _l("This person has another primary group already."))


def _of(member, model):
    """The condition that a live place in a group is that of the record at hand."""
    return (member == model.id) & GroupMember.withdrawn_at.is_(None)


# --- what the portal is told ------------------------------------------------------------------------------------------


@keep(Group)
def keep_groups(ids) -> None:
    """Put the people of each group on its own row, where the portal is to show it to them."""
    people = (
        select(func.array_agg(GroupMember.contact_id))
        .where(_of(GroupMember.group_id, Group), GroupMember.contact_id.is_not(None), Group.shown, Group.active)
        .correlate(Group)
        .scalar_subquery()
    )
    people = func.coalesce(people, func.cast([], ARRAY(BigInteger)))
    db.session.execute(
        update(Group)
        .where(Group.id.in_(ids), Group.member_ids.is_distinct_from(people))
        .values(member_ids=people)
        .execution_options(synchronize_session=False)
    )


@keep(GroupMember)
def keep_members(ids) -> None:
    """The same where somebody came or went."""
    touched = select(GroupMember.group_id).where(among(GroupMember, ids)).distinct()
    if shown := list(db.session.scalars(select(Group.id).where(Group.id.in_(touched), Group.shown))):
        keep_groups(shown)


# --- fields of others that stand here ---------------------------------------------------------------------------------


def _names(member):
    """The select expression of the names of a record's groups."""

    def expression(model: type[Record]):
        return (
            select(func.array_agg(Group.name))
            .join(GroupMember, GroupMember.group_id == Group.id)
            .where(_of(member, model), Group.withdrawn_at.is_(None))
            .correlate(model)
            .scalar_subquery()
        )

    return expression


def _matches(member):
    """The condition that a record is in a group of one of these names."""

    def matches(model: type[Record], names: list[str]):
        named = select(Group.id).where(
            func.extensions.fold(Group.name).in_([func.extensions.fold(name) for name in names]),
            Group.withdrawn_at.is_(None),
        )
        inside = select(member).where(GroupMember.group_id.in_(named), GroupMember.withdrawn_at.is_(None))
        return model.id.in_(inside)

    return matches


for model, member in ((Contact, GroupMember.contact_id), (Company, GroupMember.company_id)):
    related(
        model,
        "groups",
        Several(_l("Groups"), of=TextKind(_l("Group"), max=64)),
        Related(_names(member), matches=_matches(member)),
        after="job_title" if model is Contact else "kind",
        readonly=True,
        opens="",
        **({"section": WORK} if model is Contact else {}),
    )
related(
    Contact,
    "primary_group",
    Reference(_l("Primary group"), noun="group"),
    Related(
        lambda model: (
            select(GroupMember.group_id)
            .where(_of(GroupMember.contact_id, model), GroupMember.is_primary)
            .correlate(model)
            .scalar_subquery()
        ),
        matches=lambda model, ids: model.id.in_(
            select(GroupMember.contact_id).where(
                GroupMember.group_id.in_(ids), GroupMember.is_primary, GroupMember.withdrawn_at.is_(None)
            )
        ),
        beside=Beside(
            GroupMember,
            "contact_id",
            ("group_id", "is_primary"),
            lambda rows: next((row["group_id"] for row in rows if row["is_primary"]), None),
        ),
    ),
    after="groups",
    section=WORK,
    readonly=True,
    opens="",
)


def _count(member):
    return lambda model: (
        select(func.count(member))
        .where(GroupMember.group_id == model.id, GroupMember.withdrawn_at.is_(None))
        .correlate(model)
        .scalar_subquery()
    )


for name, label, member in (
    ("companies", _l("Companies"), GroupMember.company_id),
    ("people", _l("People"), GroupMember.contact_id),
):
    related(Group, name, Whole(label), Related(_count(member)), after="kind", listed=True, readonly=True, opens="")
