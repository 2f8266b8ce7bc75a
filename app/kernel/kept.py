"""Answers that hold until something is recorded (留用的结果): a count, the choices of a filter.

Nothing is recorded without an entry in the audit trail, so an answer is good for every transaction
that sees the same last entry; a transaction that may write asks anew. An answer may hold longer
where it names the topics that it follows: whoever changes what a topic stands for touches it
(:func:`app.kernel.transaction.touch`), and it bears another token from the same commit on. Tokens
are read in the snapshot in which the answer is found, so it is right in every process, and none
ever comes back but with the contents it stood for. Topics are named tables, which are touched by
every statement that changes them, and columns of ``plant_search``, touched by what writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import current_app
from sqlalchemy import select

from app.kernel import presence
from app.kernel.config import Config
from app.kernel.database import db, is_writing, run
from app.kernel.models import AuditEntry, KeptMark

Answer = TypeVar("Answer")
_MOST = 2000
_NAME = "kept_answers"
_LAST = select(AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
_MARKS = select(KeptMark.topic, KeptMark.token)


def answer(
    question: Hashable, find: Callable[[], Answer], follows: frozenset[str] = frozenset()
) -> Answer:
    """What ``find`` answers for the register as this transaction sees it.

    ``question`` says all else that the answer depends on: what is counted, for whom, on which day.
    ``follows`` names every topic that it depends on; without any it holds until the next entry.
    """
    if is_writing():
        return find()
    state = _marks(follows) if follows else _last_entry()
    answers: dict[Hashable, tuple[Hashable, Any]]
    answers = current_app.extensions.setdefault(_NAME, {})
    held = answers.get(question)
    if held is None or held[0] != state:
        if len(answers) >= _MOST:
            answers.clear()
        held = answers[question] = (state, find())
    return cast("Answer", held[1])


def forget() -> None:
    """Throw away what is kept, for who measures how long the finding takes."""
    current_app.extensions.pop(_NAME, None)


def once(name: str, read: Callable[[], Answer]) -> Answer:
    """What several ask of one page, read once for it; a transaction that may write reads anew."""
    return read() if is_writing() else _once(name, read)


def _last_entry() -> Hashable:
    """The hash of the last entry."""
    return _once("last_entry", lambda: run(_LAST).scalar_one_or_none())


def _marks(topics: frozenset[str]) -> Hashable:
    """What the topics bear, and which contents the installation has."""
    found = _once("kept_marks", lambda: dict(tuple(it) for it in run(_MARKS)))
    config: Config = current_app.config["CONFIG"]
    return (
        presence.generation(config.instance_dir),
        tuple((it, found[it]) for it in sorted(topics) if it in found),
    )


def _once(name: str, read: Callable[[], Answer]) -> Answer:
    """Read once a transaction, which is one snapshot."""
    known: tuple[Any, Answer] | None = db.session.info.get(name)
    here = db.session().get_transaction()
    if known is not None and here is not None and known[0] is here:
        return known[1]
    found = read()
    db.session.info[name] = (db.session().get_transaction(), found)
    return found
