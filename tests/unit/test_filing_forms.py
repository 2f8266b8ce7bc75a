"""What a filer types in a row (自评): read, refused with a sentence, merged with another's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from app.filing.entry import entry_form, row_id, slug
from app.filing.forms import (
    TypedRow,
    differences,
    merged,
    read_answer,
    read_number,
    typed_in,
    typed_of,
)
from app.indicators.domain import Answer, Cell, Measured, Row
from app.indicators.wording import read

GRADES = ("A", "B", "C", "D")
DUST = "颗粒物（窑头，小时均值）"


def a_row(*cells: tuple[str, str], may_not_apply: bool = False) -> Row:
    made = tuple(Cell(tuple(grades.split()), read(text)) for grades, text in cells)
    return Row("1", "排放限值", "颗粒物", made, may_not_apply=may_not_apply)


LIMITS = a_row(
    ("A", f"{DUST}≤10mg/m³（基准氧含量8%）"), ("B", f"{DUST}≤20mg/m³（基准氧含量8%）"),
    ("C", "国五及以上车辆比例≥50%"), ("D", "未达到C级要求"),
)  # fmt: skip
FORM = entry_form(LIMITS, GRADES)
(MEASURE,), (SHARE,) = FORM.measures, FORM.shares


@pytest.mark.parametrize(
    ("typed", "unit", "wanted"),
    [
        ("12.5", "mg/m³", "12.5"),
        ("１２．５", "mg/m³", "12.5"),
        (" 12.5 ", "mg/m³", "12.5"),
        ("1 200.5 mg / m³", "mg/m³", "1200.5"),
        ("10 mg/m³", "mg/m³", "10"),
        ("10mg/m3", "mg/m³", "10"),
        ("10 MG/M³", "mg/m³", "10"),
        ("85％", "%", "85"),
        ("1,200", "", "1200"),
        ("1，200.5", "", "1200.5"),
        ("12。5", "", "12.5"),
        ("0", "", "0"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, unit: str, wanted: str) -> None:
    assert read_number(typed, unit) == Decimal(wanted)


def test_blank_is_no_number() -> None:
    assert read_number(" 　") is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("-3", "负数"),
        ("－3", "负数"),
        ("≤10", "不是实测数值"),
        ("约10", "不是实测数值"),
        ("10～20", "范围"),
        ("10~20", "范围"),
        ("未检出", "检出限"),
        ("＜3", "检出限"),
        ("nd", "检出限"),
        ("NaN", "不是可用的数字"),
        ("Infinity", "不是可用的数字"),
        ("1e999", "不是可用的数字"),
        ("1" * 1_000_000, "共 1000000 个字，不是数字"),
        ("1.2.3", "不是可用的数字"),
        ("10 20", "不是可用的数字"),
        ("10²", "不是可用的数字"),
        ("12,5", "不是可用的数字"),
        ("0x1f", "不是可用的数字"),
        ("mg/m³", "不是可用的数字"),
        ("10 ～ 20", "范围"),
        ("- 3", "负数"),
        ("10 kg", "不是可用的数字"),
        ("1" * 10, "不是可用的数字"),
        ("٣", "不是可用的数字"),
    ],
)
def test_what_is_no_measured_number_is_refused_with_a_sentence(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_number(typed, "mg/m³")


def _typed(**texts: str) -> TypedRow:
    return TypedRow(texts=texts)


def test_oxygen_of_air_is_refused_at_its_own_field() -> None:
    typed = _typed(**{MEASURE.name: "12", MEASURE.oxygen_name: "21"})
    assert read_answer(typed, FORM) is None
    assert set(typed.errors) == {MEASURE.oxygen_name}


def test_oxygen_without_a_value_asks_for_the_value() -> None:
    typed = _typed(**{MEASURE.oxygen_name: "9"})
    assert read_answer(typed, FORM) is None
    assert set(typed.errors) == {MEASURE.name}


def test_a_share_beyond_a_hundred_is_refused() -> None:
    typed = _typed(**{SHARE.name: "100.5"})
    assert read_answer(typed, FORM) is None
    assert "100%" in typed.errors[SHARE.name]


def test_what_was_read_is_shown_again_as_it_was_kept() -> None:
    answer = read_answer(_typed(**{MEASURE.name: "12.50", MEASURE.oxygen_name: "9"}), FORM)
    assert answer is not None
    assert answer.measured == {MEASURE.quantity.id: Measured(Decimal("12.50"), Decimal(9))}
    assert read_answer(typed_of(answer, FORM), FORM) == answer


def test_a_chosen_grade_wants_a_reason_and_an_open_criterion() -> None:
    row = a_row(("A", "未核实"), ("B C", "1、台账完整"), ("D", "未达到C级要求"))
    form = entry_form(row, GRADES)
    typed = TypedRow(chosen="A")
    assert read_answer(typed, form) is None
    assert set(typed.errors) == {"why"}
    assert read_answer(TypedRow(chosen="A", reason="批复"), form) == Answer(
        chosen="A", reason="批复"
    )
    computed = read_answer(TypedRow(chosen="A", reason="批复"), FORM)
    assert computed is not None
    assert computed.chosen is None


def test_none_of_the_clauses_is_an_answer_and_contradicts_a_tick() -> None:
    form = entry_form(a_row(("A B", "1、台账完整"), ("C D", "未达到B级要求")), GRADES)
    answer = read_answer(TypedRow(nothing_met=True), form)
    assert answer == Answer(nothing_met=True)
    assert typed_of(answer, form).nothing_met
    both = TypedRow(ticked=frozenset({form.clauses[0].id}), nothing_met=True)
    assert read_answer(both, form) is None
    assert "none" in both.errors
    assert read_answer(TypedRow(nothing_met=True), FORM) == Answer()


def test_not_applicable_only_where_the_row_allows_it() -> None:
    free = entry_form(a_row(("A", "1、有"), ("B C D", "未核实"), may_not_apply=True), GRADES)
    answer, refused = read_answer(TypedRow(not_applicable=True), free), None
    assert answer is not None
    assert answer.not_applicable
    refused = read_answer(TypedRow(not_applicable=True), FORM)
    assert refused is not None
    assert not refused.not_applicable


def test_an_input_is_named_after_what_it_asks_for() -> None:
    """A form sent from an older page never fills another quantity's field."""
    other = entry_form(a_row(("A B", "二氧化硫≤35mg/m³"), ("C D", "未核实")), GRADES)
    sent = MultiDict({f"r1-x.{MEASURE.name}": "12", "r1-x.c": "unknown"})
    typed = typed_in(sent, "r1-x", other)
    assert typed == TypedRow()
    assert row_id(1, "1") != row_id(2, "1")
    assert slug("颗粒物") != slug("二氧化硫")


# --- Two people in one row ---------------------------------------------------------------------

BASE = Answer(frozenset({"a", "b"}), {}, {"x": Decimal(1)}, {"p": True}, reason="旧")


def test_what_only_one_changed_is_taken_from_that_one() -> None:
    mine = Answer(frozenset({"a", "b", "c"}), {}, {"x": Decimal(2)}, {"p": True}, reason="旧")
    theirs = Answer(frozenset({"b"}), {}, {"x": Decimal(1)}, {"p": False}, reason="新")
    assert merged(BASE, mine, theirs) == Answer(
        frozenset({"b", "c"}), {}, {"x": Decimal(2)}, {"p": False}, reason="新"
    )


def test_what_both_changed_is_proposed_as_mine_and_told() -> None:
    row = a_row(("A B C D", "车辆比例≥50%"))
    form = entry_form(row, GRADES)
    base, mine, theirs = (Answer(shares={"车辆比例": Decimal(it)}) for it in (1, 2, 3))
    assert merged(base, mine, theirs) == mine
    (told,) = differences(mine, theirs, form)
    assert (told.label, told.mine, told.theirs) == ("车辆比例", "2%", "3%")


def test_what_one_took_out_stays_out() -> None:
    theirs = Answer(frozenset({"a", "b"}), {}, {}, {}, reason="旧")
    assert merged(BASE, BASE, theirs).shares == {}
