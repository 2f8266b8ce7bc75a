"""A provincial supplement laid over a table (补充要求): it tightens, limit by limit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.indicators.comparing import loosened, tightened
from app.indicators.domain import Answer, Measured, judge_row
from app.indicators.wording import written
from tests.unit.test_indicators import ABCD, row, table


@pytest.mark.parametrize(
    ("base", "extra", "made"),
    [
        # Another pollutant leaves the table's own limit in force.
        ("颗粒物≤10mg/m³", "二氧化硫≤35mg/m³", "颗粒物≤10mg/m³\n二氧化硫≤35mg/m³"),
        ("颗粒物≤10mg/m³\n二氧化硫≤35mg/m³", "颗粒物≤8mg/m³", "颗粒物≤8mg/m³\n二氧化硫≤35mg/m³"),
        # Of a cell that tightens one and loosens another, only what tightens counts.
        (
            "颗粒物≤10mg/m³\n二氧化硫≤35mg/m³",
            "颗粒物≤8mg/m³\n二氧化硫≤50mg/m³",
            "颗粒物≤8mg/m³\n二氧化硫≤35mg/m³",
        ),
        (
            "颗粒物（窑头）≤10mg/m³",
            "颗粒物（窑尾）≤5mg/m³",
            "颗粒物（窑头）≤10mg/m³\n颗粒物（窑尾）≤5mg/m³",
        ),
        ("颗粒物≤10～20mg/m³", "颗粒物≤15mg/m³", "颗粒物≤15mg/m³"),
        ("风速≥0.3m/s", "风速≥0.5m/s", "风速≥0.5m/s"),
        # Bare numbers of two units are never compared.
        ("颗粒物≤10mg/m³", "颗粒物≤0.005g/m³", "颗粒物≤10mg/m³"),
    ],
)
def test_a_supplement_is_laid_over_limit_by_limit(base: str, extra: str, made: str) -> None:
    own = table(row(("A", base), ("B B- C D", "颗粒物≤99mg/m³")))
    more = table(row(("A", extra), ("B B- C D", "未核实")))
    assert written(tightened(own, more).rows[0].asked("A")) == made
    assert written(tightened(own, more).rows[0].asked("B")) == "颗粒物≤99mg/m³"


@pytest.mark.parametrize(
    ("extra", "says"),
    [("颗粒物≤8mg/m³\n二氧化硫≤50mg/m³", "只能加严"), ("颗粒物≤0.005g/m³", "换算为原表的单位")],
)
def test_what_of_a_supplement_does_not_count_is_told(extra: str, says: str) -> None:
    own = table(row(("A", "颗粒物≤10mg/m³\n二氧化硫≤35mg/m³"), ("B B- C D", "未核实")))
    (told,) = loosened(own, table(row(("A", extra), ("B B- C D", "未核实"))))
    assert says in told


@pytest.mark.parametrize(("value", "before", "after"), [("8", "A", "A"), ("9", "A", "B")])
def test_a_plant_between_the_two_limits_falls_with_the_supplement(
    value: str, before: str, after: str
) -> None:
    own = table(row(("A", "颗粒物≤10mg/m³"), ("B B-", "颗粒物≤20mg/m³"), ("C D", "未达到B级要求")))
    more = table(row(("A", "颗粒物≤8mg/m³"), ("B B- C D", "未核实")))
    answer = Answer(measured={"颗粒物@/": Measured(Decimal(value))})
    assert judge_row(own.rows[0], answer, ABCD).grade == before
    assert judge_row(tightened(own, more).rows[0], answer, ABCD).grade == after
