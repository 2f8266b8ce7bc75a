"""概况: where a filing stands, its steps, what was submitted, how it is taken back or given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.filing import services
from app.filing.checks import ADMISSION
from app.filing.domain import COURSE, Severity, State
from app.filing.queries import (
    Filing,
    StepTaken,
    Submission,
    Unconfirmed,
    Working,
    assessment_of,
    findings_of,
    steps_of,
    submissions_of,
    working,
)
from app.filing.queries.papers import next_steps_of
from app.filing.routes.blueprint import (
    AT_THE_WINDOW,
    blueprint,
    enters_at_office,
    filing_or_404,
    filing_page,
    is_at_window,
    may_enter,
    plant_changed_under,
    stops_before_signing,
)
from app.filing.routes.home import told
from app.filing.routes.submissions import to_last_submission
from app.filing.whatnext import Next, next_of_filing
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires

_LONGEST_REASON = 500
_DONE, _OPEN = ("done", "已完成"), ("soon", "未完成")
_STEP_WORDS = {
    "start": "开始申报",
    "enter": "代为录入",
    "fill": "企业填写",
    "import": "导入离线填报包",
    "submit": "签署并提交",
    "withdraw": "撤回",
    "discard": "作废",
    "take_up": "区县受理",
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


@dataclass(frozen=True, slots=True)
class Ending:
    """A form that takes the filing back or gives it up."""

    id: str
    url: str
    title: str
    words: str
    label: str
    typed: str = ""
    error: str = ""


@blueprint.get("/<int:filing_id>")
@requires(Permission.FILING_VIEW)
def overview(filing_id: int) -> str | Response:
    """The filing at a glance; officers read what was submitted last."""
    if not can(Permission.FILING_WORK) and not is_at_window(filing_id):
        return to_last_submission(filing_id)
    return _page(filing_or_404(filing_id))


def _page(filing: Filing, refused: Mapping[str, tuple[str, str]] | None = None) -> str:
    found = working(filing)
    judged = assessment_of(found)
    open_rows = sum(len(it.open) for it in judged.outcomes.values())
    findings = findings_of(found, judged)
    stopping = len(stops_before_signing(findings))
    following = next_of_filing(
        filing, open_rows=open_rows, unconfirmed=_unconfirmed(found), stopping=stopping,
        may_sign=can(Permission.FILING_SIGN), may_enter=may_enter(filing),
        bar=next((it.text for it in findings if it.key.startswith(ADMISSION)), ""),
    )  # fmt: skip
    changed = plant_changed_under(filing)
    if changed is not None and changed.stops:
        following = Next("late", changed.text)
    errors = sum(it.severity is Severity.ERROR for it in stops_before_signing(findings))
    sent, steps = submissions_of(filing.id), steps_of(filing.id)
    settled = not filing.state.is_open and any(it.action == "import" for it in steps)
    return filing_page(
        "filing",
        filing,
        next=told(following, filing_id=filing.id),
        tasks=list(_tasks(found, open_rows, errors, stopping)) if filing.state.is_open else [],
        next_steps=next_steps_of(sent[-1]) if sent and filing.state is State.SUBMITTED else (),
        submissions=list(reversed(sent)),
        history=[_entry(it, sent) for it in reversed(steps)],
        packages_url=url_for("filing.package_page", filing_id=filing.id) if settled else "",
        ends=list(_endings(filing, refused or {})),
        may_follow=changed is not None and changed.may_follow and may_enter(filing),
    )


def _unconfirmed(found: Working) -> Unconfirmed:
    files = sum(1 for it in found.evidence if not it.confirmed)
    rows = sum(1 for it in found.answers.values() if not it.confirmed)
    return Unconfirmed(rows, files + (0 if found.transport.confirmed else 1))


def _tasks(found: Working, open_rows: int, errors: int, stopping: int) -> Iterator[Task]:
    filing = found.filing
    filing_id = filing.id
    carried = sum(1 for it in found.answers.values() if not it.confirmed)
    left = [f"{open_rows} 项未填完"] if open_rows else []
    left += [f"{carried} 项待确认"] if carried else []
    yield Task("自评", url_for("filing.assess_page", filing_id=filing_id),
               _OPEN if left else _DONE, "，".join(left))  # fmt: skip
    summary = found.transport
    is_done = summary.confirmed and not summary.transport.is_empty
    yield Task("运输汇总", url_for("filing.transport_page", filing_id=filing_id),
               _DONE if is_done else _OPEN, "" if summary.confirmed else "待确认")  # fmt: skip
    files = sum(1 for it in found.evidence if not it.confirmed)
    yield Task("佐证材料", url_for("filing.materials", filing_id=filing_id),
               ("neutral", f"{len(found.evidence)} 份"),
               f"{files} 份待确认" if files else "")  # fmt: skip
    words = f"{stopping} 项须改正或说明" if stopping else ""
    yield Task("检查", url_for("filing.checks_page", filing_id=filing_id),
               ("late", "须改正") if errors else _OPEN if stopping else _DONE, words)  # fmt: skip
    by = "依据盖章的材料" if enters_at_office(filing) else "由签署人办理"
    yield Task("承诺与提交", url_for("filing.submit_page", filing_id=filing_id), ("neutral", by))


def _entry(step: StepTaken, sent: list[Submission]) -> dict[str, Any]:
    same = next((it for it in sent if it.submitted_at == step.done_at), None)
    receipt = f"回执编号 {same.receipt}" if same and step.action == "submit" else ""
    return {
        "day": clock.day_of(step.done_at),
        "title": _STEP_WORDS.get(step.action, step.state.words),
        "text": step.reason or receipt,
        "recorded": f"{step.done_by_name}，{clock.shown(step.done_at)}",
    }


_ENDS = {
    "withdraw": "撤回后不再审核，已提交的版本仍保留在记录中；需要的，可以重新申报，内容会带入。",
    "discard": "作废后不能恢复，也不再占用本厂区的申报；已上传的材料保留在记录中。",
}
_STAYS = "同一年度重新申报、指标表没有更换的，已确认的内容和仍然有效的材料不用再确认。"


def _endings(filing: Filing, refused: Mapping[str, tuple[str, str]]) -> Iterator[Ending]:
    for action, words in _ENDS.items():
        step = next(
            (it for it in COURSE.steps if (it.state, it.action) == (filing.state, action)), None
        )
        if step is None or step.permission is None or not can(step.permission):
            continue
        if action == "discard" and not may_enter(filing):
            continue
        stays = _STAYS if action == "withdraw" and not filing.at_office else ""
        typed, error = refused.get(action, ("", ""))
        yield Ending(
            action, url_for(f"filing.{action}_filing", filing_id=filing.id), f"{step.label}申报",
            f"{words}{stays}", f"{step.label}原因", typed, error,
        )  # fmt: skip


@blueprint.post("/<int:filing_id>/withdraw")
@requires(Permission.FILING_SIGN)
def withdraw_filing(filing_id: int) -> Response:
    """Take back what was submitted, before the county has taken it up."""
    return _end(filing_id, "withdraw", "申报已撤回。")


@blueprint.post("/<int:filing_id>/county")
@requires(Permission.FILING_ENTER)
def follow_county(filing_id: int) -> Response:
    """Hand the draft on to the county where the plant lies now; what was filled in goes along."""
    filing = filing_or_404(filing_id)
    if not may_enter(filing):
        abort(409, AT_THE_WINDOW)
    try:
        services.follow_county(filing.id)
    except Refused as refused:
        flash(str(refused), "problem")
        return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))
    flash("已改交给厂区现在所在的区县，已填的内容和材料都在。")
    if enters_at_office(filing):  # it is the other county's now
        return htmx.htmx_redirect(url_for("filing.window_page"))
    return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))


@blueprint.post("/<int:filing_id>/discard")
@requires(Permission.FILING_ENTER)
def discard_filing(filing_id: int) -> Response:
    """Give up a draft."""
    return _end(filing_id, "discard", "申报已作废。")


def _end(filing_id: int, action: str, done: str) -> Response:
    filing = filing_or_404(filing_id)
    if action == "discard" and not may_enter(filing):
        abort(409, AT_THE_WINDOW)
    reason = request.form.get("reason", "").strip()
    act = {"withdraw": services.withdraw, "discard": services.discard}[action]
    try:
        if len(reason) > _LONGEST_REASON:
            raise Refused(f"原因有 {len(reason)} 个字，超过 {_LONGEST_REASON} 个字。请缩短。")
        act(filing.id, reason)
    except Refused as refused:
        return make_response(_page(filing, {action: (reason, str(refused))}), 422)
    flash(done)
    return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))
