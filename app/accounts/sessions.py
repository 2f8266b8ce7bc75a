"""Who sends this request (会话), and what happens when nobody is signed in for it.

The browser holds a random token in the signed cookie; everything else is in the database, so a
session that is ended there is over everywhere with the next request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_login import LoginManager, login_user, logout_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from app.accounts import queries, resuming, services
from app.accounts.domain import Actor
from app.accounts.entrance import FILERS_MARK, may_enter
from app.kernel.database import Mode, db, mode
from app.kernel.entrance import is_for_filers
from app.kernel.htmx import htmx_redirect, is_fragment_request
from app.kernel.permissions import current_access, current_actor
from app.kernel.transaction import holds_writer_lock
from app.kernel.web import SAFE_METHODS

_WHILE_PASSWORD_IS_DUE = frozenset({"accounts.change_password", "accounts.sign_out"})


def init_sessions(app: Flask) -> None:
    """Let every request know who sent it."""
    manager = LoginManager()
    # A token stolen from another machine is dead at the first sign-out; binding it to the address
    # would sign officers out whenever the office's proxy changes.
    manager.session_protection = None
    manager.user_loader(load_person)
    manager.init_app(app, add_context_processor=False)
    app.context_processor(_shown_on_every_page)


def _shown_on_every_page() -> dict[str, Any]:
    actor = cast("Actor | None", current_actor())
    return {
        "person": actor,
        "bureau": "" if g.get("is_broken") else queries.bureau_title(actor),
    }


def load_person(token: str) -> Actor | None:
    """The person a token stands for now and at this door; a page is read in the same snapshot."""
    if not _is_of_this_door(token):
        return None
    if request.method in SAFE_METHODS:
        return _let_in(queries.actor_of_session(token))
    with _reading():
        return _let_in(queries.actor_of_session(token))


def _is_of_this_door(token: str) -> bool:
    return token.startswith(FILERS_MARK) == is_for_filers()


def _let_in(actor: Actor | None) -> Actor | None:
    """The person, unless roles or a setting changed and they may no longer be in by this door."""
    if actor is None or not may_enter(actor.grants, for_filers=is_for_filers()):
        return None
    return actor


@contextmanager
def _reading() -> Iterator[None]:
    """What is read before a request writes must not leave its snapshot to the writing."""
    with mode(Mode.READ):
        try:
            yield
        finally:
            if not holds_writer_lock():
                db.session.rollback()


def present_token() -> str:
    """The token this browser came with, good or not; empty when it has none."""
    token = session.get("_user_id", "")
    return token if isinstance(token, str) and _is_of_this_door(token) else ""


def signed_in_person() -> Actor:
    """The person who sent this request, in full; only for views nobody else reaches."""
    return cast("Actor", current_actor())


def start(token: str) -> Actor:
    """Give the browser a new session: nothing of the one before it is left (会话固定)."""
    session.clear()
    actor = load_person(token)
    if actor is None:
        raise RuntimeError("a session that was just started is not there")
    login_user(actor)
    return actor


def stop() -> None:
    """Take the session away from the browser; what the database holds is ended by the service."""
    logout_user()
    session.clear()


def sign_in_first() -> Response | tuple[str, int] | None:
    """None when the request may go on; otherwise the answer: set-up, sign-in, password change."""
    if current_access() == "public":
        return None
    actor = cast("Actor | None", current_actor())
    if actor is None:
        return _ask_to_sign_in()
    if actor.must_change_password and request.endpoint not in _WHILE_PASSWORD_IS_DUE:
        return htmx_redirect(url_for("accounts.change_password"))
    services.note_seen(actor)
    return None


def _ask_to_sign_in() -> Response:
    with _reading():
        ready = is_for_filers() or queries.has_accounts()
        owner = queries.owner_of_session(present_token())
    if not ready:
        return htmx_redirect(url_for("accounts.setup"))
    if request.method == "POST" and _is_worth_keeping() and resuming.is_own_form():
        return resuming.ask_again(resuming.typed_now(owner))
    target = safe_path(_page_asked_for())
    return htmx_redirect(url_for("accounts.sign_in", next=target))


def _is_worth_keeping() -> bool:
    return request.endpoint not in _WHILE_PASSWORD_IS_DUE


def _page_asked_for() -> str:
    """The page to return to: for a part of a page, the page that holds it."""
    if is_fragment_request():
        try:
            page = urlsplit(request.headers.get("HX-Current-URL", ""))
        except ValueError:  # what a browser never sends
            return ""
        return f"{page.path}?{page.query}" if page.query else page.path
    return request.full_path.rstrip("?") if request.method in SAFE_METHODS else ""


def safe_path(target: str, method: str = "GET") -> str | None:
    """``target`` if it is the address of a page of this system, else None (开放重定向).

    Whatever the text looks like, only what the app's own table of addresses knows is followed.
    """
    if len(target) > 2000 or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or not target.isprintable() or " " in target:
        return None
    try:
        parts = urlsplit(target)
        endpoint, _ = current_app.url_map.bind("").match(unquote(parts.path), method)
    except (ValueError, HTTPException, RoutingException):
        return None
    if parts.scheme or parts.netloc or endpoint in _NOT_TO_RETURN_TO:
        return None
    return target


_NOT_TO_RETURN_TO = frozenset(
    {"accounts.sign_in", "accounts.sign_out", "accounts.setup", "assets.serve"}
)


def home_url() -> str:
    """Where a person starts: their home page."""
    known = "portal.home" in current_app.view_functions
    return url_for("portal.home" if known else "accounts.me")
