"""Telling who fills in a draft that another table rules by now (指标表更新提醒).

A daily duty that pulls, as a table begins to rule on a day that was set long before: it looks at
the drafts whose tables, or whose rulebook, are no longer those in force, and sends one notice for
each such change. A submitted filing keeps its tables, so nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, select

from app.filing.domain import State, Way
from app.filing.models import FilingRow, FilingSubmission, FilingTable
from app.filing.queries.tables import Wanted, ids_of, ids_text, ruling_versions
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.inbox.queries import open_matters, sent_matters
from app.kernel import audit, daily
from app.kernel.authority import Permission
from app.kernel.canonical import sha256_of
from app.kernel.database import db
from app.kernel.facts import in_parts
from app.kernel.transaction import close, writing
from app.registry.queries import plants_by_id
from app.rulebook.queries import rulebook_on

VIA = "每日事项"
PREFIX = "filing-tables:"
PER_TRANSACTION = 200
"""Drafts told of in one transaction, so that other writers wait a moment only."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A draft that is filled in by tables which no longer rule."""

    filing_id: int
    county: str
    enterprise_id: int
    way: Way
    plant: str
    changed: tuple[str, ...]
    """The industries whose tables changed; empty: the rulebook alone did."""
    source: str
    """Names what rules now: another change is told of again, the same one never."""

    @property
    def audience(self) -> Audience:
        """Who fills it in: the people of the enterprise, or the officers at the window."""
        if self.way is Way.WINDOW:
            return Audience(Permission.FILING_WINDOW, county=self.county)
        return Audience(
            Permission.FILING_WORK, county=self.county, enterprise_id=self.enterprise_id
        )

    @property
    def body(self) -> str:
        """What changed, what it means and what to do."""
        what = (
            f"{'、'.join(f'“{it}”' for it in self.changed)}的指标表已经更换或停用"
            if self.changed
            else "所在区县已经改用新的规则集"
        )
        return (
            f"{what}。这件申报还没有提交，提交时按当日施行的指标表评定。请查看新旧指标表的差异，"
            "换用后再提交；已填的内容会保留，要求有变化的指标须重新确认。"
        )


def tell_of_newer_tables(day: date) -> None:
    """Send what is not told yet, and close what is settled: taken over, submitted or given up."""
    try:
        outdated = _outdated(day)
        waiting, sent = open_matters(PREFIX), sent_matters(PREFIX)
    finally:
        close()
    standing = {it.source for it in outdated}
    for part in in_parts(sorted(it for it in waiting if it not in standing), PER_TRANSACTION):
        with writing(VIA):
            for source in part:
                inbox.settle(source)
            audit.record("filing.tables_told", "filings", day, {"不再需要的通知": len(part)})
    untold = [it for it in outdated if it.source not in sent]
    for some in in_parts(untold, PER_TRANSACTION):
        with writing(VIA):
            for it in some:
                inbox.send(
                    MessageKind.NOTICE,
                    f"指标表已更新，请换用：{it.plant}",
                    it.audience,
                    link=f"/filing/{it.filing_id}/tables",
                    source=it.source,
                    body=it.body,
                )
            audit.record("filing.tables_told", "filings", day, {"发出通知": len(some)})


def _outdated(day: date) -> list[Outdated]:
    """The drafts in question, in a few statements however many there are."""
    drafts = _drafts()
    tables = _tables([it.id for it in drafts])
    rules = {it.county: rulebook_on(day, it.county) for it in drafts}
    wanted = {
        (it.id, industry, subtype): Wanted(rules[it.county].id, industry, subtype)
        for it in drafts
        for industry, subtype, _ in tables.get(it.id, ())
    }
    ruling = ruling_versions(wanted.values(), day)
    plants = plants_by_id([it.plant_id for it in drafts])
    found = []
    for it in drafts:
        own, now = rules[it.county], list[str]()
        changed = []
        for industry, subtype, versions in tables.get(it.id, ()):
            ids = ruling.get(wanted[it.id, industry, subtype], ())
            now.append(ids_text(ids))
            if ids != versions:
                known = own.catalogue.by_id(industry)
                changed.append(known.label(subtype or None, own.on))
        if not changed and own.id == it.rulebook:
            continue
        state = sha256_of("|".join([own.id, *now]))[:16]
        found.append(
            Outdated(it.id, it.county, it.enterprise_id, Way(it.way), plants[it.plant_id].full_name,
                     tuple(changed), f"{PREFIX}{it.id}:{state}")
        )  # fmt: skip
    return found


def _drafts() -> Sequence[Any]:
    """The filings that were never submitted and are worked on."""
    submitted = exists().where(FilingSubmission.filing_id == FilingRow.id)
    query = select(
        FilingRow.id, FilingRow.plant_id, FilingRow.enterprise_id, FilingRow.county,
        FilingRow.rulebook, FilingRow.way,
    ).where(FilingRow.state == State.DRAFT, ~submitted)  # fmt: skip
    return list(db.session.execute(query.order_by(FilingRow.id)))


def _tables(filing_ids: Sequence[int]) -> Mapping[int, list[tuple[str, str, tuple[int, ...]]]]:
    """The industries of each filing with the versions that it is filled in by."""
    found: dict[int, list[tuple[str, str, tuple[int, ...]]]] = {}
    for part in in_parts(filing_ids):
        query = select(
            FilingTable.filing_id, FilingTable.industry, FilingTable.subtype, FilingTable.versions
        ).where(FilingTable.filing_id.in_(part))
        for filing_id, industry, subtype, versions in db.session.execute(
            query.order_by(FilingTable.filing_id, FilingTable.place)
        ):
            found.setdefault(filing_id, []).append((industry, subtype, ids_of(versions)))
    return found


daily.each_day("指标表更新提醒", tell_of_newer_tables)
