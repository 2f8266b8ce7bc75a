"""Plants alike are judged once: the same answers, sentences, places and bytes as one by one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.verdicts import Verdict
from app.policy import conditions, documents
from app.policy.criteria import BEST_FIRST
from app.policy.documents import as_json
from app.policy.domain import (
    Candidate,
    Criterion,
    Measure,
    RankedRow,
    RuleFailed,
    rank_candidates,
    ranks_with,
)
from tests.drawn_registers import (
    DAY_SETTINGS,
    KNOWN_AT,
    MEASURE_IDS,
    MEASURES,
    document_of,
    ranked_list,
    registers,
)
from tests.policies import DAY, ORDER, SETTINGS, candidate, standing


def undeclared(measure: Measure) -> Measure:
    """The same measure with rules that say nothing of what they read, as a plugin's."""
    return replace(
        measure,
        conditions=tuple(replace(it, reads=None) for it in measure.conditions),
        criteria=tuple(replace(it, reads=None) for it in measure.criteria),
    )


def without_facts(row: RankedRow) -> Verdict:
    """What the row's plant is told when it is judged by itself."""
    return Verdict(row.admitted, tuple(replace(it, facts=()) for it in row.reasons))


def of_every_condition() -> Measure:
    """A measure with every condition there is, those of measure files among them."""
    clause = "NAT-DIFF"
    return Measure(
        "every",
        "示例",
        (clause,),
        (
            *MEASURES["episode-heavy-reduce"].conditions,
            *MEASURES["positive-list"].conditions,
            conditions.not_banned(clause=clause),
            conditions.violations_at_most(1, clause=clause),
            conditions.industry_among(["铸造"], clause=clause),
            conditions.industry_outside(["水泥"], clause=clause),
            conditions.state_outside(["停产"], clause=clause),
            conditions.not_livelihood(clause=clause),
        ),
        BEST_FIRST,
    )


def of_one_condition() -> list[Measure]:
    """Each condition in a measure of its own: plants are alike in little, so they are often so."""
    every = of_every_condition()
    return [replace(every, conditions=(it,)) for it in every.conditions]


@settings(deadline=None, max_examples=300)
@given(
    measure=st.sampled_from([*MEASURES.values(), of_every_condition(), *of_one_condition()]),
    plants=registers(),
    chosen=DAY_SETTINGS,
)
def test_plants_alike_are_judged_once_as_each_would_be_by_itself(
    measure: Measure, plants: list[Candidate], chosen: dict[str, Any]
) -> None:
    shared = rank_candidates(measure, plants, DAY, chosen, ORDER)
    alone = rank_candidates(undeclared(measure), plants, DAY, chosen, ORDER)
    assert [(it.candidate, it.rank, it.verdict, it.keys) for it in shared.rows] == [
        (it.candidate, it.rank, without_facts(it), it.keys) for it in alone.rows
    ]
    assert [it.reasons for it in shared.rows] == [it.reasons for it in alone.rows]
    assert as_json(document_of(shared)) == as_json(document_of(alone))


def test_the_reasons_of_plants_alike_name_each_its_own_facts() -> None:
    plants = [candidate(str(it), standing("A", basis_id=it)) for it in (1, 2)]
    rows = ranked_list("rights-city", plants, SETTINGS).rows
    assert rows[0].verdict is rows[1].verdict
    assert [it.facts for row in rows for it in row.reasons] == [
        ("grade_record:1",),
        ("grade_record:2",),
    ]


def test_grades_of_one_tier_stand_level_in_the_order() -> None:
    plants = [candidate("2", standing("D")), candidate("1", standing("非引领性"))]
    rows = ranked_list("episode-light-reduce", plants, SETTINGS).rows
    assert [row.candidate.uscc for row in rows] == ["1", "2"]


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@settings(deadline=None)
@given(names=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=5), rows=st.integers(1, 3))
def test_rows_written_from_parts_are_plain_json(names: list[tuple[str, str]], rows: int) -> None:
    plants = [
        candidate(f"{n}", standing("A" if n % 2 else None), name=name, industry=industry)
        for n, (name, industry) in enumerate(names)
    ]
    ranked = ranked_list("positive-list", plants, SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "ROWS_IN_CHUNK", rows)
        listed = documents.canonical_list(
            ranked, known_at=KNOWN_AT, rulebook="甲", rulebook_status="乙"
        )
        written = b"".join(listed.chunks())
        assert (
            written
            == json.dumps(listed.document, ensure_ascii=False, separators=(",", ":")).encode()
        )
    assert listed.sha256 == documents.digest(listed.document) == listed.document["sha256"]
    told = [(it["uscc"], it["name"], it["industry"], it["rank"]) for it in listed.document["rows"]]
    assert told == [
        (it.candidate.uscc, it.candidate.name, it.candidate.industry, it.rank) for it in ranked.rows
    ]


def test_lists_of_one_register_share_what_they_say_of_its_plants() -> None:
    plants = [candidate(str(n), standing("A")) for n in range(3)]
    kept = documents.PlantsAsJson(plants)
    for measure in MEASURES:
        ranked = ranked_list(measure, plants, SETTINGS)
        shared = documents.canonical_list(
            ranked,
            known_at=KNOWN_AT,
            rulebook="shaoxing-2023",
            rulebook_status="征求意见稿",
            plants=kept,
        )
        assert shared.document == document_of(ranked)


def test_an_order_by_a_plugins_own_keys_is_kept() -> None:
    """Keys that nobody declared, equal ones among them, before the code and the number."""
    backwards = Criterion("backwards", "名称由后往前", lambda c, _: c.name[::-1], lambda c: c.name)
    measure = replace(MEASURES["rights-city"], criteria=(backwards,))
    plants = [
        candidate(uscc, standing("A"), name=name)
        for uscc, name in (("1", "ab"), ("2", "ba"), ("3", "ca"), ("4", "ba"))
    ]
    rows = rank_candidates(measure, reversed(plants), DAY, SETTINGS, ORDER).rows
    assert [row.candidate.uscc for row in rows] == ["2", "4", "3", "1"]


def test_keys_that_cannot_be_compared_are_the_rules_failure() -> None:
    mixed = Criterion("mixed", "混合", lambda c, _: 1 if c.uscc == "1" else "a", lambda c: c.name)
    measure = replace(MEASURES["rights-city"], criteria=(mixed,))
    with pytest.raises(RuleFailed, match="mixed"):
        rank_candidates(
            measure, [candidate(it, standing("A")) for it in "12"], DAY, SETTINGS, ORDER
        )


@settings(deadline=None)
@given(measure_id=MEASURE_IDS, plants=registers(), chosen=DAY_SETTINGS, data=st.data())
def test_moving_some_plants_is_ranking_the_whole_register_anew(
    measure_id: str, plants: list[Candidate], chosen: dict[str, Any], data: st.DataObject
) -> None:
    held = [replace(it, plant_id=number) for number, it in enumerate(plants)]
    after = [
        replace(it, standing=data.draw(st.sampled_from([x.standing for x in held])))
        if data.draw(st.booleans())
        else it
        for it in held
    ]
    touched = [it.plant_id for it in held if data.draw(st.booleans())]
    kept = [after[it.plant_id] if it.plant_id in touched else it for it in held]
    ranked = ranked_list(measure_id, held, chosen)
    fresh = ranked_list(measure_id, [after[it] for it in touched], chosen)
    anew = ranked_list(measure_id, kept, chosen)
    assert ranks_with(ranked, fresh, touched) == {
        it.candidate.plant_id: it.rank for it in anew.rows if it.rank is not None
    }
