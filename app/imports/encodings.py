"""Which letters the bytes of a file stand for: found out while it is uploaded, shown to the user, changeable."""

import codecs
import io
from collections.abc import Iterable, Iterator

from charset_normalizer import from_bytes

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
# Those that are guessed; where several fit equally well, the first of them.
_GUESSED = ["cp1252", "mac_roman", "cp850", "cp1250", "cp1251", "shift_jis"]
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SHEET = _l("This is a spreadsheet. Open it and save it as “CSV UTF-8”, then upload that file.")
_BINARY = (
    (b"PK\x03\x04", _SHEET),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _SHEET),
    (b"%PDF", _l("This is a PDF. Export the list as CSV from where the PDF was made.")),
    (b"\x1f\x8b", _l("This file is compressed. Unpack it first.")),
)
HEAD = 256 * 1024
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
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        for signature, sentence in _BINARY:
            if head.startswith(signature):
                raise Unreadable(str(sentence))
        wide = _wide(head)
        if wide:
            return wide
        if _strange(head):
            raise Unreadable(_("This is no text file. Export the list as CSV, then upload that file."))
        if self._ends_as_utf8():
            return "utf-8"
        return _guess(bytes(self._letters))

    def _ends_as_utf8(self) -> bool:
        if self._is_utf8:
            try:
                self._utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                self._is_utf8 = False
        return self._is_utf8


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: in text of mostly Latin letters every other byte is zero."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[0 : pairs * 2 : 2].count(0) / pairs, head[1 : pairs * 2 : 2].count(0) / pairs
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _strange(head: bytes) -> bool:
    """Whether more than one byte in a hundred is a control character that no text holds."""
    control = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 27))
    return len(head) - len(head.translate(None, control)) > len(head) / 100


def _guess(letters: bytes) -> str:
    found = list(from_bytes(letters, cp_isolation=_GUESSED, preemptive_behaviour=False))
    ties = [match.encoding for match in found if (match.chaos, match.coherence) == (found[0].chaos, found[0].coherence)]
    for name in [*sorted(set(ties) & set(_GUESSED), key=_GUESSED.index), "cp1252"]:
        try:
            letters.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


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
    """The file as text, its line ends as they are; reading raises UnicodeDecodeError where it is none."""
    buffered = io.BufferedReader(_Parts(iter(parts)), 128 * 1024)
    return io.TextIOWrapper(buffered, "utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def undecodable(parts: Iterable[bytes], encoding: str) -> Unreadable:
    """The sentence for a file that is not in this encoding, with the line of the first wrong byte."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    try:
        for part in parts:
            line += decoder.decode(part).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].decode(encoding, "replace").count("\n")
    return Unreadable(
        _(
            "Line %(line)s is not in the encoding “%(name)s”. Choose another encoding under “File”.",
            line=line,
            name=ENCODINGS.get(encoding, encoding),
        )
    )
