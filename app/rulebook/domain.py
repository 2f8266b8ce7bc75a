"""规则库: grades, schemes, industries, clauses and parameters as plain values.

Nothing here reads a file, a database or the clock. A `Rulebook` is made for one day (and one
county) by `app.rulebook.queries.rulebook_on` and answers every question of law for that day.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias, TypeVar

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


Confidence: TypeAlias = Literal["已核实", "未核实"]
RulebookStatus: TypeAlias = Literal["征求意见稿", "已印发"]
How: TypeAlias = Literal["序号", "名称", "别名", "唯一前缀", "有歧义", "未找到"]

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
            return max(self.ranks.values(), default=-1) + 1
        if grade not in self.ranks:
            raise UnknownEntry(f"等级“{grade}”不在等级排序中，请核对等级名称。")
        return self.ranks[grade]

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
class SchemeUse:
    """Which scheme an industry or sub-type uses under a rulebook; `scheme_id` None: 未知."""

    scheme_id: str | None
    confidence: Confidence
    source: str
    rulebook: str = ""
    from_on: date | None = None
    until_on: date | None = None

    def holds_on(self, on: date) -> bool:
        """Whether the entry is in force on the day; `until_on` is the first day it is not."""
        return _in_force(on, self.from_on, self.until_on)


@dataclass(frozen=True)
class Subtype:
    """子类: a sub-process or product with a table of its own inside an industry."""

    name: str
    aliases: tuple[str, ...] = ()
    schemes: tuple[SchemeUse, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class IndustryCode:
    """国民经济行业代码 (GB/T 4754-2017) that belongs to an industry."""

    code: str
    confidence: Confidence
    source: str


@dataclass(frozen=True)
class FormerName:
    """曾用名称 of an industry; `until_on` is the first day it no longer was its name."""

    name: str
    until_on: date


@dataclass(frozen=True)
class Industry:
    """重点行业 or 地方特色行业; `number` is its place among the 39, None for a local one."""

    id: str
    number: int | None
    name: str
    aliases: tuple[str, ...] = ()
    former_names: tuple[FormerName, ...] = ()
    subtypes: tuple[Subtype, ...] = ()
    schemes: tuple[SchemeUse, ...] = ()
    codes: tuple[IndustryCode, ...] = ()
    local: bool = False
    source: str = ""
    note: str = ""
    from_on: date | None = None
    until_on: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether the industry stands in the catalogue on the day."""
        return _in_force(on, self.from_on, self.until_on)

    def name_on(self, on: date) -> str:
        """The name the industry bore on the day."""
        later = [former for former in self.former_names if on < former.until_on]
        return min(later, key=lambda former: former.until_on).name if later else self.name

    def subtype(self, name: str | None) -> Subtype | None:
        """The sub-type of that exact name, None if the industry has none such."""
        return next((subtype for subtype in self.subtypes if subtype.name == name), None)

    def label(self, subtype: str | None = None) -> str:
        """目录名称 as lists print it: 水泥/独立粉磨站, 铸造."""
        return f"{self.name}/{subtype}" if subtype else self.name


@dataclass(frozen=True)
class IndustryMatch:
    """What a text in a 行业 cell was read as; `industry` None when nothing or several fit."""

    text: str
    industry: Industry | None
    how: How
    candidates: tuple[Industry, ...] = ()

    @property
    def read_as(self) -> str | None:
        """The catalogue name to report (读作), None when the text is that name already."""
        if self.industry is None or self.text == self.industry.name:
            return None
        return self.industry.name


@dataclass(frozen=True)
class SubtypeMatch:
    """What a text in a 子类 cell was read as; `subtype` None when nothing or several fit."""

    text: str
    subtype: Subtype | None
    how: How
    candidates: tuple[Subtype, ...] = ()

    @property
    def read_as(self) -> str | None:
        """The catalogue name to report (读作), None when the text is that name already."""
        if self.subtype is None or self.text == self.subtype.name:
            return None
        return self.subtype.name


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


_Named = TypeVar("_Named", Industry, Subtype)


@dataclass(frozen=True)
class Catalogue:
    """行业目录: the 39 national key industries and the local ones."""

    industries: tuple[Industry, ...]

    def on(self, on: date) -> Catalogue:
        """The catalogue as it stood on the day."""
        return Catalogue(tuple(entry for entry in self.industries if entry.in_force(on)))

    def by_id(self, industry_id: str) -> Industry:
        """The industry of that id, retired ones included."""
        for industry in self.industries:
            if industry.id == industry_id:
                return industry
        raise UnknownEntry(f"行业目录中没有编号为“{industry_id}”的行业。")

    def match(self, text: str) -> IndustryMatch:
        """Read a 行业 cell: number, exact name, alias, or a prefix that only one name has."""
        if numbered := _NUMBER.fullmatch(folded(text)):
            number = int(numbered[1])
            found = tuple(entry for entry in self.industries if entry.number == number)
            return IndustryMatch(text, found[0] if found else None, "序号" if found else "未找到")
        return IndustryMatch(text, *_read(text, self.industries, _other_names))

    def match_subtype(self, industry: Industry, text: str) -> SubtypeMatch:
        """Read a 子类 cell of a plant of that industry."""
        return SubtypeMatch(text, *_read(text, industry.subtypes, lambda entry: entry.aliases))


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


_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")


def folded(text: str) -> str:
    """Text made comparable: half width, one kind of bracket, no blanks, lower case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()


def _bare(name: str) -> str:
    return folded(name).removesuffix("行业")


def _other_names(industry: Industry) -> tuple[str, ...]:
    return (*industry.aliases, *(former.name for former in industry.former_names))


def _read(
    text: str, entries: Sequence[_Named], others: Callable[[_Named], Iterable[str]]
) -> tuple[_Named | None, How, tuple[_Named, ...]]:
    wanted = _bare(text)
    if not wanted:
        return None, "未找到", ()
    steps: tuple[tuple[How, Callable[[_Named], Iterable[str]], Callable[[str, str], bool]], ...] = (
        ("名称", lambda entry: (entry.name,), str.__eq__),
        ("别名", others, str.__eq__),
        ("唯一前缀", lambda entry: (entry.name,), str.startswith),
        ("唯一前缀", others, str.startswith),
    )
    for how, names, fits in steps:
        found = tuple(e for e in entries if any(fits(_bare(n), wanted) for n in names(e)))
        if found:
            return (found[0], how, found) if len(found) == 1 else (None, "有歧义", found)
    return None, "未找到", ()


def _in_force(on: date, from_on: date | None, until_on: date | None) -> bool:
    return (from_on is None or from_on <= on) and (until_on is None or on < until_on)
