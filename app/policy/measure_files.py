"""Measure files (措施文件): a measure as TOML, from a closed set of conditions and orders."""

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.kernel.system_words import why
from app.policy import conditions
from app.policy.criteria import BEST_FIRST, WORST_FIRST
from app.policy.domain import Condition, Measure, Origin


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault (错误) in a measure file or plugin: where, what is wrong, how to mend it."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}，第 {self.line} 行：{self.what}。{self.mend.rstrip('。')}。"


_MOST_LETTERS, _MOST_DOTS = 65_536, 500
"""What a file may hold: a name of a hundred thousand parts takes the reader gigabytes."""
NO_CLAUSE = "请改为规则库中的条款编号"
_Place = tuple[str | int, ...]


class MeasureFileError(ValueError):
    """A measure file cannot be used; `faults` says where and why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the rulebook knows, for checking what a file names."""

    clauses: frozenset[str]
    industries: frozenset[str]


def _known_grade(grade: str) -> str:
    if grade not in conditions.GRADES:
        raise ValueError(f"没有等级“{grade}”。可用的等级：{'、'.join(conditions.GRADES)}")
    return grade


Words = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S.*\S$|^\S$")]
Names = Annotated[list[Words], Field(min_length=1)]
Clause = Annotated[str, Field(pattern=r"^[A-Z]+(-[A-Z]+)+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Admit(_Strict):
    """[admit]: the grades (等级) that are admitted, and the sentence that says so."""

    grades: Annotated[list[Annotated[str, AfterValidator(_known_grade)]], Field(min_length=1)]
    clause: Clause
    text: Words
    """The sentence of the policy for the admitted, without the full stop."""
    those: Words
    """Who is meant, for the others: 不属于 …"""

    def condition(self) -> Condition:
        """The condition that the section states; B includes B- (PLAN-GRADES)."""
        grades = {*self.grades, *(("B-",) if "B" in self.grades else ())}
        return conditions.grade_among(
            grades, clause=self.clause, favour=self.text, those=self.those
        )


class Plain(_Strict):
    """[[exclude]] blocked, banned or livelihood: needs nothing but its clause."""

    when: Literal["blocked", "banned", "livelihood"]
    clause: Clause

    def condition(self) -> Condition:
        """Not barred by a violation, not in a ban, or not 民生保障类."""
        make = {
            "blocked": conditions.not_blocked,
            "banned": conditions.not_banned,
            "livelihood": conditions.not_livelihood,
        }[self.when]
        return make(clause=self.clause)


class TooManyViolations(_Strict):
    """[[exclude]] violations-over: more violations in 36 months than `limit`."""

    when: Literal["violations-over"]
    clause: Clause
    limit: Annotated[int, Field(ge=0, le=10_000)]

    def condition(self) -> Condition:
        """No more violations than the limit."""
        return conditions.violations_at_most(self.limit, clause=self.clause)


class InState(_Strict):
    """[[exclude]] state: the plant's 生产状态 is one of those named."""

    when: Literal["state"]
    clause: Clause
    values: Annotated[list[Literal["正常", "停产", "长期停产"]], Field(min_length=1)]

    def condition(self) -> Condition:
        """In none of the states named."""
        return conditions.state_outside(self.values, clause=self.clause)


class InIndustry(_Strict):
    """[[exclude]] industry or industry-not: the plant's main industry is, or is not, named."""

    when: Literal["industry", "industry-not"]
    clause: Clause
    values: Names

    def condition(self) -> Condition:
        """The main industry is on the right side of the names."""
        make = conditions.industry_outside if self.when == "industry" else conditions.industry_among
        return make(self.values, clause=self.clause)


Exclude = Annotated[Plain | TooManyViolations | InState | InIndustry, Field(discriminator="when")]


class MeasureFile(_Strict):
    """One measure file as the bureau writes it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
    title: Words
    order: Literal["better-first", "worse-first"]
    admit: Admit
    exclude: list[Exclude] = []

    def measure(self, source: str) -> Measure:
        """The measure that the file states."""
        stated = (self.admit.condition(), *(entry.condition() for entry in self.exclude))
        return Measure(
            id=self.id,
            title=self.title,
            clauses=tuple(dict.fromkeys(condition.clause for condition in stated)),
            conditions=stated,
            criteria=BEST_FIRST if self.order == "better-first" else WORST_FIRST,
            origin=Origin.SETTINGS,
            source=source,
        )


def load_measure_files(folder: Path) -> list[Measure]:
    """The measures of all *.toml files of the folder; MeasureFileError names every fault."""
    measures: list[Measure] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        read = _read(path)
        if isinstance(read, MeasureFile):
            measures.append(read.measure(path.name))
        else:
            faults.extend(read)
    if faults:
        raise MeasureFileError(faults)
    return measures


def check_measure_file(
    path: Path, vocabulary: Vocabulary | None = None, *, taken: Collection[str] = ()
) -> list[Fault]:
    """Every fault of a measure file with its line; with a vocabulary also unknown names.

    `taken`: the ids that other sources of measures use.
    """
    read = _read(path)
    if not isinstance(read, MeasureFile):
        return read
    faults = [] if vocabulary is None else _unknown_names(path, read, vocabulary)
    if read.id in taken:
        line = _line_of(("id",), _lines_of_keys(path.read_text(encoding="utf-8-sig")))
        faults.append(Fault(path.name, line, f"措施编号 {read.id} 已被使用", "请换一个编号"))
    return faults


def _unknown_names(path: Path, file: MeasureFile, vocabulary: Vocabulary) -> list[Fault]:
    lines = _lines_of_keys(path.read_text(encoding="utf-8-sig"))
    sections: list[tuple[_Place, Admit | Exclude]] = [(("admit",), file.admit)]
    sections += [(("exclude", number), entry) for number, entry in enumerate(file.exclude)]
    faults: list[Fault] = []
    for place, section in sections:
        if section.clause not in vocabulary.clauses:
            line = _line_of((*place, "clause"), lines)
            what = f"规则库中没有条款 {section.clause}"
            faults.append(Fault(path.name, line, what, NO_CLAUSE))
        if not isinstance(section, InIndustry):
            continue
        for name in section.values:
            if name not in vocabulary.industries:
                line = _line_of((*place, "values"), lines)
                what = f"行业目录中没有“{name}”"
                faults.append(Fault(path.name, line, what, "请写目录中的行业名称，不带子类"))
    return faults


def _read(path: Path) -> MeasureFile | list[Fault]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return [Fault(path.name, 1, "文件不是 UTF-8 编码", "请用 UTF-8 编码重新保存")]
    except OSError as error:
        return [Fault(path.name, 1, f"文件无法读取（{why(error)}）", "请核对路径和读取权限")]
    if len(text) > _MOST_LETTERS or any(it.count(".") > _MOST_DOTS for it in text.splitlines()):
        return [Fault(path.name, 1, "文件过大，或有一行写得过长", "请只写措施本身")]
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers and brackets beyond all measure
        return [_syntax_fault(path.name, text, str(error))]
    try:
        file = MeasureFile.model_validate(data)
    except ValidationError as error:
        lines = _lines_of_keys(text)
        return [
            Fault(path.name, _line_of(_place_of(entry), lines), *_told(entry))
            for entry in error.errors(include_url=False)
        ]
    return _repeated(path.name, text, file) or file


def _repeated(name: str, text: str, file: MeasureFile) -> list[Fault]:
    lines = _lines_of_keys(text)
    seen: set[str] = set()
    faults: list[Fault] = []
    for number, entry in enumerate(file.exclude):
        if entry.when in seen:
            line = _line_of(("exclude", number, "when"), lines)
            what = f"[[exclude]] {entry.when} 写了两次"
            faults.append(Fault(name, line, what, "请合并为一处"))
        seen.add(entry.when)
    return faults


def _syntax_fault(name: str, text: str, message: str) -> Fault:
    at = re.search(r"at line (\d+)", message)
    line = int(at[1]) if at else max(1, len(text.splitlines()))
    return Fault(name, line, "不符合 TOML 语法", "请核对引号、括号和等号，以及有无重复的项")


_LENGTH = ("{key} 为空、过长或首尾有空格", "请写 1 至 200 字，首尾不留空格")
_LIMIT = ("{key} 超出范围", "请写 0 至 10000 的整数")
_TOLD_OF_KEY = {
    "id": ("{key} 的写法不对", "请只用小写字母、数字和连字符，以字母开头，不超过 60 个字符"),
    "clause": ("{key} 的写法不对", "请写条款编号，如 PLAN-POSITIVE"),
}
_TOLD = {
    "missing": ("缺少 {key}", "请补上 {key}"),
    "extra_forbidden": ("不认识 {key}", "请删去或改正这一项的名称"),
    "union_tag_not_found": ("[[exclude]] 缺少 when", "请补上 when"),
    "union_tag_invalid": ("when 不能是 {tag}", "可用的值：{expected_tags}"),
    "literal_error": ("{key} 不能是 {input}", "可用的值：{expected}"),
    "value_error": ("{key} 有误", "{error}"),
    "too_short": ("{key} 是空的", "请至少写一项"),
    "string_pattern_mismatch": _LENGTH,
    "string_too_short": _LENGTH,
    "string_too_long": _LENGTH,
    "greater_than_equal": _LIMIT,
    "less_than_equal": _LIMIT,
}
_TOLD_OTHERWISE = ("{key} 的类型不对", "文字加引号，数字不加，列表用方括号，请照此改正")


def _place_of(entry: Any) -> _Place:
    """Where in the file the fault is; an unknown `when` is told of its table, not of the key."""
    place: _Place = entry["loc"]
    return (*place, "when") if entry["type"] == "union_tag_invalid" else place


def _told(entry: Any) -> tuple[str, str]:
    """What is wrong and how to mend it, from one entry of pydantic's list of errors."""
    key = next((str(part) for part in reversed(entry["loc"]) if isinstance(part, str)), "")
    kind = entry["type"]
    of_key = _TOLD_OF_KEY.get(key) if kind.startswith("string_") and kind != "string_type" else None
    what, mend = of_key or _TOLD.get(kind, _TOLD_OTHERWISE)
    context = {name: _listed(value) for name, value in entry.get("ctx", {}).items()}
    told = {"key": key, "input": entry["input"], **context}
    return what.format_map(told), mend.format_map(told)


def _listed(value: object) -> str:
    """A list of pydantic's ('a', 'b' or 'c') as Chinese writes it."""
    return str(value).replace("', '", "、").replace("' or '", "、").strip("'")


_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_LISTED_TABLE = re.compile(r"\s*\[\[\s*([A-Za-z0-9_-]+)\s*\]\]")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


def _lines_of_keys(text: str) -> dict[_Place, int]:
    """On which line each table and key of the file stands."""
    lines: dict[_Place, int] = {}
    counts: dict[str, int] = {}
    table: _Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _LISTED_TABLE.match(line):
            name = found[1]
            table = (name, counts.get(name, 0))
            counts[name] = counts.get(name, 0) + 1
            lines.setdefault((name,), number)
            lines[table] = number
        elif found := _TABLE.match(line):
            table = (found[1],)
            lines[table] = number
        elif found := _KEY.match(line):
            lines.setdefault((*table, found[1]), number)
    return lines


def _line_of(place: _Place, lines: dict[_Place, int]) -> int:
    """The line of the innermost part of the place that the file writes out."""
    path: _Place = ()
    for part in place:
        if (*path, part) in lines:
            path = (*path, part)
    return lines.get(path, 1)
