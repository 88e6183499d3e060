"""What holds when many contacts are changed at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.fields.settings import fields_of
from app.i18n import lazy_gettext as _l
from app.records.bulk import Bulky, Rule, bulky
from app.records.needed import among
from tenants import db

from . import access, actions
from .models import Contact


def _homeless(name: str, value: Any):
    """Whether the contact has no primary company, in whose membership these fields stand."""
    return fields_of(Contact)["company"].expression(Contact).is_(None)


def _follow(name: str, value: Any, ids: Sequence[int]) -> dict[int, dict[str, Any]] | None:
    """A new country brings its time zone, and takes a state along, for each contact as if it were edited alone."""
    if name != "country" or value is None:
        return None
    rows = select(Contact.id, Contact.country, Contact.state, Contact.time_zone).where(among(Contact, ids))
    return {
        row.id: actions.with_country({"country": value}, row.country, row.state, row.time_zone)
        for row in db.session.execute(rows)
    }


BULKY = bulky(
    Bulky(
        Contact,
        "contacts.edit",
        actions.REMOVAL,
        rules=(
            Rule(("department", "company_primary", "department_primary"), _homeless, _l("Choose the company first.")),
        ),
        follow=_follow,
        after=access.sign_out,
    )
)
