"""Whom each built-in measure admits, and the sentence that says so (政策清单)."""

from __future__ import annotations

from typing import Any

import pytest

from app.policy.domain import Measure, SettingMissing, rank_candidates
from tests.policies import (
    DAY,
    GRADES,
    ORDER,
    SETTINGS,
    built_in_measures,
    candidate,
    cases,
    standing,
    standing_of_case,
)

USCC = "91330602MA00000001"
MEASURES = built_in_measures()
BY_GRADE = [
    (entry, None if grade == "未定级" else grade)
    for entry in cases("policy_grades.toml", "measure")
    for grade in (*GRADES, "未定级")
]


def test_the_plan_has_exactly_these_measures() -> None:
    assert {m.id: m.title for m in MEASURES.values()} == {
        "positive-list": "监督执法正面清单",
        "rights-city": "市级储备排污权保障",
        "rights-province": "省级储备排污权保障",
        "episode-heavy-exempt": "重污染天气可豁免",
        "episode-light-exempt": "中轻度污染天气可豁免",
        "episode-heavy-reduce": "重污染天气应急减排",
        "episode-light-reduce": "中轻度污染应急减排",
        "major-event-reduce": "重大活动强化减排",
    }


@pytest.mark.parametrize(
    ("entry", "grade"), BY_GRADE, ids=[f"{entry['id']}-{grade}" for entry, grade in BY_GRADE]
)
def test_a_measure_admits_the_grades_of_its_clause_and_no_other(
    entry: dict[str, Any], grade: str | None
) -> None:
    measure = MEASURES[entry["id"]]
    (row,) = rank_candidates(measure, [candidate(USCC, standing(grade))], DAY, SETTINGS, ORDER).rows
    assert row.admitted is ((grade or "未定级") in entry["admits"])
    assert (row.rank == 1) is row.admitted
    (first, *_) = row.reasons
    assert first.clause == entry["clause"]
    assert first.met is row.admitted
    if row.admitted:
        assert entry["says"] in first.text


@pytest.mark.parametrize(
    "case", cases("policy_admission.toml"), ids=lambda case: f"{case['clause']}-{case['sentence']}"
)
def test_a_boundary_of_the_measures(case: dict[str, Any]) -> None:
    settings = {**SETTINGS, **case.get("settings", {})}
    plant = candidate(USCC, standing_of_case(case))
    measure = MEASURES[case["measure"]]
    (row,) = rank_candidates(measure, [plant], case["on"], settings, ORDER).rows
    text = "".join(reason.text for reason in row.reasons)
    assert row.admitted is case["admitted"], text
    assert [r.clause for r in row.reasons if not r.met] == case.get("unmet", [])
    if "clauses" in case:
        assert [r.clause for r in row.reasons] == case["clauses"]
    for words in case.get("says", []):
        assert words in text
    for words in case.get("never", []):
        assert words not in text


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.id)
@pytest.mark.parametrize("grade", [*GRADES, None])
def test_reasons_never_forbid_what_the_text_does_not_forbid(
    measure: Measure, grade: str | None
) -> None:
    barred = standing(grade, blocked=True, blocking=(1, 2), violations_36m=2)
    for its in (standing(grade), barred):
        (row,) = rank_candidates(measure, [candidate(USCC, its)], DAY, SETTINGS, ORDER).rows
        for reason in row.reasons:
            assert "不得" not in reason.text
            assert reason.text.endswith("。")
            assert reason.clause in measure.clauses


def test_a_reason_names_the_facts_it_rests_on() -> None:
    its = standing("C", basis_id=7, blocked=True, blocking=(3, 9))
    ranked = rank_candidates(
        MEASURES["positive-list"], [candidate(USCC, its)], DAY, SETTINGS, ORDER
    )
    assert [r.facts for r in ranked.rows[0].reasons] == [
        ("grade_record:7",),
        ("violation:3", "violation:9"),
    ]


def test_a_measure_names_every_setting_it_reads() -> None:
    assert MEASURES["positive-list"].settings == (
        "positive_list.exclude_blocked",
        "violation_year_basis",
    )
    assert MEASURES["episode-heavy-reduce"].settings == ("ungraded_as_lowest",)
    assert MEASURES["rights-city"].settings == ()


@pytest.mark.parametrize("value", [None, "是", 1])
def test_a_yes_or_no_setting_of_another_value_is_refused(value: object) -> None:
    settings = {**SETTINGS, "ungraded_as_lowest": value}
    plants = [candidate(USCC, standing(None))]
    with pytest.raises(SettingMissing, match="ungraded_as_lowest"):
        rank_candidates(MEASURES["episode-heavy-reduce"], plants, DAY, settings, ORDER)
