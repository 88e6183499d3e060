"""What tests type into fields: by kind, and where a value must fit something else by the field itself."""

from typing import Any

ADDRESSES = "one@home.example two@home.example"
CHOICES = [["gold", "Gold plan"], ["silver", "Silver"], ["a, b", "A and B"]]
OPTIONS = {
    "choice": {"choices": CHOICES},
    "choices": {"choices": CHOICES},
    "reference": {"noun": "company"},
    "region": {"country": "country"},
    "text": {"max": 40},
}

# By kind: what is typed first, what is typed over it, and what cannot be read.
TYPED: dict[str, tuple[Any, Any, str | None]] = {
    "text": ("Grün & <b>Söhne</b>", "Blau %_\\", "x" * 300),
    "long_text": ("first line\n  second <i>line</i>", "another", "x" * 100_001),
    "email": ("ada.b@lovelace.example", "grace@hopper.example", "not an address"),
    "phone": ("+49 30 1234567", "030 765 43 21", "call me"),
    "url": ("https://one.example/a?b=c&d", "https://two.example", "javascript:alert(1)"),
    "choices": (["gold", "a, b"], ["silver"], "bronze"),
    "yes_no": ("1", "", None),
    "whole": ("1200", "7", "many"),
    "decimal": ("1234.5", "-0.25", "a lot"),
    "money": ("€1,234.50", "-0.25", "12 USD"),
    "date": ("2026-02-03", "2027-01-31", "soon"),
    "date_time": ("2026-02-03 14:30Z", "2027-01-31 08:05 +02:00", "2026-02-03"),
    "colour": ("#1e90ff", "ABC", "blue"),
    "duration": ("90:30", "45", "a while"),
    "country": ("AT", "NO", "Atlantis"),
    "region": ("Hessen", "Bayern", "Kent"),
    "time_zone": ("Europe/Vienna", "America/New_York", "Mars/Base"),
    "language": ("fr", "de-AT", "Klingon"),
    "suggested": ("Dr.", "Baron & <b>Baroness</b>", "x" * 300),
    "among": ("one", "two", "three"),
    "several": ("one.example, two.example", "three.example", "not/a,value"),
}
# Where a value must also fit something else: the same three.
SPECIAL: dict[str, tuple[Any, Any, str | None]] = {
    "contacts.full_name": ("Dr. Anna Maria Müller jr.", "Eva <b>Klein</b>", "Cher"),
    "contacts.send_to": ("one@home.example", "two@home.example", "other@home.example"),
    "contacts.addresses": (ADDRESSES, "three@home.example", "not an address"),
    "contracts.starts_on": ("2026-02-03", "2026-03-01", "soon"),
    "contracts.ends_on": ("2028-02-29", "2027-06-30", "soon"),
    "contracts.threshold": ("10:00", "45", "a while"),
    "contracts.description": ("Grün & <b>Söhne</b>", "Blau %_\\", "x" * 300),
    "contacts.fax": ("+49 30 123", "030 765", "call me"),
    "contacts.postcode": ("A-1010", "20095", "x" * 300),
    "contacts.active": ("", "1", None),
    "contracts.limited": ("", "1", None),
    "contracts.custom-region": ("Hessen", "Bayern", "x" * 1_100),
}
