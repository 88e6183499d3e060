"""Made-up people for measurements: the same seed gives the same rows, on every machine."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADINGS = (
    *("Title", "First Name", "Last Name", "Email Address", "Company", "Department", "Primary Company Contact"),
    *("Primary Department Contact", "Address 1", "Address 2", "City", "State", "Postcode/Zip", "Country", "Phone"),
    *("Mobile", "Fax", "Pager", "Username", "Password", "Partners Email"),
    *("Custom1", "Custom2", "Custom3", "Custom4", "Custom5", "Notes", "Locale", "Line Manager Username"),
)
FIRST = (
    *("Ann", "Ben", "Chloë", "Dirk", "Eloïse", "Fatma", "Georg", "Hannah", "Ingeborg", "Jürgen", "Karl", "Lena"),
    *("Mária", "Niamh", "Oluwaseun", "Peter", "Quentin", "Rosa", "Stefan", "Tomás", "Ute", "Viktor", "Wanda", "Zoë"),
)
LAST = (
    *("Adams", "Becker", "Çelik", "Dvorak", "Evans", "Fischer", "Garcia", "Hansen", "Ivanov", "Jones", "Köhler"),
    *("Lehmann", "Müller", "Novak", "O'Brien", "Peters", "Quinn", "Richter", "Schmidt", "Thomas", "Ullmann", "Weber"),
)
_PLACES = (
    ("Berlin", "Berlin", "10115", "Germany", "de"),
    ("München", "Bavaria", "80331", "Germany", "de"),
    ("Wien", "Vienna", "1010", "Austria", "de"),
    ("Boston", "Massachusetts", "02108", "United States", "en"),
    ("Zürich", "Zürich", "8001", "Switzerland", "de"),
    ("Lyon", "Rhône", "69001", "France", "fr"),
)
_DEPARTMENTS = ("Sales", "Accounts", "Purchasing", "IT", "Works council", "Logistics", "Board", "Support")
_TITLES = ("Mr", "Ms", "Dr", "Prof")
# The companies that rows name as partners: whoever measures makes them first, with these e-mail addresses.
PARTNERS = 20
_NOTES = ("Prefers calls in the morning.", "Pays by invoice; asks for a copy.", "Speaks English and German.")


def people(count: int, companies: int = 2000, seed: int = 7) -> Iterator[list[str]]:
    """Rows of 29 filled cells. A fifth bring a password; nearly all name a line manager, many one further down."""
    chance = random.Random(seed)
    for n in range(count):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        city, state, postcode, country, locale = chance.choice(_PLACES)
        company = chance.randrange(companies)
        manager = _manager(n, count)
        user = f"user{n:07d}"
        yield [
            *(chance.choice(_TITLES), first, last, f"p{n}@company{company}.example", f"Company {company} Ltd"),
            *(chance.choice(_DEPARTMENTS), "1" if n % 97 == 0 else "0", "1" if n % 89 == 0 else "0"),
            *(f"{chance.choice(LAST)} Street {n % 180 + 1}", f"Floor {n % 9}", city, state, postcode, country),
            *(f"+49 30 {chance.randrange(10**6, 10**7)}", f"+49 171 {chance.randrange(10**6, 10**7)}"),
            *(f"+49 30 {chance.randrange(10**6, 10**7)}-9", str(chance.randrange(1000, 9999)), user),
            *(f"Start-{chance.getrandbits(40):x}" if n % 5 == 0 else "", f"info@partner{n % PARTNERS}.example"),
            *(f"Badge {n}", f"Room {n % 400}", chance.choice(("red", "green", "blue")), f"{n % 50}", f"K-{n:06d}"),
            *(chance.choice(_NOTES), locale, "" if manager is None else f"user{manager:07d}"),
        ]


def _manager(n: int, count: int) -> int | None:
    """Teams of ten, led by their sixth; ten leaders follow the last of them, and these the last of all."""
    for size, place in ((10, 5), (100, 95), (count, count - 5)):
        leader = min(n - n % size + place, count - 1)
        if leader != n:
            return leader
    return None


def write(path: Path, count: int, companies: int = 2000, seed: int = 7) -> None:
    """The same people as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(people(count, companies, seed))
