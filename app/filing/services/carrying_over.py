"""What a filing takes over from the last one (带入), and what of it is to be confirmed (待确认).

An answer of last year may be wrong by now, so somebody looks at it before it is submitted again.
What the enterprise entered itself and confirmed in a filing of the same year that it then withdrew
(撤回) has not grown old: it stays confirmed, with who entered it and when, where the table is the
same version. A material that does not prove anything any more is left behind, and then the row that
rested on it is to be confirmed all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from app.filing.answers import answer_text, fitting, is_empty, read_answer, transport_text
from app.filing.commitment import SCAN
from app.filing.domain import TRANSPORT, Evidence
from app.filing.models import FilingAnswer, FilingEvidence, FilingRemark, FilingTable
from app.filing.periods import is_of_use, required
from app.filing.queries import Earlier, Filing, WorkingTable, earlier_submission, evidence_of
from app.filing.queries.tables import ids_of
from app.filing.queries.working import working_tables
from app.indicators.domain import Answer
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.rulebook.domain import Rulebook

_Where = tuple[int, str]
"""A table's place here, and the key of the row."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How much was taken over."""

    answers: int = 0
    files: int = 0
    to_confirm: int = 0
    """Answers and files that are to be confirmed."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of the new filing beside those of the earlier one."""

    here: Mapping[int, WorkingTable]
    """By the place that the table had in the earlier filing."""
    same: frozenset[int]
    """The places, here, of tables of the very same versions."""


def carry_over(filing: Filing, rules: Rulebook, on: date) -> Carried:
    """Take over what the enterprise submitted last for the plant, as far as it is asked for now."""
    earlier = earlier_submission(filing)
    if earlier is None:
        return Carried()
    every = working_tables(filing, rules, on, is_kept=False)
    tables = _beside(earlier.filing_id, every)
    fresh = earlier.is_fresh_for(filing)
    files, worn = _files(filing, earlier.filing_id, tables, on, fresh=fresh)
    if earlier.was_taken_back:
        answers = list(_entries(earlier.filing_id, tables, worn, fresh=fresh))
    else:
        answers = list(_submitted(earlier, every))
    whose = {"filing_id": filing.id}
    for model, rows in ((FilingAnswer, answers), (FilingEvidence, files)):
        if rows:
            db.session.execute(insert(model), [whose | it for it in rows])
    if fresh and len(tables.same) == len(every):
        _keep_remarks(filing.id, earlier.filing_id)
    open_ones = sum(1 for it in (*answers, *files) if not it["confirmed"])
    return Carried(len(answers), len(files), open_ones)


def _beside(earlier: int, tables: Sequence[WorkingTable]) -> _Tables:
    by_industry = {(it.industry, it.subtype): it for it in tables}
    query = select(
        FilingTable.place, FilingTable.industry, FilingTable.subtype, FilingTable.versions
    ).where(FilingTable.filing_id == earlier)
    here, same = {}, set()
    for place, industry, subtype, versions in db.session.execute(query):
        table = by_industry.get((industry, subtype))
        if table is not None:
            here[place] = table
            if ids_of(versions) == table.version_ids:
                same.add(table.place)
    return _Tables(here, frozenset(same))


def _by_now() -> dict[str, Any]:
    current = transaction()
    return {"saved_at": current.moment, "saved_by": current.actor_id,
            "saved_by_name": current.actor_name}  # fmt: skip


# --- Answers --------------------------------------------------------------------------------


def _submitted(earlier: Earlier, tables: Sequence[WorkingTable]) -> Iterator[dict[str, Any]]:
    """What was submitted and decided on, to be confirmed every bit of it."""
    stamp = {"revision": 1, "confirmed": False, **_by_now()}
    by_place = {it.place: it for it in tables}
    for (place, key), before in earlier.answers(tables).items():
        answer = _fitted(before, by_place[place], key)
        if answer is not None:
            yield {"place": place, "row_key": key, "content": answer_text(answer), **stamp}
    if not earlier.transport.is_empty:
        yield {"place": 0, "row_key": TRANSPORT, "content": transport_text(earlier.transport),
               **stamp}  # fmt: skip


def _fitted(answer: Answer, table: WorkingTable, key: str) -> Answer | None:
    """What of an answer the table asks for now; None: nothing."""
    row = table.table.row(key)
    kept = fitting(answer, row, table.table.grades) if row else None
    return None if kept is None or is_empty(kept) else kept


def _entries(
    earlier: int, tables: _Tables, worn: frozenset[_Where], *, fresh: bool
) -> Iterator[dict[str, Any]]:
    """The entries of a filing that was withdrawn, as they stood at its end.

    ``worn`` are the rows whose materials do not count any more.
    """
    query = select(
        FilingAnswer.place, FilingAnswer.row_key, FilingAnswer.content, FilingAnswer.confirmed,
        FilingAnswer.saved_at, FilingAnswer.saved_by, FilingAnswer.saved_by_name,
    ).where(FilingAnswer.filing_id == earlier)  # fmt: skip
    for it in db.session.execute(query):
        place, content = 0, it.content
        table = tables.here.get(it.place)
        if table is not None:
            answer = _fitted(read_answer(it.content), table, it.row_key)
            if answer is None:
                continue
            place, content = table.place, answer_text(answer)
        elif it.row_key != TRANSPORT:
            continue
        holds = (
            fresh
            and it.confirmed
            and content == it.content
            and (table is None or place in tables.same)
            and (place, it.row_key) not in worn
        )
        by = {"saved_at": it.saved_at, "saved_by": it.saved_by, "saved_by_name": it.saved_by_name}
        yield {"place": place, "row_key": it.row_key, "content": content, "revision": 1,
               "confirmed": holds, **(by if holds else _by_now())}  # fmt: skip


# --- Materials and reasons ------------------------------------------------------------------


def _files(
    filing: Filing, earlier: int, tables: _Tables, on: date, *, fresh: bool
) -> tuple[list[dict[str, Any]], frozenset[_Where]]:
    """The materials that still prove something of what is asked for; the rows that lost one."""
    current = transaction()
    rows, worn = [], set()
    for it in evidence_of(earlier):
        table = tables.here.get(it.place)
        place = table.place if table else 0
        if it.place and (table is None or not _still_asked(it, table, filing.year, on)):
            worn.add((place, it.row_key))
            continue
        rows.append(
            {
                "place": place, "row_key": it.row_key, "kind": it.kind, "sha256": it.sha256,
                "name": it.name, "size": it.size, "media": it.media, "pages": it.pages,
                "period_from": it.period_from, "period_until": it.period_until, "note": it.note,
                "confirmed": fresh and _holds(it, place, tables),
                "carried_from": it.id, "added_at": current.moment, "added_by": current.actor_id,
                "added_by_name": current.actor_name,
            }
        )  # fmt: skip
    return rows, frozenset(worn)


def _holds(it: Evidence, place: int, tables: _Tables) -> bool:
    """Whether it proves the same as before; the stamped commitment was that of the other filing."""
    return it.confirmed and it.kind != SCAN and (not place or place in tables.same)


def _still_asked(it: Evidence, table: WorkingTable, year: int, on: date) -> bool:
    row = table.table.row(it.row_key)
    if row is None:
        return False
    period = next((asked.period for asked in row.evidence if asked.kind == it.kind), "")
    return is_of_use(required(period, year, on), it.span)


def _keep_remarks(filing_id: int, earlier: int) -> None:
    """The reasons given for warnings: each answers the very same sentence and no other."""
    query = select(
        FilingRemark.check_key, FilingRemark.note, FilingRemark.said_at, FilingRemark.said_by,
        FilingRemark.said_by_name,
    ).where(FilingRemark.filing_id == earlier)  # fmt: skip
    rows = [{"filing_id": filing_id, **it} for it in db.session.execute(query).mappings()]
    if rows:
        db.session.execute(insert(FilingRemark), rows)
