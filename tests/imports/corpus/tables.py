"""Separators, quotation marks, line ends, headings, and rows that do not fit them."""

from . import BO, BO_READ, HEAD, Case, text

_SEMICOLONS = "First Name;Last Name;Email Address;Username;Price\n"
_ANN = "Ann,Lee,ann@a.example,ann\n"
_ANN_READ = ("Ann", "Lee", "ann@a.example", "ann")
_QUOTE = "A quotation mark stands inside the cell. Double it"

_SEPARATORS = [
    text("semicolons and decimal commas", _SEMICOLONS + "Bo;Li;bo@a.example;bo;1,5\n", BO_READ),
    text(
        "semicolons and commas in every cell",
        _SEMICOLONS + '"Bo";"Li, Ltd";bo@a.example;bo;"1,5, or 2"\n',
        ("Bo", "Li, Ltd", "bo@a.example", "bo"),
    ),
    text("tabs and decimal commas", (_SEMICOLONS + "Bo;Li;bo@a.example;bo;1,5\n").replace(";", "\t"), BO_READ),
    text("vertical bars and decimal commas", (_SEMICOLONS + "Bo;Li;bo@a.example;bo;1,5\n").replace(";", "|"), BO_READ),
    text("the separator named in a first line", "sep=;\r\n" + _SEMICOLONS + "Bo;Li;bo@a.example;bo;1,5\n", BO_READ),
    text(
        "the separator named in a first line, with a mark",
        "sep=\t\r\n" + (HEAD + BO).replace(",", "\t"),
        BO_READ,
        encoding="utf-8-sig",
    ),
    text("the separator named in quotation marks", '"sep=|"\r\n' + (HEAD + BO).replace(",", "|"), BO_READ),
    text("a separator that nobody offers", (HEAD + BO).replace(",", "^"), fault="Nobody can be told apart without"),
    text("blanks around separators", HEAD + " Bo , Li , bo@a.example ,bo\n", BO_READ),
]

_QUOTES = [
    text(
        "an unterminated quotation mark",
        HEAD + 'Ann,"Lee,ann@a.example,ann\n' + BO,
        fault="The quotation mark that opens in line 2 is not closed.",
    ),
    text(
        "an unterminated quotation mark in the headings",
        '"First Name,Last Name\n' + BO,
        fault="The quotation mark that opens in line 1 is not closed.",
    ),
    text(
        "an unterminated quotation mark far down",
        HEAD + "".join(f"Bo,Li,b{n}@a.example,b{n}\n" for n in range(99)) + 'Ann,"Lee,ann@a.example,ann\n' + BO,
        fault="The quotation mark that opens in line 101 is not closed.",
    ),
    text(
        "a quotation mark that swallows a thousand lines",
        HEAD + BO * 30 + '"' + BO * 2000,
        fault="The quotation mark that opens in line 32 is not closed.",
    ),
    text(
        "doubled quotation marks",
        HEAD + '"Bo ""the Boss""",Li,bo@a.example,bo\n',
        ('Bo "the Boss"', "Li", "bo@a.example", "bo"),
    ),
    text(
        "quotation marks in the middle of a bare cell",
        HEAD + 'Bo "the Boss",Li,bo@a.example,bo\n',
        ('Bo "the Boss"', "Li", "bo@a.example", "bo"),
    ),
    text(
        "text behind a closing quotation mark",
        HEAD + '"Bo" the Boss,Li,bo@a.example,x\n' + BO,
        BO_READ,
        rejected={1: _QUOTE},
    ),
    text(
        "backslashes for quotation marks",
        HEAD + '"Bo \\"the Boss\\"",Li,bo@a.example,x\n' + BO,
        BO_READ,
        rejected={1: _QUOTE},
    ),
    text("single quotation marks", HEAD + "'Bo','Li',bo@a.example,bo\n", ("'Bo'", "'Li'", "bo@a.example", "bo")),
    text("a blank before a quotation mark", HEAD + 'Bo, "Li",bo@a.example,bo\n', ("Bo", '"Li"', "bo@a.example", "bo")),
    text("nothing but a quotation mark", '"', fault="The quotation mark that opens in line 1 is not closed."),
]

_LINES = [
    text(
        "lines in a cell",
        HEAD.replace("\n", ",Notes\n") + 'Bo,Li,bo@a.example,bo,"one\ntwo\r\nthree"\n',
        (*BO_READ, "", "one\ntwo\nthree"),
    ),
    text("lines of a Mac", (HEAD + BO + _ANN).replace("\n", "\r"), BO_READ, _ANN_READ),
    text("lines of Windows", (HEAD + BO + _ANN).replace("\n", "\r\n"), BO_READ, _ANN_READ),
    text("lines of three kinds", HEAD.replace("\n", "\r\n") + BO + _ANN.replace("\n", "\r"), BO_READ, _ANN_READ),
    text("lines that end the wrong way round", (HEAD + BO + _ANN).replace("\n", "\n\r"), BO_READ, _ANN_READ),
    text("lines that end twice", (HEAD + BO + _ANN).replace("\n", "\r\r\n"), BO_READ, _ANN_READ),
    text("a last line without an end", HEAD + BO.strip(), BO_READ),
    text("blank lines between rows", HEAD + "\n\n" + BO + "\n ,,,\n" + _ANN + "\n", BO_READ, _ANN_READ),
    text("Ctrl-Z at the end", (HEAD + BO).replace("\n", "\r\n") + "\x1a", BO_READ),
    text("Ctrl-Z in a line of its own at the end", (HEAD + BO + "\x1a\n").replace("\n", "\r\n"), BO_READ),
]

_HEADINGS = [
    text("no headings", BO + _ANN, fault="Nobody can be told apart without a column"),
    text(
        "no headings, as wide as the layout",
        ",".join(["", "Bo", "Li", "bo@a.example", *[""] * 14, "bo", *[""] * 10]) + "\n",
        BO_READ,
    ),
    text("a heading twice", HEAD.replace("\n", ",Last Name\n") + BO.replace("\n", ",Other\n"), BO_READ),
    text("empty headings", ",First Name,,Last Name,Email Address,Username\n" + "x,Bo,y,Li,bo@a.example,bo\n", BO_READ),
    text("blank lines above the headings", "\n \n,,,\n" + HEAD + BO, BO_READ),
    text(
        "title lines above the headings",
        "Customers of Harbor IT\nas of 3 May 2026\n\n" + HEAD + BO + _ANN,
        BO_READ,
        _ANN_READ,
    ),
    text("title lines as wide as the table", "Customers,,,\nMay,2026,,\n" + HEAD + BO, BO_READ),
    text("title lines under the named separator", "sep=;\nCustomers\n" + (HEAD + BO).replace(",", ";"), BO_READ),
    text("one column only", "First Name\nAnn\nBo\n", fault="Nobody can be told apart without a column"),
    text(
        "a thousand columns",
        (",".join(f"Column {n}" for n in range(1000)) + "\n") * 2,
        fault="The file has 1000 columns; at most 500 can be read. Delete those that are not needed",
    ),
    text(
        "headings in German",
        "Vorname;Nachname;E-Mail;Benutzername;Telefon\nBo;Li;bo@a.example;bo;0171 1\n",
        (*BO_READ, "0171 1"),
    ),
    text("headings in another language", "Prénom,Nom de famille,Adresse,Courriel\n" + BO, fault="Nobody can be told"),
    text("headings in capitals, with signs", "FIRST_NAME,last-name,email_address,[username]\n" + BO, BO_READ),
    text("headings over several lines", '"First\nName","Last  Name",Email Address,Username\n' + BO, BO_READ),
    text(
        "a separator behind the headings",
        HEAD.replace("\n", ",\n") + BO + _ANN.replace("\n", ",\n"),
        BO_READ,
        _ANN_READ,
    ),
    text("a separator behind the rows", HEAD + BO.replace("\n", ",\n"), BO_READ),
    text(
        "a heading as long as a book",
        HEAD.replace("\n", "," + "x" * 100_000 + "\n") + BO.replace("\n", ",y\n"),
        BO_READ,
    ),
]

_RAGGED = [
    text(
        "a short row",
        HEAD + "Ann,Lee,ann@a.example\n" + BO,
        BO_READ,
        rejected={1: "The row has 3 cells, but there are 4 columns. Add what is missing"},
    ),
    text(
        "a long row",
        HEAD + _ANN.replace("\n", ",more\n") + BO,
        BO_READ,
        rejected={1: "The row has 5 cells, but there are 4 columns. Put cells that hold the separator in"},
    ),
    text(
        "a comma that nobody quoted",
        HEAD + "Ann,Lee, Ltd,ann@a.example,ann\n" + BO,
        BO_READ,
        rejected={1: "The row has 5 cells"},
    ),
    text("a long row of blanks", HEAD + _ANN.replace("\n", ",, ,\n"), _ANN_READ),
    text(
        "row 262 is faulty",
        HEAD + "".join(f"Ann,No{n},{f'n{n}@a.example' if n != 262 else 'nowhere'},n{n}\n" for n in range(1, 400)),
        *[("Ann", f"No{n}", f"n{n}@a.example", f"n{n}") for n in range(1, 400) if n != 262],
        rejected={262: "An e-mail address is expected; “nowhere” is none. Write it like"},
        whole=True,
    ),
]

_SIZES = [
    Case("an empty file", b"", fault="The file is empty."),
    Case("nothing but a mark", b"\xef\xbb\xbf", fault="The file holds no rows."),
    Case("nothing but headings", HEAD.encode(), fault="Below the headings there are no rows.", whole=True),
    Case("nothing but blanks", b" \n\t\n\r\n ", fault="The file is empty."),
    Case("nothing but separators", b",,,\n,,,\n", fault="The file holds no rows."),
    Case("nothing but the named separator", b"sep=;\n", fault="The file holds no rows."),
    Case("nothing but Ctrl-Z", b"\x1a", fault="The file holds no rows."),
    text(
        "a cell of a million characters",
        HEAD.replace("\n", ",Notes\n") + "Ann,Lee,ann@a.example,ann," + "x" * 10**6 + "\n" + BO.replace("\n", ",\n"),
        BO_READ,
        rejected={1: "fit; the text has 1"},
    ),
    text(
        "a cell larger than any",
        HEAD.replace("\n", ",Notes\n")
        + "Ann,Lee,ann@a.example,ann,"
        + "x" * 1_100_000
        + "\n"
        + BO.replace("\n", ",\n"),
        BO_READ,
        rejected={1: "A cell holds more than one million characters."},
    ),
    text(
        "a quoted cell larger than any, and a line behind it",
        HEAD + 'Ann,"' + "x" * 1_100_000 + '\ny",a,b\n' + BO,
        fault="The quotation mark that opens in line 2 is not closed.",
    ),
    text(
        "a very long line",
        HEAD + "x" * (16 * 1024 * 1024) + "\n" + BO,
        fault="Line 2 has more than 16 million characters: this is no table.",
    ),
]

CASES = [*_SEPARATORS, *_QUOTES, *_LINES, *_HEADINGS, *_RAGGED, *_SIZES]
