"""The pages on which 规则库 is changed: form, what would move, decision, record."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.transaction import writing
from app.rulebook.queries import catalogue, parameters, setting
from app.supervision.services import ViolationEntry, record_violations
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.people import ClientAs
from tests.registers import fetched

OTHER = "block.other_kinds"
FORM = {
    "act": "set",
    "subject": OTHER,
    "value": "true",
    "from_on": "2025-07-01",
    "reason": "经局务会研究",
    "document": "绍市环发〔2025〕9号",
}
PREVIEW, PROPOSE = "/desk/rulebook/change/preview", "/desk/rulebook/change"


@pytest.fixture(autouse=True)
def _now(clock: Freeze) -> None:
    clock("2025-09-01 09:00")


@pytest.fixture
def plant(app: Flask, bureau: None) -> int:
    """A plant at A with a violation of another kind this year."""
    with app.app_context():
        enterprise, plant = a_plant()
        with writing("测试"):
            record_grades([GradeEntry(plant, "shaoxing-2023", "A", date(2024, 1, 1), None, "核定")])
            record_violations(
                [ViolationEntry(enterprise, plant, "其他", None, date(2025, 3, 1), "罚1")]
            )
            audit.record("test", "plant", plant)
    return plant


def previewed(client: Any, form: dict[str, Any]) -> str:
    """The page of what the change would move."""
    answer = client.post(PREVIEW, data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)[-1500:]
    return fetched(client, answer.headers["Location"])


def posted(client: Any, address: str, form: dict[str, Any], status: int = 200) -> str:
    answer = client.post(address, data=form)
    assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
    text: str = answer.get_data(as_text=True)
    return text


def test_from_the_form_to_the_record(app: Flask, client_as: ClientAs, plant: int) -> None:
    editor, head = client_as("rule-editor"), client_as("city-head")
    assert "提出修改" in fetched(editor, f"/rulebook/parameters/{OTHER}")
    assert "新值" in fetched(editor, f"{PROPOSE}?act=set&subject={OTHER}")
    preview = previewed(editor, FORM)
    assert "旧日期的结论会随之变化" in preview
    assert "示例1号有限公司" in preview
    assert "当年不得申报 B 级及以上" in preview
    assert "监督执法正面清单" in preview
    with app.app_context():
        assert setting(OTHER, date(2025, 9, 1)) is False
    posted(editor, PROPOSE, FORM, 303)
    page = fetched(editor, f"/rulebook/parameters/{OTHER}")
    proposal = re.search(r"/approvals/(\d+)", page)
    assert proposal
    shown = fetched(head, f"/approvals/{proposal[1]}")
    assert "旧日期的结论会随之变化" in shown
    assert "示例1号有限公司" in shown
    assert "否（本局设定）" in shown
    every = re.search(r'href="(/desk/rulebook/forecasts/[^"]+part=positive-list)"', shown)
    assert every
    assert "第 1 页，共 1 页" in fetched(head, unescape(every[1]))
    assert "不能" not in posted(head, f"/approvals/{proposal[1]}/approve", {"note": ""}, 303)
    with app.app_context():
        assert setting(OTHER, date(2025, 9, 1)) is True
        assert setting(OTHER, date(2025, 6, 30)) is False
    record = fetched(editor, f"/rulebook/parameters/{OTHER}")
    assert "绍市环发〔2025〕9号" in record
    assert "更正" in record
    assert "待复核的修改" not in record
    officer = fetched(client_as("county-officer"), f"/rulebook/parameters/{OTHER}")
    assert "修改记录" not in officer
    assert "提出修改" not in officer


def test_nothing_moves_is_said_plainly(client_as: ClientAs, plant: int) -> None:
    form = {**FORM, "subject": "review.min_officers", "value": "3"}
    assert "没有变化。" in previewed(client_as("rule-editor"), form)


def test_lists_that_cannot_be_made_are_said(app: Flask, client_as: ClientAs, plant: int) -> None:
    folder = app.config["CONFIG"].instance_dir / "measures"
    folder.mkdir(exist_ok=True)
    (folder / "broken.toml").write_text("[[", encoding="utf-8")
    assert "无法计算" in previewed(client_as("rule-editor"), FORM)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "maybe"}, "请选择“是”或“否”"),
        ({"value": ""}, "请选择“是”或“否”"),
        ({"from_on": ""}, "没有填写生效日期"),
        ({"from_on": "明天"}, "不是有效日期"),
        ({"reason": " "}, "没有填写理由"),
        ({"document": "文" * 101}, "最多 100 个字"),
        ({"value": "false"}, "没有改变"),
        ({"subject": "review.county_days", "value": "9"}, "法定"),
        ({"subject": "violations.window_months", "value": "1201"}, "不超过 1200"),
        ({"subject": "violations.window_months", "value": "9" * 5000}, "不超过 1200"),
        ({"subject": "targets.after_2025", "value": "NaN"}, "百分数"),
        ({"subject": "renewal.due_day", "value": "02-30"}, "月-日"),
        ({"subject": "refinery.counted_from", "value": "x"}, "应为日期"),
        ({"subject": "fund.eligible_grades"}, "至少选择一个等级"),
        ({"subject": "grade.order", "value": "A\nB"}, "列出全部等级"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client_as: ClientAs, changes: dict[str, str], said: str
) -> None:
    editor = client_as("rule-editor")
    for address in (PREVIEW, PROPOSE):
        html = posted(editor, address, {**FORM, **changes}, 422)
        assert said in html
        assert "经局务会研究" in html or "reason" in changes or "法定" in said


def test_every_setting_can_be_proposed_as_it_is_offered(app: Flask, client_as: ClientAs) -> None:
    """The form of every parameter opens, and what is fixed says why."""
    editor = client_as("rule-editor")
    with app.app_context():
        entries = parameters(date(2025, 9, 1))
    for entry in entries:
        html = fetched(editor, f"{PROPOSE}?act=set&subject={entry.id}")
        assert ("不能在此修改" in html) is not entry.overridable, entry.id


ACTS = {
    "rename": {"name": "铸造及热处理"},
    "retire": {},
    "subtype": {"name": "精密铸造", "aliases": "精铸"},
    "alias": {"aliases": "翻砂\n浇铸"},
    "code": {"codes": "3391", "confidence": "已核实", "source": "GB/T 4754—2017"},
    "scheme": {
        "rulebook": "national-2026", "scheme": "national-abc",
        "confidence": "未核实", "source": "省厅口头答复",
    },
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_an_industry_is_edited(app: Flask, client_as: ClientAs, act: str) -> None:
    """PLAN-SCOPE, PLAN-GRADES: names, schemes and codes change by dated edits."""
    editor, head = client_as("rule-editor"), client_as("city-head")
    fetched(editor, f"{PROPOSE}?act={act}&subject=casting")
    form = {**FORM, "act": act, "subject": "casting", **ACTS[act]}
    previewed(editor, form)
    posted(editor, PROPOSE, form, 303)
    proposal = re.search(r"/approvals/(\d+)", fetched(editor, "/rulebook/industries/casting"))
    assert proposal
    fetched(head, f"/approvals/{proposal[1]}")
    posted(head, f"/approvals/{proposal[1]}/preview", {}, 303)
    posted(head, f"/approvals/{proposal[1]}/approve", {"note": ""}, 303)
    assert "有效" in fetched(editor, "/rulebook/industries/casting")


def test_a_local_industry_is_added(app: Flask, client_as: ClientAs) -> None:
    editor, head = client_as("rule-editor"), client_as("city-head")
    assert "新增行业" in fetched(editor, "/rulebook/industries")
    form = {**FORM, "act": "add", "subject": "", "name": "珍珠加工", "aliases": "珍珠"}
    previewed(editor, form)
    posted(editor, PROPOSE, form, 303)
    posted(head, "/approvals/1/approve", {"note": ""}, 303)
    with app.app_context():
        assert catalogue().by_id("local-zhen-zhu-jia-gong").name_on(date(2025, 7, 1)) == "珍珠加工"
    assert "珍珠加工" in fetched(editor, "/rulebook/industries?q=珍珠")


def test_what_cannot_be_changed_so_is_not_there(client_as: ClientAs) -> None:
    editor = client_as("rule-editor")
    for query in ("", "?act=set", "?act=x&subject=casting", "?act=withdraw&subject=casting",
                  "?act=withdraw&subject=casting&replaces=9", "?act=rename&subject=x"):  # fmt: skip
        assert editor.get(f"{PROPOSE}{query}").status_code == 404
    for form in ({}, {"act": "x"}, {**FORM, "subject": "x"}, {**FORM, "act": "withdraw"}):
        assert editor.post(PREVIEW, data=form).status_code == 404
