"""Who belongs where: memberships, the keys they leave on the contact, and the contact's fields that stand in them."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from app.companies.models import Company, Department
from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Email, Lines, Reference, Several, Text, Whole, YesNo
from app.fields.registry import Beside, Related, related
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.children import children
from app.records.write import Create, Update, Withdraw, apply, keep
from tenants import db

from .addresses import Address
from .models import WORK, Contact, Membership

# The companies a portal viewer sees, read under the policy that shows people their own memberships.
VIEWER_COMPANIES = (
    "SELECT set_config('app.companies', coalesce(array_agg(company_id)::text, '{}'), true) FROM membership"
    " WHERE contact_id = extensions.viewer_contact() AND withdrawn_at IS NULL"
    " AND (starts_on IS NULL OR starts_on <= current_date) AND (ends_on IS NULL OR ends_on >= current_date)"
)


def current_membership():
    """The condition that a membership counts today."""
    today = func.current_date()
    return (
        Membership.withdrawn_at.is_(None)
        & (Membership.starts_on.is_(None) | (Membership.starts_on <= today))
        & (Membership.ends_on.is_(None) | (Membership.ends_on >= today))
    )


def companies_where(contact_id: int, *rights):
    """The companies where this contact has these rights today, as an array that an index can be asked with."""
    mine = select(Membership.company_id).where(Membership.contact_id == contact_id, current_membership(), *rights)
    return func.array(mine.scalar_subquery(), type_=ARRAY(BIGINT))


@keep(Membership)
def keep_company_ids(ids) -> None:
    """Put the companies of each contact on its own row, where row-level security and lists find them."""
    keep_companies_of(select(Membership.contact_id).where(Membership.id.in_(ids)).scalar_subquery())


def keep_companies_of(contacts) -> None:
    """The same for contacts by their ids."""
    companies = (
        select(func.coalesce(func.array_agg(Membership.company_id.distinct()), func.cast([], ARRAY(BIGINT))))
        .where(Membership.contact_id == Contact.id, Membership.withdrawn_at.is_(None))
        .correlate(Contact)
        .scalar_subquery()
    )
    db.session.execute(
        update(Contact)
        .where(Contact.id.in_(contacts), Contact.company_ids.is_distinct_from(companies))
        .values(company_ids=companies)
        .execution_options(synchronize_session=False)
    )


def _primary(what):
    """The select expression of something that stands in the contact's primary membership."""

    def expression(model):
        return (
            select(what)
            .where(Membership.contact_id == model.id, Membership.is_primary, Membership.withdrawn_at.is_(None))
            .correlate(model)
            .scalar_subquery()
        )

    return expression


def _beside(name: str) -> Beside:
    """The rows that something of the primary membership stands in."""
    return Beside(
        Membership,
        "contact_id",
        (name, "is_primary"),
        lambda rows: next((row[name] for row in rows if row["is_primary"]), None),
    )


def primary_memberships(contact_ids) -> dict[int, Membership]:
    """The live primary membership of each contact that has one."""
    rows = db.session.scalars(
        select(Membership).where(
            Membership.contact_id.in_(contact_ids), Membership.is_primary, Membership.withdrawn_at.is_(None)
        )
    )
    return {row.contact_id: row for row in rows}


# What somebody who comes back to a company has there: no right of before.
ANEW: dict[str, Any] = {
    "department_id": None,
    "room": None,
    "collaborates": False,
    "role": None,
    "company_primary": False,
    "department_primary": False,
    "sees_people": False,
    "sees_contracts": False,
    "notify": True,
    "starts_on": None,
    "ends_on": None,
}


def save_company(values: dict[int, Any], operation) -> None:
    """Make these companies the primary ones: an existing membership becomes primary, otherwise one is made."""
    rows = db.session.scalars(select(Membership).where(Membership.contact_id.in_(values))).all()
    changes: list = []
    for contact_id, company_id in values.items():
        mine = [row for row in rows if row.contact_id == contact_id]
        if any(row.is_primary and row.withdrawn_at is None and row.company_id == company_id for row in mine):
            continue
        former = [row for row in mine if row.is_primary and row.withdrawn_at is None]
        # A person who changes company leaves the one that was primary; others of hers stay.
        changes += [Withdraw(Membership, row.id) for row in former]
        if company_id is None:
            continue
        known = next((row for row in mine if row.company_id == company_id), None)
        if known is None:
            changes.append(Create(Membership, {"contact_id": contact_id, "company_id": company_id}))
            continue
        if known.withdrawn_at is not None:
            changes.append(Withdraw(Membership, known.id, back=True))
            changes.append(Update(Membership, known.id, ANEW | {"is_primary": True}))
        else:
            changes.append(Update(Membership, known.id, {"is_primary": True}))
    # Leaving comes before joining, since only one membership may be primary at a time.
    for kind in (lambda c: isinstance(c, Withdraw) and not c.back, lambda c: not isinstance(c, Withdraw) or c.back):
        part = [change for change in changes if kind(change)]
        if part:
            apply(operation, part)


def save_department(values: dict[int, Any], operation) -> None:
    """Put contacts into departments of their primary company."""
    _save_on_primary("department_id", values, operation)


def _save_on_primary(name: str, values: dict[int, Any], operation) -> None:
    found = primary_memberships(values)
    if any(value and contact_id not in found for contact_id, value in values.items()):
        raise FieldErrors({OF_PRIMARY[name]: FieldError(_("Choose the company first."), code="unknown")})
    changes = [
        # A room is one of the department's.
        Update(Membership, row.id, {name: value, **({"room": None} if name == "department_id" else {})})
        for row, value in ((found[contact_id], value) for contact_id, value in values.items() if contact_id in found)
        if name != "department_id" or row.department_id != value
    ]
    if changes:
        apply(operation, changes)


# What stands in the primary membership, and the contact's field that shows it.
OF_PRIMARY = {
    "department_id": "department",
    "company_primary": "company_primary",
    "department_primary": "department_primary",
}


def _saver(name: str):
    return lambda values, operation: _save_on_primary(name, values, operation)


related(
    Contact,
    "company",
    Reference(_l("Company"), noun="company"),
    Related(
        _primary(Membership.company_id),
        save_company,
        lambda model, ids: model.company_ids.overlap(ids),
        _beside("company_id"),
    ),
    after="email",
    portal="view",
    listed=True,
    sheet="Company",
    synonyms=("organisation", "organization", "firma", "customer"),
)
related(
    Contact,
    "department",
    Reference(_l("Department"), noun="department"),
    Related(_primary(Membership.department_id), save_department, beside=_beside("department_id")),
    after="job_title",
    section=WORK,
    portal="view",
    within="company",
    sheet="Department",
    synonyms=("abteilung", "org unit"),
)
related(
    Contact,
    "company_primary",
    YesNo(_l("Primary contact of the company")),
    Related(_primary(Membership.company_primary), _saver("company_primary"), beside=_beside("company_primary")),
    after="department",
    section=WORK,
    portal="view",
    sheet="Primary Company Contact",
)
related(
    Contact,
    "department_primary",
    YesNo(_l("Primary contact of the department")),
    Related(
        _primary(Membership.department_primary), _saver("department_primary"), beside=_beside("department_primary")
    ),
    after="company_primary",
    section=WORK,
    portal="view",
    sheet="Primary Department Contact",
)
related(
    Contact,
    "addresses",
    Several(_l("Further e-mail addresses"), of=Email(_l("E-mail"), max=254), max=20),
    children(Address, "contact_id", "email"),
    after="email",
    portal="view",
)
# What a room is chosen from.
related(
    Membership,
    "rooms",
    Lines(_l("Rooms"), of=Text(_l("Room"), max=32)),
    Related(
        lambda model: (
            select(Department.rooms).where(Department.id == model.department_id).correlate(model).scalar_subquery()
        )
    ),
    readonly=True,
    opens="",
)
related(
    Company,
    "users",
    Whole(_l("Users"), help=_l("How many people belong to this company.")),
    Related(
        lambda model: (
            select(func.count())
            .where(Membership.company_id == model.id, Membership.withdrawn_at.is_(None))
            .correlate(model)
            .scalar_subquery()
        )
    ),
    after="name",
    listed=True,
    readonly=True,
)
