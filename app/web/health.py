"""Is the process alive, and is it fit to serve: two addresses for whoever watches the installation."""

from flask import Flask, Response, jsonify, send_from_directory
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from tenants import checks, migrate, queue

from .access import public
from .assets import STATIC, unhashed
from .compression import pack_file

ENDPOINTS = {"healthz", "readyz", "static"}
YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Add /healthz, /readyz and the static files, which need no organization."""

    @app.get("/healthz")
    @public("asked by load balancers")
    def healthz():
        """The process answers."""
        return jsonify(status="ok")

    @app.get("/readyz")
    @public("asked by load balancers")
    def readyz():
        """Database, queue and migrations are as they must be; 503 with the reasons otherwise."""
        found = {"database": _database(), "migrations": _migrations(), "valkey": _valkey()}
        ready = all(state == "ok" for state in found.values())
        return jsonify(status="ok" if ready else "not ready", **found), 200 if ready else 503

    @app.get("/static/<path:filename>")
    @public("style sheets and scripts")
    def static(filename: str) -> Response:
        """A file of the interface; under a name that holds its hash it may be kept for a year."""
        name, hashed = unhashed(filename)
        response = send_from_directory(STATIC, name)
        kept = f"public, max-age={YEAR}, immutable" if hashed else "public, no-cache"
        response.headers["Cache-Control"] = kept
        pack_file(response, STATIC / name)
        return response


def _database() -> str:
    try:
        checks.check()
    except checks.Unfit as error:
        return str(error)
    except (SQLAlchemyError, OSError):
        return "not reachable"
    return "ok"


def _migrations() -> str:
    try:
        return "ok" if migrate.is_current() else "behind: run `deskhand migrate`"
    except (SQLAlchemyError, OSError):
        return "not readable"


def _valkey() -> str:
    try:
        queue.redis().ping()
    except (RedisError, ValueError):
        return "not reachable"
    return "ok"
