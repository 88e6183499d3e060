"""Mutants of the application: the scope of a transaction, sessions and sign-in, and what a browser is told."""

from collections.abc import Callable, Iterator

from flask import Flask
from pytest import MonkeyPatch
from sqlalchemy import text

from app.contacts.memberships import VIEWER_COMPANIES
from app.extensions import csrf
from app.web import headers
from tenants import resolve
from tenants.db import _PRELUDE

from .mutant import Change, Mutant, NotApplied, replaced, rewritten
from .queries import ALONE, PORTAL, QUERIES, SECOND

SCOPE, POOL = "tests/tenants/test_scope.py", "tests/tenants/test_pool.py"
HOSTS, SECRETS, CACHES = "tests/tenants/test_hosts.py", "tests/tenants/test_secrets.py", "tests/tenants/test_caches.py"
SIGN_IN, TOKENS, NEXT = "tests/signin/test_sign_in.py", "tests/signin/test_tokens.py", "tests/signin/test_next.py"
PASSWORD, BROWSER = "tests/signin/test_password.py", "tests/signin/test_browser_rules.py"
LIFETIME, GUESSING = "tests/signin/test_lifetime.py", "tests/signin/test_guessing.py"
RIGHTS = "tests/isolation/test_rights.py"


# --- ways to take something away --------------------------------------------------------------------------------------


def _in_prelude(old: str, new: str) -> Change:
    if old not in _PRELUDE:
        raise NotApplied(old)
    return replaced("tenants.db:_PRELUDE", _PRELUDE.replace(old, new))


def _prelude_of_the_portal(old: str, new: str) -> Change:
    if old not in VIEWER_COMPANIES:
        raise NotApplied(old)
    return replaced("tenants.db:portal_prelude", [VIEWER_COMPANIES.replace(old, new)])


def _host_query(old: str) -> Change:
    if old not in resolve._BY_HOST.text:
        raise NotApplied(old)
    return replaced("tenants.resolve:_BY_HOST", text(resolve._BY_HOST.text.replace(old, "")))


def _guard_of(blueprint: str) -> Callable:
    return lambda app: app.before_request_funcs[blueprint][0]


def _without_tokens_in(surface: str) -> Change:
    """The forms of a surface need no token."""

    def change(app: Flask, patch: MonkeyPatch) -> None:
        mine = {app.blueprints[name] for name in app.blueprints if name == surface or name.startswith(f"{surface}.")}
        patch.setattr(csrf, "_exempt_blueprints", {*csrf._exempt_blueprints, *mine})

    return change


def _without_header(name: str) -> Change:
    return lambda app, patch: patch.delitem(headers.FIXED, name)


# --- the scope of a transaction ---------------------------------------------------------------------------------------

NONE = "set_config('app.none', %s, true)"
TRANSACTION = (
    ("the role is not set", "set_config('role', %s, true)", NONE),
    ("the role outlives the transaction", "'role', %s, true", "'role', %s, false"),
    ("the path is not set", "set_config('search_path', %s, true)", NONE),
    ("the path outlives the transaction", "'search_path', %s, true", "'search_path', %s, false"),
    ("the viewer is not set", "set_config('app.contact_id', %s, true)", NONE),
    ("the viewer outlives the transaction", "'app.contact_id', %s, true", "'app.contact_id', %s, false"),
    ("the companies outlive the transaction", "'app.companies', '{}', true", "'app.companies', '{}', false"),
    ("statements may take forever", "set_config('statement_timeout', %s, true)", NONE),
    ("the time outlives the transaction", "'statement_timeout', %s, true", "'statement_timeout', %s, false"),
)
BIND = "tenants.db:TenantSession.get_bind"
SCOPES = (
    *((name, (SCOPE, POOL), _in_prelude(old, new)) for name, old, new in TRANSACTION),
    ("a transaction enters nothing", (SCOPE,), rewritten("tenants.db:_after_begin", "if not ", "if False and not ")),
    ("the portal uses the desk's login", (POOL, SCOPE, *PORTAL), rewritten(BIND, "here.login", "'desk'")),
    ("entering twice is allowed", (SCOPE,), rewritten("tenants.scope:enter", "if g.get(", "if not g.get(")),
    ("narrowing twice is allowed", (SCOPE,), rewritten("tenants.scope:narrow", 'here.login == "portal"', "False")),
    ("narrowing keeps the login", (SCOPE,), rewritten("tenants.scope:narrow", 'login="portal"', 'login="desk"')),
    ("narrowing forgets whom", (SCOPE,), rewritten("tenants.scope:narrow", "=contact_id", "=None")),
    ("an organization need not be entered", (SCOPE,), rewritten("tenants.db:tenancy", "found is None", "False")),
    (
        "memberships that ended count",
        PORTAL,
        _prelude_of_the_portal(" AND (ends_on IS NULL OR ends_on >=", " AND (true OR ends_on >="),
    ),
    ("memberships to come count", PORTAL, _prelude_of_the_portal(" AND (starts_on IS NULL OR", " AND (true OR")),
    ("withdrawn memberships count", PORTAL, _prelude_of_the_portal(" AND withdrawn_at IS NULL", "")),
    ("a host need not be verified", (HOSTS,), _host_query(" AND h.verified_at IS NOT NULL")),
    ("a removed host still leads here", (HOSTS, "tests/admin/test_hosts.py"), _host_query(" AND h.removed_at IS NULL")),
    (
        "field settings are kept for all",
        (CACHES,),
        rewritten("app.fields.settings:_kept", "tenancy().key", '""'),
    ),
    ("hosts are kept for all", (CACHES, HOSTS), rewritten("tenants.resolve:by_host", '("host", name)', '("host",)')),
    ("a key is not the organization's", (SECRETS,), rewritten("tenants.secrets:seal", "tenancy().sealed_as", '""')),
)

# --- who is signed in -------------------------------------------------------------------------------------------------

GUARD, API = "app.web.access:guard", _guard_of("api")
ALIVE, LASTS = "app.signin.sessions:_alive", "app.signin.sessions:_lasts"
STAFF, PERSON = "app.signin.sessions:_staff_of_session", "app.signin.sessions:_contact_of_session"
PROGRAM = "app.signin.sessions:viewer_of_token"
LOGIN, FIND, MANY = (f"app.signin.passwords:{name}" for name in ("sign_in", "_account", "_too_many"))
# The tests of signing in are many: what is likely to notice is named and comes before the rest of them.
ENDS, WRONG = f"{SIGN_IN}::test_what_ends_a_session", f"{SIGN_IN}::test_whatever_is_wrong"
LIMITS, AT_ONCE = f"{SIGN_IN}::test_a_login_waits", f"{GUESSING}::test_guesses_at_the_same_moment"
SESSIONS = (
    ("a viewer of another surface", (SECOND,), rewritten(GUARD, " or current_user.surface != surface", "")),
    ("a password need not be changed", (PASSWORD,), rewritten(GUARD, "if current_user.must_change", "if False")),
    ("no right is asked for", (RIGHTS,), rewritten(GUARD, "not current_user.may(policy)", "False")),
    ("the API asks for no right", (TOKENS,), rewritten(API, "not current_user.may(policy)", "False")),
    ("the API takes other viewers", (SECOND,), rewritten(API, ' or current_user.surface != "api"', "")),
    ("the API reads cookies", (SECOND,), rewritten("app.extensions:_by_cookie", 'here == "api"', "False")),
    ("every surface reads tokens", (SECOND,), rewritten("app.extensions:_by_token", 'surface() == "api" and ', "")),
    (
        "one cookie for all surfaces",
        (
            f"{SIGN_IN}::test_staff_and_portal_are_signed_in",
            SIGN_IN,
        ),
        rewritten("app.extensions:SurfaceCookies.get_cookie_name", "surface() == 'portal'", "False"),
    ),
    (
        "any session will do",
        (
            f"{SIGN_IN}::test_signing_out_ends",
            SIGN_IN,
        ),
        rewritten(ALIVE, "Session.token_hash ==", "Session.token_hash !="),
    ),
    (
        "a session of any surface",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(ALIVE, "Session.surface == surface,\n", ""),
    ),
    (
        "sessions last while unused",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(LASTS, "Session.seen_at >", "func.now() >"),
    ),
    (
        "sessions last for ever",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(LASTS, "Session.created_at >", "func.now() >"),
    ),
    (
        "tokens of sessions are kept",
        (
            f"{SIGN_IN}::test_every_sign_in",
            SIGN_IN,
        ),
        rewritten("app.signin.sessions:_hash", "hashlib.sha256(token.encode()).digest()", "token.encode()"),
    ),
    (
        "disabled staff",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(STAFF, "Account.enabled, ", ""),
    ),
    (
        "staff who left",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(STAFF, "Staff.active, ", ""),
    ),
    (
        "withdrawn staff",
        (
            ENDS,
            SIGN_IN,
        ),
        rewritten(STAFF, ", Staff.withdrawn_at.is_(None)", ""),
    ),
    ("disabled contacts", (LIFETIME, SIGN_IN, LIFETIME), rewritten(PERSON, "Account.enabled, ", "")),
    (
        "deactivated contacts",
        (
            f"{SIGN_IN}::test_a_contact_who_is",
            SIGN_IN,
        ),
        rewritten(PERSON, "Contact.active, ", ""),
    ),
    (
        "withdrawn contacts",
        (
            f"{SIGN_IN}::test_a_contact_who_is",
            SIGN_IN,
        ),
        rewritten(PERSON, ", Contact.withdrawn_at.is_(None)", ""),
    ),
    ("rights of ended memberships", (ALONE, SIGN_IN, *PORTAL), rewritten(PERSON, " & current_membership()", "")),
    ("everybody sees people", PORTAL, rewritten(PERSON, "func.bool_or(Membership.sees_people), False", "True, True")),
    (
        "everybody sees contracts",
        PORTAL,
        rewritten(PERSON, "func.bool_or(Membership.sees_contracts), False", "True, True"),
    ),
    ("revoked tokens", (TOKENS,), rewritten(PROGRAM, "Token.revoked_at.is_(None),\n", "")),
    ("expired tokens", (TOKENS,), rewritten(PROGRAM, "Token.expires_at > func.now(),\n", "")),
    ("tokens of the disabled", (TOKENS,), rewritten(PROGRAM, "Account.enabled,\n", "")),
    ("tokens of staff who left", (TOKENS,), rewritten(PROGRAM, "Staff.active,\n", "")),
    ("tokens of withdrawn staff", (TOKENS,), rewritten(PROGRAM, "Staff.withdrawn_at.is_(None),\n", "")),
    (
        "tokens may what their scopes say",
        (TOKENS,),
        rewritten("app.people.permissions:permissions_of_token", "permissions_of(role) & granted", "granted"),
    ),
    (
        "tokens may what their person may",
        (TOKENS,),
        rewritten(
            "app.people.permissions:permissions_of_token", "permissions_of(role) & granted", "permissions_of(role)"
        ),
    ),
    (
        "an unknown role may everything",
        (RIGHTS,),
        rewritten("app.people.permissions:permissions_of", "frozenset()", "ADMINISTRATOR"),
    ),
    ("guesses are not limited", (LIMITS,), rewritten(MANY, "failures - own >= most", "False")),
    (
        "guesses at once are not limited",
        (AT_ONCE,),
        rewritten(LOGIN, "if _too_many(login_hash, counted, own=1)", "if False"),
    ),
    ("guesses are not counted", (LIMITS,), rewritten(LOGIN, "_note(login_hash, network)", "0")),
    (
        "no limit for a login in minutes",
        (
            LIMITS,
            SIGN_IN,
        ),
        replaced("app.signin.passwords:LOGIN_LIMITS", ((24 * 60, 100),)),
    ),
    (
        "no limit for a login in a day",
        (
            f"{GUESSING}::test_a_day_of_guesses_from",
            GUESSING,
        ),
        replaced("app.signin.passwords:LOGIN_LIMITS", ((15, 10),)),
    ),
    (
        "no limit for an address",
        (
            f"{SIGN_IN}::test_an_address_waits",
            SIGN_IN,
        ),
        replaced("app.signin.passwords:ADDRESS_LIMITS", ()),
    ),
    (
        "any password will do",
        (
            WRONG,
            SIGN_IN,
        ),
        rewritten(LOGIN, "if not right", "if False"),
    ),
    (
        "disabled accounts sign in",
        (
            WRONG,
            SIGN_IN,
        ),
        rewritten(FIND, "found.where(Account.enabled)", "found"),
    ),
    (
        "staff who left sign in",
        (
            WRONG,
            SIGN_IN,
        ),
        rewritten(FIND, "Staff.active, ", ""),
    ),
    ("withdrawn staff sign in", (LIFETIME,), rewritten(FIND, ", Staff.withdrawn_at.is_(None)", "")),
    (
        "deactivated contacts sign in",
        (
            WRONG,
            SIGN_IN,
        ),
        rewritten(FIND, "Contact.active,\n", ""),
    ),
    ("withdrawn contacts sign in", (LIFETIME,), rewritten(FIND, "Contact.withdrawn_at.is_(None),\n", "")),
    (
        "two people with one login",
        (
            f"{SIGN_IN}::test_an_address_that_two",
            SIGN_IN,
        ),
        rewritten(FIND, "len(rows) == 1", "rows"),
    ),
    (
        "an account without a password",
        (f"{SECOND}::test_what_is_checked", SIGN_IN, SECOND),
        rewritten("app.people.passwords:matches", " and kept_hash is not None", ""),
    ),
    (
        "a password of any length is tried",
        (
            f"{GUESSING}::test_a_password_that_is_too_long",
            GUESSING,
        ),
        rewritten("app.people.passwords:matches", "len(password) > MAXIMUM", "False"),
    ),
    (
        "the current password is not asked",
        (PASSWORD,),
        rewritten("app.signin.passwords:change_password", "if not passwords.matches(", "if False and ("),
    ),
    (
        "other sessions stay",
        (PASSWORD,),
        rewritten("app.signin.passwords:change_password", "sessions.close_sessions(", "(lambda *_, **__: None)("),
    ),
    (
        "signing out ends nothing",
        (
            f"{SIGN_IN}::test_signing_out_ends",
            SIGN_IN,
        ),
        rewritten("app.signin.sessions:close_session", "db.session.execute", "str"),
    ),
)

# --- the browser ------------------------------------------------------------------------------------------------------

LOCAL = "app.web.access:local_path"
TOKEN = f"{BROWSER}::test_every_address_that_writes"
BROWSERS = (
    *(
        (f"{surface}: forms need no token", (TOKEN,), _without_tokens_in(surface))
        for surface in ("staff", "admin", "portal", "signin", "portal_signin")
    ),
    *((f"no header {name}", (BROWSER,), _without_header(name)) for name in headers.FIXED),
    ("next: any scheme", (NEXT,), rewritten(LOCAL, 'not target.startswith("/")', "False")),
    ("next: two slashes", (NEXT,), rewritten(LOCAL, 'target.startswith(("//", "/\\\\"))', "False")),
    ("next: control signs", (NEXT,), rewritten(LOCAL, "ord(sign) < 33 or ", "")),
    ("next: a backslash", (NEXT,), rewritten(LOCAL, ' or sign == "\\\\"', "")),
    ("next: of any length", (NEXT,), rewritten(LOCAL, " or len(target) > 2000", "")),
)

FAMILIES = {"scope": SCOPES, "session": SESSIONS, "query": QUERIES, "browser": BROWSERS}


def _all() -> Iterator[Mutant]:
    for family, mutants in FAMILIES.items():
        for name, tests, change in mutants:
            yield Mutant(family, name, tests, change=change)


MUTANTS = list(_all())
FILES = sorted({test for mutant in MUTANTS for test in mutant.tests})
