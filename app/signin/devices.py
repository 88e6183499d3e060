"""Browsers from which somebody has signed in before: they are not kept waiting by what strangers guess elsewhere.

Such a browser keeps a random name and a proof of it that only this organization makes, for one login on one surface.
Guesses from it are counted under its own name, and by the same limits.
"""

import hmac
import secrets

from tenants.secrets import fingerprint

COOKIE = "deskhand_device"
DAYS = 365


def _proof(surface: str, login: str, name: str) -> str:
    return fingerprint("device", f"{surface}/{login}/{name}").hex()


def make(surface: str, login: str) -> str:
    """What a browser keeps after this login has signed in from it."""
    name = secrets.token_hex(16)
    return f"{name}.{_proof(surface, login, name)}"


def name_of(kept: str, surface: str, login: str) -> str:
    """The device's name if it is known for this login, else ''."""
    name, _, proof = kept[:200].partition(".")
    return name if hmac.compare_digest(proof.encode(), _proof(surface, login, name).encode()) else ""
