"""What a rule editor puts before the head of the city: that a version rules (指标表施行的复核)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.approvals.domain import Kind, Payload, Refused
from app.approvals.queries import open_of_kinds
from app.indicators.checking import Fault, oddities, unverified_cells
from app.indicators.comparing import RowChange, differences, loosened
from app.indicators.criteria import IndicatorTable
from app.indicators.queries import (
    Family,
    Version,
    find_family,
    find_version,
    list_families,
    ruling_on,
    rulings_of,
)
from app.indicators.services import RULING, base_for, carry_out, refuse_unsound, version_of
from app.indicators.telling import industry_label, kind_label, rulebook_label
from app.kernel import clock
from app.kernel.authority import Permission


@dataclass(frozen=True, slots=True)
class Effect:
    """What approving would bring, for the page of the proposal."""

    act: str
    family: Family
    version: Version | None
    before: Version | None
    """The version that rules on that day without it."""
    changes: tuple[RowChange, ...]
    unverified: int
    odd: tuple[Fault, ...]
    overruled: tuple[str, ...]
    """Cells of supplements in force that no longer tighten anything."""
    is_past: bool
    cannot: str

    @property
    def table(self) -> IndicatorTable | None:
        """The table that would rule."""
        return self.version.table if self.version else None

    @property
    def moved(self) -> list[RowChange]:
        """The rows that are not the same as in the version before."""
        return [it for it in self.changes if not it.is_same]


def effect_of(payload: Payload) -> Effect:
    """What approving a proposal would bring as things stand, and why it cannot be."""
    try:
        refuse_unsound(payload)
        cannot = ""
    except Refused as refused:
        cannot = str(refused)
    family = find_family(payload["family"])
    if family is None:
        raise Refused("没有这张指标表。请返回列表重新选择。")
    from_on, version = date.fromisoformat(payload["from_on"]), version_of(payload)
    standing = [it for it in rulings_of([family.id]) if it.id != payload["withdraws"]]
    ruling = ruling_on(standing, family.id, from_on)
    before = find_version(ruling.version_id) if ruling and ruling.version_id else None
    act = act_of(payload)
    return Effect(
        act=act,
        family=family,
        version=version,
        before=before,
        changes=differences(before.table, version.table) if before and version else (),
        unverified=unverified_cells(version.table) if version else 0,
        odd=tuple(oddities(version.table)) if version and act == "施行" else (),
        overruled=tuple(_overruled(family, version, from_on)) if act == "施行" else (),
        is_past=from_on < clock.today(),
        cannot=cannot,
    )


def _overruled(family: Family, version: Version | None, on: date) -> list[str]:
    """Where supplements in force ask for less than the new table does."""
    if version is None or family.is_supplement:
        return []
    beside = [
        it
        for it in list_families()
        if it.is_supplement
        and (it.rulebook, it.industry, it.subtype)
        == (family.rulebook, family.industry, family.subtype)
    ]
    rulings, found = rulings_of([it.id for it in beside]), list[str]()
    for it in beside:
        ruling = ruling_on(rulings, it.id, on)
        supplement = find_version(ruling.version_id) if ruling and ruling.version_id else None
        found += loosened(version.table, supplement.table) if supplement else []
    return found


def act_of(payload: Payload) -> str:
    """施行, 停用 or 撤销施行."""
    if payload["withdraws"] is not None:
        return "撤销施行"
    return "停用" if payload["version"] is None else "施行"


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    family, version = find_family(payload["family"]), version_of(payload)
    if family is None:
        return [("指标表", "—")]
    told = [
        ("事项", act_of(payload)),
        ("规则集", rulebook_label(family)),
        ("行业", industry_label(family)),
        ("类别", kind_label(family)),
    ]
    if version is not None:
        example = "（示例，数据为编造）" if version.example else ""
        told += [
            ("指标表", f"{version.table.title}{example}"),
            ("版本", f"第 {version.number} 版，{len(version.table.rows)} 行"),
            ("校验值", version.sha256),
        ]
    day = "原定施行日期" if payload["withdraws"] is not None else f"{act_of(payload)}日期"
    return [
        *told,
        (day, payload["from_on"]),
        ("依据文件", payload["document"] or "—"),
        ("理由", payload["reason"]),
    ]


def _known(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    return "indicators/_effect.html", {"effect": effect_of(payload)}


KIND = Kind(
    id=RULING,
    title="指标表施行",
    decided_with=Permission.RULEBOOK_APPROVE,
    told=_told,
    carry_out=carry_out,
    known=_known,
)


def open_rulings(family_id: int | None = None) -> list[Any]:
    """What still waits for a decision, of one family or of all."""
    waiting = open_of_kinds((RULING,))
    return [it for it in waiting if family_id is None or it.payload["family"] == family_id]


__all__ = ["KIND", "Effect", "act_of", "base_for", "effect_of", "open_rulings"]
