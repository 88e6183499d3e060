"""Notes in the JSON API."""

from flask import Blueprint

from app.records import notes
from app.web.resource import Resource, resource

bp = Blueprint("notes", __name__, url_prefix="/notes")


resource(bp, Resource(notes.Note, "notes", notes, notes))
