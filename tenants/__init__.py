"""Where rows live. The only code that knows that schemas, roles and database servers exist.

A request or a job enters one organization (`scope`), and from then on `db.session` reads and writes that
organization's schema and no other. Nothing here imports from `app`.
"""

from .db import NoTenant, Shared, Suspended, Tenanted, db, fetch, set_for_transaction, tenancy
from .elsewhere import has_left
from .scope import NotMigrated, aside, enter, narrow, scope, wrap_requests

__all__ = [
    "NoTenant",
    "NotMigrated",
    "Shared",
    "Suspended",
    "Tenanted",
    "aside",
    "db",
    "enter",
    "fetch",
    "has_left",
    "narrow",
    "scope",
    "set_for_transaction",
    "tenancy",
    "wrap_requests",
]
