"""行业目录: industries, their sub-types, codes and schemes, and how a 行业 cell is read (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, TypeVar

from app.rulebook.parameters import UnknownEntry

Confidence: TypeAlias = Literal["已核实", "未核实"]
How: TypeAlias = Literal["序号", "名称", "别名", "唯一前缀", "有歧义", "未找到"]


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

    def label(self, subtype: str | None = None, on: date | None = None) -> str:
        """目录名称 of the day (None: the last one) as lists print it: 水泥/独立粉磨站, 铸造."""
        name = self.name if on is None else self.name_on(on)
        return f"{name}/{subtype}" if subtype else name


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
