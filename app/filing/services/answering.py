"""Entering answers (填报): each row is saved by itself, and nobody's entry is lost to another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import delete, insert, select, update

from app.approvals.domain import Overtaken, Refused
from app.filing.answers import (
    answer_text,
    answer_words,
    fitting,
    read_answer,
    read_transport,
    transport_text,
    transport_words,
)
from app.filing.domain import TRANSPORT, Conflict, Entry, Saved, Severity, Transport
from app.filing.models import FilingAcceptance, FilingAnswer, FilingRemark
from app.filing.queries import Filing, WorkingTable, findings_of, working
from app.filing.queries.papers import statements_of
from app.filing.queries.working import working_tables
from app.filing.services.course import enter, open_for_entries
from app.indicators.domain import Answer, Row
from app.kernel import clock
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


# --- What was carried forward, reasons, statements ------------------------------------------


def confirm_answer(filing_id: int, place: int, row_key: str, seen_revision: int) -> Saved:
    """Say of an answer that was carried forward that it still holds (确认). Raises Refused."""
    filing = open_for_entries(filing_id)
    there = (FilingAnswer.filing_id == filing_id, FilingAnswer.place == place,
             FilingAnswer.row_key == row_key)  # fmt: skip
    row = db.session.execute(
        select(FilingAnswer.revision, FilingAnswer.confirmed, FilingAnswer.saved_at,
               FilingAnswer.saved_by_name).where(*there)
    ).first()  # fmt: skip
    if row is None or row.revision != seen_revision:
        raise Overtaken("这一行刚刚已被他人修改，没有确认。请刷新页面，核对后再确认。")
    if row.confirmed:
        return Saved(row.revision, row.saved_at, row.saved_by_name)
    current, revision = transaction(), row.revision + 1
    db.session.execute(
        update(FilingAnswer).where(*there).values(
            confirmed=True, revision=revision, saved_at=current.moment,
            saved_by=current.actor_id, saved_by_name=current.actor_name,
        )
    )  # fmt: skip
    title = "运输汇总" if row_key == TRANSPORT else _row(filing, place, row_key)[1].title
    enter("filing.confirmed", filing, {"指标": title})
    return Saved(revision, current.moment, current.actor_name)


def remark(filing_id: int, check_key: str, note: str) -> None:
    """Give the reason for going on in spite of a warning; nothing typed takes it back."""
    filing = open_for_entries(filing_id)
    finding = next((it for it in findings_of(working(filing, _today())) if it.key == check_key),
                   None)  # fmt: skip
    if finding is None or finding.severity is not Severity.WARNING:
        raise Overtaken("没有这条提示，可能所填内容已经改动。请刷新检查页面。")
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise Refused(f"说明不能超过 {LONGEST_NOTE} 个字。请改短。")
    if said == finding.note:
        return
    current = transaction()
    db.session.execute(delete(FilingRemark).where(
        FilingRemark.filing_id == filing_id, FilingRemark.check_key == check_key))  # fmt: skip
    if said:
        db.session.execute(insert(FilingRemark).values(
            filing_id=filing_id, check_key=check_key, note=said, said_at=current.moment,
            said_by=current.actor_id, said_by_name=current.actor_name))  # fmt: skip
    enter("filing.remarked", filing, {"提示": finding.text, "说明": said})


def accept(
    filing_id: int, statement_id: str, sha256: str, *, accepted: bool = True, signer: str = ""
) -> None:
    """Accept one statement of the commitment, in the words that were shown. Raises Refused.

    ``signer``: who accepted it on paper, where it is entered at the window.
    """
    filing = open_for_entries(filing_id)
    now = working(filing, _today())
    statement = next((it for it in statements_of(now) if it.id == statement_id), None)
    if statement is None or statement.sha256 != sha256:
        raise Overtaken("承诺条款的文字已经改变，没有记录。请刷新页面，阅读后重新接受。")
    before = now.acceptances.get(statement_id)
    by_name = signer or transaction().actor_name
    stands = before is not None and before.sha256 == sha256
    if stands == accepted and (not signer or (before and before.accepted_by_name == by_name)):
        return
    current = transaction()
    db.session.execute(delete(FilingAcceptance).where(
        FilingAcceptance.filing_id == filing_id,
        FilingAcceptance.statement == statement_id))  # fmt: skip
    if accepted:
        db.session.execute(insert(FilingAcceptance).values(
            filing_id=filing_id, statement=statement_id, sha256=sha256,
            accepted_at=current.moment, accepted_by=current.actor_id,
            accepted_by_name=by_name))  # fmt: skip
    enter("filing.accepted", filing,
          {"条款": statement.text, "接受": "是" if accepted else "收回",
           **({"签署人": signer} if signer else {})})  # fmt: skip


def _today() -> date:
    return clock.day_of(transaction().moment)
