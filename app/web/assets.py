"""The files of the interface and the names they are served under, which hold a hash of what is in them."""

import hashlib
import json
import re
from functools import cache

from flask import g, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from tenants.folders import folder

STATIC = folder("static")
# Short names for files whose own names say how they were built.
_SHORT = {
    "vendor/tom-select.css": "tom-select.bootstrap5.min.css",
    "vendor/tom-select.js": "tom-select.complete.min.js",
    "vendor/sortable.js": "Sortable.min.js",
}
_HASHED = re.compile(r"(?P<stem>.+)\.(?P<hash>[0-9a-f]{8})(?P<ending>\.[a-z0-9]+)")


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]


@cache
def _vendor() -> dict[str, str]:
    return json.loads((STATIC / "vendor" / "manifest.json").read_text())


def hashed(name: str) -> str:
    """The name under which a file is served: third-party files have theirs from the set-up."""
    if name.startswith("vendor/"):
        return "vendor/" + _vendor()[_SHORT.get(name, name.removeprefix("vendor/"))]
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{_fingerprint(name)}{dot}{ending}"


def unhashed(served: str) -> tuple[str, bool]:
    """The file behind a served name, and whether the name holds its hash; another's hash is no name of ours."""
    found = _HASHED.fullmatch(served)
    if found is None:
        return served, False
    if served.startswith("vendor/"):
        return served, True
    name = found["stem"] + found["ending"]
    if not (STATIC / name).is_file() or found["hash"] != _fingerprint(name):
        raise NotFound
    return name, True


def asset(name: str) -> str:
    """The address of a file of the interface, with its hash, so that browsers may keep it for ever."""
    # A page of fifty rows asks a hundred times for the one file of icons.
    known = g.setdefault("assets", {})
    if name not in known:
        known[name] = url_for("static", filename=hashed(name))
    return known[name]


def icon(name: str) -> Markup:
    """A picture from the file of icons: always decoration, the words stand beside it or in an aria-label."""
    return _icon(asset("icons.svg"), name)


@cache
def _icon(file: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        file, name
    )
