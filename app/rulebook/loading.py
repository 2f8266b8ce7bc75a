"""Reads 规则库 from its TOML files, strictly: one clear sentence per fault, all of them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from app.kernel.config import ConfigError
from app.kernel.system_words import why
from app.rulebook import checks
from app.rulebook.domain import (
    Catalogue,
    Clause,
    FormerName,
    Grade,
    Industry,
    IndustryCode,
    RulebookInfo,
    Scheme,
    SchemeUse,
    Subtype,
)
from app.rulebook.parameters import Parameter, ParameterKind, Parameters
from app.rulebook.shapes import (
    ClauseFile,
    Entry,
    IndustryDefaults,
    IndustryEntry,
    IndustryFile,
    ParameterFile,
    RulebookFile,
    SchemeEntry,
    SchemeFile,
    SchemeUseEntry,
    SettingEntry,
    SettingsFile,
)

DATA = Path(__file__).parent / "data"


class RulebookFault(ConfigError):
    """规则库 or the bureau's settings cannot be read; `faults` holds one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, eq=False)
class Library:
    """规则库: everything its files say, rulebooks side by side, over all days."""

    rulebooks: tuple[RulebookInfo, ...]
    clauses: Mapping[str, Clause]
    schemes: Mapping[str, Scheme]
    catalogue: Catalogue
    parameters: Parameters

    @property
    def grades(self) -> frozenset[Grade]:
        """Every grade that some scheme gives."""
        return frozenset(grade for scheme in self.schemes.values() for grade in scheme.grades)


_File = TypeVar("_File", bound=Entry)


def load_library(folder: Path = DATA) -> Library:
    """规则库 from its five files. Raises RulebookFault that names every fault with its file."""
    faults: list[str] = []
    rulebooks = _read(folder / "rulebooks.toml", RulebookFile, faults)
    clauses = _read(folder / "clauses.toml", ClauseFile, faults)
    schemes = _read(folder / "schemes.toml", SchemeFile, faults)
    industries = _read(folder / "industries.toml", IndustryFile, faults)
    parameters = _read(folder / "parameters.toml", ParameterFile, faults)
    if not (rulebooks and clauses and schemes and industries and parameters):
        raise RulebookFault(faults)
    infos = tuple(RulebookInfo(**entry.model_dump()) for entry in rulebooks.rulebook)
    ruled = [Clause(**entry.model_dump()) for entry in clauses.clause]
    graded = [_scheme(entry) for entry in schemes.scheme]
    library = Library(
        infos,
        {clause.id: clause for clause in ruled},
        {scheme.id: scheme for scheme in graded},
        Catalogue(tuple(_industry(entry, industries.defaults) for entry in industries.industry)),
        Parameters.of(_parameters(parameters)),
    )
    known = {info.id for info in infos}
    faults += [
        *checks.rulebook_faults(infos),
        *checks.clause_faults(ruled, known),
        *checks.scheme_faults(graded, known, library.clauses),
        *checks.industry_faults(library.catalogue, library.schemes, known),
        *checks.doubled_parameters(entry.id for entry in parameters.parameter),
        *checks.parameter_faults(library.parameters, library.clauses, library.grades),
    ]
    if faults:
        raise RulebookFault(faults)
    return library


def load_settings(path: Path, library: Library) -> Library:
    """The library with the bureau's own dated values (本局设定) from its settings file.

    A missing file means no settings. Raises RulebookFault that names every fault with its key.
    """
    if not path.exists():
        return library
    faults: list[str] = []
    file = _read(path, SettingsFile, faults)
    if file is None:
        raise RulebookFault(faults)
    entries: list[Parameter] = []
    for place, setting in enumerate(file.setting, start=1):
        where = f"{path.name}：setting 第 {place} 项（{setting.id}）"
        entry, fault = _own_value(setting, library)
        if entry and any(_same_day(entry, other) for other in entries):
            fault = "与前面一项的 id、county 和 from_on 相同，请只留一项"
        if fault:
            faults.append(f"{where}：{fault}。")
        elif entry:
            entries.append(entry)
    if faults:
        raise RulebookFault(faults)
    return replace(library, parameters=library.parameters.with_entries(entries))


def _own_value(setting: SettingEntry, library: Library) -> tuple[Parameter | None, str]:
    history = library.parameters.histories.get(setting.id)
    if history is None:
        return None, "id 不是规则库中的参数，请核对参数编号"
    pattern = history[0]
    if not pattern.overridable:
        return None, "id 所指的数值由文件规定，本局不能另行设定"
    if setting.county is not None and not pattern.per_county:
        return None, "county 不适用，该参数全市统一，请删去"
    entry = replace(
        pattern,
        value=_normal(pattern.kind, setting.value),
        status="本局设定",
        from_on=setting.from_on,
        checked_on=setting.from_on,
        note=setting.reason,
        document=setting.document,
        county=setting.county,
    )
    fault = checks.value_fault(entry, library.grades)
    return entry, f"value {fault}" if fault else ""


def _same_day(entry: Parameter, other: Parameter) -> bool:
    return (entry.id, entry.county, entry.from_on) == (other.id, other.county, other.from_on)


def _scheme(entry: SchemeEntry) -> Scheme:
    return Scheme(
        entry.id, entry.title, entry.rulebook, tuple(entry.grades), entry.clause, entry.source
    )


def _industry(entry: IndustryEntry, defaults: IndustryDefaults) -> Industry:
    code_source = entry.code_source or defaults.code_source
    return Industry(
        id=entry.id,
        number=entry.number,
        name=entry.name,
        aliases=tuple(entry.aliases),
        former_names=tuple(FormerName(old.name, old.until_on) for old in entry.former_names),
        subtypes=tuple(
            Subtype(
                part.name,
                tuple(part.aliases),
                tuple(_use(use) for use in part.schemes),
                part.source,
            )
            for part in entry.subtypes
        ),
        schemes=tuple(_use(use) for use in entry.schemes),
        codes=tuple(IndustryCode(code, entry.code_confidence, code_source) for code in entry.codes),
        local=entry.local,
        source=entry.source or defaults.source,
        note=entry.note,
        from_on=entry.from_on,
        until_on=entry.until_on,
    )


def _use(entry: SchemeUseEntry) -> SchemeUse:
    return SchemeUse(
        entry.scheme, entry.confidence, entry.source, entry.rulebook, entry.from_on, entry.until_on
    )


def _parameters(file: ParameterFile) -> Iterator[Parameter]:
    for entry in file.parameter:
        for dated in entry.values:
            yield Parameter(
                id=entry.id,
                title=entry.title,
                kind=entry.kind,
                value=_normal(entry.kind, dated.value),
                unit=entry.unit,
                clause=entry.clause,
                source=entry.source,
                status=dated.status,
                from_on=dated.from_on,
                checked_on=file.checked_on,
                group=entry.group,
                note=dated.note,
                overridable=entry.overridable,
                per_county=entry.per_county,
                choices=tuple(entry.choices.items()),
            )


def _normal(kind: ParameterKind, value: Any) -> Any:
    """A TOML value as the domain holds it: lists as tuples, a share always as Decimal."""
    if isinstance(value, list):
        return tuple(value)
    if kind == "share" and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value


def _read(path: Path, shape: type[_File], faults: list[str]) -> _File | None:
    try:
        with path.open("rb") as file:
            raw = tomllib.load(file, parse_float=Decimal)
        return shape.model_validate(raw)
    except OSError as error:
        faults.append(f"{path.name}：读不出文件（{why(error)}），请检查文件和权限。")
    except UnicodeDecodeError:
        faults.append(f"{path.name}：不是 UTF-8 编码，请用 UTF-8 另存。")
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"第 {place[1]} 行第 {place[2]} 列" if place else "文件末尾"
        faults.append(f"{path.name}：{where}不符合 TOML 写法，请改正该处。")
    except ValidationError as error:
        faults += [f"{path.name}：{_sentence(fault, raw)}。" for fault in error.errors()]
    return None


_WORDS = {
    "missing": "缺少这一项，请补上",
    "extra_forbidden": "没有这一项，请核对键名或删去",
    "string_type": "应为加引号的文字",
    "int_type": "应为整数",
    "bool_type": "应为 true 或 false",
    "date_type": "应为日期（如 2025-01-01，不加引号）",
    "list_type": "应为方括号列表",
    "dict_type": "应为花括号表",
    "model_type": "应为一组键值",
    "too_short": "不能这样短，请补全",
    "string_too_short": "不能为空，请填写",
    "string_pattern_mismatch": "应为六位区划代码",
}


def _sentence(fault: Any, raw: object) -> str:
    """One pydantic error as a sentence that names the entry and the key."""
    steps: list[str] = []
    for step in fault["loc"]:
        if not isinstance(step, int):
            steps.append(step)
            raw = raw.get(step) if isinstance(raw, dict) else None
            continue
        raw = raw[step] if isinstance(raw, list) and step < len(raw) else None
        named = (raw.get("id") or raw.get("name")) if isinstance(raw, dict) else None
        steps[-1] += f" 第 {step + 1} 项" + (f"（{named}）" if named else "")
    if fault["type"] == "literal_error":
        told = f"应为下列之一：{fault['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}"
    else:
        told = _WORDS.get(fault["type"], fault["msg"])
    return f"{' › '.join(steps)}：{told}"
