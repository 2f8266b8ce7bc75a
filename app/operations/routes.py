"""Pages for those who look after the server (运行维护): state, backups, jobs, the chain's end."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for

from app.kernel import anchors, audit, clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.listing import heads
from app.kernel.look import url_with
from app.kernel.permissions import can, current_actor, requires
from app.kernel.spreadsheets.layout import SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page
from app.ledger.listing import page_in
from app.operations.backup_list import COLUMNS, HEADS, Wanted, cells
from app.operations.queries import tasks
from app.operations.queries.backups import (
    KINDS,
    backup_folder,
    find_backup,
    list_backups,
    list_drills,
    newest_backup,
)
from app.operations.queries.chain import chain_end
from app.operations.queries.health import examine, last_thorough_look, needed
from app.operations.services import by_hand
from app.operations.settings import settings_on

blueprint = Blueprint("operations", __name__, url_prefix="/operations", template_folder="templates")
SECONDS_BETWEEN_LOOKS = 3
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LINES_SHOWN = 30


@blueprint.get("/status")
@requires(Permission.SYSTEM_VIEW)
def status() -> str | Response:
    """Everything that is looked at, what needs a person first."""
    running = _under_way(by_hand.HEALTH)
    if htmx.fragment_target() == "progress" and running is None:
        return htmx.htmx_redirect(url_for("operations.status"))
    checks = examine(thorough=False)
    return page(
        "operations/status.html",
        blocks=("progress",),
        checks=checks,
        needed=needed(checks),
        last=last_thorough_look(),
        running=running,
        refresh_seconds=SECONDS_BETWEEN_LOOKS if running else None,
        may_operate=can(Permission.SYSTEM_OPERATE),
        tabs=_tabs(),
    )


@blueprint.post("/status/look")
@requires(Permission.SYSTEM_OPERATE)
def look_now() -> Any:
    """Look at everything, byte by byte, in the background."""
    by_hand.ask_for_health()
    return redirect(url_for("operations.status"), 303)


@blueprint.get("/backups")
@requires(Permission.SYSTEM_VIEW)
def backups() -> str | Response:
    """The backups there are, and the restores that were tried out."""
    running = _under_way(*by_hand.KINDS)
    if htmx.fragment_target() == "progress" and running is None:
        return htmx.htmx_redirect(url_for("operations.backups"))
    wanted, found = Wanted.of(request.args), list_backups()
    last = tasks.latest_job(*by_hand.KINDS)
    return page(
        "operations/backups.html",
        blocks=("progress", "rows"),
        rows=wanted.among(found),
        total=len(found),
        wanted=wanted.kind,
        heads=heads(HEADS, wanted.sort, falling=wanted.falling, newest_first=HEADS),
        kinds=list(KINDS.items()),
        drills=list_drills(),
        running=running,
        failed=last if last is not None and last.state == "failed" else None,
        refresh_seconds=SECONDS_BETWEEN_LOOKS if running else None,
        folder=backup_folder(),
        chosen=settings_on(clock.today()),
        may_operate=can(Permission.SYSTEM_OPERATE),
        tabs=_tabs(),
    )


@blueprint.post("/backups/export")
@requires(Permission.SYSTEM_VIEW)
def export_backups() -> Any:
    """The list with checksums as filtered, as a workbook to be put on file."""
    rows = [cells(it) for it in Wanted.of(request.args).among(list_backups())]
    today, content = clock.today(), io.BytesIO()
    notes = [f"导出日期 {today}，共 {len(rows)} 份"]
    write_xlsx(content, [SheetLayout("备份清单", COLUMNS, rows, titles=["备份清单"], notes=notes)])
    content.seek(0)
    person = current_actor()
    if person is None:
        abort(403)
    name = f"备份清单 {today}.xlsx"
    address = files.offer_download(content, name, XLSX, "备份清单", person.user_id)
    return htmx.htmx_redirect(address)


@blueprint.post("/backups/make")
@requires(Permission.SYSTEM_OPERATE)
def back_up_now() -> Any:
    """Make a backup now, in the background."""
    by_hand.ask_for_backup()
    return redirect(url_for("operations.backups"), 303)


@blueprint.post("/backups/<backup>/check")
@requires(Permission.SYSTEM_OPERATE)
def check_backup(backup: str) -> Any:
    """Look through a backup, every byte of it, in the background."""
    by_hand.ask_for_check(_known(backup))
    return redirect(url_for("operations.backups"), 303)


@blueprint.post("/backups/drill")
@requires(Permission.SYSTEM_OPERATE)
def begin_drill() -> Any:
    """Try the newest backup out in a folder of its own, in the background."""
    newest = newest_backup()
    if newest is None:
        flash("还没有可用于演练的备份。请先点“立即备份”。", "problem")
    else:
        by_hand.ask_for_drill(newest.name)
    return redirect(url_for("operations.backups"), 303)


@blueprint.get("/jobs")
@requires(Permission.SYSTEM_VIEW)
def job_list() -> str:
    """The jobs of the worker, the newest first."""
    state = request.args.get("state", "")
    found = tasks.list_jobs(state, page_in(request.args))
    return page(
        "operations/jobs.html",
        blocks=("rows",),
        found=found,
        state=state if state in tasks.STATES else "",
        states=list(tasks.STATES.items()),
        counts=tasks.count_jobs(),
        newer=url_with(page=found.page - 1) if found.page > 1 else None,
        older=url_with(page=found.page + 1) if found.has_older else None,
        may_operate=can(Permission.SYSTEM_OPERATE),
        tabs=_tabs(),
    )


@blueprint.post("/jobs/<int:job_id>/again")
@requires(Permission.SYSTEM_OPERATE)
def repeat_job(job_id: int) -> Any:
    """Put a failed job into the queue again."""
    if tasks.find_job(job_id) is None:
        abort(404, "没有这项后台任务。")
    if not by_hand.ask_again(job_id):
        abort(409, "这项任务没有失败，或不能原样重做。请刷新后台任务页面。")
    flash("已重新排队。", "done")
    return redirect(url_for("operations.job_list"), 303)


@blueprint.get("/chain-end")
@requires(Permission.AUDIT_VIEW)
def chain_end_page() -> str:
    """The end of the audit chain, to be printed, signed and put on file."""
    return page(
        "operations/chain_end.html",
        end=chain_end(),
        check=anchors.check(),
        lines=list(anchors.read())[: -_LINES_SHOWN - 1 : -1],
        now=clock.now(),
    )


@blueprint.post("/chain-end/export")
@requires(Permission.AUDIT_VIEW)
def export_chain_end() -> Any:
    """The ends that were written down, as the text file they are kept in."""
    audit.record("anchor.exported", "anchor", chain_end().sequence)
    person = current_actor()
    if person is None:
        abort(403)
    name = f"audit-heads-{clock.today()}.txt"
    content = io.BytesIO(anchors.text().encode())
    return redirect(
        files.offer_download(content, name, "text/plain", "审计链链尾", person.user_id), 303
    )


def _known(name: str) -> str:
    found = find_backup(name)
    if found is None:
        abort(404, "备份目录中没有这份备份。请刷新备份页面。")
    return found.name


def _under_way(*kinds: str) -> tasks.JobRow | None:
    job = tasks.latest_job(*kinds)
    return job if job is not None and job.is_under_way else None


def _tabs() -> list[tuple[str, str, bool]]:
    endpoints = (
        ("运行状态", "operations.status"),
        ("备份与恢复", "operations.backups"),
        ("后台任务", "operations.job_list"),
    )
    return [(words, url_for(it), request.endpoint == it) for words, it in endpoints]
