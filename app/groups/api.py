"""Groups in the JSON API."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import actions, queries
from .models import Group

bp = Blueprint("groups", __name__, url_prefix="/groups")

resource(bp, Resource(Group, "groups", queries, actions))
