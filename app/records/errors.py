"""What can go wrong with records, as classes with an HTTP status; one handler shows them all."""

from datetime import datetime

from app.i18n import lazy_gettext as _l


class DeskError(Exception):
    """A business rule spoke; its sentence is for the person at the screen."""

    status = 409
    sentence = _l("That is not possible right now.")
    # What a program is told beside the sentence, and headers that go with the answer.
    facts: dict = {}
    headers: dict[str, str] = {}

    def __init__(self, sentence: str | None = None):
        super().__init__(str(sentence or self.sentence))
        if sentence:
            self.sentence = sentence


class NotFound(DeskError):
    """Absent, of another organization, of another company, not yours: identical answers."""

    status = 404
    sentence = _l("This page does not exist, or it is not one of yours.")


class NotAllowed(DeskError):
    """The viewer may see the thing but lacks the named permission."""

    status = 403

    def __init__(self, permission: str, sentence: str | None = None):
        self.permission = permission
        self.facts = {"permission": permission}
        super().__init__(sentence or _l("You may not do this. It takes the permission “%(name)s”.", name=permission))


class Conflict(DeskError):
    """Somebody else was there first."""

    status = 409
    sentence = _l("Somebody else changed this in the meantime.")


class EditConflict(Conflict):
    """The same field was changed since the edit began: both values are shown and nothing is overwritten."""

    def __init__(self, field: str, theirs: object, by: str, at: datetime | None, version: int):
        super().__init__()
        self.field, self.theirs, self.by, self.at, self.version = field, theirs, by, at, version
