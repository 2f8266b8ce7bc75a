"""Ranks, the reason between neighbours, and bytes that depend on nothing but the facts."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.criteria import BEST_FIRST
from app.policy.documents import as_json, canonical_bytes, list_table, to_canonical
from app.policy.domain import (
    Candidate,
    DoublePlant,
)
from app.policy.neighbours import explain_neighbours
from tests.drawn_registers import (
    DAY_SETTINGS,
    KNOWN_AT,
    MEASURE_IDS,
    MEASURES,
    document_of,
    ranked_list,
    registers,
)
from tests.policies import SETTINGS, candidate, standing

# --- An oracle written from the contract alone, with nothing of the program in it --------------

LADDER = {"A+": 0, "A": 1, "引领性": 2, "B": 3, "B-": 4, "C": 5, "D": 6, "非引领性": 6, None: 7}
UP_TO_B = {"A+", "A", "引领性", "B", "B-"}
UP_TO_A = {"A+", "A", "引领性"}
BELOW_B = {"C", "D", "非引领性"}


def oracle_admits(measure_id: str, plant: Candidate, day_settings: dict[str, object]) -> bool:
    grade = plant.standing.grade
    if measure_id == "positive-list":
        barred = plant.standing.blocked and bool(day_settings["positive_list.exclude_blocked"])
        return grade in UP_TO_B and not barred
    if measure_id in {"rights-city", "episode-light-exempt"}:
        return grade in UP_TO_B
    if measure_id in {"rights-province", "episode-heavy-exempt"}:
        return grade in UP_TO_A
    if grade is None:
        return bool(day_settings["ungraded_as_lowest"])
    if measure_id == "episode-heavy-reduce":
        return not oracle_admits("episode-heavy-exempt", plant, day_settings)
    return grade in BELOW_B


def oracle_is_before(measure_id: str, a: Candidate, b: Candidate) -> bool:
    """Compares fact by fact, in the order in which the contract names them."""
    step_a, step_b = LADDER[a.standing.grade], LADDER[b.standing.grade]
    if step_a != step_b:
        return step_a > step_b if measure_id.endswith("-reduce") else step_a < step_b
    if a.standing.violations_36m != b.standing.violations_36m:
        return a.standing.violations_36m < b.standing.violations_36m
    since_a, since_b = a.standing.held_since, b.standing.held_since
    if since_a != since_b:
        return since_b is None or (since_a is not None and since_a < since_b)
    if a.uscc != b.uscc:
        return a.uscc < b.uscc
    return a.plant < b.plant


def oracle_list(
    measure_id: str, plants: list[Candidate], day_settings: dict[str, object]
) -> list[tuple[str, str, int | None]]:
    def compare(a: Candidate, b: Candidate) -> int:
        return -1 if oracle_is_before(measure_id, a, b) else 1

    taken = [p for p in plants if oracle_admits(measure_id, p, day_settings)]
    left = [p for p in plants if not oracle_admits(measure_id, p, day_settings)]
    taken.sort(key=functools.cmp_to_key(compare))
    left.sort(key=lambda p: (p.uscc, p.plant))
    ranked = [(p.uscc, p.plant, rank) for rank, p in enumerate(taken, start=1)]
    return ranked + [(p.uscc, p.plant, None) for p in left]


@settings(deadline=None, max_examples=400)
@given(measure_id=MEASURE_IDS, plants=registers(), chosen=DAY_SETTINGS)
def test_the_list_is_that_of_the_contract(
    measure_id: str, plants: list[Candidate], chosen: dict[str, Any]
) -> None:
    rows = ranked_list(measure_id, plants, chosen).rows
    found = [(row.candidate.uscc, row.candidate.plant, row.rank) for row in rows]
    assert found == oracle_list(measure_id, plants, chosen)
    assert all(row.admitted is all(r.met for r in row.reasons) for row in rows)


@settings(deadline=None)
@given(plants=registers(), chosen=DAY_SETTINGS)
def test_every_graded_plant_is_either_exempt_or_reduced_on_a_heavy_day(
    plants: list[Candidate], chosen: dict[str, Any]
) -> None:
    exempt = {
        r.candidate for r in ranked_list("episode-heavy-exempt", plants, chosen).rows if r.rank
    }
    reduced = {
        r.candidate for r in ranked_list("episode-heavy-reduce", plants, chosen).rows if r.rank
    }
    assert not exempt & reduced
    assert {p for p in plants if p.standing.grade is not None} <= exempt | reduced


@settings(deadline=None)
@given(measure_id=MEASURE_IDS, plants=registers(), chosen=DAY_SETTINGS)
def test_between_neighbours_the_first_difference_decides_and_is_the_one_told(
    measure_id: str, plants: list[Candidate], chosen: dict[str, Any]
) -> None:
    rows = ranked_list(measure_id, plants, chosen).rows
    for before, behind in itertools.pairwise(rows):
        told = explain_neighbours(before, behind)
        a, b = before.candidate, behind.candidate
        if before.admitted and not behind.admitted:
            expected = "admitted"
        elif before.admitted and LADDER[a.standing.grade] != LADDER[b.standing.grade]:
            reduce = measure_id.endswith("-reduce")
            expected = "worse-grade-first" if reduce else "better-grade-first"
        elif before.admitted and a.standing.violations_36m != b.standing.violations_36m:
            expected = "fewer-violations-first"
        elif before.admitted and a.standing.held_since != b.standing.held_since:
            expected = "held-longer-first"
        else:
            expected = "uscc" if a.uscc != b.uscc else "plant"
        assert told.criterion == expected
        assert told.text.endswith("。")


@settings(deadline=None)
@given(measure_id=MEASURE_IDS, plants=registers(), chosen=DAY_SETTINGS, data=st.data())
def test_the_order_in_which_plants_arrive_changes_no_byte(
    measure_id: str, plants: list[Candidate], chosen: dict[str, Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(plants))
    one = document_of(ranked_list(measure_id, plants, chosen))
    other = document_of(ranked_list(measure_id, shuffled, chosen))
    assert as_json(one) == as_json(other)


@settings(deadline=None)
@given(plants=registers())
def test_picking_a_county_keeps_the_ranks_of_the_whole_register(plants: list[Candidate]) -> None:
    whole = ranked_list("rights-city", plants, SETTINGS)
    part = whole.of_counties(["330603"])
    assert part.rows == tuple(r for r in whole.rows if r.candidate.county == "330603")


def test_no_held_since_stands_after_any_day() -> None:
    plants = [
        candidate("1", standing("A", held_since=None)),
        candidate("2", standing("A", held_since=date.max)),
        candidate("3", standing("A", held_since=date(2025, 6, 30))),
    ]
    rows = ranked_list("rights-city", plants, SETTINGS).rows
    assert [row.candidate.uscc for row in rows] == ["3", "2", "1"]


def test_codes_sort_by_code_point() -> None:
    codes = ["a", "Z", "9", "É", "中"]
    rows = ranked_list(
        "rights-city", [candidate(code, standing("A")) for code in codes], SETTINGS
    ).rows
    assert [row.candidate.uscc for row in rows] == ["9", "Z", "a", "É", "中"]


def test_what_decides_is_told_with_both_facts() -> None:
    rows = ranked_list(
        "rights-city",
        [
            candidate("1", standing("A", violations_36m=1)),
            candidate("2", standing("A", violations_36m=0)),
        ],
        SETTINGS,
    ).rows
    assert explain_neighbours(*rows).text == (
        "依据“近 36 个月违法行为由少到多”："
        "前者近 36 个月违法行为 0 件，后者近 36 个月违法行为 1 件。"
    )


def test_the_last_two_criteria_say_that_they_are_no_merit() -> None:
    rows = ranked_list(
        "rights-city", [candidate("1", standing("A")), candidate("2", standing("A"))], SETTINGS
    ).rows
    assert "不表示优劣" in explain_neighbours(*rows).text


def test_one_plant_handed_over_twice_is_refused() -> None:
    with pytest.raises(DoublePlant, match="出现了两次"):
        ranked_list(
            "rights-city", [candidate("1", standing("A")), candidate("1", standing("C"))], SETTINGS
        )


def test_the_document_has_the_keys_of_the_contract_in_order() -> None:
    its = standing("C", blocked=True, blocking=(1,), violations_36m=1)
    document = document_of(ranked_list("positive-list", [candidate("1", its)], SETTINGS))
    assert list(document) == [
        "policy",
        "title",
        "as_of",
        "known_at",
        "rulebook",
        "rulebook_status",
        "rows",
        "sha256",
    ]
    (row,) = document["rows"]
    assert list(row) == [
        "uscc",
        "plant",
        "plant_name",
        "name",
        "county",
        "industry",
        "rulebook",
        "grade",
        "admitted",
        "rank",
        "reasons",
        "facts",
    ]
    assert [list(reason) for reason in row["reasons"]] == [["clause", "text", "met"]] * 2
    assert row["facts"] == {
        "blocked": True,
        "banned_until": None,
        "violations_36m": 1,
        "held_since": "2023-01-01",
    }
    assert list(row["facts"]) == ["blocked", "banned_until", "violations_36m", "held_since"]
    assert (row["rank"], row["admitted"]) == (None, False)


def test_an_ungraded_plant_has_null_for_grade_and_rulebook() -> None:
    document = document_of(ranked_list("positive-list", [candidate("1", standing(None))], SETTINGS))
    (row,) = document["rows"]
    assert row["grade"] is None
    assert row["rulebook"] is None
    assert row["facts"]["held_since"] is None


def test_the_hash_is_over_everything_but_known_at_and_itself() -> None:
    ranked = ranked_list("positive-list", [candidate("1", standing("A"))], SETTINGS)
    document = document_of(ranked)
    kept = {k: v for k, v in document.items() if k not in {"known_at", "sha256"}}
    expected = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    assert canonical_bytes(document) == expected
    assert document["sha256"] == hashlib.sha256(expected).hexdigest()
    later = to_canonical(
        ranked,
        known_at=KNOWN_AT + timedelta(days=1),
        rulebook="shaoxing-2023",
        rulebook_status="征求意见稿",
    )
    assert later["sha256"] == document["sha256"]
    assert later["known_at"] == "2025-07-02T08:30:00+00:00"


def test_the_table_carries_the_same_rows_under_the_headers_of_the_contract() -> None:
    plants = [
        candidate("1", standing("A", blocked=True, blocking=(1,))),
        candidate("2", standing("B-")),
        candidate("3", standing(None), county="330699"),
    ]
    table = list_table(
        ranked_list("positive-list", plants, SETTINGS),
        rulebook="shaoxing-2023",
        rulebook_status="征求意见稿",
        sha256="0" * 64,
        county_names={"330602": "越城区"},
    )
    assert table.title == "监督执法正面清单"
    assert table.notes[:3] == (
        "截至日期：2025-06-30",
        "规则集：shaoxing-2023（征求意见稿）",
        "文号：",
    )
    assert "不表示优劣" in table.notes[-1]
    assert table.columns == (
        *("位次", "统一社会信用代码", "企业名称", "厂区编号", "厂区名称", "区县"),
        *("行业", "规则集", "等级", "结论", "理由", "条款"),
    )
    columns = dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    assert columns["位次"] == (1, None, None)
    assert columns["统一社会信用代码"] == ("2", "1", "3")
    assert columns["区县"] == ("越城区", "越城区", "330699")
    assert columns["等级"] == ("B-", "A", "未定级")
    assert columns["结论"] == ("纳入", "不纳入", "不纳入")
    assert columns["条款"] == ("PLAN-POSITIVE、PLAN-BLOCK",) * 3
    assert "不符合：当年（2025 年" in str(columns["理由"][1])


def test_every_order_ends_with_what_no_two_plants_share() -> None:
    for measure in MEASURES.values():
        assert [criterion.id for criterion in measure.full_order[-2:]] == ["uscc", "plant"]
        assert measure.criteria[1:] == BEST_FIRST[1:]
