"""The administrator's pages: an organization's fields, hosts, domains, staff and tokens."""

from flask import Blueprint

from app.web.access import protect

from . import home

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
protect(blueprint, "staff", sign_in="signin.sign_in", password="signin.password")

for child in (home.bp,):
    blueprint.register_blueprint(child)
