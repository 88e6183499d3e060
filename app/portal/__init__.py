"""The portal: what the customers' people see, of their own company only."""

from flask import Blueprint, Response, make_response, render_template, request
from flask_login import current_user

from app.companies import portal as companies
from app.contacts import portal as contacts
from app.contracts import portal as contracts
from app.errors import note_refusal, show
from app.forms import portal as forms
from app.groups import portal as groups
from app.records.errors import NotAllowed
from app.web.access import protect
from tenants import narrow

from . import home, options

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
protect(blueprint, "portal", sign_in="portal_signin.sign_in", password="portal_signin.password")


@blueprint.before_request
def _narrow():
    """From here on the database itself shows this person's companies and nothing else."""
    narrow(current_user.contact_id)


@blueprint.errorhandler(NotAllowed)
def _not_allowed(error: NotAllowed) -> Response:
    """A page that says whom to ask, rather than an error."""
    note_refusal(error)
    if request.headers.get("HX-Request") == "true":
        return show(error.status, str(error))
    return make_response(render_template("portal/not_allowed.html", permission=error.permission), error.status)


for child in (home.bp, options.bp, contacts.me_bp, contacts.people_bp, companies.bp, contracts.bp, groups.bp, forms.bp):
    blueprint.register_blueprint(child)
