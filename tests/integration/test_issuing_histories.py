"""Signed lists through hundreds of later changes of every kind (往后的一切变化)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.approvals.domain import Refused
from app.grades.services import GradeEntry, record_grades
from app.issuing import services
from app.issuing.domain import Line
from app.issuing.queries import flags_of, lines_of, present
from app.issuing.services import Signature
from app.issuing.verifying import verify
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.kernel.database import db, known_at
from app.kernel.transaction import close, writing
from app.registry.change_rules import Change, ChangeKind, faults
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from app.rulebook.services import record_change
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
from tests.issuing import DAY, People, acting, issued, people, view, work
from tests.ledgers import load, read_ledger
from tests.rule_changes import setting

TRANSACTIONS, AT_ONCE = 60, 5
RULES: tuple[tuple[str, Any], ...] = (
    ("positive_list.exclude_blocked", False),
    ("positive_list.exclude_blocked", True),
    ("ungraded_as_lowest", False),
    ("violation_year_basis", "acted"),
)


class Life:
    """A register in which things go on happening, by chance but repeatably."""

    def __init__(self, lines: Sequence[Line], seed: int) -> None:
        self.lines = lines
        self.chance = random.Random(seed)  # noqa: S311 - repeatable choices
        self.number = 0
        self.happened: dict[str, int] = {}

    def go_on(self) -> None:
        """A few things happen in one transaction; what the rules refuse does not."""
        acts = {self.punish: 6, self.grade: 6, self.find: 3, self.withdraw: 4, self.annul: 3,
                self.change: 6, self.rule: 1}  # fmt: skip
        with writing("测试"):
            for act in self.chance.choices(list(acts), list(acts.values()), k=AT_ONCE):
                self.number += 1
                try:
                    name = act()
                except Refused:
                    name = None
                if name:
                    self.happened[name] = self.happened.get(name, 0) + 1
            audit.record("test.changed", "register", self.number)

    def _day(self) -> date:
        return DAY + timedelta(days=self.chance.randint(-400, 200))

    def _plant(self) -> tuple[int, int]:
        line = self.chance.choice(self.lines)
        return plant_now(line.plant_id).enterprise_id, line.plant_id

    def _standing(self, model: Any) -> Any:
        rows = db.session.execute(
            select(model)
            .where(known_at(model, None), model.withdrawn_on.is_(None))
            .order_by(model.id)
        )
        found = rows.scalars().all()
        return self.chance.choice(found) if found else None

    def punish(self) -> str:
        enterprise, plant = self._plant()
        kind = self.chance.choice(["其他", "逃避监管排放", "超许可浓度或总量"])
        named = None if self.chance.random() < 0.2 else plant
        decided = self._day()
        acted = decided - timedelta(days=100) if self.chance.random() < 0.5 else None
        record_violations(
            [ViolationEntry(enterprise, named, kind, acted, decided, f"罚{self.number}号")]
        )
        return "punish"

    def grade(self) -> str:
        start = DAY + timedelta(days=3 * self.number - 300)
        grade = self.chance.choice(["A", "B", "B-", "C", "D"])
        record_grades([GradeEntry(self._plant()[1], "shaoxing-2023", grade, start, None, "复核")])
        return "grade"

    def find(self) -> str:
        enterprise, plant = self._plant()
        record_findings([FindingEntry(enterprise, plant, self._day(), f"认{self.number}号")])
        return "find"

    def withdraw(self) -> str | None:
        row: Any
        if self.chance.random() < 0.7:
            if (row := self._standing(ViolationRecord)) is None:
                return None
            on = row.decided_on + timedelta(days=self.chance.randint(0, 90))
            old = ViolationEntry(row.enterprise_id, row.plant_id, row.kind, row.acted_on,
                                 row.decided_on, row.document)  # fmt: skip
            correct_violations({row.id: replace(old, withdrawn_on=on)}, "撤销")
        else:
            if (row := self._standing(FindingRecord)) is None:
                return None
            on = row.found_on + timedelta(days=self.chance.randint(0, 90))
            correct_findings(
                {
                    row.id: FindingEntry(
                        row.enterprise_id, row.plant_id, row.found_on, row.document, on
                    )
                },
                "撤销",
            )
        return "withdraw"

    def annul(self) -> str | None:
        row = self._standing(ViolationRecord)
        if row is None:
            return None
        annul_violations([row.id], "登记有误")
        return "annul"

    def change(self) -> str | None:
        _, plant_id = self._plant()
        plant = plant_now(plant_id)
        kinds = ("rename-plant", "transfer", "move", "close", "reopen")
        kind = ChangeKind(self.chance.choices(kinds, (3, 4, 3, 1, 2))[0])
        texts: dict[str, str] = {
            ChangeKind.RENAME_PLANT: {"name": f"更名厂区{self.number}"},
            ChangeKind.TRANSFER: {
                "uscc": self.chance.choice(self.lines).uscc,
                "number": f"{self.number + 100}",
                "bars": self.chance.choice(["follow", "stay"]),
            },
            ChangeKind.MOVE: {"county": self.chance.choice(["330602", "330603", "330604"])},
        }.get(kind, {})
        day = min(today(), self._day())
        change = Change(kind, plant_id, day, "原因", "文件", **texts)  # type: ignore[arg-type]
        around = situation_of(change, plant, EVERYTHING)
        if list(faults(change, around, lambda _county: True)):
            return None
        make_change(change, around)
        return str(kind)

    def rule(self) -> str:
        parameter, value = self.chance.choice(RULES)
        record_change(setting(parameter, value, self._day()))
        return "rule"


def allocated(who: People) -> int:
    """A signed allocation of the city's reserve."""
    with acting(who.maker):
        list_id = services.draft("allocation", "city/VOCs/2025", DAY)
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    with acting(who.signer):
        signature = Signature("分配1号", confirms_draft_rulebook=True)
        services.sign(list_id, EVERYTHING, signature)
    return list_id


def test_lists_verify_and_flags_tell_the_present_after_hundreds_of_changes(app: Flask) -> None:
    with app.app_context():
        load(read_ledger())
    who = people(app)
    with app.app_context():
        list_ids = [
            issued(who),
            issued(who, number="2号", spec="episode-heavy-reduce"),
            issued(who, number="3号", county="330602"),
            allocated(who),
        ]
        life = Life(lines_of(list_ids[0]), 11)
        for number in range(TRANSACTIONS):
            life.go_on()
            if number % 20 == 0:
                work()
        work()
        kinds = {"punish", "grade", "find", "withdraw", "annul", "rule", "transfer", "close"}
        assert kinds <= life.happened.keys(), life.happened
        assert sum(life.happened.values()) > 200, life.happened
        flagged = 0
        for list_id in list_ids:
            found = verify(view(list_id))
            assert found.agrees, found.told
            now = present(view(list_id))
            expected = {it.line.key: (str(it.kind), it.was, it.becomes) for it in now.differences}
            flags = {it.key: (it.kind, it.was, it.would) for it in flags_of(list_id, EVERYTHING)}
            assert flags == expected
            flagged += len(flags)
        assert flagged
        close()
