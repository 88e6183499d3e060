"""The application, put together in the order in which a request meets its parts."""

from flask import Flask, request

from tenants import wrap_requests
from tenants.folders import folder
from tenants.resolve import Organization, by_host

from . import errors, extensions
from .admin import blueprint as admin
from .api import blueprint as api
from .config import Settings, flask_config, load
from .portal import blueprint as portal
from .signin import blueprints as signin
from .staff import blueprint as staff
from .web import access, addresses, compression, headers, health, htmx, markup, metrics, origin, sizes


def create_app(settings: Settings | None = None, **overrides) -> Flask:
    """Make the WSGI application. `overrides` are Flask settings, for tests."""
    app = Flask(__name__, template_folder=folder("templates"), static_folder=None)
    app.config.update(flask_config(settings or load()), **overrides)

    # What is registered first is done last to an answer.
    metrics.init_app(app)
    compression.init_app(app)
    addresses.init_app(app)
    headers.init_app(app)
    origin.init_app(app)
    wrap_requests(app, _organization)
    sizes.init_app(app)
    extensions.init_app(app)
    htmx.init_app(app)
    health.init_app(app)
    markup.init_app(app)
    errors.init_app(app)

    for blueprint in (*signin, staff, portal, admin, api):
        app.register_blueprint(blueprint)

    access.check_policies(app)
    return app


def _organization() -> Organization | None:
    """The organization whose verified host this request names; none for health checks and static files."""
    if request.endpoint in health.ENDPOINTS:
        return None
    found = by_host(request.host)
    if found is None:
        raise errors.UnknownHost
    return found
