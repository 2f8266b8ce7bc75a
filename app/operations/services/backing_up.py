"""Making a backup (备份) while the server runs.

The tables are read in one snapshot, so every write acknowledged before the start is in it and no
writer waits. Evidence is kept by its hash and only ever added: the files the snapshot knows are
copied afterwards and each is held against its hash.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import audit, clock, files, migrating
from app.kernel.config import ROOT, Config
from app.kernel.database import Mode, db, mode
from app.kernel.models import AuditEntry, StoredFile
from app.kernel.system_words import why
from app.kernel.transaction import writing
from app.operations import archive, settings_files
from app.operations.domain import (
    BackupMade,
    EvidenceMissing,
    OperationFailed,
    OperationRefused,
    key_mark,
)
from app.operations.tables import Sink, TableDump, dump_tables

Progress = Callable[[int, int, str], object]


def _silent(_done: int, _total: int, _note: str) -> None:
    """Nobody waits."""


def write_backup(
    path: Path,
    *,
    with_key: bool = True,
    allow_missing: bool = False,
    via: str = "命令行",
    progress: Progress = _silent,
) -> BackupMade:
    """Write everything into one new archive at ``path``. Raises OperationFailed.

    Evidence that is missing or no longer what its hash says makes it fail, naming the files;
    ``allow_missing`` writes the archive nevertheless and notes them in it.
    """
    if path.exists():
        raise OperationRefused(f"{path} 已经存在，没有覆盖。请换一个文件名。")
    db.session.rollback()
    try:
        with archive.written(path) as out:
            manifest = _fill(out, with_key=with_key, allow_missing=allow_missing, tell=progress)
            out.close(manifest)
    except OSError as error:
        raise OperationFailed(
            f"备份没有写成（{why(error)}）：{path}。请检查磁盘空间和目录权限。"
        ) from error
    except SQLAlchemyError as error:
        raise OperationFailed(
            "备份没有写成，数据库读不出来。请运行 flask doctor 检查数据库。"
        ) from error
    made = _made(path, manifest)
    with writing(via):
        told = {"文件": str(path), "摘要": made.sha256, "行数": made.rows, "材料": made.files}
        audit.record("backup.made", "backup", path.name[:80], told)
    return made


def free_path(folder: Path, name: str) -> Path:
    """A new file name with the present moment in the folder, which is made if missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = clock.now().astimezone(clock.SHANGHAI).strftime("%Y%m%d-%H%M%S")
    path = folder / f"{name}-{stamp}.zip"
    for number in count(2):
        if not path.exists():
            break
        path = folder / f"{name}-{stamp}-{number}.zip"
    return path


def _fill(
    out: archive.Writing, *, with_key: bool, allow_missing: bool, tell: Progress
) -> dict[str, Any]:
    config: Config = current_app.config["CONFIG"]
    made_at = clock.now()
    with mode(Mode.READ), db.engine.connect() as connection:
        state = _state_of(connection)
        tables = dump_tables(connection, _into(out, tell))
        known = connection.execute(select(StoredFile.sha256).order_by(StoredFile.sha256)).scalars()
        wanted = list(known)
    evidence, missing = _copy_evidence(out, wanted, tell)
    if missing and not allow_missing:
        raise EvidenceMissing(_told_missing(missing))
    names = list(settings_files.setting_files(config.instance_dir))
    settings = [out.copy(f"instance/{it}", config.instance_dir / it) for it in names]
    includes_key = with_key and settings_files.kept_key(config.instance_dir) == config.secret_key
    if includes_key:
        key = settings_files.KEY
        settings.append(out.copy(f"instance/{key}", config.instance_dir / key))
    return {
        "format": archive.FORMAT,
        "program": program_version(),
        "made_at": clock.iso(made_at),
        **state,
        "key": key_mark(config.secret_key),
        "key_included": includes_key,
        "tables": [table.as_json() for table in tables],
        "files": evidence,
        "missing": missing,
        "settings": settings,
    }


def _state_of(connection: Connection) -> dict[str, Any]:
    """Engine, structure and the end of the audit chain, as the snapshot has them."""
    revision = migrating.revision_of(connection)
    if revision is None:
        raise OperationRefused("数据库还没有建立，没有可备份的内容。请先运行 flask db upgrade。")
    last = connection.execute(
        select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
    ).first()
    return {
        "engine": connection.dialect.name,
        "revision": revision,
        "audit": {"entries": last[0] if last else 0, "head": last[1] if last else ""},
    }


def _into(out: archive.Writing, tell: Progress) -> Callable[[str], AbstractContextManager[Sink]]:
    def opened(name: str) -> AbstractContextManager[Sink]:
        tell(0, 0, "正在写入数据库内容")
        return out.member(f"tables/{name}.jsonl")

    return opened


def _copy_evidence(
    out: archive.Writing, wanted: Iterable[str], tell: Progress
) -> tuple[list[dict[str, Any]], list[str]]:
    """Every file that is whole, as entered in the archive, and the names of those that are not."""
    names = list(wanted)
    copied, missing = [], []
    for number, sha256 in enumerate(names):
        tell(number, len(names), "正在写入佐证材料")
        path = files.path_of(sha256)
        if not files.is_whole(sha256):
            missing.append(sha256)
            continue
        entry = out.copy(f"files/{sha256}", path, packed=False)
        if entry["sha256"] != sha256:
            raise EvidenceMissing(_told_missing([sha256]))
        copied.append(entry)
    return copied, missing


def _told_missing(missing: list[str]) -> str:
    named = "、".join(missing[:5])
    return (
        f"佐证材料有 {len(missing)} 份缺失或已损坏（{named}），没有生成备份。"
        "请从以前的备份找回 files 目录中的这些文件；确需先备份其余内容时加 --allow-missing。"
    )


def _made(path: Path, manifest: dict[str, Any]) -> BackupMade:
    with path.open("rb") as file:
        file.seek(-64, 2)
        sha256 = file.read().decode()
    return BackupMade(
        path=path,
        sha256=sha256,
        size=path.stat().st_size,
        rows=sum(TableDump.from_json(it).rows for it in manifest["tables"]),
        files=len(manifest["files"]),
        audit_entries=manifest["audit"]["entries"],
        missing=tuple(manifest["missing"]),
        key_included=manifest["key_included"],
    )


def program_version() -> str:
    """The version of this program."""
    try:
        project = tomllib.loads((Path(ROOT) / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return ""
