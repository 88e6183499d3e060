"""The words of the product as the translation tests read them: in the source, in the catalogue, and on a page."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from . import source
from .source import ROOT

# As `python3 dev.py translate` has them.
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
GERMAN = ROOT / "app" / "translations" / "de" / "LC_MESSAGES" / "messages.po"

PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%%")
WORD = re.compile(r"[^\W\d_]{3,}")
# Attributes whose text people read or hear.
SPOKEN = {"aria-label", "aria-description", "alt", "label", "placeholder", "title", "data-none", "data-label"}
# Blocks that stand within a tag.
IN_TAGS = re.compile(r"\{% block body_(class|attributes) %\}.*?\{% endblock %\}")
# Attributes that a template keeps apart, and addresses given as an example.
NO_WORDS = re.compile(r'="|^\S+\.\S+$')
# What an expression of a template writes is no text of the template.
WRITTEN = "\N{OBJECT REPLACEMENT CHARACTER}"


def first(message: Message) -> str:
    """The text of a message, the singular where it has two."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    """The translations of a message, one for each number form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def texts(message: Message) -> tuple[str, ...]:
    """The source texts of a message."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@cache
def wanted() -> dict[str | tuple[str, ...], str]:
    """Every text of the source that goes through gettext, and where it stands first."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: dict[str | tuple[str, ...], str] = {}
    walk = extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=_ours)
    for path, line, message, *_comments in walk:
        found.setdefault(message, f"{path}:{line}")
    return found


def _ours(folder: str) -> bool:
    return not source.FOREIGN.fullmatch(folder.rsplit("/", 1)[-1])


@cache
def german() -> Catalog:
    """The German catalogue as it stands in the tree."""
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


class Words(HTMLParser):
    """The texts of some markup that people read or hear: between the tags, and in the attributes for it."""

    def __init__(self, markup: str):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0
        self._line = 0
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in SPOKEN and value]
        if tag in ("script", "style", "code"):
            self._silent += 1

    def handle_startendtag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag):
        if tag in ("script", "style", "code"):
            self._silent -= 1

    def handle_data(self, data):
        if not self._silent and data.strip():
            self.found.append(" ".join(data.split()))


def literal_in_templates(known: set[str]) -> Iterator[str]:
    """English that a template writes itself instead of passing it through `_()`."""
    for name, markup in source.templates():
        bare = source.JINJA.sub(lambda found: WRITTEN if found[0].startswith("{{") else "", IN_TAGS.sub("", markup))
        for text in Words(bare).found:
            if not NO_WORDS.search(text) and any(word not in known for word in WORD.findall(text)):
                yield f"templates/{name} writes {text.replace(WRITTEN, '…')!r}"
        yield from _literal_in_expressions(name, markup)


# A text in quotation marks within Jinja that reads like a sentence: a capital letter, then more words.
SENTENCE = re.compile(r"""(['"])([A-Z][a-z]+(?: [a-z]+)+[^'"]*)\1""")
PASSED = re.compile(r"\b(?:_|gettext|ngettext)\(\s*$|\bngettext\(\s*(['\"]).*?\1\s*,\s*$")


def _literal_in_expressions(name: str, markup: str) -> Iterator[str]:
    for part in source.JINJA.finditer(markup):
        if part[0].startswith("{#"):
            continue
        for found in SENTENCE.finditer(part[0]):
            if not PASSED.search(part[0][: found.start()]):
                yield f"templates/{name} writes {found[2]!r}"


# Arguments and keys whose texts come before people's eyes.
SHOWN = {"label", "title", "help", "hint", "text", "heading", "message", "sentence", "submit", "notice", "lock"} | {
    f"{name}_label" for name in ("action", "second", "back", "sample")
}
# What is no interface: the command line, the demonstration's data, the programs that `dev.py run` starts.
NO_INTERFACE = re.compile(r"app/(embedded/|demo|run|cli|wsgi|config|doctor|environment)|app/\w+/cli\.py")


def literal_in_python(kinds: set[str], errors: set[str]) -> Iterator[str]:
    """English that Python code passes on to people without gettext; `kinds` and `errors` are names of classes."""
    for path, tree in source.modules("app"):
        if NO_INTERFACE.match(path):
            continue
        for node in ast.walk(tree):
            for text in _shown(node, kinds, errors):
                if _prose(text):
                    yield f"{path}:{text.lineno} writes {ast.unparse(text)}"


def _shown(node: ast.AST, kinds: set[str], errors: set[str]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        if source.called(node) in kinds | errors:
            yield from node.args[:1]
        yield from (given.value for given in node.keywords if given.arg in SHOWN)
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (value for key, value in pairs if isinstance(key, ast.Constant) and key.value in SHOWN)
    elif isinstance(node, ast.Assign):
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if names & SHOWN:
            yield node.value


def _prose(text: ast.expr) -> bool:
    """Whether this is a text in so many words, rather than a name, a number or a call of gettext."""
    if isinstance(text, ast.JoinedStr):
        parts = [part.value for part in text.values if isinstance(part, ast.Constant)]
        return any(WORD.search(part) for part in parts)
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return False
    return bool(re.search(r"[A-Za-z] [A-Za-z]|^[A-Z][a-z]{2,}", text.value))


SPEAKS = ("_", "gettext", "ngettext", "current_locale")


def spoken_too_early() -> Iterator[str]:
    """Texts put into one language for everybody: while modules are read, or by a function that keeps its answers."""
    for path, tree in source.modules("app"):
        inner = {id(found) for function in source.functions(tree) for found in ast.walk(function)}
        for call in source.calls(tree):
            if id(call) in inner:
                continue
            lazily = any(
                source.called(part) in ("_l", "lazy_gettext") for part in source.calls(call) if part is not call
            )
            if source.called(call) in SPEAKS or (source.called(call) == "str" and lazily):
                yield f"{path}:{call.lineno} evaluates {ast.unparse(call)}"
        for function in source.functions(tree):
            if _keeps_answers(function) and any(source.called(call) in SPEAKS for call in source.calls(function)):
                yield f"{path}:{function.lineno} keeps what {function.name} said in the language of whoever came first"


def _keeps_answers(function: ast.AST) -> bool:
    """Whether a function is cached without being told the locale."""
    if isinstance(function, ast.Lambda):
        return False
    kept = any(re.search(r"\b(lru_)?cache\b", ast.unparse(decorator)) for decorator in function.decorator_list)
    return kept and not any("locale" in argument.arg for argument in function.args.args)
