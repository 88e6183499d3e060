"""The JSON API, version 1: bearer tokens only, the same verbs and rights as the screens."""

from flask import Blueprint

from . import guard

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
guard.protect(blueprint)
