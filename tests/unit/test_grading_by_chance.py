"""The grade of tables drawn by chance: every set of rows is tried, and nothing better lowers it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.filing.domain import Assessment, assess, equivalent
from app.indicators.domain import (
    Answer,
    Below,
    Cell,
    Clause,
    Clauses,
    Criterion,
    IndicatorTable,
    Limit,
    Limits,
    Measured,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    choosable,
    short_board,
    way_to,
)
from app.rulebook.domain import Grade, GradeOrder

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
WITH_SUBGRADE = ("A", "B", "B-", "C", "D")
PLAIN = ("A", "B", "C", "D")
LEADING = ("引领性", "非引领性")
SIMPLE = ("A", "B", "C")
SCHEMES = (WITH_SUBGRADE, PLAIN, LEADING, SIMPLE)


def table_of(grades: tuple[Grade, ...], *rows: Row) -> IndicatorTable:
    return IndicatorTable("casting", "", "shaoxing-2023", "示例", grades, rows)


# --- Tables and answers by chance ---------------------------------------------------------------

DUST, WIND = Quantity("颗粒物", "窑尾"), Quantity("控制风速", unit="m/s")
CLAUSES = tuple(Clause(it) for it in "甲乙丙丁")
OXYGEN = Decimal(9)


def limits_row(draw: st.DrawFn, better: int) -> list[Criterion]:
    steps = sorted(draw(st.lists(st.integers(0, 40), min_size=better, max_size=better)))
    reference = draw(st.none() | st.just(OXYGEN))
    wind = draw(st.booleans())
    found: list[Criterion] = []
    for number, step in enumerate(steps):
        items = [Limit(DUST, Decimal(step), reference_oxygen=reference)]
        if wind:
            items.append(Limit(WIND, Decimal(40 - step), at_least=True))
        if number == 0 and step and draw(st.booleans()):
            items[0] = replace(items[0], lower=Decimal(step) / 2)
        found.append(Limits(tuple(items)))
    return found


def clauses_row(draw: st.DrawFn, better: int) -> list[Criterion]:
    needs = sorted(
        draw(st.lists(st.integers(1, 4), min_size=better, max_size=better)), reverse=True
    )
    return [Clauses(CLAUSES, None if need == len(CLAUSES) else need) for need in needs]


def share_row(draw: st.DrawFn, better: int) -> list[Criterion]:
    numbers = sorted(draw(st.lists(st.integers(0, 100), min_size=better, max_size=better)))
    at_most = draw(st.booleans())
    return [
        Share("比例", Decimal(it), at_most) for it in (numbers if at_most else reversed(numbers))
    ]


def question_row(draw: st.DrawFn, better: int) -> list[Criterion]:
    return [YesNo("门禁联网")] * better


@st.composite
def rows(draw: st.DrawFn, grades: tuple[Grade, ...], key: str) -> Row:
    """A row whose better grades ask for at least what the lower ones ask for."""
    kind = draw(st.sampled_from([limits_row, clauses_row, share_row, question_row]))
    asked: list[Criterion] = kind(draw, len(grades) - 1)
    for place in range(1, len(asked)):
        if draw(st.integers(0, 4)) == 0:
            asked[place] = SameAsAbove()
    if draw(st.integers(0, 3)) == 0:
        asked[0] = Unverified()
        asked[1:] = [it if not isinstance(it, SameAsAbove) else Unverified() for it in asked[1:]]
    last: Criterion = Below(grades[-2])
    cells = tuple(Cell((grade,), it) for grade, it in zip(grades, [*asked, last], strict=True))
    return Row(key, "排放限值", key, cells, draw(st.booleans()))


@st.composite
def answers(draw: st.DrawFn, row: Row, grades: tuple[Grade, ...]) -> Answer:
    numbers = st.integers(0, 45).map(Decimal)
    wind = {WIND.id: Measured(draw(numbers))} if draw(st.integers(0, 9)) else {}
    chosen = draw(st.none() | st.sampled_from(grades))
    return Answer(
        ticked=frozenset(it.id for it in CLAUSES if draw(st.booleans())),
        measured={DUST.id: Measured(draw(numbers), draw(st.integers(0, 20).map(Decimal)))} | wind,
        shares={"比例": Decimal(draw(st.integers(0, 100)))},
        said={"门禁联网": draw(st.booleans())},
        not_applicable=draw(st.integers(0, 9)) == 0,
        chosen=chosen,
        reason="见批复" if chosen else "",
        nothing_met=draw(st.booleans()),
    )


Plants = tuple[dict[int, IndicatorTable], dict[tuple[int, str], Answer]]


@st.composite
def plants(draw: st.DrawFn) -> Plants:
    tables: dict[int, IndicatorTable] = {}
    given_answers: dict[tuple[int, str], Answer] = {}
    for place in range(1, draw(st.integers(1, 3)) + 1):
        grades = draw(st.sampled_from(SCHEMES))
        made = [draw(rows(grades, f"r{n}")) for n in range(1, draw(st.integers(1, 3)) + 1)]
        tables[place] = table_of(grades, *made)
        given_answers |= {(place, it.key): draw(answers(it, grades)) for it in made}
    return tables, given_answers


def best_answer(row: Row, grades: Sequence[Grade], target: Grade) -> Answer:
    """The best that can be entered in a row: what is asked, and where it is 未核实 the choice."""
    at_most = any(
        isinstance(it, Share) and it.at_most for it in (row.asked(grade) for grade in grades)
    )
    chosen = target if target in choosable(row, grades) else None
    return Answer(
        frozenset(it.id for it in CLAUSES),
        {DUST.id: Measured(Decimal(0), Decimal(0)), WIND.id: Measured(Decimal(99))},
        {"比例": Decimal(0 if at_most else 100)},
        {"门禁联网": True},
        chosen=chosen,
        reason="见批复" if chosen else "",
    )


@settings(max_examples=150, deadline=None)
@given(plants())
def test_lifting_exactly_the_named_rows_reaches_the_grade_and_no_smaller_set_does(
    made: Plants,
) -> None:
    """Every set of rows is tried: what a set of lifted rows comes to, were each at its best."""
    tables, given_answers = made
    found = assess(tables, given_answers, ORDER, "A")
    way = found.way_up
    if found.overall is None:
        assert way is None
        return
    cells = [(place, row.key) for place, table in tables.items() for row in table.rows]
    counted = [(place, it.row.key) for place in tables for it in found.results[place] if it.grade]
    named = [(it.place, lift.row.key) for it in way.tables for lift in it.lifts] if way else []

    def rises(lifted: tuple[tuple[int, str], ...]) -> bool:
        return ORDER.rank(overall_if(tables, found, lifted)) < ORDER.rank(found.overall)

    if way is None:
        assert not rises(tuple(counted))
        return
    assert set(named) <= set(cells)
    assert rises(tuple(named))
    for size in range(len(named)):
        assert not any(rises(it) for it in combinations(counted, size))
    better = dict(given_answers)
    for it in way.tables:
        for lift in it.lifts:
            row = tables[it.place].row(lift.row.key)
            assert row is not None
            better[it.place, row.key] = best_answer(row, tables[it.place].grades, it.target)
    after = assess(tables, better, ORDER, "A").overall
    assert ORDER.at_least(after, way.grade), "a lift that the table does not allow"


def overall_if(
    tables: Mapping[int, IndicatorTable], found: Assessment, lifted: tuple[tuple[int, str], ...]
) -> Grade | None:
    """The plant's grade, were these rows at the best grade of their table."""
    of_tables = []
    for place, table in tables.items():
        counted = [it for it in found.results[place] if it.grade is not None]
        reached = [table.grades[0] if (place, it.row.key) in lifted else it.grade for it in counted]
        of_tables.append(ORDER.worst(reached))
    return ORDER.worst(of_tables)


def improved(answer: Answer, row: Row, choice: int) -> Answer:
    """One thing of an answer done better."""
    share = next(
        (it for it in (cell.criterion for cell in row.cells) if isinstance(it, Share)), None
    )
    dust, wind = answer.measured[DUST.id], answer.measured.get(WIND.id)
    ways = [
        {"ticked": answer.ticked | {CLAUSES[choice % 4].id}, "nothing_met": False},
        {"measured": {**answer.measured, DUST.id: replace(dust, value=dust.value / 2)}},
        {"measured": {**answer.measured, DUST.id: replace(dust, oxygen=Decimal(0))}},
        {"measured": {**answer.measured} | (
            {} if wind is None else {WIND.id: Measured(wind.value + 3)})},
        {"said": {"门禁联网": True}},
        {"shares": {"比例": Decimal(0 if share is not None and share.at_most else 100)}},
    ]  # fmt: skip
    return replace(answer, **ways[choice % len(ways)])  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(plants(), st.integers(0, 23))
def test_a_better_entry_never_lowers_a_row_nor_the_plant(made: Plants, choice: int) -> None:
    tables, given_answers = made
    before = assess(tables, given_answers, ORDER, "A")
    place, key = sorted(given_answers)[choice % len(given_answers)]
    row = tables[place].row(key)
    assert row is not None
    after = assess(
        tables, {**given_answers, (place, key): improved(given_answers[place, key], row, choice)},
        ORDER, "A",
    )  # fmt: skip
    grades = tables[place].grades
    for old, new in zip(before.results[place], after.results[place], strict=True):
        if old.grade and new.grade:
            assert grades.index(new.grade) <= grades.index(old.grade)
    if before.overall and after.overall:
        assert ORDER.at_least(after.overall, before.overall)


@settings(max_examples=100, deadline=None)
@given(plants(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_tables_is_irrelevant(made: Plants, chance: random.Random) -> None:
    tables, given_answers = made
    shuffled = {
        place: replace(table, rows=tuple(chance.sample(table.rows, len(table.rows))))
        for place, table in chance.sample(list(tables.items()), len(tables))
    }
    one, other = (assess(it, given_answers, ORDER, "B") for it in (tables, shuffled))
    assert ORDER.rank(one.overall) == ORDER.rank(other.overall)
    for place in tables:
        assert one.outcomes[place].grade == other.outcomes[place].grade
        assert {it.row.key for it in one.outcomes[place].holding} == {
            it.row.key for it in other.outcomes[place].holding
        }
    assert ways_of(one) == ways_of(other)


def ways_of(found: Assessment) -> tuple[set[tuple[int, Grade, str]], set[tuple[int, Grade, str]]]:
    up = found.way_up.tables if found.way_up else ()
    first, second = (
        {(it.place, it.target, lift.row.key) for it in tables for lift in it.lifts}
        for tables in (up, found.to_target)
    )
    return first, second


@settings(max_examples=100, deadline=None)
@given(plants(), st.sampled_from(sorted(ORDER.ranks)))
def test_what_is_lacking_for_the_target_is_exactly_what_stands_below_it(
    made: Plants, target: Grade
) -> None:
    tables, given_answers = made
    found = assess(tables, given_answers, ORDER, target)
    named = {(it.place, lift.row.key) for it in found.to_target for lift in it.lifts}
    for place, table in tables.items():
        wanted = equivalent(target, table.grades, ORDER)
        assert wanted is not None
        below = {
            (place, it.row.key)
            for it in found.results[place]
            if it.state != "not-applicable"
            and (it.grade is None or table.grades.index(it.grade) > table.grades.index(wanted))
        }
        assert below == {it for it in named if it[0] == place}
        assert way_to(table.grades[-1], found.results[place], table.grades) == tuple(
            it for it in way_to(table.grades[-1], found.results[place], table.grades)
            if it.from_grade is None
        )  # fmt: skip
        assert short_board(found.results[place], table.grades) == found.outcomes[place]
