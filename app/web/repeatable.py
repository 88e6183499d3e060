"""Idempotency-Key: a POST that is sent again does nothing again and gets the first answer again.

The receipt is written in the transaction of the work itself. Requests with the same key at the same time wait for
the first; what failed or was refused leaves no receipt, so that it may be tried again.
"""

import json
from collections.abc import Callable
from functools import wraps

from flask import Response, current_app, request
from flask_login import current_user

from app.i18n import gettext as _
from app.records import receipts
from app.records.errors import DeskError

from .body import raw

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 255


class BadKey(DeskError):
    """An Idempotency-Key that is none."""

    status = 400


class OtherRequest(DeskError):
    """The key was used for another request before."""

    status = 422


def repeatable(view: Callable) -> Callable:
    """Let a POST be sent twice; the view's document is what tells one request from another."""

    @wraps(view)
    def once(**given):
        return answer_once(lambda: view(**given), request.mimetype, raw)

    once.repeatable = True
    return once


def answer_once(make: Callable[[], Response], *parts: str | bytes | Callable[[], bytes]) -> Response:
    """The answer that `make` gives, or gave when this key was used before; `parts` tell whether it is the same request.

    Parts that cost something are given as functions, and only called when there is a key.
    """
    key = _key()
    if key is None:
        return current_app.make_response(make())
    read = [part() if callable(part) else part for part in parts]
    # A token that may less than the first one did not get that answer.
    may = " ".join(sorted(current_user.permissions))
    print_ = receipts.fingerprint(request.method, request.full_path, may, *read)
    account_id = current_user.account_id
    earlier = receipts.claim(account_id, key, print_)
    if earlier is not None:
        return _again(earlier, print_)
    response = current_app.make_response(make())
    location = response.headers.get("Location", "")
    receipts.answer(account_id, key, response.status_code, location, response.get_data(as_text=True))
    return response


def _key() -> str | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not 1 <= len(given) <= LONGEST or not given.isascii() or not given.isprintable():
        raise BadKey(_("%(header)s takes 1 to %(most)s printable ASCII characters.", header=HEADER, most=LONGEST))
    return f"api:{given}"


def _again(earlier: receipts.Receipt, print_: str) -> Response:
    if earlier.fingerprint != print_:
        raise OtherRequest(_("This %(header)s was used for another request.", header=HEADER))
    response = Response(earlier.body, status=earlier.status, mimetype="application/json")
    response.headers[REPLAYED] = "true"
    if earlier.location:
        response.headers["Location"] = earlier.location
    version = json.loads(earlier.body or "{}").get("version")
    if version is not None:
        response.set_etag(str(version))
    return response
