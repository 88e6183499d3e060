"""Static files and icons as pages name them."""

import hashlib
import json
from functools import cache

from flask import g, url_for
from markupsafe import Markup

from .health import STATIC

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


def icon(name: str) -> Markup:
    """A picture from the file of icons: always decoration, the words stand beside it or in an aria-label."""
    return _icon(asset("icons.svg"), name)


@cache
def _icon(file: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        file, name
    )
