"""Grading through the pages of a filing: what is typed, with script and without, and what it says.

The numbers were worked out by hand; reference oxygen 9 %: value × 12 ÷ (21 − measured).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.filing import services
from app.filing.domain import Severity
from app.filing.entry import EntryForm, entry_form, row_id
from app.filing.queries import assessment_of, findings_of, working
from app.indicators.criteria import Row
from app.indicators.domain import Answer
from app.kernel.transaction import writing
from tests.facts import a_plant, code
from tests.filings import ABCD, begun, filing, put_in_force, row, table
from tests.people import ClientAs

HTMX = {"HX-Request": "true"}
Typed = dict[str, Any]
KILN = row(
    "1", "排放限值", "窑尾颗粒物",
    ("A", "颗粒物（窑尾）≤10mg/m³（基准氧含量9%）"),
    ("B B-", "颗粒物（窑尾）≤20mg/m³（基准氧含量9%）"),
    ("C", "颗粒物（窑尾）≤30mg/m³（基准氧含量9%）"),
    ("D", "未达到C级要求"),
)  # fmt: skip
LORRIES = row(
    "2", "运输方式", "公路运输",
    ("A", "国五及以上车辆比例≥85%"), ("B B- C", "国五及以上车辆比例≥50%"), ("D", "未达到C级要求"),
)  # fmt: skip
LEDGER = row(
    "3", "环境管理", "台账",
    ("A", "1、甲\n2、乙\n3、丙"), ("B", "满足下列任意2项：\n1、甲\n2、乙\n3、丙"),
    ("B-", "同上一级"), ("C", "1、甲"), ("D", "未达到C级要求"),
)  # fmt: skip
UNKNOWN = row(
    "4", "装备水平", "装备", ("A", "未核实"), ("B B-", "须做到：自动化"), ("C D", "未达到B级要求")
)
SPARE = replace(
    row("5", "无组织管控", "料场", ("A", "须做到：封闭"), ("B B- C D", "未达到A级要求")),
    may_not_apply=True,
)
ROWS = (KILN, LORRIES, LEDGER, UNKNOWN, SPARE)


@pytest.fixture
def draft(app: Flask, bureau: None) -> int:
    """A draft of a plant whose table has five rows."""
    with app.app_context():
        put_in_force(table(ROWS), date(2026, 1, 1))
        return begun(a_plant()[1])


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


def form_of(it: Row) -> tuple[str, EntryForm]:
    return row_id(1, it.key), entry_form(it, ABCD)


def dust(value: str, oxygen: str) -> Typed:
    name, form = form_of(KILN)
    (it,) = form.measures
    return {f"{name}.{it.name}": value, f"{name}.{it.oxygen_name}": oxygen}


def share(value: str) -> Typed:
    name, form = form_of(LORRIES)
    return {f"{name}.{form.shares[0].name}": value}


def ticks(count: int) -> Typed:
    name, form = form_of(LEDGER)
    return {f"{name}.c": [it.id for it in form.clauses][:count]}


def automatic(said: str, **choice: str) -> Typed:
    name, form = form_of(UNKNOWN)
    return {f"{name}.{form.questions[0].name}": said} | {
        f"{name}.{key}": value for key, value in choice.items()
    }


def spare(**said: str) -> Typed:
    name, _ = form_of(SPARE)
    return {f"{name}.{key}": value for key, value in said.items()}


def sent(typed: Typed) -> Typed:
    """As the page sends it: with what each row was like when it was shown."""
    names = {key.split(".")[0] for key in typed}
    return typed | {f"{it}.{what}": text for it in names for what, text in
                    (("seen", "0"), ("base", ""))}  # fmt: skip


CASES: list[tuple[Row, Typed, str | None]] = [
    (KILN, dust("10", "9"), "A"),
    (KILN, dust("５．０１ ｍｇ／ｍ³", "15 %"), "B"),  # 10.02
    (KILN, dust("5", "１５"), "A"),  # 10
    (KILN, dust("5.02", "15"), "B"),  # 10.04 is not 10
    (KILN, dust("0.05", "20.9"), "A"),  # 6
    (KILN, dust("17.6", "0"), "B"),  # 10.057…
    (KILN, dust("5", ""), None),
    (LORRIES, share("84.99"), "B"),
    (LORRIES, share("0.85"), "D"),
    (LEDGER, ticks(2), "B"),
    (LEDGER, ticks(1), "C"),
    (UNKNOWN, automatic("yes", g="A", why="见批复"), "A"),
    (UNKNOWN, automatic("no", g="A", why="见批复"), "C"),
    (SPARE, spare(na="yes"), None),
]


@pytest.mark.parametrize("script", [True, False])
def test_a_row_typed_on_the_page_reaches_what_was_worked_out_by_hand(
    app: Flask, draft: int, filer: FlaskClient, script: bool
) -> None:
    for number, (it, typed, grade) in enumerate(CASES):
        name = row_id(1, it.key)
        with app.app_context():
            found = working(filing(draft)).answers.get((1, it.key))
        seen = str(found.revision) if found else "0"
        form = {f"{name}.seen": seen, f"{name}.base": "", **typed}
        if script:
            answer = filer.post(f"/filing/{draft}/rows/1/{name}", data=form, headers=HTMX)
            assert answer.status_code == 200, (number, answer.text)
        else:
            answer = filer.post(f"/filing/{draft}/assess?d=all", data=form)
            assert answer.status_code == 303, (number, answer.text)
        with app.app_context():
            results = assessment_of(working(filing(draft))).results[1]
        assert next(r for r in results if r.row.key == it.key).grade == grade, (number, typed)


def test_a_choice_that_does_not_count_is_told(draft: int, filer: FlaskClient) -> None:
    told = "自行选择的 A 没有采用"
    for said, is_told in (("no", True), ("yes", False)):
        typed = automatic(said, g="A", why="见批复")
        form = typed | {f"{row_id(1, UNKNOWN.key)}.{it}": text for it, text in
                        (("seen", "0" if is_told else "1"), ("base", ""))}  # fmt: skip
        answer = filer.post(f"/filing/{draft}/rows/1/{row_id(1, UNKNOWN.key)}", data=form,
                            headers=HTMX)  # fmt: skip
        assert (told in answer.text) is is_told


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (dust("≤10", "9"), "不是实测数值"),
        (dust("10～20", "9"), "是一个范围"),
        (dust("10 20", "9"), "不是可用的数字"),
        (dust("0.01 g/m³", "9"), "单位为 mg/m³"),
        (dust("NaN", "9"), "不是可用的数字"),
        (dust("1e999", "9"), "不是可用的数字"),
        (dust("-5", "9"), "是负数"),
        (dust("5", "21"), "低于 21%"),
        (dust("5", "２１．０"), "低于 21%"),
        (share("100.1"), "超过 100%"),
        (automatic("no", g="A"), "须写明理由"),
    ],
)
def test_what_cannot_be_stays_in_its_field_with_a_sentence(
    app: Flask, draft: int, filer: FlaskClient, typed: Typed, says: str
) -> None:
    answer = filer.post(f"/filing/{draft}/assess?d=all", data=sent(typed))
    assert answer.status_code == 422
    assert says in answer.text
    for text in typed.values():
        assert f'value="{text}"' in answer.text
    with app.app_context():
        assert working(filing(draft)).answers == {}


def panel_of(filer: FlaskClient, filing_id: int) -> str:
    page = filer.get(f"/filing/{filing_id}/assess?d=all").text
    return page[page.index('id="panel"') : page.index("</aside>")]


def test_the_panel_tells_what_holds_the_plant_and_the_way_to_the_next_grade(
    draft: int, filer: FlaskClient
) -> None:
    """C by its ledger: that alone is to be lifted, for B- and for B that is filed for."""
    typed = {**dust("5.01", "15"), **share("60"), **ticks(1), **automatic("yes"), **spare(na="y")}
    assert filer.post(f"/filing/{draft}/assess?d=all", data=sent(typed)).status_code == 303
    panel = panel_of(filer, draft)
    way = panel[panel.index("达到申报等级 B 级，须提升 1 项") :]
    assert "台账" in way
    assert "窑尾颗粒物" not in way
    assert "公路运输" not in way


def test_the_next_grade_comes_before_one_that_is_further_away(
    app: Flask, draft: int, filer: FlaskClient
) -> None:
    """C by its ledger, B by three other rows: one row to lift for B-, four for A."""
    with app.app_context(), writing("测试"):
        services.set_target(draft, "A")
    typed = {**dust("5.01", "15"), **share("60"), **ticks(1), **automatic("yes"), **spare(na="y")}
    assert filer.post(f"/filing/{draft}/assess?d=all", data=sent(typed)).status_code == 303
    panel = panel_of(filer, draft)
    after = panel.index("达到申报等级 A 级，须提升 4 项")
    before = panel[panel.index("升到 B- 级，须提升 1 项") : after]
    assert "台账" in before
    assert "窑尾颗粒物" not in before
    assert panel[after:].count("<li>") == 4


# --- Checks ---------------------------------------------------------------------------------


def errors(app: Flask, filing_id: int, severity: Severity = Severity.ERROR) -> list[str]:
    with app.app_context():
        found = findings_of(working(filing(filing_id)))
    return [it.key.split(":")[0] for it in found if it.severity is severity]


def answered(filing_id: int, key: str, answer: Answer) -> None:
    with writing("测试"):
        services.save_answer(filing_id, 1, key, answer, 0)


def test_where_nothing_applies_there_is_no_grade_and_nothing_to_submit(
    app: Flask, bureau: None
) -> None:
    """PLAN-SHORTBOARD: rows that do not apply give no grade, so no target is reached."""
    with app.app_context():
        put_in_force(table((SPARE,)), date(2026, 1, 1))
        made = begun(a_plant()[1], "C")
        answered(made, "5", Answer(not_applicable=True))
    assert "ungraded" in errors(app, made)


def test_who_misses_even_the_lowest_grade_explains_it(app: Flask, bureau: None) -> None:
    floor = row("1", "排放限值", "颗粒物", ("A B B- C", "须做到：甲"), ("D", "须做到：乙"))
    with app.app_context():
        put_in_force(table((floor,)), date(2026, 1, 1))
        made = begun(a_plant()[1], "D")
        answered(made, "1", Answer(said={"甲": False, "乙": False}))
    assert "below" in errors(app, made, Severity.WARNING)
