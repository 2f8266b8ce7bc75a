"""What the database and the evidence folder hold, looked over (数据检查)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import select

from app.grades.queries import is_current, plants_that_read_otherwise, rebuild_under_way
from app.kernel import anchors, audit, clock, files, migrating
from app.kernel.config import Config
from app.kernel.database import Base, Recorded, db
from app.kernel.models import AuditEntry, StoredFile
from app.operations.domain import Check, good, needs, note
from app.operations.queries.backups import list_drills, newest_backup
from app.operations.queries.tasks import failed_jobs_since, waiting_longer_than
from app.operations.settings import OperationSettings

_PERMANENT = ("audit_entry", "enterprise", "plant", "stored_file")
_NAMED = 5
_ORPHAN_HOURS = 24
_WAITED_MINUTES = 30
_FAILED_DAYS = 7
_STALLED_MINUTES = 2


def check_structure(*, thorough: bool) -> Check:
    """The database answers, at the structure of this program, and its guards stand.

    ``thorough`` looks for every guard the migrations make, else for those of facts alone.
    """
    title = "数据库结构"
    connection = db.session.connection()
    stands, newest = migrating.revision_of(connection), migrating.newest_revision()
    if stands != newest:
        words = f"是 {stands}，本程序需要 {newest}。" if stands else "还没有建立。"
        return needs(
            "revision",
            title,
            words,
            "程序无法正常工作。",
            "请停止服务，备份后运行 flask db upgrade。",
        )
    lacking = sorted(_lacking_guards(connection, thorough=thorough))
    if lacking:
        named = "、".join(lacking[:_NAMED])
        return needs(
            "structure",
            title,
            f"缺少或被改动的保护触发器有 {len(lacking)} 个（{named}）。",
            "登记过的事实可能被人绕过程序改动。",
            "请核对审计链，并从最近的备份恢复。",
        )
    return good("structure", title, f"版本 {newest}，保护触发器齐全。")


def _lacking_guards(connection: sa.Connection, *, thorough: bool) -> set[str]:
    standing = migrating.triggers(connection)
    if not thorough:
        return _guards_of_facts() - standing.keys()
    built = migrating.guards()
    if connection.dialect.name == "sqlite":
        return {name for name, text in built.items() if standing.get(name) != text}
    needed = (name for name, text in built.items() if not any(it in text for it in _SQLITE_ALONE))
    return set(needed) - standing.keys()


_SQLITE_ALONE = ("annulled once", "there already")
"""What the guards say that PostgreSQL has no trigger for.

It annuls a fact by one function where SQLite has two triggers, and it has no INSERT OR REPLACE.
"""


def _guards_of_facts() -> set[str]:
    mapped = Base.registry.mappers
    facts = {it.local_table.description for it in mapped if issubclass(it.class_, Recorded)}
    guards = ("is_kept", "is_not_removed")
    return {f"{table}_{guard}" for table in {*facts, *_PERMANENT} for guard in guards}


def check_integrity() -> Check:
    """Every page of an SQLite file, every foreign key; PostgreSQL keeps both by itself."""
    title = "数据库文件"
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        return good("integrity", title, "由 PostgreSQL 保管。")
    try:
        found = connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars().all()
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    except sa.exc.DatabaseError as error:
        found, lost = [str(error.orig)], []
    if list(found) == ["ok"] and not lost:
        return good("integrity", title, "逐页检查无损坏。")
    words = (
        f"有损坏：{found[0]}。" if list(found) != ["ok"] else f"有 {len(lost)} 行指向不存在的记录。"
    )
    return needs(
        "integrity",
        title,
        words,
        "继续写入会丢失数据。",
        "请立即停止服务，保留现有文件，从最近的备份恢复到新的数据目录。",
    )


def check_chain() -> Check:
    """Every entry of the audit chain."""
    found = audit.verify()
    if found.broken_at is None:
        return good("chain", "审计链", f"逐条核对 {found.entries} 条，完整。")
    return needs(
        "chain",
        "审计链",
        f"第 {found.broken_at} 条断裂：{found.problem}。",
        "记录可能被人改动。",
        "请停止写入，报告本局负责人，与备份逐条比对。",
    )


def check_anchors() -> Check:
    """The ends of the chain that were written down, and when the last was."""
    title, found = "审计链锚定", anchors.check()
    if found.problems:
        return needs(
            "anchors",
            title,
            f"{found.problems[0]}。",
            "审计记录或锚定文件被人改动。",
            "请停止写入，与打印件和备份核对。",
        )
    notes = f"（{'；'.join(found.notes)}）" if found.notes else ""
    if found.latest is None or found.latest.at is None:
        has_entries = db.session.execute(select(AuditEntry.sequence).limit(1)).first()
        if has_entries is None:
            return good("anchors", title, "还没有审计记录。")
        return needs(
            "anchors",
            title,
            "还没有锚定过。",
            "审计链末尾被删除时无法发现。",
            "请确认后台任务在运行，它每日锚定。",
        )
    what = f"{found.anchors} 处全部相符，最近一处于 {clock.shown(found.latest.at)}{notes}。"
    if clock.now() - found.latest.at > timedelta(days=1, hours=6) and _has_moved_on(found.latest):
        return needs(
            "anchors", title, what, "超过一天没有锚定。", "请确认后台任务在运行，它每日锚定。"
        )
    return good("anchors", title, what)


def _has_moved_on(latest: anchors.Anchor) -> bool:
    newest = db.session.execute(select(sa.func.max(AuditEntry.sequence))).scalar() or 0
    return newest > latest.sequence


def check_files(config: Config, *, thorough: bool) -> Check:
    """Every piece of evidence is there, ``thorough``: byte for byte; and what nobody knows."""
    title = "佐证材料"
    known = {
        row[0]: row[1] for row in db.session.execute(select(StoredFile.sha256, StoredFile.size))
    }
    wrong = [it for it, size in known.items() if not _is_there(it, size, thorough=thorough)]
    if wrong:
        named = "、".join(wrong[:_NAMED])
        return needs(
            "files",
            title,
            f"共 {len(known)} 份，{len(wrong)} 份缺失或损坏（{named}）。",
            "这些材料无法查看，备份也不完整。",
            "请从以前的备份恢复到另一目录，把 files 中的同名文件复制回来。",
        )
    orphans = sum(1 for _ in _orphans(config.instance_dir / "files", set(known)))
    how = "逐份核对内容" if thorough else "逐份核对大小"
    if orphans:
        left = f"另有 {orphans} 个未登记的文件（中断的上传所留，无害）。"
        return note("files", title, f"{how} {len(known)} 份，齐全；{left}")
    return good("files", title, f"{how} {len(known)} 份，齐全。")


def _is_there(sha256: str, size: int, *, thorough: bool) -> bool:
    if thorough:
        return files.is_whole(sha256)
    try:
        return files.path_of(sha256).stat().st_size == size
    except OSError:
        return False


def _orphans(root: Path, known: set[str]) -> Iterator[Path]:
    """Files no row knows, but for those that may be on their way in."""
    before = (clock.now() - timedelta(hours=_ORPHAN_HOURS)).timestamp()
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            if name not in known and path.stat().st_mtime < before:
                yield path


def check_backups(chosen: OperationSettings) -> Check:
    """How old the newest backup is, and whether it is whole."""
    title, last = "备份", newest_backup()
    if last is None:
        return needs(
            "backups",
            title,
            "还没有备份。",
            "服务器损坏时数据无法找回。",
            "请在“备份与恢复”页面点“立即备份”，并确认后台任务在运行。",
        )
    what = f"最近一份于 {clock.shown(last.made_at)}。"
    if last.found_whole is False or last.missing:
        fault = "校验不符" if last.found_whole is False else f"缺少 {last.missing} 份材料"
        return needs("backups", title, what, f"这一份{fault}。", "请检查磁盘和材料后立即备份。")
    if clock.now() - last.made_at > timedelta(hours=chosen.backup_age_hours):
        return needs(
            "backups",
            title,
            what,
            f"超过本局设定的 {chosen.backup_age_hours} 小时。",
            "请立即备份，并查看自动备份为什么没有进行。",
        )
    return good("backups", title, what)


def check_drill(today: date, chosen: OperationSettings) -> Check:
    """When a restore was last tried out."""
    title, last = "恢复演练", next(iter(list_drills(1)), None)
    if last is None:
        return note("drill", title, f"还没有做过（本局设定每 {chosen.drill_days} 天一次）。")
    what = f"最近一次于 {clock.shown(last.at)}，{'通过' if last.succeeded else '未通过'}。"
    if not last.succeeded:
        return needs("drill", title, what, "备份可能恢复不了。", "请查看演练结果，改正后再做一次。")
    if (today - last.at.astimezone(clock.SHANGHAI).date()).days > chosen.drill_days:
        return needs(
            "drill", title, what, f"超过本局设定的 {chosen.drill_days} 天。", "请做一次恢复演练。"
        )
    return good("drill", title, what)


def check_jobs() -> Check:
    """Jobs that failed lately or wait for too long."""
    title, failed, late = (
        "任务队列",
        failed_jobs_since(_FAILED_DAYS),
        waiting_longer_than(_WAITED_MINUTES),
    )
    if failed or late:
        parts = [f"近 {_FAILED_DAYS} 天有 {failed} 项失败"] if failed else []
        parts += [f"有 {late} 项等待超过 {_WAITED_MINUTES} 分钟"] if late else []
        return needs("jobs", title, f"{'，'.join(parts)}。", "", "请在“后台任务”页面查看原因。")
    return good("jobs", title, "没有失败或积压的任务。")


def check_standings(*, thorough: bool) -> Check:
    """Whether all standings follow the present settings, and a rebuild goes on.

    ``thorough`` derives every plant's anew and holds them against those that are kept.
    """
    title, rebuild = "等级与状态推算", rebuild_under_way()
    if rebuild is None:
        if is_current():
            return _check_kept(title) if thorough else good("standings", title, "与现行设定一致。")
        return needs(
            "standings",
            title,
            "设定已修改，还没有重新推算。",
            "台账列表不能按状态筛选和导出。",
            "请重新启动服务，或运行命令 grades refresh。",
        )
    how_far = f"{rebuild.told}（{clock.shown(rebuild.begun_at)} 开始）。"
    if clock.now() - rebuild.went_on_at <= timedelta(minutes=_STALLED_MINUTES):
        return note("standings", title, f"正在按现行规则重新推算：{how_far}")
    return needs(
        "standings",
        title,
        f"重新推算中断：{how_far}",
        "台账列表不能按状态筛选和导出；厂区页和清单不受影响。",
        "请查看“后台任务”并重新提交，或运行命令 grades refresh，从中断处继续。",
    )


def _check_kept(title: str) -> Check:
    otherwise = sum(1 for _ in plants_that_read_otherwise())
    if not otherwise:
        return good("standings", title, "与现行设定一致，逐厂区与事实核对无误。")
    return needs(
        "standings",
        title,
        f"{otherwise} 个厂区留存的状态与事实推算的结果不符。",
        "台账列表和名单可能有误；数据库可能被系统以外的程序改动过。",
        "请查明原因，并运行命令 grades refresh --all 全部重新推算。",
    )
