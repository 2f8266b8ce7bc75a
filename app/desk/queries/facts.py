"""A recorded fact with its versions (违法行为、虚假材料、等级的登记), and whom it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from app.accounts.models import UserAccount
from app.accounts.queries import names_of
from app.approvals.models import ProposalRow
from app.grades.models import GradeRow
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.registry.domain import document_key
from app.registry.queries import PlantOnRecord, find_plant, list_plants, owners_of, plants_of
from app.supervision.models import FindingRecord, ViolationRecord

VIOLATION, FINDING, GRADE = "violation", "finding", "grade_record"
MODELS: Mapping[str, Any] = MappingProxyType(
    {VIOLATION: ViolationRecord, FINDING: FindingRecord, GRADE: GradeRow}
)
FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        VIOLATION: (
            "kind", "acted_on", "decided_on", "document", "withdrawn_on", "withdrawal_document",
            "withdrawal_reason", "barring_reason",
        ),
        FINDING: (
            "found_on", "document", "note", "withdrawn_on", "withdrawal_document",
            "withdrawal_reason",
        ),
        GRADE: (
            "rulebook", "grade", "effective_on", "expires_on", "source", "document",
            "ending_document", "ending_reason",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One version of a recorded fact; ``plant_id`` None: it holds for the whole enterprise."""

    kind: str
    id: int
    enterprise_id: int
    plant_id: int | None
    values: Mapping[str, Any]
    recorded_at: datetime
    recorded_by: str
    recorded_via: str
    annulled_at: datetime | None
    annulled_by: str
    annulled_via: str
    annulled_reason: str
    replaces_id: int | None

    @property
    def is_whole(self) -> bool:
        """Whether it holds for every plant of the enterprise."""
        return self.plant_id is None

    @property
    def is_annulled(self) -> bool:
        """Whether it was corrected or annulled, so that it no longer counts."""
        return self.annulled_at is not None

    def day(self, name: str) -> date | None:
        """One of its days."""
        found: date | None = self.values.get(name)
        return found


def find_fact(kind: str, fact_id: int, scope: Scope) -> Fact | None:
    """The fact, if it bears on a plant within the scope."""
    row = db.session.get(MODELS[kind], fact_id, populate_existing=True)
    if row is None:
        return None
    fact = _fact(kind, row, _enterprise_of(row), _names([row]))
    return fact if any(_covers(scope, it) for it in places_of(fact)) else None


def _covers(scope: Scope, place: tuple[int, str]) -> bool:
    return scope.covers(county=place[1], enterprise_id=place[0])


def places_of(fact: Fact) -> list[tuple[int, str]]:
    """Enterprise and county of every plant that the fact bears on now."""
    plants = (
        plants_of([fact.enterprise_id]).get(fact.enterprise_id, [])
        if fact.plant_id is None
        else [fact.plant_id]
    )
    return list(owners_of(plants).values())


def _enterprise_of(row: Any) -> int:
    if isinstance(row, GradeRow):
        return owners_of([row.plant_id])[int(row.plant_id)][0]
    if row.plant_id is not None:  # a fact that names a plant follows it to a new owner
        owner = owners_of([row.plant_id]).get(row.plant_id)
        if owner is not None:
            return owner[0]
    return int(row.enterprise_id)


def versions_of(fact: Fact) -> list[Fact]:
    """Every version of the fact, the newest first."""
    model = MODELS[fact.kind]
    found: dict[int, Any] = {fact.id: db.session.get(model, fact.id)}
    while True:
        known = sorted(found)
        wanted = [row.replaces_id for row in found.values() if row.replaces_id]
        query = select(model).where(model.id.in_(wanted) | model.replaces_id.in_(known))
        rows = {row.id: row for row in db.session.execute(query).scalars()}
        if rows.keys() <= found.keys():
            break
        found |= rows
    names = _names(list(found.values()))
    return [
        _fact(fact.kind, found[i], fact.enterprise_id, names) for i in sorted(found, reverse=True)
    ]


def successor_of(fact: Fact) -> Fact | None:
    """The version that took the fact's place; None where there is none."""
    return next((it for it in versions_of(fact) if it.replaces_id == fact.id), None)


def _fact(kind: str, row: Any, enterprise_id: int, names: Mapping[int, str]) -> Fact:
    return Fact(
        kind=kind,
        id=row.id,
        enterprise_id=enterprise_id,
        plant_id=row.plant_id,
        values={name: getattr(row, name) for name in FIELDS[kind]},
        recorded_at=row.recorded_at,
        recorded_by=names.get(row.recorded_by, "系统"),
        recorded_via=row.recorded_via,
        annulled_at=row.annulled_at,
        annulled_by=names.get(row.annulled_by, "系统"),
        annulled_via=row.annulled_via or "",
        annulled_reason=row.annulled_reason or "",
        replaces_id=row.replaces_id,
    )


def _names(rows: Sequence[Any]) -> dict[int, str]:
    return names_of(i for row in rows for i in (row.recorded_by, row.annulled_by))


# --- Whom an act is about ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is about: a plant, every plant of its enterprise, and the fact it starts from.

    ``reach`` is how far the person's permission goes for this act.
    """

    plant: PlantOnRecord
    plants: tuple[PlantOnRecord, ...]
    fact: Fact | None
    reach: Scope

    @property
    def counties(self) -> list[str]:
        """The counties of every plant of the enterprise."""
        return [it.county for it in self.plants]

    @property
    def standing_fact(self) -> Fact:
        """The fact that the act starts from; only for acts that have one."""
        if self.fact is None:
            raise LookupError("this act starts from no fact")
        return self.fact


def subject_of_plant(plant_id: int, scope: Scope) -> Subject | None:
    """A plant that something is to be recorded for, if it lies within the scope."""
    plant = find_plant(plant_id, scope)
    return None if plant is None else Subject(plant, _plants_beside(plant), None, scope)


def subject_of_fact(kind: str, fact_id: int, scope: Scope) -> Subject | None:
    """A fact to be changed, if it lies within the scope, with (one of) the plants it bears on."""
    fact = find_fact(kind, fact_id, scope)
    if fact is None:
        return None
    if fact.plant_id is not None:
        plant = find_plant(fact.plant_id, EVERYTHING)
    else:
        inside = list_plants(scope, enterprise_id=fact.enterprise_id)
        plant = next(iter(inside), None)
    return None if plant is None else Subject(plant, _plants_beside(plant), fact, scope)


def _plants_beside(plant: PlantOnRecord) -> tuple[PlantOnRecord, ...]:
    return tuple(list_plants(EVERYTHING, enterprise_id=plant.enterprise_id))


# --- What stands or waits already --------------------------------------------------------------


def identity_of(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """By which facts of one plant or enterprise are told apart, as the ledger does."""
    if kind == GRADE:
        return {it: values[it] for it in ("rulebook", "effective_on")}
    found = {"document_key": document_key(values["document"])}
    return {**found, "kind": values["kind"]} if kind == VIOLATION else found


def same_on_record(
    kind: str, plant: PlantOnRecord, values: Mapping[str, Any], *, is_whole: bool = False
) -> Fact | None:
    """The standing fact with the identity of these values; None when there is none.

    A fact that names a plant is known by it, whoever owns it now; one that names none, not.
    """
    model = MODELS[kind]
    same = [model.annulled_at.is_(None)]
    if is_whole:
        same += [model.plant_id.is_(None), model.enterprise_id == plant.enterprise_id]
    else:
        same.append(model.plant_id == plant.plant_id)
    same += [getattr(model, name) == it for name, it in identity_of(kind, values).items()]
    row = db.session.execute(select(model).where(*same)).scalars().first()
    return None if row is None else _fact(kind, row, plant.enterprise_id, _names([row]))


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal of this stage that waits for its second person."""

    id: int
    kind: str
    title: str
    payload: Mapping[str, Any]
    proposed_at: datetime
    proposer: str


def open_proposals(kinds: Sequence[str]) -> list[OpenProposal]:
    """What waits for a second person, of these kinds; few at any time."""
    rows = db.session.execute(
        select(
            ProposalRow.id,
            ProposalRow.kind,
            ProposalRow.title,
            ProposalRow.payload,
            ProposalRow.proposed_at,
            UserAccount.display_name,
        )
        .join(UserAccount, UserAccount.id == ProposalRow.proposed_by)
        .where(ProposalRow.state == "open", ProposalRow.kind.in_(list(kinds)))
        .order_by(ProposalRow.id)
    )
    return [
        OpenProposal(i, kind, title, json.loads(text), at, name)
        for i, kind, title, text, at, name in rows
    ]
