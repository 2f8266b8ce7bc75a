"""Keeping indicator tables (指标表): drafts are versions, and a second person lets one rule."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert, select

from app.approvals import services as approvals
from app.approvals.domain import Payload, Refused
from app.indicators.checking import columns_of, faults, unverified_cells
from app.indicators.comparing import loosened
from app.indicators.criteria import IndicatorTable
from app.indicators.documents import as_text, digest
from app.indicators.models import IndicatorFamily, IndicatorRuling, IndicatorVersion
from app.indicators.queries import (
    Family,
    Ruling,
    Version,
    find_family,
    find_ruling,
    find_version,
    newest_version,
    numbered_version,
    rulings_of,
    table_on,
)
from app.kernel import audit, facts
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.rulebook.domain import Grade
from app.rulebook.queries import catalogue, rulebook, schemes

RULING = "indicators.ruling"
"""The kind of proposal by which a version begins to rule, a family retires, or a ruling goes."""


class KeptMeanwhile(Refused):
    """Somebody else kept a version since the one that was being edited."""


def columns_under(rulebook_id: str) -> tuple[tuple[Grade, ...], ...]:
    """The columns that a table under a rulebook may have, whichever its industry's scheme."""
    own = (it for it in schemes() if it.rulebook == rulebook_id)
    return tuple(dict.fromkeys(columns for it in own for columns in columns_of(it.grades)))


def columns_for(
    rulebook_id: str, industry: str, subtype: str, on: date
) -> tuple[tuple[Grade, ...], ...]:
    """The columns by the industry's scheme on a day; those of the rulebook where it is unknown."""
    book = rulebook(rulebook_id, on)
    found = next((it for it in catalogue().industries if it.id == industry), None)
    scheme = book.scheme(found, subtype or None) if found else None
    return columns_of(scheme.grades) if scheme else columns_under(rulebook_id)


def open_family(
    rulebook_id: str, industry: str, subtype: str, kind: str = "base", part: str = ""
) -> int:
    """The id of the family, made if there is none yet."""
    own = (rulebook_id, industry, subtype, kind, part)
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
            rulebook=rulebook_id, industry=industry, subtype=subtype, kind=kind, part=part,
            created_at=transaction().moment,
        )
        .returning(IndicatorFamily.id)
    ).scalar_one()  # fmt: skip
    detail = {"规则集": rulebook_id, "行业": industry, "子类": subtype, "补充要求": part}
    audit.record("indicators.opened", "indicators", family_id, detail)
    return family_id


def keep_version(
    family_id: int,
    table: IndicatorTable,
    *,
    made_from: int | None,
    note: str = "",
    example: bool = False,
) -> int:
    """Keep a table as the family's next version; the same as the last one keeps nothing new.

    ``made_from`` is the version that was being edited: KeptMeanwhile when somebody kept another one
    since, so that nobody's work is written over unseen. What is made from an example is one.
    """
    wrong = faults(table, columns_under(table.rulebook))
    if wrong:
        raise Refused("".join(it.text for it in wrong[:20]))
    last = newest_version(family_id)
    if last is not None and last.id != made_from:
        raise KeptMeanwhile(
            f"没有保存：在您编辑期间，这张指标表已由他人保存为第 {last.number} 版。"
            "您填写的内容还在下面，请与最新一版对照后再保存。"
        )
    content = as_text(table)
    if last is not None and as_text(last.table) == content:
        return last.id
    current, number = transaction(), 1 if last is None else last.number + 1
    version_id: int = db.session.execute(
        insert(IndicatorVersion)
        .values(
            family_id=family_id, number=number, title=table.title, rows=len(table.rows),
            unverified=unverified_cells(table), made_from=made_from, content=content,
            sha256=digest(content), example=example or (last is not None and last.example),
            note=note, kept_at=current.moment, kept_by=current.actor_id,
        )
        .returning(IndicatorVersion.id)
    ).scalar_one()  # fmt: skip
    audit.record("indicators.kept", "indicators", family_id,
                 {"版本": number, "校验值": digest(content), "说明": note})  # fmt: skip
    return version_id


def go_back(family_id: int, number: int, *, made_from: int | None) -> int:
    """Keep an earlier version's table once more, as the newest: undoing loses nothing."""
    earlier = numbered_version(family_id, number)
    if earlier is None:
        raise Refused("没有这一版指标表。请返回版本列表重新选择。")
    return keep_version(family_id, earlier.table, made_from=made_from, note=f"回到第 {number} 版")


# --- What rules -----------------------------------------------------------------------------


def propose_ruling(
    family_id: int, version_id: int | None, from_on: date, *, document: str, reason: str
) -> int:
    """Put before the head of the city that a version rules from a day (None: retire the table)."""
    return _propose(
        {
            "family": family_id,
            "version": version_id,
            "from_on": from_on.isoformat(),
            "document": document,
            "reason": reason,
            "withdraws": None,
        }
    )


def propose_withdrawal(ruling: Ruling, *, document: str, reason: str) -> int:
    """Put before the head of the city that a ruling is annulled: it was wrong or came too early."""
    return _propose(
        {
            "family": ruling.family_id,
            "version": ruling.version_id,
            "from_on": ruling.from_on.isoformat(),
            "document": document,
            "reason": reason,
            "withdraws": ruling.id,
        }
    )


def _propose(payload: dict[str, Any]) -> int:
    payload |= {"stood": _stood(payload["family"]), "proposed_by": transaction().actor_id}
    refuse_unsound(payload)
    return approvals.propose(RULING, title_of(payload), payload)


def refuse_unsound(payload: Payload) -> None:
    """Raise Refused when what was proposed cannot be approved as things stand."""
    family = find_family(payload["family"])
    if family is None:
        raise Refused("没有这张指标表。请返回列表重新选择。")
    if payload["stood"] != _stood(family.id):
        raise Refused(
            "提出之后，这张指标表的施行情况已经另行修改。请退回，由规则维护员按现在的记录重新提出。"
        )
    if payload["withdraws"] is not None:
        return
    from_on, rulings = date.fromisoformat(payload["from_on"]), rulings_of([family.id])
    if any(it.from_on == from_on for it in rulings):
        raise Refused(f"已有一版自 {from_on.isoformat()} 起施行。请另选日期，或先撤销那一条。")
    version = version_of(payload)
    if version is None:
        if not any(it.from_on < from_on and it.version_id is not None for it in rulings):
            raise Refused("这张指标表在这一天之前没有施行，无需停用。")
        return
    _refuse_columns(family, version.table, from_on)
    if family.is_supplement:
        _refuse_loosened(family, version, from_on)


def _refuse_columns(family: Family, table: IndicatorTable, on: date) -> None:
    wanted = columns_for(family.rulebook, family.industry, family.subtype, on)
    if table.grades not in wanted:
        raise Refused(
            f"本行业自 {on.isoformat()} 起的等级为 {'、'.join(wanted[0])}，"
            f"这一版的等级列为 {'、'.join(table.grades)}。请先修改等级列，或核对行业的等级方案。"
        )


def _refuse_loosened(family: Family, version: Version, from_on: date) -> None:
    base = base_for(family, from_on)
    if base is None:
        raise Refused("该行业自这一天起没有施行中的指标表，补充要求无从加严。请先施行指标表。")
    found = loosened(base, version.table)
    if found:
        raise Refused("".join(found[:5]))


def base_for(family: Family, on: date) -> IndicatorTable | None:
    """The guide's table that a supplement is laid over on a day."""
    found = table_on(family.rulebook, family.industry, family.subtype, on)
    return found.versions[0].table if found else None


def carry_out(payload: Payload) -> int:
    """Record an approved ruling or withdrawal; returns the ruling's id. Raises Refused."""
    refuse_unsound(payload)
    version, withdraws = version_of(payload), payload["withdraws"]
    detail = {
        "版本": None if version is None else version.number,
        "施行日期": payload["from_on"],
        "校验值": "" if version is None else version.sha256,
        "依据": payload["document"],
        "理由": payload["reason"],
    }
    if withdraws is not None:
        facts.annul(IndicatorRuling, [withdraws], payload["reason"])
        audit.record("indicators.withdrawn", "indicators", payload["family"], detail)
        return int(withdraws)
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
    audit.record("indicators.ruled", "indicators", payload["family"], detail)
    return ruling_id


def version_of(payload: Payload) -> Version | None:
    """The version that a proposal is about; None where it retires the table."""
    if payload["version"] is None:
        return None
    version = find_version(payload["version"])
    if version is None or version.family_id != payload["family"]:
        raise Refused("没有这一版指标表。请返回版本列表重新选择。")
    return version


def _stood(family_id: int) -> list[int]:
    """The rulings that stand: a ruling is approved as it was looked at."""
    return [it.id for it in rulings_of([family_id])]


def title_of(payload: Payload) -> str:
    """What a proposal is called: which table, which version, from when."""
    version, newest = version_of(payload), newest_version(payload["family"])
    named = version or newest
    name = named.table.title if named else "指标表"
    what = "停用" if version is None else f"第 {version.number} 版施行"
    if payload["withdraws"] is not None:
        what = f"撤销{what}"
    return f"{name}{what}，自 {payload['from_on']} 起"


def ruling_or_none(ruling_id: int, family_id: int) -> Ruling | None:
    """A standing ruling of this family."""
    found = find_ruling(ruling_id)
    return found if found and found.family_id == family_id and found.annulled_at is None else None
