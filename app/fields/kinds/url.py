"""Addresses of web pages."""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import one_line, shown
from .kind import Context, Kind, too_long

# A scheme (RFC 3986 3.1), unless what follows the colon is a port, as in 'intranet.example:8080/start'.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?![0-9]{1,5}(?:[/?#]|$))").match
# Signs that no address may hold unescaped (RFC 3986 2) and that browsers and parsers read differently.
_FORBIDDEN = re.compile(r"[\s<>\"\\`]")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?").fullmatch


@dataclass(frozen=True, eq=False)
class Url(Kind):
    """The address of a web page, http or https; a bare host name gets https:// in front.

    Scheme and host are lower-case. Other schemes (javascript:, data:, file:) and addresses that carry a user name or
    password are refused.
    """

    max: int | None = 2_048

    name: ClassVar[str] = "url"
    input: ClassVar[str] = "url"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is", "starts", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("max", "required", "help")
    longest_typed: ClassVar[int] = 100_000

    def clean(self, text: str) -> str:
        """One line; nothing inside is changed, since a path may hold any sign."""
        return one_line(text)

    def read(self, text: str, context: Context) -> str:
        """The address with its scheme."""
        if self.max is not None and len(text) > self.max:
            raise too_long(len(text), self.max)
        forbidden = _FORBIDDEN.search(text)
        if forbidden:
            raise FieldError(
                _('A web address holds no blank and none of < > " \\ `; “%(found)s” does.', found=shown(text)),
                code="format",
                hint=_("Copy the address from the address line of the browser."),
            )
        scheme = _SCHEME(text)
        if scheme and scheme[1].lower() not in ("http", "https"):
            raise FieldError(
                _("Only http and https addresses are taken; “%(scheme)s:” was found.", scheme=shown(scheme[1])),
                code="scheme",
                hint=_("Write the address of a web page, such as https://acme.example."),
            )
        address = _with_host(text, text if scheme else "https://" + text.removeprefix("//"), bare=not scheme)
        if self.max is not None and len(address) > self.max:
            raise too_long(len(address), self.max)
        return address


def _with_host(typed: str, address: str, *, bare: bool) -> str:
    """The address with scheme and host in lower case, once its host is a host."""
    try:
        parts = urlsplit(address)
        host, port = unicodedata.normalize("NFKC", parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise _no_address(typed) from error
    if "@" in parts.netloc:
        raise FieldError(
            _("An address with a user name or password in it is not taken, since everybody could read it."),
            code="credentials",
            hint=_("Leave out what stands before the @."),
        )
    if not _is_host(host) or (bare and "." not in host and ":" not in host and host != "localhost"):
        raise _no_address(typed)
    return _joined(parts, f"[{host}]" if ":" in host else host, port)


def _joined(parts: SplitResult, host: str, port: int | None) -> str:
    # Put together by hand: urlunsplit drops an empty query or fragment, and what was typed should stay.
    rest = parts.path + ("?" + parts.query if parts.query else "") + ("#" + parts.fragment if parts.fragment else "")
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{rest}"


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        # All digits would be an IP address in one of the forms that only some programs read (017.1, 2130706433).
        return (
            len(host) <= 253
            and all(map(_LABEL, labels))
            and not labels[-1].isdigit()
            and not labels[-1].startswith("0x")
        )
    return True


def _no_address(typed: str) -> FieldError:
    return FieldError(
        _("A web address is expected; “%(found)s” is none.", found=shown(typed)),
        code="format",
        hint=_("Write it like https://acme.example/support."),
    )
