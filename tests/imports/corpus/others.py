"""Files that are something else and only bear the name of a CSV."""

import bz2
import gzip
import io
import json
import lzma
import zipfile

from . import BO, HEAD, Case


def _zip(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, HEAD + BO)
    return data.getvalue()


_TABLE = b"<table><tr><td>First Name</td></tr></table>"
_SHEET, _PACKED, _WEB = (
    "This is a spreadsheet. Open it and save it",
    "This file is compressed. Unpack it",
    "This is a web",
)

CASES = [
    Case("a spreadsheet", _zip("[Content_Types].xml", "xl/workbook.xml"), fault=_SHEET),
    Case(
        "a spreadsheet of a free program", b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis", fault=_SHEET
    ),
    Case("an old spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, fault=_SHEET),
    Case("a packed file", _zip("people.csv"), fault=_PACKED),
    Case("a file packed with gzip", gzip.compress((HEAD + BO).encode()), fault=_PACKED),
    Case("a file packed with bzip2", bz2.compress((HEAD + BO).encode()), fault=_PACKED),
    Case("a file packed with xz", lzma.compress((HEAD + BO).encode()), fault=_PACKED),
    Case("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", fault="This is a PDF."),
    Case("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10", fault="This is no text file."),
    Case("a web page", b"\r\n<!DOCTYPE html>\n<html><body>" + _TABLE + b"</body></html>", fault=_WEB),
    Case(
        "a web page that calls itself a spreadsheet",
        b'<html xmlns:x="urn:schemas-microsoft-com:office:excel">' + _TABLE,
        fault=_WEB,
    ),
    Case("XML", b'\xef\xbb\xbf<?xml version="1.0"?>\n<people><person name="Bo, Li"/></people>', fault=_WEB),
    Case("XML without its declaration", b"<people>\n  <person><name>Bo, Li</name></person>\n</people>", fault=_WEB),
    Case("XML in UTF-16", '<?xml version="1.0" encoding="utf-16"?><people/>'.encode("utf-16"), fault=_WEB),
    Case("JSON", json.dumps([{"First Name": "Bo", "Last Name": "Li"}] * 2, indent=1).encode(), fault="This is JSON."),
    Case("JSON in lines", b'{"First Name": "Bo", "Last Name": "Li"}\n' * 3, fault="This is JSON."),
    Case("a text document", b"{\\rtf1\\ansi First Name, Last Name}", fault="This is a text document."),
    Case("a letter", b"Dear Ann,\nplease find the list attached.\nYours, Bo\n", fault="Nobody can be told apart"),
    Case("a tag that never ends", b"<" + b"a" * 200_000, fault="Nobody can be told apart"),
]
