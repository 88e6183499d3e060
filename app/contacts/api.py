"""Contacts in the JSON API."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import actions, queries
from .models import Contact

bp = Blueprint("contacts", __name__, url_prefix="/contacts")


def _journal(id: int):
    return [("contact", [id]), *queries.beside(id)]


resource(bp, Resource(Contact, "contacts", queries, actions, _journal, made_otherwise=("user_name",)))
