"""`deskhand serve` with an application which dies at a request that asks for it by the header X-Fault.

"before" the commit nothing has been written for good yet; "after" it everything is, and nobody is told.
"""

import os
import signal
from unittest import mock

from flask import has_request_context, request
from granian import Granian
from sqlalchemy import event

from app import run
from app.config import load
from app.receiving import Receiver
from app.wsgi import application as app
from tenants.db import TenantSession


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@event.listens_for(TenantSession, "before_commit")
def _before(session) -> None:
    if has_request_context() and request.headers.get("X-Fault") == "before":
        session.flush()
        _die()


def dying(environ, start_response):
    """As the real one, up to the answer."""
    answer = app(environ, start_response)
    if environ.get("HTTP_X_FAULT") == "after":
        _die()
    return answer


application = Receiver(dying, load().web_threads)


def _served(_target: str, **given) -> Granian:
    return Granian("tests.faults.web_program:application", **given)


if __name__ == "__main__":
    with mock.patch.object(run, "Granian", _served):
        run.serve()
