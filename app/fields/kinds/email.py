"""E-mail addresses."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import ClassVar

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import shown
from .kind import Context, Kind, too_long

# The plain majority of addresses: a dot-atom (RFC 5322 3.2.3), then labels of letters,
# digits and hyphens (RFC 1123 2.1), the last of which has letters only. What is outside of it (umlauts, xn--,
# oddities) is read by the library. Every alternative starts with another character: no backtracking.
_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63}"
).fullmatch
# The same with a domain that is in lower case already, and none of the names below.
_LOWER = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!arpa$|localhost$|onion$)[a-z]{2,63}"
).fullmatch
_LOWER_LINES = re.compile(
    r"(?>(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+"
    r"@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)+(?!(?:arpa|localhost|onion)\n)[a-z]{2,63})?\n)*+"
).fullmatch
# Top-level names that never take mail (RFC 6761, RFC 7686): the library refuses them, so the quick way must not.
_NEVER_MAIL = (".arpa", ".localhost", ".onion")
_BETWEEN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+?)\s*>")
_SEVERAL = re.compile(r"@[^@]*[;,\s][^@]*@")

# The library's switch for what is reserved but real to us: Windows domains end in .local, and addresses that were
# made unusable on purpose in .invalid (RFC 6761); .test is switched in the call.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in ("local", "invalid")]


@dataclass(frozen=True, eq=False)
class Email(Kind):
    """One e-mail address. The domain is lower-case and readable (müller.example, not xn--…); nothing is looked up.

    The part before the @ is kept as typed: only the receiving server knows whether its case matters (RFC 5321 2.4).
    Internal domains such as firm.local are taken, because directories hold them; a domain without a dot is not.
    """

    max: int | None = 254

    name: ClassVar[str] = "email"
    input: ClassVar[str] = "email"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is", "is_not", "starts", "any_of", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("max", "required", "help")
    tidy_lines: ClassVar = _LOWER_LINES

    def read(self, text: str, context: Context) -> str:
        """The normalised address."""
        if "@" not in text:
            raise _refused(text)
        try:
            address = validate_email(
                text, check_deliverability=False, globally_deliverable=False, test_environment=True
            ).normalized
        except EmailNotValidError as error:
            raise _refused(text) from error
        if not _could_be_host(address.rpartition("@")[2]):
            raise _refused(text)
        if self.max is not None and len(address) > self.max:
            raise too_long(len(address), self.max)
        return address

    def quick(self, text: str) -> str | None:
        """The address, when it is a plain one; the library takes all of these and gives the same."""
        # What has no more than 64 characters has no label of more than 63 (RFC 1035 2.3.4).
        if len(text) <= 64 <= (self.max or 254) and _LOWER(text):
            return text
        if len(text) > min(self.max or 254, 254) or not _PLAIN(text):
            return None
        local, _at, domain = text.partition("@")
        domain = domain.lower()
        refused = domain.endswith(_NEVER_MAIL) or max(map(len, domain.split("."))) > 63
        return None if refused else f"{local}@{domain}"


def _could_be_host(domain: str) -> bool:
    # Mail to a bare host name or to a number never leaves the network; in a sheet it is a slip.
    return "." in domain and not domain.rpartition(".")[2].isdigit()


def _refused(text: str) -> FieldError:
    bracketed = _BETWEEN_BRACKETS.findall(text)
    if len(bracketed) == 1 and text.count("@") <= 2:
        return FieldError(
            _("Only the address is expected; “%(found)s” also holds a name.", found=shown(text)),
            code="name",
            hint=_("Write %(address)s.", address=bracketed[0]),
        )
    if len(bracketed) > 1 or _SEVERAL.search(text):
        return FieldError(
            _("One e-mail address is expected; “%(found)s” holds several.", found=shown(text)),
            code="several",
            hint=_("Keep one of them here and put the others into fields of their own."),
        )
    return FieldError(
        _("An e-mail address is expected; “%(found)s” is none.", found=shown(text)),
        code="format",
        hint=lambda: _advice(text),
    )


def _advice(text: str) -> str:
    bare = text[7:] if text[:7].lower() == "mailto:" else parseaddr(text)[1]
    if bare != text and _PLAIN(bare):
        return _("Write %(address)s.", address=bare)
    return _("Write it like ann@acme.example: one @, and a domain with a dot behind it.")
