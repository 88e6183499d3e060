"""The JSON API, version 1: bearer tokens only, the same verbs and rights as the screens."""

from flask import Blueprint

from app.companies import api as companies
from app.contacts import api as contacts
from app.contracts import api as contracts
from app.extensions import csrf
from app.forms import api as forms
from app.groups import api as groups
from app.imports import api as imports

from . import guard, jobs, notes, openapi, operations

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
guard.protect(blueprint)

CHILDREN = (
    companies.bp,
    contacts.bp,
    contracts.bp,
    forms.bp,
    groups.bp,
    imports.bp,
    notes.bp,
    operations.bp,
    jobs.bp,
    openapi.bp,
)
for child in CHILDREN:
    blueprint.register_blueprint(child)
    # No cookie opens this door, so that no other site can knock with one. Exemptions are not inherited.
    csrf.exempt(child)
