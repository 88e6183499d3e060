"""Contacts in the JSON API."""

from flask import Blueprint

from app.web.resource import Resource, resource

from . import actions, queries
from .models import Contact

bp = Blueprint("contacts", __name__, url_prefix="/contacts")


resource(bp, Resource(Contact, "contacts", queries, actions, made_otherwise=("user_name",), views=True))
