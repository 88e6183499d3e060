"""Pictures of people: what is taken, what is refused, who sees them, and that they go with the person."""

import base64
import io
import re
import struct
import zlib

import pytest
from PIL import Image

from app.contacts import erasing, pictures
from app.contacts.models import Contact
from app.fields.errors import FieldError
from app.records import attachments, merge, undo
from app.records.actor import SYSTEM
from app.web import faces
from tenants import db
from tests.contacts.test_cards import lines
from tests.pages import normal


def picture(kind: str = "PNG", size=(300, 200), colour="red", **more) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, colour).save(kept, kind, **more)
    return kept.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(wide: int, high: int) -> bytes:
    """A small file that says it is a picture of this size."""
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def kept(sent: bytes, size: int = 256) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(pictures.made(sent)["pictures"][str(size)])))


@pytest.mark.feature("I024")
@pytest.mark.threat("T-080")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_accepted_kind_becomes_three_squares_of_webp(kind):
    for size in (64, 128, 256):
        made = kept(picture(kind), size)
        assert (made.format, made.size) == ("WEBP", (size, size))
        red, green, blue = made.convert("RGB").getpixel((size // 2, size // 2))
        assert red > 200 and green < 60 and blue < 60


@pytest.mark.threat("T-080")
def test_nothing_but_the_picture_is_kept_and_it_stands_upright():
    photo = Image.new("RGB", (400, 300), "white")
    photo.paste("blue", (0, 0, 400, 150))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "zq-camera at 52.5 north"
    sent = io.BytesIO()
    photo.save(sent, "JPEG", exif=exif, comment=b"zq-comment")
    values = pictures.made(sent.getvalue())
    for one in values["pictures"].values():
        assert b"zq-" not in base64.b64decode(one) and b"EXIF" not in base64.b64decode(one)
    made = kept(sent.getvalue()).convert("RGB")
    # Turned by a quarter to the right, what was above stands on the right.
    assert made.getpixel((230, 128))[0] < 60 and made.getpixel((25, 128))[0] > 200


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
NASTY = {
    "empty bytes": (b"\0" * 100, "type"),
    "SVG": (SVG, "type"),
    "HTML": (b"<!doctype html><script>alert(1)</script>", "type"),
    "TIFF": (picture("TIFF"), "type"),
    "BMP": (picture("BMP"), "type"),
    "ICO": (picture("ICO", (64, 64)), "type"),
    "PDF": (picture("PDF"), "type"),
    "truncated JPEG": (picture("JPEG", (600, 600))[:2000], "broken"),
    "truncated PNG": (picture("PNG", (600, 600))[:120], "broken"),
    "truncated WebP": (picture("WEBP", (600, 600))[:80], "broken"),
    "half a signature": (b"\x89PNG\r\n\x1a\n", "type"),
    "PNG bomb": (bomb(20_000, 20_000), "max"),
    "larger PNG bomb": (bomb(2**31 - 1, 2**31 - 1), "max"),
    "lies about its size": (bomb(4000, 4000), "broken"),
    "one pixel": (picture(size=(1, 1)), "min"),
    "a line": (picture(size=(20_000, 1)), "max"),
    "a long ribbon": (picture(size=(11_000, 8)), "min"),
    "text bomb": (
        picture()[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000))) + picture()[33:],
        "broken",
    ),
}


@pytest.mark.feature("I024")
@pytest.mark.threat("T-080", "T-081", "T-083")
@pytest.mark.parametrize("name", NASTY)
def test_what_is_no_picture_of_a_person_is_refused_in_words(name):
    sent, code = NASTY[name]
    with pytest.raises(FieldError) as refused:
        pictures.made(sent)
    assert refused.value.code == code and len(refused.value.message) > 20


@pytest.mark.threat("T-080")
def test_what_else_a_polyglot_is_does_not_come_through():
    script = b"/*GIF*/=1;alert('zq-script')//<script>alert('zq-script')</script>"
    for one in pictures.made(picture("GIF") + script)["pictures"].values():
        assert b"zq-script" not in base64.b64decode(one)


@pytest.mark.threat("T-080")
def test_of_what_moves_the_first_picture_is_kept():
    first, second = Image.new("RGB", (50, 50), "blue"), Image.new("RGB", (50, 50), "red")
    sent = io.BytesIO()
    first.save(sent, "GIF", save_all=True, append_images=[second] * 50)
    made = kept(sent.getvalue())
    assert getattr(made, "n_frames", 1) == 1 and made.convert("RGB").getpixel((9, 9))[2] > 200


@pytest.mark.feature("I024")
def test_white_initials_stand_on_every_colour_and_a_person_keeps_theirs():
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert all(1.05 / (light(colour) + 0.05) >= 4.5 for colour in faces.COLOURS)
    assert faces.face(7, "ib", None) == faces.face(7, "IB", None) != faces.face(8, "IB", None)
    assert "style=" not in faces.face(7, "<b", None) and "<b" not in faces.face(7, "<b", None)[10:]


# --- on screen --------------------------------------------------------------------------------------------------------


def send(browser, path: str, sent: bytes, name: str = "me.png"):
    return browser.post_form(path, {"file": (io.BytesIO(sent), name)})


def address_of(page: str) -> str:
    return re.search(r'src="([^"]+/picture/[0-9a-f]{16}-\d+\.webp)"', page)[1]


@pytest.mark.feature("I024", "W010")
@pytest.mark.threat("T-082", "T-083")
def test_a_picture_is_sent_shown_and_taken_back_on_the_desk(world, cast, statements):
    ann = world.staff()
    here = f"/contacts/{cast.ina}"
    before = ann.get(here).text
    assert 'class="portrait"' in before and "/picture/" not in before and f'href="{here}/picture"' in before
    ann.get("/contacts")
    with statements() as without:
        ann.get("/contacts")
    done = send(ann, f"{here}/picture", picture(), "../../x.svg")
    assert done.status_code in (302, 303) and done.location == here
    page = ann.get(here).text
    src = address_of(page)
    assert "Picture changed" in page
    shown = ann.get(src)
    assert (shown.mimetype, shown.headers["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "immutable" in shown.headers["Cache-Control"] and "private" in shown.headers["Cache-Control"]
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(shown.data)).size == (128, 128)
    with statements() as with_pictures:
        listed = ann.get("/contacts").text
    assert len(with_pictures) == len(without)
    assert address_of(listed).startswith(f"{here}/picture/") and "Otto" in listed
    assert "/picture/" in ann.fragment("/search?q=ina").text
    row = normal(
        ann.fragment(f"{here}/fields/first_name?in=row", headers={"HX-Current-URL": "http://harbor.test/contacts"})
    )
    assert "/picture/" in row
    assert send(ann, f"{here}/picture", picture()).status_code in (302, 303), "the same once more changes nothing"
    operations = world.sql(f"SELECT id, title FROM {world.schema()}.operation ORDER BY id DESC LIMIT 2")
    assert [row["title"] for row in operations].count("Picture changed") == 1
    undone = ann.post_form(f"/operations/{operations[0]['id']}/undo")
    assert undone.status_code in (302, 303)
    assert "/picture/" not in ann.get(here).text and ann.get(src).status_code == 404
    again = ann.post_form(f"/operations/{operations[0]['id'] + 1}/undo")
    assert again.status_code in (302, 303) and ann.get(src).status_code == 200
    removed = ann.post_form(f"{here}/picture/removal")
    assert removed.status_code in (302, 303) and ann.get(src).status_code == 404


@pytest.mark.feature("I024")
@pytest.mark.threat("T-079", "T-080")
def test_what_cannot_be_taken_is_said_on_the_form_and_changes_nothing(world, cast, monkeypatch):
    ann, here = world.staff(), f"/contacts/{cast.ina}/picture"
    monkeypatch.setattr(world.app.config["SETTINGS"], "max_picture", 5000)
    before = world.checksum()
    for sent, words in (
        (SVG, "use a JPEG, PNG, WebP or GIF"),
        (bomb(20_000, 20_000), "too large: at most"),
        (picture(size=(1, 1)), "too small"),
        (picture("JPEG", (600, 600))[:1500], "damaged"),
        (bytes(6000), "a picture may have 5"),
        (b"", "Choose a picture first"),
    ):
        refused = send(ann, here, sent, "face.png")
        assert refused.status_code == 422 and words in refused.text, words
    assert world.checksum() == before


@pytest.mark.feature("W010")
def test_one_of_the_persons_files_is_taken_as_the_picture(world, cast):
    with world.inside():
        given = [attachments.Given("ina.png", io.BytesIO(picture()), len(picture()))]
        attachments.add("contact_id", cast.ina, given, actor=SYSTEM)
        attachments.add(
            "contact_id", cast.otto, [attachments.Given("otto.png", io.BytesIO(picture()), 1)], actor=SYSTEM
        )
    ann, here = world.staff(), f"/contacts/{cast.ina}/picture"
    form = ann.get(here).text
    offered = re.findall(r'name="attachment" value="(\d+)"', form)
    assert len(offered) == 1 and "ina.png" in form
    other = str(int(offered[0]) + 1)
    assert ann.post_form(here, {"attachment": other}).status_code == 422
    assert ann.post_form(here, {"attachment": offered[0]}).status_code in (302, 303)
    assert "/picture/" in ann.get(f"/contacts/{cast.ina}").text


@pytest.mark.feature("I025")
@pytest.mark.threat("T-002", "T-013")
def test_people_send_their_own_picture_in_the_portal_and_colleagues_see_it(world, cast):
    otto, ina, nils = world.portal("otto"), world.portal("ina"), world.portal("nils")
    assert send(otto, "/portal/me/picture", picture(colour="green")).status_code in (302, 303)
    own = address_of(otto.get("/portal/me").text)
    assert own.startswith("/portal/me/picture/") and otto.get(own).mimetype == "image/webp"
    listed = address_of(ina.get("/portal/people").text)
    assert listed.startswith(f"/portal/people/{cast.otto}/picture/") and ina.get(listed).mimetype == "image/webp"
    assert "/picture/" in ina.get(f"/portal/people/{cast.otto}").text
    assert "/picture/" in world.staff().get(f"/contacts/{cast.otto}").text
    # Who may not see the person does not see the picture, even by its address.
    name = own.rpartition("/")[2]
    assert nils.get(listed).status_code in (403, 404) and nils.get(f"/portal/me/picture/{name}").status_code == 404
    assert world.portal("xena").get(listed).status_code == 404
    assert world.staff("ann", "summit").get(f"/contacts/{cast.otto}/picture/{name}").status_code == 404
    assert world.anonymous().get(f"/contacts/{cast.otto}/picture/{name}").status_code == 302
    assert otto.get("/portal/me/picture").status_code == 200
    refused = send(otto, "/portal/me/picture", SVG)
    assert refused.status_code == 422 and "JPEG" in refused.text
    assert otto.post_form("/portal/me/picture/removal").status_code in (302, 303)
    assert "/picture/" not in otto.get("/portal/me").text.replace('href="/portal/me/picture"', "")


@pytest.mark.parametrize(
    "name", ["x", "0123456789abcdef-64.svg", "0123456789abcdef-63.webp", "..%2f..%2fetc", "٣-64.webp"]
)
def test_only_a_picture_has_such_a_name(world, cast, name):
    assert world.staff().get(f"/contacts/{cast.ina}/picture/{name}").status_code == 404


@pytest.mark.feature("L070")
def test_the_business_card_carries_the_picture(world, cast):
    ann = world.staff()
    assert "PHOTO" not in ann.get(f"/contacts/{cast.ina}/card.vcf").text
    send(ann, f"/contacts/{cast.ina}/picture", picture())
    (photo,) = [one for one in lines(ann.get(f"/contacts/{cast.ina}/card.vcf").text) if one.startswith("PHOTO")]
    head, _comma, data = photo.partition(",")
    assert head == "PHOTO:data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (256, 256)
    assert ann.get(f"/contacts/{cast.ina}/card").status_code == 200


def test_a_picture_goes_with_the_person_and_comes_along_in_a_merge(world, cast):
    with world.inside():
        pictures.change(db.session.get(Contact, cast.otto), pictures.made(picture()), actor=SYSTEM)
        operation = merge.merge(Contact, cast.ina, [cast.otto], {}, actor=SYSTEM).id
        assert db.session.get(Contact, cast.ina).picture
        undo.undo(operation, SYSTEM)
        assert db.session.get(Contact, cast.ina).picture is None and db.session.get(Contact, cast.otto).picture
        erasing.erase(db.session.get(Contact, cast.otto), actor=SYSTEM, reason="Asked for")
        assert db.session.get(Contact, cast.otto).picture is None
    schema = world.schema()
    for table in ("contact", "change"):
        rows = world.sql(f"SELECT to_jsonb(t)::text AS row FROM {schema}.{table} t")
        assert not [row for row in rows if "UklGR" in row["row"]], table
