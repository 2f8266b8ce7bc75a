"""Entering answers (填报): each row is saved by itself, and nobody's entry is lost to another's."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select, update

from app.approvals.domain import Refused
from app.filing.answers import (
    answer_text,
    answer_words,
    fitting,
    read_answer,
    read_transport,
    transport_text,
    transport_words,
)
from app.filing.domain import TRANSPORT, Conflict, Entry, Saved, Transport
from app.filing.models import FilingAnswer
from app.filing.queries import Filing, WorkingTable
from app.filing.queries.working import working_tables
from app.filing.services.course import enter, open_for_entries
from app.indicators.domain import Answer, Row
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.rulebook.queries import rulebook

LONGEST_NOTE = 1000


def save_answer(
    filing_id: int, place: int, row_key: str, answer: Answer, seen_revision: int
) -> Saved | Conflict:
    """Save one row; ``seen_revision`` is the one that the page showed (0: never saved).

    Where somebody saved the same row meanwhile nothing is written and both sides come back; the
    same content is no conflict. Raises Refused.
    """
    filing = open_for_entries(filing_id)
    table, row = _row(filing, place, row_key)
    kept = fitting(answer, row, table.table.grades)

    def words(it: Entry) -> str:
        return answer_words(it, row, table.table.grades) if isinstance(it, Answer) else ""

    return _save(filing, place, row_key, kept, answer_text(kept), read_answer, seen_revision,
                 f"{table.label}：{row.title}", words)  # fmt: skip


def save_transport(filing_id: int, transport: Transport, seen_revision: int) -> Saved | Conflict:
    """Save the transport summary (运输汇总) of the plant, as `save_answer` saves a row."""
    filing = open_for_entries(filing_id)

    def words(it: Entry) -> str:
        return transport_words(it) if isinstance(it, Transport) else ""

    return _save(filing, 0, TRANSPORT, transport, transport_text(transport), read_transport,
                 seen_revision, "运输汇总", words)  # fmt: skip


def _row(filing: Filing, place: int, row_key: str) -> tuple[WorkingTable, Row]:
    own = rulebook(filing.rulebook, filing.judged_on, filing.county)
    tables = working_tables(filing, own, filing.judged_on, is_kept=True)
    table = next((it for it in tables if it.place == place), None)
    row = table.table.row(row_key) if table else None
    if table is None or row is None:
        raise Refused("指标表中没有这一行，可能已换用新的指标表。请刷新页面后重新填写。")
    return table, row


def _save(
    filing: Filing,
    place: int,
    row_key: str,
    mine: Entry,
    content: str,
    read: Callable[[str], Entry],
    seen_revision: int,
    title: str,
    words: Callable[[Entry], str],
) -> Saved | Conflict:
    there = db.session.execute(
        select(FilingAnswer.content, FilingAnswer.revision, FilingAnswer.confirmed,
               FilingAnswer.saved_at, FilingAnswer.saved_by_name)
        .where(FilingAnswer.filing_id == filing.id, FilingAnswer.place == place,
               FilingAnswer.row_key == row_key)
    ).first()  # fmt: skip
    if there is not None and there.content == content and there.confirmed:
        return Saved(there.revision, there.saved_at, there.saved_by_name)
    if there is not None and there.revision != seen_revision and there.content != content:
        return Conflict(mine, read(there.content), there.revision, there.saved_by_name,
                        there.saved_at)  # fmt: skip
    current = transaction()
    revision = 1 if there is None else there.revision + 1
    values = {
        "content": content, "revision": revision, "confirmed": True, "saved_at": current.moment,
        "saved_by": current.actor_id, "saved_by_name": current.actor_name,
    }  # fmt: skip
    if there is None:
        db.session.execute(insert(FilingAnswer).values(
            filing_id=filing.id, place=place, row_key=row_key, **values))  # fmt: skip
    else:
        db.session.execute(update(FilingAnswer).where(
            FilingAnswer.filing_id == filing.id, FilingAnswer.place == place,
            FilingAnswer.row_key == row_key).values(**values))  # fmt: skip
    detail = {"指标": title, "内容": words(mine)}
    if there is not None and there.content != content:
        detail["原内容"] = words(read(there.content))
    enter("filing.answered", filing, detail)
    return Saved(revision, current.moment, current.actor_name)
