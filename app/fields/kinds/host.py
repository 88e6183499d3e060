"""A host name, such as the web domain of a company."""

import re
from dataclasses import dataclass
from typing import ClassVar

from app.i18n import gettext as _

from ..errors import FieldError
from .kind import Context, Kind

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, eq=False)
class Host(Kind):
    """A domain name in its readable form, in lower case: 'acme.example', 'œuvre.example'."""

    name: ClassVar[str] = "host"
    operators: ClassVar[tuple[str, ...]] = ("is", "contains", "empty", "not_empty")

    def read(self, text: str, context: Context) -> str:
        host = text.lower().removeprefix("@").rstrip(".")
        if "://" in host:
            host = host.split("://", 1)[1].split("/", 1)[0]
        try:
            ascii_form = host.encode("idna").decode("ascii")
        except UnicodeError:
            ascii_form = ""
        labels = ascii_form.split(".")
        if len(ascii_form) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
            raise FieldError(
                _("A web domain is expected, such as acme.example; “%(found)s” was found.", found=text[:60]),
                code="format",
                hint=_("Enter the part behind the @ of the people's e-mail addresses."),
            )
        return host
