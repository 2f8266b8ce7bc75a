"""A browser without a screen: keep-alive, cookies, the forms of a page (浏览器)."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_INPUT = re.compile(r"<input\b[^>]*>")
_NAME = re.compile(r'\bname="([^"]*)"')
_VALUE = re.compile(r'\bvalue="([^"]*)"')
_SELECT = re.compile(r'<select\b[^>]*\bname="([^"]*)".*?</select>', re.S)
_CHOSEN = re.compile(r'<option value="([^"]*)"[^>]*\bselected')
_TEXT = re.compile(r'<textarea\b[^>]*\bname="([^"]*)"[^>]*>(.*?)</textarea>', re.S)
_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')
_MAIN = re.compile(r"<main.*?</main>", re.S)
_COOKIE = re.compile(rb"set-cookie: ([^=]+)=([^;]*)", re.I)


class Unanswered(Exception):
    """The connection broke before an answer came: nobody knows what became of the request."""


def fields(text: str) -> list[tuple[str, str]]:
    """What the inputs of this part of a page would send as they stand, without its buttons."""
    sent = []
    for tag in _INPUT.findall(text):
        name, value = _NAME.search(tag), _VALUE.search(tag)
        is_switch = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and not (is_switch and " checked" not in tag):
            sent.append((name[1], html.unescape(value[1]) if value else ""))
    for found in _SELECT.finditer(text):
        chosen = _CHOSEN.search(found[0])
        sent.append((found[1], html.unescape(chosen[1]) if chosen else ""))
    return [*sent, *((name, html.unescape(it)) for name, it in _TEXT.findall(text))]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and after how many seconds it was there in full."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("location", "")

    def links(self, start: str) -> list[str]:
        """The addresses of its links that begin so."""
        return [it for it in map(html.unescape, _LINK.findall(self.text)) if it.startswith(start)]

    def form(self, action: str) -> dict[str, str]:
        """What the form that posts to ``action`` would send as it stands, without its buttons."""
        start = self.text.index(f'action="{html.escape(action)}"')
        return dict(fields(self.text[start : self.text.index("</form>", start)]))

    def words(self, most: int = 300) -> str:
        """The text of its main part."""
        main = _MAIN.search(self.text)
        plain = re.sub(r"<[^>]*>", " ", main[0] if main else self.text)
        return re.sub(r"\s+", " ", html.unescape(plain)).strip()[:most]


@dataclass
class Browser:
    """One person's browser: one connection, asked one thing after the other."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return await self._ask("GET", path, b"", headers)

    async def post(
        self, path: str, values: Mapping[str, str] | Sequence[tuple[str, str]], **headers: str
    ) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._ask("POST", path, urlencode(values).encode(), kind)

    async def send_file(
        self, path: str, values: Mapping[str, str], name: str, file: tuple[str, bytes]
    ) -> Answer:
        """Send a form with a file."""
        mark = "--------------------------jixiao"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in values.items()
        ]
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file[0]}"'
            "\r\nContent-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body = b"".join([*parts, head, file[1], f"\r\n--{mark}--\r\n".encode()])
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return await self._ask("POST", path, body, kind)

    async def send_bytes(self, path: str, body: bytes, token: str) -> Answer:
        """Send a part of a file, as a page's script does."""
        kind = {"Content-Type": "application/octet-stream", "X-CSRFToken": token,
                "Accept": "application/json"}  # fmt: skip
        return await self._ask("POST", path, body, kind)

    async def break_off(self, path: str, body: bytes, announced: int, token: str) -> None:
        """Send less of a part than was announced, and hang up."""
        if self._open is None or self._open[0].at_eof():
            self._open = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        lines = [
            f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {announced}",
            "Content-Type: application/octet-stream", f"X-CSRFToken: {token}", self._held(),
        ]  # fmt: skip
        self._open[1].write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self._open[1].drain()
        self.close()

    async def sign_in(self, name: str, password: str) -> None:
        """As a person does it."""
        page = await self.get("/sign-in")
        form = {**page.form("/sign-in"), "name": name, "password": password}
        done = await self.post("/sign-in", form)
        if done.status != 303 or "/sign-in" in done.location:
            raise RuntimeError(f"{name} was not let in: {done.status} {done.words()}")

    def close(self) -> None:
        """Leave."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _held(self) -> str:
        return "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def _ask(self, method: str, path: str, body: bytes, more: Mapping[str, str]) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip"]
        if self.cookies:
            lines.append(self._held())
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in more.items()]
        start = time.perf_counter()
        try:
            if self._open is None or self._open[0].at_eof():  # idle too long: the server hung up
                self._open = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
            reader, writer = self._open
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            headers = _headers(head)
            content = await _content(reader, headers)
        except (OSError, EOFError, asyncio.IncompleteReadError) as broken:
            self.close()
            raise Unanswered(f"{method} {path}: {type(broken).__name__}") from broken
        seconds = time.perf_counter() - start
        for name, value in _COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        if headers.get("connection") == "close":
            self.close()
        status = int(head.split(b" ", 2)[1])
        return Answer(status, headers, content.decode("utf-8", "replace"), seconds)


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def _content(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return b""
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(parts)
