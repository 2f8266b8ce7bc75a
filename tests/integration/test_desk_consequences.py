"""What an act would change is found by doing it, and nothing of it stays (变动后果预演)."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.desk.consequences import foresee
from app.desk.domain import rank_sentence
from app.grades.queries import standings_on
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.transaction import rehearse, writing
from app.policy.queries import all_measures, rank_by_every_measure
from app.rights.services import ApplicationEntry, record_applications
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant
from tests.issuing import DAY, drafted, issued, people


def graded(number: int, grade: str) -> tuple[int, int]:
    enterprise_id, plant_id = a_plant(number)
    with writing("测试"):
        record_grades(
            [GradeEntry(plant_id, "shaoxing-2023", grade, date(2024, 1, 1), None, "核定", "文1")]
        )
        audit.record("test.act", "plant", plant_id)
    return enterprise_id, plant_id


def test_a_finding_is_foreseen_with_lists_and_applications(app: Flask) -> None:
    """PLAN-FALSE, PLAN-POSITIVE, PLAN-RIGHTS."""
    with app.app_context():
        (enterprise_id, plant_id), _ = graded(1, "B"), graded(2, "C")
        today = clock.today()
        with writing("测试"):
            record_applications(
                [ApplicationEntry(plant_id, "", "SO2", today.year, Decimal(2), today)]
            )
            audit.record("test.act", "plant", plant_id)
        with writing("测试"):
            seen = foresee(
                lambda: record_findings([FindingEntry(enterprise_id, plant_id, today, "认1")]),
                EVERYTHING,
            )
            again = foresee(
                lambda: record_findings([FindingEntry(enterprise_id, plant_id, today, "认1")]),
                EVERYTHING,
            )
        (plant,) = seen.plants
        assert plant.before is not None
        assert plant.after is not None
        assert (plant.before.grade, plant.after.grade) == ("B", "D")
        assert "2024-01-01 生效的 B 级记录（文1）不再有效。" in plant.voided
        assert "退出“监督执法正面清单”（原位次 1）。" in plant.lists
        assert plant.applications == (
            f"{today.year} 年度市级储备：1 项申请不再列入优先保障（SO2 2.000 吨/年）。",
        )
        assert seen.others
        assert seen.fingerprint == again.fingerprint
        assert standings_on([plant_id], today)[plant_id].grade == "B"


def test_plants_out_of_reach_are_counted_but_not_named(app: Flask) -> None:
    with app.app_context():
        enterprise_id, plant_id = graded(1, "B")
        entry = ViolationEntry(enterprise_id, None, "逃避监管排放", None, clock.today(), "罚1")
        with writing("测试"):
            seen = foresee(lambda: record_violations([entry]), Scope(frozenset({"330603"})))
            own = foresee(lambda: record_violations([entry]), Scope(frozenset({"330602"})))
        assert (seen.plants, seen.elsewhere) == ((), 1)
        assert [it.plant.plant_id for it in own.plants] == [plant_id]
        assert seen.fingerprint != own.fingerprint


def test_a_named_plant_is_told_of_though_nothing_changes(app: Flask) -> None:
    with app.app_context():
        enterprise_id, plant_id = graded(1, "B")
        entry = ViolationEntry(enterprise_id, plant_id, "其他", None, clock.today(), "罚1")
        with writing("测试"):
            seen = foresee(lambda: record_violations([entry]), EVERYTHING, named=[plant_id])
        assert seen.is_nothing
        assert [it.is_nothing for it in seen.plants] == [True]


@pytest.mark.parametrize("seed", range(4))
def test_the_places_told_are_those_of_ranking_the_whole_register(app: Flask, seed: int) -> None:
    """PLAN-POSITIVE, PLAN-RIGHTS: though only the touched plants are judged twice."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable register
    with app.app_context():
        known = [graded(number, dice.choice(("A", "B", "B-", "C", "D"))) for number in range(1, 9)]
        enterprise_id, plant_id = dice.choice(known)
        today = clock.today()
        act = dice.choice(
            (
                partial(record_findings, [FindingEntry(enterprise_id, plant_id, today, "认1")]),
                partial(
                    record_violations,
                    [ViolationEntry(enterprise_id, plant_id, "逃避监管排放", None, today, "罚1")],
                ),
                partial(record_grades, [_grade(plant_id, dice.choice("ACD"), today)]),
            )
        )
        with writing("测试"):
            (seen,) = foresee(act, EVERYTHING).plants
            before, after = _ranks(today), rehearse(act, lambda: _ranks(today))
        titles = {it.id: it.title for it in all_measures().values()}
        told = (
            rank_sentence(titles[it], before[it].get(plant_id), after[it].get(plant_id))
            for it in before
        )
        assert seen.lists == tuple(it for it in told if it is not None)


def _grade(plant_id: int, grade: str, on: date) -> GradeEntry:
    return GradeEntry(plant_id, "shaoxing-2023", grade, on, None, "核定", "文2")


def _ranks(on: date) -> dict[str, dict[int, int | None]]:
    ranked, faults = rank_by_every_measure(on)
    assert faults == []
    return {
        measure: {row.candidate.plant_id: row.rank for row in it.rows}
        for measure, it in ranked.items()
    }


def test_the_register_is_ranked_once_and_only_where_something_moves(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview costs what the act touches, and at most one ranking of each list that moves."""
    ranked: list[set[str]] = []

    def counted(on: date, **asked: Any) -> Any:
        if asked.get("plants") is None:
            ranked.append(set(asked["only"]))
        return rank_by_every_measure(on, **asked)

    monkeypatch.setattr("app.desk.consequences.rank_by_every_measure", counted)
    with app.app_context():
        enterprise_id, plant_id = graded(1, "B")
        today = clock.today()

        def violation(kind: str) -> list[ViolationEntry]:
            return [ViolationEntry(enterprise_id, plant_id, kind, None, today, "罚1")]

        with writing("测试"):
            foresee(lambda: record_violations(violation("其他")), EVERYTHING, named=[plant_id])
            assert ranked == []
            foresee(lambda: record_violations(violation("逃避监管排放")), EVERYTHING)
        assert len(ranked) == 1
        assert "positive-list" in ranked[0]
        assert ranked[0] < set(all_measures())


def test_a_signed_list_that_would_read_otherwise_is_named(app: Flask) -> None:
    """PLAN-POSITIVE: those it does not touch, and those drafted only, are not."""
    who = people(app)
    with app.app_context():
        (enterprise_id, plant_id), (_, other) = graded(1, "B"), graded(2, "C")
        issued(who, "绍环发〔2026〕7号")
        drafted(who, "rights-city")
        found = FindingEntry(enterprise_id, plant_id, DAY, "认1")
        later = FindingEntry(enterprise_id, plant_id, date(2025, 7, 1), "认2")
        with writing("测试"):
            (told,) = foresee(lambda: record_findings([found]), EVERYTHING).issued
            assert "绍环发〔2026〕7号" in told
            assert foresee(lambda: record_findings([later]), EVERYTHING).issued == ()
            unmoved = _grade(other, "D", clock.today())
            assert foresee(lambda: record_grades([unmoved]), EVERYTHING).issued == ()
