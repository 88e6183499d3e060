"""The person behind a request: read in one query, with what they may do."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Row

from app.records.actor import Actor

from .models import Account, Staff, Token
from .permissions import permissions_of, permissions_of_token


@dataclass(frozen=True)
class Viewer:
    """Who is signed in, on which surface, with which permissions and preferences."""

    account_id: int
    surface: str
    name: str
    email: str
    permissions: frozenset[str]
    role: str = ""
    contact_id: int | None = None
    staff_id: int | None = None
    page_size: int = 50
    locale: str = ""
    time_zone: str = ""
    theme: str = "auto"
    single_keys: bool = True
    must_change: bool = False
    session_id: str = ""
    through: str = "screen"

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.session_id

    def may(self, permission: str) -> bool:
        """Whether this person holds the permission."""
        return permission in self.permissions

    @cached_property
    def actor(self) -> Actor:
        """The same person as the journal names them."""
        return Actor(
            self.name,
            self.account_id,
            self.contact_id if self.surface == "portal" else None,
            self.through,
        )


# What is read of somebody's account, and of a member of staff, to know who asks: read with every request, so no more.
ACCOUNT = (
    Account.id.label("account_id"),
    Account.page_size,
    Account.locale,
    Account.time_zone,
    Account.theme,
    Account.single_keys,
    Account.must_change,
)
STAFF = (Staff.id.label("staff_id"), Staff.name, Staff.email, Staff.role)


def staff_viewer(row: Row, session_id: str = "", token: Token | None = None) -> Viewer:
    """A member of staff, from a row with ACCOUNT and STAFF, by session or by API token (which may only ever less)."""
    permissions = permissions_of(row.role) if token is None else permissions_of_token(row.role, token.scopes)
    return Viewer(
        account_id=row.account_id,
        surface="staff" if token is None else "api",
        name=row.name,
        email=row.email,
        role=row.role,
        staff_id=row.staff_id,
        permissions=permissions,
        page_size=row.page_size,
        locale=row.locale,
        time_zone=row.time_zone,
        theme=row.theme,
        single_keys=row.single_keys,
        must_change=row.must_change,
        session_id=session_id,
        through="screen" if token is None else f"API token {token.name}",
    )


def portal_viewer(row: Row, rights: frozenset[str], session_id: str) -> Viewer:
    """A contact in the portal, from a row with ACCOUNT and what names the contact."""
    return Viewer(
        account_id=row.account_id,
        surface="portal",
        name=f"{row.first_name} {row.last_name}".strip(),
        email=row.email,
        contact_id=row.contact_id,
        permissions=frozenset({"portal.use"}) | rights,
        page_size=row.page_size,
        locale=row.locale or (row.contact_language or ""),
        time_zone=row.time_zone or (row.contact_time_zone or ""),
        theme=row.theme,
        must_change=row.must_change,
        session_id=session_id,
        through="portal",
    )
