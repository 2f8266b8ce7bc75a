"""Beginning a filing (开始申报): the verdict first, then what was entered before is taken over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.filing.answers import answer_text, fitting, is_empty, transport_text
from app.filing.domain import TRANSPORT, Evidence, Kind, State, Way
from app.filing.models import FilingAnswer, FilingEvidence, FilingRow, FilingTable
from app.filing.periods import is_of_use, required
from app.filing.queries import (
    Earlier,
    Filing,
    Wanted,
    WorkingTable,
    admission,
    earlier_submission,
    evidence_of,
    filing_by_id,
    find_by_form,
    find_tables,
)
from app.filing.queries.tables import ids_text
from app.filing.queries.working import working_tables
from app.filing.services.course import (
    enter,
    held,
    move,
    note_step,
)
from app.kernel import clock
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.kernel.verdicts import Verdict
from app.registry.queries import PlantOnRecord, industries_of
from app.rulebook.domain import Grade, Rulebook
from app.rulebook.queries import rulebook_on


class NotAdmitted(Refused):
    """The plant may not file so; ``verdict`` says why, clause by clause."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("".join(it.text for it in verdict.reasons if not it.met))
        self.verdict = verdict


def start(
    plant: PlantOnRecord,
    year: int,
    kind: Kind,
    target: Grade,
    *,
    way: Way = Way.BROWSER,
    paper: str = "",
    at_office: bool = False,
    form_key: str,
) -> int:
    """Begin a filing; returns its id. The same form sent twice is one filing. Raises NotAdmitted.

    ``at_office``: the county begins it for the enterprise.

    What the plant filed last is carried over, to be looked at and confirmed (待确认).
    """
    current = transaction()
    before = find_by_form(form_key)
    if before is not None:
        return before
    on = clock.day_of(current.moment)
    verdict = admission(plant, kind, year, target, on)
    if not verdict.admitted:
        raise NotAdmitted(verdict)
    _clear_away(plant)
    rules = rulebook_on(on, plant.county)
    filing_id: int = db.session.execute(
        insert(FilingRow)
        .values(
            plant_id=plant.plant_id, enterprise_id=plant.enterprise_id, county=plant.county,
            year=year, kind=kind, target=target, rulebook=rules.id, way=way, paper=paper.strip(),
            state=State.DRAFT, revision=1, opened_at=current.moment, opened_by=current.actor_id,
            opened_by_name=current.actor_name, judged_on=on, form_key=form_key,
            at_office=at_office,
        )
        .returning(FilingRow.id)
    ).scalar_one()  # fmt: skip
    _lay_tables(filing_id, _industries(plant), rules, on)
    note_step(filing_id, "start", State.DRAFT)
    filing = held(filing_id)
    answers, files = _carry_over(filing, rules, on)
    enter("filing.started", filing,
          {"目标等级": target, "方式": way.words, "原件": paper.strip(), "带入自评": answers,
           "带入材料": files})  # fmt: skip
    return filing_id


def _clear_away(plant: PlantOnRecord) -> None:
    """A draft that a former owner of the plant left gives way."""
    left = select(FilingRow.id).where(
        FilingRow.plant_id == plant.plant_id, FilingRow.state == State.DRAFT
    )
    found = db.session.execute(left).scalar_one_or_none()
    filing = None if found is None else filing_by_id(found)
    if filing is not None:
        reason = "厂区已转到另一企业，由现企业另行申报"
        move(filing, "discard", reason)
        enter("filing.discarded", filing, {"原因": reason})


def _industries(plant: PlantOnRecord) -> list[tuple[str, str]]:
    found = industries_of([plant.plant_id]).get(plant.plant_id, ())
    return [(it.industry, it.subtype) for it in found]


def _lay_tables(
    filing_id: int, industries: Sequence[tuple[str, str]], rules: Rulebook, on: date
) -> None:
    wanted = [Wanted(rules.id, industry, subtype) for industry, subtype in industries]
    ruling = find_tables(wanted, on).ruling
    rows = [
        {
            "filing_id": filing_id, "place": place, "industry": it.industry,
            "subtype": it.subtype,
            "versions": ids_text(v.id for v in ruling[it].versions) if it in ruling else "[]",
        }
        for place, it in enumerate(wanted, start=1)
    ]  # fmt: skip
    db.session.execute(insert(FilingTable), rows)


# --- What is carried over -------------------------------------------------------------------


def _carry_over(filing: Filing, rules: Rulebook, on: date) -> tuple[int, int]:
    """How many answers and materials of the last submission were carried over."""
    earlier = earlier_submission(filing)
    if earlier is None:
        return 0, 0
    tables = working_tables(filing, rules, on, is_kept=False)
    current = transaction()
    stamp = {"saved_at": current.moment, "saved_by": current.actor_id,
             "saved_by_name": current.actor_name}  # fmt: skip
    rows = [
        {"filing_id": filing.id, "place": place, "row_key": key, "content": content,
         "revision": 1, "confirmed": False, **stamp}
        for place, key, content in _fitting_entries(earlier, tables)
    ]  # fmt: skip
    if rows:
        db.session.execute(insert(FilingAnswer), rows)
    return len(rows), _carry_evidence(filing, earlier.filing_id, tables, on)


def _fitting_entries(
    earlier: Earlier, tables: Sequence[WorkingTable]
) -> Iterable[tuple[int, str, str]]:
    """Of what was entered then what the tables ask for now, and the transport summary."""
    by_place = {it.place: it.table for it in tables}
    for (place, key), before in earlier.answers(tables).items():
        table = by_place[place]
        row = table.row(key)
        answer = fitting(before, row, table.grades) if row else None
        if answer is not None and not is_empty(answer):
            yield place, key, answer_text(answer)
    if not earlier.transport.is_empty:
        yield 0, TRANSPORT, transport_text(earlier.transport)


def _carry_evidence(filing: Filing, earlier: int, tables: Sequence[WorkingTable], on: date) -> int:
    """Carry over the materials that still prove something of what is asked for."""
    before = {
        it.place: (it.industry, it.subtype) for it in _tables_of(earlier)
    }  # fmt: skip
    here = {(it.industry, it.subtype): it for it in tables}
    current = transaction()
    rows = []
    for it in evidence_of(earlier):
        table = here.get(before.get(it.place, ("", "")))
        if it.place and (table is None or not _still_asked(it, table, filing.year, on)):
            continue
        rows.append(
            {
                "filing_id": filing.id, "place": table.place if table else 0,
                "row_key": it.row_key, "kind": it.kind, "sha256": it.sha256, "name": it.name,
                "size": it.size, "media": it.media, "pages": it.pages,
                "period_from": it.period_from, "period_until": it.period_until, "note": it.note,
                "confirmed": False, "carried_from": it.id, "added_at": current.moment,
                "added_by": current.actor_id, "added_by_name": current.actor_name,
            }
        )  # fmt: skip
    if rows:
        db.session.execute(insert(FilingEvidence), rows)
    return len(rows)


def _tables_of(filing_id: int) -> list[Any]:
    query = select(FilingTable.place, FilingTable.industry, FilingTable.subtype)
    return list(db.session.execute(query.where(FilingTable.filing_id == filing_id)))


def _still_asked(it: Evidence, table: WorkingTable, year: int, on: date) -> bool:
    row = table.table.row(it.row_key)
    if row is None:
        return False
    period = next((asked.period for asked in row.evidence if asked.kind == it.kind), "")
    return is_of_use(required(period, year, on), it.span)
