"""Mutants of queries: what the portal and the desk show of a noun, and whose work is whose."""

from .mutant import rewritten

MATRIX, SECOND = "tests/isolation/test_matrix.py::test_who_reaches_what", "tests/signin/test_second_lines.py"
# Where many tests may notice, those come first that are likely to and quick.
ALONE = "tests/isolation/test_queries.py"
UNFILTERED = "tests/isolation/test_bodies.py::test_a_list_of_the_portal_is_filtered"
PORTAL = (ALONE, "tests/portal/test_isolation.py", "tests/portal/test_rights.py", "tests/portal/test_me.py")
PORTAL += ("tests/portal/test_pages.py", f"{MATRIX}[portal.")

CONTACTS, CONTRACTS = "app.contacts.queries", "app.contracts.queries"
CURRENT = "app.contacts.memberships:current_membership"
EXPORT = "app.exports.staff:show"
NUMBER = "app.web.operations:by_number"
VIEWER = "app.fields.registry:FieldSet.for_viewer"
HISTORY = "tests/api/test_history.py"
QUERIES = (
    (
        "contacts: all of the companies",
        PORTAL,
        rewritten(f"{CONTACTS}:visible_to", 'viewer.surface != "portal"', "True"),
    ),
    (
        "contacts: without the right",
        PORTAL,
        rewritten(f"{CONTACTS}:visible_to", 'not viewer.may("portal.people")', "False"),
    ),
    ("contacts: deactivated ones", PORTAL, rewritten(f"{CONTACTS}:visible_to", "Contact.active & ", "")),
    (
        "contacts: where no membership says so",
        PORTAL,
        rewritten(f"{CONTACTS}:visible_to", ", Membership.sees_people", ""),
    ),
    ("people: deactivated ones", PORTAL, rewritten(f"{CONTACTS}:people", "Contact.active, ", "")),
    ("people: where no membership says so", PORTAL, rewritten(f"{CONTACTS}:people", ", Membership.sees_people", "")),
    (
        "people: a company is not looked up",
        PORTAL,
        rewritten("app.contacts.portal:index", "chosen not in companies", "False"),
    ),
    (
        "people: filters over anything",
        (UNFILTERED,),
        rewritten("app.contacts.portal:index", "lists.wanted(kept", "lists.wanted(request.args"),
    ),
    (
        "companies of people: without the right",
        PORTAL,
        rewritten(f"{CONTACTS}:companies_with_people", "Membership.sees_people, ", ""),
    ),
    (
        "companies of people: ended ones",
        PORTAL,
        rewritten(f"{CONTACTS}:companies_with_people", ", current_membership()", ""),
    ),
    (
        "companies of a colleague",
        PORTAL,
        rewritten(f"{CONTACTS}:companies_of", ", member.company_id == func.any(mine)", ""),
    ),
    ("places: ended ones", PORTAL, rewritten(f"{CONTACTS}:places", "current_membership(), ", "")),
    (
        "memberships: withdrawn ones",
        PORTAL,
        rewritten(CURRENT, "Membership.withdrawn_at.is_(None)", "(Membership.id > 0)"),
    ),
    (
        "memberships: those to come",
        PORTAL,
        rewritten(CURRENT, "(Membership.starts_on <= today)", "(Membership.id > 0)"),
    ),
    (
        "memberships: ended ones",
        PORTAL,
        rewritten(CURRENT, "(Membership.ends_on >= today)", "(Membership.id > 0)"),
    ),
    (
        "contracts: all of the companies",
        PORTAL,
        rewritten(f"{CONTRACTS}:visible_to", 'viewer.surface != "portal"', "True"),
    ),
    (
        "contracts: without the right",
        (SECOND,),
        rewritten(f"{CONTRACTS}:visible_to", 'not viewer.may("portal.contracts")', "False"),
    ),
    (
        "contracts: where no membership says so",
        PORTAL,
        rewritten(f"{CONTRACTS}:visible_to", ", Membership.sees_contracts", ""),
    ),
    (
        "contracts: filters over anything",
        (UNFILTERED,),
        rewritten("app.contracts.portal:index", "lists.wanted(kept", "lists.wanted(request.args"),
    ),
    (
        "portal: records by typing",
        PORTAL,
        rewritten("app.portal.options:index", 'kind not in ("time_zone", "language", "country")', "False"),
    ),
    ("portal: fields that are not opened", PORTAL, rewritten(VIEWER, 'entry.portal in ("view", "edit")', "True")),
    ("portal: hidden fields", (*PORTAL, "tests/fields"), rewritten(VIEWER, "not entry.hidden and ", "")),
    (
        "portal: every field may be changed",
        PORTAL,
        rewritten("app.fields.registry:Field.editable_by", 'self.portal == "edit" if', "True if"),
    ),
    (
        "portal: a field is opened wider than it may be",
        (*PORTAL, "tests/admin/test_fields.py"),
        rewritten("app.fields.registry:opened", "min(wanted, widest(model, entry)", "max(wanted, ''"),
    ),
    (
        "portal: all of the row is read",
        PORTAL,
        rewritten("app.records.read:_reading", "if opened:", "if False:"),
    ),
    (
        "jobs of others",
        (f"{MATRIX}[staff.jobs.show",),
        rewritten("app.staff.jobs:_mine", "job is None or (", "job is None or False and ("),
    ),
    (
        "jobs of others in the API",
        (f"{MATRIX}[api.jobs.show",),
        rewritten("app.api.jobs:show", "job.account_id != current_user.account_id", "False"),
    ),
    (
        "jobs of others in the list",
        (f"{MATRIX}[staff.jobs.index", SECOND),
        rewritten("app.staff.jobs:index", "(jobs.Job.account_id == current_user.account_id) & ", ""),
    ),
    (
        "exports of others",
        (f"{MATRIX}[staff.exports.show",),
        rewritten(EXPORT, "file.account_id != current_user.account_id", "False"),
    ),
    ("any file as an export", (SECOND,), rewritten(EXPORT, "file.purpose != writing.PURPOSE", "False")),
    ("undo of what others did", (HISTORY,), rewritten(NUMBER, "found.account_id != current_user.account_id", "False")),
    (
        "undo without the noun's right",
        (HISTORY, "tests/people/test_people.py"),
        rewritten(NUMBER, "if to_undo else ()", "if False else ()"),
    ),
)
