"""Every page in a real browser, over a register of hostile texts (逐页浏览): nothing of it runs.

No violation of the content security policy, no message on the console, no dialog, no element or
attribute but the templates' own, no answer that says the program broke.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Response
from werkzeug.serving import make_server

from tests.addresses import QUERIES, may_open, methods_of, own_address, rules
from tests.browser.conftest import WATCH_POLICY
from tests.infested import infest, viewers
from tests.installations import Sqlite, close, installed
from tests.world import Principal, World

PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<b hx-get=/ hx-trigger=load>", '"><script>alert(1)</script>', '" autofocus onfocus="alert(1)',
    "' onmouseover='alert(1)", "</title><svg onload=alert(1)>", "<qz-x>", "</textarea><qz-x>",
    "javascript:alert(1)", "{{7*191}}", "<style>*{color:red}</style>", "<qz-x hx-on:load=alert(1)>",
    "</script><script>alert(1)</script>", '" hx-on::load="alert(1)',
)  # fmt: skip
"""Each would run, or put up an element of its own, where it were not shown as text."""

FOREIGN_NODES = """() => [...document.querySelectorAll("*")].flatMap((node) => [
  ...(/^(qz-|style$)/.test(node.localName) || (node.localName === "script" && !node.src)
    || (node.localName === "img"
      && !/^\\/filing\\/evidence\\/\\d+\\/pages\\/\\d+\\/[a-z]+$/.test(node.getAttribute("src")))
    ? [node.outerHTML.slice(0, 80)] : []),
  ...[...node.attributes].filter((it) => /^(on|hx-on|data-hx-on)/.test(it.name)
    || (/^(href|src|action)$/.test(it.name) && /^\\s*javascript:/i.test(it.value)))
    .map((it) => node.localName + " " + it.name + "=" + it.value.slice(0, 60)),
])"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite: Sqlite) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("crawled")
    with sqlite.database(folder) as url:
        app = installed(folder, url)
        yield infest(app, PAYLOADS)
        close(app)


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Window:
    """A browser in which this principal is signed in already, and everything odd that it told."""

    def __init__(self, browser: Browser, site: str, world: World, who: Principal) -> None:
        self.problems: list[str] = []
        self._who = who.name
        self._at = ""
        self.context = browser.new_context(base_url=site, locale="zh-CN")
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(WATCH_POLICY)
        cookie = world.browser(who).get_cookie("jixiao")
        assert cookie is not None
        self.context.add_cookies([{"name": "jixiao", "value": cookie.value, "url": site}])
        self.context.on("weberror", lambda error: self._tell(str(error.error)))
        self.context.on("dialog", self._dialog)
        self.context.on("console", self._console)
        self.context.on("response", self._response)
        self.page = self.context.new_page()

    def look_at(self, path: str) -> None:
        """Open the page and look for nodes that no template of ours writes."""
        self._at = path
        self.page.goto(path, wait_until="load")
        self.look_for_foreign_nodes()

    def look_for_foreign_nodes(self) -> None:
        for node in self.page.evaluate(FOREIGN_NODES):
            self._tell(node)

    def _tell(self, what: str) -> None:
        self.problems.append(f"{self._who} {self._at}: {what}")

    def _dialog(self, dialog: Dialog) -> None:
        self._tell("a dialog")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._tell(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._tell(f"{response.url} answered {response.status}")


def pages_of(world: World, who: Principal) -> Iterator[tuple[str, str]]:
    """Endpoint and address of everything that this principal may open, once."""
    for rule in rules(world.app):
        if "GET" not in methods_of(rule) or not may_open(rule.endpoint, who):
            continue
        if rule.endpoint == "assets.serve":
            continue
        known = QUERIES.get(rule.endpoint)
        query = known(world, who) if known else {}
        asked = "&".join(f"{name}={value}" for name, value in dict(query).items())
        path = own_address(world, rule, who)
        yield rule.endpoint, f"{path}?{asked}" if asked else path


def test_no_page_runs_what_was_entered(browser: Browser, site: str, world: World) -> None:
    seen: Counter[str] = Counter()
    is_page: dict[str, bool] = {}
    problems: list[str] = []
    for who in viewers(world):
        window = Window(browser, site, world, who)
        for endpoint, path in pages_of(world, who):
            if not is_page.get(endpoint):  # a file would not be shown but fetched
                answer = window.context.request.head(path, max_redirects=0)
                kind = answer.headers.get("content-type", "")
                is_page[endpoint] = answer.ok and kind.startswith("text/html")
            if is_page[endpoint]:
                window.look_at(path)
                seen[endpoint] += 1
        window.context.close()
        problems += window.problems
    print(f"\npages {len(seen)}, opened {seen.total()} times")  # noqa: T201
    assert not problems, "\n".join(problems[:30])
    assert len(seen) > 65


def test_the_look_finds_what_it_looks_for(browser: Browser, site: str, world: World) -> None:
    window = Window(browser, site, world, next(viewers(world)))
    for html in PAYLOADS:
        window.page.goto("about:blank")
        window.problems.clear()
        window.page.set_content(f"<p title=\"{html}\">{html}</p><input value='{html}'>")
        window.look_for_foreign_nodes()
        if html not in {"javascript:alert(1)", "{{7*191}}", "<b hx-get=/ hx-trigger=load>"}:
            assert window.problems, html
    window.context.close()
