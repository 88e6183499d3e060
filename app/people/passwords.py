"""Passwords: hashed by Argon2id (RFC 9106; OWASP's minimum of 19 MiB, two passes), never kept or shown in clear."""

import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.fields.errors import FieldError
from app.i18n import gettext as _
from tenants.secrets import CannotOpen, seal, unseal

MINIMUM, MAXIMUM = 10, 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when the login is unknown, so that the answer takes as long as for a known one.
_DUMMY = _hasher.hash("no account has this password")
# The first passwords every guesser tries; longer lists come with the sign-in settings.
_COMMON = frozenset({"password", "passwort", "1234567890", "0123456789", "qwertyuiop", "iloveyou", "deskhand"})


# No letters or digits that look like others.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def random() -> str:
    """A password to hand over once: four groups of four, easy to read aloud (79 bits)."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _sign in range(4)) for _group in range(4))


def hashed(password: str) -> str:
    """The hash to keep for a password."""
    return _hasher.hash(password)


def judge(password: str, *names: str) -> None:
    """Raise `FieldError` for a password that may not be chosen: too short, too long, too common, or one's own name."""
    if len(password) < MINIMUM:
        raise FieldError(_("A password has at least %(n)s characters.", n=MINIMUM), code="min")
    if len(password) > MAXIMUM:
        raise FieldError(_("A password has at most %(n)s characters.", n=MAXIMUM), code="max")
    folded = password.lower()
    if folded.strip("0123456789!.") in _COMMON or folded in {name.lower() for name in names}:
        raise FieldError(_("This password is one of the first that a stranger would try."), code="common")


def matches(password: str, kept_hash: str | None, sealed: bytes | None) -> bool:
    """Whether this is the account's password; takes the same time when there is no account at all."""
    if len(password) > MAXIMUM:
        return False
    # In every case, also where a password is only sealed: who was just imported must not be told by a quicker answer.
    verified = _verified(kept_hash or _DUMMY, password)
    if kept_hash is None and sealed is not None:
        try:
            return hmac.compare_digest(unseal("password", sealed), password.encode())
        except CannotOpen:
            return False
    return verified and kept_hash is not None


def _verified(kept_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(kept_hash, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def needs_rehash(kept_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept_hash)


def sealed(password: str) -> bytes:
    """A password from an import, closed until it is hashed in the background."""
    return seal("password", password.encode())


def opened(sealed_password: bytes) -> str:
    """The password that `sealed` closed; only to hash it."""
    return unseal("password", sealed_password).decode()
