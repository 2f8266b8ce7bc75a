"""The shapes of the 规则库 files and of the bureau's settings file; anything else is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.rulebook.domain import Confidence, RulebookStatus
from app.rulebook.parameters import ParameterKind, ParameterStatus


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RulebookEntry(Entry):
    id: str
    title: str
    short_title: str
    status: RulebookStatus
    number: str | None = None
    issued_on: date | None = None
    issuer: str | None = None
    note: str = ""


class ClauseEntry(Entry):
    id: str
    title: str
    citation: str
    summary: str
    rulebook: str | None = None


class SchemeEntry(Entry):
    id: str
    title: str
    rulebook: str
    grades: list[str] = Field(min_length=2)
    clause: str
    source: str


class SchemeUseEntry(Entry):
    rulebook: str
    scheme: str | None = None
    confidence: Confidence
    source: str
    from_on: date | None = None
    until_on: date | None = None


class SubtypeEntry(Entry):
    name: str
    aliases: list[str] = []
    source: str
    schemes: list[SchemeUseEntry] = []


class FormerNameEntry(Entry):
    name: str
    until_on: date


class IndustryDefaults(Entry):
    source: str
    code_source: str


class IndustryEntry(Entry):
    id: str
    number: int | None = None
    name: str
    aliases: list[str] = []
    former_names: list[FormerNameEntry] = []
    subtypes: list[SubtypeEntry] = []
    schemes: list[SchemeUseEntry] = []
    codes: list[str] = []
    code_confidence: Confidence = "未核实"
    code_source: str | None = None
    local: bool = False
    source: str | None = None
    note: str = ""
    from_on: date | None = None
    until_on: date | None = None


class ValueEntry(Entry):
    value: Any = None
    status: ParameterStatus
    from_on: date | None = None
    note: str = ""


class ParameterEntry(Entry):
    id: str
    title: str
    group: str
    kind: ParameterKind
    unit: str = ""
    choices: dict[str, str] = {}
    clause: str
    source: str
    overridable: bool = False
    per_county: bool = False
    values: list[ValueEntry] = Field(min_length=1)


class SettingEntry(Entry):
    id: str
    value: Any
    from_on: date
    reason: str = Field(min_length=1)
    document: str = ""
    county: str | None = Field(default=None, pattern=r"^\d{6}$")


class RulebookFile(Entry):
    rulebook: list[RulebookEntry]


class ClauseFile(Entry):
    clause: list[ClauseEntry]


class SchemeFile(Entry):
    scheme: list[SchemeEntry]


class IndustryFile(Entry):
    defaults: IndustryDefaults
    industry: list[IndustryEntry]


class ParameterFile(Entry):
    checked_on: date
    parameter: list[ParameterEntry]


class SettingsFile(Entry):
    setting: list[SettingEntry] = []
