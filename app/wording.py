"""The words for companies and contacts as an organization has them, put into texts written with the usual ones.

In English every text can be put in other words. German articles and adjectives follow a noun's gender, so that there
the singular is left as it is behind one of them, as in "der Firma"; headings, menus, buttons and the names of fields
have none.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# For each language the singular and the plural of each noun, as the texts have them.
USUAL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {"company": ("Company", "Companies"), "contact": ("Contact", "Contacts")},
    "de": {"company": ("Firma", "Firmen"), "contact": ("Kontakt", "Kontakte")},
}
# (usual word, own word) of what is called otherwise.
Words = tuple[tuple[str, str], ...]

# A word that can stand in any text: it holds nothing that templates or their placeholders would read.
FIT = re.compile(r"[^\W\d_](?:[\w .’-]*[\w.])?")

_NAMES = re.compile(r"compan(y|ies)|contact", re.IGNORECASE)
_BEFORE = r"(?:(?P<before>[\w’]+) )?(?<![\w’(-])"
_BEHIND = r"(?![\w-])"
# What shows the gender of the noun behind it: articles, adjectives, and prepositions that hold an article.
_GENDERED = re.compile(
    "d(er|ie|as|en|em|es)|bei?m|vom|zu[mr]|[ai]m|deren|dessen|(k?ein|dies|ihr|unser|sein|jed|welch|dieselb|derselb|neu"
    "|ander|weiter|zweit|erst|letzt|gelöscht|leer|gleich|ganz|früher|bisherig|richtig|falsch)(e[mnrs]?)?"
)
# What the dative of a plural stands behind.
_DATIVE = re.compile("den|mit|von|zu|bei|aus|nach|(all|dies|ihr|sein|ander|mehrer|beid)en")


def names_a_noun(text: str) -> bool:
    """Whether an English text may name a company or a contact."""
    return _NAMES.search(text) is not None


@lru_cache(20_000)
def worded(text: str, locale: str, words: Words) -> str:
    """The text with an organization's own words in place of the usual ones."""
    own = dict(words)
    usual = [name for forms in USUAL[locale].values() for name in forms if name in own]
    if locale == "en":
        found = re.compile(f"(?:(?P<article>an?) )?(?<![\\w’(-])(?P<noun>{'|'.join(usual)}){_BEHIND}", re.IGNORECASE)
        return found.sub(lambda match: _in_english(match, own), text)
    plurals = {forms[1] for forms in USUAL[locale].values()}
    found = re.compile(f"{_BEFORE}(?P<noun>{'|'.join(usual)}){_BEHIND}")
    return found.sub(lambda match: _in_german(match, own, plurals), text)


def _in_english(match: re.Match, own: Mapping[str, str]) -> str:
    noun, article = match["noun"], match["article"]
    word = own[noun.capitalize()]
    # A word such as "MSP" is written so everywhere.
    if noun[0].islower() and not word[1:2].isupper():
        word = word[0].lower() + word[1:]
    if not article:
        return word
    vowel = word[0].lower() in "aeiou"
    return f"{'An' if article[0] == 'A' else 'an'} {word}" if vowel else f"{article[0]} {word}"


def _in_german(match: re.Match, own: Mapping[str, str], plurals: set[str]) -> str:
    before, noun = match["before"] or "", match["noun"]
    if noun not in plurals and _GENDERED.fullmatch(before.lower()):
        return match[0]
    word = own[noun]
    if noun in plurals and _DATIVE.fullmatch(before.lower()) and word[-1] not in "ns":
        word += "n"
    return f"{before} {word}" if before else word
