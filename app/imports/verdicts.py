"""What becomes of each row: of whom it speaks, and whether that person is made, changed, or left alone.

All of it is set-based, some thousand rows at a time: nothing here looks at a single row.
"""

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Sequence,
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
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array
from sqlalchemy.orm import aliased

from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.fields import references
from app.fields.kinds import Reference
from app.people.models import Account
from tenants import db

from .models import ImportName
from .staging import ROW, VERDICT, Staging, look_at_all
from .targets import PERSON, Target

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
            case((known.is_not(None), known), else_=Sequence("contact_id_seq").next_value()),
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
    look_at_all()
    rows = _judged(staging, first, last)
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


class _Found:
    """What the texts of a row stand for, as columns, and the joins that find it.

    Names and line managers within the file are joined as sets; people and their memberships, of whom there may be a
    million more than rows, are each fetched by their key.
    """

    def __init__(self, staging: Staging, row):
        self.staging, self.row = staging, row
        self.source = row.join(ROW, (ROW.c.import_id == row.c.import_id) & (ROW.c.row_no == row.c.row_no))
        met = row.c.verdict == "match"
        self.contact = self._fetched(Contact, (Contact.id == row.c.contact_id) & met)
        self.membership = self._fetched(Membership, (Membership.id == row.c.membership_id) & met)
        self.company_id = self._named("company", "company", literal(0))
        self.partner_id = func.coalesce(self._named("partner_id", "partner", literal(0)), self._partner_there())
        self.company = func.coalesce(self.company_id, self.membership.company_id)
        self.department_id = self._named("department", "department", self.company)
        self.manager_id, self.manager_row = self._manager()

    def _fetched(self, model, condition: ColumnElement[bool]):
        """The one record that meets the condition, by an index."""
        one = aliased(model, select(model).where(condition).limit(1).lateral(), name=model.noun)
        self.source = self.source.outerjoin(one, true())
        return one

    def _named(self, target: str, kind: str, parent: ColumnElement) -> ColumnElement:
        """The id that the name in a cell stands for."""
        if target not in self.staging.slots:
            return _NONE
        name = aliased(ImportName, name=f"named_{kind}")
        mine = (name.import_id == self.staging.import_id) & (name.kind == kind) & (name.parent_id == parent)
        self.source = self.source.outerjoin(name, mine & (name.text == self.staging.text(target)))
        return name.id

    def _partner_there(self) -> ColumnElement:
        """The partner that somebody has, where the address is that of several companies: it tells nothing new."""
        if "partner_id" not in self.staging.slots:
            return _NONE
        same = func.lower(Company.email) == func.lower(self.staging.text("partner_id"))
        return select(Company.id).where(Company.id == self.contact.partner_id, same).scalar_subquery()

    def _manager(self) -> tuple[ColumnElement, ColumnElement]:
        """The line manager: another row of this file, else somebody who is there."""
        if "line_manager_id" not in self.staging.slots:
            return _NONE, _NONE
        key, leader = func.lower(self.staging.text("line_manager_id")), VERDICT.alias("leader")
        self.source = self.source.outerjoin(
            leader, (leader.c.import_id == self.staging.import_id) & (leader.c.user_key == key)
        )
        there = (func.lower(Contact.user_name) == key) & Contact.withdrawn_at.is_(None) & leader.c.row_no.is_(None)
        person = aliased(Contact, select(Contact).where(there).limit(1).lateral(), name="manager")
        self.source = self.source.outerjoin(person, true())
        made = case((leader.c.verdict == "create", leader.c.row_no))
        return func.coalesce(leader.c.contact_id, person.id), made


def _judged(staging: Staging, first: int, last: int):
    """The rows of a chunk with the ids they refer to, what is wrong with them, and which fields they would change."""
    row = VERDICT.alias("judged")
    found = _Found(staging, row)
    columns = [getattr(found, name).label(name) for name in _FOUND]
    return (
        select(
            row.c.row_no,
            *columns,
            _wrong(staging, found).label("problems"),
            _changed(staging, found).label("changed"),
        )
        .select_from(found.source)
        .where(
            row.c.import_id == staging.import_id,
            row.c.row_no.between(first, last),
            ROW.c.import_id == staging.import_id,
            ROW.c.row_no.between(first, last),
            row.c.verdict.in_(("create", "match")),
        )
        .subquery("r")
    )


def _wrong(staging: Staging, found: _Found) -> ColumnElement:
    """A JSON array of the problems that only the database could see, NULL where there are none."""
    has = staging.slots.__contains__
    text = staging.text
    lacks = (found.row.c.verdict == "create") & ROW.c.missing.is_not(None)
    conditions, parts = [lacks], [case((lacks, ROW.c.missing), else_=_NOTHING)]

    def note(condition, name, code):
        conditions.append(condition)
        parts.append(case((condition, func.jsonb_build_array(_problem(name, code, text(name)))), else_=_NOTHING))

    if has("line_manager_id"):
        note(text("line_manager_id").is_not(None) & found.manager_id.is_(None), "line_manager_id", "manager")
        note(found.manager_id == found.row.c.contact_id, "line_manager_id", "self")
    if has("partner_id"):
        note(text("partner_id").is_not(None) & found.partner_id.is_(None), "partner_id", "partner")
    if has("department"):
        note(text("department").is_not(None) & found.company.is_(None), "department", "no_company")
    if has("company_primary"):
        note(staging.value("company_primary") & found.company.is_(None), "company_primary", "no_company")
    if has("department_primary"):
        department = func.coalesce(found.department_id, found.membership.department_id)
        note(staging.value("department_primary") & department.is_(None), "department_primary", "no_department")
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


def _changed(staging: Staging, found: _Found) -> ColumnElement:
    """The names of the fields that would get another value, for people who are there already."""
    names = [case((condition, name)) for name, condition in _differences(staging, found).items()]
    if not names:
        return cast(null(), ARRAY(Text))
    return case((found.row.c.verdict == "match", func.array_remove(array(names), None, type_=ARRAY(Text))))


def _differences(staging: Staging, found: _Found) -> dict[str, ColumnElement[bool]]:
    """For each matched field whether the row would change it."""
    kept = staging.rules.kept
    differs = {}
    for target in staging.on_contact():
        now = current(target, found.contact)
        differs[target.name] = kept(target, staging.value(target.name), now).is_distinct_from(now)
    for name, given, now in (
        ("line_manager_id", found.manager_id, found.contact.line_manager_id),
        ("partner_id", found.partner_id, found.contact.partner_id),
        ("company", found.company_id, found.membership.company_id),
    ):
        if name in staging.slots:
            differs[name] = kept(staging.targets[name], given, now).is_distinct_from(now)
    # Whoever changes company begins anew there: no department, no primary contact.
    moves = differs.get("company", false())
    for name, given, now, otherwise in (
        ("department", found.department_id, found.membership.department_id, _NONE),
        ("company_primary", None, found.membership.company_primary, false()),
        ("department_primary", None, found.membership.department_primary, false()),
    ):
        if name in staging.slots:
            given = staging.value(name) if given is None else given
            then = case((moves, otherwise), else_=func.coalesce(now, otherwise))
            after = func.coalesce(kept(staging.targets[name], given, then), otherwise)
            differs[name] = after.is_distinct_from(then)
    if staging.rules.access:
        differs["access"] = ~exists().where(Account.contact_id == found.row.c.contact_id)
    return differs


def current(target: Target, contact=Contact) -> ColumnElement:
    """The value that a contact has now."""
    return contact.custom[target.field.key] if target.custom else getattr(contact, target.name)


def _problem(name: str, code: str, found: ColumnElement) -> ColumnElement:
    return func.jsonb_build_array(name, code, "", func.coalesce(found, ""), type_=JSONB)
