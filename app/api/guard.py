"""The API's own door: a bearer token, never a cookie."""

from flask import Blueprint, abort, current_app, request
from flask_login import current_user

from app.records.errors import NotAllowed
from app.web.access import PUBLIC, policy_of


def protect(blueprint: Blueprint) -> None:
    """Let in only requests whose token grants the view's policy."""

    @blueprint.before_request
    def _guard():
        policy = policy_of(current_app, request.endpoint)
        if policy == PUBLIC:
            return
        if not current_user.is_authenticated or current_user.surface != "api":
            abort(401)
        if not current_user.may(policy):
            raise NotAllowed(policy)
