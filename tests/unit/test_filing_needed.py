"""Which materials a filing needs, and what a file's name says about its period; by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.filing.domain import Evidence
from app.filing.evidence import ANY, Needed, Progress, TableAsked, needed, period_in_name
from app.filing.periods import Span
from app.indicators import domain
from app.indicators.domain import Answer, Cell, IndicatorTable, Row
from app.indicators.wording import read

PROVING = ("A", "引领性", "B", "B-")
CELLS = (Cell(("A", "B", "C", "D"), read("须做到：示例")),)
ROWS = (
    Row("1", "监测监控", "自动监测", CELLS, evidence=(
        domain.Evidence("在线监测报告", "各季度"), domain.Evidence("联网证明"))),
    Row("2", "装备水平", "炉型", CELLS),
    Row("3", "运输方式", "厂内车辆", CELLS, may_not_apply=True),
)  # fmt: skip
TABLE = TableAsked(1, "铸造", IndicatorTable("casting", "", "r", "t", ("A", "B", "C", "D"), ROWS))


def a_file(key: str, kind: str = "", days: tuple[str, str] | None = None, *, confirmed: bool = True,
           number: int = 1) -> Evidence:  # fmt: skip
    first, last = (date.fromisoformat(it) for it in days) if days else (None, None)
    return Evidence(number, 1, key, kind, "0" * 64, "a.pdf", 9, "pdf", 1, first, last, "",
                    confirmed, None, datetime(2026, 3, 2, tzinfo=UTC), "张三")  # fmt: skip


def of(target: str, *held: Evidence, answers: dict[tuple[int, str], Answer] | None = None
       ) -> dict[tuple[str, str], Needed]:  # fmt: skip
    found = needed([TABLE], target, answers or {}, held, 2026, date(2026, 3, 2), PROVING)
    return {(it.row_key, it.kind): it for it in found}


@pytest.mark.parametrize("target", ["C", "D", "非引领性"])
def test_whoever_files_for_a_low_grade_need_attach_nothing(target: str) -> None:
    assert of(target) == {}


@pytest.mark.parametrize("target", PROVING)
def test_every_indicator_is_proved_for_a_high_grade(target: str) -> None:
    """PLAN-FILE: supporting evidence per indicator, named by the table or not."""
    found = of(target)
    assert list(found) == [("1", "在线监测报告"), ("1", "联网证明"), ("2", ANY), ("3", ANY)]
    assert {it.clause for it in found.values()} == {"PLAN-FILE"}
    assert all(it.progress is Progress.MISSING for it in found.values())
    level = target if target == "引领性" else f" {target} 级"
    why = f"申报{level}须逐项证明，指标“炉型”适用于本厂，须附佐证材料，指标表未指明种类"
    assert found["2", ANY].why == why


def test_what_does_not_apply_needs_no_proof() -> None:
    apart = {(1, "3"): Answer(not_applicable=True), (1, "2"): Answer(not_applicable=True)}
    assert list(of("B", answers=apart)) == [("1", "在线监测报告"), ("1", "联网证明"), ("2", ANY)]


def test_quarters_are_covered_together_and_what_is_left_is_named() -> None:
    report = "在线监测报告"
    first = a_file("1", report, ("2025-01-01", "2025-06-30"))
    third = a_file("1", report, ("2025-07-01", "2025-09-29"))
    some = of("A", first, third)["1", report]
    assert some.progress is Progress.INCOMPLETE
    assert some.missing == ("缺 2025-07-01 至 2025-09-30", "缺 2025-10-01 至 2025-12-31")
    rest = a_file("1", report, ("2025-09-30", "2025-12-31"))
    assert of("A", first, third, rest)["1", report].progress is Progress.DONE


def test_a_file_without_a_period_is_told() -> None:
    found = of("A", a_file("1", "在线监测报告"))["1", "在线监测报告"]
    assert found.missing[-1] == "1 份文件没有填所属时段"
    assert of("A", a_file("1", "联网证明"))["1", "联网证明"].progress is Progress.DONE


def test_what_was_carried_over_waits_for_a_look() -> None:
    assert of("A", a_file("2", confirmed=False))["2", ANY].progress is Progress.UNCONFIRMED


def test_a_file_of_no_named_kind_counts_where_one_thing_is_asked_for() -> None:
    found = of("A", a_file("1"), a_file("2"))
    assert found["1", "联网证明"].progress is Progress.MISSING
    assert found["2", ANY].progress is Progress.DONE


@pytest.mark.parametrize(("name", "span"), [
    ("2025年第三季度监测报告.pdf", ("2025-07-01", "2025-09-30")),
    ("2025年四季度.pdf", ("2025-10-01", "2025-12-31")),
    ("2025年1季度台账.xlsx", ("2025-01-01", "2025-03-31")),
    ("2024年2月用电.jpg", ("2024-02-01", "2024-02-29")),
    ("2025年12月 发票.pdf", ("2025-12-01", "2025-12-31")),
    ("2025年上半年执行报告.pdf", ("2025-01-01", "2025-06-30")),
    ("2025年度执行报告.pdf", ("2025-01-01", "2025-12-31")),
    ("执行报告2025.pdf", ("2025-01-01", "2025-12-31")),
    ("IMG_20250630_101500.jpg", None),
    ("IMG_2031.HEIC", None),
    ("DSC-2025.JPG", None),
    ("P2025.jpg", None),
    ("监测报告_2025.pdf", ("2025-01-01", "2025-12-31")),
    ("排污许可证.pdf", None),
    ("GB 37822-2019 检测.pdf", None),
])  # fmt: skip
def test_a_name_suggests_a_period(name: str, span: tuple[str, str] | None) -> None:
    found = period_in_name(name)
    assert found == (Span(*map(date.fromisoformat, span)) if span else None)
