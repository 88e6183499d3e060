"""Reading the MSP's own people."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from app.fields.folding import folded
from app.fields.settings import fields_of
from app.records import read
from app.records.history import Past
from app.records.lists import ListOf
from app.records.search import Search
from tenants import db

from .models import ROLES, Account, Staff
from .permissions import ROLE_PERMISSIONS, permissions_of

PAST = Past("staff")
LIST = ListOf(
    Staff,
    sort="name",
    search=Search((folded(Staff.name), folded(Staff.email)), folded(Staff.name + " " + Staff.email)),
)


@dataclass(frozen=True)
class Reachable:
    """A member of staff as customers reach them."""

    name: str
    email: str
    phone: str


# One and the same query, so that statements made of it are made once.
ALL = select(Staff)


def visible_to(viewer) -> Select:
    """Every member of staff."""
    return ALL


def get(staff_id: int, viewer) -> read.Loaded:
    """One member of staff; raises `NotFound`."""
    return read.load(Staff, staff_id, visible_to(viewer), fields_of(Staff, viewer))


def reachable(staff_id: int | None) -> Reachable | None:
    """How customers reach a member of staff; none when there is none or they have left."""
    if staff_id is None:
        return None
    found = select(Staff.name, Staff.email, Staff.phone).where(Staff.id == staff_id, Staff.active)
    row = db.session.execute(found).first()
    return Reachable(row.name, row.email, row.phone or "") if row else None


def granting(permission: str) -> tuple[list[str], list[str]]:
    """The roles that hold a permission, and some of the people who can give somebody another role."""
    roles = [str(label) for role, label in ROLES if permission in permissions_of(role)]
    holders = [role for role in ROLE_PERMISSIONS if "admin.staff" in permissions_of(role)]
    found = select(Staff.name).where(Staff.role.in_(holders), Staff.active, Staff.withdrawn_at.is_(None))
    return roles, list(db.session.scalars(found.order_by(folded(Staff.name), Staff.id).limit(3)))


def account_of(staff_id: int) -> Account | None:
    """What a member of staff signs in with."""
    return db.session.scalar(select(Account).where(Account.staff_id == staff_id))
