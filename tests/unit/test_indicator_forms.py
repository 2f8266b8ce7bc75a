"""One row of an indicator table as a form: typed, read, told what is wrong, nothing lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.indicators.checking import columns_of, oddities
from app.indicators.criteria import IndicatorTable
from app.indicators.domain import Answer, Measured, judge_row
from app.indicators.forms import KINDS, RowForm, read_row, values_of
from app.indicators.wording import read_number
from tests.indicators import GRADES, a_row, a_table, dust
from tests.unit.test_indicator_files import tables

KEPT = values_of(dust("10"), GRADES)


@pytest.mark.parametrize("table", tables(), ids=lambda it: it.title)
def test_every_row_of_every_table_goes_through_its_form(table: IndicatorTable) -> None:
    for row in table.rows:
        again, errors = read_row(RowForm(values_of(row, table.grades), table.grades))
        assert errors == {}
        assert again == row


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "编号"}, "key"),
        ({"dimension": " "}, "dimension"),
        ({"title": ""}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"evidence": "（上一年）"}, "evidence"),
        ({"g0-l0-upper": "NaN"}, "g0-l0-upper"),
        ({"g0-l0-upper": "-5"}, "g0-l0-upper"),
        ({"g0-l0-upper": "1e999"}, "g0-l0-upper"),
        ({"g0-l0-upper": ""}, "g0-l0-upper"),
        ({"g0-l0-lower": "10"}, "g0-l0-lower"),
        ({"g0-l0-oxygen": "21"}, "g0-l0-oxygen"),
        ({"g0-l0-sign": "≥", "g0-l0-oxygen": "8"}, "g0-l0-sign"),
        ({"g0-l0-pollutant": "", "g0-l0-upper": ""}, "g0-l0-pollutant"),
        ({"g0-l0-pollutant": "颗粒物≤"}, "g0-kind"),
        ({"g0-l0-unit": "kg/h"}, "g1-kind"),
        ({"g0-kind": "same"}, "g0-kind"),
        ({"g0-kind": "all"}, "g0-clauses"),
        ({"g0-kind": "any", "g0-clauses": "甲\n乙", "g0-need": "3"}, "g0-need"),
        ({"g0-kind": "any", "g0-clauses": "甲\n乙", "g0-need": "²"}, "g0-need"),
        ({"g0-kind": "share", "g0-percent": "80"}, "g0-subject"),
        ({"g0-kind": "share", "g0-subject": "比例", "g0-percent": "八十"}, "g0-percent"),
        ({"g0-kind": "yes-no"}, "g0-subject"),
        ({"g4-below": "D"}, "g4-below"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed: dict[str, str], field: str) -> None:
    row, errors = read_row(RowForm({**KEPT, **typed}, GRADES))
    assert row is None
    assert field in errors
    assert "请" in errors[field]


SEEN = {
    "unverified": "", "all": "clauses source", "any": "clauses need source",
    "limits": "l0-pollutant l12-upper source", "share": "subject sign percent source",
    "yes-no": "subject source", "same": "", "below": "below",
}  # fmt: skip
TYPED = {
    "clauses": "甲", "need": "1", "subject": "比例", "sign": "≥", "percent": "80", "below": "A",
    "l0-pollutant": "颗粒物", "l12-upper": "5", "source": "文",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_typed_in_another_way_goes_along_unseen(kind: str) -> None:
    values = {f"g1-{name}": text for name, text in TYPED.items()} | {"g1-kind": kind}
    aside = dict(RowForm(values, GRADES).put_aside(1))
    assert aside.keys() == {f"g1-{it}" for it in TYPED.keys() - set(SEEN[kind].split())}
    merged = RowForm({**values, "g1-merge": "1", "g10-need": "2"}, GRADES)
    assert dict(merged.put_aside(1)) == values


@pytest.mark.parametrize(("typed", "number"), [("１２．５", "12.5"), (" 0.008 ", "0.008")])
def test_numbers_are_read_as_people_type_them(typed: str, number: str) -> None:
    row, errors = read_row(RowForm({**KEPT, "g0-l0-upper": typed}, GRADES))
    assert errors == {}
    assert row == dust(number)
    assert str(read_number(typed)) == number


@pytest.mark.parametrize("typed", ["10²", "①", "1 2", "1e3", "-1", "NaN", "٣", "≤10"])
def test_what_is_no_number_is_not_made_one(typed: str) -> None:
    with pytest.raises(ValueError, match="不是可用的数字"):
        read_number(typed)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1e999"])
def test_what_no_instrument_shows_is_no_measured_value(value: str) -> None:
    with pytest.raises(ValueError, match="measured"):
        Measured(Decimal(value))


@pytest.mark.parametrize(
    ("scheme", "columns"),
    [
        (("A", "B", "B-", "C", "D"), (("A", "B", "B-", "C", "D"), ("A", "B", "C", "D"))),
        (("A+", "A", "B", "B-", "C"), (("A", "B", "B-", "C"), ("A", "B", "C"))),
        (("引领性", "非引领性"), (("引领性", "非引领性"),)),
    ],
)
def test_the_columns_of_a_table_are_the_grades_a_county_gives(
    scheme: tuple[str, ...], columns: tuple[tuple[str, ...], ...]
) -> None:
    """PLAN-GRADES, NAT-SCHEME: A+ is the ministry's, and B- is B where no guide tells it apart."""
    assert columns_of(scheme) == columns


def test_a_lower_grade_that_asks_for_more_is_pointed_out() -> None:
    odd = a_row("1", ("A", "颗粒物≤20mg/m³"), ("B B- C D", "颗粒物≤10mg/m³"))
    (found,) = oddities(a_table(odd, dust("10", "2")))
    assert (found.key, found.part) == ("1", "B")


def test_what_must_be_reached_is_judged_from_below() -> None:
    row = a_row("1", ("A B", "风速≥0.5m/s"), ("B- C", "风速≥0.3m/s"), ("D", "未达到C级要求"))
    grades = [
        judge_row(row, Answer(measured={"风速@/": Measured(Decimal(it))}), GRADES)
        for it in ("0.5", "0.49", "0.3", "0.2999")
    ]
    assert [it.grade for it in grades] == ["A", "B-", "B-", "D"]
    assert grades[3].lacking["A"] == ("风速由 0.3 提高到 0.5 m/s 以上",)
    assert grades[3].lacking["C"] == ("风速由 0.2999 提高到 0.3 m/s 以上",)


def test_a_value_shown_is_never_that_of_the_limit_it_misses() -> None:
    answer = Answer(measured={"颗粒物@/": Measured(Decimal("10.0001"))})
    assert judge_row(dust("10"), answer, GRADES).lacking["A"] == (
        "颗粒物由 10.0001 降到 10 mg/m³ 以下",
    )


def test_an_unknown_better_grade_can_be_chosen_with_a_reason() -> None:
    row = a_row("1", ("A", "未核实"), ("B B- C", "须做到：甲"), ("D", "未达到C级要求"))
    said = {"甲": True}
    assert judge_row(row, Answer(said=said), GRADES).grade == "B"
    chosen = judge_row(row, Answer(said=said, chosen="A", reason="见报告"), GRADES)
    assert (chosen.grade, chosen.state) == ("A", "chosen")
