"""Commands for the MSP's own people."""

import secrets

import click

from app.fields.errors import FieldErrors
from app.records.actor import SYSTEM
from tenants import scope
from tenants.resolve import UnknownOrganization
from tenants.saying import as_json, fail, say

from . import actions
from .models import ROLES


@click.group()
def user():
    """Staff of an organization."""


@user.command("create")
@click.option("--org", required=True, help="The organization's slug.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role for role, _ in ROLES]), default="technician", show_default=True)
@click.option("--password", help="Made at random and printed once when not given; must be changed at first sign-in.")
@as_json
def create(org: str, email: str, name: str, role: str, password: str | None, as_json: bool):
    """Make a staff member who can sign in."""
    given = password or secrets.token_urlsafe(12)
    try:
        with scope(org):
            staff = actions.create_staff(
                {"name": name, "email": email, "role": role}, password=given, must_change=True, actor=SYSTEM
            )
    except UnknownOrganization as error:
        fail(str(error), as_json)
    except FieldErrors as error:
        fail(str(error), as_json)
    say(
        {"id": staff, "email": email, "role": role, "password": given},
        f"Made {name} ({role}). Password: {given}",
        as_json,
    )
