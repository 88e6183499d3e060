"""Folded text, for search and sorting: no case, no accents; the same function in indexes and in queries."""

import unicodedata

from sqlalchemy import ColumnElement, Text, func

from .kinds.cleaning import signs


def folded(column) -> ColumnElement:
    """A column as it is searched and sorted, in the order of code points whatever the server's locale."""
    return func.extensions.fold(column, type_=Text).collate("C")


def digits(column) -> ColumnElement:
    """Only the digits of a column, to find phone numbers however they are written."""
    return func.extensions.digits(column, type_=Text)


def sought(text: str) -> str:
    """A typed text as searches take it: in normal form, single blanks, and without what no text can hold."""
    kept = (" " if unicodedata.category(sign) == "Cc" else sign for sign in text if unicodedata.category(sign) != "Cs")
    return signs("".join(kept))


def like(text: str) -> str:
    """A typed text as a literal part of a LIKE pattern: its own wildcards mean themselves."""
    return sought(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
