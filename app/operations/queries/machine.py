"""What the machine itself says (服务器): configuration, disk, clock, fonts, certificate, logs."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from jinja2.filters import do_filesizeformat
from sqlalchemy import select

from app.kernel import clock, presence, tls
from app.kernel.calendar import loaded_years
from app.kernel.config import Config
from app.kernel.database import db, wal_is_safe
from app.kernel.models import AuditEntry
from app.operations.domain import Check, Health, good, needs, note
from app.operations.queries.backups import newest_backup
from app.operations.settings import OperationSettings

_TIME_ERROR = 5
_CERTIFICATE_DAYS = 30
_LOGS_WORTH_A_LOOK = 1 << 30
_AHEAD_SECONDS = 300
_CALENDAR_FROM = (12, 1)
CJK_FONTS = ("NotoSansCJK", "NotoSerifCJK", "SourceHan", "wqy", "simsun", "simfang", "fangsong",
             "droidsansfallback", "uming", "ukai", "simhei", "msyh")  # fmt: skip
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "C:/Windows/Fonts")


def check_configuration(config: Config) -> Check:
    """The instance folder can be written, it and its key are its owner's alone, TLS is on."""
    title = "配置"
    key = config.instance_dir / "secret.key"
    if not os.access(config.instance_dir, os.W_OK):
        return needs(
            "configuration",
            title,
            f"{config.instance_dir} 不可写。",
            "材料和设置无法保存。",
            "请检查目录权限。",
        )
    if os.name == "posix" and config.instance_dir.stat().st_mode & 0o077:
        return needs(
            "configuration",
            title,
            "数据目录其他用户可读。",
            "其中有数据库、佐证材料和备份。",
            f"请执行 chmod 700 {config.instance_dir}。",
        )
    if os.name == "posix" and key.exists() and key.stat().st_mode & 0o077:
        return needs(
            "configuration",
            title,
            "密钥文件 secret.key 其他用户可读。",
            "审计链和登录都依靠它。",
            f"请执行 chmod 600 {key}。",
        )
    if config.plaintext_allowed:
        return needs(
            "configuration",
            title,
            "允许不加密访问（ALLOW_PLAINTEXT）。",
            "口令在网络上明文传输。",
            "请启用 TLS 后去掉这项设置。",
        )
    if config.is_sqlite and not wal_is_safe():
        return note("configuration", title, "SQLite 版本较旧，已改用较慢但安全的写入方式。")
    version = ".".join(map(str, sys.version_info[:3]))
    return good("configuration", title, f"数据目录可写，Python {version}。")


def check_disk(config: Config, chosen: OperationSettings) -> Check:
    """Room for the database, and in the backup folder for one more backup."""
    title = "磁盘"
    disk = shutil.disk_usage(config.instance_dir)
    what = f"剩余 {size_words(disk.free)}，共 {size_words(disk.total)}。"
    if disk.free < disk.total * chosen.disk_free_share:
        share = f"{chosen.disk_free_share:.0%}"
        return needs(
            "disk",
            title,
            what,
            f"低于本局设定的 {share}，写满后无法登记。",
            "请清理磁盘或扩容；旧备份可移到别处。",
        )
    last = newest_backup()
    if last is not None and shutil.disk_usage(config.backups).free < last.size * 2:
        return needs(
            "disk",
            title,
            what,
            f"备份目录放不下两份新备份（每份约 {size_words(last.size)}）。",
            "请把旧备份移到别处，或设置 BACKUP_DIR 换一个目录。",
        )
    return good("disk", title, what)


def check_clock(config: Config) -> Check:
    """The clock against the last entry of the audit trail and the newest files."""
    title, now = "时钟", clock.now()
    last = db.session.execute(
        select(AuditEntry.at).order_by(AuditEntry.sequence.desc()).limit(1)
    ).scalar()
    newest = _newest_file(config.instance_dir)
    why, todo = "登记时间和期限都以本机时钟为准。", "请校准服务器时间。"
    if last is not None and (last - now).total_seconds() > _AHEAD_SECONDS:
        return needs(
            "clock",
            title,
            f"现在 {clock.shown(now)}，早于最近一条审计记录（{clock.shown(last)}）。",
            why,
            todo,
        )
    if newest is not None and (newest - now).total_seconds() > _AHEAD_SECONDS:
        return needs(
            "clock",
            title,
            f"现在 {clock.shown(now)}，早于文件的时间（{clock.shown(newest)}）。",
            why,
            todo,
        )
    synchronised = is_synchronised()
    if synchronised:
        return good("clock", title, f"{clock.shown(now)}，与时间服务器同步。")
    words = "没有与时间服务器同步" if synchronised is False else "无法判断是否与时间服务器同步"
    return note("clock", title, f"{clock.shown(now)}（{words}，请定期人工核对）。")


def is_synchronised() -> bool | None:
    """Whether the system keeps its clock by a time server; None when it does not say."""
    if sys.platform != "linux":  # pragma: no cover
        return None
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):  # pragma: no cover - a libc without it
        return None
    return None if state < 0 else state != _TIME_ERROR


def _newest_file(folder: Path) -> datetime | None:
    moments = [path.stat().st_mtime for path in folder.iterdir() if path.is_file()]
    return datetime.fromtimestamp(max(moments), clock.SHANGHAI) if moments else None


def check_calendar(today: date) -> Check:
    """The work days of this year, and from December on of the next."""
    wanted = {today.year} | (
        {today.year + 1} if (today.month, today.day) >= _CALENDAR_FROM else set()
    )
    lacking = sorted(wanted - set(loaded_years()))
    if lacking:
        years = "、".join(map(str, lacking))
        return needs(
            "calendar",
            "工作日历",
            f"没有 {years} 年的工作日历。",
            "按工作日计算的期限算不出来。",
            "请规则维护员按国务院办公厅放假通知在“工作日历”中录入。",
        )
    return good("calendar", "工作日历", f"已有 {max(wanted)} 年的工作日历。")


def check_fonts(config: Config) -> Check:
    """A font for Chinese, without which letters as PDF show boxes."""
    if any(_chinese_fonts(config.instance_dir)):
        return good("fonts", "字体", "有可用于 PDF 的中文字体。")
    return needs(
        "fonts",
        "字体",
        "没有找到中文字体。",
        "生成的 PDF 文书会缺字。",
        "请把宋体或仿宋等字体文件放进数据目录的 fonts 目录，"
        "或执行 apt-get install -y fonts-noto-cjk。",
    )


def _chinese_fonts(instance: Path) -> Iterator[Path]:
    own = instance / "fonts"
    yield from (it for it in own.rglob("*") if it.suffix.lower() in {".ttf", ".otf", ".ttc"})
    for folder in map(Path, FONT_FOLDERS):
        for path in folder.rglob("*.[to]t[fc]") if folder.is_dir() else ():
            if path.name.lower().startswith(tuple(map(str.lower, CJK_FONTS))):
                yield path


def check_certificate(config: Config, today: date) -> Check:
    """The certificate pages are served with."""
    last = tls.tls_expiry(config.instance_dir)
    if last is None:
        words = "网页不加密（仅供本机访问，或由前面的代理加密）。"
        return note("certificate", "传输证书", words)
    left = (last - today).days
    if left < _CERTIFICATE_DAYS:
        words = f"有效期至 {last}，还有 {left} 天。" if left >= 0 else f"已于 {last} 过期。"
        return needs(
            "certificate",
            "传输证书",
            words,
            "过期后浏览器会拦截访问。",
            "请更换证书后重新启动服务。",
        )
    return good("certificate", "传输证书", f"有效期至 {last}。")


def check_logs(config: Config) -> Check:
    """How large the log files have grown."""
    folder = config.instance_dir / "logs"
    size = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file())
    health = Health.NOTE if size > _LOGS_WORTH_A_LOOK else Health.GOOD
    return Check("logs", "运行日志", health, f"共 {size_words(size)}。")


def check_worker(config: Config) -> Check:
    """Whether a worker of jobs runs."""
    runs = presence.has_worker(config.instance_dir)
    if runs is None:
        return note("worker", "后台任务", "本系统无法判断后台任务进程是否在运行。")
    if runs:
        return good("worker", "后台任务", "后台任务进程在运行。")
    return needs(
        "worker",
        "后台任务",
        "后台任务进程没有运行。",
        "导入、备份和每日事项都不会进行。",
        "请用 scripts/start.py 或系统服务启动，它会一并启动后台任务。",
    )


def size_words(size: int) -> str:
    """A number of bytes as people read it."""
    return do_filesizeformat(size, binary=True)
