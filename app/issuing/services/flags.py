"""Flagging what signed lists would say by what is known since (应有不同的行).

Whatever changes the register or the rules queues one job in its own transaction; the job computes
the affected lists anew, for their own day, and notes every line that would read otherwise.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, or_, select, update

from app.inbox import services as inbox
from app.issuing.comparison import Difference, compare
from app.issuing.content import sha256_of
from app.issuing.domain import ISSUED
from app.issuing.models import IssuedFlag, IssuedList
from app.issuing.queries import ListView, Present, as_view, lines_of, lines_of_plants
from app.issuing.queries.sources import withdrawal_grounds
from app.issuing.services.steps import source_of, tell
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import audit, daily, driver_rows, jobs
from app.kernel.database import db
from app.kernel.facts import in_parts
from app.kernel.transaction import (
    close,
    known_until,
    rulebook_changed,
    standing_changed,
    transaction,
    writing,
)

JOB = "lists.reconsider"
TOO_MANY_PLANTS = 2000
"""More plants than this at once, and each list is simply computed anew."""
log = logging.getLogger(__name__)
Lines = tuple[Any, ...]


def follow_register() -> None:
    """Look at the signed lists again whenever facts, plants or rules change, and once a day."""
    standing_changed.subscribe(_plants_changed)
    rulebook_changed.subscribe(_rules_changed)
    daily.each_day("已签发清单复查", _look_at_all)


def _plants_changed(plant_ids: frozenset[int]) -> None:
    if _any_issued():
        whole = len(plant_ids) > TOO_MANY_PLANTS
        _queue({"plants": None if whole else sorted(plant_ids)})


def _rules_changed(_edits: frozenset[int]) -> None:
    if _any_issued():
        _queue({"plants": None})


def queue_review(list_ids: Iterable[int]) -> None:
    """Look at these lists again, whatever has changed."""
    _queue({"plants": None, "lists": sorted(list_ids)})


_ANY_ISSUED = select(IssuedList.id).where(or_(*(IssuedList.state == it for it in ISSUED))).limit(1)


def _any_issued() -> bool:
    return bool(driver_rows.fetched(_ANY_ISSUED))


def _queue(payload: Mapping[str, Any]) -> None:
    """One job for each different look that a transaction asks for; its moment is no other's."""
    asked = json.dumps(payload, sort_keys=True).encode()
    key = f"{JOB}:{sha256_of(asked)[:16]}:{transaction().moment.isoformat()}"
    jobs.enqueue(JOB, payload, key=key)


def _look_at_all(_day: date) -> None:
    """Once a day: what changed without an event, such as the program's own rules."""
    reconsider(None)


def _do(run: jobs.JobRun) -> None:
    plants = run.payload["plants"]
    only = run.payload.get("lists")
    reconsider(None if plants is None else frozenset(plants), only)


jobs.define(JOB, _do, in_parts=True)


def reconsider(plant_ids: Collection[int] | None, only: Collection[int] | None = None) -> int:
    """Compare the signed lists with what they would be now; returns how many lines differ.

    ``plant_ids`` None: whatever may have changed. Everything is computed without the writer's lock;
    inside it only what has been overtaken meanwhile is computed again.
    """
    known: dict[tuple[object, ...], Lines] = {}
    affected: dict[int, Present] = {}
    try:
        until = known_until()
        for view in _issued(only):
            differences = _affecting(view, plant_ids, known)
            if differences is not None:
                affected[view.id] = Present(until, differences)
    finally:
        close()
    total = 0
    for list_id, now in affected.items():
        with writing("清单核对"):
            total += _note(list_id, now)
    return total


def _issued(only: Collection[int] | None) -> list[ListView]:
    query = select(IssuedList).where(IssuedList.state.in_(list(ISSUED))).order_by(IssuedList.id)
    rows = db.session.execute(query).scalars()
    return [as_view(row) for row in rows if only is None or row.id in only]


def _affecting(
    view: ListView,
    plant_ids: Collection[int] | None,
    known: dict[tuple[object, ...], Lines],
) -> tuple[Difference, ...] | None:
    """How the list would read now where its flags have to change; None where they stand."""
    flagged = _open_flags(view.id)
    if plant_ids is not None and not flagged and not _could_differ(view, plant_ids):
        return None
    differences = _differences(view, known)
    if differences is None:
        return None
    wanted = {it.line.key: _told(it) for it in differences}
    stands = wanted == {key: (it.kind, it.was, it.would) for key, it in flagged.items()}
    return None if stands else differences


def _could_differ(view: ListView, plant_ids: Collection[int]) -> bool:
    try:
        subject = subject_of(view.subject)
        return subject.could_differ(
            view.question_now, plant_ids, lines_of_plants(view.id, plant_ids)
        )
    except UnknownSpec:
        return False
    except Exception:  # computing the whole list tells what is wrong
        log.exception("list %s: the quick look failed", view.id)
        return True


def _differences(
    view: ListView, known: dict[tuple[object, ...], Lines]
) -> tuple[Difference, ...] | None:
    """How the list would read now; None when it can no longer be computed."""
    question = view.question_now
    key = (view.subject, question)
    try:
        subject = subject_of(view.subject)
    except UnknownSpec:
        return None
    try:
        if key not in known:
            known[key] = subject.lines(subject.compute(question))
    except subject.all_faults as fault:
        log.warning("list %s cannot be computed anew: %s", view.id, fault)
        return None
    return compare(lines_of(view.id), known[key])


def _note(list_id: int, now: Present) -> int:
    """Raise, change and clear the flags of one list, and tell those who signed and made it."""
    row = db.session.get(IssuedList, list_id)
    if row is None:
        return 0
    view = as_view(row)
    differences = now.differences if now.still_holds else _differences(view, {})
    if differences is None:
        return 0
    flagged = _open_flags(list_id)
    wanted = {it.line.key: it for it in differences}
    gone = [it.id for key, it in flagged.items() if key not in wanted or _differs(it, wanted[key])]
    new = [it for key, it in wanted.items() if key not in flagged or _differs(flagged[key], it)]
    if not gone and not new:
        return len(wanted)
    moment = transaction().moment
    for part in in_parts(gone):
        db.session.execute(
            update(IssuedFlag).where(IssuedFlag.id.in_(part)).values(cleared_at=moment)
        )
    if new:
        db.session.execute(insert(IssuedFlag), _rows(list_id, new))
    _tell(view, len(wanted))
    detail = {"清单": view.title, "文号": view.number, "不同的行": len(wanted), "新增": len(new)}
    audit.record("list.flagged", "issued_list", list_id, detail, county=view.county or None)
    return len(wanted)


def _rows(list_id: int, differences: Sequence[Difference]) -> list[dict[str, object]]:
    moment = transaction().moment
    grounds = withdrawal_grounds(
        str(fact["fact"]) for it in differences if it.after for fact in it.after.facts
    )
    return [
        {
            "list_id": list_id,
            "key": it.line.key,
            "plant_id": it.line.plant_id,
            "enterprise_id": it.line.enterprise_id,
            "county": (it.before or it.line).county,
            "what": f"{it.line.who}，{it.line.uscc}",
            "kind": it.kind,
            "was": it.was,
            "would": it.becomes,
            "why": json.dumps([*it.why, *_grounds(it, grounds)], ensure_ascii=False),
            "raised_at": moment,
        }
        for it in differences
    ]


def _grounds(difference: Difference, grounds: Mapping[str, str]) -> list[str]:
    """By which document a fact was withdrawn that was standing when the list was made."""
    if difference.after is None:
        return []
    before = {str(it["fact"]) for it in (difference.before.facts if difference.before else ())}
    names = [str(fact["fact"]) for fact in difference.after.facts if fact.get("withdrawn_on")]
    return [grounds[name] for name in names if name in grounds and name not in before]


def _told(difference: Difference) -> tuple[str, str, str]:
    return str(difference.kind), difference.was, difference.becomes


def _differs(flag: IssuedFlag, difference: Difference) -> bool:
    return (flag.kind, flag.was, flag.would) != _told(difference)


def _open_flags(list_id: int) -> dict[str, IssuedFlag]:
    rows = db.session.execute(
        select(IssuedFlag).where(IssuedFlag.list_id == list_id, IssuedFlag.cleared_at.is_(None))
    ).scalars()
    return {row.key: row for row in rows}


def _tell(view: ListView, count: int) -> None:
    inbox.settle(f"{source_of(view.id)}:told:flags")
    words = f"现有 {count} 行与签发时不同" if count else "各行现与签发时一致"
    tell(
        view,
        f"清单“{view.title}”（{view.number}）：{words}",
        view.signed_by,
        view.made_by,
        matter="flags",
        anchor="#flags",
    )
