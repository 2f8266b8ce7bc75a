"""What comes after the signature: later facts flag lines and never change what was signed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app.accounts.models import UserAccount
from app.issuing.content import issued_file, sha256_of
from app.issuing.domain import Line, State
from app.issuing.queries import flags_of, lines_of
from app.issuing.verifying import verify
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.config import ROOT
from app.kernel.database import db
from app.kernel.files import path_of
from app.kernel.transaction import writing
from app.policy.documents import as_json, digest
from app.supervision.services import ViolationEntry, record_violations
from tests.issuing import DAY, People, checked, drafted, issued, people, view, work
from tests.ledgers import load, read_ledger


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(read_ledger())
    found = people(app)
    with app.app_context():
        yield found


def violation(line: Line, day: date = DAY, document: str = "绍环罚〔2025〕9号") -> None:
    with writing("测试"):
        record_violations(
            [ViolationEntry(line.enterprise_id, line.plant_id, "逃避监管排放", None, day, document)]
        )
        audit.record("test.recorded", "violation", 1)


def annul(document: str = "绍环罚〔2025〕9号") -> None:
    """Take the violation out again, as a correction does."""
    from app.kernel import facts
    from app.kernel.transaction import standing_changed
    from app.supervision.models import ViolationRecord

    with writing("测试"):
        row = db.session.execute(
            text("SELECT id, plant_id FROM violation WHERE document = :d"), {"d": document}
        ).one()
        facts.annul(ViolationRecord, [row[0]])
        standing_changed.emit([row[1]])
        audit.record("test.annulled", "violation", row[0])


def first_admitted(list_id: int) -> Line:
    return next(line for line in lines_of(list_id) if line.admitted)


def test_a_later_violation_flags_the_lines_that_would_differ(who: People) -> None:
    list_id = issued(who)
    work()
    assert flags_of(list_id, EVERYTHING) == []
    barred = first_admitted(list_id)
    violation(barred)
    work()
    flags = {flag.key: flag for flag in flags_of(list_id, EVERYTHING)}
    assert flags[barred.key].kind == "left"
    assert any("绍环罚〔2025〕9号" in sentence for sentence in flags[barred.key].why)
    behind = {it.key for it in lines_of(list_id) if it.admitted and it.key != barred.key}
    assert {it.key for it in flags.values() if it.kind == "moved"} == behind
    assert verify(view(list_id)).agrees


def test_flags_are_cleared_when_the_fact_is_gone(who: People) -> None:
    list_id = issued(who)
    violation(first_admitted(list_id))
    work()
    raised = len(flags_of(list_id, EVERYTHING))
    annul()
    work()
    assert flags_of(list_id, EVERYTHING) == []
    assert len(flags_of(list_id, EVERYTHING, cleared=True)) == raised > 0


def test_a_fact_of_a_later_day_flags_nothing(who: People) -> None:
    list_id = issued(who)
    violation(first_admitted(list_id), DAY + timedelta(days=1))
    work()
    assert flags_of(list_id, EVERYTHING) == []


def test_withdrawn_and_replaced_lists_are_flagged_too(who: People) -> None:
    first = issued(who)
    second = issued(who, number="2号")
    violation(first_admitted(first))
    work()
    for list_id in (first, second):
        assert flags_of(list_id, EVERYTHING)
        assert verify(view(list_id)).agrees


def command(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=["policy", *map(str, words)])


def name_of(user_id: int) -> str:
    row = db.session.get(UserAccount, user_id)
    assert row is not None
    return row.name


def test_the_commands_sign_and_verify(app: Flask, who: People) -> None:
    list_id, signer = checked(who), name_of(who.signer.user_id)
    signed = command(app, "issue", list_id, "--by", signer, "--number", "绍环发〔2026〕3号")
    assert signed.exit_code == 0, signed.output
    assert "征求意见稿" in signed.stderr
    issue_id, sha256 = signed.stdout.split()
    assert (int(issue_id), sha256) == (list_id, view(list_id).sha256)
    verified = command(app, "verify", list_id)
    assert verified.exit_code == 0, verified.output
    assert sha256 in verified.stdout


def test_the_commands_refuse_in_one_line(app: Flask, who: People) -> None:
    draft, ready = drafted(who), checked(who, spec="rights-city")
    signer, checker = name_of(who.signer.user_id), name_of(who.checker.user_id)
    for words, code in (
        (("issue", draft, "--by", signer, "--number", "1号"), 1),
        (("issue", 999, "--by", signer, "--number", "1号"), 1),
        (("issue", ready, "--by", "nobody", "--number", "1号"), 1),
        (("issue", ready, "--by", checker, "--number", "1号"), 1),
        (("issue", ready, "--by", signer, "--number", " "), 1),
        (("issue", ready, "--by", signer), 2),
        (("issue", "x", "--by", signer, "--number", "1号"), 2),
        (("verify", draft), 1),
        (("verify", 999), 2),
        (("verify",), 2),
    ):
        result = command(app, *words)
        assert result.exit_code == code, (words, result.output)
        assert result.stdout == ""
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert view(ready).state is State.CHECKED


def test_altered_bytes_are_found(app: Flask, who: People) -> None:
    list_id = issued(who)
    path = path_of(view(list_id).file_sha256 or "")
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"rank":1', b'"rank":2', 1))
    result = command(app, "verify", list_id)
    assert result.exit_code == 1
    assert "已被改动" in result.stderr
    path.unlink()
    assert command(app, "verify", list_id).exit_code == 1
    path.write_bytes(content)
    assert command(app, "verify", list_id).exit_code == 0


def behind_the_app(statement: str, **values: str) -> None:
    """Do to the database what the app and its triggers would never let happen."""
    table = statement.split()[1]
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    with writing("测试"):
        if db.engine.dialect.name == "sqlite":
            for name in list(db.session.execute(text(triggers), {"table": table}).scalars()):
                db.session.execute(text(f"DROP TRIGGER {name}"))
        else:
            db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        db.session.execute(text(statement), values)
        audit.record("test.altered", "register", 1)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE grade_record SET grade = 'D' WHERE grade = 'A'", "重新判定"),
        ("UPDATE issued_list_line SET line = replace(line, '纳入', '列入')", "不符"),
        ("UPDATE issued_list_line SET enterprise_id = enterprise_id + 1", "登记的各行"),
        ("UPDATE issued_list_line SET line = '{'", "登记的第 1 行"),
        ("UPDATE issued_list SET number = '别的文号'", "文号"),
        ("UPDATE issued_list SET state = 'withdrawn', ended_on = effective_on", "状态"),
        ("UPDATE audit_entry SET detail = '{}' WHERE action = 'list.signed'", "审计链"),
    ],
)
def test_a_database_altered_behind_the_app_is_found(
    app: Flask, who: People, statement: str, sentence: str
) -> None:
    list_id = issued(who)
    behind_the_app(statement)
    result = command(app, "verify", list_id)
    assert result.exit_code == 1, result.output
    assert sentence in result.stderr


def test_a_forgery_that_is_sealed_anew_is_found_by_the_chain(app: Flask, who: People) -> None:
    """Whoever may write files and tables, but does not hold the key of the audit chain."""
    list_id = issued(who)
    signed = view(list_id)
    file = json.loads(path_of(signed.file_sha256 or "").read_bytes())
    file["content"]["list"]["rows"][0]["name"] = "冒名企业"
    forged = file["content"]["list"]
    forged["sha256"] = digest(forged)
    content = as_json(file["content"])
    made = issued_file(file["issue"], content)
    for held in (content, made.content):
        path = path_of(sha256_of(held))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(held)
    behind_the_app(
        "UPDATE issued_list SET sha256 = :seal, file_sha256 = :file, "
        "content_sha256 = :content, list_sha256 = :list",
        seal=made.sha256,
        file=sha256_of(made.content),
        content=sha256_of(content),
        list=forged["sha256"],
    )
    result = command(app, "verify", list_id)
    assert result.exit_code == 1
    for label in ("校验值", "文件摘要", "内容摘要"):
        assert f"登记的{label}与审计链中的签发记录不符" in result.stderr


_KILLED = """
import os, signal, sys
from app import create_app
from app.issuing import services
from app.issuing.services import signing, Signature
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
list_id, signer = int(sys.argv[1]), int(sys.argv[2])
def die(*_words, **_more):
    os.kill(os.getpid(), signal.SIGKILL)
def sign(when):
    signal.signal(signal.SIGALRM, die)
    if not when[0].isdigit():
        setattr(signing, when, die)
    with app.app_context(), writing("测试", actor_id=signer, actor_name="签发"):
        if when[0].isdigit():
            signal.setitimer(signal.ITIMER_REAL, float(when))
        services.sign(list_id, EVERYTHING, Signature("1号", confirms_draft_rulebook=True))
        die()
app = create_app()
for when in sys.argv[3:]:
    child = os.fork()
    if not child:
        sign(when)
    print(when, os.WTERMSIG(os.waitpid(child, 0)[1]))
"""
POINTS = ("issued_file", "_replace", "move", "_tell", "queue_review")


def test_a_process_killed_while_signing_leaves_nothing_half_signed(app: Flask, who: People) -> None:
    """At five chosen points, and at moments of chance on the way to the commit.

    Whichever had signed would have kept the next one from being killed where it was to be.
    """
    first, second = issued(who), checked(who, as_of=DAY - timedelta(days=1))
    view(first)
    config = app.config["CONFIG"]
    environment = {
        **os.environ,
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
        "SECRET_KEY": config.secret_key,
    }
    chance = random.Random(3)  # noqa: S311 - repeatable choices
    moments = [f"{chance.uniform(0.001, 0.2):.3f}" for _ in range(3)]
    script = [sys.executable, "-c", _KILLED, str(second), str(who.signer.user_id)]
    ran = subprocess.run([*script, *POINTS, *moments], cwd=ROOT, env=environment, text=True,
                         capture_output=True, timeout=300)  # fmt: skip
    expected = [f"{when} {int(signal.SIGKILL)}" for when in (*POINTS, *moments)]
    assert ran.stdout.splitlines() == expected, ran.stderr
    assert (view(first).state, view(second).state) == (State.IN_FORCE, State.CHECKED)
    assert audit.verify().broken_at is None
    signed = command(app, "issue", second, "--by", name_of(who.signer.user_id), "--number", "1号")
    assert signed.exit_code == 0, signed.output
    assert verify(view(second)).agrees
    assert verify(view(first)).agrees
