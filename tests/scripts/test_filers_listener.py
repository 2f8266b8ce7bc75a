"""Both listeners as the README's command starts them: the bureau's, and the enterprises' (启动)."""

from __future__ import annotations

import html
import http.client
import json
import re
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app import create_app
from app.kernel.config import ROOT, Config
from app.operations.domain import Health
from app.operations.queries.listener import NOTE
from tests.access import access
from tests.evidence_files import pdf
from tests.scripts.test_tls import write_pair
from tests.serving import PATIENCE_SECONDS, Served, environ, free_port, script

OPENED = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "filers.toml").read_text(encoding="utf-8")
)
EXAMPLE = urllib.parse.quote("示例")
COOKIE = re.compile(r"^([^=]+)=([^;]*)")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """A browser with cookies, over http or, where a certificate is given to trust, https."""

    port: int
    trusting: Path | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        wire: http.client.HTTPConnection
        if self.trusting is None:
            wire = http.client.HTTPConnection("localhost", self.port, timeout=60)
        else:
            context = ssl.create_default_context(cafile=str(self.trusting))
            wire = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=context)
        wire.request(method, path, body or None, headers)
        got = wire.getresponse()
        content = got.read()
        for name, value in got.getheaders():
            found = COOKIE.match(value) if name.lower() == "set-cookie" else None
            if found:
                self.cookies[found[1]] = found[2]
        wire.close()
        told = {name.lower(): value for name, value in got.getheaders()}
        return Answer(got.status, content.decode("utf-8", "replace"), told, content)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def token(self, page: str) -> str:
        found = TOKEN.search(self.get(page).text)
        assert found, page
        return found[1]

    def post(self, path: str, page: str, fields: dict[str, str]) -> Answer:
        """Send a form that stands on ``page``."""
        body = urllib.parse.urlencode({**fields, "csrf_token": self.token(page)}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")

    def sign_in(self, name: str, password: str) -> Answer:
        return self.post("/sign-in", "/sign-in", {"name": name, "password": password})

    def send_file(self, path: str, page: str, fields: dict[str, str], content: bytes) -> Answer:
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {**fields, "csrf_token": self.token(page)}.items()
        ]
        head = 'Content-Disposition: form-data; name="files"; filename="report.pdf"'
        parts.append(
            f"--{edge}\r\n{head}\r\nContent-Type: application/pdf\r\n\r\n".encode() + content
        )
        parts.append(f"\r\n--{edge}--\r\n".encode())
        return self.ask("POST", path, b"".join(parts), f"multipart/form-data; boundary={edge}")


class Both(Served):
    """A running ``start.py`` with a listener for enterprises."""

    def __init__(self, instance: Path, *options: str, **environment: str) -> None:
        self.outside = free_port()
        super().__init__(instance, "--filer-port", str(self.outside), *options, **environment)

    def password(self, name: str) -> str:
        found = re.search(rf"^ *{name} +\S+ +(\S+)", self.said(), re.MULTILINE)
        assert found, self.said()
        return found[1]

    def browser(self, trusting: Path | None = None) -> Browser:
        """At the enterprises' listener, once it answers."""
        self.wait_until_ready()
        found, deadline = Browser(self.outside, trusting), time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                assert found.get("/healthz").status == 200
            except OSError:
                assert time.monotonic() < deadline, self.said()
                time.sleep(0.1)
            else:
                return found


def flask(instance: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        env=environ(INSTANCE_DIR=str(instance)),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout


def looked_at(instance: Path) -> tuple[Health, str]:
    """What the doctor says of the enterprises' listener."""
    told = flask(instance, "doctor", "--json", "--quick")
    (found,) = [it for it in json.loads(told) if it["id"] == "filers"]
    return Health(found["health"]), found["what"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The demo county, both listeners on this machine, as the README has it."""
    running = Both(
        tmp_path_factory.mktemp("both") / "instance", "--demo", "--filer-host", "127.0.0.1"
    )
    yield running
    running.stop()


def fetched(browser: Browser, pattern: str, page: str) -> str:
    """The first address on a page that fits."""
    found = re.search(pattern, browser.get(page).text)
    assert found, (page, pattern)
    return html.unescape(found[1])


def test_a_filer_works_there_from_the_sign_in_to_the_sign_out(demo: Both) -> None:
    filer = demo.browser()
    assert filer.sign_in("filer", demo.password("filer")).status == 303
    assert filer.get("/").status == 200
    assess = fetched(filer, r'"(/filing/\d+/assess[^"]*)"', "/filing/")
    rows = fetched(filer, r'"(/filing/\d+/evidence\?[^"]*)"', assess)
    where = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(rows).query))
    draft = rows.partition("?")[0]
    answer = filer.send_file(draft, rows, where, pdf())
    assert answer.status == 303, answer.text
    assert "已添加 1 份材料" in filer.get(answer.headers["location"]).text
    kept = fetched(filer, r'"(/filing/evidence/\d+)[/"]', rows)
    assert filer.get(f"{kept}/original").body == pdf()
    assert filer.get(f"{kept}/pages/1/small").body[:2] == b"\xff\xd8"
    begun = {**where, "name": "more.pdf", "size": "9000", "mark": "1", "sha256": "0" * 64}
    sending = filer.post(draft.replace("/evidence", "/uploads"), rows, begun)
    assert json.loads(sending.text)["arrived"] == 0
    submitted = fetched(filer, r'"(/filing/submissions/\d+)"', "/filing/")
    slip = filer.get(f"{submitted}/papers/receipt")
    assert (slip.status, slip.body[:5]) == (200, b"%PDF-")
    assert "申报回执" in filer.get(f"{submitted}/receipt").text
    assert filer.post("/sign-out", "/", {}).status == 303
    assert filer.get("/filing/").headers["location"].startswith("/sign-in")


def test_no_address_of_the_officers_is_there_whoever_asks_and_however(
    demo: Both, tmp_path: Path
) -> None:
    demo.wait_until_ready()
    app = create_app(Config(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", "tests only"))
    outside = demo.browser()
    assert outside.sign_in("signatory", demo.password("signatory")).status == 303
    officer = Browser(demo.port)
    assert officer.sign_in("city-head", demo.password("city-head")).status == 303
    stolen = Browser(demo.outside, cookies={**officer.cookies})
    stolen.cookies["jixiao-filers"] = officer.cookies["jixiao"]
    theirs = [
        re.sub(r"<[^>]*>", "1", rule.rule)
        for rule in app.url_map.iter_rules()
        if access(rule.endpoint) not in OPENED["permissions"]
        and rule.endpoint not in OPENED["endpoints"]
    ]
    ours = create_app(
        Config(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", "tests only", for_filers=True)
    ).url_map.bind("")
    tried, wrong = 0, []
    for path in sorted(set(theirs)):
        if list(ours.allowed_methods(path)):
            continue
        for browser in (outside, stolen):
            for method in ("GET", "HEAD", "POST"):
                tried += 1
                answer = browser.ask(method, path)
                if answer.status != 404:
                    wrong.append(f"{method} {path}: {answer.status}")
    assert (tried > 600, wrong) == (True, [])
    assert stolen.get("/filing/").headers["location"].startswith("/sign-in")


def test_officers_are_refused_with_a_sentence_and_guessing_is_stopped(demo: Both) -> None:
    outside = demo.browser()
    right = demo.password("keqiao-officer")
    refused = outside.sign_in("keqiao-officer", right)
    assert refused.status == 422
    assert "账号或口令不正确" in refused.text
    assert "管理员" not in refused.text
    assert Browser(demo.port).sign_in("keqiao-officer", right).status == 303
    agent = demo.password("agent")
    for _ in range(5):
        assert outside.sign_in("agent", "wrong").status == 422
    assert outside.sign_in("agent", agent).status == 422, "the right one, too late"
    assert outside.sign_in("filer", demo.password("filer")).status == 303


def test_the_slip_and_the_doctor_tell_its_address(demo: Both) -> None:
    demo.browser()
    address = f"http://127.0.0.1:{demo.outside}"
    health, told = looked_at(demo.instance)
    assert (health, "FILER_TRUSTED_HOSTS" in told) == (Health.NOTE, True)
    officer = Browser(demo.port)
    officer.sign_in("keqiao-officer", demo.password("keqiao-officer"))
    page = fetched(officer, r'"(/desk/people/new\?uscc=[^"]+)"', f"/desk/people/new?q={EXAMPLE}")
    uscc = page.partition("=")[2]
    fields = {"uscc": uscc, "role": "filer", "display_name": "新填报人"}
    slip = officer.post("/desk/people/new", page, fields)
    assert (slip.status, address in slip.text) == (200, True)


def test_killed_it_leaves_nothing_that_misleads(demo: Both) -> None:
    """Last of all: it ends the demo."""
    demo.browser()
    parts = demo.children()
    demo.process.kill()
    demo.process.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{part}").exists() for part in parts):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    note = demo.instance / NOTE
    assert note.exists()
    health, told = looked_at(demo.instance)
    assert (health, "服务没有运行" in told) == (Health.NOTE, True)
    again = Served(demo.instance)
    try:
        again.wait_until_ready()
        assert not note.exists()
        assert looked_at(demo.instance) == (Health.NOTE, "没有开通。")
    finally:
        assert again.stop() == 0


def test_it_has_a_certificate_and_names_of_its_own(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path / "authority", days=200)
    chosen = {"FILER_HOST": "0.0.0.0", "FILER_TRUSTED_HOSTS": "localhost"}
    given = ("--filer-tls-cert", str(certificate), "--filer-tls-key", str(key))
    running = Both(tmp_path / "instance", *given, **chosen)
    try:
        browser = running.browser(certificate)
        page = browser.get("/sign-in")
        assert (page.status, running.health()) == (200, {"status": "ok"})
        assert list(browser.cookies) == ["__Host-jixiao-filers"]
        assert "Secure" in page.headers["set-cookie"]
        assert page.headers["strict-transport-security"]
        assert f"企业申报入口：https://0.0.0.0:{running.outside}" in running.said()
        health, told = looked_at(tmp_path / "instance")
        assert health is Health.GOOD
        assert f"账号单上写的网址是 https://localhost:{running.outside}。" in told
    finally:
        assert running.stop() == 0
    assert not (tmp_path / "instance" / NOTE).exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--filer-port", "9443"], "须同时给出 --filer-host 与 --filer-port"),
        (["--filer-host", "127.0.0.1", "--filer-port", "8000"], "须用另一个端口"),
        (["--filer-address", "shenbao.example.cn"], "不是网址"),
    ],
)
def test_bad_use_of_it_is_refused(tmp_path: Path, options: list[str], sentence: str) -> None:
    refused = script("start.py", *options, cwd=tmp_path)
    assert (refused.returncode, sentence in refused.stderr) == (2, True)
    assert refused.stderr.count("\n") == 1
