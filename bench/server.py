"""Servers and organizations of a measurement's own: PostgreSQL as it is run in production, Valkey, a worker process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from flask import Flask

from app.application import create_app
from app.config import load
from app.embedded import database, postgres, valkey
from app.people.actions import create_staff
from app.records.actor import SYSTEM
from tenants import db, fleet, provision, scope
from tenants.db import Tenancy
from tenants.jobs import Job

ROOT = Path(__file__).resolve().parent.parent


def keep(name: str, found: dict) -> None:
    """Write a measurement's figures to .local/bench."""
    folder = ROOT / ".local" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1))


@dataclass
class Bench:
    """A running installation, and a superuser's connection to its database."""

    app: Flask
    environment: dict[str, str]
    sql: psycopg.Connection
    made: int = 0

    def organization(self) -> str:
        """Make one more organization with a member of staff; returns its key."""
        self.made += 1
        slug = f"bench-{self.made}"
        with self.app.app_context():
            key = provision.create(slug, slug, [f"{slug}.localhost"]).key
            with scope(key):
                values = {"name": "Ann", "email": "ann@bench.example", "role": "administrator"}
                create_staff(values, password="only for measurements", must_change=False, actor=SYSTEM)
        return key

    def work(self, key: str, job_id: int) -> dict:
        """Run one job in a worker process of its own: its state, its seconds, and its largest memory in MiB."""
        command = [sys.executable, "-m", "bench.work", key, str(job_id)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        found = json.loads(done.stdout.splitlines()[-1])
        if found["state"] != "done":
            with self.app.app_context(), scope(key):
                raise RuntimeError(db.session.get(Job, job_id).error or done.stderr[-4000:])
        return found

    def table(self, key: str, name: str) -> str:
        """A table of an organization, as the superuser names it."""
        return f'"{Tenancy(key).schema}"."{name}"'

    def checkpoint(self) -> None:
        """Let no measurement pay for what the one before it left to be written."""
        self.sql.execute("CHECKPOINT")


@contextmanager
def running() -> Iterator[Bench]:
    """Start everything in a temporary folder; stop and remove it at the end."""
    with TemporaryDirectory(prefix="deskhand-bench-") as folder:
        home = Path(folder)
        server, queue = postgres.start(home / "postgres"), valkey.start(home / "valkey")
        try:
            url = database.prepare(server, home)
            environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": queue.url, "DESKHAND_HOME": folder}
            app = create_app(load(home=home, database_url=url, redis_url=queue.url), DATABASE_POOL=None)
            with app.app_context():
                fleet.everything()
            with psycopg.connect(server.url(database=database.DATABASE), autocommit=True) as sql:
                yield Bench(app, environment, sql)
        finally:
            queue.stop()
            server.stop()
