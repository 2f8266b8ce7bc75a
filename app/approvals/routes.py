"""复核: what one person proposed is looked at, and decided, by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import grants_of, list_bureaus
from app.accounts.sessions import signed_in_person
from app.approvals import services
from app.approvals.domain import COURSE, Kind, Proposal, Refused
from app.approvals.forms import read_filter, read_note
from app.approvals.queries import (
    PARTS,
    ProposalView,
    Reader,
    all_proposals,
    count_parts,
    find_view,
    list_proposals,
)
from app.kernel import clock, files, htmx, transaction
from app.kernel.listing import chips, heads, ways
from app.kernel.permissions import signed_in
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page
from app.kernel.workflow import ActionNotAllowed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TAGS: Mapping[str, str] = {"open": "soon", "approved": "done", "refused": "barred"}
"""State → kind of its tag; the rest are neutral."""
_HEADS = {
    "title": "内容",
    "kind": "事项",
    "proposer": "提交人",
    "proposed": "提交时间",
    "state": "状态",
}
_COLUMNS = (
    Column("编号", 8, "number"), Column("事项", 20), Column("内容", 50), Column("提交人", 14),
    Column("提交时间", 18), Column("状态", 10), Column("办理人", 14), Column("办理时间", 18),
    Column("说明", 40),
)  # fmt: skip

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals", template_folder="templates")


def reader() -> Reader:
    """The signed-in person with the reach of their permission for each kind of proposal."""
    person = signed_in_person()
    held = {kind.id: person.scope_of(kind.decided_with) for kind in services.kinds()}
    return Reader(person.user_id, {kind: scope for kind, scope in held.items() if scope})


# --- The list ----------------------------------------------------------------------------------


@blueprint.get("")
@signed_in
def proposals() -> str:
    """What waits for this person's decision, what they proposed, and what became of it all."""
    titles, who = _titles(), reader()
    wanted = read_filter(request.args, titles)
    found = list_proposals(who, wanted)
    counts = count_parts(who)
    return page(
        "approvals/proposals.html",
        blocks=("rows",),
        wanted=wanted,
        found=found,
        titles=titles,
        states=COURSE.states,
        tags=TAGS,
        counties=_counties(),
        parts=[
            (f"{words}（{counts[part]}）", url_for("approvals.proposals", part=part),
             part == wanted.part)
            for part, words in PARTS.items()
        ],
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first={"proposed"}),
        chips=chips((
            ("搜索", "q", wanted.search),
            ("事项", "kind", titles.get(wanted.kind, "")),
            ("状态", "state", COURSE.states.get(wanted.state, "")),
        )),
        clear_url=url_for("approvals.proposals", part=wanted.part),
        **ways(found.page, found.pages),
    )  # fmt: skip


@blueprint.post("/export")
@signed_in
def export_proposals() -> Response:
    """The list as filtered, as a workbook."""
    titles = _titles()
    wanted = read_filter(request.args, titles)
    rows = [_cells(view, titles) for view in all_proposals(reader(), wanted)]
    content, today, name = BytesIO(), clock.today(), f"复核事项（{PARTS[wanted.part]}）"
    layout = SheetLayout("复核事项", _COLUMNS, rows, titles=[name],
                         notes=[f"导出日期 {today}，共 {len(rows)} 项"])  # fmt: skip
    write_xlsx(content, [layout])
    content.seek(0)
    owner = signed_in_person().user_id
    address = files.offer_download(content, f"{name} {today}.xlsx", XLSX, "复核事项", owner)
    return htmx.htmx_redirect(address)


def _titles() -> dict[str, str]:
    return {kind.id: kind.title for kind in services.kinds()}


def _counties() -> dict[str, str]:
    return {bureau.code: bureau.short_name for bureau in list_bureaus("county")}


def _cells(view: ProposalView, titles: Mapping[str, str]) -> list[Any]:
    proposal = view.proposal
    return [
        proposal.id,
        titles.get(proposal.kind, proposal.kind),
        proposal.title,
        view.proposer,
        clock.shown(view.proposed_at),
        view.state_word,
        view.decider,
        clock.shown(view.decided_at) if view.decided_at else "",
        proposal.note,
    ]


# --- One proposal ------------------------------------------------------------------------------


@blueprint.get("/<int:proposal_id>")
@signed_in
def proposal_page(proposal_id: int) -> str:
    """What is proposed, by whom, and what this person can do about it."""
    return _page_of(_view(proposal_id))


@blueprint.post("/<int:proposal_id>/preview")
@signed_in
def preview_proposal(proposal_id: int) -> str | Response:
    """What approving would change, worked out on the register of now; nothing is written."""
    view = _view(proposal_id)
    if not view.is_open:
        return _as_it_stands(proposal_id, "")
    template, context, problem = _effect_of(view.proposal)
    if not problem and services.kind_of(view.proposal).known is not None:
        return htmx.htmx_redirect(url_for("approvals.proposal_page", proposal_id=proposal_id))
    return _page_of(view, problem=problem, effect=(template, context))


@blueprint.post("/<int:proposal_id>/approve")
@signed_in
def approve_proposal(proposal_id: int) -> Response:
    """Carry out what was proposed."""
    return _decide(proposal_id, "note", services.approve, "已复核通过，内容已经生效。")


@blueprint.post("/<int:proposal_id>/refuse")
@signed_in
def refuse_proposal(proposal_id: int) -> Response:
    """Send it back with a reason."""
    return _decide(proposal_id, "reason", services.refuse, "已退回，理由已告知提交人。")


@blueprint.post("/<int:proposal_id>/take-back")
@signed_in
def take_back_proposal(proposal_id: int) -> Response:
    """The person who proposed it withdraws it."""

    def take_back(number: int, _note: str) -> None:
        services.take_back(number)

    return _decide(proposal_id, "note", take_back, "已撤回。")


def _decide(proposal_id: int, field: str, act: Callable[[int, str], None], done: str) -> Response:
    view = _view(proposal_id)
    text, fault = read_note(request.form, field)
    typed = {field: text}
    if not fault and field == "reason" and not text:
        fault = "退回时必须写明理由。请填写后重新提交。"
    if fault:
        return make_response(_page_of(view, typed=typed, errors={field: fault}), 422)
    try:
        act(proposal_id, text)
    except (Refused, ActionNotAllowed) as refused:
        transaction.close()
        return _as_it_stands(proposal_id, str(refused), typed)
    flash(done)
    return htmx.htmx_redirect(url_for("approvals.proposal_page", proposal_id=proposal_id))


def _as_it_stands(
    proposal_id: int, problem: str, typed: Mapping[str, str] | None = None
) -> Response:
    """The page of what is true now, after something could not be done."""
    view = _view(proposal_id)
    if not view.is_open:
        who = f"由 {view.decider} 于 {clock.shown(view.decided_at)} " if view.decided_at else ""
        problem = f"没有办理：这一事项已{who}办结，结果为“{view.state_word}”。不需要再办理。"
    return make_response(_page_of(view, typed=typed, problem=problem), 409)


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the page of a proposal shows, under one name beside what its preview needs."""

    view: ProposalView
    kind: Kind
    told: Sequence[tuple[str, str]]
    county: str
    tag: str
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    problem: str
    has_left: bool
    """Whether who proposed it holds no role any more."""
    effect: str
    """The template that shows what approving would change; empty until it was asked for."""

    @property
    def faults(self) -> list[tuple[str, str]]:
        """What stands in the summary on top: the field's id or nothing, and the sentence."""
        found = [(f"f-{name}", sentence) for name, sentence in self.errors.items()]
        return [("", self.problem), *found] if self.problem else found


def _effect_of(proposal: Proposal) -> tuple[str, Mapping[str, Any], str]:
    """(template, its context, why it can no longer be done or empty)."""
    preview = services.kind_of(proposal).preview
    if preview is None:
        return "approvals/_no_preview.html", {}, ""
    try:
        template, context = preview(proposal.payload)
    except (Refused, ActionNotAllowed) as refused:
        transaction.close()
        return "", {}, f"现在不能通过：{refused}"
    return template, context, ""


def _page_of(
    view: ProposalView,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    effect: tuple[str, Mapping[str, Any]] = ("", {}),
) -> str:
    proposal = view.proposal
    kind = services.kind_of(proposal)
    if kind.known is not None and view.is_open:
        effect = kind.known(proposal.payload)
    shown = Shown(
        view=view,
        kind=kind,
        told=kind.told(proposal.payload),
        county=_counties().get(proposal.county or "", ""),
        tag=TAGS.get(proposal.state, "neutral"),
        typed=typed or {},
        errors=errors or {},
        problem=problem,
        has_left=view.is_open and not _holds_a_role(proposal.proposed_by),
        effect=effect[0],
    )
    return page("approvals/proposal.html", **{**effect[1], "approval": shown})


def _holds_a_role(user_id: int) -> bool:
    return any(it.is_in_force(clock.today()) for it in grants_of(user_id))


def _view(proposal_id: int) -> ProposalView:
    view = find_view(proposal_id, reader())
    if view is None:
        abort(404, "没有这一待复核事项，或者不在您的权限范围内。")
    return view
