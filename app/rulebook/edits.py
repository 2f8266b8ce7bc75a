"""Dated edits of 规则库 (规则库修改) and what they make of its files (pure).

The files are the beginning; every edit is a recorded fact on top of them. An edit rules from its
effective day (生效日期) on, so the old value keeps ruling old days, and only once it is known, so
that what was decided before it can be made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from app.rulebook.industries import (
    Catalogue,
    FormerName,
    Industry,
    IndustryCode,
    SchemeUse,
    Subtype,
)
from app.rulebook.parameters import Parameter, ParameterKind, Parameters, Value

Act: TypeAlias = Literal[
    "set", "add", "rename", "retire", "subtype", "alias", "code", "scheme", "withdraw"
]
ACT_WORDS: Mapping[Act, str] = {
    "set": "修改参数",
    "add": "新增行业",
    "rename": "行业更名",
    "retire": "行业退出目录",
    "subtype": "增加子类",
    "alias": "增加别名",
    "code": "登记行业代码",
    "scheme": "确定等级方案",
    "withdraw": "作废一次修改",
}
AT_ONCE: frozenset[Act] = frozenset({"subtype", "alias", "code"})
"""They only help to read what people write, so they hold as soon as they are approved."""


@dataclass(frozen=True)
class Edit:
    """One edit on record: of a parameter (``set``) or of an industry.

    ``content`` is canonical JSON, what it says depends on the act. ``county`` is empty for the
    whole city.
    """

    id: int
    act: Act
    subject: str
    county: str
    from_on: date
    content: str
    reason: str
    document: str
    proposed_by: int | None = None
    recorded_at: datetime | None = None
    recorded_by: int | None = None
    annulled_at: datetime | None = None

    @property
    def said(self) -> dict[str, Any]:
        """The content as it was written."""
        told: dict[str, Any] = json.loads(self.content)
        return told

    def known_at(self, moment: datetime | None) -> bool:
        """Whether it stood on record at the moment (None: now)."""
        if moment is None:
            return self.annulled_at is None
        recorded = self.recorded_at is None or self.recorded_at <= moment
        return recorded and (self.annulled_at is None or self.annulled_at > moment)


def as_json(value: Value) -> Any:
    """A parameter's value as JSON holds it: days and shares as text, lists as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return list(value) if isinstance(value, tuple) else value


def from_json(kind: ParameterKind, value: Any) -> Value:
    """The value that `as_json` wrote."""
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "share":
        return Decimal(value)
    held: Value = tuple(value) if isinstance(value, list) else value
    return held


def edited_parameters(base: Parameters, edits: Iterable[Edit]) -> Parameters:
    """The parameters with the bureau's edits on top; earlier days keep what they had."""
    return base.with_entries(
        own_value(base.histories[edit.subject][0], edit)
        for edit in edits
        if edit.act == "set" and edit.subject in base.histories
    )


def own_value(pattern: Parameter, edit: Edit) -> Parameter:
    """The dated value (本局设定) that an edit gives to a parameter."""
    return replace(
        pattern,
        value=from_json(pattern.kind, edit.said["value"]),
        status="本局设定",
        from_on=edit.from_on,
        checked_on=edit.from_on,
        note=edit.reason,
        document=edit.document,
        county=edit.county or None,
        edit=edit.id,
    )


def edited_catalogue(base: Catalogue, edits: Iterable[Edit]) -> Catalogue:
    """行业目录 with the bureau's edits on top, applied in the order of their effective days."""
    held = {industry.id: industry for industry in base.industries}
    for edit in sorted(edits, key=lambda it: (it.act != "add", it.from_on, it.id)):
        if edit.act == "add":
            held[edit.subject] = _added(edit)
        elif edit.act in _APPLY and edit.subject in held:
            held[edit.subject] = _APPLY[edit.act](held[edit.subject], edit)
    return Catalogue(tuple(held.values()))


def _added(edit: Edit) -> Industry:
    said = edit.said
    number = said.get("number")
    return Industry(
        id=edit.subject,
        number=number,
        name=said["name"],
        aliases=tuple(said.get("aliases", ())),
        local=number is None,
        source=edit.document or edit.reason,
        note=edit.reason,
        from_on=edit.from_on,
    )


def _renamed(industry: Industry, edit: Edit) -> Industry:
    former = (*industry.former_names, FormerName(industry.name, edit.from_on))
    return replace(industry, name=edit.said["name"], former_names=former)


def _retired(industry: Industry, edit: Edit) -> Industry:
    return replace(industry, until_on=edit.from_on)


def _with_subtype(industry: Industry, edit: Edit) -> Industry:
    said = edit.said
    part = Subtype(said["name"], tuple(said["aliases"]), (), edit.document or edit.reason)
    return replace(industry, subtypes=(*industry.subtypes, part))


def _with_aliases(industry: Industry, edit: Edit) -> Industry:
    aliases, name = tuple(edit.said["aliases"]), edit.said["subtype"]
    if not name:
        return replace(industry, aliases=(*industry.aliases, *aliases))
    parts = (
        replace(part, aliases=(*part.aliases, *aliases)) if part.name == name else part
        for part in industry.subtypes
    )
    return replace(industry, subtypes=tuple(parts))


def _with_codes(industry: Industry, edit: Edit) -> Industry:
    said = edit.said
    codes = tuple(IndustryCode(it, said["confidence"], said["source"]) for it in said["codes"])
    kept = tuple(it for it in industry.codes if it.code not in said["codes"])
    return replace(industry, codes=(*kept, *codes))


def _with_scheme(industry: Industry, edit: Edit) -> Industry:
    """The newest use stands first, so that it is found first on the days it holds."""
    said = edit.said
    use = SchemeUse(
        said["scheme"] or None, said["confidence"], said["source"], said["rulebook"], edit.from_on
    )
    if not said["subtype"]:
        return replace(industry, schemes=(use, *industry.schemes))
    parts = (
        replace(part, schemes=(use, *part.schemes)) if part.name == said["subtype"] else part
        for part in industry.subtypes
    )
    return replace(industry, subtypes=tuple(parts))


_APPLY = {
    "rename": _renamed,
    "retire": _retired,
    "subtype": _with_subtype,
    "alias": _with_aliases,
    "code": _with_codes,
    "scheme": _with_scheme,
}
