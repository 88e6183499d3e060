"""Where the files lie that are no Python: templates, static files and migrations."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder 'templates', 'static' or 'migrations': beside the packages in a checkout, in here when installed."""
    installed = PACKAGE / "_files" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
