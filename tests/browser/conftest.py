"""A real browser against a really served app (浏览器测试): every page error fails the test."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from app.kernel import jobs
from tests.installations import Sqlite, close, installed

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("content security policy: " + event.violatedDirective + " " + event.blockedURI);
});
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; as root it runs without its sandbox, which it demands."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, "no browser here; install it with: apt-get install -y chromium"
    flags = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def app(request: pytest.FixtureRequest, sqlite: Sqlite, tmp_path: Path) -> Iterator[Flask]:
    """A fresh installation for one walk; empty unless the test asks for the ``bureau``."""
    with sqlite.database(tmp_path, with_bureau="bureau" in request.fixturenames) as url:
        fresh = installed(tmp_path, url)
        yield fresh
        close(fresh)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app served, with its job worker, at this address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    ending = threading.Event()

    def work() -> None:
        with app.app_context():
            jobs.work_forever(ending)

    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.port}"
    ending.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """One person's browser window; no page may report an error or reach another site."""
    context = browser.new_context(
        base_url=address, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(10_000)
    context.add_init_script(WATCH_POLICY)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "blob:", "data:"))
            else problems.append(f"another site: {request.url}")
        ),
    )
    yield context
    context.close()
    assert problems == []


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """The first page of a window nobody has signed in with."""
    return visitor.new_page()
