"""Signing a list (签发): number, day, the file with its hash, all in one transaction."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from app.approvals.domain import Refused
from app.inbox import services as inbox
from app.issuing.content import IssuedFile, issued_file
from app.issuing.domain import COURSE
from app.issuing.models import IssuedList
from app.issuing.queries import (
    ListView,
    Present,
    as_view,
    frozen_bytes,
    frozen_content,
    present,
    previous_of,
)
from app.issuing.services.flags import queue_review
from app.issuing.services.steps import move, open_for, source_of, tell
from app.issuing.subjects import subject_of
from app.kernel import anchors, audit, clock, files
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.policy.documents import Document, moment_in_utc

LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signer decides."""

    number: str
    """文号."""
    signed_on: date | None = None
    """None: today."""
    effective_on: date | None = None
    """施行日期; None: the day of signing."""
    confirms_draft_rulebook: bool = False
    reason: str = ""
    """Why it is signed although the register has moved since the draft."""


class Moved(Refused):
    """The register has moved since the draft so that lines would differ, and no reason is given."""

    def __init__(self, now: Present) -> None:
        self.now = now
        super().__init__(
            f"起草以后企业台账已有变化，按现在所知有 {len(now.differences)} 行会不同。"
            "请退回后重新起草；仍要签发的，请写明理由。"
        )


def sign(
    list_id: int,
    scope: Scope,
    signature: Signature,
    seen: Present | None = None,
    *,
    by_command: bool = False,
) -> tuple[ListView, list[str]]:
    """Sign a list that another person has checked; returns it as issued, and what must be said.

    ``seen`` is how the list would read now, found before this transaction; it is found again here
    where anything has been recorded since. ``by_command``: the act itself confirms a draft rulebook
    and a register that has moved; both are recorded and told. Raises ActionNotAllowed, Refused,
    Moved, BytesDiffer.
    """
    view, step, _ = open_for(list_id, "sign", scope)
    days = _days(view, signature)
    number = _number(signature.number)
    told = _confirmations(view, signature, seen, by_command=by_command)
    content = frozen_bytes(view.content_sha256)
    subject = subject_of(view.subject)
    if why := subject.why_not_issue(view.question, frozen_content(view.content_sha256)):
        raise Refused(why)
    previous = previous_of(view)
    current = transaction()
    made = issued_file(_issue(view, number, days, previous, signature, told), content)
    stored = files.keep(io.BytesIO(made.content))
    files.enter(stored)
    if previous is not None:
        _replace(previous, view, days[1])
        subject.ended(previous.id, f"由新清单替代：{number}")
    subject.signed(view.id, view.question, frozen_content(view.content_sha256), number, days[0])
    move(
        view,
        step,
        note="；".join(filter(None, (signature.reason.strip(), *told))),
        signed_by=current.actor_id,
        signed_by_name=current.actor_name,
        signed_at=current.moment,
        number=number,
        signed_on=days[0],
        effective_on=days[1],
        draft_rulebook_confirmed=view.has_draft_rulebook,
        sha256=made.sha256,
        file_sha256=stored.sha256,
    )
    _tell(view, number, days, previous, made, stored.sha256)
    queue_review([view.id])
    anchors.anchor_when_kept()
    issued = db.session.get(IssuedList, list_id, populate_existing=True)
    if issued is None:
        raise Refused("清单没有签发。请重新打开清单页面。")
    return as_view(issued), told


def _days(view: ListView, signature: Signature) -> tuple[date, date]:
    """The day of signing and the first day in force, as far as they make sense."""
    today = clock.today()
    signed_on = signature.signed_on or today
    effective_on = signature.effective_on or signed_on
    if signed_on > today:
        raise Refused("签发日期不能在今天以后。请改为今天或实际签发的日期。")
    checked = view.checked_at
    if checked is not None and signed_on < checked.astimezone(clock.SHANGHAI).date():
        raise Refused("签发日期不能早于复核的日期。请核对。")
    if effective_on < signed_on:
        raise Refused("施行日期不能早于签发日期。请核对。")
    return signed_on, effective_on


def _number(typed: str) -> str:
    number = " ".join(typed.split())
    if not number:
        raise Refused("没有填写文号，清单没有签发。请填写文号。")
    if len(number) > LONGEST_NUMBER or not number.isprintable():
        raise Refused(f"文号不能超过 {LONGEST_NUMBER} 个字，也不能含有无法显示的字符。请核对。")
    return number


def _confirmations(
    view: ListView, signature: Signature, seen: Present | None, *, by_command: bool
) -> list[str]:
    """What is confirmed by signing, in sentences to be recorded. Raises Refused, Moved."""
    told = []
    if view.has_draft_rulebook:
        if not (signature.confirms_draft_rulebook or by_command):
            raise Refused(
                f"清单所依据的规则集《{view.rulebook_title}》为{view.rulebook_status}。"
                "请勾选确认后再签发。"
            )
        told.append(f"签发人确认所依据的规则集《{view.rulebook_title}》为{view.rulebook_status}")
    now = seen if seen is not None and seen.still_holds else present(view)
    if now.differences:
        if not (signature.reason.strip() or by_command):
            raise Moved(now)
        told.append(f"签发时企业台账已有变化，按签发时所知有 {len(now.differences)} 行会不同")
    return told


def _issue(
    view: ListView,
    number: str,
    days: tuple[date, date],
    previous: ListView | None,
    signature: Signature,
    told: list[str],
) -> Document:
    """What was decided, as the file tells it."""
    current = transaction()
    checked_at = moment_in_utc(view.checked_at) if view.checked_at else None
    return {
        "id": view.id,
        "kind": view.subject,
        "spec": view.spec,
        "title": view.title,
        "county": view.county or None,
        "as_of": view.as_of.isoformat(),
        "known_at": moment_in_utc(view.known_at),
        "number": number,
        "signed_on": days[0].isoformat(),
        "effective_on": days[1].isoformat(),
        "made_by": view.made_by_name,
        "made_at": moment_in_utc(view.made_at),
        "checked_by": view.checked_by_name,
        "checked_at": checked_at,
        "signed_by": current.actor_name,
        "signed_at": moment_in_utc(current.moment),
        "confirmed": told,
        "reason": signature.reason.strip(),
        "replaces": None
        if previous is None
        else {"id": previous.id, "number": previous.number, "sha256": previous.sha256},
    }


def _replace(previous: ListView, view: ListView, effective_on: date) -> None:
    """The issue in force ends when the new one begins."""
    step = COURSE.step(previous.state, "replace")
    ends = max(effective_on, previous.effective_on or effective_on)
    move(previous, step, ended_on=ends, replaced_by=view.id)
    tell(previous, f"清单已由新清单替代：{previous.title}（{previous.number}）",
         previous.made_by, previous.signed_by)  # fmt: skip
    audit.record(
        "list.replaced",
        "issued_list",
        previous.id,
        {"清单": previous.title, "文号": previous.number, "由": view.id, "自": ends},
        county=view.county or None,
    )


def _tell(
    view: ListView,
    number: str,
    days: tuple[date, date],
    previous: ListView | None,
    made: IssuedFile,
    file_sha256: str,
) -> None:
    inbox.settle(source_of(view.id))
    tell(view, f"清单已签发：{view.title}（{number}）", view.made_by, view.checked_by)
    audit.record(
        "list.signed",
        "issued_list",
        view.id,
        {
            "清单": view.title,
            "文号": number,
            "签发日期": days[0],
            "施行日期": days[1],
            "校验值": made.sha256,
            "文件摘要": file_sha256,
            "内容摘要": view.content_sha256,
            "清单校验值": view.list_sha256,
            "替代": None if previous is None else previous.id,
        },
        county=view.county or None,
    )
