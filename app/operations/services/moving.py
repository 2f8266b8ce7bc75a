"""Moving an installation from SQLite to PostgreSQL (迁往 PostgreSQL), proved to have arrived.

The new database is built, filled and compared with the old one, table by table, in one transaction.
Then both are asked the same lists by processes of their own. Where anything differs the new one is
emptied again and the old one goes on. Until then it bears a mark: cut off meanwhile, it is neither
served nor kept, the next move empties it. Nothing of the old database is removed; a file beside
it keeps it from being served by mistake.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.kernel import audit, clock, migrating, presence
from app.kernel.config import MOVED, ROOT, Config, ConfigError, postgresql_address
from app.kernel.database import Mode, db, mode
from app.kernel.system_words import why
from app.kernel.transaction import writing
from app.operations.domain import Moved, OperationFailed, OperationRefused
from app.operations.services.answers import days_to_ask, moments_to_ask
from app.operations.structure import empty_out
from app.operations.tables import CannotLoad, TableDump, digests, dump_tables, load_tables

VIA = "迁往 PostgreSQL"
OLDEST_SERVER = 13


def move_to_postgresql(url: str) -> Moved:
    """Bring everything over and prove it. Raises OperationFailed; then nothing has changed."""
    config: Config = current_app.config["CONFIG"]
    if not config.is_sqlite:
        raise OperationRefused("本安装已经在使用 PostgreSQL，无须迁移。")
    address = _address(url)
    db.session.rollback()
    try:
        with presence.nobody_else(config.instance_dir), _engine(address) as target:
            return _move(config, target, address)
    except presence.InUse as busy:
        raise OperationRefused("服务正在运行，没有迁移。请先停止服务，再运行本命令。") from busy
    except CannotLoad as problem:
        raise OperationFailed(f"没有迁移，新库已恢复为空，旧库没有改动：{problem}。") from problem
    except OSError as error:
        raise OperationFailed(
            f"没有迁移（{why(error)}）。请检查磁盘空间和数据目录的权限。"
        ) from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise OperationFailed(
            f"没有迁移，数据库没有应答或拒绝写入（{reason}）。请检查地址、口令和权限。"
        ) from error


def _address(url: str) -> str:
    try:
        address = postgresql_address(url)
        make_url(address)
    except (ConfigError, ArgumentError) as problem:
        raise OperationRefused(
            "目标不是 PostgreSQL 的地址。请按 postgresql://用户:口令@主机/库名 的样式填写。"
        ) from problem
    return address


@contextmanager
def _engine(address: str) -> Iterator[Engine]:
    """The new database, spoken to in UTC as the app does."""
    options = {"options": "-c timezone=UTC"}
    engine = sa.create_engine(address, connect_args=options, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _move(config: Config, target: Engine, address: str) -> Moved:
    with target.begin() as connection:
        began_anew = migrating.is_unproven(connection)
        if began_anew:
            empty_out(connection)
        _refuse_unfit(connection)
    where = make_url(address)
    with writing(VIA):
        told = {"主机": where.host or "本机", "数据库": where.database or ""}
        audit.record("database.move_begun", "database", where.database or "", told)
    with tempfile.TemporaryDirectory(dir=config.instance_dir, prefix="moving-") as staged:
        rows, tables = _copy(target, Path(staged))
    try:
        compared, head = _prove(config, address)
        with target.begin() as connection:
            migrating.mark_unproven(connection, unproven=False)
    except BaseException:  # an interrupt too; it goes on when all is as before
        _empty(target)
        raise
    note = f"{clock.shown(clock.now())} 数据已迁往 PostgreSQL：{where.render_as_string()}\n"
    (config.instance_dir / MOVED).write_text(note, encoding="utf-8")
    return Moved(rows, tables, compared, head, began_anew)


def _refuse_unfit(connection: Connection) -> None:
    """The new database must be empty, in UTF-8 and not too old; the old one up to date."""
    with mode(Mode.READ), db.engine.connect() as old:
        if migrating.revision_of(old) != migrating.newest_revision():
            raise OperationRefused("旧库的结构不是当前版本。请先运行 flask db upgrade。")
    found = sa.inspect(connection).get_table_names()
    if found:
        raise OperationRefused(
            f"目标库不是空库（已有表 {found[0]} 等 {len(found)} 张），没有改动任何内容。"
            "请新建一个空库。"
        )
    version, encoding = connection.execute(
        sa.select(
            sa.func.current_setting("server_version_num"),
            sa.func.current_setting("server_encoding"),
        )
    ).one()
    if int(version) < OLDEST_SERVER * 10_000 or encoding != "UTF8":
        raise OperationRefused(
            f"目标库须为 PostgreSQL {OLDEST_SERVER} 或更新版本、编码 UTF8，"
            f"现在是 {int(version) // 10_000}、{encoding}。"
        )


def _copy(target: Engine, staged: Path) -> tuple[int, int]:
    """Build, fill and compare in one transaction. Raises CannotLoad, and nothing is kept."""
    with mode(Mode.READ), db.engine.connect() as old:
        tables = dump_tables(old, lambda name: (staged / name).open("wb"))
    with target.begin() as connection:
        migrating.upgrade("head", connection)
        load_tables(connection, tables, lambda name: _lines(staged / name))
        arrived = digests(connection)
        differing = [it.name for it in tables if arrived.get(it.name) != (it.rows, it.sha256)]
        if differing:
            raise CannotLoad(f"表 {'、'.join(differing)} 的行数或摘要不一致")
        migrating.mark_unproven(connection, unproven=True)
    return _total(tables), len(tables)


def _empty(target: Engine) -> None:
    with target.begin() as connection:
        empty_out(connection)


def _total(tables: list[TableDump]) -> int:
    return sum(table.rows for table in tables)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _prove(config: Config, address: str) -> tuple[int, str]:
    """Ask both the same lists, walk the new audit chain. Raises CannotLoad where they differ."""
    asked = [f"--day={day.isoformat()}" for day in days_to_ask(clock.today())]
    asked += [f"--known-at={clock.iso(moment)}" for moment in moments_to_ask()]
    with ThreadPoolExecutor() as both:
        told = both.map(
            lambda it: _command(config, it, "answers", *asked), (config.database_url, address)
        )
        old, new = map(json.loads, told)
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if differing:
        raise CannotLoad(f"{len(differing)} 份清单在两个库中不一致，例如 {differing[0]}")
    return len(old), _command(config, address, "audit", "verify").strip().splitlines()[0]


def _command(config: Config, address: str, *arguments: str) -> str:
    """What a ``flask`` command prints on one of the two databases. Raises CannotLoad."""
    environ = {
        **os.environ,
        "DATABASE_URL": address,
        "INSTANCE_DIR": str(config.instance_dir),
        "SECRET_KEY": config.secret_key,
        "PYTHONUTF8": "1",
    }
    command: list[Any] = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, encoding="utf-8")
    if result.returncode:
        said = result.stderr.strip().splitlines() or ["没有输出"]
        raise CannotLoad(f"核对没有完成（{said[-1]}）")
    return result.stdout
