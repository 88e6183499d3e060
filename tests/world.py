"""What a test is given: a database of its own, the cast, and browsers that are signed in as somebody."""

import contextvars
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask, has_app_context, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from psycopg.rows import dict_row
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from app.fields import settings
from app.signin import sessions
from tenants import db, engines, provision, queue, resolve, runner, scope
from tenants.jobs import OPEN, Job

from .cast import HOSTS, Cast
from .cluster import TEMPLATE, Cluster

# What a visit alone may change.
VOLATILE = ("seen_at", "signed_in_at", "used_at")
# What a refusal leaves behind: tests/people/test_security.py looks at it.
OF_REFUSALS = ("security_event",)


class ServerFault(AssertionError):
    """The application answered 500; the message is what it logged."""


class Client(FlaskClient):
    """A browser at one organization's host. A 500 fails the test unless the client was made with `broken=True`."""

    host = HOSTS["harbor"][0]
    csrf_token = ""
    bearer = ""
    broken = False

    def open(self, *args, **options) -> TestResponse:
        if has_app_context():
            raise RuntimeError("Requests bring their own context: leave `inside()` before asking.")
        options.setdefault("base_url", f"http://{self.host}")
        if self.bearer:
            headers = dict(options.get("headers") or {})
            options["headers"] = {"Authorization": f"Bearer {self.bearer}"} | headers
        with _logged() as records:
            response = super().open(*args, **options)
        self.logged = [record.getMessage() for record in records]
        if response.status_code == 500 and not self.broken:
            raise ServerFault("\n".join(logging.Formatter().format(record) for record in records))
        return response

    def fragment(self, *args, method: str = "GET", **options) -> TestResponse:
        """Ask as htmx does for a region of a page; posts bear the token."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} | dict(options.pop("headers", None) or {})
        if method not in ("GET", "HEAD"):
            headers.setdefault("X-CSRFToken", self.csrf_token)
        return self.open(*args, method=method, headers=headers, **options)

    def post_form(self, path: str, data: dict | None = None, **options) -> TestResponse:
        """Post a form with its token."""
        return self.post(path, data={"csrf_token": self.csrf_token, **(data or {})}, **options)


@contextmanager
def _logged() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.append
    logging.getLogger("app").addHandler(handler)
    try:
        yield records
    finally:
        logging.getLogger("app").removeHandler(handler)


@dataclass
class World:
    """A database with both organizations, and everything to act in it."""

    app: Flask
    cluster: Cluster
    database: str
    cast: Cast
    # slug -> the key that schemas and roles are named by
    keys: dict[str, str]
    # What `checksum` found last, and how far the write-ahead log was then.
    found: tuple = ()

    def inside(self, slug: str = "harbor"):
        """Work in an organization as domain code does: commits at the end, rolls back when the body raises."""
        return _inside(self.app, slug)

    def anonymous(self, slug: str = "harbor", *, host: str = "", **options) -> Client:
        """A browser that nobody is signed in with."""
        return self._client(slug, host, "/", None, **options)

    def staff(self, person: str = "ann", slug: str = "harbor", *, host: str = "", **options) -> Client:
        """A browser in which a member of staff is signed in: 'ann', 'sue' or 'adam'."""
        return self._client(slug, host, "/", self._session(slug, person, "staff"), **options)

    def portal(self, person: str = "ina", slug: str = "harbor", *, host: str = "", **options) -> Client:
        """A browser in which a contact is signed in to the portal."""
        return self._client(slug, host, "/portal", self._session(slug, person, "portal"), **options)

    def api(
        self, *scopes: str, person: str = "adam", slug: str = "harbor", host: str = "", broken: bool = False
    ) -> Client:
        """A program with a token of this member of staff; without scopes it may all that the person may."""
        with self.inside(slug):
            wanted = list(scopes or ("read", "write", "import"))
            secret = sessions.make_token(self.cast.accounts[person], "tests", wanted)
        client = self._client(slug, host, "/api/v1", None, broken=broken)
        client.bearer = secret
        return client

    def _session(self, slug: str, person: str, surface: str) -> str:
        with self.inside(slug):
            return sessions.open_session(self.cast.accounts[person], surface)

    def _client(self, slug: str, host: str, path: str, token: str | None, broken: bool = False) -> Client:
        client: Client = self.app.test_client()
        client.host, client.broken = host or HOSTS[slug][0], broken
        with self.app.test_request_context(path, base_url=f"http://{client.host}"):
            client.csrf_token = generate_csrf()
            kept = dict(session)
        # Each surface has a cookie of its own; the form's token is known to both.
        for surface in ("/", "/portal"):
            mine = {"_user_id": token, "_fresh": True} if token and surface == path else {}
            with client.session_transaction(surface, base_url=f"http://{client.host}") as cookie:
                cookie.update(kept | mine)
        return client

    def run_jobs(self, *, failing: bool = False) -> list[str]:
        """Run every job that is due, in every organization, as a worker does; returns how each ended.

        Fails when a job fails or raises, unless `failing` says that this is wanted.
        """
        ended = []
        while due := self._due_jobs():
            for key, job_id in due:
                # A worker starts with nothing: no application, no organization.
                state = contextvars.Context().run(runner.run, key, job_id)
                ended.append(state)
                if state not in ("done", "cancelled") and not failing:
                    with self.inside(key):
                        row = db.session.get(Job, job_id)
                        pytest.fail(f"Job {row.kind} {row.args} is {row.state}: {row.error}")
        return ended

    def _due_jobs(self) -> list[tuple[str, int]]:
        due = []
        for slug, key in self.organizations().items():
            with self.inside(slug):
                statement = select(Job.id).where(Job.state == "queued", Job.run_at <= text("clock_timestamp()"))
                due += [(key, job_id) for job_id in db.session.scalars(statement.order_by(Job.run_at, Job.id))]
        return due

    def organizations(self) -> dict[str, str]:
        """Slug and key of every active organization."""
        with self.cluster.connect(self.database) as connection:
            query = "SELECT slug, key FROM shared.organization WHERE state = 'active' ORDER BY slug"
            return dict(connection.execute(query).fetchall())

    def open_jobs(self, slug: str = "harbor") -> list[Job]:
        """The jobs that are queued or running."""
        with self.inside(slug):
            found = list(db.session.scalars(select(Job).where(Job.state.in_(OPEN)).order_by(Job.id)))
            db.session.expunge_all()
            return found

    def sql(self, query: str, *values) -> list[dict]:
        """Ask the database as its superuser, past every wall; name tables with their schema, see `schema`."""
        with self.cluster.connect(self.database) as connection:
            cursor = connection.cursor(row_factory=dict_row).execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def schema(self, slug: str = "harbor") -> str:
        """The schema of an organization."""
        return f"org_{self.keys[slug]}"

    def make_org(self, slug: str = "third", hosts: tuple[str, ...] = ("third.test",)) -> str:
        """One more organization, empty; returns its key. Its roles go when the test is over."""
        with self.app.app_context():
            self.keys[slug] = provision.create(slug, slug.title(), list(hosts)).key
        return self.keys[slug]

    def checksum(self, *, but: tuple[str, ...] = ()) -> dict[str, str]:
        """A hash of every table of every organization, but for the tables named and for when somebody was seen.

        What a refusal notes of itself is left out as well.
        As long as nothing was written to the log it is what it was: whatever changes anything writes there.
        """
        schemas = list(self.keys.values())
        query = """
            SELECT format('%%s.%%s', n.nspname, c.relname), n.nspname, c.relname
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND (n.nspname = 'shared' OR n.nspname = ANY (%s))
        """
        with self.cluster.connect(self.database) as connection:
            written = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone(), schemas, but
            if self.found and self.found[0] == written:
                return self.found[1]
            tables = connection.execute(query, [[f"org_{key}" for key in schemas]]).fetchall()
            parts = [
                f"SELECT '{label}', md5(coalesce(string_agg(row, '' ORDER BY row), ''))"
                f" FROM (SELECT (to_jsonb(t) - '{{{','.join(VOLATILE)}}}'::text[])::text AS row"
                f' FROM "{schema}"."{table}" t) rows'
                for label, schema, table in tables
                if table not in (*but, *OF_REFUSALS)
            ]
            self.found = written, dict(connection.execute(" UNION ALL ".join(parts)).fetchall())
            return self.found[1]


@contextmanager
def _inside(app: Flask, slug: str):
    with app.app_context(), scope(slug) as here:
        yield here


def fresh(app: Flask, cluster: Cluster, template, source: str = TEMPLATE) -> Iterator[World]:
    """A copy of a template for one test or module, and everything back as it was afterwards. For fixtures."""
    keys, cast, roles = template
    name = cluster.clone(source)
    with using(app, cluster.url(name)):
        with app.app_context():
            queue.redis().flushdb()
        yield World(app, cluster, name, cast, dict(keys))
    cluster.drop(name)
    cluster.restore_roles(roles)


@contextmanager
def using(app: Flask, database_url: str) -> Iterator[None]:
    """Point the application at a database for a while; nothing it remembers of another one stays."""
    before = app.config["DATABASE_URL"]
    _forget(app)
    app.config["DATABASE_URL"] = database_url
    try:
        yield
    finally:
        _forget(app)
        app.config["DATABASE_URL"] = before


def _forget(app: Flask) -> None:
    with app.app_context():
        engines.dispose()
        resolve.forget()
        settings.forget()


@dataclass
class Statements:
    """The statements that were sent while counting, in order."""

    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)


@contextmanager
def statements() -> Iterator[Statements]:
    """Count the SQL statements sent inside organizations, but for savepoints.

    What a request sends before it knows its organization is not counted: the look-up of its host, kept for ten
    seconds.
    """
    counted = Statements()

    def count(connection, cursor, statement, parameters, context, executemany):
        inside = connection.info.get("organizations") or statement.startswith("SELECT set_config('role'")
        if inside and not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            counted.texts.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", count)
