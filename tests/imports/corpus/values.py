"""Cells whose text means something else than it seems to."""

from . import BO_READ, FIELDS, HEADINGS, Case, cell

assert len(HEADINGS) == len(FIELDS)

_FORMULAS = [
    cell(f"a formula: {content[:6]!r}", "Notes", content, content)
    for content in ("=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(A1:A9)", '=HYPERLINK("http://x.example","y")')
]
_FORMULAS += [
    cell("a formula behind a tab", "Last Name", "\t=1+1", "=1+1"),
    cell("a formula that was defused", "Last Name", "'=1+1", "=1+1"),
    cell("an apostrophe that defuses nothing", "Last Name", "'s-Gravenhage", "'s-Gravenhage"),
]

_HIDDEN = [
    cell("a zero-width blank", "Last Name", "Le\u200be", "Lee"),
    cell("a soft hyphen", "Last Name", "Le\xade", "Lee"),
    cell("a mark in the middle of the file", "Last Name", "\ufeffLee", "Lee"),
    cell("an override of the direction", "Last Name", "Lee\u202etxt", "Leetxt"),
    cell("isolates of the direction", "Last Name", "\u2066Lee\u2069", "Lee"),
    cell("no-break blanks", "Last Name", "\xa0van\xa0der\u202fLee\xa0", "van der Lee"),
    cell("ideographic blanks", "Last Name", "山田\u3000太郎", "山田 太郎"),
    cell("a line separator", "Last Name", "van\u2028Lee", "van Lee"),
    cell("combining accents", "Last Name", "Mu\u0308ller", "Müller"),
    cell("many combining accents", "Notes", "L" + "\u0301" * 50, "Ĺ" + "\u0301" * 49),
    cell("emoji", "Last Name", "Lee 👩‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🇩🇪", "Lee 👩‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🇩🇪"),
    cell("right-to-left letters", "Last Name", "לוי", "לוי"),
    cell("full-width digits in a phone number", "Phone", "０３１－１２", "031-12"),
    cell("a bell", "Last Name", "Lee\x07", refused="control character (U+0007) at position 4"),
    cell("an escape sequence", "Notes", "\x1b[31mred", refused="control character (U+001B)"),
    cell("Ctrl-Z behind the last cell", "Notes", "end\x1a", refused="control character (U+001A)"),
    cell("nothing but invisible signs", "Last Name", "\u200b\u200d\ufeff", refused="Last name is needed"),
]

_SIGNS = [
    cell(
        "what a database could mistake",
        "Notes",
        '\\N {NULL} {"a",b} \\x00 %s :id $1 \\\\',
        '\\N {NULL} {"a",b} \\x00 %s :id $1 \\\\',
    ),
    cell("a statement", "Last Name", "Lee'); DROP TABLE contact;--", "Lee'); DROP TABLE contact;--"),
    cell("a script", "Last Name", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    cell("the word NULL", "Last Name", "NULL", "NULL"),
    cell("the word for a missing value", "Username", "#N/A", "#N/A"),
    cell("a tab within a note", "Notes", "a\tb\nc\\td", "a\tb\nc\\td"),
]

_NUMBERS = [
    cell("leading zeros", "Phone", "0049 030 0123", "0049 030 0123"),
    cell("leading zeros in a user name", "Username", "000123", "000123"),
    cell("scientific notation", "Phone", "4,91714E+11", refused="A phone number is expected; “4,91714E+11” holds"),
    cell("a phone number with words", "Phone", "ask Bo", refused="Use digits, spaces and + ( ) - / only"),
    cell("a number in the place of a name", "Last Name", "4.71E+05", "4.71E+05"),
    cell(
        "an address with a name around it",
        "Email Address",
        "Ann Lee <ann@a.example>",
        refused="Only the address is expected; “Ann Lee <ann@a.example>”",
    ),
    cell("two addresses", "Email Address", "ann@a.example; lee@a.example", refused="e-mail"),
]

_DATES = [
    cell("a date as the standard has it", "Next Visit", "2026-05-03", "2026-05-03"),
    cell("a German date", "Next Visit", "03.05.2026", "2026-05-03", locale="de"),
    cell("a German date with a short year", "Next Visit", "3.5.26", refused="Write 3.5.2026", locale="de"),
    cell("an American date", "Next Visit", "05/13/2026", "2026-05-13"),
    cell(
        "a British date among American ones", "Next Visit", "13/05/2026", refused="Write 2026-05-13, if that is meant."
    ),
    cell("a date in words", "Next Visit", "3 May 2026", "2026-05-03"),
    cell("a day that is none", "Next Visit", "2026-02-30", refused="There is no such date: “2026-02-30”."),
    cell("a date as the spreadsheet counts", "Next Visit", "46145", refused="A date is expected; “46145” is none."),
    cell("a date from before the calendar", "Next Visit", "0000-00-00", refused="There is no such date"),
]

CASES: list[Case] = [*_FORMULAS, *_HIDDEN, *_SIGNS, *_NUMBERS, *_DATES]
assert all(BO_READ)
