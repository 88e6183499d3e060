"""Which surface an address belongs to: the portal, the admin pages, the API, or the staff's desk."""

from flask import request

# What browsers say (Sec-Fetch-Site) of requests that were typed, bookmarked, or made by a page of this very host.
# A host beside this one, under the same domain, is a stranger.
OURS = ("same-origin", "none")


def surface() -> str:
    """'portal', 'admin', 'api' or 'staff', by the first part of the path."""
    first = request.path.split("/", 2)[1]
    return first if first in ("portal", "admin", "api") else "staff"
