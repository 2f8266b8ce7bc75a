"""The audit log (审计日志), for the auditor: read and exported, never changed."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for

from app.accounts import forms, queries, sessions
from app.accounts.routes.blueprint import blueprint
from app.kernel import anchors, audit, audit_words, clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import requires
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = (
    Column("序号", 10, "number"), Column("时间", 20), Column("人员", 16), Column("途径", 10),
    Column("地址", 16), Column("事项", 18), Column("对象", 12), Column("对象编号", 22),
    Column("结果", 8), Column("内容", 60),
)  # fmt: skip


@blueprint.get("/audit")
@requires(Permission.AUDIT_VIEW)
def audit_log() -> Any:
    """Who did what and when, the newest first."""
    wanted, errors = forms.read_audit_filter(request.args)
    if htmx.is_fragment_request() and errors != _errors_around():
        return htmx.htmx_redirect(url_with())
    found = queries.list_entries(wanted)
    newer = older = None
    if found.rows and found.has_newer:
        newer = url_with(after=found.rows[0].sequence, before=None)
    if found.rows and found.has_older:
        older = url_with(before=found.rows[-1].sequence, after=None)
    return page(
        "accounts/audit_log.html",
        blocks=("rows",),
        wanted=wanted,
        typed=request.args,
        errors=errors,
        rows=found.rows,
        newer=newer,
        older=older,
        actions=[(action, audit_words.action_word(action)) for action in queries.list_actions()],
        words=audit_words,
        chips=_chips(wanted),
    )


def _errors_around() -> dict[str, str]:
    """What the page around the rows says already of its days."""
    return forms.read_audit_filter(htmx.parameters_around())[1]


def _chips(wanted: queries.AuditFilter) -> list[tuple[str, str, str]]:
    named = (
        ("人员", "person", wanted.person),
        ("事项", "action", audit_words.action_word(wanted.action)),
        ("对象或内容", "object", wanted.object),
        ("自", "from_on", wanted.from_on),
        ("至", "until_on", wanted.until_on),
    )
    return [
        (label, str(words), url_with(**{name: None, "before": None, "after": None}))
        for label, name, words in named
        if words
    ]


@blueprint.post("/audit/export")
@requires(Permission.AUDIT_VIEW)
def export_audit_log() -> Any:
    """The entries as filtered, as a workbook."""
    wanted, _ = forms.read_audit_filter(request.args)
    entries = queries.list_all_entries(wanted)
    if len(entries) > queries.LONGEST_EXPORT:
        flash(f"超过 {queries.LONGEST_EXPORT} 条，未导出。请缩小日期范围后分次导出。", "problem")
        return redirect(f"{url_for('accounts.audit_log')}?{urlencode(request.args)}", 303)
    content, today = BytesIO(), clock.today()
    write_xlsx(
        content,
        [SheetLayout("审计日志", _COLUMNS, [_cells(entry) for entry in entries],
                     titles=["审计日志"], notes=[f"导出日期 {today}，共 {len(entries)} 条"])],
    )  # fmt: skip
    content.seek(0)
    owner = sessions.signed_in_person().user_id
    address = files.offer_download(content, f"审计日志 {today}.xlsx", XLSX, "审计日志", owner)
    return redirect(address, 303)


def _cells(entry: queries.AuditRow) -> list[Any]:
    return [
        entry.sequence,
        clock.shown(entry.at, seconds=True),
        entry.actor_name,
        entry.via,
        entry.address,
        audit_words.action_word(entry.action),
        audit_words.object_word(entry.object_type),
        entry.object_id,
        "成功" if entry.succeeded else "未成功",
        "；".join(f"{key}：{value}" for key, value in entry.detail),
    ]


@blueprint.get("/audit/check")
@requires(Permission.AUDIT_VIEW)
def check_audit_log() -> Any:
    """Walk the whole chain and say whether it is unbroken."""
    return page("accounts/audit_check.html", check=audit.verify(), anchored=anchors.check())
