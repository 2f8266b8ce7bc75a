"""What the pages of this stage read across stages (经办)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from app.kernel.database import db, known_at
from app.supervision.models import FindingRecord, ViolationRecord
from app.supervision.services import FindingEntry, ViolationEntry


def count_wide_facts(enterprise_id: int) -> int:
    """How many violations and findings name no plant and so hold for all of the enterprise's."""
    return sum(
        db.session.execute(
            select(func.count()).where(
                model.enterprise_id == enterprise_id,
                model.plant_id.is_(None),
                model.withdrawn_on.is_(None),
                known_at(model, None),
            )
        ).scalar_one()
        for model in (ViolationRecord, FindingRecord)
    )


@dataclass(frozen=True, slots=True)
class WideViolation:
    """A violation that names no plant; ``identity`` tells it from others of the enterprise."""

    id: int
    identity: tuple[str, str]
    entry: ViolationEntry

    def for_plants(self, owner: int, plants: Iterable[int]) -> list[ViolationEntry]:
        """The same against each of these plants alone."""
        return [replace(self.entry, enterprise_id=owner, plant_id=it) for it in plants]


@dataclass(frozen=True, slots=True)
class WideFinding:
    """A finding that names no plant."""

    id: int
    identity: str
    entry: FindingEntry

    def for_plants(self, owner: int, plants: Iterable[int]) -> list[FindingEntry]:
        """The same against each of these plants alone."""
        return [replace(self.entry, enterprise_id=owner, plant_id=it) for it in plants]


@dataclass(frozen=True, slots=True)
class WideFacts:
    """What holds for every plant of an enterprise."""

    violations: tuple[WideViolation, ...]
    findings: tuple[WideFinding, ...]


def wide_facts(enterprise_id: int) -> WideFacts:
    """The standing facts of an enterprise that name no plant, to be recorded elsewhere."""
    violations = _standing(ViolationRecord, enterprise_id)
    findings = _standing(FindingRecord, enterprise_id)
    return WideFacts(
        tuple(
            WideViolation(
                it.id,
                (it.document_key, it.kind),
                ViolationEntry(
                    enterprise_id, None, it.kind, it.acted_on, it.decided_on, it.document,
                    it.withdrawn_on, it.withdrawal_document, it.withdrawal_reason,
                    it.barring_reason,
                ),
            )
            for it in violations
        ),
        tuple(
            WideFinding(
                it.id,
                it.document_key,
                FindingEntry(
                    enterprise_id, None, it.found_on, it.document, it.withdrawn_on, it.note,
                    it.withdrawal_document, it.withdrawal_reason,
                ),
            )
            for it in findings
        ),
    )  # fmt: skip


def _standing(model: type[Any], enterprise_id: int) -> Sequence[Any]:
    return (
        db.session.execute(
            select(model)
            .where(
                model.enterprise_id == enterprise_id,
                model.plant_id.is_(None),
                known_at(model, None),
            )
            .order_by(model.id)
        )
        .scalars()
        .all()
    )
