"""规则库: grades, schemes, industries, clauses and parameters as plain values.

Nothing here reads a file, a database or the clock. A `Rulebook` is made for one day (and one
county) by `app.rulebook.queries.rulebook_on` and answers every question of law for that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias

from app.rulebook.industries import (
    Catalogue,
    Confidence,
    FormerName,
    How,
    Industry,
    IndustryCode,
    IndustryMatch,
    SchemeUse,
    Subtype,
    SubtypeMatch,
    folded,
)
from app.rulebook.parameters import Parameter, Parameters, UnknownEntry

__all__ = [
    "Catalogue",
    "Clause",
    "Confidence",
    "FormerName",
    "Grade",
    "GradeOrder",
    "How",
    "Industry",
    "IndustryCode",
    "IndustryMatch",
    "LowestGrade",
    "Parameter",
    "Parameters",
    "Rulebook",
    "RulebookInfo",
    "RulebookStatus",
    "Scheme",
    "SchemeUse",
    "Subtype",
    "SubtypeMatch",
    "UnknownEntry",
    "folded",
    "with_grade",
]

Grade: TypeAlias = str
"""绩效等级, one of: A+, A, 引领性, B, B-, C, D, 非引领性."""


def with_grade(before: str, grade: Grade) -> str:
    """Words followed by a grade as a sentence writes it: 为 A 级, 为引领性."""
    return f"{before}{grade}" if grade.endswith("性") else f"{before} {grade} 级"


RulebookStatus: TypeAlias = Literal["征求意见稿", "已印发"]

TIE = " = "
"""Joins grades of equal rank inside one tier of the configured order: "D = 非引领性"."""


@dataclass(frozen=True)
class GradeOrder:
    """等级排序: the configured order across the schemes; rank 0 is the best grade."""

    ranks: Mapping[Grade, int] = field(hash=False)

    @classmethod
    def from_tiers(cls, tiers: Sequence[str]) -> GradeOrder:
        """The order written best first; grades of equal rank share a tier ("D = 非引领性")."""
        ranks = {
            grade.strip(): rank for rank, tier in enumerate(tiers) for grade in tier.split(TIE)
        }
        return cls(ranks)

    def rank(self, grade: Grade | None) -> int:
        """0 for the best grade; 未定级 (None) ranks after every grade."""
        if grade is None:
            return self._after_all
        if grade not in self.ranks:
            raise UnknownEntry(f"等级“{grade}”不在等级排序中，请核对等级名称。")
        return self.ranks[grade]

    @cached_property
    def _after_all(self) -> int:
        return max(self.ranks.values(), default=-1) + 1

    def at_least(self, grade: Grade | None, floor: Grade | None) -> bool:
        """Whether `grade` is as good as `floor` or better."""
        return self.rank(grade) <= self.rank(floor)

    def worst(self, grades: Iterable[Grade | None]) -> Grade | None:
        """交叉级别: the lowest of the grades, the first named among equals; None if one is."""
        return max(grades, key=self.rank, default=None)


@dataclass(frozen=True)
class Scheme:
    """等级方案: the grades an industry is given under one rulebook, best first."""

    id: str
    title: str
    rulebook: str
    grades: tuple[Grade, ...]
    clause: str
    source: str

    @property
    def lowest(self) -> Grade:
        """最低等级 of the scheme."""
        return self.grades[-1]

    def admits(self, grade: Grade) -> bool:
        """Whether the grade can be given under this scheme (PLAN-GRADES: B includes B-)."""
        return grade in self.grades


@dataclass(frozen=True)
class LowestGrade:
    """The lowest grade of a plant's scheme; `verified` is False where the scheme is 未核实."""

    grade: Grade
    rulebook: str
    verified: bool


@dataclass(frozen=True)
class Clause:
    """条款: an id that reasons cite, with its citation and a summary in our own words."""

    id: str
    title: str
    citation: str
    summary: str
    rulebook: str | None
    """None for what the bureau itself asked of the system (USER-*)."""


@dataclass(frozen=True)
class RulebookInfo:
    """规则集: what every list prints about the document it was decided by; None: 未核实."""

    id: str
    title: str
    short_title: str
    status: RulebookStatus
    number: str | None
    issued_on: date | None
    issuer: str | None
    note: str


@dataclass(frozen=True)
class Rulebook:
    """规则集 in force on one day in one county: every question of law is asked of it."""

    info: RulebookInfo
    on: date
    county: str | None
    clauses: Mapping[str, Clause] = field(hash=False)
    schemes: Mapping[str, Scheme] = field(hash=False)
    catalogue: Catalogue
    parameters: Parameters

    @property
    def id(self) -> str:
        """The id that grade records and lists carry."""
        return self.info.id

    @property
    def grades(self) -> tuple[Grade, ...]:
        """Every grade this rulebook can give, best first."""
        own = {grade for scheme in self.schemes.values() for grade in scheme.grades}
        return tuple(grade for grade in self.grade_order.ranks if grade in own)

    @property
    def grade_order(self) -> GradeOrder:
        """The order of grades configured for the day (本局设定, PLAN-CROSS)."""
        tiers = self.parameter("grade.order").value
        return GradeOrder.from_tiers(tiers if isinstance(tiers, tuple) else ())

    def clause(self, clause_id: str) -> Clause:
        """The clause of that id, whichever rulebook it belongs to."""
        if clause_id not in self.clauses:
            raise UnknownEntry(f"规则库中没有条款“{clause_id}”，请核对条款编号。")
        return self.clauses[clause_id]

    def parameter(self, parameter_id: str, on: date | None = None) -> Parameter:
        """The parameter's value on the day, by default the rulebook's own day and county."""
        return self.parameters.on(parameter_id, on or self.on, self.county)

    def industry(self, text: str) -> IndustryMatch:
        """Read a 行业 cell against the catalogue of the day."""
        return self.catalogue.match(text)

    def scheme_of(self, industry: Industry, subtype: str | None = None) -> SchemeUse:
        """Which scheme grades the industry or its sub-type; `scheme_id` None where unknown."""
        part = industry.subtype(subtype)
        for use in (*(part.schemes if part else ()), *industry.schemes):
            if use.rulebook == self.id and use.holds_on(self.on):
                return use
        return SchemeUse(None, "未核实", f"未找到该行业在“{self.info.title}”下的等级方案", self.id)

    def scheme(self, industry: Industry, subtype: str | None = None) -> Scheme | None:
        """等级方案 of the industry or its sub-type; None where unknown."""
        use = self.scheme_of(industry, subtype)
        return self.schemes[use.scheme_id] if use.scheme_id else None

    def lowest_grade(self, industry: Industry, subtype: str | None = None) -> LowestGrade:
        """最低等级 that PLAN-FALSE gives; an unknown scheme gives D, not verified."""
        use = self.scheme_of(industry, subtype)
        if use.scheme_id is None:
            return LowestGrade("D", self.id, verified=False)
        return LowestGrade(
            self.schemes[use.scheme_id].lowest, self.id, verified=use.confidence == "已核实"
        )
