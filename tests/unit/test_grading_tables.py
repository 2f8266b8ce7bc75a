"""短板原则, 交叉级别 and the way up, by hand and by trying every set of rows (穷举)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from app.filing.domain import Assessment, assess, equivalent
from app.indicators.domain import (
    Answer,
    Below,
    Cell,
    Clause,
    Clauses,
    IndicatorTable,
    Limit,
    Limits,
    Measured,
    Quantity,
    Row,
    Unverified,
    crossing,
    judge_row,
)
from app.rulebook.domain import Grade, GradeOrder

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
WITH_SUBGRADE = ("A", "B", "B-", "C", "D")
PLAIN = ("A", "B", "C", "D")
LEADING = ("引领性", "非引领性")
SIMPLE = ("A", "B", "C")
SCHEMES = (WITH_SUBGRADE, PLAIN, LEADING, SIMPLE)


def chosen_row(key: str, grades: Sequence[Grade]) -> Row:
    return Row(key, "装备水平", key, (Cell(tuple(grades), Unverified()),), may_not_apply=True)


def table_of(grades: tuple[Grade, ...], *rows: Row) -> IndicatorTable:
    return IndicatorTable("casting", "", "shaoxing-2023", "示例", grades, rows)


def as_answer(said: str) -> Answer:
    """A grade as chosen; "?": nothing entered; "/": 不涉及."""
    if said == "?":
        return Answer()
    return Answer(not_applicable=True) if said == "/" else Answer(chosen=said, reason="见批复")


def plant(*tables: tuple[tuple[Grade, ...], str], target: Grade = "A") -> Assessment:
    """What a plant comes to whose rows reach these grades, table by table."""
    found: dict[int, IndicatorTable] = {}
    answers: dict[tuple[int, str], Answer] = {}
    for place, (grades, said) in enumerate(tables, start=1):
        rows = [(f"r{number}", it) for number, it in enumerate(said.split(), start=1)]
        found[place] = table_of(grades, *(chosen_row(key, grades) for key, _ in rows))
        answers |= {(place, key): as_answer(it) for key, it in rows}
    return assess(found, answers, ORDER, target)


@pytest.mark.parametrize(
    ("grades", "said", "grade", "lowest", "holding"),
    [
        # PLAN-SHORTBOARD: the lowest row that applies decides.
        (PLAIN, "A A A", "A", "A", "r1 r2 r3"),
        (PLAIN, "A A B A", "B", "B", "r3"),
        (PLAIN, "C A B C", "C", "C", "r1 r4"),
        (PLAIN, "A A A A A A A A D", "D", "D", "r9"),
        (WITH_SUBGRADE, "B B- A", "B-", "B-", "r2"),
        (WITH_SUBGRADE, "B- C", "C", "C", "r2"),
        (LEADING, "引领性 引领性", "引领性", "引领性", "r1 r2"),
        (LEADING, "引领性 非引领性", "非引领性", "非引领性", "r2"),
        (SIMPLE, "A C B", "C", "C", "r2"),
        # What does not apply does not count; with nothing that applies there is no grade.
        (PLAIN, "A / B /", "B", "B", "r3"),
        (PLAIN, "/ / /", None, None, ""),
        (PLAIN, "", None, None, ""),
        # An open row leaves the whole open; the lowest so far is told.
        (PLAIN, "A B ?", None, "B", "r2"),
        (PLAIN, "? ?", None, None, ""),
        (PLAIN, "/ ?", None, None, ""),
        (PLAIN, "D ?", None, "D", "r1"),
    ],
)
def test_the_lowest_row_decides(
    grades: tuple[Grade, ...], said: str, grade: str | None, lowest: str | None, holding: str
) -> None:
    found = plant((grades, said))
    outcome = found.outcomes[1]
    assert (outcome.grade, outcome.at_best, found.overall) == (grade, lowest, grade)
    assert [it.row.key for it in outcome.holding] == holding.split()


@pytest.mark.parametrize(
    ("grades", "overall"),
    [
        # PLAN-CROSS, by the configured order A > 引领性 > B > B- > C > D = 非引领性.
        ("A A", "A"),
        ("A 引领性", "引领性"),
        ("引领性 B", "B"),
        ("引领性 B-", "B-"),
        ("B B-", "B-"),
        ("引领性 C", "C"),
        ("引领性 D", "D"),
        ("A 非引领性", "非引领性"),
        ("C 非引领性", "非引领性"),
        ("B 引领性 A", "B"),
        ("A B- C", "C"),
        ("A", "A"),
    ],
)
def test_plan_cross_the_lowest_industry_decides(grades: str, overall: Grade) -> None:
    found = grades.split()
    assert crossing(found, ORDER) == overall
    assert crossing(found[::-1], ORDER) == overall


def test_plan_cross_equal_ranks_are_named_after_the_main_industry() -> None:
    assert crossing(["D", "非引领性"], ORDER) == "D"
    assert crossing(["非引领性", "D"], ORDER) == "非引领性"


def test_plan_cross_an_order_of_the_bureau_is_followed() -> None:
    other = GradeOrder.from_tiers(("A = 引领性", "B", "C", "D", "非引领性"))
    assert crossing(["A", "引领性", "B"], other) == "B"
    assert crossing(["D", "非引领性"], other) == "非引领性"


@pytest.mark.parametrize(
    ("tables", "reached", "lifts"),
    [
        # From C the next grade is B-: only what stands at C has to rise.
        ([(WITH_SUBGRADE, "A B B- C")], "B-", {1: ("B-", "r4")}),
        ([(PLAIN, "A B C C")], "B", {1: ("B", "r3 r4")}),
        ([(PLAIN, "A B A B")], "A", {1: ("A", "r2 r4")}),
        ([(LEADING, "引领性 非引领性")], "引领性", {1: ("引领性", "r2")}),
        ([(PLAIN, "D / D")], "C", {1: ("C", "r1 r3")}),
        # At the top, or while something is open, there is no way to tell.
        ([(PLAIN, "A A")], None, {}),
        ([(PLAIN, "A ?")], None, {}),
        ([(PLAIN, "/ /")], None, {}),
        # Only the industry that holds the plant back has to rise; a tie holds both.
        ([(PLAIN, "A A"), (LEADING, "非引领性 引领性")], "引领性", {2: ("引领性", "r1")}),
        ([(PLAIN, "C B"), (LEADING, "非引领性")], "C", {2: ("引领性", "r1")}),
        ([(PLAIN, "D C"), (LEADING, "非引领性")], "C", {1: ("C", "r1"), 2: ("引领性", "r1")}),
        ([(WITH_SUBGRADE, "C"), (PLAIN, "C A")], "B-", {1: ("B-", "r1"), 2: ("B", "r1")}),
        ([(PLAIN, "B"), (LEADING, "引领性")], "引领性", {1: ("A", "r1")}),
        # 引领性 is the best its scheme has: an A beside it is not reached.
        ([(PLAIN, "A"), (LEADING, "引领性")], None, {}),
        ([(SIMPLE, "C"), (PLAIN, "C"), (PLAIN, "D")], "C", {3: ("C", "r1")}),
    ],
)
def test_the_way_up_names_the_rows_that_must_rise(
    tables: list[tuple[tuple[Grade, ...], str]],
    reached: Grade | None,
    lifts: dict[int, tuple[Grade, str]],
) -> None:
    way = plant(*tables).way_up
    assert (way.grade if way else None) == reached
    found = {} if way is None else {
        it.place: (it.target, " ".join(lift.row.key for lift in it.lifts)) for it in way.tables
    }  # fmt: skip
    assert found == lifts


@pytest.mark.parametrize(
    ("target", "grades", "wanted"),
    [
        ("A", PLAIN, "A"), ("B-", PLAIN, "B"), ("B", LEADING, "引领性"), ("C", LEADING, "引领性"),
        ("D", LEADING, "非引领性"), ("引领性", PLAIN, "A"), ("非引领性", PLAIN, "D"),
        ("A", LEADING, "引领性"), ("D", SIMPLE, "C"), ("B-", WITH_SUBGRADE, "B-"),
    ],
)  # fmt: skip
def test_what_a_target_means_in_another_scheme(
    target: Grade, grades: tuple[Grade, ...], wanted: Grade
) -> None:
    assert equivalent(target, grades, ORDER) == wanted


def test_a_value_at_the_oxygen_of_air_leaves_its_row_open_and_says_so() -> None:
    limit = Limit(Quantity("颗粒物"), Decimal(10), reference_oxygen=Decimal(9))
    row = Row(
        "r1", "排放限值", "颗粒物", (Cell(("A",), Limits((limit,))), Cell(PLAIN[1:], Below("A")))
    )
    for oxygen in ("21", "21.5", "100"):
        answer = Answer(measured={"颗粒物@/": Measured(Decimal(0), Decimal(oxygen))})
        found = assess({1: table_of(PLAIN, row)}, {(1, "r1"): answer}, ORDER, "A")
        assert (found.overall, found.results[1][0].state) == (None, "open")
        assert "低于 21%" in found.results[1][0].lacking["A"][0]


def test_words_of_an_older_version_of_the_table_are_no_answer() -> None:
    row = Row("r1", "环境管理", "台账", (
        Cell(("A",), Clauses((Clause("台账保存五年"),))), Cell(PLAIN[1:], Below("A")),
    ))  # fmt: skip
    old = Answer(
        ticked=frozenset({Clause("台账保存三年").id}), said={"联网": True},
        shares={"比例": Decimal(1)}, measured={"别的@/": Measured(Decimal(1))},
    )  # fmt: skip
    assert judge_row(row, old, PLAIN).state == "open"
    assert judge_row(row, Answer(not_applicable=True), PLAIN).state == "open"
    for grade in PLAIN:
        assert judge_row(row, Answer(chosen=grade, reason="见批复"), PLAIN).state == "open"


@pytest.mark.parametrize("share", ["-1", "100.01", "NaN", "Infinity"])
def test_a_share_that_cannot_be_is_no_answer(share: str) -> None:
    with pytest.raises(ValueError, match="share"):
        Answer(shares={"国五及以上车辆比例": Decimal(share)})


@pytest.mark.parametrize("value", ["-0.1", "NaN", "Infinity", "-Infinity", "1e999", "1e9"])
def test_a_value_that_cannot_be_is_no_measurement(value: str) -> None:
    with pytest.raises(ValueError, match="measured"):
        Measured(Decimal(value))
    with pytest.raises(ValueError, match="measured"):
        Measured(Decimal(1), Decimal(value))
