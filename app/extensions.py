"""The extensions, bound to the application in one place."""

from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, Request, g, has_request_context, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel
from flask_login import LoginManager, current_user
from itsdangerous import BadSignature
from werkzeug.middleware.proxy_fix import ProxyFix

from tenants import db
from tenants.db import NoTenant, portal_prelude

from .contacts.memberships import VIEWER_COMPANIES
from .i18n import LOCALES
from .signin.sessions import viewer_of, viewer_of_token
from .web.masking import MaskedTokens
from .web.surfaces import surface

babel, csrf, login = Babel(), MaskedTokens(), LoginManager()


class SurfaceCookies(SecureCookieSessionInterface):
    """One cookie for each surface and host, so that staff and portal can be signed in side by side."""

    def get_cookie_name(self, app: Flask) -> str:
        prefix = "__Host-" if app.config["SESSION_COOKIE_SECURE"] else ""
        return f"{prefix}deskhand_{'portal' if surface() == 'portal' else 'staff'}"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """What the cookie holds, however old. How long a session lasts is for its row to say, by the database's clock.

        A web server's own clock would sign people out whenever another server's was a second ahead of it.
        """
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        try:
            return self.session_class(self.get_signing_serializer(app).loads(cookie) if cookie else None)
        except BadSignature:
            return self.session_class()


def init_app(app: Flask) -> None:
    """Bind them all."""
    settings = app.config["SETTINGS"]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)
    app.session_interface = SurfaceCookies()
    # Records keep the order of their fields.
    app.json.sort_keys = False
    # The session makes its own engines, see tenants.engines; this only satisfies the extension.
    app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg://"
    db.init_app(app)
    csrf.init_app(app)
    login.session_protection = None
    login.init_app(app)
    login.user_loader(_by_cookie)
    login.request_loader(_by_token)
    babel.init_app(
        app, locale_selector=_locale, timezone_selector=_time_zone, default_translation_directories="translations"
    )
    portal_prelude[:] = [VIEWER_COMPANIES]


def _by_cookie(token: str):
    """The person whose session the cookie holds; the API has no cookies."""
    here = surface()
    return None if here == "api" else viewer_of(token, "portal" if here == "portal" else "staff")


def _by_token(current: Request):
    """The person an API request bears a token of."""
    scheme, _, secret = current.headers.get("Authorization", "").partition(" ")
    return viewer_of_token(secret.strip()) if surface() == "api" and scheme.lower() == "bearer" else None


def _viewer():
    """The viewer if one is known; never a reason to fail, since error pages have a language too."""
    try:
        return current_user if current_user and current_user.is_authenticated else None
    except (NoTenant, RuntimeError):
        return None


def _locale() -> str:
    if "locale" not in g:
        viewer = _viewer()
        chosen = (viewer.locale if viewer else "").replace("-", "_").split("_")[0]
        accepted = request.accept_languages.best_match(LOCALES) if has_request_context() else None
        g.locale = chosen if chosen in LOCALES else accepted or "en"
    return g.locale


def _time_zone() -> str:
    """The zone this person chose, else the one the browser says it is in, else UTC."""
    viewer = _viewer()
    if viewer and viewer.time_zone:
        return viewer.time_zone
    said = request.cookies.get("tz", "")
    try:
        return ZoneInfo(said).key if said else str(UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return str(UTC)
