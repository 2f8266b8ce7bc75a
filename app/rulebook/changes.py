"""A change of 规则库 that is proposed (提出修改), and what is wrong with it (pure).

The same checks are made when it is proposed and when it is approved: meanwhile another change may
have been approved, and what was right then may be wrong now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from app.rulebook import checks
from app.rulebook.domain import RulebookInfo, Scheme
from app.rulebook.edits import (
    ACT_WORDS,
    AT_ONCE,
    Act,
    Edit,
    edited_catalogue,
    from_json,
    own_value,
)
from app.rulebook.industries import Catalogue, Industry
from app.rulebook.parameters import Parameter, Parameters

Fault = tuple[str, str]
"""Field of the form (or empty) and what is wrong, why, and what to do."""
YEARS = (date(2000, 1, 1), date(2099, 12, 31))
LONGEST = 100
LONGEST_REASON = 1_000
LARGEST = 1_200
"""Months of a hundred years; a larger number is a slip of the finger."""
BY_LAW = "这一数值由文件规定（法定），本局不能另行设定。文件修订后随程序更新。"
FIXED = "这一取法为本系统固定的本局设定，不能在此调整。如需改变，请联系系统维护单位。"


@dataclass(frozen=True, slots=True)
class Change:
    """One change as it is proposed: a new edit, one in an earlier edit's place, or its annulment.

    ``replaces`` names the edit that it annuls. ``content`` is what the act says, as JSON holds it.
    """

    act: Act
    subject: str
    from_on: date
    reason: str
    document: str = ""
    county: str = ""
    content: Mapping[str, Any] | None = None
    replaces: int | None = None
    proposed_by: int | None = None

    @property
    def edit(self) -> Edit | None:
        """The edit it would put on record; None where it only annuls one."""
        if self.act == "withdraw":
            return None
        content = json.dumps(self.content or {}, ensure_ascii=False, sort_keys=True)
        return Edit(
            0, self.act, self.subject, self.county, self.from_on, content, self.reason,
            self.document, self.proposed_by,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """A name for what it says, whoever proposes it: the same change has the same key."""
        told = json.dumps(replace(self, proposed_by=None).to_payload(), sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def to_payload(self) -> dict[str, Any]:
        """As a proposal keeps it."""
        return {**asdict(self), "from_on": self.from_on.isoformat()}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Change:
        """Read back what `to_payload` wrote; what else the proposal keeps is left out."""
        fields = {name: payload[name] for name in cls.__slots__ if name in payload}
        return cls(**{**fields, "from_on": date.fromisoformat(payload["from_on"])})


@dataclass(frozen=True, slots=True)
class Ground:
    """What a change stands on: 规则库 as it is now, the edits on record, the counties, today."""

    parameters: Parameters
    catalogue: Catalogue
    schemes: Mapping[str, Scheme]
    rulebooks: tuple[RulebookInfo, ...]
    grades: frozenset[str]
    edits: tuple[Edit, ...]
    counties: Mapping[str, str]
    today: date


def why_fixed(parameter: Parameter) -> str:
    """Why a bureau cannot set this parameter; empty when it can."""
    if parameter.overridable:
        return ""
    return BY_LAW if parameter.status == "法定" else FIXED


def faults(change: Change, ground: Ground) -> list[Fault]:
    """Everything that is wrong with a change, field by field; empty when nothing is."""
    return [*_common_faults(change, ground), *_own_faults(change, ground)]


def _common_faults(change: Change, ground: Ground) -> Iterator[Fault]:
    if not change.reason.strip():
        yield "reason", "没有填写理由。请写明为什么修改，备查时以此为准。"
    if len(change.document) > LONGEST:
        yield "document", f"文号或文件名最多 {LONGEST} 个字。请改短。"
    if not YEARS[0] <= change.from_on <= YEARS[1]:
        yield "from_on", f"生效日期应在 {YEARS[0].year} 年至 {YEARS[1].year} 年之间。请核对年份。"
    if change.act in AT_ONCE and change.from_on > ground.today:
        yield (
            "from_on",
            "子类、别名和行业代码用于识别填写的文字，通过后即使用，生效日期不能晚于今天。",
        )
    if len(change.reason) > LONGEST_REASON:
        yield "reason", f"理由最多 {LONGEST_REASON} 个字，现有 {len(change.reason)} 个字。请删减。"
    if change.replaces is not None and not _may_replace(change, ground):
        yield "", "要更正或作废的那次修改已经不在规则库中。请返回页面，按现在的记录重新提出。"


def _may_replace(change: Change, ground: Ground) -> bool:
    """Whether the edit it annuls stands, and is one of the same thing."""
    acts = ("set",) if change.act == "set" else ACT_WORDS if change.act == "withdraw" else ()
    return any(
        it.id == change.replaces
        and it.annulled_at is None
        and it.subject == change.subject
        and it.act in acts
        for it in ground.edits
    )


def _own_faults(change: Change, ground: Ground) -> Iterator[Fault]:
    if change.act == "set":
        yield from _value_faults(change, ground)
    elif change.act != "withdraw":
        yield from _industry_faults(change, ground)
    elif change.replaces is None:
        yield "", "没有指明要作废哪一次修改。请从沿革中选择。"
    else:
        yield from _faults_without(change, ground)


# --- Parameters -----------------------------------------------------------------------------


def _value_faults(change: Change, ground: Ground) -> Iterator[Fault]:
    history = ground.parameters.histories.get(change.subject)
    if history is None:
        yield "", "规则库中没有这一参数。请返回参数列表重新选择。"
        return
    pattern = history[0]
    if why := why_fixed(ground.parameters.on(change.subject, ground.today)):
        yield "", why
        return
    if change.county and not pattern.per_county:
        yield "county", "这一参数全市统一，不能按区县设定。请选择“全市”。"
    elif change.county and change.county not in ground.counties:
        yield "county", "没有这个区县。请从列表中选择。"
    edit = change.edit
    if edit is None:
        return
    if change.subject == "rulebook_in_force":
        yield from _not_yet_issued(change, ground)
    entry = _sound_value(pattern, edit, ground)
    if entry is None:
        yield "value", f"{wanted_words(pattern)}。"
    else:
        yield from _clashes(change, entry, ground)


def _sound_value(pattern: Parameter, edit: Edit, ground: Ground) -> Parameter | None:
    """The value as the files would take it; None where they would refuse it."""
    try:
        entry = own_value(pattern, edit)
        fault = checks.value_fault(entry, ground.grades)
    except (ValueError, ArithmeticError, TypeError, KeyError):
        return None
    too_large = type(entry.value) is int and entry.value > LARGEST
    return None if fault or too_large else entry


def _clashes(change: Change, entry: Parameter, ground: Ground) -> Iterator[Fault]:
    """Two values of one day, or a value that is there already."""
    same_day = (change.subject, change.county, change.from_on)
    for edit in ground.edits:
        standing = edit.act == "set" and edit.annulled_at is None and edit.id != change.replaces
        if standing and (edit.subject, edit.county, edit.from_on) == same_day:
            yield "from_on", "该日已有一次设定。请在沿革中对那次设定提出更正，或另选生效日期。"
            return
    now = ground.parameters.on(change.subject, change.from_on, change.county or None)
    same = now.value == entry.value and (now.county or "") == change.county
    if same and change.replaces is None:
        yield "value", f"{change.from_on} 的值已经是“{now.shown}”，没有改变。请核对。"


def _not_yet_issued(change: Change, ground: Ground) -> Iterator[Fault]:
    """A rulebook cannot be in force before it was issued; one without a known day may be."""
    said = (change.content or {}).get("value")
    book = next((it for it in ground.rulebooks if it.id == said), None)
    if book is not None and book.issued_on is not None and change.from_on < book.issued_on:
        yield "from_on", f"“{book.short_title}”于 {book.issued_on} 印发，不能从更早的日期起执行。"


_WANTED = {
    "bool": "请选择“是”或“否”",
    "int": "应为大于 0、不超过 1200 的整数，请用阿拉伯数字填写",
    "share": "应为 0 到 100 之间的百分数，例如 30",
    "date": "应为日期，请按 2025-01-01 的样式填写",
    "monthday": "应为“月-日”，请按 12-31 的样式填写",
    "list": "没有填写内容，请一行写一项",
    "grade": "请从列表中选择一个等级",
    "grades": "请至少选择一个等级",
    "order": "应由高到低列出全部等级，一行一级，每个等级写一次，同级的以等号相连",
    "choice": "请从列表中选择一项",
}


def wanted_words(pattern: Parameter) -> str:
    """What a value of this parameter must look like, as the form says it."""
    return _WANTED[pattern.kind]


# --- Industries -----------------------------------------------------------------------------


def _industry_faults(change: Change, ground: Ground) -> Iterator[Fault]:
    held = {industry.id: industry for industry in ground.catalogue.industries}
    industry = held.get(change.subject)
    said = change.content or {}
    if change.act == "add" and industry is not None:
        yield "name", "行业目录中已有编号相同的行业。请核对名称。"
        return
    if change.act != "add" and industry is None:
        yield "", "行业目录中没有这个行业。请返回行业目录重新选择。"
        return
    yield from _word_faults(change)
    if industry is not None:
        yield from _faults_of_act(change, industry, said, ground)
    edit = change.edit
    if edit is not None and all(said.get("name", "x")):
        yield from _catalogue_faults(edited_catalogue(ground.catalogue, [edit]), ground)


def _word_faults(change: Change) -> Iterator[Fault]:
    said = change.content or {}
    if "name" in said and not said["name"]:
        yield "name", "没有填写名称。请按文件写明。"
    for field in ("name", "source"):
        if len(said.get(field) or "") > LONGEST:
            yield field, f"最多 {LONGEST} 个字。请改短。"
    for field in ("aliases", "codes"):
        if field in said and not said[field] and change.act in ("alias", "code"):
            yield field, "没有填写内容。请一行写一项。"
    wrong = [it for it in said.get("codes", ()) if not (it.isascii() and it.isdecimal())]
    if wrong:
        yield "codes", f"“{wrong[0]}”不是行业代码。国民经济行业代码为 2 至 4 位数字。"


def _faults_of_act(
    change: Change, industry: Industry, said: Mapping[str, Any], ground: Ground
) -> Iterator[Fault]:
    if change.act == "rename" and said.get("name") == industry.name:
        yield "name", "与现在的名称相同，没有改变。请核对。"
    if change.act == "retire":
        if industry.until_on is not None:
            yield "from_on", f"该行业已于 {industry.until_on} 退出目录，不能再次退出。"
        elif industry.from_on and change.from_on <= industry.from_on:
            yield "from_on", f"该行业自 {industry.from_on} 起列入目录，退出日期须在其后。"
    if said.get("subtype") and industry.subtype(said["subtype"]) is None:
        yield "subtype", "该行业没有这个子类。请从列表中选择。"
    if change.act == "scheme":
        yield from _scheme_faults(said, ground)


def _scheme_faults(said: Mapping[str, Any], ground: Ground) -> Iterator[Fault]:
    if said["rulebook"] not in {info.id for info in ground.rulebooks}:
        yield "rulebook", "没有这个规则集。请从列表中选择。"
        return
    scheme = ground.schemes.get(said["scheme"]) if said["scheme"] else None
    if said["scheme"] and (scheme is None or scheme.rulebook != said["rulebook"]):
        yield "scheme", "这不是所选规则集的等级方案。请从列表中选择，或选“未知”。"
    if said["confidence"] not in ("已核实", "未核实"):
        yield "confidence", "请选择已核实或未核实。"
    if not said["source"]:
        yield "source", "没有填写来源。请写明依据的文件和页码；没有见到原文的，写明从何得知。"


def _catalogue_faults(catalogue: Catalogue, ground: Ground) -> Iterator[Fault]:
    rulebooks = {info.id for info in ground.rulebooks}
    for sentence in checks.industry_faults(catalogue, ground.schemes, rulebooks):
        field = "number" if "行业序号" in sentence else "name" if "名称或别名" in sentence else ""
        yield field, sentence.partition("：")[2]


def _faults_without(change: Change, ground: Ground) -> Iterator[Fault]:
    """What plants and later edits may rest on cannot be taken out from under them."""
    edit = next((it for it in ground.edits if it.id == change.replaces), None)
    if edit is None:
        return
    if edit.act == "add":
        yield "", "新增的行业可能已有厂区使用，不能作废。名称有误的请更名，不再需要的请退出目录。"
    elif edit.act == "subtype" and any(
        it.annulled_at is None
        and it.subject == edit.subject
        and it.act in ("alias", "scheme")
        and it.said["subtype"] == edit.said["name"]
        for it in ground.edits
    ):
        yield "", "这个子类之后还登记了别名或等级方案。请先作废后面的修改。"


def shown_value(pattern: Parameter, value: Any) -> str:
    """A value that JSON holds, as a person reads it; as it stands where it cannot be read."""
    try:
        return replace(pattern, value=from_json(pattern.kind, value), status="本局设定").shown
    except (ValueError, ArithmeticError, TypeError):
        return str(value)
