"""Keys of this installation, one for each purpose and organization; sealing what must not be read at rest.

AES-256-GCM (NIST SP 800-38D); the organization and the purpose are bound in, so that what was sealed for one
organization or column cannot be opened for another.
"""

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from .db import tenancy

NONCE = 12


class CannotOpen(ValueError):
    """The sealed bytes were changed, belong elsewhere, or were sealed with another key."""


def seal(purpose: str, data: bytes) -> bytes:
    """Encrypt bytes for this organization and purpose."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(_secret(), tenancy().sealed_as, purpose).encrypt(nonce, data, purpose.encode())


def unseal(purpose: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` made, also with a key of before; raises `CannotOpen`."""
    for secret in (_secret(), *(old.encode() for old in current_app.config["SECRET_KEY_FALLBACKS"] or ())):
        try:
            return _cipher(secret, tenancy().sealed_as, purpose).decrypt(
                sealed[:NONCE], sealed[NONCE:], purpose.encode()
            )
        except (InvalidTag, ValueError):
            continue
    raise CannotOpen("These bytes were not sealed here for this purpose.")


def fingerprint(purpose: str, text: str) -> bytes:
    """A keyed hash (HMAC-SHA-256) of a text, the same each time within this organization and of no use outside it."""
    return hmac.new(_key(_secret(), tenancy().sealed_as, purpose), text.encode(), hashlib.sha256).digest()


def _secret() -> bytes:
    return current_app.config["SECRET_KEY"].encode()


@lru_cache(maxsize=256)
def _key(secret: bytes, organization: str, purpose: str) -> bytes:
    info = f"{organization}/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=b"deskhand", info=info).derive(secret)


@lru_cache(maxsize=256)
def _cipher(secret: bytes, organization: str, purpose: str) -> AESGCM:
    return AESGCM(_key(secret, organization, purpose))
