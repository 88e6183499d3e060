"""A person's face: the picture, or the initials on a colour that is always the same person's."""

from functools import lru_cache

from markupsafe import Markup

# White letters stand on each of them with a contrast of at least 4.5 to 1.
COLOURS = ("#1864ab", "#256b33", "#a61e4d", "#5f3dc4", "#8a4b08", "#0b7285", "#862e9c", "#9c2b1b")
# The edges in pixels in which a picture is kept.
SIZES = (64, 128, 256)

_PICTURE = Markup('<img class="portrait" src="{}/{}-{}.webp" width="{}" height="{}" alt=""{}>')
_INITIALS = Markup(
    '<svg class="portrait" viewBox="0 0 32 32" width="{}" height="{}" aria-hidden="true" focusable="false">'
    '<rect width="32" height="32" fill="{}"/>'
    '<text x="16" y="20.5" text-anchor="middle" font-size="13" fill="#fff">{}</text></svg>'
)


def initials(first_name: str | None, last_name: str | None) -> str:
    """The first letters of a name."""
    return ((first_name or "").strip()[:1] + (last_name or "").strip()[:1]).upper()


def face(record_id: int, letters: str, picture: str | None, at: str = "", size: int = 28) -> Markup:
    """The picture as it is fetched at the address `at`, twice as large for sharp screens, or the initials.

    It says nothing to who cannot see it: the name stands beside it.
    """
    if picture:
        edge = next((one for one in SIZES if one >= 2 * size), SIZES[-1])
        lazy = Markup(' loading="lazy"') if size < 40 else ""
        return _PICTURE.format(at or f"/contacts/{record_id}/picture", picture, edge, size, size, lazy)
    return _initials(letters.upper() or "?", COLOURS[record_id % len(COLOURS)], size)


@lru_cache(5_000)
def _initials(letters: str, colour: str, size: int) -> Markup:
    return _INITIALS.format(size, size, colour, letters)
