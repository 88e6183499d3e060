"""From a record to the one before and the one after it in the list that it was opened from.

Nothing is kept: the list's own address travels along, and is asked for the neighbour only when somebody goes there.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request

from app.i18n import gettext as _

from . import toasts
from .access import local_path
from .addresses import parts_of
from .htmx import redirect_to
from .listing import Listing

# What a list is asked with: the number of the record whose neighbour is wanted; 0 for the page's own first or last.
STEPS = {"next_to": 1, "previous_to": -1}


@dataclass(frozen=True)
class Neighbours:
    """The links of a record's page to its neighbours, and to the list they stand in."""

    list_url: str
    previous_url: str
    next_url: str


def neighbours(path: str, record_id: int) -> Neighbours | None:
    """The neighbours of a record of the noun whose list is at `path`, if it was opened from one of its lists."""
    came = parts_of(request.headers.get("Referer", ""))
    there = f"{came.path}?{came.query}" if came.query else came.path
    home = request.args.get("list") or (there if came.netloc == request.host else "")
    home = local_path(home, "")
    if not re.fullmatch(rf"(/companies/[0-9]{{1,19}})?{path}(\?.*)?", home):
        return None
    steps = [_asking(home, **{name: str(record_id)}) for name in ("previous_to", "next_to")]
    return Neighbours(home, *steps)


def step(listing: Listing, record_path: str, noun: str) -> Response | None:
    """The answer of a list that is asked for a record's neighbour: to that record, over the edge of the page too."""
    name = next((name for name in STEPS if name in request.args), None)
    if name is None:
        return None
    by, asked = STEPS[name], request.args[name]
    ids = [row.id.removeprefix(f"{noun}-") for row in listing.rows]
    place = ids.index(asked) + by if asked in ids else (0 if by > 0 else len(ids) - 1) if asked == "0" else None
    if place is not None and 0 <= place < len(ids):
        return redirect_to(f"{record_path}/{ids[place]}?{urlencode({'list': _own_address()})}")
    further = listing.next_url if by > 0 else listing.prev_url
    if place is not None and further:
        return redirect_to(_asking(further, **{name: "0"}))
    if place is None or not asked.isdecimal() or asked == "0":
        return redirect_to(_own_address())
    toasts.leave(_("This is the last one of the list.") if by > 0 else _("This is the first one of the list."))
    return redirect_to(f"{record_path}/{asked}?{urlencode({'list': _own_address()})}")


def _own_address() -> str:
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in STEPS]
    return request.path + (f"?{urlencode(kept)}" if kept else "")


def _asking(url: str, **more: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"
