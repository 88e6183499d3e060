"""Contracts in the JSON API."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import actions, queries
from .models import Contract

bp = Blueprint("contracts", __name__, url_prefix="/contracts")

resource(bp, Resource(Contract, "contracts", queries, actions, views=True))
