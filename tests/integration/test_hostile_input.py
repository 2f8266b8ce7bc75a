"""Whatever is typed, sent or forged into an address: an answer that says so, and nothing written.

The parameters are those the views ask for, found by listening to them; new ones are tried by
themselves. The choice of strings for each is the same in every run.
"""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.kernel import jobs
from app.kernel.database import db
from app.kernel.models import Job
from tests.addresses import (
    QUERIES,
    SAFE,
    form_of,
    methods_of,
    own_address,
    rules,
    somebody_for,
)
from tests.hostile import EVERYWHERE, FILE_NAMES, TEXTS, multipart, some
from tests.pagecheck import problems_of
from tests.pages import CheckedClient
from tests.tally import Tally
from tests.watch import Watch, fingerprint, noting_parameters, watching
from tests.world import World, workbook

ROOT = Path(__file__).resolve().parents[2]
MORE_PER_FIELD, PER_ARGUMENT = 3, 12
FORM = "application/x-www-form-urlencoded"
TELLING = re.compile(r"Traceback \(most|File \"|site-packages|sqlalchemy|psycopg")
INJECTED = ("javascript://", "<script>alert(1)", "<img src=x", "<b qz=1>", "60481729")
UNKNOWN = ("", "x[]", "endpoint", "_external", "_scheme", "_anchor", "_method", "self", "values")
"""Among them the names that the making of addresses takes for its own."""
HEADERS = (
    "HX-Target", "HX-Current-URL", "HX-Trigger", "HX-Prompt", "User-Agent", "Referer", "Origin",
    "Cookie", "X-CSRFToken", "Accept-Language", "If-None-Match", "If-Modified-Since", "Range",
    "X-Forwarded-For", "Sec-Fetch-Site", "Content-Type", "Authorization",
)  # fmt: skip


@dataclass(slots=True)
class Trial:
    """Everything that was sent, and what was wrong with an answer."""

    watch: Watch
    app: Flask
    tally: Tally
    noted: Mapping[str, set[str]]
    """Per endpoint all that its view has asked for by now."""
    seen: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    wrote: bool = False

    def look(self, sent: str, answer: TestResponse) -> None:
        """Note an answer that broke, told its insides, let something through or wrote."""
        self.seen[answer.status_code] += 1
        body = answer.get_data().decode(errors="replace")  # or a picture, a paper, a table
        answer.close()
        what = f"{sent[:160]} → {answer.status}"
        if answer.status_code >= 500:
            self.faults.append(what)
        if TELLING.search(body) or str(ROOT) in body:
            self.faults.append(f"{what} tells its insides")
        if any(text in body for text in INJECTED):
            self.faults.append(f"{what} lets markup through")
        written = self.watch.taken()
        self.wrote |= bool(written)
        if written and (answer.status_code >= 400 or answer.request.method in SAFE):
            self.faults.append(f"{what} wrote {sorted(written)}")

    @contextmanager
    def kept_whole(self, sender: Sender) -> Iterator[None]:
        """Where nothing was seen to be written, every table must hold what it held."""
        before, self.wrote = fingerprint(self.app), False
        yield
        if not self.wrote and fingerprint(self.app) != before:
            self.faults.append(f"{sender} wrote unseen")

    def finish(self, attack: str, at_least: int) -> None:
        """Tell the numbers; fail on any fault, and when too little was tried."""
        print(f"\nanswers {dict(sorted(self.seen.items()))}")  # noqa: T201
        tried = self.seen.total()
        self.tally(attack, tried, self.faults, at_least=at_least, fields=len(self.fields))


@pytest.fixture
def trial(world: World, caplog: pytest.LogCaptureFixture, tally: Tally) -> Iterator[Trial]:
    caplog.set_level(logging.CRITICAL, logger="app.kernel.web")
    with watching(world.app) as watch, noting_parameters(world.app) as noted:
        yield Trial(watch, world.app, tally, noted)


def encoded(values: Mapping[str, object]) -> str:
    """As a query or a form on the wire; values that are bytes go out as they are."""
    raw = ((name, it if isinstance(it, bytes) else str(it).encode()) for name, it in values.items())
    return "&".join(f"{quote_from_bytes(k.encode())}={quote_from_bytes(v)}" for k, v in raw)


@dataclass(slots=True)
class Sender:
    """One rule as somebody who may send it sends it, with what its view asks for."""

    world: World
    rule: Rule
    method: str
    client: CheckedClient
    path: str
    good: dict[str, Any]
    names: list[str] = field(default_factory=list)

    def send(self, changed: Mapping[str, object]) -> TestResponse:
        """The good request with some of its parameters or fields changed."""
        text = encoded({**self.good, **changed})
        if self.method in SAFE:
            return FlaskClient.open(self.client, self.path, query_string=text)
        return FlaskClient.open(
            self.client, self.path, method="POST", data=text.encode(), content_type=FORM,
            headers={"X-CSRFToken": self.client.token or ""}, query_string=encoded(changed)[:8000],
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def senders(world: World, trial: Trial, *methods: str) -> Iterator[Sender]:
    for rule in rules(world.app):
        for method in methods_of(rule):
            if method in methods:
                made = sender(world, rule, method, trial.noted)
                trial.watch.taken()  # what was written to prepare it
                yield made


def sender(world: World, rule: Rule, method: str, noted: Mapping[str, set[str]]) -> Sender:
    """Somebody with a new session at an address of the rule, having listened to its view."""
    who = somebody_for(world.app, rule.endpoint)
    path, client = own_address(world, rule, who), world.browser(who)
    good = dict(QUERIES[rule.endpoint](world, who)) if rule.endpoint in QUERIES else {}
    if method not in SAFE:
        form = form_of(world, rule.endpoint, who)
        good = {name: value for name, value in form.items() if not isinstance(value, tuple)}
    made = Sender(world, rule, method, client, path, good)
    made.send({}).close()
    made.names = sorted({*noted[rule.endpoint], *good})
    made.client = world.browser(who)  # what was sent may have ended the session
    return made


def each_field(one: Sender, trial: Trial) -> Iterator[tuple[str, bytes]]:
    """Every field that the view asks for, with every kind of harm and some more at random.

    What it asks for only in answer to some of that comes behind.
    """
    tried: set[str] = set()
    while left := sorted({*one.names, *trial.noted[one.rule.endpoint]} - tried):
        for name in left:
            trial.fields.add(f"{one.rule} {name}")
            for text in (*EVERYWHERE, *some(TEXTS, MORE_PER_FIELD, f"{one.rule} {name}")):
                yield name, text
        tried.update(left)


def test_no_parameter_of_any_page_breaks_it(world: World, trial: Trial) -> None:
    for page in senders(world, trial, "GET"):
        with trial.kept_whole(page):
            for name, text in each_field(page, trial):
                trial.look(f"{page} {name}={text[:40]!r}", page.send({name: text}))
            for text in some(TEXTS, 3, str(page.rule)):
                trial.look(f"{page} all={text!r}", page.send(dict.fromkeys(page.names, text)))
            odd = dict.fromkeys(UNKNOWN, "javascript")
            trial.look(f"{page} unknown parameters", page.send(odd))
    trial.finish("parameters × hostile texts", at_least=len(trial.fields) * len(EVERYWHERE) + 1)


def test_no_field_of_any_form_breaks_it(world: World, trial: Trial) -> None:
    for form in senders(world, trial, "POST"):
        with trial.kept_whole(form):
            for name, text in each_field(form, trial):
                trial.look(f"{form} {name}={text[:40]!r}", form.send({name: text}))
            for text in some(TEXTS, 3, str(form.rule)):
                trial.look(f"{form} all={text!r}", form.send(dict.fromkeys(form.names, text)))
            many = {f"field{number}": "x" for number in range(2000)}
            trial.look(f"{form} 2000 fields", form.send(many))
            empty, form.good = form.good, {}
            trial.look(f"{form} nothing", form.send({}))
            form.good = empty
    trial.finish("fields × hostile texts", at_least=len(trial.fields) * len(EVERYWHERE) + 1)


def test_no_variable_part_of_an_address_breaks_it(world: World, trial: Trial) -> None:
    for any_rule in senders(world, trial, "GET", "POST"):
        for name in sorted(any_rule.rule.arguments):
            for text in some(TEXTS, PER_ARGUMENT, f"{any_rule.rule} {name}"):
                marked = re.sub(rf"<(\w+:)?{name}>", "MARK", any_rule.rule.rule)
                path = re.sub(r"<(\w+:)?\w+>", "1", marked)
                any_rule.path = path.replace("MARK", quote_from_bytes(text[:2000], safe=""))
                trial.look(f"{any_rule}", any_rule.send({}))
    trial.finish("parts of addresses × hostile texts", at_least=150)


def test_no_header_breaks_a_page(world: World, trial: Trial) -> None:
    """Each header with each text that a header can hold, handed round among the pages."""
    printable = [text[:4000] for text in TEXTS if not re.search(rb"[\x00\r\n]", text)]
    pairs = [(name, text.decode("latin-1")) for name in HEADERS for text in printable]
    random.Random("headers").shuffle(pairs)  # noqa: S311 - no secret
    there_are = sum("GET" in methods_of(rule) for rule in rules(world.app))
    for number, page in enumerate(senders(world, trial, "GET")):
        for name, value in pairs[number::there_are]:
            trial.fields.add(name)
            headers = {"HX-Request": "true"} if name.startswith("HX-") else {}
            answer = FlaskClient.open(
                page.client, page.path, headers={**headers, name: value},
                query_string=encoded(page.good),
            )  # fmt: skip
            trial.look(f"{page} {name}: {value!r}", answer)
    trial.finish("headers × hostile texts", at_least=len(HEADERS) * len(printable))


def files() -> Iterator[tuple[bytes, bytes]]:
    good = workbook("A", "改名有限公司").getvalue()
    for name in FILE_NAMES:
        yield name, good
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    picture, package = b"\x89PNG\r\n\x1a\n", b"PK\x03\x04" + b"\x00" * 100
    for content in (b"", b"PK", package, picture, good[:-50], ole, b"<html>", b"=1+1,2\n"):
        for ending in (b".xlsx", b".xls", b".csv", b".zip"):
            yield "台账".encode() + ending, content


def send_files(form: Sender, trial: Trial, name: str, *, step: int) -> None:
    for file_name, content in list(files())[::step]:
        answer = FlaskClient.open(
            form.client, form.path, method="POST", data=multipart(name, file_name, content),
            content_type="multipart/form-data; boundary=MARK",
            headers={"X-CSRFToken": form.client.token or ""},
        )  # fmt: skip
        trial.look(f"{form} {name} {file_name!r} {content[:8]!r}", answer)


def test_no_file_sent_to_any_form_breaks_it(world: World, trial: Trial) -> None:
    for form in senders(world, trial, "POST"):
        for name in form.names or ["file"]:
            send_files(form, trial, name, step=40)
    trial.finish("files to fields", at_least=100)


def test_every_uploaded_file_is_read_and_shown(world: World, trial: Trial) -> None:
    """The background reads every hostile file, and says of each what is wrong with it."""
    upload = next(it for it in senders(world, trial, "POST") if it.rule.endpoint == UPLOAD)
    with world.app.app_context():
        earlier = db.session.query(func.max(Job.id)).scalar() or 0  # of other forms; may fail
    send_files(upload, trial, "workbook", step=1)
    with world.app.app_context():
        while jobs.run_next():
            pass
        db.session.rollback()
        states = [(job.state, job.error) for job in db.session.query(Job) if job.id > earlier]
        last = db.session.query(func.max(Job.id)).scalar()
    trial.watch.taken()
    assert set(states) == {("done", "")}
    assert len(states) > 10
    for number in range(1, last + 1):
        answer = FlaskClient.open(upload.client, f"/ledger/{number}")
        if answer.status_code == 200:
            assert problems_of(answer.get_data(as_text=True)) == []
        trial.look(f"/ledger/{number}", answer)
    trial.look("/ledger/", upload.client.get("/ledger/"))
    trial.finish("files to the ledger", at_least=60)


UPLOAD = "ledger.upload_workbook"


def test_bodies_that_are_no_forms_break_nothing(world: World, trial: Trial) -> None:
    bodies: list[tuple[bytes, str]] = [
        (b'{"a": 1}', "application/json"), (b"{", "application/json"), (b"\xff" * 100, FORM),
        (b"a=1", "text/plain"), (b"--MARK\r\n", "multipart/form-data; boundary=MARK"),
        (b"garbage", "multipart/form-data; boundary=MARK"), (b"x", "multipart/form-data"),
        (b"&&&=&=&a", FORM), (b"<a/>", "application/xml"), (b"a=1", FORM + "; charset=utf-7"),
    ]  # fmt: skip
    for form in senders(world, trial, "POST"):
        for body, kind in bodies:
            answer = FlaskClient.open(
                form.client, form.path, method="POST", data=BytesIO(body), content_type=kind,
                headers={"X-CSRFToken": form.client.token or ""},
            )  # fmt: skip
            trial.look(f"{form} {kind} {body!r}", answer)
    trial.finish("bodies that are no forms", at_least=200)


def test_a_stranger_cannot_make_the_server_take_a_large_body(app: Flask) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
    body = head + b"x" * (3 * 1024 * 1024) + b"\r\n--x--\r\n"
    answer = app.test_client().post(
        "/sign-in", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 413
