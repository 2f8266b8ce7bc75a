"""Withdrawals, marks and reasons stay on record through corrections and imports (登记的更正)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from app.grades.models import GradeRow
from app.grades.queries import standings_on
from app.grades.services import GradeEntry, annul_grades, correct_grades, record_grades
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from app.supervision.models import FindingRecord, ViolationRecord
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    annul_violations,
    correct_findings,
    correct_violations,
    record_findings,
    record_violations,
)
from tests.facts import a_plant

DAY = date(2025, 3, 1)


def test_a_correction_without_words_keeps_the_withdrawal_and_the_mark(app: Flask) -> None:
    """A workbook has no column for them, so what it corrects leaves them as they are."""
    with app.app_context():
        owner, plant = a_plant()
        with writing("测试"):
            (violation,) = record_violations(
                [ViolationEntry(owner, plant, "其他", None, DAY, "罚1", DAY, "撤1", "复议", "严重")]
            )
            (finding,) = record_findings(
                [FindingEntry(owner, plant, DAY, "认1", DAY, "", "撤2", "复议")]
            )
            (grade,) = record_grades(
                [GradeEntry(plant, "shaoxing-2023", "B", DAY, date(2025, 5, 1), "核定", "文", "止")]
            )
            audit.record("test.act", "plant", plant)
        with writing("测试"):
            correct_violations(
                {violation: ViolationEntry(owner, plant, "其他", DAY, DAY, "罚1", DAY)}
            )
            correct_findings({finding: FindingEntry(owner, plant, DAY, "认1", DAY, "说明")})
            correct_grades(
                {grade: GradeEntry(plant, "shaoxing-2023", "C", DAY, date(2025, 5, 1), "核定")}
            )
            audit.record("test.act", "plant", plant)
        now = _now(ViolationRecord)
        assert (now.withdrawal_document, now.withdrawal_reason) == ("撤1", "复议")
        assert (now.barring_reason, now.replaces_id) == ("严重", violation)
        assert (_now(FindingRecord).withdrawal_document, _now(GradeRow).ending_document) == (
            "撤2",
            "止",
        )


def test_what_no_longer_applies_is_not_kept(app: Flask) -> None:
    with app.app_context():
        owner, plant = a_plant()
        with writing("测试"):
            (fact,) = record_violations(
                [ViolationEntry(owner, plant, "其他", None, DAY, "罚1", DAY, "撤1", "复议", "严重")]
            )
            correct_violations(
                {fact: ViolationEntry(owner, plant, "逃避监管排放", None, DAY, "罚1")}, "笔误"
            )
            audit.record("test.act", "plant", plant)
        now, before = _now(ViolationRecord), db.session.get(ViolationRecord, fact)
        assert (now.withdrawal_document, now.withdrawal_reason, now.barring_reason) == ("",) * 3
        assert before is not None
        assert before.annulled_reason == "笔误"


def test_a_fact_moved_to_another_plant_leaves_the_first_one(app: Flask) -> None:
    """Both plants' standings follow, and an annulled fact leaves no trace in them (PLAN-BLOCK)."""
    with app.app_context():
        (owner, first), (_, second) = a_plant(1), a_plant(2)
        with writing("测试"):
            (fact,) = record_violations(
                [ViolationEntry(owner, first, "逃避监管排放", None, DAY, "罚1")]
            )
            audit.record("test.act", "plant", first)
        with writing("测试"):
            (fact,) = correct_violations(
                {fact: ViolationEntry(owner, second, "逃避监管排放", None, DAY, "罚1")}, "登错厂区"
            )
            audit.record("test.act", "plant", first)
        standings = standings_on([first, second], DAY)
        assert (standings[first].blocked, standings[second].blocked) == (False, True)
        with writing("测试"):
            annul_violations([fact], "重复登记")
            audit.record("test.act", "plant", first)
        assert not standings_on([second], DAY)[second].blocked


def test_an_annulled_grade_says_why_and_is_annulled_once(app: Flask) -> None:
    with app.app_context():
        _, plant = a_plant()
        with writing("测试"):
            (fact,) = record_grades([GradeEntry(plant, "shaoxing-2023", "B", DAY, None, "核定")])
            audit.record("test.act", "plant", plant)
        with writing("测试"):
            annul_grades([fact], "误登")
            audit.record("test.act", "plant", plant)
        assert standings_on([plant], DAY)[plant].grade is None
        with pytest.raises(DatabaseError), writing("测试"):
            db.session.execute(update(GradeRow).values(annulled_reason="另一个理由"))
        with pytest.raises(DatabaseError), writing("测试"):
            db.session.execute(update(GradeRow).values(replaces_id=7))


def _now(model: type[ViolationRecord] | type[FindingRecord] | type[GradeRow]):  # type: ignore[no-untyped-def]
    return db.session.execute(select(model).where(model.annulled_at.is_(None))).scalar_one()
