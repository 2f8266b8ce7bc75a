"""Allocation of emission rights in government reserve (排污权储备的分配) by rank until used up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TypeAlias

from app.kernel.verdicts import Reason
from app.policy.domain import RankedList, RankedRow

CLAUSE = "PLAN-RIGHTS"
PARTIAL = "allocation.partial"
"""Setting: the application at the edge of the reserve gets the rest (true) or nothing (false)."""

POLLUTANTS = ("SO2", "NOx", "VOCs", "PM")

ZERO = Decimal("0.000")
OUTSIDE = Reason(
    CLAUSE, "新办企业的投资项目不在本条排污权差异化保障范围内，由本局另行决定。", met=False
)


class Level(StrEnum):
    """Whose reserve (储备级别)."""

    CITY = "city"
    PROVINCE = "province"


LEVEL_WORDS = {Level.CITY: "市级", Level.PROVINCE: "省级"}
MEASURE_OF = {Level.CITY: "rights-city", Level.PROVINCE: "rights-province"}
"""The measure that admits plants to the reserve of a level."""


class Section(StrEnum):
    """The part of the allocation (分组) in which an application stands, in the order printed."""

    PRIORITY = "priority"
    NEW_ENTERPRISE = "new-enterprise"
    NOT_ADMITTED = "not-admitted"


SECTION_WORDS = {
    Section.PRIORITY: "优先保障",
    Section.NEW_ENTERPRISE: "新办企业项目",
    Section.NOT_ADMITTED: "未纳入",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that supports an application (证明材料): the hash of its bytes, and its name."""

    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class Application:
    """An application for emission rights (排污权申请)."""

    uscc: str
    plant: str
    """厂区编号."""
    project: str
    """项目名称; empty when the plant applies for itself."""
    new_enterprise: bool
    """新办企业: the project is an investment of a newly founded enterprise."""
    pollutant: str
    year: int
    asked: Decimal
    """Tonnes a year."""
    applied_on: date
    plant_id: int = 0
    """The plant's lasting id."""

    @property
    def matter(self) -> Matter:
        """What names the same application in every list: plant and project."""
        return self.plant_id, self.project


Matter: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Share:
    """An application with what it is given and why."""

    application: Application
    plant: RankedRow
    """The plant in the measure of the level."""
    section: Section
    allocated: Decimal | None
    """Tonnes a year; None outside the priority section: not for this rule to decide."""
    reasons: tuple[Reason, ...]

    @property
    def rank(self) -> int | None:
        """The plant's rank in the measure; None outside the priority section."""
        return self.plant.rank if self.section is Section.PRIORITY else None

    @property
    def is_cut(self) -> bool:
        """Whether it gets less than it asks for."""
        return self.allocated is not None and self.allocated < self.application.asked


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who gets how much of one reserve on a day; the sum never exceeds the reserve."""

    level: Level
    pollutant: str
    year: int
    on: date
    reserve: Decimal
    allocated_total: Decimal
    """The tonnes given to all together, those of other counties included."""
    shares: tuple[Share, ...]

    @property
    def remaining(self) -> Decimal:
        """The tonnes of the reserve that nobody has been given (余量)."""
        return self.reserve - self.allocated_total

    @property
    def edge(self) -> Share | None:
        """The first application in turn that does not get all it asks for; None: all do."""
        return next((it for it in self.of_section(Section.PRIORITY) if it.is_cut), None)

    def of_section(self, section: Section) -> tuple[Share, ...]:
        """The applications of one section, in their order."""
        return tuple(share for share in self.shares if share.section is section)

    def of_counties(self, counties: Iterable[str]) -> Allocation:
        """The shares of some counties (区县); ranks, amounts and total stay those of all."""
        wanted = frozenset(counties)
        kept = tuple(share for share in self.shares if share.plant.candidate.county in wanted)
        return replace(self, shares=kept)


class AllocationFault(ValueError):
    """The register does not allow an allocation; the text says what to mend."""


def tonnes(amount: Decimal) -> Decimal:
    """Tonnes to the kilogram (三位小数), half a kilogram up: the only place that rounds."""
    return amount.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)


def total_of(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum in tonnes to the kilogram; what is not decided counts as nothing."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def remaining_asks(
    applications: Iterable[Application], given: Mapping[Matter, Decimal]
) -> list[Application]:
    """What is still asked after another level gave its share (省级先分配、市级按余额分配).

    An application that got all it asked for takes no part any more.
    """
    left = ((it, it.asked - given.get(it.matter, ZERO)) for it in applications)
    return [replace(it, asked=rest) for it, rest in left if rest > 0]


def allocate(
    level: Level,
    pollutant: str,
    year: int,
    applications: Iterable[Application],
    ranked: RankedList,
    reserve: Decimal | None,
    *,
    partial: bool,
) -> Allocation:
    """Give the reserve of a level to the applications of the day, best rank first (PLAN-RIGHTS).

    `ranked` is the measure of the level for the day, of the whole register; applications of
    another pollutant or year, or of a later day, are left out. `reserve` None: none recorded.
    """
    if ranked.measure.id != MEASURE_OF[level]:
        raise ValueError(f"{level} reserves are shared by {MEASURE_OF[level]}, not otherwise")
    available = tonnes(reserve or Decimal(0))
    if available < 0:
        raise AllocationFault(f"储备量 {available} 吨小于零。请核对排污权储备。")
    plants = {(row.candidate.uscc, row.candidate.plant): row for row in ranked.rows}
    sections: dict[Section, list[tuple[Application, RankedRow]]] = {s: [] for s in Section}
    for application in applications:
        if application.pollutant != pollutant or application.year != year:
            continue
        if application.applied_on > ranked.on:
            continue
        plant = _plant_of(application, plants)
        entry = (replace(application, asked=tonnes(application.asked)), plant)
        sections[_section(application, plant)].append(entry)
    given = _given(sections[Section.PRIORITY], available, partial=partial)
    shares = (
        *given,
        *_set_apart(sections[Section.NEW_ENTERPRISE], Section.NEW_ENTERPRISE),
        *_set_apart(sections[Section.NOT_ADMITTED], Section.NOT_ADMITTED),
    )
    total = total_of(share.allocated for share in given)
    return Allocation(level, pollutant, year, ranked.on, available, total, shares)


def _plant_of(application: Application, plants: dict[tuple[str, str], RankedRow]) -> RankedRow:
    plant = plants.get((application.uscc, application.plant))
    if plant is None:
        raise AllocationFault(
            f"排污权申请所指的厂区 {application.uscc} {application.plant} 不在企业台账中。"
            "请先补录该厂区，或更正申请。"
        )
    return plant


def _section(application: Application, plant: RankedRow) -> Section:
    if application.new_enterprise:
        return Section.NEW_ENTERPRISE
    return Section.PRIORITY if plant.admitted else Section.NOT_ADMITTED


def _given(
    entries: Iterable[tuple[Application, RankedRow]], reserve: Decimal, *, partial: bool
) -> list[Share]:
    """The priority section in order of rank, 申请日期, 项目名称; nobody overtakes."""
    left = reserve
    passed_edge = False
    shares: list[Share] = []
    for application, plant in sorted(entries, key=_turn):
        asked = application.asked
        amount, how = _amount(asked, left, passed_edge=passed_edge, partial=partial)
        text = f"位次 {plant.rank}，申请 {asked} 吨，轮到时储备余量 {left} 吨：{how}。"
        reasons = (*plant.reasons, Reason(CLAUSE, text, met=amount == asked))
        shares.append(Share(application, plant, Section.PRIORITY, amount, reasons))
        passed_edge = passed_edge or amount < asked
        left -= amount
    return shares


def _amount(
    asked: Decimal, left: Decimal, *, passed_edge: bool, partial: bool
) -> tuple[Decimal, str]:
    """What the next in turn gets of what is left, and the words for it."""
    if asked <= left and not passed_edge:
        return asked, "全额分配"
    if left == 0:
        return ZERO, "储备已用完，分配 0.000 吨"
    if partial:
        return left, f"余量不足，按本局设定分配余量 {left} 吨"
    if passed_edge:
        return ZERO, "前面的申请已超出余量，按本局设定其后的申请不越位，分配 0.000 吨"
    return ZERO, "余量不足，按本局设定不作部分分配，分配 0.000 吨"


def _turn(entry: tuple[Application, RankedRow]) -> tuple[int, date, str]:
    application, plant = entry
    return plant.rank or 0, application.applied_on, application.project


def _set_apart(entries: Iterable[tuple[Application, RankedRow]], section: Section) -> list[Share]:
    """A section that receives nothing by this rule, by code, plant and project."""
    return [
        Share(
            application,
            plant,
            section,
            None,
            (OUTSIDE,) if section is Section.NEW_ENTERPRISE else plant.reasons,
        )
        for application, plant in sorted(entries, key=_identity)
    ]


def _identity(entry: tuple[Application, RankedRow]) -> tuple[str, str, str]:
    application, _ = entry
    return application.uscc, application.plant, application.project
