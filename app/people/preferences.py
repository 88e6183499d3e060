"""What an account chose for itself."""

from typing import Any

from sqlalchemy import update

from app.fields.kinds import Choice, TimeZone, YesNo
from app.fields.registry import Field
from app.i18n import lazy_gettext as _l
from tenants import db

from .models import Account

SIZES = [(str(n), str(n)) for n in (10, 25, 50, 100)]
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
THEMES = ("auto", "light", "dark")


def _field(name: str, kind) -> Field:
    return Field(name=name, kind=kind, label=kind.label, required=kind.required, help=kind.help or "")


FIELDS = (
    _field(
        "page_size", Choice(_l("Rows a page"), choices=SIZES, required=True, help=_l("In every list, from 10 to 100."))
    ),
    _field("locale", Choice(_l("Language"), choices=LANGUAGES)),
    _field("time_zone", TimeZone(_l("Time zone"))),
    _field(
        "single_keys",
        YesNo(
            _l("Shortcuts of one letter"), help=_l("Such as J for the next row. Ctrl K, Enter, Esc and F2 always work.")
        ),
    ),
)


def save(account_id: int, values: dict[str, Any]) -> None:
    """Keep the choices of the profile page."""
    chosen = {
        "page_size": int(values["page_size"]),
        "locale": values["locale"] or "",
        "time_zone": values["time_zone"] or "",
        "single_keys": values["single_keys"],
    }
    db.session.execute(update(Account).where(Account.id == account_id).values(chosen))


def save_theme(account_id: int, theme: str) -> None:
    """Keep light, dark or auto; anything else means auto."""
    chosen = theme if theme in THEMES else "auto"
    db.session.execute(update(Account).where(Account.id == account_id).values(theme=chosen))


def save_language(account_id: int, locale: str) -> None:
    """Keep one of the languages there are; anything else means the browser's."""
    chosen = locale if locale in dict(LANGUAGES) else ""
    db.session.execute(update(Account).where(Account.id == account_id).values(locale=chosen))
