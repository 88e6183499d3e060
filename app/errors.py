"""Every error as its reader can use it: a page, a line above the page, or problem+json for the API."""

import logging
from collections.abc import Callable
from functools import wraps

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from psycopg.errors import QueryCanceled, UndefinedColumn, UndefinedTable
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from tenants import NotMigrated, Suspended, db, has_left

from .fields.api import pointer
from .fields.errors import FieldErrors
from .i18n import gettext as _
from .people.queries import granting
from .people.security import Asked, note_denied
from .records.errors import DeskError, NotAllowed, NotFound
from .records.merged import WasMerged
from .web.merged import lead
from .web.surfaces import surface

log = logging.getLogger(__name__)


class UnknownHost(NotFound):
    """No organization is served at this host."""


TITLES = {
    400: lambda: _("This request could not be understood"),
    401: lambda: _("Please sign in"),
    403: lambda: _("Not allowed"),
    404: lambda: _("Not found"),
    405: lambda: _("This address cannot be used that way"),
    409: lambda: _("Not possible now"),
    412: lambda: _("Changed in the meantime"),
    413: lambda: _("That is too large"),
    415: lambda: _("This kind of content is not read here"),
    422: lambda: _("Something typed needs another look"),
    428: lambda: _("The version is missing"),
    429: lambda: _("Too many tries"),
    500: lambda: _("Something went wrong here"),
    503: lambda: _("Not available for a moment"),
}


def init_app(app: Flask) -> None:
    """Register the handlers. Whatever was begun is rolled back before anything is shown."""

    @app.errorhandler(DeskError)
    @_or_away
    def _desk(error: DeskError):
        if isinstance(error, WasMerged) and (there := lead(error)):
            return there
        if isinstance(error, NotAllowed):
            note_refusal(error)
        sentence = f"{error} {_whom_to_ask(error)}" if isinstance(error, NotAllowed) else str(error)
        response = show(error.status, sentence.strip(), bare=isinstance(error, UnknownHost), facts=error.facts)
        response.headers.update(error.headers)
        return response

    @app.errorhandler(FieldErrors)
    @_or_away
    def _fields(error: FieldErrors):
        return show(422, " ".join(found.message for found in error.errors.values()), errors=error.errors)

    @app.errorhandler(CSRFError)
    @_or_away
    def _csrf(error: CSRFError):
        sentence = _(
            "This page was open too long or belongs to another sign-in. Load it again; what you typed is kept."
        )
        return show(400, sentence)

    @app.errorhandler(HTTPException)
    @_or_away
    def _http(error: HTTPException):
        response = show(error.code or 500, _sentence(error.code or 500, error.description))
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after"):
                response.headers[name] = value
        return response

    @app.errorhandler(Suspended)
    def _suspended(error: Suspended):
        _nobody()
        return show(503, _("This organization is suspended. Please ask whoever runs it."), bare=True)

    @app.errorhandler(NotMigrated)
    def _not_migrated(error: NotMigrated):
        return _being_updated(error)

    @app.errorhandler(DBAPIError)
    def _database(error: DBAPIError):
        if isinstance(error.orig, QueryCanceled):
            _nobody()
            log.warning("A statement took too long", exc_info=error)
            return _later(_("This took too long. Narrow it down with a filter and try again."))
        db.session.rollback()
        if has_left(error):
            _nobody()
            g.left = True
            return _later(_("This organization is being moved to another server. Please try again."))
        if isinstance(error.orig, (UndefinedTable, UndefinedColumn)) and not _current():
            return _being_updated(error)
        return _away(error) if isinstance(error, OperationalError) else _unexpected(error)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception):
        log.error("Request %s failed: %s %s", g.get("request_id"), request.method, request.path, exc_info=error)
        _nobody()
        sentence = _("It is not your fault, and nothing was saved. If it happens again, quote the number below.")
        return show(500, sentence, bare=True)


def note_refusal(error: NotAllowed) -> None:
    """Note who was refused what and from where. The answer does not depend on it."""
    if not getattr(current_user, "is_authenticated", False):
        return
    asked = Asked(current_user.surface, request.method, request.endpoint or "", request.remote_addr or "")
    db.session.rollback()
    try:
        note_denied(current_user.account_id, error.permission, asked)
    except DBAPIError as away:
        log.warning("A security event could not be noted", exc_info=away)


def _current() -> bool:
    """Whether the organization's tables are what this program knows best; until then a few pages may lack theirs."""
    here = g.get("tenancy")
    return here is None or here.current


def _being_updated(error: Exception) -> Response:
    _nobody()
    said = str(error).splitlines()[0]
    log.error("Request %s is refused: %s Run `deskhand migrate`.", g.get("request_id"), said)
    return _later(_("This organization is being updated. Nothing you typed was lost; please try again soon."))


def _whom_to_ask(error: NotAllowed) -> str:
    """Which roles may do it and who gives them; for the MSP's own people only."""
    if not getattr(current_user, "is_authenticated", False) or current_user.surface != "staff":
        return ""
    db.session.rollback()
    roles, people = granting(error.permission)
    if not roles or not people:
        return ""
    return _(
        "It comes with the role: %(roles)s. Who can give it to you: %(people)s.",
        roles=", ".join(roles),
        people=", ".join(people),
    )


def _or_away(handler: Callable) -> Callable:
    """A handler whose page needs the database, for who is signed in and their language, and which may be away too."""

    @wraps(handler)
    def shown(error: Exception):
        try:
            return handler(error)
        except OperationalError as away:
            return _away(away)

    return shown


def _away(error: OperationalError) -> Response:
    _nobody()
    log.warning("The database cannot be reached", exc_info=error)
    return _later(_("The database cannot be reached. Nothing you typed was lost; please try again."))


def _nobody() -> None:
    """Show what follows to nobody in particular: who is signed in stands in the database, which may not answer."""
    db.session.rollback()
    g._login_user = AnonymousUserMixin()


def _later(sentence: str) -> Response:
    response = show(503, sentence, bare=True)
    response.headers["Retry-After"] = "5"
    return response


def _sentence(status: int, otherwise: str | None) -> str:
    return {
        401: _("You are not signed in, or your session has ended."),
        404: str(NotFound.sentence),
        405: _("The address exists, but not for this kind of request."),
        413: _("The file or form is larger than this installation accepts."),
    }.get(status, otherwise or TITLES.get(status, TITLES[500])())


def show(
    status: int, sentence: str, bare: bool = False, errors: dict | None = None, facts: dict | None = None
) -> Response:
    """The error as page, line or problem+json. `bare` pages ask nothing of the database; `facts` are for programs."""
    if bare or "tenancy" not in g:
        _nobody()
    db.session.rollback()
    heading = TITLES.get(status, TITLES[500])()
    if surface() == "api":
        return problem(status, heading, sentence, errors, facts)
    given = {"status": status, "heading": heading, "text": sentence, "request_id": g.get("request_id", "")}
    if request.headers.get("HX-Request") == "true":
        response = make_response(render_template("errors/_line.html", **given), status)
        response.headers["HX-Retarget"] = "#alerts"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    return make_response(render_template("errors/page.html", bare=bare, **_around(), **given), status)


def _around() -> dict[str, str]:
    """The page around the error: its surface's, with the menu, for whoever is signed in there."""
    portal = surface() == "portal"
    # An address where there is nothing is not one to come back to.
    start = {"back_url": "/portal/" if portal else "/", "stay": "/portal/" if portal else "/"}
    if not getattr(g.get("_login_user"), "is_authenticated", False):
        return start
    return start | {"layout": "portal/base.html" if portal else "staff/base.html"}


def problem(status: int, title: str, detail: str, errors: dict | None = None, facts: dict | None = None) -> Response:
    """RFC 9457 problem details; the errors of fields bear JSON pointers (RFC 6901) into the request's document."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id"),
    }
    body |= facts or {}
    if errors:
        body["errors"] = [
            {"pointer": pointer(name), "code": error.code, "message": error.message, "hint": error.hint}
            for name, error in errors.items()
        ]
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response
