"""What stands on the paper of a list (纸质清单的抬头与落款), alike in print, xlsx and csv."""

from __future__ import annotations

from app.issuing.domain import State
from app.issuing.queries import ListView
from app.issuing.subjects import Content
from app.kernel import clock

SIGNATURE = "负责人（签字）：　　　　　　　　　日期：　　　　　　　　　（盖章）"
"""Where the paper is signed by hand."""


def running_head(view: ListView, scope: str) -> str:
    """What stands on every page of the paper, so that no page can pass for one of another list."""
    sealed = f"校验值 {view.sha256}" if view.is_issued else f"草稿，未签发；内容 {view.list_sha256}"
    ended = {State.WITHDRAWN: "已撤回", State.REPLACED: "已被新清单替代"}.get(view.state, "")
    known = clock.shown(view.known_at, seconds=True)
    parts = (f"{view.title}（{scope}）", view.number, ended, f"截至 {view.as_of}",
             f"按 {known} 所知", f"编号 {view.id}", sealed)  # fmt: skip
    return " · ".join(filter(None, parts))


def paper_notes(view: ListView, content: Content, scope: str) -> tuple[str, ...]:
    """The lines under the title: number, days, rulebook with its status, people, hash."""
    rulebook = content["rulebook"]
    status = "，".join(filter(None, (rulebook["status"], rulebook["number"])))
    known = clock.shown(view.known_at, seconds=True)
    notes = [
        f"文号：{view.number or '（未签发）'}",
        f"范围：{scope}；截至日期：{view.as_of}；按 {known} 所知",
        f"规则集：{rulebook['title']}（{status}）",
    ]
    if view.draft_rulebook_confirmed:
        notes.append(f"签发人已确认所依据的规则集为{rulebook['status']}。")
    people = [f"起草：{view.made_by_name}", f"复核：{view.checked_by_name or '　　　　'}"]
    if view.is_issued:
        people.append(f"签发：{view.signed_by_name}")
        notes += [
            "；".join(people),
            f"签发日期：{view.signed_on}；施行日期：{view.effective_on}",
            f"编号：{view.id}；校验值（SHA-256）：{view.sha256}",
        ]
    else:
        notes += ["；".join(people), f"草稿，未签发；内容校验值（SHA-256）：{view.list_sha256}"]
    if view.state is State.WITHDRAWN:
        notes.append(f"本清单已于 {view.ended_on} 撤回。")
    if view.state is State.REPLACED:
        notes.append(f"本清单自 {view.ended_on} 起由新清单（编号 {view.replaced_by}）替代。")
    return tuple(notes)
