"""Companies, departments and partners as a file names them: each distinct text is looked up once.

What is not there yet gets its id here already, so that people and line managers can refer to it before it is made.
"""

from sqlalchemy import Select, Sequence, case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.companies.domains import Domain
from app.companies.models import Company, Department
from app.contacts.models import Contact, Membership
from app.fields.folding import folded
from app.records import write
from app.records.models import Operation
from tenants import db

from .models import ImportName
from .staging import KEPT, MADE, ROW, VERDICT, Staging

NAME = ImportName.__table__
_TARGETS = ["import_id", "kind", "parent_id", "text", "id", "made"]


def look_up(staging: Staging) -> None:
    """Find or number every company, department and partner that the kept rows name."""
    db.session.execute(delete(ImportName).where(ImportName.import_id == staging.import_id))
    if "company" in staging.slots:
        _companies(staging)
    if "department" in staging.slots:
        _departments(staging)
    if "partner_id" in staging.slots:
        _partners(staging)


def _kept(staging: Staging):
    return (
        (VERDICT.c.import_id == staging.import_id)
        & (ROW.c.import_id == staging.import_id)
        & (ROW.c.row_no == VERDICT.c.row_no)
        & VERDICT.c.verdict.in_(KEPT)
    )


def _insert(rows: Select) -> None:
    db.session.execute(insert(NAME).from_select(_TARGETS, rows))


def _companies(staging: Staging) -> None:
    name = staging.text("company")
    texts = select(name.label("text")).where(_kept(staging), name.is_not(None)).distinct().cte("texts")
    key = folded(texts.c.text)
    live = (folded(Company.name) == key) & Company.withdrawn_at.is_(None)
    known = select(texts.c.text, key.label("key"), Company.id).outerjoin_from(texts, Company, live).cte("known")
    fresh = select(known.c.key).where(known.c.id.is_(None)).distinct().subquery()
    numbered = select(fresh.c.key, Sequence("company_id_seq").next_value().label("id")).cte("numbered")
    _insert(
        select(
            literal(staging.import_id),
            literal("company"),
            literal(0),
            known.c.text,
            func.coalesce(known.c.id, numbered.c.id),
            known.c.id.is_(None),
        ).outerjoin_from(known, numbered, numbered.c.key == known.c.key)
    )


def company_of(staging: Staging):
    """(the join of a row's company and of the membership it is compared with, the id of the company meant)."""
    named = aliased(ImportName, name="named_company")
    on = (
        (named.import_id == staging.import_id)
        & (named.kind == "company")
        & (named.parent_id == 0)
        & (named.text == staging.text("company"))
    )
    return named, on


def _departments(staging: Staging) -> None:
    """Within the company that the row names, or else the one that the person belongs to."""
    named, on = company_of(staging)
    name = staging.text("department")
    company = func.coalesce(named.id, Membership.company_id)
    texts = (
        select(company.label("company_id"), name.label("text"))
        .select_from(VERDICT.join(ROW, ROW.c.row_no == VERDICT.c.row_no))
        .outerjoin(named, on)
        .outerjoin(Membership, Membership.id == VERDICT.c.membership_id)
        .where(_kept(staging), name.is_not(None), company.is_not(None))
        .distinct()
        .cte("texts")
    )
    key = folded(texts.c.text)
    live = (
        (Department.company_id == texts.c.company_id)
        & (folded(Department.name) == key)
        & Department.withdrawn_at.is_(None)
    )
    known = (
        select(texts.c.company_id, texts.c.text, key.label("key"), Department.id)
        .outerjoin_from(texts, Department, live)
        .cte("known")
    )
    fresh = select(known.c.company_id, known.c.key).where(known.c.id.is_(None)).distinct().subquery()
    number = Sequence("department_id_seq").next_value()
    numbered = select(fresh.c.company_id, fresh.c.key, number.label("id")).cte("numbered")
    same = (numbered.c.key == known.c.key) & (numbered.c.company_id == known.c.company_id)
    _insert(
        select(
            literal(staging.import_id),
            literal("department"),
            known.c.company_id,
            known.c.text,
            func.coalesce(known.c.id, numbered.c.id),
            known.c.id.is_(None),
        ).outerjoin_from(known, numbered, same)
    )


def _partners(staging: Staging) -> None:
    """By the company's own e-mail, a contact's primary company, or the web domain; what fits twice fits not at all."""
    address = staging.text("partner_id")
    texts = select(func.lower(address).label("key"), address.label("text")).where(_kept(staging), address.is_not(None))
    texts = texts.distinct().cte("texts")
    by_email = _only(
        select(func.lower(Company.email).label("key"), Company.id.label("id")).where(
            Company.withdrawn_at.is_(None), Company.email.is_not(None)
        ),
        "by_email",
    )
    primary = (Membership.contact_id == Contact.id) & Membership.is_primary & Membership.withdrawn_at.is_(None)
    by_contact = _only(
        select(func.lower(Contact.email).label("key"), Membership.company_id.label("id"))
        .join_from(Contact, Membership, primary)
        .where(Contact.withdrawn_at.is_(None), func.lower(Contact.email).in_(select(texts.c.key))),
        "by_contact",
    )
    domain = func.split_part(texts.c.key, "@", 2)
    by_domain = select(Domain.name.label("key"), Domain.company_id.label("id")).where(Domain.withdrawn_at.is_(None))
    by_domain = by_domain.subquery("by_domain")
    _insert(
        select(
            literal(staging.import_id),
            literal("partner"),
            literal(0),
            texts.c.text,
            func.coalesce(by_email.c.id, by_contact.c.id, by_domain.c.id),
            literal(False),
        )
        .outerjoin_from(texts, by_email, by_email.c.key == texts.c.key)
        .outerjoin(by_contact, by_contact.c.key == texts.c.key)
        .outerjoin(by_domain, by_domain.c.key == domain)
    )


def _only(rows: Select, name: str):
    """One id for each key, NULL where there are several."""
    rows = rows.subquery()
    several = func.min(rows.c.id) != func.max(rows.c.id)
    one = case((several, None), else_=func.min(rows.c.id)).label("id")
    return select(rows.c.key, one).group_by(rows.c.key).subquery(name)


def to_make(import_id: int, column: str) -> Select:
    """The ids and names of the companies ('company_id') or departments that rows to be written need made."""
    kind = column.removesuffix("_id")
    written = (VERDICT.c.import_id == import_id) & VERDICT.c.verdict.in_(("create", "change"))
    used = select(VERDICT.c[column]).where(written)
    return (
        select(NAME.c.id, NAME.c.parent_id, NAME.c.text)
        .ext(distinct_on(NAME.c.id))
        .where(NAME.c.import_id == import_id, NAME.c.kind == kind, NAME.c.made, NAME.c.id.in_(used))
        .order_by(NAME.c.id, NAME.c.text)
    )


def meet(staging: Staging) -> None:
    """Use the companies and departments that somebody made since the plan, instead of making them again."""
    there = (folded(Company.name) == folded(NAME.c.text)) & Company.withdrawn_at.is_(None)
    _use(staging, "company", select(NAME.c.id, Company.id).join_from(NAME, Company, there))
    there = (
        (Department.company_id == NAME.c.parent_id)
        & (folded(Department.name) == folded(NAME.c.text))
        & Department.withdrawn_at.is_(None)
    )
    _use(staging, "department", select(NAME.c.id, Department.id).join_from(NAME, Department, there))


def _use(staging: Staging, kind: str, met: Select) -> None:
    """Put the id that is there in the place of the one that was to be given."""
    mine = (NAME.c.import_id == staging.import_id) & (NAME.c.kind == kind) & NAME.c.made
    for planned, found in db.session.execute(met.where(mine).distinct()).all():
        if planned == found:
            continue
        column = VERDICT.c[f"{kind}_id"]
        _set(VERDICT, staging, column == planned, {column.name: found})
        _set(NAME, staging, (NAME.c.kind == kind) & (NAME.c.id == planned), {"id": found, "made": False})
        if kind == "company":
            _set(NAME, staging, (NAME.c.kind == "department") & (NAME.c.parent_id == planned), {"parent_id": found})


def _set(table, staging: Staging, condition, values: dict) -> None:
    db.session.execute(update(table).values(values).where(table.c.import_id == staging.import_id, condition))


def make(staging: Staging, operation: Operation, column: str, after: int) -> int | None:
    """Make the next companies ('company_id') or departments; returns the last one's id, None when all are there."""
    rows = to_make(staging.import_id, column).where(NAME.c.id > after).limit(MADE).cte("rows")
    last = db.session.scalar(select(func.max(rows.c.id)))
    model, values = (Company, {}) if column == "company_id" else (Department, {"company_id": rows.c.parent_id})
    values["name"] = rows.c.text
    source = select(rows.c.id.label("n"), rows.c.id, *[value.label(name) for name, value in values.items()])
    if last is not None:
        write.insert_all(operation, model, list(values), source)
    return last
