"""Hand-worked cases of grading (自评): as typed into the form, and as the pure rule is asked.

The cases of rows are data (tests/cases/grading_rows.toml); each was worked out from the clauses
before the program was asked.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.filing.entry import EntryForm, entry_form
from app.filing.forms import TypedRow, read_answer
from app.indicators.domain import Cell, Clause, Row, RowResult, judge_row
from app.indicators.wording import read, written

CASES = Path(__file__).parents[1] / "cases" / "grading_rows.toml"
Case = dict[str, Any]


def all_answers() -> list[Any]:
    cases = tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]
    return [
        pytest.param(case, answer, id=f"{number}-{place}")
        for number, case in enumerate(cases, start=1)
        for place, answer in enumerate(case["answers"], start=1)
    ]


def row_of(case: Case) -> Row:
    cells = tuple(Cell(tuple(grades.split()), read(text)) for grades, text in case["row"])
    return Row("1", "排放限值", "指标", cells, case.get("may_not_apply", False))


def typed_row(answer: Case, form: EntryForm) -> TypedRow:
    """What a filer puts into the inputs of the row."""
    texts: dict[str, str] = {}
    names = {it.quantity.name: it.name for it in form.measures}
    names |= {it.subject: it.name for it in form.shares}
    for what, typed in answer.get("value", {}).items():
        texts[names[what]] = typed
    for measure in form.measures:
        if "oxygen" in answer and measure.needs_oxygen:
            texts[measure.oxygen_name] = answer["oxygen"]
    for question in form.questions:
        if question.subject in answer.get("said", {}):
            texts[question.name] = "yes" if answer["said"][question.subject] else "no"
    return TypedRow(
        ticked=frozenset(Clause(text).id for text in answer.get("tick", ())),
        texts=texts,
        not_applicable=answer.get("na", False),
        nothing_met=answer.get("none", False),
        chosen=answer.get("choose", ""),
        reason=answer.get("why", ""),
    )


def reached(result: RowResult) -> str:
    return {"open": "open", "not-applicable": "不涉及"}.get(result.state) or str(result.grade)


@pytest.mark.parametrize(("case", "answer"), all_answers())
def test_a_row_reaches_what_was_worked_out_by_hand(case: Case, answer: Case) -> None:
    row, grades = row_of(case), tuple(case["grades"])
    form = entry_form(row, grades)
    typed = typed_row(answer, form)
    found = read_answer(typed, form)
    if "refused" in answer:
        assert found is None, case["sentence"]
        assert answer["refused"] in "".join(typed.errors.values())
        return
    assert found is not None, typed.errors
    result = judge_row(row, found, grades)
    assert reached(result) == answer["grade"], case["sentence"]
    assert result.below_lowest is answer.get("below", False)


def test_the_cells_of_the_cases_are_written_as_they_are_read() -> None:
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        for _, text in case["row"]:
            assert written(read(text)) == text
