"""Who reaches which address: one line for each route of the application, said independently of its code.

A new route is red until it is described here. A line says who may (`STAFF`, `ADMIN`, ...), which kind of record the
number in its address is, what stands for its other parts, and for an address that writes a body that is right and one
that is wrong. The tests do the rest: everybody else is refused, in the same words whatever the number.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Cast
from tests.world import World

# The five actors: nobody, a technician, an administrator, a person of Acme with all rights in the portal, and one of
# Nordlys with none.
ACTORS = ("nobody", "ann", "adam", "ina", "nils")
EVERYBODY = frozenset(ACTORS)
STAFF = frozenset({"ann", "adam"})
ADMIN = frozenset({"adam"})
PORTAL = frozenset({"ina", "nils"})
INA = frozenset({"ina"})

# Which records of a kind an actor reaches, by the variants of `Canaries.ids`.
BY_COMPANY = {"ann": {"a", "x", "n"}, "adam": {"a", "x", "n"}, "ina": {"a"}, "nils": {"n"}}
BY_ACCOUNT = {"ann": {"ann"}, "adam": {"ann", "sue"}, "ina": set(), "nils": set()}
OWN_ACCOUNT = {"ann": {"ann"}, "adam": set(), "ina": set(), "nils": set()}
OF_STAFF = {"ann": {"ann", "sue"}, "adam": {"ann", "sue"}, "ina": set(), "nils": set()}

# A body, or what makes one from the ids of the cast.
Body = dict[str, Any] | Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True)
class Route:
    """What is said of one address."""

    who: frozenset[str]
    # The kind of record that <int:id> names, and which of them each actor reaches.
    id: str = ""
    reach: Mapping[str, set[str]] = field(default_factory=lambda: BY_COMPANY)
    # What stands for the other parts of the address, and its query.
    args: dict[str, str] = field(default_factory=dict)
    query: str = ""
    # For an address that writes: a body that is accepted, one that is answered 422, and whether it writes at all.
    body: Body = field(default_factory=dict)
    bad: Body | None = None
    writes: bool = True
    # How the API wants its body: 'json', or 'form' for files.
    sent: str = "json"
    # For an address that shows: whether it shows people's words.
    shows: bool = True
    # An address that does something; `before` makes the state in which it can, and may return another number for it.
    acts: bool = False
    before: Callable[[World], int | None] | None = None


def page(who: frozenset[str], id: str = "", **more: Any) -> Route:
    """An address that shows something."""
    return Route(who, id, **more)


def form(who: frozenset[str], id: str = "", **more: Any) -> Route:
    """A page with a form that shows nobody's words."""
    return Route(who, id, shows=False, **more)


def act(who: frozenset[str], id: str = "", body: Body | None = None, bad: Body | None = None, **more: Any) -> Route:
    """An address that does something."""
    return Route(who, id, body=body or {}, bad=bad, acts=True, **more)


def _field(noun: str, who: frozenset[str], kind: str, name: str, right: str, wrong: str, **more) -> dict[str, Route]:
    """The addresses of inline editing; what undoes an edit is asked after one was made."""
    more["args"] = {"name": name}
    return {
        f"{noun}.field": page(who, kind, **more),
        f"{noun}.edit_field": page(who, kind, **more),
        f"{noun}.update_field": act(who, kind, {"value": right}, {"value": wrong}, **more),
        f"{noun}.undo_field": act(who, kind, {"operation": "1"}, **more),
    }


def _as_of(noun: str, path: str, kind: str, name: str) -> dict[str, Route]:
    """The addresses of a record as it was on a date; what is put back was changed after everything else was done."""

    def before(world: World) -> None:
        ids = {"company": world.cast.acme, "contact": world.cast.otto, "contract": world.cast.acme_support_hours}
        world.sql(f"UPDATE {world.schema()}.operation SET at = '2020-01-01'")
        world.staff("ann").post_form(f"/{path}/{ids[kind]}/fields/{name}", {"value": "Changed since"})

    return {
        f"{noun}.show_as_of": page(STAFF, kind, query="at=today"),
        f"{noun}.create_restoration": act(STAFF, kind, args={"name": name}, query="at=2021-01-01", before=before),
    }


def _resource(noun: str, kind: str, new: Body, change: dict, wrong: dict) -> dict[str, Route]:
    """The addresses of a noun in the API; a token acts for its person."""
    return {
        f"api.{noun}.index": page(STAFF),
        f"api.{noun}.show": page(STAFF, kind),
        f"api.{noun}.show_history": page(STAFF, kind),
        f"api.{noun}.create": act(STAFF, body=new, bad={"no_such_field": 1}),
        f"api.{noun}.update": act(STAFF, kind, change, wrong),
    }


NEW_CONTACT = {"first_name": "Cy", "last_name": "New", "user_name": "cy", "email": "cy@acme.example"}


def _new_contract(cast: Cast) -> dict[str, Any]:
    return {
        "description": "Made",
        "kind": "subscription",
        "customer_contact_id": str(cast.ina),
        "support_contact_id": str(cast.ann),
    }


def _new_contract_in_json(cast: Cast) -> dict[str, Any]:
    people = {"company_id": cast.acme, "customer_contact_id": cast.ina, "support_contact_id": cast.ann}
    return {"description": "Made", "kind": "subscription"} | people


def _new_token(cast: Cast) -> dict[str, Any]:
    return {"name": "Made", "staff_id": str(cast.ann), "scopes": ["read"], "days": "10"}


def _upload(_cast: Cast) -> dict[str, Any]:
    return {"file": (io.BytesIO(b"First Name,Last Name,Email Address\nA,B,a@b.example\n"), "people.csv")}


def _second_membership(world: World) -> int:
    return world.sql(f"SELECT id FROM {world.schema()}.membership WHERE NOT is_primary")[0]["id"]


def _archived_badge(world: World) -> None:
    world.staff("adam").post_form("/admin/fields/contact/custom-badge/archive")


def _renamed_job_title(world: World) -> None:
    changed = {"label": "Function", "portal": "edit", "section": "", "help": ""}
    world.staff("adam").post_form("/admin/fields/contact/job_title", changed)


def _badge(noun: str = "contact", name: str = "custom-badge") -> dict[str, str]:
    return {"noun": noun, "name": name}


ROUTES: dict[str, Route] = {
    # --- for everybody ---
    "healthz": form(EVERYBODY),
    "readyz": form(EVERYBODY),
    "static": form(EVERYBODY, args={"filename": "desk.css"}),
    "signin.sign_in": form(EVERYBODY),
    "signin.create_session": act(EVERYBODY, body={"login": "x", "password": "y"}, writes=False),
    "signin.sign_out": act(EVERYBODY, writes=False),
    "portal_signin.sign_in": form(EVERYBODY),
    "portal_signin.create_session": act(EVERYBODY, body={"login": "x", "password": "y"}, writes=False),
    "portal_signin.sign_out": act(EVERYBODY, writes=False),
    # --- one's own ---
    "signin.password": page(STAFF),
    "signin.update_password": act(STAFF, bad={"current": "", "new": "", "again": ""}, writes=False),
    "portal_signin.password": page(PORTAL),
    "portal_signin.update_password": act(PORTAL, bad={"current": "", "new": "", "again": ""}, writes=False),
    "staff.profile.show": page(STAFF),
    "staff.profile.update": act(STAFF, body={"page_size": "25"}, bad={"page_size": "much"}),
    "staff.profile.update_theme": act(STAFF, body={"theme": "dark"}),
    # --- the desk ---
    "staff.home.index": page(STAFF),
    "staff.home.find": page(STAFF, query="q=ina"),
    "staff.options.index": page(STAFF, args={"noun": "contact"}),
    "staff.columns.create": act(STAFF, body={"order": "name", "shown": "name"}, query="back=/companies", writes=False),
    "staff.companies.index": page(STAFF),
    "staff.companies.new": form(STAFF),
    "staff.companies.create": act(STAFF, body={"name": "Made", "kind": "managed"}, bad={"name": ""}),
    "staff.companies.show": page(STAFF, "company"),
    "staff.companies.show_history": page(STAFF, "company"),
    **_as_of("staff.companies", "companies", "company", "address"),
    "staff.companies.edit_name": page(STAFF, "company"),
    "staff.companies.update_name": act(STAFF, "company", {"name": "Renamed"}, {"name": ""}),
    **_field("staff.companies", STAFF, "company", "email", "new@acme.example", "no address"),
    "staff.contacts.index": page(STAFF),
    "staff.contacts.new": form(STAFF),
    "staff.contacts.create": act(STAFF, body=NEW_CONTACT, bad={"user_name": "x", "last_name": ""}),
    "staff.contacts.of_company": page(STAFF, "company"),
    "staff.contacts.create_in_company": act(STAFF, "company", NEW_CONTACT, {"last_name": ""}),
    "staff.contacts.show": page(STAFF, "contact"),
    "staff.contacts.show_history": page(STAFF, "contact"),
    **_as_of("staff.contacts", "contacts", "contact", "city"),
    **_field("staff.contacts", STAFF, "contact", "email", "new@acme.example", "no address"),
    "staff.contracts.index": page(STAFF),
    "staff.contracts.new": page(STAFF),
    "staff.contracts.of_company": page(STAFF, "company"),
    "staff.contracts.create": act(STAFF, "company", _new_contract, {"description": ""}),
    "staff.contracts.show": page(STAFF, "contract"),
    "staff.contracts.show_history": page(STAFF, "contract"),
    **_as_of("staff.contracts", "contracts", "contract", "po_number"),
    **_field("staff.contracts", STAFF, "contract", "description", "New words", "x" * 500),
    "staff.access.show": page(STAFF, "contact"),
    "staff.access.create": act(STAFF, "contact"),
    "staff.access.create_removal": act(STAFF, "contact"),
    "staff.access.create_membership": act(
        STAFF, "contact", lambda cast: {"company_id": str(cast.nordlys)}, {"company_id": "1"}
    ),
    "staff.access.show_membership": form(STAFF, "membership"),
    "staff.access.create_membership_removal": act(STAFF, "membership"),
    "staff.access.create_primary": act(STAFF, "membership", before=_second_membership),
    **_field("staff.access", STAFF, "membership", "role", "Chief", "x" * 500),
    "staff.exports.new": form(STAFF, args={"noun": "contacts"}),
    "staff.exports.create": act(STAFF, args={"noun": "contacts"}),
    "staff.exports.show": page(STAFF, "export", reach=OWN_ACCOUNT),
    "staff.imports.index": page(STAFF),
    "staff.imports.new": form(STAFF),
    "staff.imports.template": form(STAFF),
    "staff.imports.create": act(STAFF, body=_upload, bad={}),
    **{
        f"staff.imports.{name}": page(STAFF, "import", reach=OF_STAFF)
        for name in ("show", "reading", "columns", "rules")
    },
    "staff.imports.progress": form(STAFF, "import", reach=OF_STAFF),
    "staff.imports.show_rejected": form(STAFF, "import", reach=OF_STAFF),
    "staff.imports.update_reading": act(STAFF, "import", {"encoding": "cp1252", "delimiter": ","}, reach=OF_STAFF),
    "staff.imports.update_columns": act(
        STAFF,
        "import",
        {"column-0": "last_name", "column-1": "first_name", "column-2": "email"},
        {"column-0": "email", "column-1": "email", "column-2": "email"},
        reach=OF_STAFF,
    ),
    "staff.imports.update_rules": act(STAFF, "import", {"match": "", "empty": "", "locale": "en"}, reach=OF_STAFF),
    # What follows takes an import that stands further: tests/imports shows that it works.
    **{
        f"staff.imports.create_{name}": act(STAFF, "import", reach=OF_STAFF, writes=False)
        for name in ("plan", "application", "cancellation", "repair", "undo")
    },
    "staff.history.show_operation": page(STAFF, "operation"),
    "staff.history.undo_operation": act(STAFF, "operation"),
    "staff.history.undo_field": act(STAFF, "operation", args={"name": "job_title"}),
    "staff.jobs.index": page(frozenset({"ann", "adam"}), shows=False),
    "staff.jobs.show": page(STAFF, "job", reach=BY_ACCOUNT),
    "staff.jobs.create_cancellation": act(STAFF, "job", reach=BY_ACCOUNT),
    # --- administration ---
    "admin.home.index": form(ADMIN),
    "admin.staff.index": page(ADMIN),
    "admin.staff.new": form(ADMIN),
    "admin.staff.create": act(
        ADMIN, body={"name": "Made", "email": "made@desk.example", "role": "technician"}, bad={"name": ""}
    ),
    "admin.staff.show": page(ADMIN, "staff", reach=OF_STAFF),
    "admin.staff.update_password": act(ADMIN, "staff", reach=OF_STAFF),
    **_field("admin.staff", ADMIN, "staff", "name", "Other", "x" * 500, reach=OF_STAFF),
    "admin.tokens.index": page(ADMIN),
    "admin.tokens.new": page(ADMIN),
    "admin.tokens.create": act(ADMIN, body=_new_token, bad={"name": ""}),
    "admin.tokens.create_revocation": act(ADMIN, "token", reach=OF_STAFF),
    "admin.hosts.index": form(ADMIN),
    "admin.hosts.create": act(ADMIN, body={"name": "desk.harbor.example"}, bad={"name": "no host"}),
    "admin.hosts.new_removal": form(ADMIN, args={"name": "localhost"}),
    "admin.hosts.create_removal": act(ADMIN, args={"name": "localhost"}),
    "admin.domains.index": page(ADMIN),
    "admin.domains.create": act(
        ADMIN, body=lambda cast: {"name": "made.example", "company_id": str(cast.acme)}, bad={"name": "-"}
    ),
    "admin.domains.show": page(ADMIN, "domain"),
    "admin.domains.create_removal": act(ADMIN, "domain"),
    **_field("admin.domains", ADMIN, "domain", "name", "other.example", "no host"),
    "admin.fields.index": page(ADMIN, args={"noun": "contact"}),
    "admin.fields.new": form(ADMIN, args={"noun": "contact"}, query="kind=text"),
    "admin.fields.create": act(
        ADMIN, args={"noun": "contact"}, body={"kind": "text", "label": "Made", "portal": "none"}, bad={"kind": "text"}
    ),
    "admin.fields.edit": page(ADMIN, args=_badge()),
    "admin.fields.update": act(ADMIN, args=_badge(), body={"label": "Other", "portal": "none"}, bad={"label": ""}),
    "admin.fields.new_archive": page(ADMIN, args=_badge()),
    "admin.fields.create_archive": act(ADMIN, args=_badge()),
    "admin.fields.create_restoration": act(ADMIN, args=_badge(), before=_archived_badge),
    "admin.fields.create_reset": act(ADMIN, args=_badge(name="job_title"), before=_renamed_job_title),
    "admin.fields.update_order": act(ADMIN, args={"noun": "contact"}, body={"order": ["email", "first_name"]}),
    "admin.fields.update_place": act(ADMIN, args=_badge(), body={"move": "up"}),
    # --- the portal ---
    "portal.home.index": page(PORTAL),
    "portal.home.update_theme": act(PORTAL, body={"theme": "dark"}),
    "portal.options.index": form(PORTAL, args={"kind": "country"}),
    "portal.me.show_me": page(PORTAL),
    **_field("portal.me", PORTAL, "", "first_name", "Other", "x" * 500),
    "portal.people.index": page(INA),
    "portal.people.show": page(INA, "contact"),
    "portal.companies.show": page(PORTAL, "company"),
    "portal.contracts.index": page(INA),
    "portal.contracts.show": page(INA, "contract"),
    # --- the API ---
    **_resource("companies", "company", {"name": "Made", "kind": "managed"}, {"email": "n@n.example"}, {"email": "-"}),
    **_resource("contacts", "contact", NEW_CONTACT, {"email": "n@n.example"}, {"email": "-"}),
    **_resource("contracts", "contract", _new_contract_in_json, {"description": "Other"}, {"description": ""}),
    "api.description.show": form(STAFF),
    "api.operations.undo": act(STAFF, "operation"),
    "api.imports.index": page(STAFF),
    "api.imports.show": page(STAFF, "import", reach=OF_STAFF),
    "api.imports.index_rows": form(STAFF, "import", reach=OF_STAFF),
    "api.imports.show_rejected": form(STAFF, "import", reach=OF_STAFF),
    "api.imports.create": act(STAFF, body=_upload, sent="form"),
    "api.imports.update": act(
        STAFF, "import", {"columns": ["last_name", "first_name", "email"]}, {"no_such": 1}, reach=OF_STAFF
    ),
    **{
        f"api.imports.create_{name}": act(STAFF, "import", reach=OF_STAFF, writes=False)
        for name in ("plan", "application", "cancellation", "undo")
    },
    "api.jobs.show": page(STAFF, "job", reach=OWN_ACCOUNT),
}
