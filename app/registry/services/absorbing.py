"""重复企业归并: an enterprise that was on record twice becomes part of the one that stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.kernel import audit, clock, facts
from app.registry.change_rules import ChangeKind, Stage
from app.registry.models import PlantChange
from app.registry.queries import PlantOnRecord
from app.registry.services.changes import plant_entry
from app.registry.services.register import correct_plants, end_enterprise


def absorb_enterprise(
    gone: int,
    stays: int,
    numbers: Mapping[int, str],
    plants: Mapping[int, PlantOnRecord],
    sentence: str,
    reason: str,
    document: str,
) -> None:
    """Bring the plants to the enterprise that stays, under ``numbers``; end the other record."""
    correct_plants(
        {
            i: replace(plant_entry(plant), enterprise_id=stays, number=numbers[i])
            for i, plant in plants.items()
        }
    )
    end_enterprise(gone)
    subjects: list[int | None] = [None, *plants]
    facts.record(
        PlantChange,
        [
            {
                "first_id": None,
                "kind": str(ChangeKind.ABSORB),
                "stage": str(Stage.DONE),
                "enterprise_id": gone,
                "plant_id": plant_id,
                "other_enterprise_id": stays,
                "other_plant_id": None,
                "effective_on": clock.today(),
                "reason": reason,
                "document": document,
                "wanted": "",
                "told": sentence,
                "note": "",
                "form_key": "",
            }
            for plant_id in subjects
        ],
    )
    audit.record("enterprise.merged", "enterprise", gone, {"内容": sentence, "原因": reason})
