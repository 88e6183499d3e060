"""Where one can go on the desk and what one can begin there, in one list: the bar, the keys and the palette read it.

Who may go there is not said here: it is what the view behind the address declares.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from flask import current_app, url_for
from flask_babel.speaklater import LazyString
from flask_login import current_user
from jinja2.environment import TemplateModule

from app.i18n import current_locale
from app.i18n import lazy_gettext as _l
from app.web.access import SIGNED_IN, policy_of


@dataclass(frozen=True)
class Place:
    """A page of the desk: the view behind it, what it is called, its picture, and the keys that lead there."""

    endpoint: str
    label: LazyString
    picture: str
    keys: str = ""
    args: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.args)


# What stands in the bar.
BAR = (
    Place("staff.home.index", _l("Home"), "home", "g h"),
    Place("staff.companies.index", _l("Companies"), "building", "g c"),
    Place("staff.contacts.index", _l("Contacts"), "users", "g p"),
    Place("staff.contracts.index", _l("Contracts"), "contract", "g o"),
    Place("staff.groups.index", _l("Groups"), "list", "g r"),
    Place("staff.imports.index", _l("Imports"), "upload", "g i"),
    Place("admin.home.index", _l("Administration"), "settings", "g a"),
)
# What the menu "New" holds.
NEW = (
    Place("staff.contacts.new", _l("New contact"), "user"),
    Place("staff.companies.new", _l("New company"), "building"),
    Place("staff.contracts.new", _l("New contract"), "contract"),
    Place("staff.groups.new", _l("New group"), "users"),
    Place("staff.imports.new", _l("Import a file"), "upload"),
)
# What is found in the palette only.
FURTHER = (
    Place("staff.exports.new", _l("Export contacts"), "download", args={"noun": "contacts"}),
    Place("staff.exports.new", _l("Export companies"), "download", args={"noun": "companies"}),
    Place("staff.jobs.index", _l("Jobs"), "bell"),
    Place("staff.profile.show", _l("Profile and language"), "user"),
    Place("signin.password", _l("Change my password"), "key"),
    Place("admin.staff.index", _l("Staff"), "users"),
    Place("admin.tokens.index", _l("API tokens"), "key"),
    Place("admin.hosts.index", _l("Addresses"), "globe"),
    Place("admin.domains.index", _l("Mail domains"), "mail"),
    Place("admin.forms.index", _l("Forms"), "list"),
    Place("admin.words.index", _l("Words"), "pencil"),
    Place("admin.fields.index", _l("Contact fields"), "user", args={"noun": "contact"}),
    Place("admin.fields.index", _l("Company fields"), "building", args={"noun": "company"}),
    Place("admin.fields.index", _l("Contract fields"), "contract", args={"noun": "contract"}),
)


def open_to(places: Iterable[Place], viewer) -> list[Place]:
    """Those of the places that the viewer may go to."""
    found = []
    for place in places:
        policy = policy_of(current_app, place.endpoint)
        if policy == SIGNED_IN or viewer.may(policy):
            found.append(place)
    return found


def bar() -> list[Place]:
    """The bar's places for whoever looks at it."""
    return open_to(BAR, current_user)


def new_entries() -> list[Place]:
    """What this person may begin."""
    return open_to(NEW, current_user)


def keys_help() -> TemplateModule:
    """The help that "?" opens; it is the same for all who may go to the same places, and so is put together once."""
    rows = tuple((one.keys.upper(), str(one.label), f'body[data-keys] [data-key="{one.keys}"]') for one in bar())
    return _help(current_locale(), rows)


@lru_cache(200)
def _help(_locale: str, rows: tuple[tuple[str, str, str], ...]) -> TemplateModule:
    # The keys as the help writes them, to where they lead, and where on a page they work.
    return current_app.jinja_env.get_template("shared/_keys.html").make_module({"keys_of_places": list(rows)})
