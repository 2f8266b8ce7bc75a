"""概况: where a filing stands, its steps, what was submitted, how it is taken back or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.filing.domain import Severity
from app.filing.queries import (
    Filing,
    StepTaken,
    Submission,
    Working,
    assessment_of,
    findings_of,
    steps_of,
    submissions_of,
    working,
)
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page
from app.filing.routes.home import told
from app.filing.whatnext import next_of_filing
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires

_LONGEST_REASON = 500
_DONE, _OPEN = ("done", "已完成"), ("soon", "未完成")
_STEP_WORDS = {
    "start": "开始申报",
    "submit": "签署并提交",
    "withdraw": "撤回",
    "discard": "作废",
    "return": "退回补正",
    "close": "办结",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One of the steps to a submission, as the list of them shows it."""

    label: str
    url: str
    tag: tuple[str, str]
    note: str = ""


@blueprint.get("/<int:filing_id>")
@requires(Permission.FILING_WORK)
def overview(filing_id: int) -> str:
    """The filing at a glance."""
    return _page(filing_or_404(filing_id))


def _page(filing: Filing) -> str:
    found = working(filing)
    judged = assessment_of(found)
    open_rows = sum(len(it.open) for it in judged.outcomes.values())
    findings = findings_of(found, judged)
    stopping = sum(it.stops for it in findings)
    following = next_of_filing(
        filing, open_rows=open_rows, stopping=stopping, may_sign=can(Permission.FILING_SIGN)
    )
    errors = sum(it.severity is Severity.ERROR for it in findings)
    sent = submissions_of(filing.id)
    return filing_page(
        "filing",
        filing,
        next=told(following, filing_id=filing.id),
        tasks=list(_tasks(found, open_rows, errors, stopping)) if filing.state.is_open else [],
        submissions=list(reversed(sent)),
        history=[_entry(it, sent) for it in reversed(steps_of(filing.id))],
        ends=[],
    )


def _tasks(found: Working, open_rows: int, errors: int, stopping: int) -> Iterator[Task]:
    filing_id = found.filing.id
    carried = sum(1 for it in found.answers.values() if not it.confirmed)
    left = [f"{open_rows} 项未填完"] if open_rows else []
    left += [f"{carried} 项待确认"] if carried else []
    yield Task("自评", url_for("filing.assess_page", filing_id=filing_id),
               _OPEN if left else _DONE, "，".join(left))  # fmt: skip
    summary = found.transport
    is_done = summary.confirmed and not summary.transport.is_empty
    yield Task("运输汇总", url_for("filing.transport_page", filing_id=filing_id),
               _DONE if is_done else _OPEN, "" if summary.confirmed else "待确认")  # fmt: skip
    yield Task("佐证材料", "", ("neutral", f"{len(found.evidence)} 份"))
    words = f"{stopping} 项须改正或说明" if stopping else ""
    yield Task("检查", url_for("filing.checks_page", filing_id=filing_id),
               ("late", "须改正") if errors else _OPEN if stopping else _DONE, words)  # fmt: skip
    yield Task("承诺与提交", "", ("neutral", "由签署人办理"))


def _entry(step: StepTaken, sent: list[Submission]) -> dict[str, Any]:
    same = next((it for it in sent if it.submitted_at == step.done_at), None)
    receipt = f"回执编号 {same.receipt}" if same and step.action == "submit" else ""
    return {
        "day": clock.day_of(step.done_at),
        "title": _STEP_WORDS.get(step.action, step.state.words),
        "text": step.reason or receipt,
        "recorded": f"{step.done_by_name}，{clock.shown(step.done_at)}",
    }
