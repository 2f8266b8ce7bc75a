"""Drafting a list (起草): its content is computed and frozen at this moment."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.content import stamped
from app.issuing.domain import Line, Question, State
from app.issuing.models import IssuedLine, IssuedList
from app.issuing.queries import forget_parsed
from app.issuing.reading import line_as_json
from app.issuing.services.steps import link_of, note_step, source_of
from app.issuing.subjects import Content, UnknownSpec, subject_of
from app.kernel import audit, clock, files
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.policy.documents import as_json
from app.rulebook.domain import folded


def draft(kind: str, spec: str, as_of: date, county: str = "") -> int:
    """Freeze a list as a draft and put it before a second person; returns its id.

    The same draft sent twice by one person is one draft. Raises UnknownSpec, Refused, and the
    subject's own faults when the list cannot be computed.
    """
    current = transaction()
    if current.actor_id is None:
        raise Refused("没有登录的人员不能起草清单。请登录后重新起草。")
    if as_of > clock.today():
        raise Refused(
            "截至日期在今天以后，到那天的事实还没有发生，不能起草清单。请改为今天或以前。"
        )
    subject = subject_of(kind)
    title = subject.title_of(spec)
    question = Question(spec, as_of, county or None)
    content = stamped(subject.compute(question), current.moment)
    lines = subject.lines(content)
    if not lines:
        raise Refused("清单中没有任何一行，没有可签发的内容。请核对范围和截至日期。")
    twin = _same_draft(kind, question, str(content["list"]["sha256"]))
    if twin is not None:
        return _own_or_refused(twin, current.actor_id)
    stored = files.keep(io.BytesIO(as_json(content)))
    files.enter(stored)
    list_id = _enter(kind, title, question, content, lines, stored.sha256)
    forget_parsed()
    note_step(list_id, "draft", State.DRAFT)
    ask_for_check(list_id, title, county, current.actor_id)
    audit.record(
        "list.drafted",
        "issued_list",
        list_id,
        {
            "清单": title,
            "截至日期": as_of,
            "清单校验值": content["list"]["sha256"],
            "内容摘要": stored.sha256,
        },
        county=county or None,
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


def _same_draft(kind: str, question: Question, list_sha256: str) -> IssuedList | None:
    return db.session.execute(
        select(IssuedList)
        .where(
            IssuedList.subject == kind,
            IssuedList.spec == question.spec,
            IssuedList.county == (question.county or ""),
            IssuedList.as_of == question.as_of,
            IssuedList.list_sha256 == list_sha256,
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


def _enter(
    kind: str,
    title: str,
    question: Question,
    content: Content,
    lines: Sequence[Line],
    content_sha256: str,
) -> int:
    current = transaction()
    rulebook = content["rulebook"]
    list_id = db.session.execute(
        insert(IssuedList)
        .values(
            subject=kind,
            spec=question.spec,
            title=title,
            county=question.county or "",
            as_of=question.as_of,
            known_at=current.moment,
            rulebook=rulebook["id"],
            rulebook_title=rulebook["title"],
            rulebook_status=rulebook["status"],
            rows=len(lines),
            admitted=sum(line.admitted for line in lines),
            list_sha256=content["list"]["sha256"],
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
    db.session.execute(
        insert(IssuedLine),
        [_line_row(list_id, position, line) for position, line in enumerate(lines, start=1)],
    )
    return list_id


def _line_row(list_id: int, position: int, line: Line) -> dict[str, object]:
    words = (line.uscc, line.name, line.plant, line.plant_name, line.matter)
    return {
        "list_id": list_id,
        "position": position,
        "key": line.key,
        "plant_id": line.plant_id,
        "enterprise_id": line.enterprise_id,
        "county": line.county,
        "rank": line.rank,
        "admitted": line.admitted,
        "grade": line.grade,
        "search": folded("\n".join(words)),
        "line": line_as_json(line),
    }


def readable_or_refused(kind: str, spec: str) -> str:
    """The title of what is to be drafted. Raises Refused when there is no such list."""
    try:
        return subject_of(kind).title_of(spec)
    except UnknownSpec as unknown:
        raise Refused(str(unknown)) from unknown
