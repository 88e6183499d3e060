"""The token of forms, written otherwise in each answer: what stays the same can be guessed from compressed lengths."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Flask, g
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

# No token begins so: it begins with what it signs, in base64.
MARK = "m."


class MaskedTokens(CSRFProtect):
    """Flask-WTF's protection; pages bear its token masked, and may send it back either way."""

    def init_app(self, app: Flask) -> None:
        """Check tokens, and let templates write them masked."""
        super().init_app(app)
        # Flask-WTF tells templates and, apart from them, imported macros.
        app.jinja_env.globals["csrf_token"] = csrf_token
        app.context_processor(lambda: {"csrf_token": csrf_token})

    def _get_csrf_token(self) -> str | None:
        return unmasked(super()._get_csrf_token())


def csrf_token() -> str:
    """The token for the forms of this answer."""
    if "masked_token" not in g:
        g.masked_token = masked(generate_csrf())
    return g.masked_token


def masked(token: str) -> str:
    """The token under a pad as long as itself, with the pad."""
    data = token.encode()
    pad = secrets.token_bytes(len(data))
    return MARK + urlsafe_b64encode(pad + _xor(data, pad)).decode().rstrip("=")


def unmasked(sent: str | None) -> str | None:
    """The token as it was before; what is not masked, or not rightly, is left as it is and is then no token."""
    if not sent or not sent.startswith(MARK):
        return sent
    try:
        both = urlsafe_b64decode(sent[len(MARK) :] + "==")
        half = len(both) // 2
        return _xor(both[:half], both[half:]).decode()
    except ValueError:
        return sent


def _xor(data: bytes, pad: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(data, pad, strict=True))
