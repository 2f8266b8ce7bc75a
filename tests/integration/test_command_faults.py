"""Whatever is wrong, a command ends with one Chinese sentence and its code, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from app import create_app
from app.kernel import audit
from app.kernel.config import Config
from app.kernel.database import Mode, db, mode
from app.kernel.hooks import PluginError, load_plugin_file
from app.kernel.transaction import writing
from app.policy.plugin_files import check_plugin

COMMANDS = (["worker"], ["audit", "verify"], ["setup-code"], ["demo"])


def runner_of(folder: Path, content: bytes) -> FlaskCliRunner:
    (folder / "app.db").write_bytes(content)
    return create_app(
        Config(
            instance_dir=folder,
            database_url=f"sqlite:///{folder / 'app.db'}",
            secret_key="tests only",
        )
    ).test_cli_runner()


def told(runner: FlaskCliRunner, command: list[str]) -> tuple[int, str]:
    """(exit code, the one line on stderr)."""
    result = runner.invoke(args=command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.output
    assert lines[0].endswith("。")
    return result.exit_code, lines[0]


@pytest.mark.parametrize("command", [*COMMANDS, ["db", "upgrade"]], ids=" ".join)
def test_a_corrupt_database_is_told_in_one_sentence(tmp_path: Path, command: list[str]) -> None:
    code, sentence = told(runner_of(tmp_path, b"this is no database" * 500), command)
    assert code == 1
    assert "数据库" in sentence


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_without_tables_is_told_in_one_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    code, sentence = told(runner_of(tmp_path, b""), command)
    assert code == 1
    assert "flask db upgrade" in sentence


@pytest.mark.parametrize(
    "command",
    [
        ["worker", "now"], ["demo", "--twice"], ["setup-code", "x"], ["audit", "check"],
        ["db", "downgrade"], ["audit", "verify", "--all"], ["grades", "--x"], ["doctor", "x", "y"],
        ["policy", "allocate"], ["ledger", "import"], ["nonsense"], ["nonsense", "--x", "y"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_misuse_is_told_in_chinese(app: Flask, command: list[str]) -> None:
    code, sentence = told(app.test_cli_runner(), command)
    assert code == 2
    assert "--help" in sentence
    assert sentence.startswith(("没有", "多写", "缺少"))
    assert not re.search("[A-Z][a-z]+ [a-z]+", sentence), "no sentence of a library's own"


@pytest.mark.parametrize("command", ["ledger", "backup", "grades"])
def test_the_help_of_a_command_is_chinese(app: Flask, command: str) -> None:
    told = app.test_cli_runner().invoke(args=[command, "--help"]).output
    assert "用法：" in told
    assert "显示本说明。" in told
    assert not re.search("Usage|Options|Show this", told)


def test_what_the_system_says_of_a_file_is_chinese(app: Flask, tmp_path: Path) -> None:
    missing = str(tmp_path / "none" / "out.xlsx")
    code, sentence = told(app.test_cli_runner(), ["ledger", "export", missing])
    assert code == 1
    assert "（没有这个文件或文件夹）" in sentence


TAMPER_ON_SQLITE = "UPDATE audit_entry SET at = 'gestern' WHERE sequence = 2"
TAMPER_ON_POSTGRESQL = "UPDATE audit_entry SET at = '2020-01-01' WHERE sequence = 2"


def test_a_tampered_moment_is_found_where_it_stands(app: Flask) -> None:
    """SQLite would even keep a moment that is none; PostgreSQL keeps another one."""
    with app.app_context():
        for number in range(3):
            with writing("测试"):
                audit.record("test", "test", number)
        is_sqlite = db.engine.dialect.name == "sqlite"
        with mode(Mode.WRITE), db.engine.begin() as connection:
            if is_sqlite:
                names = connection.execute(
                    text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                ).scalars()
                for name in [it for it in names if "audit_entry" in it]:
                    connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            else:
                connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
            connection.execute(text(TAMPER_ON_SQLITE if is_sqlite else TAMPER_ON_POSTGRESQL))
    code, sentence = told(app.test_cli_runner(), ["audit", "verify"])
    assert code == 1
    assert ("第 2 条断裂：时间无法识别" if is_sqlite else "第 2 条断裂") in sentence


@pytest.mark.parametrize("typed", ["20250101", "2025年1月1日", "2025-1-1", "2025-02-30", ""])
@pytest.mark.parametrize("command", ["policy", "ledger"])
def test_a_day_is_written_in_one_way(
    app: Flask, bureau: None, tmp_path: Path, command: str, typed: str
) -> None:
    words = {
        "policy": ["policy", "run", "positive-list", "--format", "json", "--as-of", typed],
        "ledger": ["ledger", "export", str(tmp_path / "out.xlsx"), "--as-of", typed],
    }[command]
    code, sentence = told(app.test_cli_runner(), words)
    assert code == 2
    assert "请按 2025-06-30 的样式填写" in sentence


def test_a_plugin_that_ends_the_program_is_told_as_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "leaving.py"
    path.write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    with pytest.raises(PluginError, match="SystemExit"):
        load_plugin_file(path)
    (fault,) = check_plugin(path)
    assert "SystemExit" in str(fault) or "3" in str(fault)
    assert "。。" not in str(fault)


def test_a_hook_that_ends_the_program_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "leaving.py"
    path.write_text(
        "import sys\nfrom app.kernel.hooks import hookimpl\n\n\n"
        "@hookimpl\ndef policy_measures():\n    sys.exit(3)\n",
        encoding="utf-8",
    )
    (fault,) = check_plugin(path)
    assert fault.line == 7
    assert "SystemExit" in str(fault)
    assert "。。" not in str(fault)
