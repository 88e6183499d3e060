"""Commands for what signs in without a browser."""

import click
from sqlalchemy import func, select

from app.people.models import Account, Staff
from app.people.permissions import SCOPES
from tenants import db, scope
from tenants.resolve import UnknownOrganization
from tenants.saying import as_json, fail, say

from . import sessions


@click.group()
def token():
    """Keys for the API."""


@token.command("create")
@click.option("--org", required=True, help="The organization's slug.")
@click.option("--email", required=True, help="The staff member the token acts for.")
@click.option("--scopes", default="read", show_default=True, help=f"Of {', '.join(SCOPES)}, separated by commas.")
@click.option("--name", default="command line", show_default=True)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650))
@as_json
def create(org: str, email: str, scopes: str, name: str, days: int, as_json: bool):
    """Make an API token; it is printed this once and kept only as a hash."""
    wanted = [scope_.strip() for scope_ in scopes.replace(" ", ",").split(",") if scope_.strip()]
    unknown = [scope_ for scope_ in wanted if scope_ not in SCOPES]
    if unknown or not wanted:
        fail(f"Unknown scope {', '.join(unknown) or '(none)'}: use {', '.join(SCOPES)}.", as_json)
    try:
        with scope(org):
            account_id = db.session.scalar(
                select(Account.id)
                .join(Staff, Staff.id == Account.staff_id)
                .where(func.lower(Staff.email) == email.strip().lower(), Staff.active)
            )
            secret = sessions.make_token(account_id, name, wanted, days) if account_id else None
    except UnknownOrganization as error:
        fail(str(error), as_json)
    if secret is None:
        fail(f"There is no active staff member {email} in {org}.", as_json)
    say({"token": secret, "scopes": wanted}, secret, as_json)
