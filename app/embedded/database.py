"""The login role and the database that Deskhand uses on the embedded server."""

import json
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from app.embedded import postgres
from app.embedded.process import write_private

OWNER = "deskhand_owner"
DATABASE = "deskhand"


def prepare(server: postgres.Server, home: Path) -> str:
    """Make the owner role and its database where they are missing; return the owner's address.

    The owner may make roles, since every organization has its own, but is no superuser. Its password is random and
    kept in the home folder; it is set anew each time, so that the two never differ.
    """
    password = owner_password(home / "owner.json")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone()
        verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
        rights = sql.SQL("LOGIN CREATEROLE NOSUPERUSER NOCREATEDB PASSWORD")
        connection.execute(sql.SQL("{} {} {} {}").format(verb, sql.Identifier(OWNER), rights, sql.Literal(password)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            names = sql.Identifier(DATABASE), sql.Identifier(OWNER)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    return server.url(OWNER, DATABASE, password)


def owner_password(path: Path) -> str:
    """The owner's password as kept in a file, or a new one that is kept there from now on."""
    if not path.exists():
        write_private(path, json.dumps({"user": OWNER, "password": secrets.token_urlsafe(24)}) + "\n")
    return json.loads(path.read_text())["password"]
