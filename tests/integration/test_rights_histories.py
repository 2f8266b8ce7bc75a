"""Reserves and applications through random histories, day by day beside a model of our own.

After each step app and model are asked everything; what was known on an earlier day is asked again
at the end. What the model forbids the app must refuse, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.approvals.domain import Refused
from app.grades.services import GradeEntry, record_grades
from app.issuing import services as issuing
from app.issuing.services import Signature
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import transaction, writing
from app.registry.queries import find_plant
from app.rights.domain import Level
from app.rights.queries import run_allocation
from app.rights.queries.issued import KIND
from app.rights.queries.reserves import find_statement
from app.rights.services import ApplicationEntry, ReserveEntry, applications, record_reserves
from app.rights.services.reserves import (
    EntryDraft,
    annul_entry,
    book,
    carry_over,
    replace_entry,
)
from app.rights.tonnage import Account, EntryKind
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.issuing import People, acting, people, view
from tests.tonnes_model import GRADES, ON, TURN, YEARS, Asking, Issue, Model, Movement

STEPS = 60


def tons(kilograms: int) -> Decimal:
    return Decimal(kilograms) / 1000


def kilos(tonnes: Decimal) -> int:
    assert tonnes * 1000 == int(tonnes * 1000)
    return int(tonnes * 1000)


@dataclass
class Walk:
    """The same steps taken in the app and in the model."""

    who: People
    plants: list[int]
    model: Model
    chance: random.Random
    today: date = date(2026, 2, 1)
    done: dict[str, int] = field(default_factory=dict)

    def both(self, act: Callable[[], Any], *, allowed: bool, person: Any = None) -> Any:
        """Do it in the app, which must refuse exactly what the model forbids."""
        if allowed:
            with acting(person or self.who.maker):
                return act()
        with pytest.raises(Refused), acting(person or self.who.maker):
            act()
        return None

    def step(self) -> None:
        verbs = [self.book, self.book, self.ask, self.ask, self.annul, self.change, self.carry,
                 self.correct, self.withdraw, self.issue, self.issue, self.end]  # fmt: skip
        verb = self.chance.choice(verbs)
        verb()
        self.done[verb.__name__] = self.done.get(verb.__name__, 0) + 1

    # --- entries ---

    def _entry(self) -> tuple[EntryDraft, Movement]:
        level = self.chance.choice(("city", "province"))
        kind = self.chance.choice(("in", "out"))
        kilograms, day = self.chance.randrange(1, 9000), self._day()
        draft = EntryDraft(Account(Level(level), "VOCs", 2025), EntryKind(kind), tons(kilograms),
                           day, "文件")  # fmt: skip
        return draft, Movement(10**9, (level, 2025), kind, kilograms, day)

    def _day(self) -> date:
        return date(2025, 1, 1) + timedelta(self.chance.randrange(390))

    def _keep(self, made: int, movement: Movement) -> None:
        movement.id = made
        self.model.movements[made] = movement

    def _pick(self, *kinds: str) -> Movement | None:
        held = [it for it in self.model.movements.values() if it.kind in kinds]
        return self.chance.choice(held) if held else None

    def book(self) -> None:
        draft, movement = self._entry()
        made = self.both(lambda: book(draft), allowed=self.model.is_sound(more=[movement]))
        if made:
            self._keep(made, movement)

    def annul(self) -> None:
        old = self._pick("in", "out", "carry-in", "carry-out")
        if old:
            gone = {old.id} | ({old.other} if old.other else set())
            allowed = self.model.is_sound(without=gone)
            self.both(lambda: annul_entry(old.id, "有误"), allowed=allowed)
            for it in gone if allowed else ():
                del self.model.movements[it]

    def change(self) -> None:
        old = self._pick("in", "out")
        if old:
            draft, movement = self._entry()
            allowed = self.model.is_sound(without={old.id}, more=[movement])
            made = self.both(lambda: replace_entry(old.id, draft, "有误"), allowed=allowed)
            if made:
                del self.model.movements[old.id]
                self._keep(made, movement)

    def carry(self) -> None:
        level = self.chance.choice(("city", "province"))
        left, day = self.model.lines((level, 2025))[-1], self.today
        out = Movement(10**9, (level, 2025), "carry-out", left, day)
        allowed = left > 0 and self.model.is_sound(more=[out])
        account = Account(Level(level), "VOCs", 2025)
        self.both(lambda: carry_over(account, tons(left), day, "文件", ""), allowed=allowed)
        if allowed:
            here, there = find_statement(account), find_statement(account.next_year)
            assert here is not None
            assert there is not None
            first, second = (max(it.entry.id for it in found.lines) for found in (here, there))
            self._keep(first, out)
            into = Movement(second, (level, 2026), "carry-in", left, day, other=first)
            out.other = second
            self._keep(second, into)

    # --- applications ---

    def _asking(self) -> tuple[ApplicationEntry, Asking]:
        plant, project = self.chance.randrange(4), self.chance.choice(("", "甲", "乙"))
        kilograms, day = self.chance.randrange(1, 6000), self._day()
        entry = ApplicationEntry(self.plants[plant], project, "VOCs", 2025, tons(kilograms), day)
        return entry, Asking(0, plant, project, kilograms, day)

    def _is_free(self, asking: Asking, but: int = 0) -> bool:
        return not any(
            (it.plant, it.project) == (asking.plant, asking.project) and it.id != but
            for it in self.model.askings.values()
        )

    def _plant(self, place: int) -> Any:
        found = find_plant(self.plants[place], EVERYTHING)
        assert found is not None
        return found

    def ask(self) -> None:
        entry, asking = self._asking()
        plant, allowed = self._plant(asking.plant), self._is_free(asking)
        made = self.both(lambda: applications.apply(entry, plant), allowed=allowed)
        if made:
            asking.id = made
            self.model.askings[made] = asking

    def correct(self) -> None:
        if not self.model.askings:
            return
        old = self.chance.choice(list(self.model.askings.values()))
        entry, asking = self._asking()
        plant, allowed = self._plant(asking.plant), self._is_free(asking, old.id)
        made = self.both(
            lambda: applications.correct(old.id, entry, plant, "有误"), allowed=allowed
        )
        if made:
            del self.model.askings[old.id]
            asking.id = made
            self.model.askings[made] = asking

    def withdraw(self) -> None:
        if self.model.askings:
            old = self.chance.choice(list(self.model.askings.values()))
            plant = self._plant(old.plant)
            self.both(lambda: applications.withdraw(old.id, plant, "取消"), allowed=True)
            del self.model.askings[old.id]

    # --- lists ---

    def issue(self) -> None:
        level = self.chance.choice(("city", "province"))
        first = self.model.issues.get("province")
        after = first if level == "city" and first and self.chance.random() < 0.7 else None
        given = self.model.shares(level, after.given if after else {})
        theirs = after.given if after else {}
        if not any(
            it.day <= ON and it.kilograms > theirs.get((it.plant, it.project), 0)
            for it in self.model.askings.values()
        ):
            return  # a list without a line is not drafted
        spec = f"{level}/VOCs/2025" + (f"/after/{after.id}" if after else "")
        with acting(self.who.maker):
            list_id = issuing.draft(KIND, spec, ON)
        with acting(self.who.checker):
            issuing.check(list_id, EVERYTHING)
        signature = Signature(f"{list_id}号", confirms_draft_rulebook=True)
        former = self.model.issues.get(level)
        gone = {it.id for it in self.model.movements.values() if former and it.list_id == former.id}
        total = sum(given.values())
        booked = Movement(10**9, (level, 2025), "allocation", total, self.today, list_id=list_id)
        allowed = (
            (former is None or former.after == (after.id if after else None))
            and not self._gives_too_much(level, given)
            and self.model.is_sound(without=gone, more=[booked] if total else ())
        )
        signed = self.both(
            lambda: issuing.sign(list_id, EVERYTHING, signature),
            allowed=allowed,
            person=self.who.signer,
        )
        if signed is None:
            with acting(self.who.maker):
                issuing.discard(list_id, EVERYTHING, "不能签发")
            return
        self._unbook(former)
        self.model.issues[level] = Issue(list_id, level, after.id if after else None, given)
        if total:
            found = find_statement(Account(Level(level), "VOCs", 2025))
            assert found is not None
            (entry,) = (it.entry for it in found.lines if it.entry.list_id == list_id)
            self._keep(entry.id, booked)

    def _gives_too_much(self, level: str, given: dict[tuple[int, str], int]) -> bool:
        other = self.model.issues.get("city" if level == "province" else "province")
        asked = {(it.plant, it.project): it.kilograms for it in self.model.askings.values()}
        return other is not None and any(
            amount > 0 and amount + other.given.get(matter, 0) > asked.get(matter, 0)
            for matter, amount in given.items()
        )

    def _unbook(self, issue: Issue | None) -> None:
        if issue:
            for it in list(self.model.movements.values()):
                if it.list_id == issue.id:
                    del self.model.movements[it.id]

    def end(self) -> None:
        if self.model.issues:
            level = self.chance.choice(list(self.model.issues))
            issue = self.model.issues.pop(level)
            self.both(
                lambda: issuing.withdraw(issue.id, EVERYTHING, "有误"),
                allowed=True,
                person=self.who.signer,
            )
            self._unbook(issue)

    # --- what the app says ---

    def said(self, known: datetime | None = None) -> dict[Any, Any]:
        """The app's answers, in the model's terms."""
        found: dict[Any, Any] = {}
        for level in TURN:
            for year in YEARS:
                its = find_statement(Account(Level(level), "VOCs", year), known)
                found[level, year] = (0, [0])
                if its is not None:
                    balances = [its.opening, *(it.balance for it in its.lines)]
                    found[level, year] = (kilos(its.supply), [kilos(it) for it in balances])
            run = run_allocation(Level(level), "VOCs", 2025, ON, known=known)
            found[level] = {
                (self.plants.index(it.plant.candidate.plant_id), it.application.project): kilos(
                    it.allocated
                )
                for it in run.allocation.shares
                if it.allocated is not None
            }
            assert run.allocation.allocated_total <= run.allocation.reserve
        return found


@pytest.fixture
def who(app: Flask, bureau: None, clock: Freeze) -> People:
    clock("2026-01-31 09:00")
    return people(app)


@pytest.mark.parametrize("seed", [3, 5])
def test_every_day_is_as_the_model_says(app: Flask, who: People, clock: Freeze, seed: int) -> None:
    with app.app_context():
        plants = [a_plant(number)[1] for number in range(1, 5)]
        with writing("测试"):
            day = date(2024, 1, 8)
            record_grades(
                [GradeEntry(plant, "shaoxing-2023", grade, day, None, "历史")
                 for plant, grade in zip(plants, GRADES, strict=True)]
            )  # fmt: skip
            record_reserves(
                [ReserveEntry("city", "VOCs", 2025, Decimal(9)),
                 ReserveEntry("province", "VOCs", 2025, Decimal(4))]
            )  # fmt: skip
            audit.record("test.recorded", "reserve", "VOCs")
        walk = Walk(
            who,
            plants,
            Model({("city", 2025): 9000, ("province", 2025): 4000}),
            random.Random(seed),  # noqa: S311 - repeatable on purpose
        )
        known: list[tuple[datetime, dict[Any, Any]]] = []
        for number in range(STEPS):
            walk.today = date(2026, 2, 1) + timedelta(number)
            clock(f"{walk.today} 09:00")
            walk.step()
            assert walk.said() == walk.model.answers(), (number, walk.done)
            with writing("测试"):
                known.append((transaction().moment, walk.model.answers()))
        for moment, answers in known[:: STEPS // 9]:
            assert walk.said(moment) == answers
        assert set(walk.done) >= {"book", "ask", "annul", "change", "carry", "issue", "end"}
        for issue in walk.model.issues.values():
            assert view(issue.id).is_issued
