"""What is said when a typed value cannot be taken."""

import pickle

from app.fields.errors import FieldError, FieldErrors


def test_an_error_is_kept_whole_when_it_is_copied():
    error = pickle.loads(pickle.dumps(FieldError("Expected this.", code="format", hint=lambda: "Do that.")))  # noqa: S301
    assert (str(error), error.message, error.code, error.hint) == (
        "Expected this.",
        "Expected this.",
        "format",
        "Do that.",
    )


def test_several_errors_keep_the_typed_text_and_say_422():
    errors = FieldErrors({"mobile": FieldError("No phone.", code="format")}, {"mobile": "abc"})
    assert errors.status == 422
    assert errors.errors["mobile"].code == "format" and errors.errors["mobile"].hint is None
    assert errors.typed == {"mobile": "abc"}
    assert str(errors) == "mobile: No phone."
