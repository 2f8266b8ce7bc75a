"""Materials added, replaced, taken out (佐证材料); what was there before stays on record."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from app.approvals.domain import Refused
from app.filing.domain import Evidence
from app.filing.evidence import ANY, period_in_name, span_of
from app.filing.models import FilingEvidence
from app.filing.periods import Span
from app.filing.queries import Filing, Twin, WorkingTable, bytes_taken, evidence_limits, twins_of
from app.filing.queries.evidence import (
    MB,
    Limits,
    bytes_kept,
    standing_evidence,
    was_submitted,
)
from app.filing.queries.working import working_tables
from app.filing.services.course import enter, open_for_entries
from app.indicators.domain import Row
from app.kernel import clock, files
from app.kernel.database import db
from app.kernel.files import Stored
from app.kernel.materials import Examined
from app.kernel.transaction import transaction
from app.rulebook.queries import rulebook

LONGEST_NOTE, LONGEST_KIND = 200, 100
TIMES_KEPT = 4
"""How often the materials of one filing may be exchanged whole, the first time counted."""
_GONE = "这份材料已被他人替换或移除。请刷新页面查看最新内容。"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a material belongs: a row of a table; place 0 without a row: the whole filing."""

    place: int = 0
    row_key: str = ""
    kind: str = ""
    """In the words of the table; empty: another material."""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a file: its material, and what its sender should know; empty: nothing."""

    id: int
    told: str = ""
    is_new: bool = True
    """False: the row had this very file already."""


def add_evidence(
    filing_id: int, where: Where, stored: Stored, examined: Examined, *,
    span: Span | None = None, note: str = "", replaces: int | None = None,
) -> Added:  # fmt: skip
    """Enter a file that lies on disk. The same file in the same row is there once. Raises Refused.

    With ``replaces`` it takes the place of another material, which stays on record, and what was
    said of that one holds for it too.
    """
    filing = open_for_entries(filing_id)
    old = None if replaces is None else _standing(filing, replaces)
    if old is not None:
        where = Where(old.place, old.row_key, old.kind)
    title = _title(filing, where)
    twins = twins_of(filing, stored.sha256)
    same = next((it for it in twins if it.filing_id == filing_id
                 and (it.evidence.place, it.evidence.row_key) == (where.place, where.row_key)
                 and it.evidence.kind == where.kind), None)  # fmt: skip
    if same is not None:
        return Added(same.evidence.id, f"“{examined.name}”已经在本项材料中，没有重复添加。",
                     is_new=False)  # fmt: skip
    _refuse_too_much(filing, stored, twins)
    earlier = next((it for it in twins if it.filing_id != filing_id), None)
    span = span or _span_known(old, earlier) or period_in_name(examined.name)
    new = _insert(filing, where, stored, examined, span,
                  note or (old.note if old else ""), earlier)  # fmt: skip
    detail = {"指标": title, "文件名": examined.name, "SHA-256": stored.sha256}
    if old is None:
        enter("filing.evidence_added", filing, detail)
    else:
        _end(old.id, replaced_by=new)
        enter("filing.evidence_replaced", filing,
              {**detail, "原文件名": old.name, "原 SHA-256": old.sha256})  # fmt: skip
    return Added(new, _told(filing_id, examined, twins, earlier))


def remove_evidence(filing_id: int, evidence_id: int) -> None:
    """Take a material out of the filing; it stays on record. Raises Refused."""
    filing = open_for_entries(filing_id)
    old = _standing(filing, evidence_id)
    _end(old.id, replaced_by=None)
    enter("filing.evidence_removed", filing, {"文件名": old.name, "SHA-256": old.sha256})


def describe_evidence(
    filing_id: int,
    evidence_id: int,
    *,
    kind: str,
    span: Span | None,
    note: str,
    row: tuple[int, str] | None = None,
) -> None:
    """Say what a material is and which period it covers; that also confirms it. Raises Refused.

    ``row``: the one it is moved to; that of a row which a newer table dropped has to be. What is
    said of a material that was submitted stays as it was then: officers read it there.
    """
    filing = open_for_entries(filing_id)
    old = _standing(filing, evidence_id)
    place, row_key = row or (old.place, old.row_key)
    if kind or row:
        _title(filing, Where(place, row_key, kind))
    values: dict[str, Any] = {
        "kind": kind,
        "period_from": span.first if span else None,
        "period_until": span.last if span else None,
        "note": note[:LONGEST_NOTE],
        "confirmed": True,
    }
    moves = (place, row_key) != (old.place, old.row_key)
    if not moves and all(getattr(old, name) == value for name, value in values.items()):
        return
    if moves or was_submitted(filing_id, old.id):
        _end(old.id, replaced_by=_copy(old.id, place=place, row_key=row_key, **values))
    else:
        _alter(old.id, **values)
    said = {"文件名": old.name, "材料": kind or "其他", "所属时段": span.words if span else "未填"}
    enter("filing.evidence_described", filing, said)


def confirm_evidence(filing_id: int, evidence_id: int) -> None:
    """A material carried over from an earlier filing is still right. Raises Refused."""
    filing = open_for_entries(filing_id)
    old = _standing(filing, evidence_id)
    if old.confirmed:
        return
    _alter(old.id, confirmed=True)
    enter("filing.evidence_confirmed", filing, {"文件名": old.name})


def confirm_evidence_together(filing_id: int, seen: Collection[int]) -> int:
    """Of the materials that were ``seen``, those carried over are still right; how many were.

    Raises Refused. One of them that somebody took out meanwhile is passed over.
    """
    filing = open_for_entries(filing_id)
    kept = FilingEvidence
    carried = (kept.filing_id == filing.id, kept.id.in_(seen), kept.ended_at.is_(None),
               kept.confirmed.is_(False))  # fmt: skip
    confirmed = db.session.execute(select(kept.name).where(*carried)).scalars().all()
    if confirmed:  # else the page was sent twice, or somebody was quicker: nothing is changed
        db.session.execute(update(kept).where(*carried).values(confirmed=True))
    for name in sorted(confirmed):
        enter("filing.evidence_confirmed", filing, {"文件名": name})
    return len(confirmed)


def _standing(filing: Filing, evidence_id: int) -> Evidence:
    found = standing_evidence(filing.id, evidence_id)
    if found is None:
        raise Refused(_GONE)
    return found


def _title(filing: Filing, where: Where) -> str:
    """The row by its name. Raises Refused when the filing has no such row or material."""
    if (where.place, where.row_key) == (0, ""):
        return "其他材料"
    own = rulebook(filing.rulebook, filing.judged_on, filing.county)
    tables = working_tables(filing, own, filing.judged_on, is_kept=True)
    table, row = _row(tables, where)
    if table is None or row is None:
        raise Refused("指标表中没有这一行，可能已换用新的指标表。请刷新页面后重新选择。")
    if where.kind and where.kind != ANY and where.kind not in {it.kind for it in row.evidence}:
        raise Refused(f"指标“{row.title}”没有列出“{where.kind[:40]}”这种材料。请刷新后重新选择。")
    return f"{table.label}：{row.title}"


def _row(tables: tuple[WorkingTable, ...], where: Where) -> tuple[WorkingTable | None, Row | None]:
    table = next((it for it in tables if it.place == where.place), None)
    return table, table.table.row(where.row_key) if table else None


def _refuse_too_much(filing: Filing, stored: Stored, twins: list[Twin]) -> None:
    if any(it.filing_id == filing.id for it in twins):
        return
    limits = evidence_limits(clock.day_of(transaction().moment), filing.county)
    refuse_hoard(filing, stored.size, limits)
    if bytes_taken(filing.id) + stored.size > limits.total_bytes:
        raise Refused(
            f"本次申报的材料合计将超过 {limits.total_mb} MB 的上限，这份没有添加。"
            "请移除不再需要的材料，或压缩后重新上传。"
        )


def refuse_hoard(filing: Filing, size: int, limits: Limits) -> None:
    """Nothing is thrown away, so what one filing may leave behind has an end. Raises Refused."""
    most = TIMES_KEPT * limits.total_bytes
    if bytes_kept(filing.id) + size > most:
        raise Refused(
            "本次申报先后上传的材料（含已替换、已移除的）和交回的填报包合计将超过 "
            f"{most // MB} MB，这份没有添加。确需继续上传的，请联系受理申报的部门。"
        )


def _span_known(old: Evidence | None, earlier: Twin | None) -> Span | None:
    if earlier is not None:
        return span_of(earlier.evidence)
    return span_of(old) if old is not None else None


def _insert(
    filing: Filing, where: Where, stored: Stored, examined: Examined, span: Span | None,
    note: str, earlier: Twin | None,
) -> int:  # fmt: skip
    current = transaction()
    files.enter(stored)
    found = db.session.execute(
        insert(FilingEvidence)
        .values(
            filing_id=filing.id, place=where.place, row_key=where.row_key, kind=where.kind,
            sha256=stored.sha256, name=examined.name, size=stored.size, media=examined.kind,
            pages=examined.pages, period_from=span.first if span else None,
            period_until=span.last if span else None, note=note[:LONGEST_NOTE], confirmed=True,
            carried_from=earlier.evidence.id if earlier else None, added_at=current.moment,
            added_by=current.actor_id, added_by_name=current.actor_name,
        )
        .returning(FilingEvidence.id)
    ).scalar_one()  # fmt: skip
    return int(found)


def _copy(evidence_id: int, **values: Any) -> int:
    """The same material once more, otherwise in what is said: where it stands is never altered.

    It came in when it came in, and by whom it did: a scan of an earlier paper stays one.
    """
    columns = (it for it in FilingEvidence.__table__.columns if it.name != "id")
    query = select(*columns).where(FilingEvidence.id == evidence_id)
    old = dict(db.session.execute(query).mappings().one())
    made = insert(FilingEvidence).values(**{**old, **values})
    return int(db.session.execute(made.returning(FilingEvidence.id)).scalar_one())


def _end(evidence_id: int, *, replaced_by: int | None) -> None:
    current = transaction()
    _alter(evidence_id, ended_at=current.moment, ended_by=current.actor_id,
           replaced_by=replaced_by)  # fmt: skip


def _alter(evidence_id: int, **values: Any) -> None:
    db.session.execute(
        update(FilingEvidence)
        .where(FilingEvidence.id == evidence_id, FilingEvidence.ended_at.is_(None))
        .values(**values)
    )


def _told(filing_id: int, examined: Examined, twins: list[Twin], earlier: Twin | None) -> str:
    elsewhere = next((it for it in twins if it.filing_id == filing_id), None)
    if elsewhere is not None:
        return f"“{examined.name}”与本次申报的“{elsewhere.evidence.name}”内容相同，已关联。"
    if earlier is not None:
        return (
            f"“{examined.name}”与 {earlier.year} 年度申报的“{earlier.evidence.name}”内容相同，"
            "所属时段已照填，请核对。"
        )
    return ""
