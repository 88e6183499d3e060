"""The first of the administrator's pages."""

from flask import Blueprint, Response

from app.i18n import gettext as _
from app.web.access import allow
from app.web.htmx import page

bp = Blueprint("home", __name__)


def _doors() -> list[tuple[str, str, str, str]]:
    """Address, icon, name and purpose of each page."""
    return [
        ("/admin/fields/contact", "user", _("Contact fields"), _("Name, order and hide fields, and add your own")),
        ("/admin/fields/company", "building", _("Company fields"), _("The same for companies")),
        ("/admin/fields/contract", "contract", _("Contract fields"), _("The same for contracts")),
        ("/admin/words", "pencil", _("Words"), _("What companies and contacts are called here")),
        ("/admin/forms", "list", _("Forms"), _("Questions of your own for companies and contacts")),
        ("/admin/staff", "users", _("Staff"), _("Who works here, and with which rights")),
        ("/admin/tokens", "key", _("API tokens"), _("Keys for programs that work with your data")),
        ("/admin/hosts", "globe", _("Addresses"), _("The host names at which you are reached")),
        ("/admin/domains", "mail", _("Mail domains"), _("Which company a sender’s address belongs to")),
        ("/admin/erasures", "trash", _("Erasures"), _("Whose personal data was erased for good")),
        ("/admin/security", "lock", _("Refused"), _("Who tried something that their rights do not cover")),
    ]


@bp.get("/")
@allow("admin")
def index() -> Response:
    """What an administrator can set."""
    return page("admin/home/index.html", doors=_doors())
