"""Requests that are too large, in too many parts, from another site, or for what is not there."""

import io
import itertools
import re

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from app.web.sizes import LARGEST
from tests.isolation.asking import address, rules
from tests.isolation.policy import ROUTES
from tests.isolation.route import EVERYBODY
from tests.pages import normal

# --- sizes ------------------------------------------------------------------------------------------------------------

MANY_PARTS = (
    "".join(f'--b\r\nContent-Disposition: form-data; name="p{n}"\r\n\r\nx\r\n' for n in range(2100)) + "--b--\r\n"
)
LONG_PART = '--b\r\nContent-Disposition: form-data; name="login"\r\n\r\n' + "x" * (3 * 1024 * 1024) + "\r\n--b--\r\n"
OPEN_PART = '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n\r' + "\n" * 1024 * 1024


class Unread(io.BytesIO):
    """A body that nobody may read."""

    def read(self, *_):
        raise AssertionError("The body was read.")

    readline = readinto = read


@pytest.fixture
def everybody(shared_world):
    return shared_world.anonymous(), shared_world.staff("ann"), shared_world.portal("ina")


@pytest.mark.threat("T-086")
@pytest.mark.parametrize("path", ["/sign-in", "/portal/sign-in", "/companies", "/profile", "/portal/me/fields/city"])
@pytest.mark.parametrize("size", [LARGEST + 1, 200 * 1024 * 1024, 2**62])
def test_a_form_that_says_it_is_too_large_is_not_read(everybody, path, size):
    for browser in everybody:
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"):
            given = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(size), "CONTENT_TYPE": kind}
            refused = browser.post(path, environ_overrides=given)
            assert refused.status_code in (400, 413) if kind == "text/plain" else refused.status_code == 413


@pytest.mark.threat("T-086")
def test_only_who_is_signed_in_may_send_a_large_file_and_only_where_files_are_taken(world):
    """Nobody fills the disk with what is refused afterwards."""
    row = "A,B,a@b.example\n"
    sheet = ("First Name,Last Name,Email Address\n" + row * (LARGEST // len(row) + 100)).encode()
    for browser, status in ((world.anonymous(), 413), (world.staff("ann"), 303)):
        given = {"csrf_token": browser.csrf_token, "file": (io.BytesIO(sheet), "people.csv")}
        assert browser.post("/imports", data=given).status_code == status
    browser = world.staff("ann")
    given = {"csrf_token": browser.csrf_token, "name": "x", "file": (io.BytesIO(sheet), "people.csv")}
    assert browser.post("/companies", data=given).status_code == 413
    for program, status in ((world.anonymous(), 413), (world.api("import"), 201)):
        answered = program.post("/api/v1/imports", data=sheet, content_type="text/csv")
        assert answered.status_code in ((401, 413) if status == 413 else (status,))


@pytest.mark.threat("T-086")
@pytest.mark.parametrize("body", [MANY_PARTS, LONG_PART, OPEN_PART], ids=["many parts", "a long part", "an open part"])
@pytest.mark.parametrize("path", ["/sign-in", "/imports", "/companies", "/api/v1/imports"])
def test_a_form_of_a_costly_shape_is_refused(everybody, shared_world, path, body):
    for browser in (*everybody, shared_world.api("import")):
        refused = browser.post(path, data=body.encode(), content_type="multipart/form-data; boundary=b")
        assert refused.status_code in (400, 401, 413, 422), refused.status_code


@pytest.mark.threat("T-086")
@pytest.mark.parametrize("length", ["-1", "x", "", "1e3", "0x10", "9" * 40])
def test_a_length_that_is_none_is_no_fault(everybody, length):
    for browser in everybody:
        given = {"CONTENT_LENGTH": length, "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        assert browser.post("/sign-in", environ_overrides=given).status_code in (400, 413)


@pytest.mark.threat("T-086")
def test_a_long_address_is_no_fault(everybody):
    for browser in everybody:
        for query in ("&".join(["q=a"] * 5000), "q=" + "a" * 100_000, "&".join(f"x{n}=1" for n in range(5000))):
            assert browser.get(f"/companies?{query}").status_code in (200, 302)


def test_the_limits_are_set(app):
    assert app.config["MAX_FORM_PARTS"] <= 2000
    assert app.config["MAX_FORM_MEMORY_SIZE"] <= 2 * 1024 * 1024
    assert RequestEntityTooLarge.code == 413


# --- from another site ------------------------------------------------------------------------------------------------

LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
STRANGE = [
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"},
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "embed"},
    {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "websocket"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"},
    {},
]


@pytest.mark.threat("T-066")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_gets_nothing_but_a_link(shared_world, cast, site):
    """Not even whether a page exists, and not for a host under the same domain, to which cookies are sent."""
    ann, ina = shared_world.staff("ann"), shared_world.portal("ina")
    asked = [(ann, f"/companies/{cast.acme}"), (ann, "/companies/999"), (ann, "/search?q=acme"), (ina, "/portal/me")]
    for browser, path in asked:
        for strange in STRANGE:
            refused = browser.get(path, headers={"Sec-Fetch-Site": site} | strange)
            assert refused.status_code == 403, f"{path} {strange}"
            assert "Acme" not in normal(refused)
        followed = browser.get(path, headers={"Sec-Fetch-Site": site} | LINK)
        assert followed.status_code == browser.get(path).status_code
        own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        assert browser.get(path, headers=own).status_code == browser.get(path).status_code


@pytest.mark.threat("T-065", "T-066")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_writes_nothing_even_with_a_token(world, site):
    ann = world.staff("ann")
    before = world.checksum()
    headers = {"Sec-Fetch-Site": site} | LINK
    assert ann.post_form("/companies", {"name": "Made", "kind": "managed"}, headers=headers).status_code == 403
    assert ann.post_form("/sign-out", headers=headers).status_code == 403
    assert world.checksum() == before


@pytest.mark.threat("T-066")
def test_programs_and_watchers_are_not_asked_where_they_come_from(shared_world):
    strange = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert shared_world.api("read").get("/api/v1/companies", headers=strange).status_code == 200
    assert shared_world.anonymous().get("/healthz", headers=strange).status_code == 200


# --- what is not there ------------------------------------------------------------------------------------------------

PROBES = r"""
.git/config .git/HEAD .env .env.local .hg/store .svn/entries .DS_Store .htaccess .htpasswd .ssh/id_rsa
.aws/credentials .bash_history .vscode/settings.json .well-known/security.json config.py settings.py app.py wsgi.py
dev.py worker.py pyproject.toml requirements.lock Makefile Dockerfile docker-compose.yml package.json backup.sql
dump.sql db.sqlite3 backup.zip backup.tar.gz www.zip site.tar old.zip logins.json secret_key services.json console
debug __debug__/ _debug_toolbar/ debug/default/view phpinfo.php info.php server-status server-info metrics
prometheus actuator actuator/env actuator/health actuator/heapdump status stats health trace env heapdump threaddump
jolokia jmx-console web-console manager/html manage admin.php administrator wp-admin wp-login.php wp-config.php
xmlrpc.php phpmyadmin pma adminer.php mysql pgadmin solr jenkins graphql graphiql swagger swagger.json
swagger-ui.html openapi.json api-docs docs redoc api api/v1 api/v2 api/users rq rq/queues flower celery sidekiq
queue workers jobs/all cron tasks profiler _profiler __profile__ pprof debug/pprof debug/vars eval shell cmd exec
run cgi-bin/test.cgi cgi-bin/php vendor/phpunit autodiscover owa remote/login solr/admin/info console/login
WEB-INF/web.xml META-INF/MANIFEST.MF crossdomain.xml clientaccesspolicy.xml elmah.axd trace.axd web.config bin/ obj/
src/ app/ tenants/ templates/ migrations/ tests/ static static/ static/../app/config.py static/..%2fapp%2fconfig.py
static/%2e%2e/app/config.py static/....//app/config.py static//etc/passwd static/..\app\config.py static/.%00/
static/%2e/%2e%2e/dev.py portal/../admin portal/%2e%2e/admin portal/metrics portal/debug admin/console admin/metrics
admin/debug admin/../metrics index.html index.php default.asp test test.php tmp temp logs log error.log access.log
debug.log node_modules/ package-lock.json yarn.lock composer.json Gemfile id_rsa server.key private.pem cert.pem
ssl.key keys tokens users accounts register signup setup install upgrade update reset forgot impersonate sudo su
become switch-user login-as _internal internal private secret secrets hidden dev staging beta
"""
TRIED = PROBES.split()
ARGUMENTS = ("__debugger__=yes&cmd=resource&f=debugger.js", "__debugger__=yes&cmd=pinauth&pin=000-000-000", "debug=1")


@pytest.mark.threat("T-089")
def test_what_scanners_look_for_is_not_there(shared_world):
    """Nothing answers but what the route map names; everything else is one page, signed in or not."""
    assert len(TRIED) >= 200
    found = []
    for browser in (shared_world.anonymous(), shared_world.staff("adam"), shared_world.anonymous(host="nobody.test")):
        # The words of the page differ by who is signed in, not by what was asked for.
        pages = {normal(browser.get("/no-such-page"))}
        for path in TRIED:
            response = browser.get(f"/{path}")
            body = response.get_data(as_text=True)
            if response.status_code not in (404, 308):
                found.append((path, response.status_code))
            if response.status_code == 404 and not path.startswith(("api", "static", "portal", "admin")):
                pages.add(normal(response))
            assert not any(word in body for word in ("Traceback", "Werkzeug", "SECRET", "import ", "root:"))
        assert len(pages) == 1
    assert found == []


@pytest.mark.threat("T-089")
def test_no_debugger_answers(app, shared_world):
    assert not app.debug and not app.testing
    assert not app.config["EXPLAIN_TEMPLATE_LOADING"] and not app.config["PROPAGATE_EXCEPTIONS"]
    for browser, argument in itertools.product((shared_world.anonymous(), shared_world.staff("adam")), ARGUMENTS):
        answered = browser.get(f"/no-such-page?{argument}")
        assert answered.status_code == 404
        assert normal(answered).replace(argument.replace("&", "&amp;"), "") == normal(browser.get("/no-such-page"))


@pytest.mark.threat("T-089")
def test_what_is_open_to_everybody_tells_nothing_of_the_installation(shared_world):
    """Health, readiness, sign-in and files: no version, no address, no path, no name of a role or of a schema."""
    for rule in rules(shared_world.app):
        route = ROUTES[rule.endpoint]
        if route.who == EVERYBODY and "GET" in rule.methods:
            response = shared_world.anonymous().get(address(rule, route, None))
            said = re.sub(r"m\.[\w-]{40,}", "", f"{response.headers} {response.get_data(as_text=True)}").lower()
            home = str(shared_world.cluster.home)
            for word in ("werkzeug/", "python/", "granian/", "org_", "deskhand_app", "postgresql://", "redis://", home):
                assert word not in said, f"{rule.rule} says {word}"


NO_ADDRESSES = ["http://[", "http://[::1", "//[", "", "http://harbor.test\N{FULLWIDTH SOLIDUS}[", "a" * 3000]


@pytest.mark.parametrize("said", NO_ADDRESSES)
def test_a_browser_that_names_no_address_gets_the_page_all_the_same(shared_world, cast, said):
    """What the headers say of the page behind a request is the browser's word, and may be no address."""
    ann = shared_world.staff("ann")
    headers = dict.fromkeys(("HX-Current-URL", "Referer"), said.encode().decode("latin-1"))
    contact = f"/contacts/{cast.nora}"
    for path in (
        "/contacts",
        contact,
        f"{contact}/history",
        f"{contact}/fields/phone?in=row",
        f"{contact}/fields/phone/edit?in=row",
        "/search?q=no",
    ):
        assert ann.get(path, headers=headers).status_code in (200, 302)
        assert ann.fragment(path, headers=headers).status_code == 200
