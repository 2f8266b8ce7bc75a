"""Plants live: dated changes, at once or on their day, and what follows from them (厂区变更)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.grades.queries import standings_on
from app.grades.services import GradeEntry, record_grades
from app.inbox.models import Message
from app.kernel import audit, daily, jobs
from app.kernel.authority import EVERYTHING, Permission, Scope
from app.kernel.clock import frozen, now
from app.kernel.database import db
from app.kernel.transaction import writing
from app.policy.queries import candidates
from app.portal.queries.conditions import RegisterFilter
from app.portal.queries.register import list_register
from app.registry.change_rules import Change, ChangeKind, Stage, bars_question, faults
from app.registry.queries import (
    PlantOnRecord,
    find_change,
    find_plant,
    industries_of,
    open_changes,
    plant_now,
    situation_of,
)
from app.registry.services import carry_out_due, make_change, withdraw_change
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant, code

NOON = datetime(2025, 6, 30, 4, tzinfo=UTC)
TODAY = date(2025, 6, 30)
DAY = timedelta(1)


def wanted(kind: ChangeKind, plant_id: int, on: date = TODAY, **more: object) -> Change:
    answer = {"bars": "stay"} if bars_question(kind) else {}
    return Change(kind, plant_id, on, "营业执照变更", "准予变更〔2025〕1号", **{**answer, **more})  # type: ignore[arg-type]


def made(change: Change, scope: Scope = EVERYTHING) -> int:
    """Make the change as a page does: ask the rules, then do it."""
    with writing("测试"):
        around = situation_of(change, plant_now(change.plant_id), scope)
        wrong = list(faults(change, around, lambda county: scope.covers(county=county)))
        assert wrong == [], wrong
        return make_change(change, around)


def refused(change: Change, scope: Scope = EVERYTHING) -> dict[str, str]:
    around = situation_of(change, plant_now(change.plant_id), scope)
    return dict(faults(change, around, lambda county: scope.covers(county=county)))


def graded(plant_id: int, enterprise_id: int) -> None:
    with writing("测试"):
        record_grades([GradeEntry(plant_id, "shaoxing-2023", "A", date(2024, 1, 1), None, "核定")])
        record_violations(
            [
                ViolationEntry(
                    enterprise_id, plant_id, "未依法环评", None, date(2025, 2, 1), "罚1"
                ),
                ViolationEntry(enterprise_id, None, "未依法环评", None, date(2025, 3, 1), "罚2"),
            ]
        )
        audit.record("test", "plant", plant_id)


@pytest.fixture
def plant(app: Flask, bureau: None) -> tuple[int, int]:
    """An enterprise with a graded plant that has a violation of its own and one of all plants."""
    with app.app_context(), frozen(NOON - 30 * DAY):
        enterprise_id, plant_id = a_plant(1)
        graded(plant_id, enterprise_id)
    return enterprise_id, plant_id


def read(app: Flask, look: Callable[[], object]) -> object:
    with app.app_context():
        try:
            return look()
        finally:
            db.session.remove()


def plant_of(app: Flask, plant_id: int, known: datetime | None = None) -> PlantOnRecord:
    with app.app_context():
        found = find_plant(plant_id, EVERYTHING, known)
        assert found is not None
        return found


def found_by(app: Flask, search: str, life: str = "") -> list[int]:
    with app.app_context():
        rows = list_register(RegisterFilter(TODAY, search=search, life=life), EVERYTHING).rows
        return [row[0] for row in rows]


def test_a_new_name_holds_at_once_and_the_old_one_as_known_before(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        made(wanted(ChangeKind.RENAME_ENTERPRISE, plant_id, date(2025, 5, 1), name="新华铸造公司"))
    now_, then = plant_of(app, plant_id), plant_of(app, plant_id, NOON - DAY)
    assert (now_.enterprise_name, now_.former_name) == ("新华铸造公司", "示例1号有限公司")
    assert (then.enterprise_name, then.former_name) == ("示例1号有限公司", "")
    assert found_by(app, "示例1号") == found_by(app, "新华") == [plant_id]


def test_grade_and_own_violations_follow_to_a_new_owner_and_wide_ones_stay(
    app: Flask, plant: tuple[int, int]
) -> None:
    """PLAN-BLOCK, PLAN-PLANT: the plant keeps its lasting id."""
    enterprise_id, plant_id = plant
    with app.app_context(), frozen(NOON):
        before = standings_on([plant_id], TODAY)[plant_id]
        db.session.rollback()
        change_id = made(
            wanted(
                ChangeKind.TRANSFER, plant_id, uscc=code(7), number="001",
                enterprise_name="受让铸造有限公司",
            )
        )  # fmt: skip
        after = standings_on([plant_id], TODAY)[plant_id]
        found = find_change(change_id)
    assert (before.violations_36m, after.violations_36m) == (2, 1)
    assert (after.grade, after.held_since, after.blocked) == (
        before.grade, before.held_since, True,
    )  # fmt: skip
    moved = plant_of(app, plant_id)
    assert (moved.uscc, moved.enterprise_name) == (code(7), "受让铸造有限公司")
    assert found is not None
    assert found.other_enterprise_id == moved.enterprise_id != enterprise_id
    assert found_by(app, "示例1号") == [plant_id]


def test_what_splits_off_carries_on_the_industry_and_is_ungraded(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        change_id = made(
            wanted(ChangeKind.SPLIT, plant_id, name="东厂", number="002", county="330603")
        )
        found = find_change(change_id)
        assert found is not None
        assert found.other_plant_id is not None
        new = found.other_plant_id
        standings = standings_on([plant_id, new], TODAY)
        assert [it.is_main for it in industries_of([new])[new]] == [True]
        told = db.session.execute(select(Message.county, Message.title)).one()
    assert (standings[plant_id].grade, standings[new].grade) == ("A", None)
    assert standings[new].blocked  # by the violation of the whole enterprise
    assert told[0] == "330603"


def test_a_closed_plant_is_no_candidate_from_its_day_on_and_stays_in_the_register(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        made(wanted(ChangeKind.CLOSE, plant_id, date(2025, 6, 1)))
        later = now() + DAY
    with app.app_context(), frozen(NOON + DAY):
        for known in (None, later):
            assert [it.plant_id for it in candidates(date(2025, 5, 31), known)] == [plant_id]
            assert candidates(date(2025, 6, 1), known) == []
        assert len(candidates(date(2025, 6, 1), NOON - DAY)) == 1
    assert found_by(app, "") == []
    assert found_by(app, "", "closed") == found_by(app, "", "all") == [plant_id]
    with app.app_context(), frozen(NOON):
        assert "已于 2025-06-01 关闭" in refused(wanted(ChangeKind.CLOSE, plant_id))[""]
        db.session.rollback()
        made(wanted(ChangeKind.REOPEN, plant_id))
    assert found_by(app, "") == [plant_id]


def test_a_merge_closes_one_plant_and_leaves_the_other_as_it_is(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        split = made(wanted(ChangeKind.SPLIT, plant_id, name="东厂", number="002", county="330602"))
        found = find_change(split)
        db.session.rollback()
        assert found is not None
        made(wanted(ChangeKind.MERGE, plant_id, survivor_id=found.other_plant_id))
        assert plant_now(plant_id).closed_on == TODAY
        assert found.other_plant_id is not None
        assert standings_on([found.other_plant_id], TODAY)[found.other_plant_id].grade is None


def run_duty(day: datetime) -> None:
    with frozen(day):
        daily.queue_todays_duties()
        while jobs.run_next():
            pass


def test_a_planned_change_waits_for_its_day_and_is_made_once(
    app: Flask, plant: tuple[int, int]
) -> None:
    """The day before, the day of, the day after, and twice."""
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        change_id = made(wanted(ChangeKind.RENAME_PLANT, plant_id, TODAY + 2 * DAY, name="新厂"))
        run_duty(NOON + DAY)
        assert plant_now(plant_id).name == "本部"
        assert [it.stage for it in open_changes([plant_id])] == [Stage.PLANNED]
        db.session.rollback()
        run_duty(NOON + 2 * DAY)
        assert plant_now(plant_id).name == "新厂"
        record = plant_now(plant_id).record_id
        db.session.rollback()
        run_duty(NOON + 3 * DAY)
        carry_out_due(TODAY + 3 * DAY)
        carry_out_due(TODAY + 3 * DAY)
        assert plant_now(plant_id).record_id == record
        found = find_change(change_id)
        assert found is not None
        assert (found.stage, found.lasting_id) == (Stage.DONE, change_id)


def test_days_without_a_worker_are_caught_up_in_order(app: Flask, plant: tuple[int, int]) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        made(wanted(ChangeKind.RENAME_PLANT, plant_id, TODAY + 3 * DAY, name="后"))
        made(wanted(ChangeKind.RENAME_PLANT, plant_id, TODAY + DAY, name="先"))
    with app.app_context():
        run_duty(NOON + 9 * DAY)
        assert plant_now(plant_id).name == "后"


def test_what_no_longer_fits_is_set_aside_whole_and_told(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        change_id = made(
            wanted(
                ChangeKind.SPLIT, plant_id, TODAY + DAY, name="东", number="002", county="330602"
            )
        )
        made(wanted(ChangeKind.CLOSE, plant_id))
    with app.app_context(), frozen(NOON + DAY):
        carry_out_due(TODAY + DAY)
        carry_out_due(TODAY + DAY)
        found = find_change(change_id)
        assert found is not None
        assert found.stage is Stage.STUCK
        assert "关闭" in found.note
        tasks = db.session.execute(select(Message).where(Message.kind == "task")).scalars().all()
        assert [(it.county, it.permission) for it in tasks] == [
            ("330602", str(Permission.REGISTER_EDIT))
        ]
        assert found_by(app, "", "all") == [plant_id]
        db.session.rollback()
        with writing("测试"):
            withdraw_change(change_id, "不再分立")
        assert open_changes([plant_id]) == []
        assert db.session.execute(select(Message.closed_at)).scalar_one() is not None


def test_a_withdrawn_plan_is_never_carried_out(app: Flask, plant: tuple[int, int]) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        change_id = made(wanted(ChangeKind.RENAME_PLANT, plant_id, TODAY + DAY, name="新"))
        with writing("测试"):
            withdraw_change(change_id, "企业撤回")
        carry_out_due(TODAY + 9 * DAY)
        assert plant_now(plant_id).name == "本部"
        with pytest.raises(LookupError), writing("测试"):
            withdraw_change(change_id, "再次")


def test_a_plan_of_the_former_owner_does_not_bind_the_new_one(
    app: Flask, plant: tuple[int, int]
) -> None:
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        plan = made(wanted(ChangeKind.RENAME_ENTERPRISE, plant_id, TODAY + DAY, name="新名"))
        made(
            wanted(
                ChangeKind.TRANSFER, plant_id, uscc=code(7), number="001", enterprise_name="受让"
            )
        )
        carry_out_due(TODAY + DAY)
        assert plant_now(plant_id).enterprise_name == "受让"
        found = find_change(plan)
        assert found is not None
        assert found.stage is Stage.STUCK


def test_both_counties_must_be_within_reach(app: Flask, plant: tuple[int, int]) -> None:
    _, plant_id = plant
    mine = Scope(frozenset({"330602"}))
    with app.app_context():
        a_plant(2, county="330603")
        across = refused(wanted(ChangeKind.MOVE, plant_id, county="330603"), mine)
        assert "市级人员" in across["county"]
        receiver = wanted(ChangeKind.TRANSFER, plant_id, uscc=code(2), number="002")
        assert "市级人员" in refused(receiver, mine)["uscc"]
        assert refused(receiver) == {}
        theirs = Scope(frozenset({"330603"}))
        assert "" in refused(wanted(ChangeKind.RENAME_PLANT, plant_id, name="新"), theirs)


def test_a_number_is_never_given_to_another_plant(app: Flask, plant: tuple[int, int]) -> None:
    """So an old workbook never names another plant than it meant; its own it may have back."""
    _, plant_id = plant
    with app.app_context(), frozen(NOON):
        made(
            wanted(
                ChangeKind.TRANSFER, plant_id, uscc=code(7), number="001", enterprise_name="受让"
            )
        )
        _, other = a_plant(3)
        others = wanted(ChangeKind.TRANSFER, other, uscc=code(1), number="001")
        assert "001" in refused(others)["number"]
        assert refused(wanted(ChangeKind.TRANSFER, plant_id, uscc=code(1), number="001")) == {}


def test_no_clause_says_whom_bars_go_with_so_an_officer_decides(
    app: Flask, plant: tuple[int, int]
) -> None:
    """PLAN-BLOCK, PLAN-FALSE: splitting, merging or selling a barred plant frees nothing unseen."""
    enterprise_id, barred = plant
    for kind in (ChangeKind.TRANSFER, ChangeKind.SPLIT, ChangeKind.MERGE):
        with app.app_context():
            assert "请选择" in refused(wanted(kind, barred, bars=""))["bars"]
            assert "请选择" in refused(wanted(kind, barred, bars="both"))["bars"]
    with app.app_context(), frozen(NOON):
        with writing("测试"):
            record_findings([FindingEntry(enterprise_id, barred, date(2025, 4, 1), "认定1")])
            audit.record("test", "plant", barred)
        free = split_off(wanted(ChangeKind.SPLIT, barred, name="东", number="002", county="330602"))
        bound = split_off(
            wanted(
                ChangeKind.SPLIT, barred, name="西", number="003", county="330602", bars="follow"
            )
        )
        found = standings_on([free, bound], TODAY)
        assert (found[free].grade, found[free].banned_until) == (None, None)
        assert (found[bound].grade, found[bound].banned_until) == ("D", date(2026, 4, 1))
        assert (found[free].violations_36m, found[bound].violations_36m) == (1, 2)
        db.session.rollback()
        made(wanted(ChangeKind.MERGE, bound, survivor_id=free, bars="follow"))
        assert standings_on([free], TODAY)[free].banned_until == date(2026, 4, 1)
        db.session.rollback()
        made(
            wanted(
                ChangeKind.TRANSFER, free, uscc=code(7), number="001", enterprise_name="受让",
                bars="follow",
            )
        )  # fmt: skip
        assert standings_on([free], TODAY)[free].violations_36m == 2


def test_a_fact_that_a_plant_carries_already_is_not_entered_again(
    app: Flask, plant: tuple[int, int]
) -> None:
    """罚1 names the plant and 罚2 the whole enterprise: sold twice, still two violations."""
    _, plant_id = plant
    there = {"uscc": code(7), "enterprise_name": "受让", "bars": "follow"}
    with app.app_context(), frozen(NOON):
        made(wanted(ChangeKind.TRANSFER, plant_id, number="001", **there))  # type: ignore[arg-type]
        made(wanted(ChangeKind.TRANSFER, plant_id, uscc=code(1), number="001"))
        made(wanted(ChangeKind.TRANSFER, plant_id, number="001", **there))  # type: ignore[arg-type]
        assert standings_on([plant_id], TODAY)[plant_id].violations_36m == 2


def split_off(change: Change) -> int:
    found = find_change(made(change))
    db.session.rollback()
    assert found is not None
    assert found.other_plant_id is not None
    return found.other_plant_id
