"""Writing what a file changes of people who are there already, a chunk at a time."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    any_,
    case,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.contacts.models import Contact, Membership
from app.people.models import Account
from app.records import statements, write
from app.records.models import Operation
from tenants import db

from .staging import CHUNK, ROW, VERDICT, Staging, numbers
from .targets import OF_MEMBERSHIP
from .verdicts import current


def next_rows(staging: Staging, after: int) -> list[int]:
    """The next rows that change somebody."""
    mine = (VERDICT.c.import_id == staging.import_id) & (VERDICT.c.verdict == "change") & (VERDICT.c.row_no > after)
    return list(db.session.scalars(select(VERDICT.c.row_no).where(mine).order_by(VERDICT.c.row_no).limit(CHUNK)))


def _among(staging: Staging, rows: Sequence[int]):
    return (
        (VERDICT.c.import_id == staging.import_id)
        & (VERDICT.c.row_no == any_(numbers(rows)))
        & (VERDICT.c.verdict == "change")
    )


def change(staging: Staging, operation: Operation, rows: Sequence[int]) -> int:
    """Write the changes of these rows; whoever was changed since the plan is left alone. Returns how many were."""
    _mark_edited(staging, rows)
    mine = _among(staging, rows)
    touched = VERDICT.c.changed.overlap(list(OF_MEMBERSHIP))
    moving = list(db.session.scalars(select(VERDICT.c.contact_id).where(mine, touched)))
    done = set(_contacts(staging, operation, mine))
    if moving:
        was = write.related_values(Contact, moving)
        _move(operation, mine)
        _memberships(staging, operation, mine)
        done |= set(write.note_related(operation.id, Contact, was))
    if staging.rules.access:
        done |= _accounts(operation, mine)
    return len(done)


def _mark_edited(staging: Staging, rows: Sequence[int]) -> None:
    """Hold these people, and give rows about those who have another version by now the verdict 'conflict'."""
    mine = _among(staging, rows)
    ids = select(VERDICT.c.contact_id).where(mine)
    held = select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    db.session.execute(held).all()
    primary = (Membership.contact_id == Contact.id) & Membership.is_primary & Membership.withdrawn_at.is_(None)
    now = (
        select(VERDICT.c.row_no)
        .join_from(VERDICT, Contact, Contact.id == VERDICT.c.contact_id)
        .outerjoin(Membership, primary)
        .where(
            mine,
            or_(
                Contact.version != VERDICT.c.version,
                Contact.withdrawn_at.is_not(None),
                Membership.id.is_distinct_from(VERDICT.c.membership_id),
                Membership.version.is_distinct_from(VERDICT.c.membership_version),
            ),
        )
        .scalar_subquery()
    )
    db.session.execute(
        update(VERDICT)
        .values(verdict="conflict", problems=literal([["", "edited", "", ""]], JSONB))
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.row_no.in_(now))
        .execution_options(synchronize_session=False)
    )


def _source():
    return VERDICT.join(ROW, (ROW.c.import_id == VERDICT.c.import_id) & (ROW.c.row_no == VERDICT.c.row_no))


def _contacts(staging: Staging, operation: Operation, mine) -> list[int]:
    """The contacts' own fields."""
    kept = staging.rules.kept
    values = {target.name: kept(target, staging.value(target.name), current(target)) for target in staging.on_contact()}
    for name, given in (("line_manager_id", VERDICT.c.manager_id), ("partner_id", VERDICT.c.partner_id)):
        if name in staging.slots:
            values[name] = kept(staging.targets[name], given, getattr(Contact, name))
    if not values:
        return []
    columns = [value.label(statements.plain(name)) for name, value in values.items()]
    rows = (
        select(Contact.id.label("id"), *columns)
        .select_from(_source().join(Contact, Contact.id == VERDICT.c.contact_id))
        .where(mine, VERDICT.c.changed.overlap(list(values)))
    )
    return write.update_from(operation, Contact, list(values), rows)


def _move(operation: Operation, mine) -> None:
    """Those who change company leave their primary one and join the other, where they may have been before."""
    moves = mine & VERDICT.c.changed.contains(["company"])
    leaving = select(VERDICT.c.membership_id).where(moves, VERDICT.c.membership_id.is_not(None))
    write.withdraw_from(operation, Membership, leaving)
    before = (Membership.contact_id == VERDICT.c.contact_id) & (Membership.company_id == VERDICT.c.company_id)
    known = select(Membership.id).join_from(VERDICT, Membership, before).where(moves)
    write.withdraw_from(operation, Membership, known, back=True)
    primary = select(Membership.id.label("id"), literal(True).label("is_primary"))
    primary = primary.join_from(VERDICT, Membership, before).where(moves)
    write.update_from(operation, Membership, ["is_primary"], primary)
    joining = select(
        VERDICT.c.row_no.label("n"),
        cast(null(), BigInteger).label("id"),
        VERDICT.c.company_id.label("company_id"),
        VERDICT.c.contact_id.label("contact_id"),
    ).where(moves, VERDICT.c.company_id.is_not(None), ~exists().where(before))
    write.insert_from(operation, Membership, ["company_id", "contact_id"], joining)


def _memberships(staging: Staging, operation: Operation, mine) -> None:
    """What stands on the membership in the primary company."""
    kept, moves = staging.rules.kept, VERDICT.c.changed.contains(["company"])
    values = {}
    for name, column, given, otherwise in (
        ("department", Membership.department_id, VERDICT.c.department_id, cast(null(), BigInteger)),
        ("company_primary", Membership.company_primary, None, false()),
        ("department_primary", Membership.department_primary, None, false()),
    ):
        if name in staging.slots:
            given = staging.value(name) if given is None else given
            now = case((moves, otherwise), else_=column)
            values[column.key] = func.coalesce(kept(staging.targets[name], given, now), otherwise)
    if not values:
        return
    primary = (
        (Membership.contact_id == VERDICT.c.contact_id) & Membership.is_primary & Membership.withdrawn_at.is_(None)
    )
    columns = [value.label(name) for name, value in values.items()]
    rows = select(Membership.id.label("id"), *columns).select_from(_source().join(Membership, primary))
    rows = rows.where(mine, VERDICT.c.changed.overlap(list(OF_MEMBERSHIP)))
    write.update_from(operation, Membership, list(values), rows)


def _accounts(operation: Operation, mine) -> set[int]:
    """Accounts for those who have none, where the import gives access to the portal."""
    other = aliased(Account, name="other")
    wanted = select(VERDICT.c.contact_id, ROW.c.password, literal(True), literal(True), literal(operation.id))
    wanted = wanted.select_from(_source()).where(mine, ~exists().where(other.contact_id == VERDICT.c.contact_id))
    columns = ["contact_id", "password_sealed", "must_change", "enabled", "created_op"]
    made = insert(Account).from_select(columns, wanted).returning(Account.contact_id)
    return set(db.session.scalars(made))
