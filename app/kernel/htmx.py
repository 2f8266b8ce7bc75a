"""Working with htmx without its pitfalls: the only module that knows its headers.

A page works without it; with it, parts of a page are exchanged. Wraps the htmx-flask extension,
whose plain-text triggers fail on Chinese and whose answers say nothing to caches.
"""

from __future__ import annotations

import json
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, Response, redirect, request
from htmx_flask import Htmx, make_response
from htmx_flask.requests import HtmxAwareRequest

_SETTINGS: dict[str, Any] = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    # Back asks the server for the whole page: always the present state, never a kept copy.
    "refreshOnHistoryMiss": True,
    "historyRestoreAsHxRequest": False,
    "selfRequestsOnly": True,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        # Answers that explain belong on the page: session over, no right, changed since, faults.
        {"code": "(401|403|409|422)", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


def htmx_settings() -> str:
    """The settings every page hands to htmx in a meta element, as JSON."""
    return json.dumps(_SETTINGS, separators=(",", ":"))


def is_fragment_request() -> bool:
    """Whether htmx asks for a part of the page, so that the answer is that part alone."""
    htmx = cast("HtmxAwareRequest", request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def fragment_target() -> str | None:
    """The id of the element that the answer goes into, if htmx named one."""
    return cast("HtmxAwareRequest", request).htmx.target if is_fragment_request() else None


def parameters_around() -> dict[str, str]:
    """The parameters in the address of the page that htmx asks a part of; none if it is unknown."""
    address = request.headers.get("HX-Current-URL", "")
    return dict(parse_qsl(address.partition("?")[2].partition("#")[0]))


def htmx_redirect(path: str) -> Response:
    """Send the person to another page of ours, whether htmx or the browser itself asked.

    ``path`` is an address on this server (as ``url_for`` makes it); ValueError for any other.
    """
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or not _is_plain(path):
        raise ValueError("not an address of this server")
    if is_fragment_request():
        return cast("Response", make_response("", redirect=path))
    return cast("Response", redirect(path, 303))


def _is_plain(path: str) -> bool:
    return "\\" not in path and not path.startswith("//") and path.isprintable()


def push_url(response: Response, path: str) -> Response:
    """Let the address bar show this address of ours for the part just exchanged."""
    if is_fragment_request():
        response.headers["HX-Push-Url"] = path
    return response


def keep_page(response: Response) -> Response:
    """Let the page stay as it is, whatever the answer's status."""
    response.headers["HX-Reswap"] = "none"
    return response


def announce(response: Response, event: str, **said: object) -> Response:
    """Let an event happen on the page, with what it says."""
    response.headers["HX-Trigger"] = json.dumps({event: said})
    return response


def toast(response: Response, message: str, kind: Literal["done", "problem"] = "done") -> Response:
    """Let the page show one sentence beside the part that it exchanges (提示).

    For answers to htmx; a whole page uses ``flash``. Escaped to ASCII, since a header is.
    """
    response.headers["HX-Trigger"] = json.dumps({"toast": {"message": message, "kind": kind}})
    return response


def init_app(app: Flask) -> None:
    """Let requests know about htmx. That answers vary by it is said with the other headers."""
    Htmx(app)
