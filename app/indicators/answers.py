"""What a filer enters in a row of an 指标表 (自评); measured values at reference oxygen (折算)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.rulebook.domain import Grade

BEYOND = Decimal(10) ** 9
"""No value that is measured or asked for is as large."""
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value, with the oxygen it was measured at where a limit refers to one.

    Raises ValueError for what no instrument shows: less than nothing, no number, beyond all bounds
    (:func:`app.indicators.wording.read_number` says it to a person).
    """

    value: Decimal
    oxygen: Decimal | None = None

    def __post_init__(self) -> None:
        for number in (self.value, self.oxygen):
            if number is not None and not (number.is_finite() and 0 <= number < BEYOND):
                raise ValueError(f"no measured value: {number}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the filer entered in one row (自评)."""

    ticked: frozenset[str] = frozenset()
    """Ids of the clauses that are met."""
    measured: Mapping[str, Measured] = field(default_factory=dict)
    """By `Quantity.id`."""
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    """Per cent by `Share.subject`."""
    said: Mapping[str, bool] = field(default_factory=dict)
    """By `YesNo.subject`."""
    not_applicable: bool = False
    chosen: Grade | None = None
    """A grade chosen where none can be computed, with a reason."""
    reason: str = ""
    nothing_met: bool = False
    """Said outright that none of the listed clauses is met."""

    def __post_init__(self) -> None:
        for share in self.shares.values():
            if not (share.is_finite() and 0 <= share <= HUNDRED):
                raise ValueError(f"no share in per cent: {share}")


AIR_OXYGEN = Decimal(21)
"""Per cent of oxygen in air, as the conversion to reference oxygen takes it."""


class OxygenOfAir(ValueError):
    """A value measured at the oxygen of air or more cannot be converted."""

    def __init__(self) -> None:
        super().__init__("实测氧含量应低于 21%，否则无法折算到基准氧含量。请核对监测报告。")


def at_reference(measured: Measured, reference: Decimal | None) -> Decimal | None:
    """The value converted to reference oxygen (折算浓度); None while the oxygen is not entered.

    value × (21 − reference) ÷ (21 − measured oxygen), with every digit: no clause says where it
    would be rounded (未规定), so what is over a limit by any amount is over. Raises OxygenOfAir.
    """
    if reference is None:
        return measured.value
    if measured.oxygen is None:
        return None
    if measured.oxygen >= AIR_OXYGEN:
        raise OxygenOfAir
    return measured.value * (AIR_OXYGEN - reference) / (AIR_OXYGEN - measured.oxygen)


def shown(value: Decimal) -> str:
    """A number as a person writes it: every digit it has, no zeros that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
