"""Filled forms in the JSON API: which company or contact has which form, and the answers."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import filling, queries
from .models import FilledForm

bp = Blueprint("forms", __name__, url_prefix="/forms")

resource(bp, Resource(FilledForm, "forms", queries, filling))
