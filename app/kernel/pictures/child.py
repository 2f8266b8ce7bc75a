"""Looks at one file and draws its pages (看图), in a process that may take little and not for long.

Run by its path, so that nothing of the app is loaded here: whatever a hostile file does to a
decoder, it does to a process that holds no key, no session and no database. The order is one line
of JSON on standard input, the answer one line of JSON on standard output::

    {"kind": "pdf", "path": "…", "megabytes": 1536, "seconds": 20, "pixels": 120000000,
     "pages": 2000, "draw": {"page": 1, "width": 1200, "to": "…"}}
    {"pages": 3} or {"fault": "script"}

Faults are the words of :class:`app.kernel.pictures.Fault`.
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any, BinaryIO

Order = dict[str, Any]
MOST_DRAWN = 24_000_000
"""Pixels of one drawn page."""
LONGEST_DRAWN = 16_000
_TAIL = 2048
_STREAM = re.compile(rb"stream\r?\n")
_LENGTH = re.compile(rb"/Length\s+(\d+)")
_RUNS = re.compile(rb"/(?:JavaScript|JS|Launch|XFA|RichMedia)(?![A-Za-z0-9_#.-])")
"""Names by which a pdf runs something when it is opened or clicked, written plainly."""


class Refused(Exception):
    """The file is not one to be shown; the text is the fault's word."""


def confine(megabytes: int, seconds: int, *, alone: bool) -> None:
    """From here on this process takes so much memory and computes so long.

    ``alone``: it starts nothing beside itself, no thread either.
    """
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for what, most in (
        (resource.RLIMIT_AS, megabytes * 1024**2),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 256 * 1024**2),
        *([(resource.RLIMIT_NPROC, 0)] if alone else []),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def of_pdf(order: Order) -> Order:
    """Count the pages of a pdf, refuse one that runs something, or draw one page."""
    import pypdfium2

    path, draw = order["path"], order.get("draw")
    if draw is None and not _ends_properly(path):
        raise Refused("cut-off")
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise Refused("encrypted" if "password" in str(error).casefold() else "damaged") from error
    pages = len(document)
    if not pages:
        raise Refused("damaged")
    if pages > order["pages"]:
        raise Refused("pages")
    if draw is None:
        if _runs_something(document):
            raise Refused("script")
        for number in range(pages):
            document.get_page_size(number)
        return {"pages": pages}
    page = document[draw["page"] - 1]
    width, height = page.get_size()
    if min(width, height) <= 0:
        raise Refused("damaged")
    scale = min(
        (draw["width"] or 2 * width) / width,
        (MOST_DRAWN / (width * height)) ** 0.5,
        LONGEST_DRAWN / max(width, height),
    )
    _save(page.render(scale=scale, may_draw_forms=False).to_pil(), draw)
    return {"pages": pages}


def _ends_properly(path: str) -> bool:
    """Whether the end mark is where it belongs; a file that stops half-way has none there."""
    with Path(path).open("rb") as file:
        file.seek(max(0, Path(path).stat().st_size - _TAIL))
        return b"%%EOF" in file.read()


def _runs_something(document: Any) -> bool:
    """Whether a name of an action that runs something stands anywhere outside the streams.

    pdfium writes the document anew for this: every object by itself, names without disguise,
    lengths true. So nothing hides in packed objects, and what a picture's bytes spell is skipped.
    """
    buffer = io.BytesIO()
    document.save(buffer)
    written = buffer.getbuffer()
    at = 0
    while at < len(written):
        found = _STREAM.search(written, at)
        if _RUNS.search(written, at, found.start() if found else len(written)):
            return True
        if found is None:
            return False
        lengths = _LENGTH.findall(written, at, found.start())
        at = found.end() + (int(lengths[-1]) if lengths else 0)
    return False


def of_picture(order: Order) -> Order:
    """Decode a picture wholly, so that one cut off is found out, or draw it smaller."""
    with Path(order["path"]).open("rb") as file:
        return _of_open_picture(file, order)


def _of_open_picture(file: BinaryIO, order: Order) -> Order:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the limit is ours
    formats = {"jpg": ("JPEG", "MPO"), "png": ("PNG",), "heic": ("HEIF",)}[order["kind"]]
    if order["kind"] == "heic":
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        picture = Image.open(file, formats=formats)
        width, height = picture.size
        if width * height > order["pixels"]:
            raise Refused("pixels")
        draw = order.get("draw")
        wanted = draw["width"] if draw else 256
        if wanted:
            picture.draft("RGB", (wanted, max(1, wanted * height // width)))
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError) as error:
        if isinstance(error, MemoryError):
            raise
        raise Refused("cut-off" if "truncated" in str(error) else "damaged") from error
    if draw:
        _save(ImageOps.exif_transpose(picture), draw)
    return {"pages": 1}


def _save(picture: Any, draw: Order) -> None:
    """As a jpg on white, without what the camera noted about place and owner.

    A width of nought means its own size.
    """
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA", "P"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    elif picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256).convert("L")
    picture = picture.convert("RGB")
    if draw["width"] and picture.width > draw["width"]:
        height = max(1, round(picture.height * draw["width"] / picture.width))
        picture = picture.resize((draw["width"], height), Image.Resampling.LANCZOS)
    picture.info.clear()
    picture.save(draw["to"], "JPEG", quality=82 if draw["width"] else 92)


def answered(order: Order) -> Order:
    """Do what the order says; a fault nobody foresaw is a damaged file."""
    try:
        return of_pdf(order) if order["kind"] == "pdf" else of_picture(order)
    except Refused as refusal:
        return {"fault": str(refusal)}
    except MemoryError:
        return {"fault": "too-much"}
    except ImportError:
        return {"fault": "no-reader"}
    except Exception:
        return {"fault": "damaged"}


def main() -> int:
    """Read the order, give up what is not needed for it, and answer."""
    order: Order = json.loads(sys.stdin.readline())
    # The decoder of heic works with a thread of its own.
    confine(order["megabytes"], order["seconds"], alone=order["kind"] != "heic")
    sys.stdout.write(json.dumps(answered(order)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
