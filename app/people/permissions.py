"""What each role may do. A permission is 'noun.verb'; a role holds a set of them, nothing is implied elsewhere."""

TECHNICIAN = frozenset(
    {
        "desk.use",
        "companies.view",
        "companies.edit",
        "companies.delete",
        "contacts.view",
        "contacts.edit",
        "contacts.delete",
        "contacts.merge",
        "contracts.view",
        "contracts.edit",
        "contracts.delete",
        "notes.view",
        "notes.edit",
        "files.view",
        "files.edit",
        "forms.view",
        "forms.edit",
        "groups.view",
        "groups.edit",
        "groups.members",
        "imports.view",
        "imports.run",
        "exports.run",
        "history.view",
        "history.undo",
    }
)
SUPERVISOR = TECHNICIAN | {"companies.merge", "history.undo_others", "jobs.view_all", "views.share"}
ADMINISTRATOR = SUPERVISOR | {
    *("admin", "admin.fields", "admin.hosts", "admin.domains", "admin.staff", "admin.tokens"),
    "contacts.erase",
}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "technician": TECHNICIAN,
    "supervisor": SUPERVISOR,
    "administrator": ADMINISTRATOR,
}

# What an API token may be limited to; a token never may more than the person it belongs to.
SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset(
        {
            *("desk.use", "companies.view", "contacts.view", "contracts.view", "groups.view", "notes.view"),
            *("forms.view", "imports.view", "history.view"),
        }
    ),
    "write": frozenset(
        {
            *("companies.edit", "contacts.edit", "contracts.edit", "groups.edit", "groups.members", "notes.edit"),
            *("forms.edit", "history.undo"),
        }
    ),
    "import": frozenset({"imports.view", "imports.run", "exports.run", "history.undo"}),
}


def permissions_of(role: str) -> frozenset[str]:
    """The permissions of a role; of an unknown one, none."""
    return ROLE_PERMISSIONS.get(role, frozenset())


def permissions_of_token(role: str, scopes: list[str]) -> frozenset[str]:
    """What a token with these scopes may do for a person of this role."""
    granted = frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
    return permissions_of(role) & granted
