"""The lives of plants read once more, naively, in plain dictionaries (厂区经过的对照模型).

Nothing of the app's rules is used. Whose a plant is, what it is called, where it stands, whether it
exists and which facts bear on it is kept here by hand; what follows for grade, bar and ban is left
to :mod:`tests.oracle`, which reads the contract from ledger rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests import oracle
from tests.ledgers import Ledger

OF_THE_OWNER = ("rename-enterprise", "transfer", "split", "merge")
Seen = dict[int, tuple[object, ...]]


@dataclass
class Plan:
    """A change with a later day, by the id the app gave it; ``owner`` is whoever planned it."""

    id: int
    kind: str
    plant: int
    day: date
    owner: str
    values: Mapping[str, Any]


@dataclass
class Lives:
    """What should stand: enterprises by code, plants by id, facts as rows of the ledger."""

    names: dict[str, str] = field(default_factory=dict)
    plants: dict[int, dict[str, Any]] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    """``sheet``, ``row`` with the days, and either ``plant`` or the ``code`` of all its plants."""

    def allows(self, kind: str, plant: int, wanted: Mapping[str, Any]) -> bool:
        """Whether the register lets the change be made."""
        it = self.plants[plant]
        if kind == "reopen":
            return it["closed"] is not None
        if kind == "rename-enterprise":
            return bool(wanted["name"] != self.names[it["code"]])
        if it["closed"] is not None:
            return False
        if kind == "transfer":
            held, named = self.names.get(wanted["uscc"]), wanted["enterprise_name"]
            is_known = not named or named == held
            return wanted["uscc"] != it["code"] and (bool(named) if held is None else is_known)
        if kind == "merge":
            other = self.plants[wanted["survivor_id"]]
            return other is not it and other["code"] == it["code"] and other["closed"] is None
        return bool(
            {
                "rename-plant": wanted.get("name") != it["name"],
                "move": wanted.get("county") != it["county"],
            }.get(kind, True)
        )

    def change(
        self, kind: str, plant: int, day: date, wanted: Mapping[str, Any], new: int | None
    ) -> None:
        """Make the change; ``new`` is the plant that a split made."""
        it, follows = self.plants[plant], wanted.get("bars") == "follow"
        own = [f for f in self.facts if f.get("plant") == plant and f["sheet"] != "等级"]
        if kind == "rename-enterprise":
            self.names[it["code"]] = wanted["name"]
        elif kind == "transfer":
            code, wide = wanted["uscc"], [f for f in self.facts if f.get("code") == it["code"]]
            self.names.setdefault(code, wanted["enterprise_name"])
            self._copy(wide if follows else [], plant, code)
            it |= {"code": code, "number": wanted["number"]}
        elif kind == "split":
            assert new is not None
            self.plants[new] = {**it, **{at: wanted[at] for at in ("name", "number", "county")}}
            self._copy(own if follows else [], new, it["code"])
        elif kind == "merge":
            it["closed"] = day
            self._copy(own if follows else [], wanted["survivor_id"], it["code"])
        else:
            said = {"name", "county"} & wanted.keys()
            it |= {at: wanted[at] for at in said} or {"closed": day if kind == "close" else None}

    def absorb(self, gone: str, stays: str, numbers: Mapping[int, str]) -> None:
        """One enterprise on record twice becomes one."""
        for plant, number in numbers.items():
            self._copy([f for f in self.facts if f.get("code") == gone], plant, stays)
            self.plants[plant] |= {"code": stays, "number": number}
        self.facts = [f for f in self.facts if f.get("code") != gone]
        del self.names[gone]

    def of(self, code: str) -> list[int]:
        """The plants of an enterprise."""
        return [plant for plant, it in self.plants.items() if it["code"] == code]

    def _copy(self, facts: list[dict[str, Any]], plant: int, code: str) -> None:
        held = [f["row"] for f in self.facts if f.get("plant") == plant or f.get("code") == code]
        for it in facts:
            if it["row"] not in held:
                self.facts.append({"sheet": it["sheet"], "row": it["row"], "plant": plant})

    def ledger(self, day: date) -> tuple[Ledger, list[int]]:
        """The register as rows, closed plants left out; and the plants in the order of the rows."""
        found: dict[str, list[Any]] = {it: [] for it in ("企业", "厂区", "行业", "等级")}
        found |= {"违法行为": [], "虚假材料": []}
        ids = [i for i, it in self.plants.items() if it["closed"] is None or it["closed"] > day]
        for code, name in self.names.items():
            found["企业"].append({"统一社会信用代码": code, "企业名称": name})
        for it in (self.plants[i] for i in ids):
            plant = {"统一社会信用代码": it["code"], "厂区编号": it["number"]}
            found["厂区"].append({**plant, "厂区名称": it["name"], "区县代码": it["county"]})
            found["行业"].append({**plant, "行业": "铸造", "子类": None, "角色": "主要"})
        for fact in self.facts:
            owner = self.plants.get(fact.get("plant", 0))
            subject = {
                "统一社会信用代码": owner["code"] if owner else fact["code"],
                "厂区编号": owner["number"] if owner else None,
            }
            found[fact["sheet"]].append({**subject, **fact["row"]})
        return found, ids

    def seen(self, day: date) -> Seen:
        """What the app should say of every plant that exists on the day."""
        ledger, ids = self.ledger(day)
        answer = {}
        for plant, it in zip(ids, oracle.plants_of(ledger), strict=True):
            facts = oracle.facts_on(it, day)
            answer[plant] = (
                it.row["统一社会信用代码"], it.row["厂区编号"], it.row["厂区名称"], it.name,
                it.row["区县代码"], oracle.grade_on(it, day, day)[0], facts["blocked"],
                facts["banned_until"], facts["violations_36m"], facts["held_since"],
            )  # fmt: skip
        return dict(answer)
