"""Deskhand's application. `create_app` is read in `app.application`, top to bottom.

It is found here by name only when asked for: the supervisor and the command line's help need no web framework, and
importing one takes longer than all they do.
"""

import importlib

from . import counting  # noqa: F401  (before the library that reads what it sets)


def __getattr__(name: str):
    if name == "create_app":
        return importlib.import_module("app.application").create_app
    raise AttributeError(f"module 'app' has no attribute {name!r}")
