"""Random lives of plants against an independent reading of what should stand (对照模型).

The model knows nothing of records: it keeps, for every moment, whose each plant is, what it is
called, where it stands, and which facts bear on it, in plain dictionaries.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.clock import now, today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.policy.queries import candidates
from app.registry.change_rules import Change, ChangeKind, faults
from app.registry.queries import find_plant, list_plants, plant_now, situation_of
from app.registry.services import make_change
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant, code

KINDS = ("rename-plant", "transfer", "move", "close", "reopen", "violation", "wide")
ACTS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 200)),
    min_size=1,
    max_size=7,
)


@dataclass
class Model:
    """What should stand: per plant its owner's code, number, name, county, closing and facts."""

    plants: dict[int, dict[str, object]] = field(default_factory=dict)
    wide: dict[str, list[date]] = field(default_factory=dict)
    own: dict[int, list[date]] = field(default_factory=dict)

    def candidates_on(self, day: date) -> dict[int, tuple[object, object, object, bool]]:
        """Owner, name, county and whether blocked, of every plant that exists on the day."""
        found = {}
        for plant_id, it in self.plants.items():
            closed = it["closed_on"]
            if isinstance(closed, date) and closed <= day:
                continue
            against = [*self.own.get(plant_id, []), *self.wide.get(str(it["uscc"]), [])]
            blocked = any(on <= day and on.year == day.year for on in against)
            found[plant_id] = (it["uscc"], it["name"], it["county"], blocked)
        return found


def _do(model: Model, act: tuple[str, int, int], plants: list[int], codes: list[str]) -> None:
    kind, which, number = act
    plant_id = plants[which]
    plant, day = plant_now(plant_id), today() - timedelta(days=number)
    if kind in ("violation", "wide"):
        named = plant_id if kind == "violation" else None
        with writing("测试"):
            record_violations(
                [ViolationEntry(plant.enterprise_id, named, "未依法环评", None, day, f"罚{now()}")]
            )
            audit.record("test", "plant", plant_id)
        held = (
            model.own.setdefault(plant_id, []) if named else model.wide.setdefault(plant.uscc, [])
        )
        held.append(day)
        return
    county = "330603" if plant.county == "330602" else "330602"
    other = codes[1] if plant.uscc == codes[0] else codes[0]
    texts = {
        "rename-plant": {"name": f"厂{number}"},
        "transfer": {"uscc": other, "number": f"00{which + 1}"},
        "move": {"county": county},
    }.get(kind, {})
    change = Change(ChangeKind(kind), plant_id, day, "原因", "文件", **texts)  # type: ignore[arg-type]
    with writing("测试"):
        around = situation_of(change, plant, EVERYTHING)
        audit.record("test", "plant", plant_id)
        if list(faults(change, around, lambda _county: True)):
            return
        make_change(change, around)
    said = model.plants[plant_id]
    said.update({name: value for name, value in texts.items() if name != "number"})
    if kind == "close":
        said["closed_on"] = day
    elif kind == "reopen":
        said["closed_on"] = None


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_random_lives_agree_with_the_model_now_and_as_known_before(
    app: Flask, bureau: None, acts: list[tuple[str, int, int]]
) -> None:
    with app.app_context():
        _numbers.append(len(_numbers))
        first, second = 2 * _numbers[-1], 2 * _numbers[-1] + 1
        plants = [a_plant(first)[1], a_plant(second)[1]]
        model = Model({it: {"closed_on": None} for it in plants})
        for plant_id in plants:
            it = plant_now(plant_id)
            model.plants[plant_id] |= {"uscc": it.uscc, "name": it.name, "county": it.county}
        codes = [code(first), code(second)]
        moments: list[tuple[datetime, Model]] = []
        db.session.rollback()
        with writing("测试"):
            entry_number = plant_now(plants[1])
            around_change = Change(
                ChangeKind.TRANSFER, plants[1], today(), "原因", "文件", uscc=codes[0], number="002"
            )
            make_change(around_change, situation_of(around_change, entry_number, EVERYTHING))
        model.plants[plants[1]]["uscc"] = codes[0]
        for act in acts:
            _do(model, act, plants, codes)
            moments.append((now(), deepcopy(model)))
        days = [today() - timedelta(days=n) for n in (0, 1, 50, 100, 150, 200, 250)]
        days += [today() - timedelta(days=act[2]) for act in acts]
        for day in days:
            assert _seen(day, plants, None) == model.candidates_on(day)
            for moment, then in moments:
                assert _seen(day, plants, moment) == then.candidates_on(day)
        assert {it.plant_id for it in list_plants(EVERYTHING)} >= set(plants)
        assert all(find_plant(it, EVERYTHING) for it in plants)
        db.session.rollback()


def _seen(
    day: date, plants: list[int], known: datetime | None
) -> dict[int, tuple[object, object, object, bool]]:
    return {
        it.plant_id: (it.uscc, it.plant_name, it.county, it.standing.blocked)
        for it in candidates(day, known)
        if it.plant_id in plants
    }


_numbers: list[int] = []
