"""Random lives of plants against an independent reading of what should stand (对照模型).

Plants are renamed, moved, sold, split, merged, closed and reopened, their enterprises are merged,
facts come in between, days pass and planned changes fall due. After every act the whole answer, as
known now and as known after each earlier act, is held against :mod:`tests.lives`.
"""

from __future__ import annotations

import random
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask

from app.desk.merging import carry_out
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.clock import frozen, today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.policy.queries import candidates
from app.registry.change_rules import Change, ChangeKind, Stage, faults
from app.registry.queries import find_change, list_plants, plant_now, situation_of
from app.registry.services import carry_out_due, make_change
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant, code
from tests.lives import OF_THE_OWNER, Lives, Plan, Seen

COUNTIES = ("330602", "330603")
CHANGES = (
    "rename-enterprise", "rename-plant", *("transfer",) * 4, *("split",) * 3, *("merge",) * 5,
    "move", "close", "reopen", "reopen",
)  # fmt: skip
FACTS = ("violation", "wide-violation", "finding", "wide-finding", "grade")
ACTS = (*CHANGES, *FACTS, *FACTS, "absorb", "pass", "pass")
LENGTH = 40


def _an_act(dice: random.Random) -> dict[str, Any]:
    days = dice.choice((dice.randint(-240, 0), 0, dice.randint(1, 20)))
    return {
        "kind": dice.choice(ACTS), "which": dice.randrange(60), "other": dice.randrange(60),
        "days": days, "bars": dice.choice(("follow", "stay")), "named": dice.random() < 0.8,
    }  # fmt: skip


_clock = [datetime(2025, 1, 20, 4, tzinfo=UTC)]
_numbers = count(1)
_codes = count(100)


class _Life:
    """The app and the model, led through the same acts."""

    def __init__(self) -> None:
        self.model, self.plans = Lives(), list[Plan]()
        self.codes = [code(next(_codes)) for _ in range(3)]
        self.clock = _clock[-1] + timedelta(1)  # what is recorded never precedes what was
        self.days = {self.clock.date()}
        for place in (0, 1):
            with frozen(self.clock):
                number = next(_codes)
                plant = plant_now(a_plant(number)[1])
                db.session.rollback()
            self.codes[place] = plant.uscc
            self.model.names[plant.uscc] = plant.enterprise_name
            self.model.plants[plant.plant_id] = {
                "code": plant.uscc, "number": "001", "name": "本部", "county": plant.county,
                "closed": None,
            }  # fmt: skip
        self.known: list[tuple[datetime, Lives]] = []

    def do(self, act: dict[str, Any]) -> None:
        """One act, a minute after the one before."""
        self.clock += timedelta(minutes=1)
        with frozen(self.clock):
            if act["kind"] == "pass":
                self._pass(abs(act["days"]) % 50 + 1)
            elif act["kind"] == "absorb":
                self._absorb(act)
            elif act["kind"] in FACTS:
                self._fact(act)
            else:
                self._change(act)
        _clock.append(self.clock)
        soon = self.clock + timedelta(seconds=30)  # several changes may fall due at one moment
        self.known.append((soon, deepcopy(self.model)))

    def _plant(self, which: int) -> int:
        plants = list(self.model.plants)
        return plants[which % len(plants)]

    def _other_plant(self, act: dict[str, Any]) -> int:
        """Mostly one of the same enterprise."""
        siblings = self.model.of(self.model.plants[self._plant(act["which"])]["code"])
        return siblings[act["other"] % len(siblings)] if act["named"] else self._plant(act["other"])

    def _wanted(self, act: dict[str, Any]) -> dict[str, Any]:
        number = next(_numbers)
        target = self.codes[act["other"] % 3]
        return {
            "rename-enterprise": {"name": f"新名{number}有限公司"},
            "rename-plant": {"name": f"厂{number % 3}"},
            "move": {"county": COUNTIES[act["other"] % 2]},
            "transfer": {
                "uscc": target, "number": f"{number % 990 + 10:03}", "bars": act["bars"],
                "enterprise_name": self.model.names.get(target, f"受让{number}有限公司")
                if act["named"]
                else "",
            },
            "split": {
                "name": f"分厂{number}", "number": f"{number % 990 + 10:03}",
                "county": COUNTIES[act["other"] % 2], "bars": act["bars"],
            },
            "merge": {"survivor_id": self._other_plant(act), "bars": act["bars"]},
        }.get(act["kind"], {})  # fmt: skip

    def _change(self, act: dict[str, Any]) -> None:
        plant, kind, wanted = self._plant(act["which"]), act["kind"], self._wanted(act)
        day = today() + timedelta(act["days"])
        self.days.add(day)
        change = Change(ChangeKind(kind), plant, day, "原因", "文件", **wanted)
        with writing("测试"):
            around = situation_of(change, plant_now(plant), EVERYTHING)
            is_allowed = not list(faults(change, around, lambda _county: True))
            assert is_allowed == self.model.allows(kind, plant, wanted), (kind, wanted)
            audit.record("test", "plant", plant)
            change_id = make_change(change, around) if is_allowed else 0
        if not is_allowed:
            return
        if day > today():
            owner = self.model.plants[plant]["code"]
            self.plans.append(Plan(change_id, kind, plant, day, owner, wanted))
        else:
            self.model.change(kind, plant, day, wanted, _split_off(change_id))

    def _pass(self, days: int) -> None:
        """Days without a worker; then what fell due, in the order of its days."""
        self.clock += timedelta(days)
        with frozen(self.clock):
            self.days.add(today())
            carry_out_due(today())
        day = self.clock.date()
        due = sorted((it for it in self.plans if it.day <= day), key=lambda it: (it.day, it.id))
        self.plans = [it for it in self.plans if it.day > day]
        for it in due:
            is_owners = self.model.plants[it.plant]["code"] == it.owner
            fits = self.model.allows(it.kind, it.plant, it.values)
            fits = fits and (is_owners or it.kind not in OF_THE_OWNER)
            found = find_change(it.id)
            assert found is not None
            assert found.stage is (Stage.DONE if fits else Stage.STUCK), it
            if fits:
                self.model.change(it.kind, it.plant, it.day, it.values, found.other_plant_id)
        db.session.rollback()

    def _absorb(self, act: dict[str, Any]) -> None:
        gone, stays = self.codes[act["which"] % 3], self.codes[act["other"] % 3]
        if gone == stays or not self.model.of(gone) or not self.model.of(stays):
            return
        owner = {it.uscc: it.enterprise_id for it in list_plants(EVERYTHING)}
        coming = self.model.of(gone)
        db.session.rollback()
        with writing("测试"):
            carry_out(
                {"gone": owner[gone], "stays": owner[stays], "reason": "重", "document": "照"}
            )
        self.model.absorb(gone, stays, {it: plant_now(it).number for it in coming})
        taken = [self.model.plants[it]["number"] for it in self.model.of(stays)]
        assert len(taken) == len(set(taken))
        db.session.rollback()

    def _fact(self, act: dict[str, Any]) -> None:
        kind, plant = act["kind"], self._plant(act["which"])
        day = today() - timedelta(abs(act["days"]))
        self.days |= {day, day - timedelta(1)}
        it, document = plant_now(plant), f"文{next(_numbers)}"
        db.session.rollback()
        is_wide = kind.startswith("wide")
        named = None if is_wide else plant
        subject = {"code": it.uscc} if is_wide else {"plant": plant}
        row: dict[str, Any]
        if kind == "grade":
            if any(f["row"].get("生效日期") == day for f in self.model.facts):
                return
            sheet, grade = "等级", "ABCD"[act["other"] % 4]
            row = {"生效日期": day, "失效日期": None, "等级": grade, "规则集": "shaoxing-2023"}
        elif kind.endswith("violation"):
            sheet = "违法行为"
            row = {"决定日期": day, "撤销日期": None, "类型": "未依法环评", "决定文号": document}
        else:
            sheet, row = "虚假材料", {"认定日期": day, "撤销日期": None, "认定文号": document}
        with writing("测试"):
            if sheet == "等级":
                record_grades(
                    [GradeEntry(plant, "shaoxing-2023", row["等级"], day, None, "核定", document)]
                )
            elif sheet == "违法行为":
                record_violations(
                    [ViolationEntry(it.enterprise_id, named, "未依法环评", None, day, document)]
                )
            else:
                record_findings([FindingEntry(it.enterprise_id, named, day, document)])
            audit.record("test", "plant", plant)
        self.model.facts.append({"sheet": sheet, "row": row, **subject})

    def compare(self) -> None:
        """Every day that matters, as known now and as known after each act."""
        ids = set(self.model.plants)
        with frozen(self.clock):
            for place, day in enumerate(sorted(self.days)):
                assert _seen(day, ids, None) == self.model.seen(day), day
                for moment, then in self.known[place % 9 : -1 : 9]:
                    assert _seen(day, ids, moment) == then.seen(day), (day, moment)
            for county in COUNTIES:
                reach = {it.plant_id for it in list_plants(Scope(frozenset({county})))} & ids
                assert reach == {i for i in ids if self.model.plants[i]["county"] == county}


def _split_off(change_id: int) -> int | None:
    found = find_change(change_id)
    db.session.rollback()
    return found.other_plant_id if found and found.kind is ChangeKind.SPLIT else None


def _seen(day: date, plants: set[int], known: datetime | None) -> Seen:
    return {
        it.plant_id: (
            it.uscc, it.plant, it.plant_name, it.name, it.county, it.standing.grade,
            it.standing.blocked, _iso(it.standing.banned_until), it.standing.violations_36m,
            _iso(it.standing.held_since),
        )
        for it in candidates(day, known)
        if it.plant_id in plants
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_agree_with_the_model_now_and_as_known_before(
    app: Flask, bureau: None, seed: int
) -> None:
    """PLAN-PLANT, PLAN-BLOCK, PLAN-FALSE."""
    dice = random.Random(seed)  # noqa: S311 - the same lives every time
    with app.app_context():
        life = _Life()
        for _ in range(LENGTH):
            life.do(_an_act(dice))
        life.compare()
        life.do({"kind": "pass", "days": 49})
        assert life.plans == []
        life.compare()
        db.session.rollback()
