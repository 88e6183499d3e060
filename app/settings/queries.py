"""Reading an organization's settings."""

from typing import Any

from sqlalchemy import select

from tenants import db

from .models import Setting

# What an organization has that never said anything.
USUAL: dict[str, Any] = {"locale": "en"}


def value(name: str) -> Any:
    """One setting, or what is usual."""
    found = db.session.scalar(select(Setting.value).where(Setting.name == name))
    return USUAL[name] if found is None else found
