"""What the enterprise's home shows of all its filings at once (申报首页), in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select, union_all

from app.filing.answers import read_answer
from app.filing.domain import TRANSPORT, judged
from app.filing.models import FilingAnswer, FilingEvidence, FilingSubmission, FilingTable
from app.filing.queries.filings import Filing
from app.filing.queries.tables import chosen_grades_table, find_tables, ids_of
from app.filing.queries.working import described
from app.indicators.domain import Answer, IndicatorTable, short_board
from app.kernel.database import db
from app.rulebook.queries import rulebook_on


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What came from an earlier filing and nobody has looked at yet (待确认)."""

    rows: int = 0
    others: int = 0
    """The transport summary and materials."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.rows + self.others


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission, without what it holds."""

    id: int
    number: int
    submitted_at: datetime


def sent_of(filing_ids: Iterable[int]) -> dict[int, list[Sent]]:
    """The submissions of each filing, the first one first: one statement."""
    rows: Iterable[Any] = db.session.execute(
        select(FilingSubmission.filing_id, FilingSubmission.id, FilingSubmission.number,
               FilingSubmission.submitted_at)
        .where(FilingSubmission.filing_id.in_(sorted(set(filing_ids))))
        .order_by(FilingSubmission.filing_id, FilingSubmission.number)
    )  # fmt: skip
    found: dict[int, list[Sent]] = {}
    for filing_id, *values in rows:
        found.setdefault(filing_id, []).append(Sent(*values))
    return found


def open_rows_of(drafts: Sequence[Filing], on: date) -> dict[int, int]:
    """How many rows of each draft are not filled in: three statements however many there are."""
    if not drafts:
        return {}
    ids = sorted(it.id for it in drafts)
    kept: Sequence[Any] = list(
        db.session.execute(
            select(FilingTable.filing_id, FilingTable.place, FilingTable.industry,
                   FilingTable.subtype, FilingTable.versions)
            .where(FilingTable.filing_id.in_(ids))
        )
    )  # fmt: skip
    found = find_tables((), on, [ids_of(it.versions) for it in kept]).worked_on
    answers, by_id = _answers(ids), {it.id: it for it in drafts}
    unfilled = dict.fromkeys(ids, 0)
    for filing_id, place, industry, subtype, versions in kept:
        in_force = found.get(ids_of(versions))
        table = in_force.table if in_force else _stand_in(by_id[filing_id], industry, subtype, on)
        results = [
            judged(row, answers.get((filing_id, place, row.key), Answer()), table.grades)
            for row in table.rows
        ]
        unfilled[filing_id] += len(short_board(results, table.grades).open)
    return unfilled


def unconfirmed_of(drafts: Sequence[Filing]) -> dict[int, Unconfirmed]:
    """What of each draft came from an earlier filing and waits to be confirmed: one statement."""
    if not drafts:
        return {}
    ids = sorted(it.id for it in drafts)
    is_row = case((FilingAnswer.row_key == TRANSPORT, 0), else_=1)
    answers = (
        select(FilingAnswer.filing_id, func.sum(is_row), func.sum(1 - is_row))
        .where(FilingAnswer.filing_id.in_(ids), FilingAnswer.confirmed.is_(False))
        .group_by(FilingAnswer.filing_id)
    )
    files = (
        select(FilingEvidence.filing_id, func.count() * 0, func.count())
        .where(FilingEvidence.filing_id.in_(ids), FilingEvidence.confirmed.is_(False),
               FilingEvidence.ended_at.is_(None))
        .group_by(FilingEvidence.filing_id)
    )  # fmt: skip
    found: dict[int, Unconfirmed] = {}
    for filing_id, rows, others in db.session.execute(union_all(answers, files)):
        before = found.get(filing_id, Unconfirmed())
        found[filing_id] = Unconfirmed(before.rows + int(rows), before.others + int(others))
    return found


def _stand_in(filing: Filing, industry: str, subtype: str, on: date) -> IndicatorTable:
    rules = rulebook_on(on, filing.county)
    label, grades = described(rules, industry, subtype)
    return chosen_grades_table(rules, industry, subtype, label, grades)


def _answers(filing_ids: Sequence[int]) -> dict[tuple[int, int, str], Answer]:
    rows: Iterable[Any] = db.session.execute(
        select(FilingAnswer.filing_id, FilingAnswer.place, FilingAnswer.row_key,
               FilingAnswer.content)
        .where(FilingAnswer.filing_id.in_(filing_ids), FilingAnswer.row_key != TRANSPORT)
    )  # fmt: skip
    return {(filing, place, key): read_answer(text) for filing, place, key, text in rows}
