"""Files as enterprises send them, and as somebody hostile would (佐证材料的样本)."""

from __future__ import annotations

import io
import zipfile
import zlib

from tests.hostile_files.evidence import png as png_of

CHUNK = 1 << 16


def pdf(pages: int = 1, *, catalog: bytes = b"", size: tuple[int, int] = (595, 842)) -> bytes:
    """A small pdf, written by hand so that everything in it is known."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        *(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]>>" % size for _ in range(pages)),
    ]
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """A pdf of these objects; the first is its catalog."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + end


def packed_script() -> bytes:
    """A pdf whose script lies in a packed stream of objects, where no plain search finds it."""
    inner = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
    packed = zlib.compress(b"5 0 " + inner)
    body = pdf(catalog=b"/OpenAction 5 0 R")
    at, start = body.index(b"xref\n"), len(body[: body.index(b"xref\n")])
    stream = b"4 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )
    stream += packed + b"\nendstream\nendobj\n"
    table_at = start + len(stream)
    places = [body.index(b"%d 0 obj" % number) for number in (1, 2, 3)]
    rows = b"\0" * 7
    rows = b"\x00\x00\x00\x00\x00\x00\x00"
    rows += b"".join(b"\x01" + place.to_bytes(4, "big") + b"\0\0" for place in (*places, start))
    rows += b"\x02" + (4).to_bytes(4, "big") + b"\0\0"
    rows += b"\x01" + table_at.to_bytes(4, "big") + b"\0\0"
    table = zlib.compress(rows)
    head = (
        b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n"
    )
    end = b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table_at
    return body[:at] + stream + head % len(table) + table + end


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture with some detail; kinds as Pillow calls them, HEIF too."""
    from PIL import Image

    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def bomb(width: int = 40_000, height: int = 40_000) -> bytes:
    """A png of a few kilobytes that would unpack to gigabytes."""
    return png_of(width, height, bytes(1000))


def office(*names: str, content: bytes = b"<x/>") -> bytes:
    """An office package of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def ofd(pages: int) -> bytes:
    """An ofd that lists so many pages."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", "<ofd:OFD/>")
        listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}"/>' for n in range(pages))
        archive.writestr("Doc_0/Document.xml", f"<ofd:Pages>{listed}</ofd:Pages>")
    return buffer.getvalue()


def locked_pdf() -> bytes:
    """A pdf that opens with a password only; what it says about its cipher fits no other."""
    lock = b"/Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">"
    whole = pdf()
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R/ID[<00><00>]/Encrypt<<" + lock + b">>")
