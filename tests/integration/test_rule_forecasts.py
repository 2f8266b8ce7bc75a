"""What a change would move: worked out once, by a job where it is long, told when outdated."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.desk import rule_forecasts
from app.desk.rule_forecasts import find_forecast, forecast_of, let_go, rows_of
from app.kernel import audit, clock, jobs
from app.kernel.transaction import writing
from app.rulebook.changes import Change
from app.rulebook.queries import flag
from app.supervision.services import ViolationEntry, record_violations
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.ledger_pages import fetched as workbook
from tests.ledgers import load, made_up_ledger
from tests.pages import CheckedClient
from tests.people import ClientAs
from tests.registers import fetched

OTHER = "block.other_kinds"
FORM = {
    "act": "set", "subject": OTHER, "value": "true", "from_on": "2025-07-01",
    "reason": "经局务会研究", "document": "",
}  # fmt: skip
PREVIEW = "/desk/rulebook/change/preview"


@pytest.fixture(autouse=True)
def now(clock: Freeze) -> Freeze:
    clock("2025-09-01 09:00")
    return clock


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every register counts as too large to be waited for."""
    monkeypatch.setattr(rule_forecasts, "AT_ONCE", -1)


def with_other_violation(app: Flask, number: int = 1) -> tuple[int, int]:
    with app.app_context():
        enterprise, plant = a_plant(number)
        with writing("测试"):
            record_violations(
                [ViolationEntry(enterprise, plant, "其他", None, date(2025, 3, 1), f"罚{number}")]
            )
            audit.record("test", "plant", plant)
    return enterprise, plant


def asked(client: CheckedClient) -> str:
    """Where the answer will be."""
    answer = client.post(PREVIEW, data=FORM)
    assert answer.status_code == 303, answer.text[-800:]
    return str(answer.headers["Location"])


def test_a_large_register_is_the_work_of_a_job_and_nobody_waits(
    app: Flask, client_as: ClientAs, large: None, now: Freeze
) -> None:
    with_other_violation(app)
    editor = client_as("rule-editor")
    address = asked(editor)
    waiting = fetched(editor, address)
    assert "正在排队或准备" in waiting
    assert "会改变什么" in waiting
    part = editor.get(address, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert part.status_code == 200
    assert asked(editor) == address  # a double click queues nothing more
    now("2025-09-01 09:01")
    with app.app_context():
        assert jobs.run_next()
        assert not jobs.run_next()
    over = editor.get(address, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert over.headers["HX-Redirect"] == address
    done = fetched(editor, address)
    assert "示例1号有限公司" in done
    assert "正在排队" not in done


def test_both_people_see_the_same_and_it_is_worked_out_once(
    app: Flask, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_other_violation(app)
    editor, head = client_as("rule-editor"), client_as("city-head")
    address = asked(editor)
    monkeypatch.setattr(rule_forecasts, "foresee_change", lambda *_: pytest.fail("worked out anew"))
    assert "尚未提交" in fetched(editor, address)
    assert editor.post("/desk/rulebook/change", data=FORM).status_code == 303
    assert "已提交，待市级负责人复核" in fetched(editor, address)
    number = re.search(r'href="(/approvals/\d+)"', fetched(editor, address))
    assert number
    shown = fetched(head, number[1])
    assert "示例1号有限公司" in shown
    assert "可能已经过时" not in shown


def test_what_is_entered_since_makes_it_outdated_and_it_is_worked_out_again(
    app: Flask, client_as: ClientAs, now: Freeze
) -> None:
    with_other_violation(app)
    editor = client_as("rule-editor")
    address = asked(editor)
    assert "可能已经过时" not in fetched(client_as("rule-editor"), address)  # a sign-in is nothing
    with_other_violation(app, 2)
    late = fetched(editor, address)
    assert "推算之后，台账、规则库或排污权登记有新的记录" in late
    assert "示例2号" not in late
    again = editor.post(address)
    assert again.status_code == 303
    fresh = fetched(editor, address)
    assert "可能已经过时" not in fresh
    assert "示例2号" in fresh
    now("2025-09-02 09:00")
    assert "这是 2025-09-01 推算的" in fetched(client_as("rule-editor"), address)


def test_a_proposal_whose_result_is_lost_is_worked_out_by_who_decides(
    app: Flask, client_as: ClientAs
) -> None:
    with_other_violation(app)
    editor, head = client_as("rule-editor"), client_as("city-head")
    assert editor.post("/desk/rulebook/change", data=FORM).status_code == 303
    shown = fetched(head, "/approvals/1")
    assert "还没有推算" in shown
    assert head.post("/approvals/1/preview").status_code == 303
    assert "示例1号有限公司" in fetched(head, "/approvals/1")


def test_of_two_changes_of_one_thing_each_names_the_other_and_one_passes(
    app: Flask, client_as: ClientAs
) -> None:
    with_other_violation(app)
    editor, head = client_as("rule-editor"), client_as("city-head")
    later = {**FORM, "from_on": "2025-08-01"}
    for form in (FORM, later):
        assert editor.post("/desk/rulebook/change", data=form).status_code == 303
    address = asked(editor)
    shown = fetched(editor, address)
    assert "同一项还有待复核的修改" in shown
    assert "自 2025-08-01 起" in shown
    assert "现在不能通过" not in fetched(head, "/approvals/1")
    assert head.post("/approvals/2/approve", data={"note": ""}).status_code == 303
    overtaken = fetched(head, "/approvals/1")
    assert "现在不能通过" in overtaken
    assert "已经另行修改" in overtaken
    late = head.post("/approvals/1/approve", data={"note": "照准"})
    assert late.status_code == 409
    assert "照准" in late.text
    assert head.post("/approvals/1/refuse", data={"reason": "以后一次为准"}).status_code == 303
    assert "以后一次为准" in fetched(editor, "/approvals/1")


def test_a_day_that_has_passed_before_the_decision_is_told_and_rules_from_it(
    app: Flask, client_as: ClientAs, now: Freeze
) -> None:
    with_other_violation(app)
    coming = {**FORM, "from_on": "2025-09-10"}
    editor, head = client_as("rule-editor"), client_as("city-head")
    assert editor.post(PREVIEW, data=coming).status_code == 303
    assert editor.post("/desk/rulebook/change", data=coming).status_code == 303
    assert "生效日期早于今天" not in fetched(head, "/approvals/1")
    now("2025-09-20 09:00")
    head = client_as("city-head")
    shown = fetched(head, "/approvals/1")
    assert "生效日期早于今天" in shown
    assert "这是 2025-09-01 推算的" in shown
    assert head.post("/approvals/1/approve", data={"note": ""}).status_code == 303
    with app.app_context():
        known = datetime(2025, 9, 15, tzinfo=UTC)
        assert [flag(OTHER, date(2025, 9, it)) for it in (9, 10, 20)] == [False, True, True]
        assert not flag(OTHER, date(2025, 9, 20), known=known)


def codes_in(html: str) -> list[str]:
    return re.findall(r'<span class="code">(\w{18})</span>', html)


def test_all_rows_are_searched_filtered_sorted_paged_and_exported(
    app: Flask, client_as: ClientAs
) -> None:
    with app.app_context():
        load(made_up_ledger(5, enterprises=90))
    editor = client_as("rule-editor")
    form = {**FORM, "subject": "grade.order", "value": "D = 非引领性\nC\nB-\nB\n引领性\nA\nA+"}
    summary = fetched(editor, editor.post(PREVIEW, data=form).headers["Location"])
    counts = {}
    for link, number in re.findall(r'href="([^"]+/rows[^"]+)">查看全部 ([\d,]+) 个厂区', summary):
        counts[unescape(link)] = int(number)
    assert len(counts) > 4
    for link, number in counts.items():
        assert f"共 {number} 个厂区" in fetched(editor, link)
    link, number = max(counts.items(), key=lambda it: it[1])
    assert number > 50
    first, second = fetched(editor, link), fetched(editor, f"{link}&page=2")
    plants = re.findall(r'href="(/plants/\d+)"', first) + re.findall(
        r'href="(/plants/\d+)"', second
    )
    assert len(set(plants)) == len(plants) == min(number, 100)
    assert "没有符合条件的厂区" in fetched(editor, f"{link}&q=查无此厂")
    assert f"{codes_in(first)[0]}" in fetched(editor, f"{link}&q={codes_in(first)[0]}")
    rising = codes_in(fetched(editor, f"{link}&sort=uscc"))
    falling = codes_in(fetched(editor, f"{link}&sort=uscc&order=desc"))
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert rising[0] < falling[0]
    name, book = workbook(editor, link.replace("/rows?", "/export?"))
    assert "2025-09-01.xlsx" in name
    cells = [row[4] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert len([it for it in cells if it and re.fullmatch(r"\w{18}", str(it))]) == number


def test_who_neither_edits_nor_decides_finds_none(app: Flask, client_as: ClientAs) -> None:
    with_other_violation(app)
    address = asked(client_as("rule-editor"))
    for role in ("city-officer", "auditor", "county-head"):
        client = client_as(role)
        for what in (address, f"{address}/rows"):
            assert client.get(what).status_code == 403, role
        assert client.post(address).status_code == 403
        assert client.post(f"{address}/export").status_code == 403
    editor = client_as("rule-editor")
    for key in ("x", "0" * 32, "../" * 11, "é" * 32):
        assert editor.get(f"/desk/rulebook/forecasts/{key}").status_code == 404


def test_a_spoilt_file_and_one_of_another_program_count_as_lost(
    app: Flask, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_other_violation(app)
    editor = client_as("rule-editor")
    address = asked(editor)
    assert editor.post("/desk/rulebook/change", data=FORM).status_code == 303
    path = app.config["CONFIG"].instance_dir / "forecasts" / f"{address[-32:]}.zip"
    monkeypatch.setattr(rule_forecasts, "SHAPE", 99)
    assert "还没有推算" in fetched(editor, address)
    monkeypatch.undo()
    path.write_bytes(path.read_bytes()[:200])
    assert "还没有推算" in fetched(editor, address)
    assert "还没有推算" in fetched(client_as("city-head"), "/approvals/1")


def test_old_ones_are_let_go(app: Flask, client_as: ClientAs) -> None:
    with_other_violation(app)
    editor = client_as("rule-editor")
    address = asked(editor)
    today = datetime.now(clock.SHANGHAI).date()  # the file bears the machine's own time
    with app.app_context():
        let_go(today)
        assert find_forecast(address[-32:])
        let_go(date(today.year + 1, 12, 31))
        assert find_forecast(address[-32:]) is None


def test_the_same_change_has_the_same_key_whoever_proposes_it() -> None:
    said: dict[str, Any] = {"value": 24}
    one = Change("set", "violations.window_months", date(2025, 7, 1), "理由", content=said)
    kept = {**one.to_payload(), "proposed_by": 7, "stood": [], "was": "36 个月"}
    assert Change.of(kept).key == one.key
    later = Change("set", "violations.window_months", date(2025, 7, 2), "理由", content=said)
    assert later.key != one.key


def test_the_kept_rows_are_those_that_were_worked_out(app: Flask, client_as: ClientAs) -> None:
    with_other_violation(app)
    with app.app_context():
        change = Change("set", "block.other_kinds", date(2025, 7, 1), "经局务会研究",
                        content={"value": True})  # fmt: skip
        rule_forecasts._make(change, ())
        kept = forecast_of(change)
        assert kept.effects is not None
        for place, day in enumerate(kept.effects.days):
            for part in day.parts:
                assert rows_of(kept, place, part.id)[:20] == part.rows
                assert len(rows_of(kept, place, part.id)) == part.count
        (moved,) = rows_of(kept, 0, "plants")
        assert (moved.uscc, moved.name) == (code(1), "示例1号有限公司")
