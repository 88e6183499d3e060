"""Reading pages and fragments as their users do: by elements, by what they say and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import TestResponse

from tests.source import VOID


@dataclass
class Element:
    """An element with its attributes and what stands in it, in order."""

    tag: str
    attributes: dict[str, str | None]
    inside: list[Element | str] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute] or ""

    def get(self, attribute: str) -> str | None:
        """An attribute, None when it is not there."""
        return self.attributes.get(attribute)

    @property
    def text(self) -> str:
        """All its text, with single blanks."""
        parts = (part if isinstance(part, str) else f" {part.text} " for part in self.inside)
        return " ".join("".join(parts).split())

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """The elements within, in order: of this tag, with these attributes (`cls` is one of its classes)."""
        found = []
        for part in self.inside:
            if not isinstance(part, str):
                if (not tag or part.tag == tag) and part.matches(wanted):
                    found.append(part)
                found += part.all(tag, **wanted)
        return found

    def one(self, tag: str = "", **wanted: str) -> Element:
        """The only such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} elements <{tag} {wanted}> in: {self.text[:1000]}"
        return found[0]

    def matches(self, wanted: dict[str, str]) -> bool:
        """Whether it has these attributes."""
        given = dict(wanted)
        cls = given.pop("cls", None)
        if cls is not None and cls not in (self.attributes.get("class") or "").split():
            return False
        return all(self.attributes.get(name.rstrip("_").replace("_", "-")) == value for name, value in given.items())

    def values(self) -> dict[str, list[str]]:
        """What a browser would send of the controls within, by name."""
        found: dict[str, list[str]] = {}
        for control in self.all():
            name = control.get("name")
            if not name or control.tag not in ("input", "textarea", "select"):
                continue
            if control.tag == "textarea":
                # The first line break behind the tag is none of the text.
                raw = "".join(part for part in control.inside if isinstance(part, str))
                found.setdefault(name, []).append(raw.removeprefix("\n"))
            elif control.tag == "select":
                options = control.all("option")
                chosen = [one for one in options if "selected" in one.attributes] or options[:1]
                found.setdefault(name, []).extend(one.get("value") or "" for one in chosen)
            elif control.get("type") not in ("checkbox", "radio") or "checked" in control.attributes:
                found.setdefault(name, []).append(control.get("value") or "")
        return found

    def value(self, name: str) -> str:
        """The single value that a browser would send under this name, '' for none."""
        found = self.values().get(name, [])
        assert len(found) <= 1, f"{name} is sent {len(found)} times: {found}"
        return found[0] if found else ""


class Reader(HTMLParser):
    """Reads HTML; `root` holds what it found."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self._open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag):
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data):
        self._open[-1].inside.append(data)


def screen(response: TestResponse, status: int = 200) -> Element:
    """The page or fragment of an answer, which has this status."""
    text = response.get_data(as_text=True)
    assert response.status_code == status, f"{response.status_code} instead of {status}: {text[:2000]}"
    return parsed(text)


def parsed(text: str) -> Element:
    """A piece of HTML."""
    return Reader(text).root


def rows(page: Element) -> list[Element]:
    """The rows of a list, without the one for a new record."""
    return [row for row in page.all("tr") if "data-row" in row.attributes]


def ids(page: Element) -> list[int]:
    """The records of a list in its order."""
    return [int(row["id"].rpartition("-")[2]) for row in rows(page)]


def link(page: Element, rel: str) -> str | None:
    """The address of the next or the previous page of a list."""
    found = page.all("a", rel=rel)
    return found[0]["href"] if found else None
