"""The files of the interface and the names they are served under, which hold a hash of what is in them."""

import hashlib
import json
import re
from functools import cache

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
