"""Reading a file as upload and check do, without a database: for tests that read very many of them."""

import json
import re

from app.imports import matching
from app.imports.cells import Reader
from app.imports.encodings import Examination, Unreadable
from app.imports.layout import Layout, detect
from app.imports.reading import Table, preview, readable
from app.imports.targets import Target

# How COPY writes what would end a value or a line, and the elements of an array in it.
_COPIED = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = {"n": "\n", "r": "\r", "t": "\t"}
_ELEMENT = re.compile(r'NULL|"((?:[^"\\]|\\.)*)"', re.DOTALL)


def layout_of(parts: list[bytes], is_heading) -> Layout:
    """How the file is read unless somebody says otherwise; raises `Unreadable`."""
    seen = Examination()
    for part in parts:
        seen.feed(part)
    encoding = seen.encoding()
    return detect(bytes(seen.head).decode(encoding, "replace").lstrip("\ufeff"), encoding, is_heading)


def table_of(parts: list[bytes], layout: Layout) -> tuple[Table, list]:
    """The file's headings and its rows, read to the end; raises `Unreadable`."""
    preview(lambda: parts, layout)
    with readable(lambda: parts, layout):
        table = Table(parts, layout)
        return table, list(table.batches(1000))


def read(parts: list[bytes], columns: dict[str, Target], *, locale: str = "en"):
    """The rows that are taken, by field, and the reasons for those that are not, by number; raises `Unreadable`."""
    table, batches = table_of(parts, layout_of(parts, matching.is_heading(columns)))
    names = matching.match(table.headings, columns)
    if wrong := matching.wrong(names, columns):
        raise Unreadable(wrong)
    meant = [(at, columns[name]) for at, name in enumerate(names) if name]
    reader = Reader(1, meant, matching.left_to_say(names, columns), {}, locale, str.encode)
    fields = [target.name for _at, target in meant if target.name != "password"]
    taken, refused = [], {}
    for batch in batches:
        for line in reader.copy_lines(batch).decode().splitlines():
            _import, row_no, _line, cells, *wrong, _password = map(_uncopied, line.split("\t"))
            problems = [problem for one in wrong if one for problem in json.loads(one)]
            if problems:
                refused[int(row_no)] = " ".join(message for _field, _code, message, _found in problems)
            else:
                taken.append(dict(zip(fields, elements(cells), strict=True)))
    return taken, refused


def _uncopied(value: str) -> str | None:
    if value == r"\N":
        return None
    return _COPIED.sub(lambda found: _SIGNS.get(found[1], found[1]), value)


def elements(array: str) -> list[str | None]:
    """The elements of an array as PostgreSQL reads them."""
    return [
        None if one[0] == "NULL" else re.sub(r"\\(.)", r"\1", one[1], flags=re.DOTALL)
        for one in _ELEMENT.finditer(array)
    ]
