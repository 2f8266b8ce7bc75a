"""Making, planning, withdrawing and carrying out changes in the life of plants (厂区变更).

Register facts hold as known, whatever the day asked for. So a change whose day has come rewrites
the register at once and keeps its day beside it; one with a later day waits, and is carried out on
its day by a daily duty, if the register still allows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit, clock, daily, facts
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.database import db
from app.kernel.transaction import close, writing
from app.registry.change_rules import (
    FOLLOW,
    Change,
    ChangeKind,
    Handover,
    Situation,
    Stage,
    faults,
    told,
)
from app.registry.change_rules import former_names as joined_former_names
from app.registry.models import PlantChange
from app.registry.queries import (
    PlantOnRecord,
    counties_of_enterprise,
    due_changes,
    enterprise_with_code,
    find_change,
    industries_of,
    plant_now,
    situation_of,
)
from app.registry.services.register import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    correct_enterprises,
    correct_plants,
    record_industries,
    register_enterprises,
    register_plants,
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Whom else a change concerns: the receiving or absorbing side, and who is to be told."""

    other_enterprise_id: int | None = None
    other_plant_id: int | None = None
    tell: frozenset[str] = frozenset()


_hand_on: Callable[[Handover], object] = lambda _handover: None  # noqa: E731


def hand_facts_on_with(verb: Callable[[Handover], object]) -> None:
    """Let supervision (a later stage) record for a plant what is on record against another side."""
    global _hand_on  # noqa: PLW0603 - set once when the app is put together
    _hand_on = verb


def make_change(change: Change, around: Situation, form_key: str = "") -> int:
    """Make a change whose day has come, or plan one; returns its id.

    The caller has asked the rules (``change_rules.faults``) of the same situation.
    """
    plant = plant_now(change.plant_id)
    if change.effective_on > clock.today():
        return _record(change, plant, around, Stage.PLANNED, _planned_outcome(change), form_key)
    outcome = _ACTS[change.kind](change, plant)
    change_id = _record(change, plant, around, Stage.DONE, outcome, form_key)
    _tell(change, plant, around, outcome)
    return change_id


def move_plants(changes: Mapping[int, Change], county_names: Mapping[str, str]) -> None:
    """Change the county (变更区县) of many plants as one act, which the caller audits.

    The day has come and the rules were asked of each (plant id → change); each plant keeps the
    change in its history, and officers of a county that plants come to find one notice.
    """
    plants = {plant_id: plant_now(plant_id) for plant_id in changes}
    rows, come_to = [], dict[str, int]()
    for plant_id, change in changes.items():
        plant = plants[plant_id]
        around = Situation(plant.uscc, plant.enterprise_name, plant.number, plant.name,
                           plant.county, plant.closed_on, county_names=county_names)  # fmt: skip
        rows.append(_row(change, plant, told(change, around), Stage.DONE, _Outcome(), ""))
        come_to[change.county] = come_to.get(change.county, 0) + 1
    correct_plants({i: _moved(change, plants[i]) for i, change in changes.items()})
    ids = facts.record(PlantChange, rows)
    for county, count in come_to.items():
        inbox.send(
            MessageKind.NOTICE,
            f"变更区县：{count} 个厂区划入{county_names[county]}",
            Audience(Permission.REGISTER_EDIT, county=county),
            link=f"/register?county={county}",
            source=f"plant-change:{ids[0]}",
        )


def withdraw_change(change_id: int, reason: str) -> None:
    """Take back a change that has not been carried out; it stays on record as withdrawn."""
    _go_on(change_id, Stage.WITHDRAWN, note=reason)
    inbox.settle(_source(change_id))


def carry_out_due(day: date) -> None:
    """The daily duty: carry out every planned change whose day has come, each by itself.

    A change that the register no longer allows is set aside whole, and the county's officers find
    a task in the inbox. Doing it twice, or after days without a worker, changes nothing more.
    """
    try:
        waiting = due_changes(day)
    finally:
        close()
    for change_id in waiting:
        with writing("每日事项"):
            if change_id in due_changes(day):
                _carry_out(change_id)


def _carry_out(change_id: int) -> None:
    found = find_change(change_id)
    if found is None or found.wanted is None:
        return
    change, plant = found.wanted, plant_now(found.wanted.plant_id)
    around = situation_of(change, plant, EVERYTHING)
    wrong = [sentence for _, sentence in faults(change, around, lambda _county: True)]
    if plant.enterprise_id != found.enterprise_id and change.kind in _OF_THE_OWNER:
        wrong.append("该厂区在预定之后已转让给另一家企业")
    if wrong:
        _go_on(change_id, Stage.STUCK, note="；".join(wrong))
        inbox.send(
            MessageKind.TASK,
            f"预定的{change.kind.words}未能生效：{plant.full_name}",
            Audience(Permission.REGISTER_EDIT, county=plant.county),
            link=f"/desk/changes/{change_id}",
            source=_source(change_id),
            body="；".join(wrong),
            due_on=change.effective_on,
        )
        return
    outcome = _ACTS[change.kind](change, plant)
    _go_on(change_id, Stage.DONE, sentence=told(change, around), outcome=outcome)
    _tell(change, plant, around, outcome)


def _record(
    change: Change,
    plant: PlantOnRecord,
    around: Situation,
    stage: Stage,
    outcome: _Outcome,
    form_key: str,
) -> int:
    sentence = told(change, around)
    row = _row(change, plant, sentence, stage, outcome, form_key)
    (change_id,) = facts.record(PlantChange, [row])
    _audit(stage, change.kind, change.plant_id, change.effective_on, sentence, plant.county)
    return change_id


def _row(
    change: Change,
    plant: PlantOnRecord,
    sentence: str,
    stage: Stage,
    outcome: _Outcome,
    form_key: str,
) -> dict[str, object]:
    return {
        "first_id": None,
        "kind": str(change.kind),
        "stage": str(stage),
        "enterprise_id": plant.enterprise_id,
        "plant_id": change.plant_id,
        "other_enterprise_id": outcome.other_enterprise_id,
        "other_plant_id": outcome.other_plant_id,
        "effective_on": change.effective_on,
        "reason": change.reason,
        "document": change.document,
        "wanted": json.dumps(change.as_plain(), ensure_ascii=False, sort_keys=True),
        "told": sentence,
        "note": "",
        "form_key": form_key,
    }


def _go_on(
    change_id: int,
    stage: Stage,
    *,
    note: str = "",
    sentence: str = "",
    outcome: _Outcome | None = None,
) -> None:
    """Replace the record of a change by its next one."""
    found = find_change(change_id)
    if found is None or not found.is_open or found.plant_id is None:
        raise LookupError(f"no open change {change_id}")
    row = db.session.get_one(PlantChange, found.id)
    kept = ("kind", "enterprise_id", "plant_id", "effective_on", "reason", "document", "wanted",
            "form_key", "told", "other_enterprise_id", "other_plant_id")  # fmt: skip
    values: dict[str, object] = {name: getattr(row, name) for name in kept}
    values |= {"first_id": found.lasting_id, "stage": str(stage), "note": note}
    if sentence:
        values["told"] = sentence
    if outcome is not None:
        values["other_enterprise_id"] = outcome.other_enterprise_id
        values["other_plant_id"] = outcome.other_plant_id
    facts.replace(PlantChange, {found.id: values})
    county = plant_now(found.plant_id).county
    text = f"{values['told']}。{note}" if note else str(values["told"])
    _audit(stage, found.kind, found.plant_id, found.effective_on, text, county)


_ENTRIES: Mapping[Stage, str] = {
    Stage.PLANNED: "plant.change.planned",
    Stage.DONE: "plant.changed",
    Stage.WITHDRAWN: "plant.change.withdrawn",
    Stage.STUCK: "plant.change.stuck",
}


def _audit(
    stage: Stage, kind: ChangeKind, plant_id: int, day: date, sentence: str, county: str
) -> None:
    detail = {"事项": kind.words, "内容": sentence, "生效日期": day}
    audit.record(_ENTRIES[stage], "plant", plant_id, detail, county=county)


def _planned_outcome(change: Change) -> _Outcome:
    return _Outcome(enterprise_with_code(change.uscc) if change.uscc else None, change.survivor_id)


def _tell(change: Change, plant: PlantOnRecord, around: Situation, outcome: _Outcome) -> None:
    """Officers of the other counties concerned find a notice."""
    for county in sorted(outcome.tell - {plant.county}):
        plant_id = outcome.other_plant_id if change.kind is ChangeKind.SPLIT else plant.plant_id
        inbox.send(
            MessageKind.NOTICE,
            f"{change.kind.words}：{plant.full_name}",
            Audience(Permission.REGISTER_EDIT, county=county),
            link=f"/plants/{plant_id}",
            source=f"plant:{plant.plant_id}:{change.kind}",
            body=f"{told(change, around)}，{change.effective_on} 起。",
        )


def _source(change_id: int) -> str:
    found = find_change(change_id)
    return f"plant-change:{found.lasting_id if found else change_id}"


# --- What each kind does to the register --------------------------------------------------------


def plant_entry(plant: PlantOnRecord) -> PlantEntry:
    """What is said of a plant now, to be said again with a difference."""
    return PlantEntry(
        plant.enterprise_id, plant.number, plant.name, plant.county, plant.town, plant.address,
        plant.longitude, plant.latitude, plant.permit_number, plant.permit_category,
        plant.permit_until, plant.livelihood, plant.state, plant.closed_on, plant.officer,
    )  # fmt: skip


def enterprise_entry(plant: PlantOnRecord) -> EnterpriseEntry:
    """What is said of the plant's enterprise now, to be said again with a difference."""
    return EnterpriseEntry(
        plant.uscc, plant.enterprise_name, plant.former_name, plant.legal_representative,
        plant.contact, plant.phone, plant.founded_on, plant.note,
    )  # fmt: skip


def _rename_enterprise(change: Change, plant: PlantOnRecord) -> _Outcome:
    entry = replace(
        enterprise_entry(plant),
        name=change.name,
        former_name=joined_former_names(plant.enterprise_name, plant.former_name),
    )
    correct_enterprises({plant.enterprise_id: entry})
    return _Outcome(tell=frozenset(counties_of_enterprise(plant.enterprise_id)))


def _rename_plant(change: Change, plant: PlantOnRecord) -> _Outcome:
    correct_plants({plant.plant_id: replace(plant_entry(plant), name=change.name)})
    return _Outcome()


def _transfer(change: Change, plant: PlantOnRecord) -> _Outcome:
    receiver = enterprise_with_code(change.uscc)
    if receiver is None:
        (receiver,) = register_enterprises([EnterpriseEntry(change.uscc, change.enterprise_name)])
    tell = frozenset(counties_of_enterprise(receiver))
    entry = replace(plant_entry(plant), enterprise_id=receiver, number=change.number)
    correct_plants({plant.plant_id: entry})
    if change.bars == FOLLOW:
        _hand_on(Handover(plant.enterprise_id, None, receiver, plant.plant_id))
    return _Outcome(other_enterprise_id=receiver, tell=tell)


def _split(change: Change, plant: PlantOnRecord) -> _Outcome:
    """The new plant carries on the same industries and is ungraded: it files by itself."""
    (made,) = register_plants(
        [
            PlantEntry(
                plant.enterprise_id, change.number, change.name, change.county, change.town,
                change.address,
            )
        ]
    )  # fmt: skip
    if change.bars == FOLLOW:
        _hand_on(Handover(plant.enterprise_id, plant.plant_id, plant.enterprise_id, made))
    record_industries(
        [
            IndustryEntry(made, it.industry, it.subtype, it.role, it.gbt_code)
            for it in industries_of([plant.plant_id]).get(plant.plant_id, ())
        ]
    )
    return _Outcome(other_plant_id=made, tell=frozenset({change.county}))


def _close(change: Change, plant: PlantOnRecord) -> _Outcome:
    """Closing, and the end of a plant that is merged into another."""
    entry = replace(plant_entry(plant), closed_on=change.effective_on)
    correct_plants({plant.plant_id: entry})
    if change.survivor_id and change.bars == FOLLOW:
        owner = plant.enterprise_id
        _hand_on(Handover(owner, plant.plant_id, owner, change.survivor_id))
    return _Outcome(other_plant_id=change.survivor_id)


def _reopen(_change: Change, plant: PlantOnRecord) -> _Outcome:
    correct_plants({plant.plant_id: replace(plant_entry(plant), closed_on=None)})
    return _Outcome()


def _moved(change: Change, plant: PlantOnRecord) -> PlantEntry:
    return replace(
        plant_entry(plant),
        county=change.county,
        town=change.town,
        address=change.address or plant.address,
    )


def _move(change: Change, plant: PlantOnRecord) -> _Outcome:
    correct_plants({plant.plant_id: _moved(change, plant)})
    return _Outcome(tell=frozenset({change.county}))


_ACTS: Mapping[ChangeKind, Callable[[Change, PlantOnRecord], _Outcome]] = {
    ChangeKind.RENAME_ENTERPRISE: _rename_enterprise,
    ChangeKind.RENAME_PLANT: _rename_plant,
    ChangeKind.TRANSFER: _transfer,
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGE: _close,
    ChangeKind.CLOSE: _close,
    ChangeKind.REOPEN: _reopen,
    ChangeKind.MOVE: _move,
}

_OF_THE_OWNER = frozenset(
    {ChangeKind.RENAME_ENTERPRISE, ChangeKind.TRANSFER, ChangeKind.SPLIT, ChangeKind.MERGE}
)
"""Kinds that were the former owner's to plan: not carried out once the plant is another's."""

daily.each_day("到期的厂区变更", carry_out_due)
