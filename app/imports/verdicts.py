"""What becomes of each row: of whom it speaks, and whether that person is made, changed, or left alone.

All of it is set-based, some thousand rows at a time: nothing here looks at a single row.
"""

from sqlalchemy import (
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
from .staging import KEPT, ROW, VERDICT, Staging
from .targets import PERSON

_NONE = cast(null(), BigInteger)
_NOTHING = cast([], JSONB)
# What `resolve` finds out for every row.
_FOUND = ("company_id", "department_id", "partner_id", "manager_id", "manager_row")


def enter(staging: Staging, first: int, last: int) -> None:
    """Give each newly staged row its keys and the contact that it speaks of: by user name, else by person."""
    by_user, by_person = aliased(Contact, name="by_user"), aliased(Contact, name="by_person")
    user, person = func.lower(staging.text("user_name")), [func.lower(staging.text(name)) for name in PERSON]
    same_user = (func.lower(by_user.user_name) == user) & by_user.withdrawn_at.is_(None)
    same_person = and_(
        *[func.lower(getattr(by_person, name)) == key for name, key in zip(PERSON, person, strict=True)],
        by_person.withdrawn_at.is_(None),
    )
    known = func.coalesce(by_user.id, by_person.id)
    two = by_user.id != by_person.id
    primary = (Membership.contact_id == known) & Membership.is_primary & Membership.withdrawn_at.is_(None)
    has_user, has_person = "user_name" in staging.slots, set(PERSON) <= set(staging.slots)
    names_another = _problem("user_name", "another", staging.text("user_name"))
    rows = (
        select(
            ROW.c.import_id,
            ROW.c.row_no,
            case((or_(ROW.c.problems.is_not(None), two), "reject"), (known.is_not(None), "match"), else_="create"),
            user,
            (person[0] + "\n" + person[1] + "\n" + person[2]) if has_person else cast(null(), Text),
            case((known.is_not(None), known), else_=func.nextval("contact_id_seq")),
            func.coalesce(by_user.version, by_person.version),
            case((two, by_person.id)),
            Membership.id,
            Membership.version,
            case((and_(ROW.c.problems.is_(None), two), func.jsonb_build_array(names_another)), else_=ROW.c.problems),
        )
        .select_from(ROW)
        .outerjoin(by_user, same_user if has_user else false())
        .outerjoin(by_person, same_person if has_person else false())
        .outerjoin(Membership, primary)
        .where(ROW.c.import_id == staging.import_id, ROW.c.row_no.between(first, last))
    )
    targets = ["import_id", "row_no", "verdict", "user_key", "person_key", "contact_id", "version", "other_id"]
    targets += ["membership_id", "membership_version", "problems"]
    db.session.execute(insert(VERDICT).from_select(targets, rows))


def resolve(staging: Staging, first: int, last: int) -> None:
    """Decide the rows of a chunk: find what they refer to, compare them with who is there, note what is wrong."""
    rows = _resolved(staging, first, last).subquery("r")
    skip = staging.rules.match == "skip"
    wrong = func.jsonb_array_length(rows.c.problems) > 0
    known = VERDICT.c.verdict == "match"
    changed = func.cardinality(rows.c.changed) > 0
    verdict = case(
        (wrong, "reject"), (~known, "create"), (literal(skip), "duplicate"), (changed, "change"), else_="same"
    )
    db.session.execute(
        update(VERDICT)
        .values(
            verdict=verdict,
            problems=case((wrong, rows.c.problems)),
            changed=case((changed & known, rows.c.changed)),
            other_id=case((known & literal(skip), VERDICT.c.contact_id)),
            **{name: rows.c[name] for name in _FOUND},
        )
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.row_no == rows.c.row_no)
        .execution_options(synchronize_session=False)
    )


def _resolved(staging: Staging, first: int, last: int) -> Select:
    """The rows of a chunk with the ids they refer to, what is wrong with them, and which fields they change."""
    of = _References(staging)
    rows = select(
        VERDICT.c.row_no,
        of.company.label("company_id"),
        of.department.label("department_id"),
        of.partner.label("partner_id"),
        of.manager.label("manager_id"),
        of.manager_row.label("manager_row"),
        _wrong(staging, of).label("problems"),
        _changed(staging, of).label("changed"),
    )
    current = VERDICT.c.verdict == "match"
    source = (
        VERDICT.join(ROW, ROW.c.row_no == VERDICT.c.row_no)
        .outerjoin(Contact, current & (Contact.id == VERDICT.c.contact_id))
        .outerjoin(Membership, current & (Membership.id == VERDICT.c.membership_id))
    )
    for table, on in of.joins:
        source = source.outerjoin(table, on)
    return rows.select_from(source).where(staging.rows(first, last), VERDICT.c.verdict.in_(("create", "match")))


class _References:
    """The ids that a row's texts stand for, and the joins that find them."""

    def __init__(self, staging: Staging):
        self.staging, self.joins = staging, []
        self.company = self._named("company", "company", literal(0))
        self.department = self._named("department", "department", func.coalesce(self.company, Membership.company_id))
        self.partner = self._named("partner_id", "partner", literal(0))
        self.manager, self.manager_row = self._manager()

    def _named(self, target: str, kind: str, parent: ColumnElement) -> ColumnElement:
        if target not in self.staging.slots:
            return _NONE
        name = aliased(ImportName, name=f"named_{kind}")
        text = self.staging.text(target)
        on = (name.import_id == self.staging.import_id) & (name.kind == kind) & (name.parent_id == parent)
        self.joins.append((name, on & (name.text == text)))
        return name.id

    def _manager(self) -> tuple[ColumnElement, ColumnElement]:
        if "line_manager_id" not in self.staging.slots:
            return _NONE, _NONE
        key = func.lower(self.staging.text("line_manager_id"))
        person, row = aliased(Contact, name="manager"), VERDICT.alias("manager_verdict")
        self.joins.append((person, (func.lower(person.user_name) == key) & person.withdrawn_at.is_(None)))
        mine = (row.c.import_id == self.staging.import_id) & (row.c.user_key == key) & row.c.verdict.in_(KEPT)
        self.joins.append((row, mine))
        from_row = case((person.id.is_(None) & (row.c.verdict == "create"), row.c.row_no))
        return func.coalesce(person.id, row.c.contact_id), from_row


def _wrong(staging: Staging, of: _References) -> ColumnElement:
    """A JSON array of the problems that only the database could see."""
    text, has = staging.text, staging.slots.__contains__
    company = func.coalesce(of.company, Membership.company_id)
    creates = VERDICT.c.verdict == "create"
    found = [case((creates & ROW.c.missing.is_not(None), ROW.c.missing), else_=_NOTHING)]

    def note(condition, name, code, quoted=None):
        problem = func.jsonb_build_array(_problem(name, code, text(name) if quoted is None else quoted))
        found.append(case((condition, problem), else_=_NOTHING))

    if has("line_manager_id"):
        note(text("line_manager_id").is_not(None) & of.manager.is_(None), "line_manager_id", "manager")
        note(of.manager == VERDICT.c.contact_id, "line_manager_id", "self")
    if has("partner_id"):
        note(text("partner_id").is_not(None) & of.partner.is_(None), "partner_id", "partner")
    if has("department"):
        note(text("department").is_not(None) & company.is_(None), "department", "no_company")
    if has("company_primary"):
        note(staging.value("company_primary") & company.is_(None), "company_primary", "no_company")
    if has("department_primary"):
        department = func.coalesce(of.department, Membership.department_id)
        note(staging.value("department_primary") & department.is_(None), "department_primary", "no_department")
    for target in staging.on_contact():
        if target.custom and isinstance(target.kind, Reference):
            note(text(target.name).is_not(None) & ~_exists(target, text(target.name)), target.name, "no_record")
    whole = found[0]
    for part in found[1:]:
        whole = whole.op("||", return_type=JSONB())(part)
    return whole


def _exists(target, text: ColumnElement) -> ColumnElement[bool]:
    model = references.model(target.kind.noun)
    if model is None:
        return false()
    return exists().where(model.id == cast(text, BigInteger), model.withdrawn_at.is_(None))


def _changed(staging: Staging, of: _References) -> ColumnElement:
    """The names of the fields that would get another value, for people who are there already."""
    found = [case((condition, name)) for name, condition in differences(staging, of).items()]
    if not found:
        return cast([], ARRAY(Text))
    return func.array_remove(array(found), None, type_=ARRAY(Text))


def differences(staging: Staging, of: _References) -> dict[str, ColumnElement[bool]]:
    """For each matched field whether the row would change it, over `Contact` and `Membership` as they are now."""
    kept = staging.rules.kept
    found = {}
    for target in staging.on_contact():
        now = current(target)
        found[target.name] = kept(target, staging.value(target.name), now).is_distinct_from(now)
    for name, given, now in (
        ("line_manager_id", of.manager, Contact.line_manager_id),
        ("partner_id", of.partner, Contact.partner_id),
        ("company", of.company, Membership.company_id),
    ):
        if name in staging.slots:
            found[name] = kept(staging.targets[name], given, now).is_distinct_from(now)
    # Whoever changes company begins anew there: no department, no primary contact.
    moves = found.get("company", false())
    for name, given, now, otherwise in (
        ("department", of.department, Membership.department_id, _NONE),
        ("company_primary", None, Membership.company_primary, false()),
        ("department_primary", None, Membership.department_primary, false()),
    ):
        if name in staging.slots:
            given = staging.value(name) if given is None else given
            then = case((moves, otherwise), else_=func.coalesce(now, otherwise))
            after = func.coalesce(kept(staging.targets[name], given, then), otherwise)
            found[name] = after.is_distinct_from(then)
    if staging.rules.access:
        found["access"] = ~exists().where(Account.contact_id == VERDICT.c.contact_id)
    return found


def current(target) -> ColumnElement:
    """The value that a contact has now."""
    return Contact.custom[target.field.key] if target.custom else getattr(Contact, target.name)


def _problem(name: str, code: str, found: ColumnElement) -> ColumnElement:
    return func.jsonb_build_array(name, code, "", func.coalesce(found, ""), type_=JSONB)
