"""What the job worker does for the server's safety without being asked (每日维护).

A backup from the set hour on, looked through at once; older ones go only after the new one is
complete. The chain's end is written down. Everything the ``doctor`` looks at is looked at. Whatever
needs a person becomes a task of the system administrator, and is settled when it is well again.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from pathlib import Path

from app.accounts.services import disable_idle
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import anchors, audit, clock, daily, files, pictures, uploads
from app.kernel.authority import Permission
from app.kernel.system_words import why
from app.kernel.transaction import writing
from app.operations import archive
from app.operations.domain import EvidenceMissing, OperationFailed, kept_backups
from app.operations.queries.backups import backup_folder, list_backups, list_drills
from app.operations.queries.health import examine, needed
from app.operations.queries.tasks import is_open
from app.operations.services.backing_up import free_path, write_backup
from app.operations.settings import settings_on

VIA = "每日维护"
KEEPERS = Audience(permission=Permission.SYSTEM_OPERATE)
BACKUPS_PAGE, STATUS_PAGE = "/operations/backups", "/operations/status"
ACCOUNTS_PAGE = "/accounts?state=disabled"
BACKUP_TASK, DRILL_TASK = "operations:backup", "operations:drill"
HEALTH_TASK = "operations:health"
PICTURES_KEPT = 2 * 1024**3
"""Bytes of pictures of pages; they can be made anew."""
log = logging.getLogger(__name__)


def define_duties() -> None:
    """Name the daily duties of this stage."""
    daily.each_day("审计链锚定", anchor_today)
    daily.each_day("恢复演练提醒", remind_of_drill)
    daily.each_day("停用闲置账号", disable_idle_accounts)
    daily.each_day("未传完文件清理", clear_away)
    daily.each_day("自动备份", back_up_today, hour=lambda day: settings_on(day).backup_hour)
    daily.each_day("系统检查", look_over, hour=lambda day: settings_on(day).backup_hour)


def anchor_today(_day: date) -> None:
    """Write the audit chain's end down outside the database."""
    anchors.anchor()


def clear_away(_day: date) -> None:
    """Throw away what nobody went on sending, and the oldest pictures of pages."""
    with writing(VIA):
        uploads.sweep()
        files.sweep()
    pictures.let_go(PICTURES_KEPT)


def disable_idle_accounts(day: date) -> None:
    """Disable the office's accounts that nobody used for so long, and tell who gives accounts."""
    days = settings_on(day).idle_account_days
    if days == 0:
        return
    with writing(VIA):
        names = disable_idle(clock.now() - timedelta(days=days))
        if names:
            inbox.send(
                MessageKind.NOTICE,
                f"已停用 {len(names)} 个 {days} 天未登录的账号",
                Audience(permission=Permission.ACCOUNT_MANAGE),
                link=ACCOUNTS_PAGE,
                source=f"accounts:idle:{day}",
                body=f"{'、'.join(names)}。仍需使用的，请在账号管理中启用；离岗的，请结束其授权。",
            )


def back_up_today(day: date) -> None:
    """The day's backup, once; then let go of what the bureau does not keep."""
    folder = backup_folder()
    if not any(it.kind == "scheduled" and it.day == day for it in list_backups()):
        is_made, problem = _back_up(folder)
        _tell(problem)
        if not is_made:
            return
    _let_go(folder, day)
    anchors.anchor()


def _back_up(folder: Path) -> tuple[bool, str]:
    """Whether one was made, and what a person must see to; empty when all is well."""
    try:
        _remove_unfinished(folder)
        path = free_path(folder, "scheduled")
        try:
            write_backup(path, via=VIA)
            problem = ""
        except EvidenceMissing as missing:
            write_backup(path, via=VIA, allow_missing=True)
            problem = f"备份已生成，但缺少材料。{missing}"
    except OSError as error:
        return False, f"备份目录 {folder} 不可写（{why(error)}）。请检查磁盘和权限。"
    except OperationFailed as failure:
        return False, str(failure)
    if not check_backup(path):
        return False, f"{path.name} 写成后校验不符。请检查磁盘，再立即备份。"
    return True, problem


def check_backup(path: Path) -> bool:
    """Look through a backup, every byte of it, and put the finding on record."""
    try:
        with archive.opened(path) as source:
            sha256, finding = source.sha256, "完好"
    except (archive.DamagedArchive, OSError) as damaged:
        sha256, finding = _digest_told(path), f"损坏：{damaged}"
    with writing("核对备份"):
        told = {"结果": finding, "摘要": sha256}
        audit.record("backup.checked", "backup", path.name[:80], told)
    return finding == "完好"


def _digest_told(path: Path) -> str:
    try:
        return archive.peek(path)[0]
    except archive.DamagedArchive:
        return ""


def _remove_unfinished(folder: Path) -> None:
    """What an interrupted backup left; never one that is being written."""
    yesterday = (clock.now() - timedelta(days=1)).timestamp()
    for part in folder.glob("*.zip.part"):
        if part.stat().st_mtime < yesterday:
            part.unlink(missing_ok=True)


def _let_go(folder: Path, today: date) -> None:
    """Remove scheduled backups the bureau does not keep; only while a complete one is there."""
    chosen = settings_on(today)
    scheduled = [it for it in list_backups() if it.kind == "scheduled" and not it.problem]
    kept = kept_backups(
        (it.day for it in scheduled),
        daily=chosen.keep_daily,
        weekly=chosen.keep_weekly,
        monthly=chosen.keep_monthly,
    )
    newest: dict[date, str] = {}
    for it in scheduled:
        newest.setdefault(it.day, it.name)
    gone = [it.name for it in scheduled if it.day not in kept or newest[it.day] != it.name]
    if not gone:
        return
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    with writing(VIA):
        audit.record("backup.let_go", "backup", gone[0], {"按保留规则删除": "、".join(gone)})


def _tell(problem: str) -> None:
    """A task while something is wrong with the backups; settled once one is complete."""
    if not problem and not is_open(BACKUP_TASK):
        return
    with writing(VIA):
        if not problem:
            inbox.settle(BACKUP_TASK)
            audit.record("backup.well_again", "backup", BACKUP_TASK)
            return
        log.error("scheduled backup: %s", problem)
        audit.record("backup.failed", "backup", BACKUP_TASK, {"原因": problem})
        if not is_open(BACKUP_TASK):
            send_task("自动备份需要处理", problem, BACKUP_TASK, BACKUPS_PAGE)


def send_task(title: str, body: str, source: str, link: str) -> None:
    """A task for whoever looks after the server."""
    inbox.send(MessageKind.TASK, title, KEEPERS, link=link, source=source, body=body)


def remind_of_drill(day: date) -> None:
    """A task when the last restore that was tried out lies too long ago."""
    due = settings_on(day).drill_days
    last = next((it for it in list_drills() if it.succeeded), None)
    since = (day - _day_of(last.at)).days if last else None
    if (since is not None and since < due) or is_open(DRILL_TASK) or not list_backups():
        return
    words = f"距上次通过的演练已 {since} 天" if since is not None else "还没有做过恢复演练"
    body = f"{words}，本局设定每 {due} 天一次。请在备份页面点“开始恢复演练”。"
    with writing(VIA):
        audit.record("drill.due", "drill", day, {"说明": body})
        send_task("请做一次恢复演练", body, DRILL_TASK, BACKUPS_PAGE)


def look_over(day: date) -> None:
    """Everything the ``doctor`` looks at, once a day; a task while anything needs a person."""
    found = needed(examine(thorough=True))
    told = {it.title: it.what for it in found} or {"结果": "全部正常"}
    with writing(VIA):
        audit.record("health.checked", "health", day, told)
        if not found:
            inbox.settle(HEALTH_TASK)
        elif not is_open(HEALTH_TASK):
            body = "".join(f"{it.title}：{it.what}{it.todo}\n" for it in found)
            send_task(f"系统检查有 {len(found)} 项需要处理", body, HEALTH_TASK, STATUS_PAGE)


def _day_of(moment: datetime) -> date:
    return moment.astimezone(clock.SHANGHAI).date()
