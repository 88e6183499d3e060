"""The desk: what the MSP's own people see. The doors are listed here, the rooms belong to the nouns."""

from flask import Blueprint

from app.companies import staff as companies
from app.contacts import screens as access
from app.contacts import staff as contacts
from app.contracts import staff as contracts
from app.exports import staff as exports
from app.forms import staff as forms
from app.groups import screens as group_members
from app.groups import staff as groups
from app.imports import staff as imports
from app.web.access import protect

from . import (
    bulk,
    columns,
    duplicates,
    erasures,
    files,
    history,
    home,
    jobs,
    notes,
    options,
    places,
    portraits,
    profile,
    search,
    units,
    views,
)

blueprint = Blueprint("staff", __name__)
protect(blueprint, "staff", sign_in="signin.sign_in", password="signin.password")
blueprint.add_app_template_global(places.bar, "places")
blueprint.add_app_template_global(places.keys_help, "keys_help")
blueprint.add_app_template_global(places.new_entries, "new_entries")

CHILDREN = (
    *(home.bp, companies.bp, contacts.bp, access.bp, erasures.bp, portraits.bp, contracts.bp, groups.bp, forms.bp),
    *(exports.bp, imports.bp),
    *(groups.many_bp, group_members.bp, group_members.lists_bp, units.bp, duplicates.bp),
    *(history.bp, jobs.bp, options.bp, profile.bp, columns.bp, search.bp, bulk.bp, views.bp, notes.bp, files.bp),
)
for child in CHILDREN:
    blueprint.register_blueprint(child)
