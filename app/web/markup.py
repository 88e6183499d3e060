"""What templates may call beside their own arguments."""

from datetime import datetime

from babel import Locale
from flask import Flask, g
from flask_babel import format_date, format_datetime, format_decimal, get_timezone
from markupsafe import Markup

from app.i18n import current_locale, markup, plural_markup
from tenants.db import NoTenant, tenancy

from .assets import asset, icon
from .faces import face, initials
from .toasts import Waiting


def local_time(moment: datetime | None, form: str = "medium") -> Markup:
    """A moment in the viewer's zone, with the exact one in the title."""
    if moment is None:
        return Markup("")
    # A history says the same moment more than once, and the formats of locales are dear.
    known = g.setdefault("times", {})
    if (moment, form) not in known:
        zone = get_timezone()
        exact = f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %z} ({zone})"
        words = moment.isoformat(), exact, format_datetime(moment, form)
        known[moment, form] = Markup('<time datetime="{}" title="{}">{}</time>').format(*words)
    return known[moment, form]


class _Organization:
    """The name of the organization at hand, or the product's where there is none."""

    @property
    def name(self) -> str:
        try:
            return tenancy().name
        except NoTenant:
            return "Deskhand"


def init_app(app: Flask) -> None:
    """Add the globals, and make undefined names an error rather than silence."""
    app.jinja_env.globals.update(asset=asset, icon=icon, local_time=local_time, organization=_Organization())
    app.jinja_env.globals.update(face=face, initials=initials)
    app.jinja_env.filters.update(numberformat=format_decimal, dateformat=format_date)
    app.jinja_env.globals.update(_=markup, ngettext=plural_markup)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _request():
        locale = Locale.parse(current_locale())
        language = {"lang": str(locale).replace("_", "-"), "dir": locale.text_direction}
        return {"request_id": g.get("request_id", ""), "toasts": Waiting(), **language}
