"""Files as they come: well meant, badly made. Tables of cases by theme, each with what the import makes of it."""

from dataclasses import dataclass, field

HEADINGS = ("First Name", "Last Name", "Email Address", "Username", "Phone", "Notes", "Next Visit")
# The fields that these headings mean; the last one is the organization's own, a date.
FIELDS = ("first_name", "last_name", "email", "user_name", "phone", "notes", "custom-next_visit")
HEAD = "First Name,Last Name,Email Address,Username\n"
BO = "Bo,Li,bo@a.example,bo\n"
BO_READ = ("Bo", "Li", "bo@a.example", "bo")


@dataclass(frozen=True)
class Case:
    """A file, and either the sentence that refuses it or its rows as they are read.

    `rows` holds the fields of each row that is taken, in the order of FIELDS, '' for empty ones. `rejected` holds a
    part of the reason for each row that is not taken, by its number.
    """

    name: str
    data: bytes
    rows: list[tuple[str, ...]] = field(default_factory=list)
    fault: str = ""
    rejected: dict[int, str] = field(default_factory=dict)
    # How numbers and dates are written in it.
    locale: str = "en"
    # Whether it goes all the way through upload and check, since the database has a say in it.
    whole: bool = False


def text(name: str, content: str, *rows: tuple[str, ...], encoding: str = "utf-8", **more) -> Case:
    """A case from a text."""
    return Case(name, content.encode(encoding), list(rows), **more)


def cell(name: str, heading: str, content: str, read: str = "", *, refused: str = "", locale: str = "en") -> Case:
    """A case with one person, of whom one cell is at issue: what is read from it, or why the row is rejected."""
    values = {"First Name": "Ann", "Last Name": "Lee", "Email Address": "ann@a.example", "Username": "ann"}
    values |= {heading: content}
    quoted = ['"' + values.get(one, "").replace('"', '""') + '"' for one in HEADINGS]
    data = (",".join(HEADINGS) + "\n" + ",".join(quoted) + "\n").encode()
    values |= {heading: read}
    row = tuple(values.get(one, "") for one in HEADINGS)
    return Case(
        name, data, [] if refused else [row], rejected={1: refused} if refused else {}, locale=locale, whole=True
    )
