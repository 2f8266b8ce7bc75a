"""指标表: reading a criterion, the grade of a row, 短板原则, the way to the next grade."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.indicators.comparing import Direction, differences, direction, loosened, tightened
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
    OxygenOfAir,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    at_reference,
    crossing,
    judge_row,
    next_grade,
    short_board,
    way_to,
)
from app.indicators.kept import from_parts, from_words, to_parts
from app.indicators.wording import UnreadableCriterion, read, written
from app.rulebook.domain import GradeOrder

ABCD = ("A", "B", "B-", "C", "D")
ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))


def limits(*texts: str) -> Limits:
    found = read("\n".join(texts))
    assert isinstance(found, Limits)
    return found


def row(*cells: tuple[str, str], may_not_apply: bool = False, key: str = "r1") -> Row:
    """A row from pairs: the grades of a cell, separated by blanks, and its text."""
    made = tuple(Cell(tuple(grades.split()), read(text)) for grades, text in cells)
    return Row(key, "排放限值", "颗粒物排放", made, may_not_apply)


DUST = row(
    ("A", "颗粒物（窑尾，小时均值）≤10mg/m³（基准氧含量10%）"),
    ("B B-", "颗粒物（窑尾，小时均值）≤15mg/m³（基准氧含量10%）"),
    ("C", "颗粒物（窑尾，小时均值）≤20mg/m³（基准氧含量10%）"),
    ("D", "未达到C级要求"),
)
DUST_ID = "颗粒物@窑尾/小时均值"


def dust(value: str, oxygen: str | None = "10") -> Answer:
    found = Measured(Decimal(value), None if oxygen is None else Decimal(oxygen))
    return Answer(measured={DUST_ID: found})


@pytest.mark.parametrize(
    ("value", "grade"),
    [("10", "A"), ("10.01", "B"), ("15", "B"), ("15.1", "C"), ("20", "C"), ("20.1", "D")],
)
def test_a_limit_is_kept_up_to_the_number_itself(value: str, grade: str) -> None:
    assert judge_row(DUST, dust(value), ABCD).grade == grade


def test_a_value_is_converted_to_reference_oxygen_first() -> None:
    """10 at 15.5 % of oxygen is 20 at 10 %: C, not A."""
    assert at_reference(Measured(Decimal(10), Decimal("15.5")), Decimal(10)) == 20
    assert judge_row(DUST, dust("10", "15.5"), ABCD).grade == "C"


@pytest.mark.parametrize("oxygen", ["21", "21.5", "100"])
def test_oxygen_of_air_cannot_be_converted(oxygen: str) -> None:
    with pytest.raises(OxygenOfAir, match="低于 21%"):
        judge_row(DUST, dust("10", oxygen), ABCD)


def test_while_the_oxygen_is_missing_the_row_is_open_and_not_d() -> None:
    result = judge_row(DUST, dust("10", None), ABCD)
    assert (result.state, result.grade) == ("open", None)
    assert result.lacking["A"] == ("未填写：颗粒物（窑尾，小时均值）的实测氧含量",)


def test_what_is_lacking_is_told_for_every_better_grade() -> None:
    result = judge_row(DUST, dust("18"), ABCD)
    assert result.grade == "C"
    assert result.lacking == {
        "A": ("颗粒物（窑尾，小时均值）由 18 降到 10 mg/m³ 以下",),
        "B": ("颗粒物（窑尾，小时均值）由 18 降到 15 mg/m³ 以下",),
        "B-": ("颗粒物（窑尾，小时均值）由 18 降到 15 mg/m³ 以下",),
    }


def test_a_value_hardly_above_the_limit_is_not_told_with_every_digit() -> None:
    converted = row(("A", "颗粒物≤10mg/m³（基准氧含量18%）"), ("D", "未达到A级要求"))
    # 11.666667 × 3 ÷ 3.5 = 10.000000285714…
    measured = {"颗粒物@/": Measured(Decimal("11.666667"), Decimal("17.5"))}
    lacking = judge_row(converted, Answer(measured=measured), ("A", "D")).lacking["A"]
    assert lacking == ("颗粒物由 10.00000029 降到 10 mg/m³ 以下",)


def test_inside_a_range_nothing_is_decided_until_the_bureau_has_chosen() -> None:
    vocs = row(("A", "NMHC≤20～30mg/m³"), ("B B- C", "NMHC≤40mg/m³"), ("D", "未达到C级要求"))
    answer = {it: Answer(measured={"NMHC@/": Measured(Decimal(it))}) for it in ("20", "25", "31")}
    assert judge_row(vocs, answer["20"], ABCD).grade == "A"
    assert judge_row(vocs, answer["25"], ABCD).grade == "B"
    assert "本局尚未从中确定" in judge_row(vocs, answer["25"], ABCD).lacking["A"][0]
    assert judge_row(vocs, answer["31"], ABCD).grade == "B"


def test_same_as_above_asks_what_the_better_grade_asks() -> None:
    gate = row(("A", "须做到：门禁联网"), ("B B-", "同上一级"), ("C D", "未达到B级要求"))
    assert judge_row(gate, Answer(said={"门禁联网": True}), ABCD).grade == "A"
    assert judge_row(gate, Answer(said={"门禁联网": False}), ABCD).grade == "C"
    assert judge_row(gate, Answer(), ABCD).state == "open"


def test_of_a_list_all_must_be_met_or_as_many_as_it_says() -> None:
    listed = row(
        ("A", "1、自动化造型线\n2、密闭收集\n3、硅溶胶工艺"),
        ("B B-", "满足下列任意2项：\n1、自动化造型线\n2、密闭收集\n3、硅溶胶工艺"),
        ("C D", "未达到B级要求"),
    )
    ids = [Clause(text).id for text in ("自动化造型线", "密闭收集", "硅溶胶工艺")]
    answers = [Answer(nothing_met=True), *(Answer(ticked=frozenset(ids[:n])) for n in (1, 2, 3))]
    assert [judge_row(listed, it, ABCD).grade for it in answers] == ["C", "C", "B", "A"]
    assert judge_row(listed, Answer(), ABCD).state == "open", "nobody has looked at it yet"


def test_a_clause_is_the_same_for_its_wording_not_for_its_number() -> None:
    assert Clause("采用 袋式除尘；").id == Clause("采用袋式除尘").id
    assert Clause("采用袋式除尘").id != Clause("采用滤筒除尘").id


def test_where_nothing_is_known_a_grade_is_chosen_and_never_computed() -> None:
    unknown = row(("A B B- C D", "未核实"))
    assert judge_row(unknown, Answer(), ABCD).state == "open"
    chosen = judge_row(unknown, Answer(chosen="B", reason="见检测报告"), ABCD)
    assert (chosen.state, chosen.grade) == ("chosen", "B")


def test_a_choice_does_not_stand_against_what_is_computed() -> None:
    chosen = Answer(measured=dust("18").measured, chosen="A", reason="")
    assert judge_row(DUST, chosen, ABCD).grade == "C"


def test_who_does_not_even_reach_the_lowest_grade_is_told_so() -> None:
    floor = row(("A B B- C", "颗粒物≤10"), ("D", "颗粒物≤30"))
    result = judge_row(floor, Answer(measured={"颗粒物@/": Measured(Decimal(31))}), ABCD)
    assert (result.grade, result.below_lowest) == ("D", True)


def result_of(grade: str | None, key: str) -> object:
    made = row((" ".join(ABCD), "未核实"), may_not_apply=True, key=key)
    answer = Answer(not_applicable=True) if grade is None else Answer(chosen=grade)
    return judge_row(made, answer, ABCD)


def test_the_lowest_row_decides_and_is_named() -> None:
    """PLAN-SHORTBOARD: with what holds it back and what the next grade would need."""
    rows = [result_of("A", "r1"), result_of("C", "r2"), result_of("B", "r3"), result_of(None, "r4")]
    outcome = short_board(rows, ABCD)  # type: ignore[arg-type]
    assert outcome.grade == "C"
    assert [it.row.key for it in outcome.holding] == ["r2"]
    lifts = way_to("B", rows, ABCD)  # type: ignore[arg-type]
    assert [it.row.key for it in lifts] == ["r2"]
    assert [it.row.key for it in way_to("A", rows, ABCD)] == ["r2", "r3"]  # type: ignore[arg-type]


def test_rows_that_do_not_apply_give_no_grade_by_themselves() -> None:
    assert short_board([result_of(None, "r1")], ABCD).grade is None  # type: ignore[list-item]


def test_one_open_row_leaves_the_whole_open() -> None:
    rows = [result_of("B", "r1"), judge_row(DUST, Answer(), ABCD)]
    outcome = short_board(rows, ABCD)  # type: ignore[arg-type]
    assert outcome.grade is None
    assert [it.row.key for it in outcome.open] == ["r1"]


@pytest.mark.parametrize(
    ("grade", "after"), [(None, "D"), ("D", "C"), ("B-", "B"), ("B", "A"), ("A", None)]
)
def test_the_next_grade_is_the_next_of_the_scheme(grade: str | None, after: str | None) -> None:
    assert next_grade(grade, ABCD) == after


def test_industries_cross_at_the_lowest_by_the_configured_order() -> None:
    """PLAN-CROSS."""
    assert crossing(["A", "引领性"], ORDER) == "引领性"
    assert crossing(["B", "引领性"], ORDER) == "B"
    assert crossing(["A", None], ORDER) is None
    assert crossing([], ORDER) is None


# --- Wording ------------------------------------------------------------------------------

WORDS = st.text("颗粒物窑尾车辆国五及以上比例密闭收集甲乙丙", min_size=1, max_size=8)
NUMBERS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(9999), places=2)
QUANTITIES = st.builds(
    Quantity, WORDS, st.just("") | WORDS, st.sampled_from(["mg/m³", "kg/h", "%"]),
    st.sampled_from(["", "小时均值", "日均值"]),
)  # fmt: skip


@st.composite
def one_limit(draw: st.DrawFn) -> Limit:
    upper, lower = draw(NUMBERS), draw(st.none() | NUMBERS)
    quantity = draw(QUANTITIES.filter(lambda it: it.unit != "%"))
    oxygen = draw(st.none() | st.sampled_from([Decimal(9), Decimal("3.5")]))
    return Limit(quantity, upper, lower if lower is not None and lower < upper else None, oxygen)


CRITERIA = st.one_of(
    st.builds(Unverified),
    st.builds(SameAsAbove),
    st.builds(Below, st.sampled_from(["A", "B", "B-", "C", "引领性"])),
    st.builds(YesNo, WORDS),
    st.builds(Share, WORDS, st.decimals(min_value=0, max_value=100, places=2), st.booleans()),
    st.builds(
        Limits,
        st.lists(one_limit(), min_size=1, max_size=3, unique_by=lambda it: it.quantity.id).map(
            tuple
        ),
    ),
    st.builds(
        lambda texts, need: Clauses(
            tuple(Clause(it) for it in texts), need if need is None else min(need, len(texts))
        ),
        st.lists(WORDS, min_size=1, max_size=4, unique=True),
        st.none() | st.integers(1, 4),
    ),
)


@given(CRITERIA)
def test_what_is_written_is_read_back_as_it_was(criterion: Criterion) -> None:
    """PLAN-INDICATORS: every kind of row."""
    assert read(written(criterion)) == criterion


@given(CRITERIA)
def test_what_is_kept_is_read_back_by_its_parts_and_older_tables_by_their_words(
    criterion: Criterion,
) -> None:
    assert from_parts(json.loads(json.dumps(to_parts(criterion)))) == criterion
    assert from_words(written(criterion)) == criterion


@pytest.mark.parametrize(
    "text", ["颗粒物≤10～1e999mg/m³", "颗粒物≤10至20mg/m³", "颗粒物≤10,5mg/m³"]
)
def test_what_was_kept_is_readable_though_nobody_may_type_it_any_more(text: str) -> None:
    with pytest.raises(UnreadableCriterion):
        read(text)
    kept = from_words(text)
    assert isinstance(kept, Limits)
    assert written(kept) == written(from_parts(to_parts(kept))) == text


@pytest.mark.parametrize("text", ["", "按标准执行", "颗粒物≤"])
def test_kept_words_that_say_nothing_are_not_known(text: str) -> None:
    assert from_words(text) == Unverified()


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("ＮＭＨＣ≤２０~30 mg/m3", "NMHC≤20～30mg/m³"),
        ("颗粒物 <= 10 mg/m³；", "颗粒物≤10mg/m³"),
        ("国五及以上车辆比例 ≥ ８０％", "国五及以上车辆比例≥80%"),
        ("", "未核实"),
        ("1. 甲\n2. 乙\n续行", "1、甲\n2、乙续行"),
    ],
)
def test_messy_cells_are_read_as_a_person_means_them(text: str, same_as: str) -> None:
    assert read(text) == read(same_as)


@pytest.mark.parametrize(
    "text",
    [
        "≤10～20",
        "10 mg/m³",
        "按标准执行",
        "1、甲\n3、乙",
        "满足下列任意3项：\n1、甲",
        "NMHC≤30～20",
        "颗粒物≤10～1e999mg/m³",
        "颗粒物≤10至20mg/m³",
        "颗粒物≤10mg/m³～20mg/m³",
        "颗粒物≤10,5mg/m³",
        "颗粒物≤10²mg/m³",
        "颗粒物（小时均值，日均值）≤10mg/m³",
        "颗粒物≤10mg/m³\n颗粒物≤20mg/m³",
        "国五及以上车辆比例≥80%以上",
        "国五及以上车辆比例≥120%",
        "去除效率≥0.95",
        "1、甲\n2、 甲；",
    ],
)
def test_what_cannot_be_read_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(UnreadableCriterion, match="请"):
        read(text)


# --- Versions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "way"),
    [
        ("颗粒物≤15mg/m³", "颗粒物≤10mg/m³", Direction.STRICTER),
        ("颗粒物≤10mg/m³", "颗粒物≤15mg/m³", Direction.LOOSER),
        ("颗粒物≤10mg/m³", "颗粒物≤10mg/m³\nSO2≤35mg/m³", Direction.STRICTER),
        ("颗粒物≤10mg/m³\nSO2≤35mg/m³", "颗粒物≤8mg/m³", Direction.REWORDED),
        ("颗粒物≤10mg/m³", "颗粒物≤10mg/m³（基准氧含量9%）", Direction.REWORDED),
        ("NMHC≤20～30mg/m³", "NMHC≤20mg/m³", Direction.STRICTER),
        ("新能源比例≥50%", "新能源比例≥80%", Direction.STRICTER),
        ("渗漏比例≤5%", "渗漏比例≤8%", Direction.LOOSER),
        ("1、甲", "1、甲\n2、乙", Direction.STRICTER),
        ("1、甲\n2、乙", "1、甲\n2、丙", Direction.REWORDED),
        ("满足下列任意1项：\n1、甲\n2、乙", "满足下列任意2项：\n1、甲\n2、乙", Direction.STRICTER),
        ("未核实", "颗粒物≤10mg/m³", Direction.STATED),
        ("颗粒物≤10mg/m³", "未核实", Direction.DROPPED),
        ("颗粒物≤10mg/m³", "颗粒物≤10mg/m³", Direction.SAME),
    ],
)
def test_a_change_of_a_requirement_has_a_direction(before: str, now: str, way: Direction) -> None:
    assert direction(read(before), read(now)) is way


def table(*rows: Row) -> IndicatorTable:
    return IndicatorTable("cement", "", "shaoxing-2023", "示例", ABCD, rows)


def test_versions_are_compared_row_by_row() -> None:
    now = row(("A", "颗粒物≤8mg/m³"), ("B B- C D", "颗粒物≤15mg/m³"), key="r2")
    changes = differences(table(DUST), table(now))
    assert [(it.key, it.before is None, it.now is None) for it in changes] == [
        ("r2", True, False),
        ("r1", False, True),
    ]


def test_a_supplement_tightens_and_never_loosens() -> None:
    """PLAN-INDICATORS."""
    base = table(row(("A", "颗粒物≤10mg/m³"), ("B B- C D", "颗粒物≤20mg/m³")))
    extra = table(row(("A", "未核实"), ("B B-", "颗粒物≤15mg/m³"), ("C D", "未核实")))
    made = tightened(base, extra)
    asked = [written(made.rows[0].asked(grade)) for grade in ABCD]
    assert asked == ["颗粒物≤10mg/m³", *["颗粒物≤15mg/m³"] * 2, *["颗粒物≤20mg/m³"] * 2]
    assert [cell.grades for cell in made.rows[0].cells] == [("A",), ("B", "B-"), ("C", "D")]
    silent = row(("A B B- C D", "未核实"), key="r9")
    added = row(("A", "须做到：甲"), ("B B- C D", "未核实"), key="r8")
    assert [it.key for it in tightened(base, table(silent, added)).rows] == ["r1", "r8"]
    looser = table(row(("A", "颗粒物≤12mg/m³"), ("B B- C D", "未核实")))
    assert "只能加严" in loosened(base, looser)[0]
    assert tightened(base, looser).rows[0].asked("A") == base.rows[0].asked("A")
