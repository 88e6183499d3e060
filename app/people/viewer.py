"""The person behind a request: read in one query, with what they may do."""

from dataclasses import dataclass
from functools import cached_property

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


def staff_viewer(account: Account, staff: Staff, session_id: str, token: Token | None = None) -> Viewer:
    """A member of staff, by session or by API token (which may only ever less)."""
    permissions = permissions_of(staff.role) if token is None else permissions_of_token(staff.role, token.scopes)
    return Viewer(
        account_id=account.id,
        surface="staff" if token is None else "api",
        name=staff.name,
        email=staff.email,
        role=staff.role,
        staff_id=staff.id,
        permissions=permissions,
        page_size=account.page_size,
        locale=account.locale,
        time_zone=account.time_zone,
        theme=account.theme,
        single_keys=account.single_keys,
        must_change=account.must_change,
        session_id=session_id,
        through="screen" if token is None else f"API token {token.name}",
    )


def portal_viewer(account: Account, contact, rights: frozenset[str], session_id: str) -> Viewer:
    """A contact in the portal."""
    return Viewer(
        account_id=account.id,
        surface="portal",
        name=contact.full_name,
        email=contact.email,
        contact_id=contact.id,
        permissions=frozenset({"portal.use"}) | rights,
        page_size=account.page_size,
        locale=account.locale or (contact.language or ""),
        time_zone=account.time_zone or (contact.time_zone or ""),
        theme=account.theme,
        must_change=account.must_change,
        session_id=session_id,
        through="portal",
    )
