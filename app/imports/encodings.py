"""Which letters the bytes of a file stand for: found out while it is uploaded, shown to the user, changeable."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

# What a spreadsheet or an old desk can have written, by the name of Python's codec, in the order of the choice.
ENCODINGS = {
    "utf-8": _l("Unicode (UTF-8)"),
    "cp1252": _l("Western European (Windows 1252)"),
    "latin-1": _l("Western European (ISO 8859-1)"),
    "cp1250": _l("Central European (Windows 1250)"),
    "cp1251": _l("Cyrillic (Windows 1251)"),
    "cp1253": _l("Greek (Windows 1253)"),
    "cp1254": _l("Turkish (Windows 1254)"),
    "mac_roman": _l("Western European (Mac)"),
    "cp850": _l("Western European (DOS)"),
    "shift_jis": _l("Japanese (Shift JIS)"),
    "gb18030": _l("Chinese (GB 18030)"),
    "utf-16-le": _l("Unicode (UTF-16, little endian)"),
    "utf-16-be": _l("Unicode (UTF-16, big endian)"),
}
# Those that are guessed, the most frequent first.
_GUESSED = ["cp1252", "mac_roman", "cp850", "cp1250", "cp1251", "shift_jis"]
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SHEET = _l("This is a spreadsheet. Open it and save it as “CSV UTF-8”, then upload that file.")
_PACKED = _l("This file is compressed. Unpack it first.")
_UTF32 = _l("This file is in UTF-32, which cannot be read here. Save it as “CSV UTF-8”, then upload that file.")
_BINARY = (
    (re.compile(rb"PK\x03\x04(?s:.*)(?:\[Content_Types\]\.xml|mimetypeapplication/vnd|xl/)"), _SHEET),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _SHEET),
    (re.compile(rb"%PDF"), _l("This is a PDF. Export the list as CSV from where the PDF was made.")),
    (re.compile(rb"PK\x03\x04|\x1f\x8b|BZh\d1AY|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd|Rar!\x1a"), _PACKED),
    # The mark of little-endian UTF-32 begins with that of UTF-16.
    (re.compile(rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff"), _UTF32),
)
# Texts that are no tables, by how they begin.
_NO_TABLES = (
    (
        re.compile(r"<(?:!doctype|!--|\?xml|html|head|body|meta|table|[a-z][^<>@]{0,500}>\s{0,500}<)", re.IGNORECASE),
        _l("This is a web page or XML. Open it in a spreadsheet, save it as “CSV UTF-8”, then upload that file."),
    ),
    (
        re.compile(r"[\[{]\s*[\[{\"]"),
        _l("This is JSON. Export the list as CSV from where it comes from, then upload that file."),
    ),
    (
        re.compile(r"\{\\rtf"),
        _l("This is a text document. Put its table into a spreadsheet, save it as “CSV UTF-8”, then upload that file."),
    ),
)
_LATIN, _OTHER = "[A-Za-z\xc0-\u024f]", "[\u0370-\u04ff\u3040-\u9fff\uff61-\uff9f]"
# What words have only where they are read in a wrong encoding.
_ODD = re.compile(
    "|".join(
        (
            # signs within a word, at its beginning, at its end
            f"{_LATIN}[\x80-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u02c6-\u02dd\u2013-\u2018\u201a-\u2bff]{_LATIN}",
            f"[\xa2-\xa9\xac-\xaf\xb1-\xb4\xb9\xbc-\xbe]{_LATIN}",
            f"{_LATIN}[\xa1-\xa9\xac-\xb1\xb4-\xb9\xbc-\xbf]",
            r"[^\W\d_][\u2500-\u25ff]|[\u2500-\u25ff][^\W\d_]",
            # letters of two scripts, capitals behind small letters
            f"{_LATIN}{_OTHER}|{_OTHER}{_LATIN}",
            "[a-z\xdf-\xff][\xc0-\xde\u0178]",
            # three letters with accents in a row, one that stands alone, and those that only Czechs and Hungarians have
            "[\xc0-\xff]{3}",
            r"\b[\xc1-\xc8\xca-\xdf\xe1-\xe7\xea-\xf2\xf4-\xf9\xfb-\xff]\b",
            f"[\xec\xf2\xf9]{_LATIN}|\xf5(?!e)",
        )
    )
).findall
HEAD = 256 * 1024
# Ctrl-Z: how programs of DOS end a text.
END_OF_FILE = "\x1a"
_LEAST_LETTERS = 64 * 1024


class Unreadable(ValueError):
    """The file cannot be read as it is; the sentence says where, what was found and how to mend it."""


class Examination:
    """Looks at a file's bytes as they pass, to say what they are once all have passed."""

    def __init__(self):
        self.head = bytearray()
        self.size = self.lines = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._is_utf8 = True
        # Lines with letters that are not ASCII: what the guess is made from.
        self._letters = bytearray()

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the chunks on, looking at each."""
        for chunk in chunks:
            self.feed(chunk)
            yield chunk

    def feed(self, chunk: bytes) -> None:
        """Look at one more chunk."""
        self.size += len(chunk)
        self.lines += chunk.count(b"\n")
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        if self._is_utf8:
            try:
                self._utf8.decode(chunk)
            except UnicodeDecodeError:
                self._is_utf8 = False
        if len(self._letters) < _LEAST_LETTERS and not chunk.isascii():
            self._letters += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[:_LEAST_LETTERS]

    def encoding(self) -> str:
        """The encoding to begin with; raises `Unreadable` for what is no text at all."""
        head = bytes(self.head)
        if not self.size or not head.strip():
            raise Unreadable(_("The file is empty. Choose another one."))
        for signature, sentence in _BINARY:
            if signature.match(head):
                raise Unreadable(str(sentence))
        name = self._name(head)
        text = head[:4000].decode(name, "replace").lstrip("\ufeff \t\r\n")
        for beginning, sentence in _NO_TABLES:
            if beginning.match(text):
                raise Unreadable(str(sentence))
        return name

    def _name(self, head: bytes) -> str:
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        wide = _wide(head)
        if wide:
            return wide
        if _strange(head):
            raise Unreadable(_("This is no text file. Export the list as CSV, then upload that file."))
        letters = bytes(self._letters)
        return "utf-8" if self._ends_as_utf8() or _mostly_utf8(letters) else _guess(letters)

    def _ends_as_utf8(self) -> bool:
        if self._is_utf8:
            try:
                self._utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                self._is_utf8 = False
        return self._is_utf8


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: of separators, line ends, addresses and Latin letters every other byte is zero."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[0 : pairs * 2 : 2].count(0) / pairs, head[1 : pairs * 2 : 2].count(0) / pairs
    if odd > 0.1 and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > 0.1 and odd < even / 10 else None


def _strange(head: bytes) -> bool:
    """Whether more than one byte in a hundred is a control character that no text holds."""
    control = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 27))
    text = head.rstrip(END_OF_FILE.encode() + b"\r\n")
    return len(text) - len(text.translate(None, control)) > len(head) / 100


def _mostly_utf8(letters: bytes) -> bool:
    """Whether the letters are UTF-8 but for some: a file that was cut off, or put together from two.

    Other encodings hardly ever have two letters in a row that make one of UTF-8. Read as UTF-8, the first wrong line
    is named; read otherwise, all the right ones would be garbled without a word.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(letters)
    wrong = text.count("\ufffd")
    return sum(not sign.isascii() for sign in text) - wrong > wrong


def _guess(letters: bytes) -> str:
    """The encoding in which the fewest words look odd, and of those that fit equally well the first."""
    fits = []
    for name in _GUESSED:
        try:
            text = codecs.getincrementaldecoder(name)().decode(letters)
        except UnicodeDecodeError:
            continue
        fits.append((len(_ODD(text)), len(fits), name))
    return min(fits)[-1] if fits else "latin-1"


class _Parts(io.RawIOBase):
    """Bytes that come in parts, as a file."""

    def __init__(self, parts: Iterator[bytes]):
        self._parts, self._rest = iter(parts), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def text_of(parts: Iterable[bytes], encoding: str) -> io.TextIOWrapper:
    """The file as text, its line ends and its mark as they are; reading raises UnicodeDecodeError where it is none."""
    return io.TextIOWrapper(io.BufferedReader(_Parts(iter(parts)), 128 * 1024), encoding, newline="")


def undecodable(parts: Iterable[bytes], encoding: str) -> Unreadable:
    """The sentence for a file that is not in this encoding, with the line of the first wrong byte."""
    decoder, lines, line = codecs.getincrementaldecoder(encoding)(), io.IncrementalNewlineDecoder(None, True), 1
    try:
        for part in parts:
            line += lines.decode(decoder.decode(part)).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += lines.decode(error.object[: error.start].decode(encoding, "replace"), final=True).count("\n")
    return Unreadable(
        _(
            "Line %(line)s is not in the encoding “%(name)s”. Choose another encoding under “File”, or save the file"
            " as “CSV UTF-8” and upload it again.",
            line=line,
            name=ENCODINGS.get(encoding, encoding),
        )
    )
