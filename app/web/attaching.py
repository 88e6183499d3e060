"""Attaching files to a record: `GET …/files` shows those of its history, with the form, `POST …/files` keeps more.

A file is sent back only to be saved: never shown by the browser, never as anything that could run.
"""

import os
import unicodedata
from urllib.parse import quote

from babel.numbers import format_decimal
from flask import Blueprint, Response, current_app, request, stream_with_context
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from app.fields.errors import FieldError
from app.i18n import current_locale, ngettext
from app.i18n import gettext as _
from app.records import attachments, files, history
from app.records.attachments import Attachment, Given
from app.records.errors import NotFound

from . import toasts
from .access import allow
from .htmx import redirect_to
from .sizes import takes_files

# So many files may come at a time.
MOST = 20


def attaching(bp: Blueprint, line) -> None:
    """Add the addresses to the screens of a noun that has this `Timeline`."""
    at = ("" if bp.url_prefix else line.noun.path) + "/<int:id>/files"

    @bp.get(at)
    @allow("files.view")
    def show_files(id: int) -> Response:
        """The files of a record, and the form for more."""
        return line.answer(line.noun.get(id, current_user), wanted=history.Wanted(history.FILES), attaching=True)

    @bp.post(at)
    @takes_files
    @allow("files.edit")
    def create_file(id: int) -> Response:
        """Attach files to a record; either all that were sent, or none."""
        loaded, here = line.noun.get(id, current_user), line.noun.address(id)
        try:
            given = _given(request.files.getlist("file"))
        except FieldError as error:
            said = error.sentence
            wanted = history.Wanted(history.FILES)
            return line.answer(loaded, 422, wanted=wanted, attaching=True, file_error=said)
        operation = attachments.add(line.about, id, given, actor=current_user.actor)
        said = ngettext("%(num)d file attached", "%(num)d files attached", len(given))
        toasts.leave(said, operation, here)
        return redirect_to(f"{here}#history")


def _given(sent: list[FileStorage]) -> list[Given]:
    """The files that were sent, each of which may be kept; raises `FieldError` with everything that is wrong."""
    settings = current_app.config["SETTINGS"]
    found = [Given(one.filename or "", one.stream, _length(one)) for one in sent if one.filename]
    if not found:
        raise FieldError(_("Choose a file first."), code="required")
    if len(found) > MOST:
        said = _("%(most)s files at a time are the most; these are %(found)s.", most=MOST, found=len(found))
        raise FieldError(said, code="max")
    wrong = []
    for one in found:
        name = attachments.clean_name(one.name)
        if not one.size:
            wrong.append(_("“%(name)s” is empty.", name=name))
        elif one.size > settings.max_file:
            words = {"name": name, "size": size(one.size), "most": size(settings.max_file)}
            wrong.append(_("“%(name)s” has %(size)s; a file may have %(most)s.", **words))
    if wrong:
        raise FieldError(" ".join(wrong), code="max", hint=_("Nothing was kept."))
    left = settings.max_files - attachments.stored()
    if sum(one.size for one in found) > left:
        said = _("There is no room left for this: all files together may have %(most)s.", most=size(settings.max_files))
        raise FieldError(said, code="max", hint=_("Ask who runs Deskhand for more room."))
    return found


def _length(sent: FileStorage) -> int:
    length = sent.stream.seek(0, os.SEEK_END)
    sent.stream.seek(0)
    return length


def size(of: int) -> str:
    """A number of bytes as people read it."""
    amount, unit = float(of), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    pattern = "#,##0" if unit == "B" or amount >= 10 else "#,##0.#"
    return f"{format_decimal(amount, pattern, current_locale())}\N{NO-BREAK SPACE}{unit}"


def to_save(attachment: Attachment) -> Response:
    """The file, to be saved under its name."""
    if attachment.file_id is None:
        raise NotFound
    response = Response(stream_with_context(files.read(attachment.file_id)), mimetype=attachment.media_type)
    headers = response.headers
    plain = unicodedata.normalize("NFKD", attachment.name).encode("ascii", "ignore").decode().strip(". ") or "file"
    names = {"filename": plain, "filename*": f"UTF-8''{quote(attachment.name, safe='')}"}
    headers.set("Content-Disposition", "attachment", **(names if plain != attachment.name else {"filename": plain}))
    headers["Content-Length"] = str(attachment.size)
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    headers["X-Content-Type-Options"] = "nosniff"
    return response
