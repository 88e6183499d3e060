"""Companies in the JSON API."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import actions, queries
from .models import Company

bp = Blueprint("companies", __name__, url_prefix="/companies")


resource(bp, Resource(Company, "companies", queries, actions, also=("name", "kind", *actions.LINK), views=True))
