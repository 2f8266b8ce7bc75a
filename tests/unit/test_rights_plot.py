"""What is left to be asked after the province, and the waterfall that draws an allocation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.policy.domain import rank_candidates
from app.rights.domain import (
    MEASURE_OF,
    Allocation,
    Application,
    Level,
    allocate,
    remaining_asks,
    total_of,
)
from app.rights.plot import LEFT, MOST_STEPS, RIGHT, WIDTH, steps_of, waterfall
from tests.policies import DAY, ORDER, SETTINGS, built_in_measures, candidate, standing

MEASURES = built_in_measures()
amounts = st.integers(1, 50_000).map(lambda kilograms: Decimal(kilograms).scaleb(-3))


def asking(plant_id: int, asked: Decimal, project: str = "") -> Application:
    return Application(
        uscc=str(plant_id),
        plant="001",
        project=project,
        new_enterprise=False,
        pollutant="VOCs",
        year=2025,
        asked=asked,
        applied_on=date(2025, 1, 1),
        plant_id=plant_id,
    )


def shared(asks: list[Decimal], reserve: Decimal, level: Level = Level.CITY) -> Allocation:
    plants = [candidate(str(number), standing("A"), plant_id=number) for number in range(len(asks))]
    ranked = rank_candidates(MEASURES[MEASURE_OF[level]], plants, DAY, SETTINGS, ORDER)
    wanted = [asking(number, asked) for number, asked in enumerate(asks)]
    return allocate(level, "VOCs", 2025, wanted, ranked, reserve, partial=True)


def test_what_the_province_gave_is_no_longer_asked_of_the_city() -> None:
    asks = [asking(1, Decimal("5.000")), asking(2, Decimal("3.000")), asking(3, Decimal("1.000"))]
    given_before = {(1, ""): Decimal("5.000"), (2, ""): Decimal("0.001")}
    assert remaining_asks(asks, given_before) == [
        replace(asks[1], asked=Decimal("2.999")),
        asks[2],
    ]


@given(st.lists(amounts, min_size=1, max_size=30), amounts, amounts)
def test_both_levels_together_give_no_more_than_was_asked(
    asks: list[Decimal], province: Decimal, city: Decimal
) -> None:
    first = shared(asks, province, Level.PROVINCE)
    before = {it.application.matter: it.allocated or Decimal(0) for it in first.shares}
    rest = remaining_asks([asking(n, it) for n, it in enumerate(asks)], before)
    left = {it.plant_id: it.asked for it in rest}
    for number, asked in enumerate(asks):
        assert left.get(number, Decimal(0)) == asked - before[number, ""]
    second = shared([it.asked for it in rest], city) if rest else None
    total = first.allocated_total + (second.allocated_total if second else 0)
    assert total <= min(total_of(asks), province + city)


@given(st.lists(amounts, max_size=40), st.integers(0, 200_000))
def test_the_waterfall_steps_from_the_reserve_to_the_remainder(
    asks: list[Decimal], kilograms: int
) -> None:
    allocation = shared(asks, Decimal(kilograms).scaleb(-3))
    steps = steps_of(allocation)
    assert len(steps) <= MOST_STEPS + 2
    assert steps[0].tonnes == allocation.reserve
    assert steps[-1].tonnes == allocation.remaining
    parts = [it for it in steps if it.kind == "part"]
    assert total_of(it.tonnes for it in parts) == allocation.allocated_total
    for before, after in itertools.pairwise(steps[:-1]):
        assert before.left - after.tonnes == after.left
    for bar in waterfall(steps).bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH - RIGHT + 0.2


def test_of_other_counties_only_the_sum_is_drawn() -> None:
    allocation = shared([Decimal(1), Decimal(2)], Decimal(10))
    own = replace(allocation, shares=allocation.shares[:1])
    labels = [it.label for it in steps_of(own)]
    assert labels[2] == "其他区县"
    assert steps_of(own)[2].tonnes == Decimal(2)
