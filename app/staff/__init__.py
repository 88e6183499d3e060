"""The desk: what the MSP's own people see. The doors are listed here, the rooms belong to the nouns."""

from flask import Blueprint

from app.companies import staff as companies
from app.contacts import screens as access
from app.contacts import staff as contacts
from app.contracts import staff as contracts
from app.exports import staff as exports
from app.imports import staff as imports
from app.web.access import protect

from . import columns, history, home, jobs, options, profile

blueprint = Blueprint("staff", __name__)
protect(blueprint, "staff", sign_in="signin.sign_in", password="signin.password")

CHILDREN = (
    *(home.bp, companies.bp, contacts.bp, access.bp, contracts.bp, exports.bp, imports.bp),
    *(history.bp, jobs.bp, options.bp, profile.bp, columns.bp),
)
for child in CHILDREN:
    blueprint.register_blueprint(child)
