"""What an import does with people who are there already, with empty cells, and with access to the portal."""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, func

from app.i18n import LOCALES
from app.i18n import lazy_gettext as _l

from .targets import Target

MATCH = {
    "update": _l("Take the file's values"),
    "blanks": _l("Only fill in what is still empty"),
    "skip": _l("Leave them as they are"),
}
EMPTY = {
    "keep": _l("An empty cell changes nothing"),
    "clear": _l("An empty cell empties the field"),
}


@dataclass(frozen=True)
class Rules:
    """The choices of the third step. `locale` says how numbers and dates are written in the file."""

    match: str = "update"
    empty: str = "keep"
    access: bool = False
    locale: str = "en"

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict) -> "Rules":
        """The rules as stored; what they do not say is as usual."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def changed(self, given: dict) -> "Rules":
        """These rules with the user's choices; what is no choice is left as it was."""
        allowed = {"match": MATCH, "empty": EMPTY, "access": (True, False), "locale": LOCALES}
        return replace(self, **{name: value for name, value in given.items() if value in allowed.get(name, ())})

    def kept(self, target: Target, given: ColumnElement, current: ColumnElement) -> ColumnElement:
        """The value that a field of somebody who is there already has afterwards."""
        if self.match == "blanks":
            return func.coalesce(current, given)
        if self.empty == "clear" and clearable(target):
            return given
        return func.coalesce(given, current)


def clearable(target: Target) -> bool:
    """Whether an empty cell may empty the field; a person keeps name, e-mail, user name and company."""
    required = target.field is not None and (target.field.required or target.field.kind.required)
    return not (required or target.name in ("company", "active"))
