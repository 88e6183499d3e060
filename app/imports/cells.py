"""From a batch of rows to staged values: column by column, each distinct text read once, errors kept by row."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Text as TextColumn

from app.fields.errors import FieldError
from app.fields.kinds import Region
from app.fields.sheet import restored
from app.i18n import gettext as _

from .reading import Batch
from .targets import BY_TEXT, PASSWORD, Target

_LONGEST_FOUND = 200
# Whether a cell needs escaping at all within an array within a COPY line, and how each such sign is written there.
_SPECIAL = re.compile(r'[\\"\n\r\t]').search
_ESCAPES = str.maketrans({"\\": "\\" * 4, '"': '\\\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def shape(text: str) -> str:
    """A cell's text as problems quote it and repairs know it: short, and storable."""
    if len(text) > _LONGEST_FOUND:
        text = f"{text[:150]}… #{hashlib.blake2s(text.encode(), digest_size=6).hexdigest()}"
    return text.replace("\0", "\ufffd")


@dataclass
class Reader:
    """How the columns of one import are read; makes COPY lines for `import_row`."""

    import_id: int
    # (place in the file's rows, what it means), in the order of the file
    columns: Sequence[tuple[int, Target]]
    # Every mandatory field that no column has: missing in all rows.
    absent: Sequence[Target]
    repairs: dict[str, dict[str, str]]
    locale: str
    seal: Callable[[str], bytes]
    found: int = field(default=0, init=False)

    def copy_lines(self, batch: Batch) -> bytes:
        """The batch as lines for COPY, in the order of `COLUMNS`."""
        texts = list(zip(*batch.rows, strict=True))
        problems: dict[int, list] = {}
        missing: dict[int, list] = {}
        for at, broken in batch.broken.items():
            problems[at] = [["", broken.code, broken.sentence, broken.found]]
        staged: list[list[str]] = []
        passwords: dict[int, bytes] = {}
        values: dict[str, list[Any]] = {}
        # A region is read within its country, so that countries come first.
        for place, target in sorted(self.columns, key=lambda column: isinstance(column[1].kind, Region)):
            if target.name == PASSWORD:
                passwords = self._passwords(texts[place], problems)
                continue
            values[target.name], errors = self._values(target, texts[place], values)
            for at, error in errors.items():
                if at not in batch.broken:
                    found = shape(texts[place][at])
                    said = f"{error.message} {error.hint}" if error.hint else error.message
                    problems.setdefault(at, []).append([target.name, error.code, said, found])
            if target.required and None in values[target.name]:
                for at, value in enumerate(values[target.name]):
                    if value is None and at not in errors:
                        missing.setdefault(at, []).append(_missing(target))
        for _place, target in self.columns:
            if target.name != PASSWORD:
                staged.append(_quoted(target, values[target.name]))
        self.found += len(problems)
        return self._lines(batch, staged, problems, missing, passwords)

    def _values(self, target: Target, texts: Sequence[str], known: dict[str, list]) -> tuple[list, dict]:
        repairs = self.repairs.get(target.name)
        if "'" in "".join(texts):
            texts = [restored(text) if "'" in text else text for text in texts]
        if repairs:
            texts = [repairs.get(shape(text), text) for text in texts]
        found, errors = self._parsed(target, texts, known)
        if repairs and target.name in BY_TEXT:
            # What was not found in the database was reported as it was read, not as it stands in the file.
            mended = [repairs.get(value, value) if value else value for value in found]
            if mended != found:
                found, more = self._parsed(target, [value or "" for value in mended], known)
                errors |= more
        return found, errors

    def _parsed(self, target: Target, texts: Sequence[str], known: dict[str, list]) -> tuple[list, dict]:
        kind = target.kind
        if not isinstance(kind, Region):
            found, errors = kind.parse_many(texts, locale=self.locale)
        else:
            found, errors = _by_country(kind, texts, known.get(kind.country) or [None] * len(texts), self.locale)
        # An empty cell is no error: whether the field may stay empty depends on what becomes of the row.
        errors = {at: error for at, error in errors.items() if error.code != "required"}
        if target.custom:
            found = [value if value is None or isinstance(value, str) else _json(kind, value) for value in found]
        return found, errors

    def _passwords(self, texts: Sequence[str], problems: dict[int, list]) -> dict[int, bytes]:
        """Sealed at once; what is wrong with one is said without it."""
        found = {}
        for at, text in enumerate(texts):
            text = restored(text)
            if len(text) > 64:
                sentence = _("A password has at most %(n)s characters.", n=64)
                problems.setdefault(at, []).append([PASSWORD, "max", sentence, ""])
            elif text:
                found[at] = self.seal(text)
        return found

    def _lines(self, batch: Batch, staged, problems, missing, passwords) -> bytes:
        absent = [_missing(target) for target in self.absent]
        everywhere = _json_cell(absent) if absent else "\\N"
        lines = []
        cells = [",".join(row) for row in zip(*staged, strict=True)] if staged else [""] * len(batch)
        for at, (line_no, row) in enumerate(zip(batch.lines, cells, strict=True)):
            wrong = _json_cell(problems[at]) if at in problems else "\\N"
            lacks = _json_cell(missing[at] + absent) if at in missing else everywhere
            secret = f"\\\\x{passwords[at].hex()}" if at in passwords else "\\N"
            lines.append(f"{self.import_id}\t{batch.first + at}\t{line_no}\t{{{row}}}\t{wrong}\t{lacks}\t{secret}\n")
        return "".join(lines).encode()


# The columns of `import_row` that `copy_lines` writes.
COLUMNS = ("import_id", "row_no", "line_no", "cells", "problems", "missing", "password")


def _by_country(kind: Region, texts, countries, locale) -> tuple[list, dict[int, FieldError]]:
    places: dict[str | None, list[int]] = {}
    for at, country in enumerate(countries):
        places.setdefault(country, []).append(at)
    found: list[Any] = [None] * len(texts)
    errors: dict[int, FieldError] = {}
    for country, here in places.items():
        values, wrong = kind.parse_many([texts[at] for at in here], locale=locale, country=country)
        for n, at in enumerate(here):
            found[at] = values[n]
        errors |= {here[n]: error for n, error in wrong.items()}
    return found, errors


def _missing(target: Target) -> list:
    return [target.name, "required", _("%(field)s is needed for a new person.", field=target.label), ""]


def _json(kind, value) -> str:
    return orjson.dumps(kind.to_json(value)).decode()


def _quoted(target: Target, values: list[Any]) -> list[str]:
    """A column's values as elements of an array in a COPY line."""
    texts = values if isinstance(target.kind.column(), TextColumn) else [target.cell(value) for value in values]
    if _SPECIAL("".join(filter(None, texts))):
        texts = [text and (text.translate(_ESCAPES) if _SPECIAL(text) else text) for text in texts]
    return ["NULL" if text is None else f'"{text}"' for text in texts]


def _json_cell(value: Any) -> str:
    return orjson.dumps(value).decode().replace("\\", "\\\\")
