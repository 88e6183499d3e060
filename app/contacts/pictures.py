"""Pictures of people: whatever was sent becomes a small square WebP of our own making, or nothing.

They stand on the contact's row, so that they are seen by whoever sees the person, are taken back like any other change
and are erased with the person. What was sent is never kept.
"""

import base64
import hashlib
import io
import re
import warnings
from typing import Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Select

from app.fields.errors import FieldError
from app.i18n import gettext as _
from app.records import write
from app.records.actor import Actor
from app.records.models import Operation
from tenants import db

from .models import Contact

# As Pillow calls them; what else it could read is never tried.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIZES = (64, 128, 256)
# A JPEG as large as telephones make them is read at a fraction of its size; of others every pixel is in the memory.
MOST_PIXELS, MOST_OF_OTHERS = 50_000_000, 24_000_000
FEWEST_EDGE, LONGEST_EDGE = 16, 12_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
NAME = re.compile(r"(?P<hash>[0-9a-f]{16})-(?P<size>64|128|256)\.webp")


def made(sent: bytes) -> dict[str, Any]:
    """The values of a contact with this picture. Raises `FieldError` when it is none, or too large, or too small."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            square = _square(sent)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except FieldError:
        raise
    except UnidentifiedImageError as error:
        said = _("This is no picture that can be taken: use a JPEG, PNG, WebP or GIF.")
        raise FieldError(said, code="type") from error
    except Exception as error:
        # Readers of pictures raise whatever they stumble over in a broken file.
        said = _("This picture is damaged and cannot be read. Save it anew, or choose another one.")
        raise FieldError(said, code="broken") from error
    found = {str(size): _webp(square, size) for size in SIZES}
    name = hashlib.sha256(found[str(SIZES[-1])]).hexdigest()[:16]
    return {"picture": name, "pictures": {size: base64.b64encode(one).decode() for size, one in found.items()}}


def _square(sent: bytes) -> Image.Image:
    """The middle of the first picture in these bytes, upright, without anything that was said beside it."""
    with Image.open(io.BytesIO(sent), formats=FORMATS) as image:
        wide, high = image.size
        most = MOST_PIXELS if image.format == "JPEG" else MOST_OF_OTHERS
        if wide * high > most or max(wide, high) > LONGEST_EDGE:
            raise _too_large(most)
        if min(wide, high) < FEWEST_EDGE:
            said = _("The picture is too small: each edge needs at least %(least)s pixels.", least=FEWEST_EDGE)
            raise FieldError(said, code="min")
        image.draft("RGB", (4 * SIZES[-1], 4 * SIZES[-1]))
        image.load()
        turned = TURNED.get(image.getexif().get(ORIENTATION))
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        square = image.crop((left, top, left + edge, top + edge))
    square = square.convert("RGBA").resize((SIZES[-1], SIZES[-1]), Image.Resampling.LANCZOS)
    square = square.transpose(turned) if turned is not None else square
    plain = Image.new("RGB", square.size, "white")
    plain.paste(square, mask=square.getchannel("A"))
    return plain


# How a camera was held, as it notes it, and what sets that right.
ORIENTATION = 0x0112
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _too_large(most: int = MOST_PIXELS) -> FieldError:
    limits = {"most": most // 1_000_000, "edge": LONGEST_EDGE}
    said = _("The picture is too large: at most %(most)s million pixels, and no edge over %(edge)s.", **limits)
    return FieldError(said, code="max")


def _webp(square: Image.Image, size: int) -> bytes:
    kept = io.BytesIO()
    square.resize((size, size), Image.Resampling.LANCZOS).save(kept, "WEBP", quality=82, method=4)
    return kept.getvalue()


def change(contact: Contact, values: dict[str, Any] | None, *, actor: Actor) -> Operation | None:
    """Give a contact a picture that `made` made, or take it away; None when nothing changes."""
    wanted = values or {"picture": None, "pictures": None}
    if contact.picture == wanted["picture"]:
        return None
    with write.together():
        operation = write.begin(actor, "edit", title=_("Picture changed") if values else _("Picture removed"))
        write.apply(operation, [write.Update(Contact, contact.id, wanted)])
    return operation


def read(base: Select, contact_id: int, name: str) -> bytes | None:
    """The picture of a contact in `base` that stands under this name, if it is still the one."""
    asked = NAME.fullmatch(name)
    if asked is None:
        return None
    wanted = base.with_only_columns(Contact.pictures[asked["size"]].astext)
    wanted = wanted.where(Contact.id == contact_id, Contact.withdrawn_at.is_(None), Contact.picture == asked["hash"])
    found = db.session.scalar(wanted)
    return base64.b64decode(found) if found else None


def jpeg(contact: Contact) -> bytes | None:
    """The picture as address books read it."""
    if not contact.picture:
        return None
    kept = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(contact.pictures[str(SIZES[-1])])), formats=("WEBP",)) as image:
        image.convert("RGB").save(kept, "JPEG", quality=85)
    return kept.getvalue()
