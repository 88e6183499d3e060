"""Who may call a view. Every view declares its policy; one that does not stops the start."""

from collections.abc import Callable

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.records.errors import NotAllowed

PUBLIC = "public"
SIGNED_IN = "signed in"


class UndeclaredView(RuntimeError):
    """A view has no policy: the application does not start."""


def allow(permission: str) -> Callable:
    """Only for viewers who hold this permission."""
    return _declare(permission)


def public(reason: str) -> Callable:
    """For everybody; the reason is for the reader of the code."""
    if not reason:
        raise ValueError("Say why this view is open to everybody.")
    return _declare(PUBLIC)


def signed_in(view: Callable) -> Callable:
    """For everybody who is signed in on this surface."""
    return _declare(SIGNED_IN)(view)


def _declare(policy: str) -> Callable:
    def mark(view: Callable) -> Callable:
        view.policy = policy
        return view

    return mark


def policy_of(app: Flask, endpoint: str | None) -> str | None:
    """The policy that the view behind an endpoint declares."""
    view = app.view_functions.get(endpoint) if endpoint else None
    return getattr(view, "policy", None)


def check_policies(app: Flask) -> None:
    """Refuse to start with a view that anybody could call because nobody thought about it."""
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) is None})
    if missing:
        raise UndeclaredView(f"These views declare no policy: {', '.join(missing)}")


def guard(app: Flask, surface: str, sign_in: str, password: str) -> Response | None:
    """The check in front of every view of a surface; `sign_in` and `password` are the endpoints to send people to."""
    policy = policy_of(app, request.endpoint)
    if policy is None or policy == PUBLIC:
        return None
    if not current_user.is_authenticated or current_user.surface != surface:
        return _to_sign_in(sign_in)
    if current_user.must_change and request.endpoint not in (password, password.replace(".", ".update_")):
        return redirect(url_for(password))
    if policy != SIGNED_IN and not current_user.may(policy):
        raise NotAllowed(policy)
    return None


def _to_sign_in(endpoint: str) -> Response:
    """To the sign-in page and back; a fragment asks the browser to go there as a whole page."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    where = url_for(endpoint, next=wanted if wanted != "/" else None)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for(endpoint)})
    if request.method not in ("GET", "HEAD"):
        abort(401)
    return redirect(where)


def local_path(target: str | None, otherwise: str) -> str:
    """An address given by the browser to return to: only a path on this host, else `otherwise`."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 2000:
        return otherwise
    if any(ord(sign) < 33 or sign == "\\" for sign in target):
        return otherwise
    return target


def protect(blueprint, surface: str, sign_in: str, password: str) -> None:
    """Put the guard in front of every view of a blueprint and of its children."""

    @blueprint.before_request
    def _guard():
        return guard(current_app, surface, sign_in, password)
