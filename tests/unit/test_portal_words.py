"""What the register says of a standing and a permit, and the plot of the home page."""

from __future__ import annotations

from datetime import date

import pytest

from app.kernel.verdicts import Reason
from app.portal.domain import marks, permit_mark, permit_state, statements
from app.portal.plots import bars
from tests.policies import standing

DAY = date(2025, 6, 30)
BAN = date(2026, 3, 1)


def test_everything_that_stands_against_a_plant_is_named_in_the_words_of_the_filter() -> None:
    found = [mark.word for mark in marks("finding", BAN, blocked=True)]
    assert found == ["禁止申报至 2026-03-01", "虚假材料降级", "当年受限"]
    assert marks("record", None, blocked=False) == ()


@pytest.mark.parametrize(
    ("until", "state", "word"),
    [
        (date(2025, 6, 29), "expired", "已过期"),
        (date(2025, 6, 30), "soon", "60 日内到期"),
        (date(2025, 8, 29), "soon", "60 日内到期"),
        (date(2025, 8, 30), "valid", None),
        (None, "undated", None),
    ],
)
def test_a_permit_counts_on_its_last_day(until: date | None, state: str, word: str | None) -> None:
    mark = permit_mark(until, DAY)
    assert (permit_state(until, DAY), mark.word if mark else None) == (state, word)


def test_reasons_go_to_the_statement_they_belong_to() -> None:
    reasons = tuple(
        Reason(clause, clause, met=True) for clause in ("PLAN-FALSE", "PLAN-CROSS", "PLAN-BLOCK")
    )
    of_grade, of_filing = statements(standing("B"), reasons, DAY)
    assert [reason.clause for reason in of_grade.reasons] == ["PLAN-FALSE", "PLAN-CROSS"]
    assert [reason.clause for reason in of_filing.reasons] == ["PLAN-BLOCK"]
    assert of_grade.sentence == "等级为 B 级。"
    assert (of_grade.admitted, of_filing.admitted) == (None, True)


def test_a_ban_says_until_when_and_what_would_lift_it() -> None:
    banned = standing("D")._replace(basis="finding", banned_until=BAN)
    of_grade, _ = statements(banned, (), DAY)
    assert of_grade.admitted is False
    assert of_grade.until == BAN
    assert "2026-03-02 起可以再次申报" in of_grade.lifts


def test_the_lowest_grade_outlasts_its_ban_and_says_so() -> None:
    of_grade, _ = statements(standing("非引领性")._replace(basis="finding"), (), DAY)
    assert of_grade.sentence.startswith("等级为非引领性，由虚假材料认定而来")
    assert of_grade.until is None
    assert "新等级记录" in of_grade.lifts


def test_a_violation_of_the_year_bars_until_its_last_day() -> None:
    _, of_filing = statements(standing("B")._replace(blocked=True, blocking=(1,)), (), DAY)
    assert of_filing.until == date(2025, 12, 31)
    assert "C 级及以下仍可申报" in of_filing.sentence


@pytest.mark.parametrize("largest", [0, 1, 5, 6, 37, 100, 1234, 98765])
def test_a_plot_keeps_every_bar_inside_and_few_ticks(largest: int) -> None:
    plot = bars([("A", largest), ("B", 0)])
    assert 2 <= len(plot.ticks) <= 6
    assert plot.ticks[-1][0] >= largest
    assert plot.left + plot.rows[0].length <= plot.ticks[-1][1] + 0.1 < plot.width
    assert plot.rows[1].length == 0
