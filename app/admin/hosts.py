"""The host names at which the organization is reached."""

from flask import Blueprint, Response, request

from app.i18n import gettext as _
from app.records.errors import NotFound
from app.web import toasts
from app.web.access import allow
from app.web.confirm import Confirm
from app.web.htmx import page, redirect_to
from tenants import hosts, tenancy
from tenants.resolve import normal_host

bp = Blueprint("hosts", __name__, url_prefix="/hosts")
HERE = "/admin/hosts"


def _sentence(refused: hosts.HostRefused) -> str:
    """Why a name cannot be had; it is the same whether somebody else has it or nobody may."""
    return {
        "format": lambda: _("This is no host name. A host name looks like desk.example.com."),
        "full": lambda: _("A full name with a dot in it is needed, such as desk.example.com."),
        "unusable": lambda: _("This name cannot be used. Choose another one of a domain that is yours."),
        "mine": lambda: _("This name is in your list already."),
        "many": lambda: _("Too many names wait for their proof. Remove those that you do not need."),
        "here": lambda: _("You are using this address right now. Open another one of yours to remove it."),
    }[refused.code]()


@bp.get("")
@allow("admin.hosts")
def index() -> Response:
    """The hosts of the organization and how it stands with each."""
    return _page()


def _page(status: int = 200, **more) -> Response:
    shown = {"hosts": hosts.listed(), "using": normal_host(request.host), "slug": tenancy().slug}
    return page("admin/hosts/index.html", status=status, **shown, **more)


@bp.post("")
@allow("admin.hosts")
def create() -> Response:
    """Ask for a host; it leads nowhere until it is verified."""
    typed = request.form.get("name", "")[:300]
    try:
        made = hosts.claim(typed)
    except hosts.HostRefused as refused:
        return _page(422, typed=typed, error=_sentence(refused))
    toasts.leave(_("%(name)s waits for its proof", name=made.name))
    return redirect_to(HERE)


@bp.get("/<name>/removal")
@allow("admin.hosts")
def new_removal(name: str) -> Response:
    """Ask before a host is removed."""
    if name not in {host.name for host in hosts.listed() if not host.removed_at}:
        raise NotFound
    confirm = Confirm(
        title=_("Remove %(name)s?", name=name),
        text=_("Nobody reaches you there any more, within ten seconds. For 30 days no other organization can have it."),
        action=f"{HERE}/{name}/removal",
        submit=_("Remove"),
        cancel_url=HERE,
        danger=True,
    )
    return page("admin/hosts/removal.html", part="shared/_confirm.html", confirm=confirm)


@bp.post("/<name>/removal")
@allow("admin.hosts")
def create_removal(name: str) -> Response:
    """Remove a host; not the one in use."""
    try:
        hosts.remove(name, request.host)
    except hosts.HostRefused as refused:
        if refused.code == "unknown":
            raise NotFound from refused
        return _page(409, error=_sentence(refused))
    toasts.leave(_("%(name)s is removed", name=name))
    return redirect_to(HERE)
