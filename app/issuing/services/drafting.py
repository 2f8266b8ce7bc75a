"""Drafting a list (起草): its content is computed and frozen at this moment."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.content import stamped
from app.issuing.domain import Question, State
from app.issuing.models import IssuedLine, IssuedList
from app.issuing.queries import forget_parsed
from app.issuing.queries.trail import ROWS_DIGEST
from app.issuing.reading import row_of, rows_digest
from app.issuing.services.steps import link_of, note_step, source_of
from app.issuing.subjects import Content, subject_of
from app.kernel import audit, clock, files
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.transaction import hand_on, known_until, transaction
from app.policy.documents import as_json


@dataclass(frozen=True, slots=True)
class Frozen:
    """A list as it was computed at a moment, before it is entered as a draft (冻结的清单)."""

    kind: str
    title: str
    question: Question
    known_at: datetime
    content: Content
    as_bytes: bytes
    rows: tuple[Mapping[str, object], ...]
    """What is entered of each line."""
    admitted: int
    rows_digest: str

    @property
    def list_sha256(self) -> str:
        """The hash of the list itself, as its contract has it."""
        return str(self.content["list"]["sha256"])


def freeze(kind: str, spec: str, as_of: date, county: str = "") -> Frozen:
    """Compute a list as known now. Reads only, and takes long for thousands of plants.

    What is recorded before it is entered changes nothing: the list says as known when it is.
    Raises UnknownSpec, Refused, and the subject's own faults.
    """
    if as_of > clock.today():
        raise Refused(
            "截至日期在今天以后，到那天的事实还没有发生，不能起草清单。请改为今天或以前。"
        )
    subject = subject_of(kind)
    title = subject.title_of(spec)
    question = Question(spec, as_of, county or None)
    known_at = known_until()
    content = stamped(subject.compute(question), known_at)
    lines = subject.lines(content)
    if not lines:
        raise Refused("清单中没有任何一行，没有可签发的内容。请核对范围和截至日期。")
    rows = tuple(row_of(position, line) for position, line in enumerate(lines, start=1))
    admitted = sum(line.admitted for line in lines)
    as_bytes, digest = as_json(content), rows_digest(rows)
    return Frozen(kind, title, question, known_at, content, as_bytes, rows, admitted, digest)


def draft(kind: str, spec: str, as_of: date, county: str = "") -> int:
    """Freeze a list and enter it, all in this transaction. Raises as the two do."""
    hand_on()
    return enter(freeze(kind, spec, as_of, county))


def enter(frozen: Frozen) -> int:
    """Enter a frozen list as a draft and put it before a second person; returns its id.

    The same draft sent twice by one person is one draft. Raises Refused.
    """
    current = transaction()
    if current.actor_id is None:
        raise Refused("没有登录的人员不能起草清单。请登录后重新起草。")
    twin = _same_draft(frozen)
    if twin is not None:
        return _own_or_refused(twin, current.actor_id)
    stored = files.keep(io.BytesIO(frozen.as_bytes))
    files.enter(stored)
    list_id = _insert(frozen, stored.sha256)
    forget_parsed()
    note_step(list_id, "draft", State.DRAFT)
    county = frozen.question.county
    ask_for_check(list_id, frozen.title, county or "", current.actor_id)
    audit.record(
        "list.drafted",
        "issued_list",
        list_id,
        {
            "清单": frozen.title,
            "截至日期": frozen.question.as_of,
            "清单校验值": frozen.list_sha256,
            "内容摘要": stored.sha256,
            ROWS_DIGEST: frozen.rows_digest,
        },
        county=county,
    )
    return list_id


def ask_for_check(list_id: int, title: str, county: str, maker: int) -> None:
    """Put the draft into the inbox of those who may check it."""
    inbox.send(
        MessageKind.TASK,
        f"清单待复核：{title}"[:200],
        Audience(Permission.LIST_CHECK, county=county or None, except_user_id=maker),
        link=link_of(list_id),
        source=source_of(list_id),
    )


def _same_draft(frozen: Frozen) -> IssuedList | None:
    return db.session.execute(
        select(IssuedList)
        .where(
            IssuedList.subject == frozen.kind,
            IssuedList.spec == frozen.question.spec,
            IssuedList.county == (frozen.question.county or ""),
            IssuedList.as_of == frozen.question.as_of,
            IssuedList.list_sha256 == frozen.list_sha256,
            IssuedList.state.in_([State.DRAFT, State.CHECKED, State.RETURNED]),
        )
        .limit(1)
    ).scalar_one_or_none()


def _own_or_refused(twin: IssuedList, person_id: int) -> int:
    if twin.made_by == person_id and twin.state == State.DRAFT:
        return twin.id
    raise Refused(
        f"{twin.made_by_name}已起草内容相同的清单（{State(twin.state).words}）。"
        "请办理该草稿，或先将其作废。"
    )


def _insert(frozen: Frozen, content_sha256: str) -> int:
    current = transaction()
    content = frozen.content
    rulebook = content["rulebook"]
    list_id = db.session.execute(
        insert(IssuedList)
        .values(
            subject=frozen.kind,
            spec=frozen.question.spec,
            title=frozen.title,
            county=frozen.question.county or "",
            as_of=frozen.question.as_of,
            known_at=frozen.known_at,
            rulebook=rulebook["id"],
            rulebook_title=rulebook["title"],
            rulebook_status=rulebook["status"],
            rows=len(frozen.rows),
            admitted=frozen.admitted,
            list_sha256=frozen.list_sha256,
            content_sha256=content_sha256,
            made_by=current.actor_id,
            made_by_name=current.actor_name,
            made_at=current.moment,
            conditions=json.dumps([it["text"] for it in content["conditions"]], ensure_ascii=False),
            state=State.DRAFT,
            draft_rulebook_confirmed=False,
        )
        .returning(IssuedList.id)
    ).scalar_one()
    db.session.execute(insert(IssuedLine), [{**row, "list_id": list_id} for row in frozen.rows])
    return list_id
