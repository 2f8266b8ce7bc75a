"""The files a page needs beside its HTML (静态资源): a short list, served by us, nothing else.

Bootstrap and htmx come out of the installed wheels, so nothing third-party is kept in the
repository and no page ever asks another server. The address of a file contains the hash of its
bytes: it may be cached for ever, and a new version has a new address.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from flask import Blueprint, Response, abort, current_app, request, url_for

from app.kernel.permissions import public

blueprint = Blueprint("assets", __name__)

_CSS = "text/css; charset=utf-8"
_JS = "text/javascript; charset=utf-8"

_SOURCES = {
    "bootstrap.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css", _CSS),
    "htmx.js": ("django_htmx", "static/django_htmx/htmx-2.min.js", _JS),
    "app.css": ("app.kernel", "static/app.css", _CSS),
    "parts.css": ("app.kernel", "static/parts.css", _CSS),
    "print.css": ("app.kernel", "static/print.css", _CSS),
    "uploads.css": ("app.kernel", "static/uploads.css", _CSS),
    "app.js": ("app.kernel", "static/app.js", _JS),
    "uploads.js": ("app.kernel", "static/uploads.js", _JS),
    "icon.svg": ("app.kernel", "static/icon.svg", "image/svg+xml"),
}
"""Every file that may be asked for: its name in the address → package, path, media type."""

_DATA_IMAGE = re.compile(rb'url\("data:image/[^"]*"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served, with the hash that stands in its address."""

    content: bytes
    media_type: str
    digest: str


def _read(name: str) -> Asset:
    package, path, media_type = _SOURCES[name]
    content = (resources.files(package) / path).read_bytes()
    if name == "bootstrap.css":
        # Its little icons are data: images, which the content security policy does not let in.
        content = _DATA_IMAGE.sub(b"none", content)
    return Asset(content, media_type, hashlib.sha256(content).hexdigest()[:16])


_kept = cache(_read)


def asset(name: str) -> Asset:
    """The file of that name; read anew each time while debugging. KeyError if not on the list."""
    return _read(name) if current_app.debug else _kept(name)


def asset_url(name: str) -> str:
    """The address of a file on the list; it changes when the file changes."""
    return url_for("assets.serve", digest=asset(name).digest, name=name)


@blueprint.get("/assets/<digest>/<name>")
@public
def serve(digest: str, name: str) -> Response:
    """One of the listed files, to be kept by the browser for ever; everything else is 404."""
    if name not in _SOURCES or digest != asset(name).digest:
        abort(404)
    found = asset(name)
    response = Response(found.content, content_type=found.media_type)
    response.set_etag(found.digest)
    response.cache_control.public = True
    response.cache_control.max_age = 31536000
    response.cache_control.immutable = True
    response.make_conditional(request)
    return response
