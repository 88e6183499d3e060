"""Writing the people that a file makes: contacts, their memberships and accounts, a chunk at a time."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Select,
    any_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by, array
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.contacts.models import Contact, Membership
from app.fields.kinds import country_codes, default_zone
from app.fields.settings import fields_of
from app.people.models import Account
from app.records import statements, write
from app.records.models import Operation
from app.settings import queries as settings
from tenants import db, set_for_transaction

from .staging import CHUNK, MADE, ROW, VERDICT, Staging, look_at_all, numbers

# More line managers than these, or over more levels, are not pulled forward into one chunk but entered at the end.
_MOST, _DEEPEST = 3 * MADE, 30


def next_rows(staging: Staging, after: int, forward: bool) -> tuple[list[int], int]:
    """The next rows that make people, and the row that the next chunk begins behind.

    Line managers who come further down in the file are pulled forward, so that they are there when they are named.
    """
    mine = (VERDICT.c.import_id == staging.import_id) & (VERDICT.c.verdict == "create")
    there = exists().where(Contact.id == VERDICT.c.contact_id)
    found = _lists(select(VERDICT).where(mine, VERDICT.c.row_no > after).order_by(VERDICT.c.row_no).limit(MADE))[0]
    last = found[-1] if found else after
    if not forward:
        return found, last
    taken: set[int] = set()
    wanted = set(found)
    for _level in range(_DEEPEST):
        if not wanted or len(taken) > _MOST:
            break
        fresh, managers = _lists(select(VERDICT).where(mine, _among(sorted(wanted)), ~there))
        taken.update(fresh)
        wanted = set(managers) - taken
    return sorted(taken), last


def _lists(verdicts: Select) -> tuple[list[int], list[int]]:
    """The numbers of these rows in their order, and those of the rows that make their line managers."""
    found = verdicts.subquery()
    managers = func.array_agg(found.c.manager_row.distinct()).filter(found.c.manager_row.is_not(None))
    rows = func.array_agg(aggregate_order_by(found.c.row_no, found.c.row_no))
    return tuple(numbers or [] for numbers in db.session.execute(select(rows, managers)).one())


def _among(rows: Sequence[int]):
    return VERDICT.c.row_no == any_(numbers(rows))


def create(staging: Staging, operation: Operation, rows: Sequence[int], careful: bool) -> tuple[int, bool]:
    """Make the people of these rows; returns how many, and whether the rest must be written carefully.

    Whoever was made by somebody else since the plan comes out as a conflict, and the others are made all the same.
    """
    # The index of search text takes many entries at once far more cheaply than a few, if it may gather them.
    set_for_transaction(gin_pending_list_limit="16MB", work_mem="64MB")
    for _attempt in range(5):
        try:
            with db.session.begin_nested():
                return write.insert_all(operation, Contact, *_contacts(staging, rows, careful)), careful
        except IntegrityError:
            marked = _mark_taken(staging, rows)
            if careful and not marked:
                raise
            careful = True
    raise RuntimeError("People are being made faster by others than this import can look.")


def join(staging: Staging, operation: Operation, rows: Sequence[int] | None) -> None:
    """Give the people that these rows made their place at their company, and their account.

    Whoever has one by now, from somebody who was quick, keeps it. Without rows it is for everybody who was made and
    has none, because a run died before it came to this.
    """
    if rows is None:
        look_at_all()
    try:
        with db.session.begin_nested():
            _join(staging, operation, rows, late=rows is None)
    except IntegrityError:
        _join(staging, operation, rows, late=True)


def _join(staging: Staging, operation: Operation, rows: Sequence[int] | None, late: bool) -> None:
    write.insert_all(operation, Membership, *_memberships(staging, rows, late))
    _accounts(staging, operation, rows, late)


def _rows(staging: Staging, rows: Sequence[int] | None):
    """The staged rows that make somebody, and which of them are meant; None means all."""
    mine = (VERDICT.c.import_id == staging.import_id) & (VERDICT.c.verdict == "create")
    if rows is not None:
        mine &= _among(rows)
    return VERDICT.join(ROW, (ROW.c.import_id == VERDICT.c.import_id) & (ROW.c.row_no == VERDICT.c.row_no)), mine


def _contacts(staging: Staging, rows: Sequence[int], careful: bool) -> tuple[list[str], Select]:
    """The fields of the contacts to be made, and the query of their values."""
    values = {target.name: staging.value(target.name) for target in staging.on_contact()}
    for entry in fields_of(Contact):
        if entry.custom or entry.name in values:
            given = values.get(entry.name)
            default = entry.kind.default
            if default is not None:
                fallback = literal(entry.kind.to_json(default), JSONB) if entry.custom else literal(default)
                values[entry.name] = fallback if given is None else func.coalesce(given, fallback)
    values["user_name"] = func.coalesce(staging.text("user_name"), VERDICT.c.user_name)
    values["time_zone"] = func.coalesce(staging.text("time_zone"), _zone(staging.text("country")))
    values["language"] = func.coalesce(staging.text("language"), settings.value("locale"))
    values["company_ids"] = case(
        (VERDICT.c.company_id.is_(None), cast([], ARRAY(BigInteger))), else_=array([VERDICT.c.company_id])
    )
    if "partner_id" in staging.slots:
        values["partner_id"] = VERDICT.c.partner_id
    if "line_manager_id" in staging.slots:
        values["line_manager_id"] = _manager(rows) if careful else VERDICT.c.manager_id
    columns = [value.label(statements.plain(name)) for name, value in values.items()]
    source, mine = _rows(staging, rows)
    made = select(VERDICT.c.row_no.label("n"), VERDICT.c.contact_id.label("id"), *columns)
    return list(values), made.select_from(source).where(mine)


def _zone(country):
    """The time zone that a country brings."""
    zones = {code: zone for code in country_codes() if (zone := default_zone(code))}
    return literal(zones, JSONB).op("->>")(country)


def _manager(rows: Sequence[int]):
    """The line manager, where there is one by now."""
    leader = aliased(Contact, name="leader")
    there = exists().where(leader.id == VERDICT.c.manager_id)
    other = VERDICT.alias("other")
    now = exists().where(
        other.c.import_id == VERDICT.c.import_id,
        other.c.row_no == VERDICT.c.manager_row,
        other.c.row_no == any_(numbers(rows)),
        other.c.verdict == "create",
    )
    return case((or_(there, now), VERDICT.c.manager_id))


def _without(model: type[Membership] | type[Account]):
    """Those who are there, and have no membership, or account."""
    there = exists().where(Contact.id == VERDICT.c.contact_id)
    return there & ~exists().where(model.contact_id == VERDICT.c.contact_id)


def _memberships(staging: Staging, rows: Sequence[int] | None, late: bool) -> tuple[list[str], Select]:
    values = {"company_id": VERDICT.c.company_id, "contact_id": VERDICT.c.contact_id}
    if "department" in staging.slots:
        values["department_id"] = VERDICT.c.department_id
    for name in ("company_primary", "department_primary"):
        if name in staging.slots:
            values[name] = func.coalesce(staging.value(name), False)
    source, mine = _rows(staging, rows)
    columns = [value.label(name) for name, value in values.items()]
    made = select(VERDICT.c.row_no.label("n"), cast(null(), BigInteger).label("id"), *columns)
    if late:
        mine &= _without(Membership)
    return list(values), made.select_from(source).where(mine, VERDICT.c.company_id.is_not(None))


def _accounts(staging: Staging, operation: Operation, rows: Sequence[int] | None, late: bool) -> None:
    """Accounts for the portal: for everybody with access, and disabled ones for those who bring a password."""
    if not staging.rules.access and not staging.has_passwords:
        return
    source, mine = _rows(staging, rows)
    if late:
        mine &= _without(Account)
    wanted = select(
        VERDICT.c.contact_id, ROW.c.password, literal(True), literal(staging.rules.access), literal(operation.id)
    ).select_from(source)
    wanted = wanted.where(mine) if staging.rules.access else wanted.where(mine, ROW.c.password.is_not(None))
    columns = ["contact_id", "password_sealed", "must_change", "enabled", "created_op"]
    db.session.execute(insert(Account).from_select(columns, wanted))


def _mark_taken(staging: Staging, rows: Sequence[int]) -> int:
    """Find those whose user name, or e-mail address and name, somebody has had since the plan."""
    name = func.coalesce(staging.text("user_name"), VERDICT.c.user_name)
    by_user = (func.lower(Contact.user_name) == func.lower(name)) & Contact.withdrawn_at.is_(None)
    person = [
        func.lower(getattr(Contact, part)) == func.lower(staging.text(part))
        for part in ("email", "first_name", "last_name")
    ]
    taken = or_(exists().where(by_user), exists().where(*person, Contact.withdrawn_at.is_(None)))
    problem = [["", "taken", "", ""]]
    return db.session.execute(
        update(VERDICT)
        .values(verdict="conflict", problems=literal(problem, JSONB))
        .where(
            VERDICT.c.import_id == staging.import_id,
            _among(rows),
            VERDICT.c.verdict == "create",
            ROW.c.import_id == VERDICT.c.import_id,
            ROW.c.row_no == VERDICT.c.row_no,
            taken,
        )
        .execution_options(synchronize_session=False)
    ).rowcount


def enter_managers(staging: Staging, operation: Operation) -> int:
    """Enter the line managers who were not there when their people were made; returns how many."""
    leader = aliased(Contact, name="leader")
    late = (
        select(Contact.id.label("id"), VERDICT.c.manager_id.label("line_manager_id"))
        .join_from(VERDICT, Contact, Contact.id == VERDICT.c.contact_id)
        .join(leader, leader.id == VERDICT.c.manager_id)
        .where(
            VERDICT.c.import_id == staging.import_id,
            VERDICT.c.verdict == "create",
            Contact.line_manager_id.is_(None),
            Contact.updated_op == operation.id,
        )
        .limit(CHUNK)
    )
    return len(write.update_from(operation, Contact, ["line_manager_id"], late))
