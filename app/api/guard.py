"""The API's own door: a bearer token, never a cookie."""

from flask import Blueprint, current_app, request
from flask_login import current_user
from werkzeug.datastructures import WWWAuthenticate

from app.i18n import gettext as _
from app.people.permissions import SCOPES
from app.records.errors import DeskError, NotAllowed
from app.web.access import PUBLIC, SIGNED_IN, policy_of


class NoToken(DeskError):
    """No token, or one that is unknown, expired or revoked: identical answers."""

    status = 401

    def __init__(self):
        super().__init__(_("Send a valid API token as “Authorization: Bearer desk_…”."))
        tried = {"error": "invalid_token"} if "Authorization" in request.headers else {}
        self.headers = {"WWW-Authenticate": _challenge(**tried)}


class OutOfScope(NotAllowed):
    """The token, or the person it belongs to, lacks the permission."""

    def __init__(self, permission: str):
        scopes = [name for name, granted in SCOPES.items() if permission in granted]
        super().__init__(
            permission,
            _(
                "This token may not do this. It takes the permission “%(name)s”, which belongs to: %(scopes)s.",
                name=permission,
                scopes=", ".join(scopes) or _("no scope"),
            ),
        )
        self.facts = {"permission": permission, "scopes": scopes}
        self.headers = {"WWW-Authenticate": _challenge(error="insufficient_scope", scope=" ".join(scopes))}


def protect(blueprint: Blueprint) -> None:
    """Let in only requests whose token grants the view's policy."""

    @blueprint.before_request
    def _guard():
        policy = policy_of(current_app, request.endpoint)
        if policy == PUBLIC:
            return
        if not current_user.is_authenticated or current_user.surface != "api":
            raise NoToken
        if policy != SIGNED_IN and not current_user.may(policy):
            raise OutOfScope(policy)


def _challenge(**more: str) -> str:
    return WWWAuthenticate("bearer", {"realm": "Deskhand", **more}).to_header()
