"""折算 told beside a row: what was entered, at which oxygen, what it comes to, what is asked."""

from __future__ import annotations

from decimal import Decimal

from app.filing.converting import conversions
from app.indicators.domain import Answer, Measured
from tests.filings import DUST_ID, ROWS


def _told(value: str, oxygen: str | None) -> list[str]:
    measured = Measured(Decimal(value), None if oxygen is None else Decimal(oxygen))
    return conversions(ROWS[0], Answer(measured={DUST_ID: measured}))


def test_what_was_entered_what_it_comes_to_and_what_is_asked_stand_in_one_line() -> None:
    (line,) = _told("18", "9")  # 18 × (21 - 8) ÷ (21 - 9) = 19.5
    assert "实测 18 mg/m³，实测氧含量 9%，折算到基准氧含量 8% 为 19.5 mg/m³" in line
    assert "限值：A ≤ 10，B、B- ≤ 20，C ≤ 30" in line


def test_a_value_without_end_says_that_it_is_rounded() -> None:
    (line,) = _told("10", "7")  # 10 × 13 ÷ 14 = 9.285714…
    assert "为约 9.2857 mg/m³" in line


def test_without_an_oxygen_that_can_be_converted_there_is_no_line() -> None:
    assert _told("18", None) == []
    assert _told("18", "21") == []
    assert conversions(ROWS[0], Answer()) == []
    assert conversions(ROWS[1], Answer()) == []
