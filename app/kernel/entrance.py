"""Two ways in (入口): the bureau's own network, and for enterprises a listener of their own.

The listener for enterprises is a process of its own with the same program and data, in which every
view that is not for filers has an address that can be written but not opened: the table that finds
a view for an address does not hold it, so that it is answered like any address nobody ever made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, RoutingException

from app.kernel.config import Config

_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_OFFICE = "office_for_enterprises"
Answers = Callable[[str, Callable[..., Any]], bool]


class Narrowed(Flask):
    """An app that answers only at the endpoints that ``answers`` names."""

    def __init__(self, name: str, answers: Answers) -> None:
        self._answers = answers
        super().__init__(name, static_folder=None)

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """As Flask's; what is not named to be answered can only be built."""
        if endpoint is None or view_func is None or not self._answers(endpoint, view_func):
            options["build_only"] = True
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)


def is_for_filers() -> bool:
    """Whether this process is the enterprises' listener (企业申报入口)."""
    config: Config = current_app.config["CONFIG"]
    return config.for_filers


UNNAMED = "受理申报的部门"
"""Whom enterprises are to ask as long as the bureau has not said it."""


def name_office_with(app: Flask, asked: Callable[[], str | None]) -> None:
    """Let a later stage say whom the person of this request asks, if an enterprise's; else None."""
    app.extensions[_OFFICE] = asked


def whom_to_tell(otherwise: str = "系统管理员") -> str:
    """Whom to turn to with what one cannot mend: enterprises the office the bureau has named.

    ``otherwise`` is for everybody else. Where the database may not answer, nothing is asked of it.
    """
    unnamed = UNNAMED if is_for_filers() else otherwise
    asked = current_app.extensions.get(_OFFICE)
    return unnamed if asked is None or g.get("is_broken") else asked() or unnamed


def enterprise_address() -> str:
    """Where enterprises sign in; empty when they have no listener of their own."""
    config: Config = current_app.config["CONFIG"]
    name = urlsplit(request.host_url).hostname or ""
    return config.enterprise_address.replace("*", f"[{name}]" if ":" in name else name, 1)


def is_answered(endpoint: str) -> bool:
    """Whether an endpoint's address can be opened here."""
    return any(not rule.build_only for rule in current_app.url_map.iter_rules(endpoint))


def leads_somewhere(address: str) -> bool:
    """Whether a link of ours leads to a page that can be opened here."""
    if not is_for_filers():
        return True
    try:
        current_app.url_map.bind("").match(unquote(urlsplit(address).path), "GET")
    except RequestRedirect:
        return True
    except (ValueError, HTTPException, RoutingException):
        return False
    return True


def without_dead_links(response: Response) -> Response:
    """On the enterprises' listener a link to a page that is not there is only its words.

    Pages that both doors show name what only officers open; here not even the address is told.
    """
    if not is_for_filers() or response.direct_passthrough or response.mimetype != "text/html":
        return response
    html = response.get_data(as_text=True)
    response.set_data(_LINK.sub(_words_of_dead, html))
    return response


def _words_of_dead(link: re.Match[str]) -> str:
    address = unescape(link[1])
    is_ours = address.startswith("/") and not address.startswith("//")
    return f"<span>{link[2]}</span>" if is_ours and not leads_somewhere(address) else link[0]
