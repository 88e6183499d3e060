"""What is said when a typed value cannot be taken."""

from collections.abc import Callable


class FieldError(ValueError):
    """One value that cannot be read: what was expected and what was found (`message`), how to mend it (`hint`).

    `code` names the reason for programs and for grouping the errors of an import: 'required', 'max', 'min', 'type',
    'control', 'format', 'unknown', 'ambiguous', 'places', 'year', 'scheme', 'credentials', 'several', 'name'; and
    for the settings of custom fields 'kind' and 'option'.
    """

    def __init__(self, message: str, *, code: str, hint: str | Callable[[], str] | None = None):
        super().__init__(message)
        self.message = message
        self.code = code
        self._hint = hint

    @property
    def hint(self) -> str | None:
        """How to mend it, None if there is no more to say than the message."""
        # The nearest name among hundreds is sought only when somebody reads it: a column that was matched to the
        # wrong field has as many errors as rows.
        if callable(self._hint):
            self._hint = self._hint()
        return self._hint

    @property
    def sentence(self) -> str:
        """What is said beside the field: the message, and how to mend it."""
        return f"{self.message} {self.hint or ''}".strip()

    def __reduce__(self):
        # Exceptions are copied by their positional arguments; code and hint are keywords.
        return _restored, (self.message, self.code, self.hint)


def _restored(message: str, code: str, hint: str | None) -> FieldError:
    return FieldError(message, code=code, hint=hint)


class FieldErrors(Exception):
    """Several fields of one form, row or request: the error of each by field name, and the texts as they were typed."""

    status = 422

    def __init__(self, errors: dict[str, FieldError], typed: dict[str, str] | None = None):
        super().__init__("; ".join(f"{name}: {error.message}" for name, error in errors.items()))
        self.errors = dict(errors)
        self.typed = dict(typed or {})
