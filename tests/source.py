"""The source of the project as the layout tests read it: files, syntax trees, and templates without their Jinja."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What is made or fetched at set-up and is not ours.
FOREIGN = re.compile(r"\.git|\.venv.*|\.local|\..*_cache|\.hypothesis|__pycache__|node_modules|vendor.*|build|dist")
VOID = set(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "use",
        "path",
    ]
)

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORD = re.compile(r"\{%-?\+?\s*(\w+)")


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Every file of the project, of these kinds only when some are named."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not FOREIGN.fullmatch(name))
        found += [Path(folder, name) for name in sorted(names) if not suffixes or f"/{name}".endswith(suffixes)]
    return tuple(found)


def short(path: Path) -> str:
    """A path as people say it, from the project's root on."""
    return path.relative_to(ROOT).as_posix()


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """The Python files of these folders with their syntax trees."""
    for path in files(".py"):
        if short(path).split("/")[0] in folders or short(path) in folders:
            yield short(path), tree(path)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and name of every module that is imported, relative ones with their dots."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from ((found.lineno, alias.name) for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            yield found.lineno, "." * found.level + (found.module or "")


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """Every function, the inner ones too."""
    return (found for found in ast.walk(node) if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def called(node: ast.Call) -> str:
    """The last word of what a call calls: `commit` for `db.session.commit()`."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call."""
    return (found for found in ast.walk(node) if isinstance(found, ast.Call))


def texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and text of every string but docstrings, the fixed parts of f-strings included."""
    prose = set()
    for found in ast.walk(node):
        if isinstance(found, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = found.body[0] if found.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                prose.add(id(first.value))
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and isinstance(found.value, str) and id(found) not in prose:
            yield found.lineno, found.value


class Elements(HTMLParser):
    """The elements of a template: (name, attributes, depth), and the text that stands outside of all of them."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], int]] = []
        self.outside = ""
        self._open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), len(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs), len(self._open)))

    def handle_endtag(self, tag):
        # An end without a beginning belongs to another round of a loop.
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data):
        if not self._open:
            self.outside += data.strip()

    @property
    def roots(self) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, attributes) for tag, attributes, depth in self.found if depth == 0]


def templates() -> Iterator[tuple[str, str]]:
    """Every template with its source, named as `render_template` names it."""
    for path in files(".html"):
        if short(path).startswith("templates/"):
            yield short(path).removeprefix("templates/"), path.read_text()


def without_jinja(source: str) -> str:
    """A template's markup with all branches and without its Jinja; what an expression writes becomes an x."""
    return JINJA.sub(lambda found: "x" if found[0].startswith("{{") else "", source)


def one_way(source: str) -> str:
    """A template's markup along one way: the first branch of every choice, no macros, no texts set aside."""
    kept, hidden, choices = [], 0, []
    for part in re.split(f"({JINJA.pattern})", source, flags=re.DOTALL):
        word = WORD.match(part)
        if not word:
            if not hidden:
                kept.append("x" if part.startswith("{{") else "" if part.startswith("{#") else part)
        elif word[1] == "macro" or (word[1] == "set" and "=" not in part):
            hidden += 1
        elif word[1] in ("endmacro", "endset"):
            hidden -= 1
        elif word[1] in ("if", "for"):
            choices.append(False)
        elif word[1] in ("else", "elif") and not choices[-1]:
            choices[-1], hidden = True, hidden + 1
        elif word[1] in ("endif", "endfor"):
            hidden -= choices.pop()
    return "".join(kept)
