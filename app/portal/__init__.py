"""The portal: what the customers' people see, of their own company only."""

from flask import Blueprint
from flask_login import current_user

from app.web.access import protect
from tenants import narrow

from . import home

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
protect(blueprint, "portal", sign_in="portal_signin.sign_in", password="portal_signin.password")


@blueprint.before_request
def _narrow():
    """From here on the database itself shows this person's companies and nothing else."""
    narrow(current_user.contact_id)


for child in (home.bp,):
    blueprint.register_blueprint(child)
