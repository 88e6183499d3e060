"""A contact as an electronic business card: vCard 4.0 (RFC 6350), as address books and telephones read it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import segno

from app.fields.kinds.phone import tel

# Longer lines are folded, counted in bytes of UTF-8 without the line's end (RFC 6350, 3.2).
LONGEST = 75
TYPES = (("phone", "work,voice"), ("mobile", "cell"), ("fax", "work,fax"), ("pager", "pager"))


@dataclass(frozen=True)
class Place:
    """Where somebody works: the company, the department there, the company's website and the country's name."""

    company: str = ""
    department: str = ""
    website: str = ""
    country: str = ""


class Picture:
    """A QR code as one path of SVG; around it stays the quiet edge that readers need."""

    edge = 4

    def __init__(self, code: segno.QRCode):
        self.size = len(code.matrix) + 2 * self.edge
        self.path = "".join(
            f"M{x + self.edge} {y + self.edge}h1v1h-1z"
            for y, row in enumerate(code.matrix)
            for x, dark in enumerate(row)
            if dark
        )


@dataclass(frozen=True)
class Card:
    """What a business card says: a contact's values by the names of the fields, and where they work."""

    uid: str
    values: Mapping[str, Any]
    place: Place = field(default_factory=Place)
    revised: str = ""
    region: str | None = None
    # A JPEG in base 64.
    photo: str = ""

    def text(self) -> str:
        """The card, with the line ends that the standard wants."""
        return "".join(f"{line}\r\n" for line in folded(self._lines()))

    def picture(self) -> Picture:
        """The card as a QR code that a telephone reads: as much of it as fits in."""
        for kept in (("FN", "N", "ORG", "TITLE", "EMAIL", "TEL", "URL"), ("FN", "N", "EMAIL", "TEL"), ("FN", "TEL")):
            lines = [line for line in self._lines() if line.replace(":", ";").partition(";")[0] in kept]
            text = "".join(f"{line}\r\n" for line in folded(["BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD"]))
            with suppress(segno.DataOverflowError):
                return Picture(segno.make(text, micro=False, error="l", boost_error=True))
        return Picture(segno.make(escaped(self.values.get("email") or self.uid), micro=False))

    @property
    def file_name(self) -> str:
        """A name that every system takes."""
        name = f"{self.values.get('first_name') or ''}-{self.values.get('last_name') or ''}".lower()
        plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name).strip("-")
        return f"{plain or 'contact'}.vcf"

    def _lines(self) -> list[str]:
        def get(name: str) -> Any:
            return self.values.get(name) or ""

        name = [get("last_name"), get("first_name"), "", get("title"), ""]
        lines = ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual", f"UID:{escaped(self.uid)}"]
        lines.append("FN:" + escaped(f"{get('first_name')} {get('last_name')}".strip() or get("email")))
        lines.append("N:" + structured(name))
        if self.place.company:
            lines.append("ORG:" + structured([self.place.company, *filter(None, [self.place.department])]))
        lines += [f"TITLE:{escaped(get('job_title'))}"] if get("job_title") else []
        for place, mail in enumerate(filter(None, [get("email"), *get("addresses")])):
            lines.append(f"EMAIL;TYPE=work{'' if place else ';PREF=1'}:{escaped(mail)}")
        for name_, type_ in TYPES:
            if get(name_):
                lines.append(self._phone(get(name_), type_))
        street = ", ".join(filter(None, [get("address1"), get("address2")]))
        parts = ["", "", street, get("city"), get("state"), get("postcode"), self.place.country]
        lines += [f"ADR;TYPE=work:{structured(parts)}"] if any(parts[:6]) else []
        lines += [f"LANG:{get('language').replace('_', '-')}"] if get("language") else []
        lines += [f"TZ:{escaped(get('time_zone'))}"] if get("time_zone") else []
        lines += [f"URL:{self.place.website}"] if self.place.website else []
        lines += [f"PHOTO:data:image/jpeg;base64,{self.photo}"] if self.photo else []
        lines += [f"REV:{self.revised}"] if self.revised else []
        return [*lines, "END:VCARD"]

    def _phone(self, number: str, type_: str) -> str:
        """As an address that is dialled where the whole number is known, otherwise as it is written."""
        dialled = tel(number, self.region)
        kinds = f'"{type_}"' if "," in type_ else type_
        return f"TEL;TYPE={kinds};VALUE=uri:{dialled}" if dialled else f"TEL;TYPE={kinds}:{escaped(number)}"


def escaped(text: str) -> str:
    """A text as a value holds it: signs that separate and line ends are escaped, other controls are gone."""
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(sign for sign in text if sign >= " " and sign != "\x7f")


def structured(parts: Iterable[str]) -> str:
    """A value of several parts, such as a name or an address."""
    return ";".join(escaped(part) for part in parts)


def folded(lines: Iterable[str]) -> Iterable[str]:
    """The lines cut to their greatest length, each further one behind a space; no sign is cut in two."""
    for line in lines:
        room, part, size = LONGEST, "", 0
        for sign in line:
            width = len(sign.encode())
            if size + width > room:
                yield part
                part, size, room = " ", 1, LONGEST
            part += sign
            size += width
        yield part
