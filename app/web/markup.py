"""What templates may call beside their own arguments."""

import hashlib
import json
from datetime import datetime
from functools import cache

from babel import Locale
from flask import Flask, g, url_for
from flask_babel import format_date, format_datetime, format_decimal, get_timezone
from markupsafe import Markup

from app.i18n import current_locale, plural_for_templates, text_for_templates
from tenants.db import NoTenant, tenancy

from .health import STATIC
from .toasts import Waiting

# Short names for files whose own names say how they were built.
_SHORT = {
    "vendor/tom-select.css": "tom-select.bootstrap5.min.css",
    "vendor/tom-select.js": "tom-select.complete.min.js",
    "vendor/sortable.js": "Sortable.min.js",
}


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


@cache
def _vendor() -> dict[str, str]:
    return json.loads((STATIC / "vendor" / "manifest.json").read_text())


def asset(name: str) -> str:
    """The address of a static file, with its hash, so that browsers may keep it for ever."""
    # A page of fifty rows asks a hundred times for the one file of icons.
    known = g.setdefault("assets", {})
    if name not in known:
        known[name] = _address(name)
    return known[name]


def _address(name: str) -> str:
    if name.startswith("vendor/"):
        return url_for("static", filename="vendor/" + _vendor()[_SHORT.get(name, name.removeprefix("vendor/"))])
    return url_for("static", filename=name, v=_fingerprint(name))


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
    app.jinja_env.globals.update(asset=asset, local_time=local_time, organization=_Organization())
    app.jinja_env.filters.update(numberformat=format_decimal, dateformat=format_date)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(text_for_templates, plural_for_templates, newstyle=True)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _request():
        locale = Locale.parse(current_locale())
        language = {"lang": str(locale).replace("_", "-"), "dir": locale.text_direction}
        return {"request_id": g.get("request_id", ""), "toasts": Waiting(), **language}
