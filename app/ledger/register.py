"""The register as rows of the ledger (登记簿), a plain value that a workbook is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from app.accounts.places import Bureau
from app.ledger.sheets import BY_NAME, Key, SheetSpec, Subject, Values

EnterpriseKey: TypeAlias = int | str
"""The lasting id of an enterprise on record, or the code of one the workbook brings."""

PlantKey: TypeAlias = int | tuple[EnterpriseKey, str]
"""The lasting id of a plant on record, or owner and number of one the workbook brings."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A standing fact as a row of its sheet; ``fact_id`` grows in the order of recording."""

    fact_id: int
    enterprise_id: int | None
    plant_id: int | None
    values: Values


@dataclass(frozen=True, slots=True)
class PlantPlace:
    """Whose a plant is, under which number, and in which county it stands."""

    enterprise_id: int
    number: str
    county: str


@dataclass(slots=True)
class Register:
    """What stands in the register, by sheet and in recorded order.

    ``former_codes`` and ``former_numbers`` are the identities that enterprises and plants bore in
    earlier records and no longer bear. ``least_supplies`` says by the fact of a reserve how little
    it may be given, since so much of it has gone out.
    """

    bureaus: tuple[Bureau, ...] = ()
    rows: dict[str, list[RegisterRow]] = field(default_factory=dict)
    by_key: dict[str, dict[Key, RegisterRow]] = field(default_factory=dict)
    enterprises: dict[str, int] = field(default_factory=dict)
    plants: dict[tuple[int, str], int] = field(default_factory=dict)
    places: dict[int, PlantPlace] = field(default_factory=dict)
    plants_of: dict[int, list[int]] = field(default_factory=dict)
    former_codes: Mapping[str, frozenset[int]] = field(default_factory=dict)
    absorbed_codes: Mapping[str, int] = field(default_factory=dict)
    """Codes of enterprises that became part of another (重复企业归并), with the id they had."""
    former_numbers: Mapping[tuple[int, str], frozenset[int]] = field(default_factory=dict)
    least_supplies: Mapping[int, Decimal] = field(default_factory=dict)
    annulled: Mapping[str, Mapping[Key, str]] = field(default_factory=dict)
    """By sheet and identity, what became of facts that were annulled and stand no longer."""
    is_part: bool = False
    """Whether there is more in the register than this, which was read for one workbook."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been entered yet."""
        return not (self.is_part or any(self.rows.values()) or self.former_codes)

    def add(self, sheet: str, rows: Iterable[RegisterRow]) -> None:
        """Take in the rows of a sheet, in recorded order."""
        spec = BY_NAME[sheet]
        held = self.rows.setdefault(sheet, [])
        keys = self.by_key.setdefault(sheet, {})
        for row in rows:
            held.append(row)
            keys[row_key(spec, row.enterprise_id, row.plant_id, row.values)] = row

    def find(self, sheet: str, key: Key | None) -> RegisterRow | None:
        """The standing row with this identity."""
        return None if key is None else self.by_key.get(sheet, {}).get(key)


def row_key(
    spec: SheetSpec,
    enterprise: EnterpriseKey | None,
    plant: PlantKey | None,
    values: Mapping[str, object],
) -> Key:
    """The identity of a row, the same for rows of the register and of a workbook."""
    subject: Key
    if spec.subject is Subject.NOBODY:
        subject = ()
    elif spec.subject is Subject.ENTERPRISE:
        subject = (enterprise,)
    elif spec.subject is Subject.PLANT:
        subject = (plant,)
    else:
        subject = (enterprise if plant is None else None, plant)
    return (*subject, *spec.own_key(values))
