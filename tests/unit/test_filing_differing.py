"""What differs from last year or from the permit (与上年、与许可不一致), worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.filing.differing import capacity_differences, figures_of_transport, moved
from app.filing.domain import Transport
from app.filing.queries.working import Capacity
from app.registry.queries import IndustryOfPlant

FIFTH = Decimal("0.2")
LAST = Transport(1000, Decimal(80), Decimal(10), gate_connected=True, transmission_rate=Decimal(95))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (LAST, ()),
        (replace(LAST, trips=1200), ()),
        (replace(LAST, trips=1201), ("车次由 1000 辆次 变为 1201 辆次",)),
        (replace(LAST, trips=799), ("车次由 1000 辆次 变为 799 辆次",)),
        (replace(LAST, gv_share=Decimal("63.9")), ("国五及以上比例由 80% 变为 63.9%",)),
        (replace(LAST, new_energy_share=Decimal("12.1")), ("新能源比例由 10% 变为 12.1%",)),
        (replace(LAST, transmission_rate=Decimal(70)), ("数据传输率由 95% 变为 70%",)),
        (replace(LAST, trips=None, gate_connected=False), ()),
    ],
)
def test_every_figure_of_the_transport_summary_is_compared(
    now: Transport, expected: tuple[str, ...]
) -> None:
    found = moved(figures_of_transport(LAST), figures_of_transport(now), FIFTH)
    assert found == expected


def test_without_a_summary_of_last_year_nothing_moved() -> None:
    assert moved(figures_of_transport(Transport()), figures_of_transport(LAST), FIFTH) == ()


def line(
    name: str, permitted: object, actual: object = None, approved: object = None, process: str = ""
) -> Capacity:
    def number(value: object) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    return Capacity(name, number(permitted), number(actual), "吨/年", number(approved), process)


def industry(capacity: object, unit: str = "吨/年") -> IndustryOfPlant:
    values: dict[str, Any] = {
        "capacity": None if capacity is None else Decimal(str(capacity)),
        "capacity_unit": unit,
        "label": "铸造",
    }
    return cast("IndustryOfPlant", SimpleNamespace(**values))


def test_what_a_line_makes_and_was_assessed_for_is_held_against_its_permit() -> None:
    lines = [
        line("一号线", 100, 100, 100),
        line("二号线", 100, 120),
        line("三号线", 100, 100, "150.50"),
        line("四号线", None, 80),
        line("五号线", 100),
    ]
    assert capacity_differences(lines, ()) == (
        "二号线许可产能 100、实际产能 120 吨/年",
        "三号线许可产能 100、环评批复产能 150.5 吨/年",
    )


@pytest.mark.parametrize(
    ("lines", "industries", "differs"),
    [
        ([line("一", 100), line("二", 50)], [industry(150)], False),
        ([line("一", 100), line("二", 50)], [industry(160)], True),
        # Melting feeds the moulding: both make the same tonnes.
        (
            [line("炉", 100, process="熔炼"), line("型", 100, process="造型")],
            [industry(100)],
            False,
        ),
        ([line("一", 100), line("二", None)], [industry(160)], False),
        ([line("一", 100)], [industry(160, "万件/年")], False),
        ([line("一", 100)], [industry(160), industry(20)], False),
        ([line("一", 100)], [industry(None)], False),
        ([], [industry(160)], False),
    ],
)
def test_the_industrys_capacity_is_compared_where_lines_allow_it(
    lines: list[Capacity], industries: list[IndustryOfPlant], *, differs: bool
) -> None:
    found = capacity_differences(lines, industries)
    assert bool(found) is differs
    if differs:
        (words,) = found
        assert words == "行业“铸造”产能 160、各生产线许可产能合计 150 吨/年"
