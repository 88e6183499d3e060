"""The administrator's pages: an organization's fields, forms, hosts, domains, staff and tokens."""

from flask import Blueprint

from app.companies import admin as domains
from app.forms import admin as forms
from app.forms import screens as questions
from app.people import admin as people
from app.settings import admin as fields
from app.settings import screens as words
from app.web.access import protect

from . import erasures, home, hosts, security, tokens

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
protect(blueprint, "staff", sign_in="signin.sign_in", password="signin.password")

for child in (
    *(home.bp, fields.bp, words.bp, forms.bp, questions.bp, hosts.bp, domains.bp, people.bp, tokens.bp),
    *(erasures.bp, security.bp),
):
    blueprint.register_blueprint(child)
