"""An organization that is no longer where somebody has entered it, since it moved meanwhile: they look again.

Which server an organization is on is remembered for some seconds, and a request may be in the midst of its work when
it moves. Its next statement then finds no table there. Nothing of it was kept, so that it can simply be done again.
"""

import time

from flask import Flask, Request, Response, g, request
from psycopg.errors import InvalidParameterValue, InvalidSchemaName, UndefinedObject, UndefinedTable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from . import engines, resolve
from .db import db

# What PostgreSQL says where a schema, or the role of an organization, is no longer there.
_SAYS = (UndefinedTable, InvalidSchemaName, InvalidParameterValue, UndefinedObject)
# Seconds before a request is tried again: between the two there is a moment in which it is nowhere.
PAUSES = (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Moved(RuntimeError):
    """The organization is on its way to another server; what was begun is to be begun again."""


def has_left(error: BaseException) -> bool:
    """Whether a statement failed because the organization is no longer where this app context entered it."""
    here = g.get("tenancy")
    if here is None or not isinstance(error, DBAPIError) or not isinstance(error.orig, _SAYS):
        return False
    with engines.engine(here.shard, "desk").connect() as connection:
        return connection.scalar(text("SELECT to_regnamespace(:schema)"), {"schema": here.schema}) is None


def follow(app: Flask) -> None:
    """Let a request that met its organization on the way be answered where it is now.

    An error handler says so by `g.left`. A body that was read as a stream is gone: then its answer stands, which asks
    to try again.
    """
    once = app.full_dispatch_request

    def answer() -> Response:
        before = dict(g.__dict__)
        for pause in PAUSES:
            response = once()
            if not g.get("left") or not _rewound(request):
                break
            db.session.remove()
            g.__dict__.clear()
            g.__dict__.update(before)
            resolve.forget()
            time.sleep(pause)
        return response

    app.full_dispatch_request = answer


def _rewound(request: Request) -> bool:
    """Whether the body can be read once more."""
    known = request.__dict__
    if "form" in known:
        for file in request.files.values():
            file.seek(0)
        return True
    return "stream" not in known or hasattr(request, "_cached_data")
