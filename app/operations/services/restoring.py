"""Bringing a backup back (恢复): all of it, or nothing.

Everything is checked before anything is touched. Evidence is added first, by its hash. Then the
database is emptied, built at the backup's structure, filled, raised to this program's and its audit
chain walked, all in one transaction; the setting files change places just before the commit.
Whatever fails, what stood there before stands there again. A server may run meanwhile: it answers
that a backup is being restored, and goes on with what was brought back.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import anchors, audit, clock, files, migrating, presence
from app.kernel.config import Config
from app.kernel.database import Mode, db, mode
from app.kernel.system_words import why
from app.kernel.transaction import after_commit, commit, take_up, writing
from app.operations import archive, settings_files
from app.operations.archive import Archive
from app.operations.domain import OperationFailed, OperationRefused, Restored, key_mark
from app.operations.services.backing_up import free_path, write_backup
from app.operations.structure import empty_out
from app.operations.tables import CannotLoad, TableDump, load_tables

log = logging.getLogger(__name__)
_SIGNS_OF_DATA = ("user_account", "bureau", "enterprise", "plant")
VIA = "恢复备份"
_STAGING = "restoring-"
_PATIENCE = 60
"""Seconds to wait for requests and jobs that have begun."""


def restore_backup(path: Path, *, replace: bool = False) -> Restored:
    """Make this installation what the backup holds. Raises OperationFailed, then all is as before.

    Over data only with ``replace``, and then a safety backup is made first.
    """
    config: Config = current_app.config["CONFIG"]
    db.session.rollback()
    try:
        with (
            archive.opened(path) as source,
            presence.undisturbed(config.instance_dir, _PATIENCE),
        ):
            _sweep(config.instance_dir)
            key = _check(source, config)
            safety = _make_room(config, replace=replace)
            _bring_evidence(source)
            return _exchange(source, config, key, safety)
    except presence.InUse as busy:
        raise OperationRefused(
            f"有请求或后台任务 {_PATIENCE} 秒后仍没有结束，没有恢复，没有改动任何内容。"
            "请过几分钟再试，或者先停止服务。"
        ) from busy
    except archive.DamagedArchive as damaged:
        raise OperationFailed(
            f"{path} 不能使用：{damaged}。没有改动任何内容，请换一份备份。"
        ) from damaged
    except CannotLoad as problem:
        raise OperationFailed(f"备份没有恢复，没有改动任何内容：{problem}。") from problem
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as odd:
        log.exception("the backup cannot be read")
        raise OperationFailed(
            f"{path} 不能使用：内容无法读出。没有改动数据，请换一份备份。"
        ) from odd
    except OSError as error:
        raise OperationFailed(
            f"备份没有恢复（{why(error)}），没有改动数据。请检查文件、磁盘空间和权限。"
        ) from error
    except SQLAlchemyError as error:
        raise OperationFailed(
            "备份没有恢复，数据库没有应答或拒绝写入，没有改动任何内容。请检查 DATABASE_URL。"
        ) from error


def _sweep(instance: Path) -> None:
    """What a restore left that was cut off."""
    for left in instance.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _check(source: Archive, config: Config) -> str:
    """That the backup fits this program and this machine; returns the key to go on with."""
    manifest = source.manifest
    if manifest.get("format") != archive.FORMAT or not migrating.knows(manifest["revision"]):
        made_by = manifest.get("program") or "更新的版本"
        raise OperationRefused(
            f"这份备份由更新的程序（{made_by}）生成，本程序读不了，没有改动任何内容。"
            "请先把程序升级到同一版本或更新的版本。"
        )
    odd = [it["name"] for it in manifest["settings"] if not _is_setting(it["name"])]
    odd += [it["name"] for it in manifest["files"] if it["name"] != f"files/{it['sha256']}"]
    if odd:
        raise archive.DamagedArchive(f"含有不应有的成员 {odd[0][:80]}")
    return _key_to_use(source, config)


def _is_setting(name: str) -> bool:
    return name.startswith("instance/") and settings_files.may_be_placed(name[9:])


def _key_to_use(source: Archive, config: Config) -> str:
    """The key with which the audit chain was made: from the backup, or the one this machine has."""
    wanted = source.manifest["key"]
    if not source.manifest["key_included"]:
        if key_mark(config.secret_key) == wanted:
            return config.secret_key
        raise OperationRefused(
            "这份备份不含密钥，本机的密钥也不是原来的，恢复后无法核对审计链，没有改动任何内容。"
            "请把原来的密钥放进数据目录的 secret.key，或设置环境变量 SECRET_KEY。"
        )
    key = b"".join(source.chunks(f"instance/{settings_files.KEY}")).decode().strip()
    if key_mark(key) != wanted:
        raise archive.DamagedArchive("所含密钥与清单不符")
    is_from_file = settings_files.kept_key(config.instance_dir) == config.secret_key
    if not is_from_file and config.secret_key != key:
        raise OperationRefused(
            "环境变量 SECRET_KEY 与备份所含的密钥不同，没有改动任何内容。"
            "请取消该环境变量后重试（密钥会随备份恢复）。"
        )
    return key


def holds_data() -> bool:
    """Whether there is anything a restore would overwrite."""
    with mode(Mode.READ), db.engine.connect() as connection:
        present = set(sa.inspect(connection).get_table_names())
        return any(
            connection.execute(
                sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
            ).first()
            for name in _SIGNS_OF_DATA
            if name in present
        )


def _make_room(config: Config, *, replace: bool) -> Path | None:
    if not holds_data():
        return None
    if not replace:
        raise OperationRefused(
            "数据库中已有数据，没有恢复。请改用空的数据目录；"
            "确需覆盖时加 --replace（会先自动备份现有数据）。"
        )
    path = free_path(config.backups, "before-restore")
    return write_backup(path, allow_missing=True, via=VIA).path


def _bring_evidence(source: Archive) -> None:
    """Add the files that are not there yet, each durably and under its hash."""
    for entry in source.manifest["files"]:
        if not files.is_whole(entry["sha256"]):
            files.keep(cast("BinaryIO", _Reader(source.chunks(entry["name"]))))


class _Reader(RawIOBase):
    """Pieces, read as a stream that takes no notice of how much was asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int | None = -1, /) -> bytes:
        return next(self._pieces, b"")


def _exchange(source: Archive, config: Config, key: str, safety: Path | None) -> Restored:
    manifest = source.manifest
    tables = [TableDump.from_json(it) for it in manifest["tables"]]
    names = [it["name"].removeprefix("instance/") for it in manifest["settings"]]
    has_other_key = key != config.secret_key
    if (config.instance_dir / settings_files.ANCHORS).exists() and not has_other_key:
        names = [it for it in names if it != settings_files.ANCHORS]  # this machine's own go on
    if _is_unbuilt():
        migrating.upgrade()
    with (
        tempfile.TemporaryDirectory(dir=config.instance_dir, prefix=_STAGING) as staged,
        _using_key(key),
    ):
        _stage(source, Path(staged), names)
        with writing(VIA):
            check = _fill(source, tables)
            told = {
                "备份时间": manifest["made_at"],
                "摘要": source.sha256,
                "审计链尾": check.head,
                "恢复前的备份": str(safety or ""),
            }
            audit.record("backup.restored", "backup", source.path.name[:80], told)
            presence.begin_generation(config.instance_dir)
            if has_other_key:
                after_commit(anchors.set_second_copy_aside)
            after_commit(lambda: anchors.note_restore(check.entries, check.head))
            with settings_files.exchanged(
                config.instance_dir, Path(staged), names, has_other_key=has_other_key
            ) as aside:
                commit()
    anchors.anchor()
    newest = migrating.newest_revision()
    return Restored(
        rows=sum(table.rows for table in tables),
        tables=len(tables),
        files=len(manifest["files"]),
        missing=tuple(manifest["missing"]),
        audit_entries=check.entries,
        audit_head=check.head,
        upgraded_from=manifest["revision"] if manifest["revision"] != newest else None,
        safety=safety,
        set_aside=tuple(aside),
    )


def _is_unbuilt() -> bool:
    with mode(Mode.READ), db.engine.connect() as connection:
        return migrating.revision_of(connection) is None


@contextmanager
def _using_key(key: str) -> Iterator[None]:
    """The audit chain is walked and continued with the key it was made with."""
    before = current_app.config["SECRET_KEY"]
    current_app.config["SECRET_KEY"] = key
    try:
        yield
    except BaseException:  # an interrupt too; it goes on when all is as before
        current_app.config["SECRET_KEY"] = before
        raise


def _stage(source: Archive, folder: Path, names: Iterable[str]) -> None:
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            target.chmod(0o600)
            for chunk in source.chunks(f"instance/{name}"):
                file.write(chunk)


def _fill(source: Archive, tables: list[TableDump]) -> audit.AuditCheck:
    """Within the transaction: the database as the backup has it, raised and looked through."""
    connection = db.session.connection()
    empty_out(connection)
    migrating.upgrade(source.manifest["revision"], connection)
    load_tables(connection, tables, lambda name: source.lines(f"tables/{name}.jsonl"))
    migrating.upgrade("head", connection)
    db.session.expire_all()
    take_up()
    return _chain_of(source.manifest["audit"])


def _chain_of(told: Mapping[str, Any]) -> audit.AuditCheck:
    check = audit.verify()
    if check.broken_at is not None:
        raise CannotLoad(f"其审计链在第 {check.broken_at} 条断裂（{check.problem}）")
    if (check.entries, check.head if check.entries else "") != (told["entries"], told["head"]):
        raise CannotLoad("其审计链与清单所记的链尾不符")
    return check


def made_at(manifest: Mapping[str, Any]) -> datetime:
    """When the backup was begun."""
    return clock.parse_moment(manifest["made_at"])
