"""A question before something is done that cannot simply be undone, or whose extent should be known first."""

from dataclasses import dataclass, field


@dataclass
class Confirm:
    """Everything `shared/_confirm.html` shows."""

    title: str
    text: str
    action: str
    submit: str
    cancel_url: str
    danger: bool = False
    items: list[str] = field(default_factory=list)
    items_more: int = 0
    # What is concerned, with the address of the list that shows it or ''.
    links: list[tuple[str, str]] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    # None, 'optional' or 'needed'.
    reason: str | None = None
    error: str = ""
