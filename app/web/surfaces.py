"""Which surface an address belongs to: the portal, the admin pages, the API, or the staff's desk."""

from flask import request


def surface() -> str:
    """'portal', 'admin', 'api' or 'staff', by the first part of the path."""
    first = request.path.split("/", 2)[1]
    return first if first in ("portal", "admin", "api") else "staff"
