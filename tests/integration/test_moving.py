"""An SQLite installation moves to PostgreSQL whole, or not at all (迁往 PostgreSQL)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from psycopg import sql

from app.kernel import audit, presence
from app.kernel.config import MOVED, Config, ConfigError
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import writing
from app.operations.services import moving
from app.operations.tables import digests
from tests.installations import Sqlite, close, installed
from tests.postgres import Cluster


@pytest.fixture(scope="module")
def template(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo county in an SQLite file: every stage has its rows."""
    folder = tmp_path_factory.mktemp("moving")
    with sqlite.database(folder) as url:
        app = installed(folder, url)
        result = app.test_cli_runner().invoke(args=["demo"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        close(app)
    return folder / "app.db"


@pytest.fixture
def old(template: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copyfile(template, tmp_path / "app.db")
    app = installed(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    yield app
    close(app)


@pytest.fixture
def empty(postgresql_server: Cluster) -> Iterator[str]:
    """The address of a database with nothing in it."""
    with psycopg.connect(postgresql_server.url(), autocommit=True) as server:
        server.execute("CREATE DATABASE moved_to TEMPLATE template0")
        yield postgresql_server.url("moved_to")
        server.execute(sql.SQL("DROP DATABASE moved_to WITH (FORCE)"))


def move(app: Flask, url: str) -> Result:
    return app.test_cli_runner().invoke(args=["move-to-postgresql", url])


def held(app: Flask) -> dict[str, tuple[int, str]]:
    with app.app_context(), mode(Mode.READ), db.engine.connect() as connection:
        return digests(connection)


def tables_of(url: str) -> list[str]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    found = sa.inspect(engine).get_table_names()
    engine.dispose()
    return found


def test_everything_arrives_answers_the_same_and_goes_on(old: Flask, empty: str) -> None:
    moved = move(old, empty)
    assert moved.exit_code == 0, moved.output
    numbers = re.search(r"(\d+) 张表 (\d+) 行", moved.stdout)
    assert numbers
    rows_before = held(old)
    assert (int(numbers[1]), int(numbers[2])) == (
        len(rows_before),
        sum(rows for rows, _ in rows_before.values()),
    )
    compared = re.search(r"清单与分配 (\d+) 份", moved.stdout)
    assert compared
    assert int(compared[1]) > 100
    folder = old.config["CONFIG"].instance_dir
    new = installed(folder, empty)
    assert held(new) == rows_before
    with new.app_context():
        check = audit.verify()
        assert check.broken_at is None
        with writing("测试"):  # rows go on being numbered, and the chain goes on
            audit.record("test.done", "test", 1)
        assert audit.verify().entries == check.entries + 1
        with pytest.raises(sa.exc.DBAPIError), mode(Mode.WRITE):  # the guards came along
            db.session.execute(sa.text("DELETE FROM grade_record"))
        db.session.rollback()
    close(new)


def test_the_old_database_is_kept_and_not_served_by_mistake(
    old: Flask, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_command", lambda *_: "{}")
    folder: Path = old.config["CONFIG"].instance_dir
    before = held(old)
    assert move(old, empty).exit_code == 0
    after = held(old)
    assert {name for name in before if before[name] != after[name]} == {"audit_entry"}
    with pytest.raises(ConfigError, match="请设置环境变量 DATABASE_URL"):
        Config.from_environment({"INSTANCE_DIR": str(folder), "SECRET_KEY": "x"})
    environ = {"INSTANCE_DIR": str(folder), "SECRET_KEY": "x", "DATABASE_URL": empty}
    assert not Config.from_environment(environ).is_sqlite
    (folder / MOVED).unlink()
    assert Config.from_environment({"INSTANCE_DIR": str(folder), "SECRET_KEY": "x"}).is_sqlite


def test_a_database_that_holds_anything_is_refused(old: Flask, empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as server:
        server.execute("CREATE TABLE theirs (x int)")
    refused = move(old, empty)
    assert refused.exit_code == 2
    assert "不是空库（已有表 theirs" in refused.stderr
    assert tables_of(empty) == ["theirs"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a/b", "不是 PostgreSQL 的地址"),
        ("sqlite:////tmp/x.db", "不是 PostgreSQL 的地址"),
        ("postgresql://nobody@127.0.0.1:1/none", "请检查地址、口令和权限"),
    ],
)
def test_a_useless_address_is_one_sentence(old: Flask, url: str, sentence: str) -> None:
    refused = move(old, url)
    assert refused.exit_code != 0
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_server_that_runs_is_not_moved(old: Flask, empty: str) -> None:
    presence.stay_present(old.config["CONFIG"].instance_dir)
    refused = move(old, empty)
    assert refused.exit_code == 2
    assert "请先停止服务" in refused.stderr
    assert tables_of(empty) == []


def test_where_the_lists_differ_nothing_is_left(
    old: Flask, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(['{"M 2025": "a"}', '{"M 2025": "b"}'])
    monkeypatch.setattr(moving, "_command", lambda *_: next(told))
    failed = move(old, empty)
    assert failed.exit_code == 1
    assert "1 份清单在两个库中不一致，例如 M 2025" in failed.stderr
    assert tables_of(empty) == []
    assert not (old.config["CONFIG"].instance_dir / MOVED).exists()


def test_an_interrupted_copy_leaves_nothing(
    old: Flask, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, "digests", fall)
    assert move(old, empty).exit_code != 0
    assert tables_of(empty) == []


def test_cut_off_while_it_is_proved_it_is_not_served_and_the_next_move_begins_anew(
    old: Flask, empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_prove", killed)
        patch.setattr(moving, "_empty", killed)  # a process that is killed tidies nothing up
        with pytest.raises(Killed):
            old.test_cli_runner().invoke(args=["move-to-postgresql", empty], catch_exceptions=False)
    assert "grade_record" in tables_of(empty)
    new = installed(tmp_path, empty)
    refused = new.test_cli_runner().invoke(args=["db", "upgrade"])
    close(new)
    assert refused.exit_code == 1
    assert "没有核对完" in refused.stderr
    monkeypatch.setattr(moving, "_command", lambda *_: "{}")
    moved = move(old, empty)
    assert moved.exit_code == 0, moved.output
    assert "已清空重来" in moved.stdout
    assert new.test_cli_runner().invoke(args=["db", "upgrade"]).exit_code == 0
    close(new)
    assert "不是空库" in move_again(old, empty)


def move_again(app: Flask, url: str) -> str:
    """What a second move into the same database is told, once the first one came to its end."""
    (app.config["CONFIG"].instance_dir / MOVED).unlink()
    return move(app, url).stderr
