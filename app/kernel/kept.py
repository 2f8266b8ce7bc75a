"""Answers that hold until something is recorded (留用的结果): a count, the choices of a filter.

Nothing is recorded without an entry in the audit trail, so an answer is good for every transaction
that sees the same last entry. It is kept in the process and thrown away with the next entry; a
transaction that may write asks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import current_app
from sqlalchemy import select

from app.kernel.database import db, is_writing, run
from app.kernel.models import AuditEntry

Answer = TypeVar("Answer")
_MOST = 2000
_NAME = "kept_answers"
_LAST = select(AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)


def answer(question: Hashable, find: Callable[[], Answer]) -> Answer:
    """What ``find`` answers for the register as this transaction sees it.

    ``question`` says all else that the answer depends on: what is counted, for whom, on which day.
    """
    if is_writing():
        return find()
    last = _last_entry()
    until, answers = current_app.extensions.get(_NAME, ("", {}))
    if until != last or len(answers) >= _MOST:
        answers = {}
        current_app.extensions[_NAME] = (last, answers)
    if question not in answers:
        answers[question] = find()
    return cast("Answer", answers[question])


def forget() -> None:
    """Throw away what is kept, for who measures how long the finding takes."""
    current_app.extensions.pop(_NAME, None)


def _last_entry() -> str | None:
    """The hash of the last entry; read once a transaction, which is one snapshot."""
    known: tuple[Any, str | None] | None = db.session.info.get("last_entry")
    here = db.session().get_transaction()
    if known is not None and here is not None and known[0] is here:
        return known[1]
    last: str | None = run(_LAST).scalar_one_or_none()
    db.session.info["last_entry"] = (db.session().get_transaction(), last)
    return last
