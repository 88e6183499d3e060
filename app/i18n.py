"""Every word a user reads goes through these: English is the source, German the first translation.

Beneath is Flask-Babel. A page of fifty rows asks for a thousand words, so the catalogue is looked up once a request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from flask import g, has_app_context, has_request_context
from flask_babel import force_locale, get_domain, get_locale, get_timezone
from flask_babel.speaklater import LazyString

__all__ = ["LOCALES", "current_locale", "current_zone", "gettext", "lazy_gettext", "ngettext", "speaking"]

LOCALES = ("en", "de")


def _catalogue():
    if not has_app_context():
        return get_domain().get_translations()
    found = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_domain().get_translations()
    return found


def gettext(string: str, **variables) -> str:
    """The text in the viewer's language, with %(name)s filled in."""
    text = _catalogue().gettext(string)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, **variables) -> str:
    """The text for this number, which fills %(num)s."""
    return _catalogue().ngettext(singular, plural, num) % {"num": num, **variables}


def text_for_templates(string: str) -> str:
    """The text in the viewer's language; Jinja fills in what it names, escaped."""
    return _catalogue().gettext(string)


def plural_for_templates(singular: str, plural: str, num: int) -> str:
    """The text for this number; Jinja fills in what it names, escaped."""
    return _catalogue().ngettext(singular, plural, num)


def lazy_gettext(string: str, **variables) -> LazyString:
    """A text whose language is decided when it is shown: for labels that are made at start-up."""
    return LazyString(gettext, string, **variables)


def current_locale() -> str:
    """The viewer's locale as a Babel identifier ('en', 'de'); English outside a request."""
    locale = get_locale()
    return str(locale) if locale else "en"


def current_zone() -> ZoneInfo | None:
    """The zone of the viewer's clocks; None where nobody looks, as in a job."""
    return ZoneInfo(str(get_timezone())) if has_request_context() else None


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """`with speaking("de"):` in a job, which has no viewer: the language of whoever will read what it writes."""
    g.pop("catalogue", None)
    try:
        with force_locale(locale if locale in LOCALES else "en"):
            yield
    finally:
        g.pop("catalogue", None)
