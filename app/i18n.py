"""Every word a user reads goes through these: English is the source, German the first translation."""

from flask_babel import force_locale, get_locale, gettext, lazy_gettext, ngettext

__all__ = ["LOCALES", "current_locale", "gettext", "lazy_gettext", "ngettext", "speaking"]

LOCALES = ("en", "de")


def current_locale() -> str:
    """The viewer's locale as a Babel identifier ('en', 'de'); English outside a request."""
    locale = get_locale()
    return str(locale) if locale else "en"


def speaking(locale: str):
    """`with speaking("de"):` in a job, which has no viewer: the language of whoever will read what it writes."""
    return force_locale(locale if locale in LOCALES else "en")
