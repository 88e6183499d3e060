"""From the headings of a file to the fields they mean, in English, German and the organization's own words."""

from collections.abc import Callable, Iterator, Sequence

from app.fields.kinds.cleaning import fold
from app.i18n import LOCALES, speaking
from app.i18n import gettext as _

from .reading import Batch
from .targets import CUSTOM, LAYOUT, PASSWORD, PERSON, Target

# The column that our own files of rejected rows have more than the file they came from.
PROBLEM = "Problem"
NEW = "new:"


def match(headings: Sequence[str], found: dict[str, Target]) -> list[str]:
    """The field of each column, '' where none was found; no field is given to two columns.

    The exact heading of our own layout goes before the organization's label, then come the name of the field and
    what it is called elsewhere.
    """
    if not any(headings):
        return _by_place(len(headings), found)
    keys = [fold(heading) for heading in headings]
    columns = [""] * len(headings)
    free = dict(found)
    for names in _ranks(found):
        for at, key in enumerate(keys):
            name = names.get(key, "") if key and not columns[at] else ""
            if name in free:
                columns[at] = name
                del free[name]
    return columns


def is_heading(found: dict[str, Target]) -> Callable[[str], bool]:
    """A test whether a text is the heading of some field."""
    known = {key for names in _ranks(found) for key in names} | {fold(PROBLEM)}
    return lambda text: bool(text) and fold(text) in known


def _by_place(width: int, found: dict[str, Target]) -> list[str]:
    """Without headings, a file as wide as the layout is taken to be in its order."""
    if width != len(LAYOUT):
        return [""] * width
    named = {target.heading: name for name, target in found.items()}
    own = iter(name for name, target in found.items() if target.custom)
    return [next(own, "") if heading in CUSTOM else named.get(heading, "") for heading in LAYOUT]


def _ranks(found: dict[str, Target]) -> Iterator[dict[str, str]]:
    """Folded heading -> field, the surest first."""
    own = [name for name, target in found.items() if target.custom]
    # A field of the organization's own that is called Custom2 is that one, wherever it stands.
    yield {fold(heading): name for heading, name in zip(CUSTOM, own, strict=False)} | {
        fold(target.heading): name for name, target in reversed(found.items())
    }
    yield {fold(str(target.label)): name for name, target in reversed(found.items())}
    for locale in LOCALES:
        with speaking(locale):
            kinds = {name: target.field.kind if target.field else target.kind for name, target in found.items()}
            labels = {fold(str(kind.label)): name for name, kind in kinds.items()}
        yield labels
    yield {fold(name): name for name in found}
    yield {fold(word): name for name, target in found.items() for word in target.synonyms}


def ignored(heading: str) -> bool:
    """Whether a column is left out without asking: the reasons in our own file of rejected rows."""
    return fold(heading) == fold(PROBLEM)


def samples(batch: Batch, at: int, name: str = "", most: int = 3) -> list[str]:
    """The first values of a column that are not empty; never those of a password."""
    found = [row[at].strip()[:80] for row in batch.rows if row[at].strip()][:most]
    return ["•" * 8 for _value in found] if name == PASSWORD else found


def wrong(columns: Sequence[str], found: dict[str, Target]) -> str:
    """Why these columns cannot be imported, '' when they can."""
    named = [name for name in columns if name]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        labels = ", ".join(sorted(found[name].label for name in twice if name in found))
        return _("Two columns cannot mean the same: %(fields)s. Leave one of them out.", fields=labels)
    unknown = [name for name in named if name not in found]
    if unknown:
        return _("There is no field “%(name)s”.", name=unknown[0][:80])
    if "user_name" not in named and not set(PERSON) <= set(named):
        labels = ", ".join(found[name].label for name in PERSON if name not in named)
        return _(
            "Nobody can be told apart without a column for the user name, or else for first name, last name and e-mail"
            " address. Missing: %(fields)s.",
            fields=labels,
        )
    return ""


def left_to_say(columns: Sequence[str], found: dict[str, Target]) -> list[Target]:
    """The mandatory fields that no column has: rows that would make a person are rejected for them."""
    return [target for target in found.values() if target.required and target.name not in columns]
