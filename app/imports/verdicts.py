"""What becomes of each row: of whom it speaks, and whether that person is made, changed, or left alone.

All of it is set-based, some thousand rows at a time: nothing here looks at a single row. What a text refers to is
found by scalar subqueries: they go by the index whatever the planner believes of tables filled a moment ago.
"""

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array
from sqlalchemy.orm import aliased

from app.contacts.models import Contact, Membership
from app.fields import references
from app.fields.kinds import Reference
from app.people.models import Account
from tenants import db

from .models import ImportName
from .staging import ROW, VERDICT, Staging
from .targets import PERSON

_NONE = cast(null(), BigInteger)
_NOTHING = cast([], JSONB)
# What `resolve` finds out for every row.
_FOUND = ("company_id", "department_id", "partner_id", "manager_id", "manager_row")


def _once(rows: Select, name: str) -> CTE:
    """Rows that are worked out once, however often they are used."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def enter(staging: Staging, first: int, last: int) -> None:
    """Give each newly staged row its keys and the contact that it speaks of: by user name, else by person."""
    user, person = staging.text("user_name"), [staging.text(name) for name in PERSON]
    whole = set(PERSON) <= set(staging.slots)
    same_user = func.lower(Contact.user_name) == func.lower(user)
    same_person = and_(
        *[func.lower(getattr(Contact, name)) == func.lower(text) for name, text in zip(PERSON, person, strict=True)]
    )
    key = func.lower(person[0] + "\n" + person[1] + "\n" + person[2])
    here = _once(
        select(
            ROW.c.import_id,
            ROW.c.row_no,
            ROW.c.problems,
            user.label("user_name"),
            (key if whole else cast(null(), Text)).label("person"),
            (_live(Contact, same_user) if "user_name" in staging.slots else _NONE).label("by_user"),
            (_live(Contact, same_person) if whole else _NONE).label("by_person"),
        ).where(ROW.c.import_id == staging.import_id, ROW.c.row_no.between(first, last)),
        "here",
    )
    known = func.coalesce(here.c.by_user, here.c.by_person)
    two = here.c.by_user != here.c.by_person
    primary = aliased(Membership, name="prime")
    membership = _live(primary, (primary.contact_id == known) & primary.is_primary)
    another = func.jsonb_build_array(_problem("user_name", "another", here.c.user_name))
    wrong = or_(here.c.problems.is_not(None), func.coalesce(two, False))
    rows = (
        select(
            here.c.import_id,
            here.c.row_no,
            case((wrong, "reject"), (known.is_not(None), "match"), else_="create"),
            case((~wrong, func.lower(here.c.user_name))),
            here.c.person,
            case((known.is_not(None), known), else_=func.nextval("contact_id_seq")),
            Contact.version,
            case((two, here.c.by_person)),
            Membership.id,
            Membership.version,
            case((and_(here.c.problems.is_(None), two), another), else_=here.c.problems),
        )
        .select_from(here)
        .outerjoin(Contact, Contact.id == known)
        .outerjoin(Membership, Membership.id == membership)
    )
    targets = ["import_id", "row_no", "verdict", "user_key", "person_key", "contact_id", "version", "other_id"]
    targets += ["membership_id", "membership_version", "problems"]
    db.session.execute(insert(VERDICT).from_select(targets, rows))


def _live(model, condition: ColumnElement[bool]) -> ColumnElement:
    """The id of the one record that meets the condition."""
    return select(model.id).where(condition, model.withdrawn_at.is_(None)).scalar_subquery()


def resolve(staging: Staging, first: int, last: int) -> None:
    """Decide the rows of a chunk: find what they refer to, compare them with who is there, note what is wrong."""
    rows = _judged(staging, _found(staging, first, last))
    skip = staging.rules.match == "skip"
    wrong = rows.c.problems.is_not(None)
    known = VERDICT.c.verdict == "match"
    changed = func.coalesce(func.cardinality(rows.c.changed), 0) > 0
    verdict = case(
        (wrong, "reject"), (~known, "create"), (literal(skip), "duplicate"), (changed, "change"), else_="same"
    )
    db.session.execute(
        update(VERDICT)
        .values(
            verdict=verdict,
            problems=rows.c.problems,
            changed=case((changed, rows.c.changed)),
            other_id=case((known & literal(skip), VERDICT.c.contact_id)),
            **{name: rows.c[name] for name in _FOUND},
        )
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.row_no == rows.c.row_no)
        .execution_options(synchronize_session=False)
    )


def _found(staging: Staging, first: int, last: int) -> CTE:
    """The rows of a chunk with the ids that their texts stand for."""
    mine = (VERDICT.c.import_id == staging.import_id) & VERDICT.c.row_no.between(first, last)
    key = func.lower(staging.text("line_manager_id"))
    leader = VERDICT.alias("leader")
    in_file = (leader.c.import_id == staging.import_id) & (leader.c.user_key == key)
    has = staging.slots.__contains__
    here = _once(
        select(
            VERDICT.c.row_no,
            VERDICT.c.verdict,
            VERDICT.c.contact_id,
            VERDICT.c.membership_id,
            ROW.c.cells,
            ROW.c.missing,
            _named(staging, "company", "company", literal(0)).label("company_id"),
            _named(staging, "partner_id", "partner", literal(0)).label("partner_id"),
            (_live(Contact, func.lower(Contact.user_name) == key) if has("line_manager_id") else _NONE).label("person"),
            select(leader.c.row_no).where(in_file).scalar_subquery().label("leader_row"),
        )
        .join_from(VERDICT, ROW, (ROW.c.import_id == VERDICT.c.import_id) & (ROW.c.row_no == VERDICT.c.row_no))
        .where(mine, VERDICT.c.verdict.in_(("create", "match"))),
        "here",
    )
    company = func.coalesce(here.c.company_id, Membership.company_id)
    department = _named(staging, "department", "department", company, here.c.cells)
    made = case((here.c.person.is_(None) & (leader.c.verdict == "create"), leader.c.row_no))
    columns = [column for column in here.c if column.name not in ("person", "leader_row")]
    return _once(
        select(
            *columns,
            department.label("department_id"),
            func.coalesce(here.c.person, leader.c.contact_id).label("manager_id"),
            made.label("manager_row"),
        )
        .select_from(here)
        .outerjoin(Membership, Membership.id == here.c.membership_id)
        .outerjoin(leader, (leader.c.import_id == staging.import_id) & (leader.c.row_no == here.c.leader_row)),
        "found",
    )


def _named(staging: Staging, target: str, kind: str, parent: ColumnElement, cells=ROW.c.cells) -> ColumnElement:
    """The id that the name in a cell stands for."""
    if target not in staging.slots:
        return _NONE
    mine = (ImportName.import_id == staging.import_id) & (ImportName.kind == kind) & (ImportName.parent_id == parent)
    return select(ImportName.id).where(mine, ImportName.text == staging.text(target, cells)).scalar_subquery()


def _judged(staging: Staging, found: CTE):
    """The found rows with what is wrong with them and which fields they would change."""
    known = found.c.verdict == "match"
    return (
        select(
            found.c.row_no,
            *[found.c[name] for name in _FOUND],
            _wrong(staging, found).label("problems"),
            _changed(staging, found).label("changed"),
        )
        .select_from(found)
        .outerjoin(Contact, known & (Contact.id == found.c.contact_id))
        .outerjoin(Membership, known & (Membership.id == found.c.membership_id))
        .subquery("r")
    )


def _wrong(staging: Staging, found: CTE) -> ColumnElement:
    """A JSON array of the problems that only the database could see, NULL where there are none."""
    has = staging.slots.__contains__
    company = func.coalesce(found.c.company_id, Membership.company_id)
    lacks = (found.c.verdict == "create") & found.c.missing.is_not(None)
    conditions, parts = [lacks], [case((lacks, found.c.missing), else_=_NOTHING)]

    def text(name):
        return staging.text(name, found.c.cells)

    def note(condition, name, code):
        conditions.append(condition)
        parts.append(case((condition, func.jsonb_build_array(_problem(name, code, text(name)))), else_=_NOTHING))

    if has("line_manager_id"):
        note(text("line_manager_id").is_not(None) & found.c.manager_id.is_(None), "line_manager_id", "manager")
        note(found.c.manager_id == found.c.contact_id, "line_manager_id", "self")
    if has("partner_id"):
        note(text("partner_id").is_not(None) & found.c.partner_id.is_(None), "partner_id", "partner")
    if has("department"):
        note(text("department").is_not(None) & company.is_(None), "department", "no_company")
    if has("company_primary"):
        note(staging.value("company_primary", found.c.cells) & company.is_(None), "company_primary", "no_company")
    if has("department_primary"):
        department = func.coalesce(found.c.department_id, Membership.department_id)
        flag = staging.value("department_primary", found.c.cells)
        note(flag & department.is_(None), "department_primary", "no_department")
    for target in staging.on_contact():
        if target.custom and isinstance(target.kind, Reference):
            note(text(target.name).is_not(None) & ~_exists(target, text(target.name)), target.name, "no_record")
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||", return_type=JSONB())(part)
    # Nearly all rows have none: the array is put together only for those that have.
    return case((or_(*conditions), whole))


def _exists(target, text: ColumnElement) -> ColumnElement[bool]:
    model = references.model(target.kind.noun)
    if model is None:
        return false()
    return exists().where(model.id == cast(text, BigInteger), model.withdrawn_at.is_(None))


def _changed(staging: Staging, found: CTE) -> ColumnElement:
    """The names of the fields that would get another value, for people who are there already."""
    names = [case((condition, name)) for name, condition in _differences(staging, found).items()]
    if not names:
        return cast(null(), ARRAY(Text))
    return case((found.c.verdict == "match", func.array_remove(array(names), None, type_=ARRAY(Text))))


def _differences(staging: Staging, found: CTE) -> dict[str, ColumnElement[bool]]:
    """For each matched field whether the row would change it, over `Contact` and `Membership` as they are now."""
    kept = staging.rules.kept
    differs = {}
    for target in staging.on_contact():
        now = current(target)
        differs[target.name] = kept(target, staging.value(target.name, found.c.cells), now).is_distinct_from(now)
    for name, given, now in (
        ("line_manager_id", found.c.manager_id, Contact.line_manager_id),
        ("partner_id", found.c.partner_id, Contact.partner_id),
        ("company", found.c.company_id, Membership.company_id),
    ):
        if name in staging.slots:
            differs[name] = kept(staging.targets[name], given, now).is_distinct_from(now)
    # Whoever changes company begins anew there: no department, no primary contact.
    moves = differs.get("company", false())
    for name, given, now, otherwise in (
        ("department", found.c.department_id, Membership.department_id, _NONE),
        ("company_primary", None, Membership.company_primary, false()),
        ("department_primary", None, Membership.department_primary, false()),
    ):
        if name in staging.slots:
            given = staging.value(name, found.c.cells) if given is None else given
            then = case((moves, otherwise), else_=func.coalesce(now, otherwise))
            after = func.coalesce(kept(staging.targets[name], given, then), otherwise)
            differs[name] = after.is_distinct_from(then)
    if staging.rules.access:
        differs["access"] = ~exists().where(Account.contact_id == found.c.contact_id)
    return differs


def current(target) -> ColumnElement:
    """The value that a contact has now."""
    return Contact.custom[target.field.key] if target.custom else getattr(Contact, target.name)


def _problem(name: str, code: str, found: ColumnElement) -> ColumnElement:
    return func.jsonb_build_array(name, code, "", func.coalesce(found, ""), type_=JSONB)
