"""Reading answers as a person or an attacker would: what differs from answer to answer by design is taken out."""

import re

from werkzeug.test import TestResponse

_TOKENS = re.compile(
    r"""(X-CSRFToken(?:&\#34;|")\s*:\s*(?:&\#34;|"))[\w.-]+|(name="csrf_token"\s+value=")[^"]*|(name="nonce"\s+value=")[^"]*""",
    re.VERBOSE,
)


def normal(response: TestResponse) -> str:
    """The body without the request's number and the form's tokens."""
    text = response.get_data(as_text=True)
    number = response.headers.get("X-Request-Id")
    if number:
        text = text.replace(number, "…")
    return _TOKENS.sub(lambda found: next(part for part in found.groups() if part) + "…", text)


def answer(response: TestResponse) -> tuple[int, str, str]:
    """Status, place and body: two answers that are equal here cannot be told apart."""
    return response.status_code, response.headers.get("Location", ""), normal(response)


def visible_text(response: TestResponse) -> str:
    """What a person reads of an answer, for the message of a test that fails."""
    body = response.get_data(as_text=True).partition("<main")[2] or response.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))[:1000]
