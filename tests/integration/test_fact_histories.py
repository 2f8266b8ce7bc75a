"""Facts recorded, withdrawn, corrected, corrected again, annulled, in any order (随机经过).

Every day's answer, as known now and as known after each step, is held against a computation that
shares nothing with the app: the naive reading of the contract in :mod:`tests.oracle`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.grades.domain import standing_on
from app.grades.queries import facts_of, standings_on
from app.grades.services import GradeEntry, annul_grades, correct_grades, record_grades
from app.grades.settings import standing_rules
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import transaction, writing
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    record_industries,
    register_enterprises,
    register_plants,
)
from app.rulebook.queries import catalogue
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    annul_findings,
    annul_violations,
    correct_findings,
    correct_violations,
    record_findings,
    record_violations,
)
from tests import oracle
from tests.facts import code
from tests.ledgers import SHEETS, Ledger

NUMBERS = ("001", "002")
KINDS = ("逃避监管排放", "未依法环评", "其他", "其他（认定）")
TURNS = (
    date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1),
    date(2025, 2, 28), date(2025, 3, 1),
)  # fmt: skip
"""Year turns and a leap day, drawn often enough that facts fall on one day."""
DAYS = st.dates(date(2022, 1, 1), date(2028, 6, 30)) | st.sampled_from(TURNS)
"""Past and to come."""
BOOKS = ("shaoxing-2023", "national-2026")
"""Grades of two rulebooks may start on one day."""
_BEGINS = {"违法行为": "决定日期", "虚假材料": "认定日期", "等级": "生效日期"}
_made: list[int] = []


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """What is done, to which of the facts there are, and with which values."""
    day = draw(DAYS)
    return {
        "verb": draw(st.sampled_from(("record", "record", "withdraw", "correct", "annul"))),
        "sheet": draw(st.sampled_from(("违法行为", "虚假材料", "等级"))),
        "which": draw(st.integers(0, 20)),
        "day": day,
        "acted": draw(st.none() | st.integers(0, 400).map(lambda back: day - timedelta(back))),
        "end": draw(st.none() | st.integers(0, 700)),
        "plant": draw(st.sampled_from((*NUMBERS, None))),
        "kind": draw(st.sampled_from(KINDS)),
        "grade": draw(st.sampled_from(("A", "B", "B-", "C", "D"))),
        "book": draw(st.sampled_from(BOOKS)),
    }


@dataclass
class _Fact:
    sheet: str
    id: int
    row: dict[str, Any]
    known_from: datetime
    known_until: datetime | None = None
    marked: bool = False


@dataclass
class _History:
    """What was done through the services, and the same as rows of a ledger with their times."""

    uscc: str
    enterprise: int
    plants: dict[str, int]
    facts: list[_Fact] = field(default_factory=list)

    def do(self, step: dict[str, Any]) -> datetime | None:
        """Do the step if there is something to do it to; the moment at which it became known."""
        standing = [it for it in self.facts if it.known_until is None and it.sheet == step["sheet"]]
        old = standing[step["which"] % len(standing)] if standing else None
        if (old is None) != (step["verb"] == "record") and step["verb"] != "record":
            return None
        row = self._row(step, old)
        if row is None:
            return None
        with writing("测试"):
            moment = transaction().moment
            made = _DO[step["sheet"]](self, step, old, row)
            audit.record("test.step", "plant", self.enterprise)
        if old is not None and step["verb"] != "record":
            old.known_until = moment
        if made is not None:
            marked = row.get("类型") == "其他" and row.pop("认定", False)
            self.facts.append(_Fact(step["sheet"], made, row, moment, None, bool(marked)))
        return moment

    def _row(self, step: dict[str, Any], old: _Fact | None) -> dict[str, Any] | None:
        """The row that stands after the step; None where the register would refuse it."""
        row = _new_row(self.uscc, step)
        if step["verb"] in ("withdraw", "annul") and old is not None:
            row = {**old.row, "认定": old.marked}
            began = row[_BEGINS[old.sheet]]
            ends = began + timedelta(step["end"] or 0)
            if step["sheet"] == "等级":
                row["失效日期"] = max(ends, began + timedelta(1))
            else:
                row["撤销日期"] = ends
        if step["sheet"] == "等级":
            if row["厂区编号"] is None or (
                step["verb"] == "correct" and old and row["厂区编号"] != old.row["厂区编号"]
            ):
                return None
            taken = any(
                all(it.row[name] == row[name] for name in ("厂区编号", "规则集", "生效日期"))
                for it in self.facts
                if it.sheet == "等级" and it.known_until is None
                and not (it is old and step["verb"] != "record")
            )  # fmt: skip
            return None if taken else row
        return row

    def ledger(self, known: datetime) -> Ledger:
        """The ledger as it was known at a moment, in recorded order."""
        found: dict[str, list[Any]] = {name: [] for name in SHEETS}
        found["企业"] = [{"统一社会信用代码": self.uscc, "企业名称": "示例"}]
        for number in NUMBERS:
            plant = {"统一社会信用代码": self.uscc, "厂区编号": number}
            found["厂区"].append({**plant, "厂区名称": number, "区县代码": "330602"})
            found["行业"].append({**plant, "行业": "铸造", "子类": None, "角色": "主要"})
        for it in self.known(known):
            found[it.sheet].append(it.row)
        return found

    def days(self, known: datetime, count: int) -> list[date]:
        """Days around those on which something changes, as far as known; always some."""
        return [TURNS[0], *oracle.days_worth_asking(self.ledger(known), count)]

    def known(self, moment: datetime) -> list[_Fact]:
        return sorted(
            (
                it
                for it in self.facts
                if it.known_from <= moment and (it.known_until is None or it.known_until > moment)
            ),
            key=lambda it: it.id,
        )

    def is_marked(self, number: str, day: date, known: datetime) -> bool:
        """Whether a violation that the head marked bars on the day."""
        return any(
            it.marked and it.row["厂区编号"] in (None, number)
            and it.row["决定日期"] <= day and it.row["决定日期"].year == day.year
            and (it.row["撤销日期"] is None or it.row["撤销日期"] > day)
            for it in self.known(known)
            if it.sheet == "违法行为"
        )  # fmt: skip


def _new_row(uscc: str, step: dict[str, Any]) -> dict[str, Any]:
    subject = {"统一社会信用代码": uscc, "厂区编号": step["plant"]}
    day, end = step["day"], step["end"]
    if step["sheet"] == "等级":
        ends = None if end is None else day + timedelta(end + 1)
        return {
            **subject,
            "规则集": step["book"],
            "等级": step["grade"],
            "生效日期": day,
            "失效日期": ends,
        }
    withdrawn = None if end is None or step["verb"] == "record" else day + timedelta(end)
    if step["sheet"] == "虚假材料":
        return {**subject, "认定日期": day, "撤销日期": withdrawn}
    kind, marked = step["kind"][:2] if step["kind"][:2] == "其他" else step["kind"], False
    marked = step["kind"] == "其他（认定）"
    return {**subject, "类型": kind, "行为日期": step["acted"], "决定日期": day,
            "撤销日期": withdrawn, "认定": marked}  # fmt: skip


def _violation(
    history: _History, step: dict[str, Any], old: _Fact | None, row: dict[str, Any]
) -> int | None:
    if step["verb"] == "annul" and old is not None:
        annul_violations([old.id], "误登")
        return None
    plant = history.plants[row["厂区编号"]] if row["厂区编号"] else None
    entry = ViolationEntry(
        history.enterprise, plant, row["类型"], row["行为日期"], row["决定日期"], "罚",
        row["撤销日期"], "撤", "理由", "严重" if row["认定"] else "",
    )  # fmt: skip
    if step["verb"] == "record" or old is None:
        return record_violations([entry])[0]
    return correct_violations({old.id: entry}, "更正")[0]


def _finding(
    history: _History, step: dict[str, Any], old: _Fact | None, row: dict[str, Any]
) -> int | None:
    if step["verb"] == "annul" and old is not None:
        annul_findings([old.id], "误登")
        return None
    plant = history.plants[row["厂区编号"]] if row["厂区编号"] else None
    entry = FindingEntry(history.enterprise, plant, row["认定日期"], "认", row["撤销日期"])
    if step["verb"] == "record" or old is None:
        return record_findings([entry])[0]
    return correct_findings({old.id: entry}, "更正")[0]


def _grade(
    history: _History, step: dict[str, Any], old: _Fact | None, row: dict[str, Any]
) -> int | None:
    if step["verb"] == "annul" and old is not None:
        annul_grades([old.id], "误登")
        return None
    plant = history.plants[row["厂区编号"]]
    entry = GradeEntry(plant, row["规则集"], row["等级"], row["生效日期"], row["失效日期"], "历史")
    if step["verb"] == "record" or old is None:
        return record_grades([entry])[0]
    return correct_grades({old.id: entry}, "更正")[0]


_DO: dict[str, Callable[[_History, dict[str, Any], _Fact | None, dict[str, Any]], int | None]] = {
    "违法行为": _violation,
    "虚假材料": _finding,
    "等级": _grade,
}


def _begin() -> _History:
    _made.append(len(_made) + 1)
    uscc = code(_made[-1])
    industry = catalogue().match("铸造").industry
    assert industry is not None
    with writing("测试"):
        (enterprise,) = register_enterprises([EnterpriseEntry(uscc, "示例")])
        plants = register_plants([PlantEntry(enterprise, it, it, "330602") for it in NUMBERS])
        record_industries([IndustryEntry(it, industry.id, "", "主要") for it in plants])
        audit.record("test.registered", "plant", enterprise)
    return _History(uscc, enterprise, dict(zip(NUMBERS, plants, strict=True)))


def _given(grade: str, book: str, **more: Any) -> dict[str, Any]:
    """A step of a leap day, the recording of a grade unless something else is said."""
    step = {"verb": "record", "sheet": "等级", "which": 0, "day": TURNS[2], "acted": None}
    return {
        **step,
        "end": None,
        "plant": "001",
        "kind": "其他",
        "grade": grade,
        "book": book,
        **more,
    }


@example(done=[_given("A", BOOKS[0]), _given("C", BOOKS[1])], days=[TURNS[2]])
@example(
    done=[_given("A", BOOKS[0]), _given("C", BOOKS[1]), _given("B", BOOKS[0], verb="correct")],
    days=[TURNS[2]],
)
@example(
    done=[
        _given("A", BOOKS[0], sheet="违法行为", kind="逃避监管排放"),
        _given("A", BOOKS[0], sheet="违法行为", kind="逃避监管排放", plant="002", verb="correct"),
    ],
    days=[TURNS[2]],
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    done=st.lists(steps(), min_size=3, max_size=12),
    days=st.lists(DAYS, min_size=6, max_size=6),
)
def test_every_day_as_known_at_every_step_equals_an_independent_computation(
    app: Flask, done: list[dict[str, Any]], days: list[date]
) -> None:
    """PLAN-BLOCK, PLAN-FALSE, PLAN-GRADES."""
    with app.app_context():
        history = _begin()
        moments = []
        for step in done:
            moment = history.do(step)
            if moment is not None:
                moments.append(moment)
                _compare(history, history.days(moment, 12), moment, as_known_now=True)
        for moment in moments:
            asked = sorted({*days, *history.days(moment, 30)})
            _compare(history, asked, moment - timedelta(microseconds=1))
            _compare(history, asked, moment)
        db.session.rollback()


def _compare(
    history: _History, days: list[date], known: datetime, *, as_known_now: bool = False
) -> None:
    """Every day's standings, as known at the moment or read off the intervals of now."""
    ids = list(history.plants.values())
    facts, rules = facts_of(ids, known), standing_rules(days[0], known)
    for plant in oracle.plants_of(history.ledger(known)):
        plant_id = history.plants[plant.row["厂区编号"]]
        for day in days:
            standing = (
                standings_on([plant_id], day)[plant_id]
                if as_known_now
                else standing_on(facts[plant_id], day, rules)
            )
            expected = oracle.facts_on(plant, day)
            marked = history.is_marked(plant.row["厂区编号"], day, known)
            assert standing.grade == oracle.grade_on(plant, day, day)[0], (plant_id, day)
            assert standing.blocked == (expected["blocked"] or marked), (plant_id, day)
            assert standing.violations_36m == expected["violations_36m"], (plant_id, day)
            assert _iso(standing.banned_until) == expected["banned_until"], (plant_id, day)
            assert _iso(standing.held_since) == expected["held_since"], (plant_id, day)
    if not as_known_now:
        day = days[len(days) // 2]
        assert standings_on(ids, day, known) == {
            it: standing_on(facts[it], day, rules) for it in ids
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
