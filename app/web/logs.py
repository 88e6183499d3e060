"""How the log is written: an event a line, as text or as JSON, with the request and the organization it is about."""

import logging

from flask import g, has_app_context
from pythonjsonlogger.json import JsonFormatter


class About(logging.Filter):
    """Adds the request's id, which error pages show, and the organization's slug."""

    def filter(self, record: logging.LogRecord) -> bool:
        here = g.get("tenancy") if has_app_context() else None
        record.request = g.get("request_id", "") if has_app_context() else ""
        record.organization = here.slug if here else ""
        return True


class Text(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(word for word in (record.organization, record.request) if word)
        line = super().format(record)
        return f"{record.levelname} {record.name}{f' [{about}]' if about else ''}: {line}"


def begin(form: str, level: str) -> None:
    """Write everything from a level on that this process logs to standard error, as 'text' or 'json'."""
    handler = logging.StreamHandler()
    handler.addFilter(About())
    names = {"levelname": "level", "name": "logger"}
    fields = ("levelname", "name", "message", "request", "organization", "process")
    json = JsonFormatter(list(fields), rename_fields=names, timestamp="time")
    handler.setFormatter(json if form == "json" else Text("%(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
