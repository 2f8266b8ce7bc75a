"""Entries of a filing (自评内容): read as typed, kept to the digit, held against periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.filing.answers import (
    answer_text,
    answer_words,
    fitting,
    quantities_of,
    read_answer,
    read_transport,
    transport_text,
)
from app.filing.domain import CheckFinding, Place, Severity, Transport, assess
from app.filing.periods import Covers, Span, is_of_use, required, what_is_missing
from app.indicators.domain import Answer, IndicatorTable, Measured, Row
from app.rulebook.domain import GradeOrder
from tests.filings import ABCD, ROWS, row, table

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))


# --- Kept and read --------------------------------------------------------------------------

NUMBERS = st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False)
PERCENTS = st.decimals(min_value=0, max_value=100, places=3, allow_nan=False)
ANSWERS = st.builds(
    Answer,
    ticked=st.frozensets(st.text(max_size=12), max_size=4),
    measured=st.dictionaries(
        st.text(max_size=8), st.builds(Measured, NUMBERS, st.none() | NUMBERS), max_size=3
    ),
    shares=st.dictionaries(st.text(max_size=8), PERCENTS, max_size=3),
    said=st.dictionaries(st.text(max_size=8), st.booleans(), max_size=3),
    not_applicable=st.booleans(),
    chosen=st.none() | st.sampled_from(ABCD),
    reason=st.text(max_size=20),
)


@given(ANSWERS)
def test_an_answer_is_read_back_as_it_was_kept(answer: Answer) -> None:
    text = answer_text(answer)
    assert read_answer(text) == answer
    assert answer_text(read_answer(text)) == text


def test_a_transport_summary_is_read_back_as_it_was_kept() -> None:
    summary = Transport(1200, Decimal("80.5"), None, gate_connected=True)
    assert read_transport(transport_text(summary)) == summary


def test_only_what_the_row_asks_for_is_kept() -> None:
    stale = Answer(
        ticked=frozenset({"0123456789ab"}), said={"别的": True}, shares={"别的": Decimal(3)},
        chosen="引领性", not_applicable=True,
    )  # fmt: skip
    assert fitting(stale, ROWS[1], ABCD) == Answer()


def test_an_answer_in_words() -> None:
    answer = Answer(measured={"颗粒物@炉窑/小时均值": Measured(Decimal("9.5"), Decimal(9))})
    assert answer_words(answer, ROWS[0], ABCD) == (
        "颗粒物（炉窑，小时均值） 9.5 mg/m³（实测氧含量 9%）"
    )
    assert answer_words(Answer(), ROWS[0], ABCD) == "未填写"


def test_what_was_entered_is_told_in_the_order_of_the_table_not_of_its_names() -> None:
    many = row(
        "1", "排放限值", "多项",
        ("A", "烟尘（窑尾，小时均值）≤10mg/m³\n氨（窑尾，小时均值）≤8mg/m³"), ("B", "须做到：乙"),
        ("B-", "须做到：甲"), ("C", "新能源车辆比例≥50%"), ("D", "国五车辆比例≥50%"),
    )  # fmt: skip
    quantities = list(quantities_of(many, ABCD))
    answer = Answer(
        measured={key: Measured(Decimal(place)) for place, key in enumerate(quantities[::-1])},
        shares={"国五车辆比例": Decimal(5), "新能源车辆比例": Decimal(6), "旧表的": Decimal(7)},
        said={"甲": True, "乙": False},
    )
    assert answer_words(answer, many, ABCD) == (
        "烟尘（窑尾，小时均值） 1 mg/m³；氨（窑尾，小时均值） 0 mg/m³；"
        "新能源车辆比例 6%；国五车辆比例 5%；旧表的 7%；乙：否；甲：是"
    )
    assert answer_words(read_answer(answer_text(answer)), many, ABCD) == (
        answer_words(answer, many, ABCD)
    )


# --- Periods --------------------------------------------------------------------------------

LAST_YEAR = Span(date(2025, 1, 1), date(2025, 12, 31))
FIRST_HALF = Span(date(2025, 1, 1), date(2025, 6, 30))
SECOND_HALF = Span(date(2025, 7, 1), date(2025, 12, 31))
ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ([LAST_YEAR], ()),
        ([Span(date(2024, 12, 31), date(2026, 1, 1))], ()),
        ([Span(date(2025, 1, 1), date(2025, 12, 30))], (LAST_YEAR.words,)),
        ([Span(date(2025, 1, 2), date(2025, 12, 31))], (LAST_YEAR.words,)),
        ([SECOND_HALF, FIRST_HALF], ()),
        ([Span(date(2025, 1, 1), date(2025, 6, 29)), SECOND_HALF], (LAST_YEAR.words,)),
        ([], (LAST_YEAR.words,)),
    ],
)  # fmt: skip
def test_the_last_calendar_year_is_covered_day_by_day(
    held: list[Span], missing: tuple[str, ...]
) -> None:
    assert what_is_missing(required("上一自然年", 2026, ON), held) == missing


def test_every_quarter_of_last_year_by_itself() -> None:
    wanted = required("各季度", 2026, ON)
    assert isinstance(wanted, Covers)
    assert [it.words for it in wanted.spans][1] == "2025-04-01 至 2025-06-30"
    held = [wanted.spans[0], wanted.spans[2], wanted.spans[3]]
    assert what_is_missing(wanted, held) == ("2025-04-01 至 2025-06-30",)
    assert what_is_missing(wanted, wanted.spans) == ()
    assert len(required("逐月", 2026, ON).spans) == 12  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("last", "enough"),
    [(date(2025, 12, 2), False), (date(2025, 12, 3), True), (date(2026, 3, 2), True)],
)
def test_the_last_three_months_begin_the_day_after_the_corresponding_one(
    last: date, enough: bool
) -> None:
    wanted = required("近三个月", 2026, ON)
    assert (what_is_missing(wanted, [Span(date(2025, 1, 1), last)]) == ()) is enough


@pytest.mark.parametrize(("last", "enough"), [(date(2026, 3, 1), False), (ON, True)])
def test_what_must_be_valid_is_valid_on_the_day(last: date, enough: bool) -> None:
    wanted = required("有效期内", 2026, ON)
    assert (what_is_missing(wanted, [Span(date(2021, 1, 1), last)]) == ()) is enough


@pytest.mark.parametrize("words", ["", "投产以来", "每两年一次"])
def test_words_that_no_rule_understands_are_left_to_a_person(words: str) -> None:
    assert required(words, 2026, ON) is None
    assert what_is_missing(None, []) == ()


def test_a_material_of_last_time_is_of_use_while_it_proves_something() -> None:
    wanted = required("上一自然年", 2026, ON)
    assert is_of_use(wanted, Span(date(2025, 6, 1), date(2025, 6, 30)))
    assert not is_of_use(wanted, Span(date(2024, 1, 1), date(2024, 12, 31)))
    assert not is_of_use(wanted, None)
    assert is_of_use(None, None)


# --- The whole plant ------------------------------------------------------------------------

LEADING = IndicatorTable(
    "x", "", "shaoxing-2023", "示例", ("引领性", "非引领性"),
    (Row("1", "环境管理", "台账", ROWS[1].cells),),
)  # fmt: skip


def answers(dust: str, share: str) -> dict[tuple[int, str], Answer]:
    clauses = frozenset(it.id for it in ROWS[1].cells[0].criterion.items)  # type: ignore[union-attr]
    return {
        (1, "1"): Answer(measured={"颗粒物@炉窑/小时均值": Measured(Decimal(dust), Decimal(8))}),
        (1, "2"): Answer(ticked=clauses),
        (1, "3"): Answer(shares={"国五及以上车辆比例": Decimal(share)}),
    }


def test_plan_shortboard_the_way_up_is_the_smallest_set_of_rows() -> None:
    found = assess({1: table()}, answers("15", "85"), ORDER, "A")
    assert found.overall == "B"
    assert {it[1].row.key for it in found.holding} == {"1", "3"}
    assert found.way_up is not None
    assert (found.way_up.grade, len(found.way_up.tables[0].lifts)) == ("A", 2)


def test_plan_shortboard_nothing_holds_back_a_plant_at_its_best_grade() -> None:
    found = assess({1: table()}, answers("5", "100"), ORDER, "A")
    assert (found.overall, found.holding, found.way_up) == ("A", (), None)


def test_plan_cross_the_lower_of_two_tables_decides_and_only_it_must_rise() -> None:
    both = {1: table(), 2: table()}
    given_ = answers("5", "100")
    given_ |= {(2, key): it for (_, key), it in answers("15", "100").items()}
    found = assess(both, given_, ORDER, "A")
    assert found.overall == "B"
    assert found.way_up is not None
    assert [(it.place, it.target) for it in found.way_up.tables] == [(2, "A")]
    assert [it.place for it in found.to_target] == [2]


def test_a_row_of_clauses_is_open_until_somebody_says() -> None:
    """Said to meet none it is D; not looked at it is not."""
    some = answers("15", "85")
    del some[1, "2"]
    assert assess({1: table()}, some, ORDER, "B").overall is None
    some[1, "2"] = Answer(nothing_met=True)
    assert assess({1: table()}, some, ORDER, "B").overall == "D"


def test_while_a_row_is_open_nothing_is_certain() -> None:
    some = answers("15", "85")
    del some[1, "3"]
    found = assess({1: table()}, some, ORDER, "B")
    assert (found.overall, found.way_up) == (None, None)
    assert [it.row.key for it in found.to_target[0].lifts] == ["3"]


def test_the_oxygen_of_air_leaves_the_row_open_and_says_why() -> None:
    some = answers("15", "85")
    some[1, "1"] = Answer(measured={"颗粒物@炉窑/小时均值": Measured(Decimal(9), Decimal(21))})
    found = assess({1: table()}, some, ORDER, "B")
    assert found.overall is None
    assert "低于 21%" in found.results[1][0].lacking["A"][0]


def test_a_warning_stops_until_it_is_explained() -> None:
    warning = CheckFinding("k", Severity.WARNING, Place(0), "文字")
    assert warning.stops
    assert not CheckFinding("k", Severity.WARNING, Place(0), "文字", note="已核实").stops
    assert CheckFinding("k", Severity.ERROR, Place(0), "文字", note="已核实").stops
