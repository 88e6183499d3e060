"""Encodings: what the bytes stand for."""

import codecs

from . import BO, BO_READ, HEAD, Case, text

_GERMAN = "Jürgen,Müßig,j@a.example,jm\nZoë,Weiß,z@a.example,zw\n"
_GERMANS = (("Jürgen", "Müßig", "j@a.example", "jm"), ("Zoë", "Weiß", "z@a.example", "zw"))
_FRENCH = "Hélène,Garçon,h@a.example,hg\nNoël,Besançon,n@a.example,nb\n"
_FRENCHMEN = (("Hélène", "Garçon", "h@a.example", "hg"), ("Noël", "Besançon", "n@a.example", "nb"))
_CZECH = "Jiří,Dvořák,j@a.example,jd\nBožena,Němcová,b@a.example,bn\n"
_CZECHS = (("Jiří", "Dvořák", "j@a.example", "jd"), ("Božena", "Němcová", "b@a.example", "bn"))
_POLISH = "Łukasz,Wałęsa,l@a.example,lw\nŻaneta,Śląska,z@a.example,zs\n"
_POLES = (("Łukasz", "Wałęsa", "l@a.example", "lw"), ("Żaneta", "Śląska", "z@a.example", "zs"))
_DANISH = "Søren,Kærgård,s@a.example,sk\nBjørn,Ærø,b@a.example,ba\n"
_DANES = (("Søren", "Kærgård", "s@a.example", "sk"), ("Bjørn", "Ærø", "b@a.example", "ba"))
_RUSSIAN = "Юрий,Мельников,j@a.example,jm\nЗоя,Белова,z@a.example,zb\n"
_RUSSIANS = (("Юрий", "Мельников", "j@a.example", "jm"), ("Зоя", "Белова", "z@a.example", "zb"))
_JAPANESE = "太郎,山田,t@a.example,ty\n花子,鈴木,h@a.example,hs\n"
_JAPANESE_PEOPLE = (("太郎", "山田", "t@a.example", "ty"), ("花子", "鈴木", "h@a.example", "hs"))

CASES = [
    text("UTF-8", HEAD + _GERMAN, *_GERMANS),
    text("UTF-8 with a mark", HEAD + _GERMAN, *_GERMANS, encoding="utf-8-sig"),
    text("UTF-8 with two marks", "\ufeff" + HEAD + _GERMAN, *_GERMANS, encoding="utf-8-sig"),
    text(
        "UTF-8 with a mark and quoted headings",
        '"First Name","Last Name","Email Address","Username"\n' + _GERMAN,
        *_GERMANS,
        encoding="utf-8-sig",
    ),
    text("UTF-16 little endian with a mark", "\ufeff" + HEAD + _GERMAN, *_GERMANS, encoding="utf-16-le"),
    text("UTF-16 big endian with a mark", "\ufeff" + HEAD + _GERMAN, *_GERMANS, encoding="utf-16-be"),
    text("UTF-16 little endian without a mark", HEAD + _GERMAN, *_GERMANS, encoding="utf-16-le"),
    text("UTF-16 big endian without a mark", HEAD + _GERMAN, *_GERMANS, encoding="utf-16-be"),
    text(
        "UTF-16 with a mark and quoted headings",
        '\ufeff"First Name","Last Name","Email Address","Username"\n' + BO,
        BO_READ,
        encoding="utf-16-le",
    ),
    text("UTF-16 of Cyrillic without a mark", HEAD + _RUSSIAN * 1, *_RUSSIANS, encoding="utf-16-le"),
    text(
        "UTF-16 as a spreadsheet saves Unicode text",
        "\ufeff" + (HEAD + _RUSSIAN).replace(",", "\t"),
        *_RUSSIANS,
        encoding="utf-16-le",
    ),
    Case("UTF-16 cut in the middle of a letter", (HEAD + _GERMAN).encode("utf-16")[:-1], fault="Line 3 is not in the"),
    Case(
        "UTF-16 with half a letter",
        codecs.BOM_UTF16_LE + (HEAD + "Bo,").encode("utf-16-le") + b"\x00\xd8\n\x00",
        fault="Line 2 is not in the encoding “Unicode (UTF-16, little endian)”",
    ),
    text("UTF-32 with a mark", HEAD + _GERMAN, encoding="utf-32", fault="This file is in UTF-32"),
    text("UTF-32 without a mark", HEAD + _GERMAN, encoding="utf-32-le", fault="This is no text file"),
    text("Windows 1252, German", HEAD + _GERMAN, *_GERMANS, encoding="cp1252"),
    text("Windows 1252, French", HEAD + _FRENCH, *_FRENCHMEN, encoding="cp1252"),
    text("Windows 1252, Danish", HEAD + _DANISH, *_DANES, encoding="cp1252"),
    text(
        "Windows 1252, quotation marks and the euro",
        HEAD + "„Bo“,5 €–Li…,bo@a.example,bo’s\n",
        ("„Bo“", "5 €–Li…", "bo@a.example", "bo’s"),
        encoding="cp1252",
    ),
    text("ISO 8859-1", HEAD + _GERMAN, *_GERMANS, encoding="latin-1"),
    text("Windows 1250, Czech", HEAD + _CZECH, *_CZECHS, encoding="cp1250"),
    text("Windows 1250, Polish", HEAD + _POLISH, *_POLES, encoding="cp1250"),
    text("Windows 1251", HEAD + _RUSSIAN, *_RUSSIANS, encoding="cp1251"),
    text("DOS 850", HEAD + _GERMAN, *_GERMANS, encoding="cp850"),
    text("DOS 437", HEAD + _GERMAN, *_GERMANS, encoding="cp437"),
    text("Mac", HEAD + _GERMAN, *_GERMANS, encoding="mac_roman"),
    text("Mac, French", HEAD + _FRENCH, *_FRENCHMEN, encoding="mac_roman"),
    text("Shift JIS", HEAD + _JAPANESE, *_JAPANESE_PEOPLE, encoding="shift_jis"),
    Case(
        "UTF-8 and Windows 1252 in one file",
        (HEAD + _GERMAN).encode() + "Jörg,Lo,j@a.example,jl\n".encode("cp1252"),
        fault="Line 4 is not in the encoding “Unicode (UTF-8)”. Choose another encoding",
    ),
    Case(
        "UTF-8 with a mark, then Windows 1252",
        codecs.BOM_UTF8 + HEAD.encode() + _GERMAN.encode("cp1252"),
        fault="Line 2 is not in the encoding",
    ),
    Case(
        "Windows 1252 behind much UTF-8",
        (HEAD + BO).encode()
        + b"".join(f"Jö,Lö{n},j{n}@a.example,j{n}\n".encode() for n in range(300))
        + _GERMAN.encode("cp1252"),
        fault="Line 303 is not in the encoding",
    ),
    Case("UTF-8 cut in the middle of a letter", (HEAD + _GERMAN + "Jö,Sö").encode()[:-1], fault="Line 4 is not in the"),
    Case(
        "UTF-8 with half a letter of UTF-16",
        (HEAD + _GERMAN).encode() + b"Bo,\xed\xa0\x80,b@a.example,bo\n",
        fault="Line 4 is not in the encoding",
    ),
    Case(
        "wrong letters behind line ends of a Mac",
        (HEAD + _GERMAN).replace("\n", "\r").encode() + b"Bo,\xff,,\r",
        fault="Line 4 is not in the encoding",
    ),
    Case(
        "zero bytes among letters",
        (HEAD + BO + "A\0n,Lee,ann@a.example,ann\nCy,Lo,cy@a.example,cy\n" + "\n" * 99).encode(),
        [BO_READ, ("Cy", "Lo", "cy@a.example", "cy")],
        rejected={2: "control character (U+0000) at position 2"},
        whole=True,
    ),
    Case(
        "zero bytes in the headings",
        (HEAD.replace("\n", ",User\0\n") + BO.replace("\n", ",x\n") + "\n" * 99).encode(),
        [BO_READ],
        whole=True,
    ),
    Case("nothing but zero bytes", b"\0" * 500, fault="This is no text file"),
]
