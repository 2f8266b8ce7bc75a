"""What an enterprise is told of its own line, and what would have to change (本企业结果)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.issuing.own_line import what_would_change
from app.issuing.reading import line_as_json, line_from_json
from app.kernel.verdicts import Reason
from tests.policies import built_in_measures
from tests.unit.test_issuing_comparison import line, record

DAY = date(2024, 2, 29)
CONDITIONS = ("属于优先列入正面清单的等级", "当年没有所列环境违法行为。")
REFUSED = replace(
    line(1, None),
    reasons=(
        Reason("PLAN-POSITIVE", "绩效等级为 C 级，不属于优先列入的等级。", met=False),
        Reason("PLAN-BLOCK", "当年有所列环境违法行为。", met=False),
    ),
    grade="C",
)


def test_an_admitted_plant_needs_nothing() -> None:
    assert what_would_change(line(1, 1), CONDITIONS, DAY) == []


def test_each_unmet_condition_is_named_in_the_words_of_the_list() -> None:
    assert what_would_change(REFUSED, CONDITIONS, DAY) == [
        "需要符合的条件：属于优先列入正面清单的等级。",
        "需要符合的条件：当年没有所列环境违法行为。",
    ]
    half = replace(REFUSED, reasons=(replace(REFUSED.reasons[0], met=True), REFUSED.reasons[1]))
    assert what_would_change(half, CONDITIONS, DAY) == [
        "需要符合的条件：当年没有所列环境违法行为。"
    ]


def test_a_condition_that_the_list_does_not_word_is_told_by_its_reason() -> None:
    told = what_would_change(REFUSED, (), DAY)
    assert told[0] == "需要符合的条件：绩效等级为 C 级，不属于优先列入的等级。"


def test_a_violation_bars_for_its_calendar_year() -> None:
    told = what_would_change(replace(REFUSED, raw={"blocked": True}), CONDITIONS, DAY)
    assert told[-1].startswith("2024 年有所列环境违法行为，当年不得申报 B 级（含引领性）及以上")
    assert "2025-01-01 起不再计入当年" in told[-1]


def test_a_ban_ends_the_day_after_its_last_day_and_restores_no_grade() -> None:
    told = what_would_change(replace(REFUSED, raw={"banned_until": "2025-02-28"}), CONDITIONS, DAY)
    assert told[-1] == (
        "到 2025-02-28（含）为止不得再次申报，2025-03-01 起可以再次申报；等级不自行恢复。"
    )


def test_a_plant_without_a_grade_is_told_to_obtain_one() -> None:
    told = what_would_change(replace(REFUSED, grade=None), CONDITIONS, DAY)
    assert "目前未定级" in told[-1]


def test_nobody_is_told_how_to_get_on_a_list_that_is_a_duty() -> None:
    assert what_would_change(REFUSED, CONDITIONS, DAY, is_burden=True) == []
    told = what_would_change(line(1, 1), CONDITIONS, DAY, is_burden=True)
    assert len(told) == 1
    assert "不再列入" in told[0]
    burdens = {it.id for it in built_in_measures().values() if it.is_burden}
    assert burdens == {"episode-heavy-reduce", "episode-light-reduce", "major-event-reduce"}


def test_a_line_is_kept_beside_the_bytes_as_it_is() -> None:
    kept = replace(REFUSED, facts=(record(7),), matter="技改", raw={"blocked": True})
    assert line_from_json(line_as_json(kept)) == kept
