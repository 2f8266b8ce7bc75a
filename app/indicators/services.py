"""Keeping indicator tables (指标表): drafts are versions, and a second person lets one rule."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, insert, select

from app.approvals import services as approvals
from app.approvals.domain import Payload, Refused
from app.indicators.comparing import Loosened, tightened
from app.indicators.documents import as_text, digest, faults
from app.indicators.domain import IndicatorTable
from app.indicators.models import IndicatorFamily, IndicatorRuling, IndicatorVersion
from app.indicators.queries import (
    Family,
    Version,
    find_family,
    find_version,
    ruling_on,
    rulings_of,
    table_on,
)
from app.kernel import audit, facts
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.rulebook.domain import Scheme

RULING = "indicators.ruling"
"""The kind of proposal by which a version begins to rule, or a family is retired."""


def open_family(
    rulebook: str, industry: str, subtype: str, kind: str = "base", part: str = ""
) -> int:
    """The id of the family, made if there is none yet."""
    own = (rulebook, industry, subtype, kind, part)
    columns = (
        IndicatorFamily.rulebook, IndicatorFamily.industry, IndicatorFamily.subtype,
        IndicatorFamily.kind, IndicatorFamily.part,
    )  # fmt: skip
    query = select(IndicatorFamily.id).where(
        *(column == value for column, value in zip(columns, own, strict=True))
    )
    found = db.session.execute(query).scalar_one_or_none()
    if found is not None:
        return found
    family_id: int = db.session.execute(
        insert(IndicatorFamily)
        .values(
            rulebook=rulebook, industry=industry, subtype=subtype, kind=kind, part=part,
            created_at=transaction().moment,
        )
        .returning(IndicatorFamily.id)
    ).scalar_one()  # fmt: skip
    audit.record("indicators.opened", "indicators", family_id,
                 {"规则集": rulebook, "行业": industry, "子类": subtype})  # fmt: skip
    return family_id


def keep_version(
    family_id: int,
    table: IndicatorTable,
    scheme: Scheme,
    *,
    made_from: int | None,
    note: str = "",
    example: bool = False,
) -> int:
    """Keep a table as the family's next version; the same as the last one keeps nothing new.

    ``made_from`` is the version that was being edited: Refused when somebody kept another one
    since, so that nobody's work is written over unseen.
    """
    wrong = faults(table, scheme.grades)
    if wrong:
        raise Refused("".join(wrong))
    last = _last(family_id)
    if last is not None and last.id != made_from:
        raise Refused(
            f"该指标表在您编辑期间已保存为第 {last.number} 版。"
            "请打开最新一版，对照后再保存您的修改。"
        )
    content = as_text(table)
    if last is not None and last.content == content:
        return last.id
    current, number = transaction(), 1 if last is None else last.number + 1
    version_id: int = db.session.execute(
        insert(IndicatorVersion)
        .values(
            family_id=family_id, number=number, made_from=made_from, content=content,
            sha256=digest(content), example=example, note=note, kept_at=current.moment,
            kept_by=current.actor_id,
        )
        .returning(IndicatorVersion.id)
    ).scalar_one()  # fmt: skip
    audit.record("indicators.kept", "indicators", family_id,
                 {"版本": number, "校验值": digest(content), "说明": note})  # fmt: skip
    return version_id


def _last(family_id: int) -> Version | None:
    newest = select(func.max(IndicatorVersion.id)).where(IndicatorVersion.family_id == family_id)
    version_id = db.session.execute(newest).scalar_one()
    return None if version_id is None else find_version(version_id)


def propose_ruling(
    family_id: int, version_id: int | None, from_on: date, *, document: str, reason: str
) -> int:
    """Put before the head of the city that a version rules from a day (None: retire the table)."""
    payload = {
        "family": family_id,
        "version": version_id,
        "from_on": from_on.isoformat(),
        "document": document,
        "reason": reason,
        "stood": _stood(family_id),
        "proposed_by": transaction().actor_id,
    }
    refuse_unsound(payload)
    return approvals.propose(RULING, _title(payload), payload)


def refuse_unsound(payload: Payload) -> None:
    """Raise Refused when what was proposed cannot be approved as things stand."""
    family = find_family(payload["family"])
    if family is None:
        raise Refused("没有这张指标表。请返回列表重新选择。")
    if payload["stood"] != _stood(family.id):
        raise Refused(
            "提出之后，这张指标表的施行情况已经另行修改。请退回，由规则维护员按现在的记录重新提出。"
        )
    from_on = date.fromisoformat(payload["from_on"])
    if any(it.from_on == from_on for it in rulings_of([family.id])):
        raise Refused(f"已有一版自 {from_on.isoformat()} 起施行。请另选日期，或先撤销那一条。")
    version = _version(payload)
    if version is not None and family.is_supplement:
        _refuse_loosened(family, version, from_on)


def _refuse_loosened(family: Family, version: Version, from_on: date) -> None:
    base = table_on(family.rulebook, family.industry, family.subtype, from_on)
    if base is None:
        raise Refused("该行业自这一天起没有施行中的指标表，补充要求无从加严。请先施行指标表。")
    try:
        tightened(base.versions[0].table, version.table)
    except Loosened as problem:
        raise Refused(str(problem)) from problem


def carry_out(payload: Payload) -> int:
    """Record an approved ruling; returns its id. Raises Refused."""
    refuse_unsound(payload)
    version = _version(payload)
    (ruling_id,) = facts.record(
        IndicatorRuling,
        [
            {
                "family_id": payload["family"],
                "version_id": payload["version"],
                "from_on": date.fromisoformat(payload["from_on"]),
                "document": payload["document"],
                "reason": payload["reason"],
                "proposed_by": payload["proposed_by"],
            }
        ],
    )
    audit.record(
        "indicators.ruled",
        "indicators",
        payload["family"],
        {
            "版本": None if version is None else version.number,
            "施行日期": payload["from_on"],
            "校验值": "" if version is None else version.sha256,
            "依据": payload["document"],
        },
    )
    return ruling_id


def _version(payload: Payload) -> Version | None:
    if payload["version"] is None:
        return None
    version = find_version(payload["version"])
    if version is None or version.family_id != payload["family"]:
        raise Refused("没有这一版指标表。请返回版本列表重新选择。")
    return version


def _stood(family_id: int) -> list[int]:
    """The rulings that stand: a ruling is approved as it was looked at."""
    return [it.id for it in rulings_of([family_id])]


def _title(payload: dict[str, Any]) -> str:
    version = _version(payload)
    what = "停用" if version is None else f"第 {version.number} 版施行"
    family = find_family(payload["family"])
    name = version.table.title if version else _title_of(family)
    return f"{name}{what}，自 {payload['from_on']} 起"


def _title_of(family: Family | None) -> str:
    """The title of the table that ruled last."""
    if family is None:
        return "指标表"
    ruling = ruling_on(rulings_of([family.id]), family.id, date.max)
    version = find_version(ruling.version_id) if ruling and ruling.version_id else None
    return version.table.title if version else "指标表"
