"""Signing and submitting (签署并提交): everything is judged again inside the writer's lock.

What goes in is frozen: the content with its hash, the files, the papers made of it. The same form
sent twice is one submission, and so is the same filing sent from two tabs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select

from app.accounts.services import Confirmed
from app.approvals.domain import Overtaken, Refused
from app.filing.content import Sealing, content_of
from app.filing.domain import CheckFinding, State, Way
from app.filing.models import FilingSubmission, FilingSubmissionFile
from app.filing.queries import (
    Filing,
    Submission,
    Working,
    admission_again,
    assessment_of,
    find_submission_by_form,
    findings_of,
    submissions_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.filing.services.course import changed, enter, held, link_of, move, source_of
from app.filing.services.papers import keep_papers
from app.filing.services.starting import NotAdmitted
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.canonical import canonical, sha256_of
from app.kernel.database import db
from app.kernel.transaction import transaction

SIGNATORY = "企业签署人"


class NotReady(Refused):
    """Checks still stand in the way; ``findings`` are those."""

    def __init__(self, findings: Sequence[CheckFinding]) -> None:
        super().__init__(
            f"还有 {len(findings)} 项须改正或说明，没有提交。"
            f"第一项：{findings[0].text}请在检查页面逐项处理。"
        )
        self.findings = tuple(findings)


class AlreadySubmitted(Overtaken):
    """Another tab or person has submitted it; ``submission`` has the receipt."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(
            f"该申报已由{submission.submitted_by_name}于 {clock.shown(submission.submitted_at)} "
            f"提交，回执编号 {submission.receipt}，不必重复提交。"
        )
        self.submission = submission


def submit(
    filing_id: int, confirmed: Confirmed, *, form_key: str, role: str = SIGNATORY, signer: str = ""
) -> Submission:
    """Submit a filing and return what was frozen.

    ``signer`` signed the paper from which an officer entered it at the window (窗口代录).

    ``confirmed`` comes from `app.accounts.services.confirm_password`, which is called before
    anything else of the request touches the database. Raises AlreadySubmitted, NotAdmitted,
    NotReady, Refused.
    """
    current = transaction()
    filing = held(filing_id)
    made = find_submission_by_form(form_key)
    if made is not None:
        if made.filing_id == filing_id:
            return made
        raise Refused("这张表单已用于提交另一件申报，没有提交。请刷新页面后重新提交。")
    if filing.state is State.SUBMITTED:
        raise AlreadySubmitted(submissions_of(filing_id)[-1])
    if confirmed.user_id != current.actor_id:
        raise Refused("签署人与登录的账号不一致，没有提交。请由签署人本人登录后提交。")
    if (signer and not filing.at_office) or (not signer and filing.way is Way.WINDOW):
        raise Refused("窗口代录的申报由录入的窗口提交，其他申报由签署人提交。没有提交。")
    if not signer and filing.paper:  # signed this time by the signatory, not on paper as before
        changed(filing, paper="")
        filing = held(filing_id)
    now = working(filing, clock.day_of(current.moment))
    return _seal(filing, now, _ready(filing, now), form_key, (signer or current.actor_name, role))


def _ready(filing: Filing, now: Working) -> list[CheckFinding]:
    """The warnings, each with its reason, once nothing stands in the way any more."""
    verdict = admission_again(
        filing.plant, filing.kind, filing.year, filing.target, now.on,
        filing_id=filing.id, first_submitted=now.first_submitted,
    )  # fmt: skip
    if not verdict.admitted and filing.state.is_open:
        raise NotAdmitted(verdict)
    found = findings_of(now)
    if stopping := [it for it in found if it.stops]:
        raise NotReady(stopping)
    return found


def _seal(
    filing: Filing,
    now: Working,
    findings: Sequence[CheckFinding],
    form_key: str,
    signed: tuple[str, str],
) -> Submission:
    current, assessment = transaction(), assessment_of(now)
    number = now.submissions + 1
    judged_on = now.on if number == 1 else filing.judged_on
    sealing = Sealing(_next_receipt(filing), number, judged_on, current.moment,
                      *signed, current.actor_name if filing.at_office else "")  # fmt: skip
    document = content_of(now, assessment, findings, statements_of(now), sealing)
    content = canonical(document)
    digest = sha256_of(content)
    submission_id: int = db.session.execute(
        insert(FilingSubmission)
        .values(
            filing_id=filing.id, number=number, receipt=sealing.receipt, content=content,
            sha256=digest, grade=assessment.overall, submitted_at=current.moment,
            submitted_by=current.actor_id, submitted_by_name=current.actor_name,
            form_key=form_key,
        )
        .returning(FilingSubmission.id)
    ).scalar_one()  # fmt: skip
    _keep_files(submission_id, now)
    keep_papers(submission_id)
    move(filing, "submit", judged_on=judged_on)
    _tell(filing, sealing, digest, assessment.overall, len(now.evidence))
    made = find_submission_by_form(form_key)
    if made is None:
        raise Refused("申报没有提交。请刷新页面后重试。")
    return made


def _next_receipt(filing: Filing) -> str:
    """回执编号 per county and year, without gaps: the writer's lock lets one at a time count."""
    year = clock.day_of(transaction().moment).year
    prefix = f"{filing.county}-{year}-"
    used = db.session.execute(
        select(func.count()).where(FilingSubmission.receipt.startswith(prefix))
    ).scalar_one()
    return f"{prefix}{used + 1:05d}"


def _keep_files(submission_id: int, now: Working) -> None:
    rows: list[dict[str, Any]] = [
        {"role": "evidence", "sha256": it.sha256, "name": it.name, "size": it.size,
         "evidence_id": it.id}
        for it in now.evidence
    ]  # fmt: skip
    if rows:
        db.session.execute(
            insert(FilingSubmissionFile),
            [{"submission_id": submission_id, "place": n, **row}
             for n, row in enumerate(rows, start=1)],
        )  # fmt: skip


def _tell(filing: Filing, sealing: Sealing, digest: str, grade: str | None, evidence: int) -> None:
    again = "补正后再次提交" if sealing.number > 1 else "提交"
    inbox.send(
        MessageKind.NOTICE,
        f"{filing.plant.enterprise_name}{again}申报：{filing.title}",
        Audience(Permission.FILING_VIEW, county=filing.county),
        link=link_of(filing.id),
        source=source_of(filing.id),
        body=f"回执编号 {sealing.receipt}。",
    )
    enter(
        "filing.submitted",
        filing,
        {
            "回执编号": sealing.receipt,
            "版本": sealing.number,
            "申报等级": filing.target,
            "自评等级": grade or "未定",
            "材料数": evidence,
            "校验值": digest,
        },
    )
