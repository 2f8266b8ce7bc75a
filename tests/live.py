"""The app behind a real server in this process: sockets, threads, several people (现场服务)."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import lxml.html
import waitress
from flask import Flask

from app.accounts import services
from app.accounts.domain import Role
from app.accounts.services.sign_in import renew_session
from app.kernel.transaction import writing
from tests.people import _browser_with, _password_hash

TOKEN = re.compile(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    location: str
    text: str

    def form(self, action: str) -> dict[str, str]:
        """What the form that posts to ``action`` would send as it stands, without its buttons."""
        for form in lxml.html.fromstring(self.text).forms:
            if (form.method, form.get("action")) == ("POST", action):
                return {name: str(value) for name, value in form.form_values()}
        raise AssertionError((action, self.status, words_of(self.text)))


def words_of(text: str) -> str:
    """The text of a page's main part, blanks squeezed."""
    main = lxml.html.fromstring(text).find(".//main") if text.strip() else None
    return re.sub(r"\s+", " ", main.text_content()).strip() if main is not None else text[:500]


@dataclass
class Person:
    """Somebody at a browser somewhere in the network."""

    name: str
    port: int
    cookie: str

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, values: Mapping[str, Any]) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urllib.parse.urlencode(dict(values)))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie, "Host": "localhost"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        wire.request(method, path, body, headers)
        got = wire.getresponse()
        text = got.read().decode("utf-8", "replace")
        wire.close()
        return Answer(got.status, got.getheader("Location") or "", text)

    def previewed(self, address: str, values: Mapping[str, Any]) -> dict[str, str]:
        """Open the form, fill it in, look at the preview; what its button would send."""
        seen = self.post(address, {**self.get(address).form(address), **values, "step": "preview"})
        assert seen.status == 200, (address, seen.status, words_of(seen.text))
        return {**seen.form(address), "step": "confirm"}


@dataclass
class Live:
    """A serving application."""

    app: Flask
    port: int

    def person(self, name: str, role: Role, county: str | None = None) -> Person:
        """Somebody new, signed in."""
        with self.app.app_context(), writing("测试"):
            opened = services.open_account(name, name, password_hash=_password_hash())
            services.grant_role(opened.user_id, role, county=county)
        with self.app.app_context(), writing("测试"):
            token = renew_session(opened.user_id, "127.0.0.1", "tests")
        client = _browser_with(self.app, token)
        cookie = client.get_cookie("jixiao")
        assert cookie is not None
        return Person(name, self.port, f"jixiao={cookie.value}")


@contextmanager
def served(app: Flask, threads: int = 6) -> Iterator[Live]:
    """Serve the app on a free port of this machine."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=threads)

    def serve() -> None:
        with suppress(OSError):  # its socket is closed under it at the end
            server.run()

    running = threading.Thread(target=serve, daemon=True)
    running.start()
    try:
        yield Live(app, int(server.effective_port))
    finally:
        server.close()
        running.join(10)


def at_once(*posts: tuple[Person, str, Mapping[str, Any]]) -> list[Answer]:
    """Send all of them at the same moment."""
    together = threading.Barrier(len(posts))

    def send(post: tuple[Person, str, Mapping[str, Any]]) -> Answer:
        together.wait()
        return post[0].post(post[1], post[2])

    with ThreadPoolExecutor(len(posts)) as everybody:
        return list(everybody.map(send, posts))
