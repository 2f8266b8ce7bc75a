"""Update from a bundle and the way back (升级与退回): one whole version is in force at any time."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.kernel.config import ROOT
from tests.serving import Served, environ

PROGRAM = ("app", "migrations", "scripts")
FILES = ("wsgi.py", "pyproject.toml", "requirements.lock", "requirements-pip.lock")
UNPACK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import unpacking
print(unpacking.unpack(Path(sys.argv[2]), Path(sys.argv[3])))
"""
NEWER = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "9001", "{last}", None, None


def upgrade():
    op.create_table("newer", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("newer")
"""


class Installation:
    """A program folder with data, as a bureau has it; its libraries are those of the tests."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "jixiao"
        for name in PROGRAM:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, self.home / name, ignore=ignore)
        for name in FILES:
            shutil.copyfile(ROOT / name, self.home / name)
        (self.home / ".venv").symlink_to(Path(sys.executable).parents[1])
        self.start("--setup-only")

    def start(self, *options: str) -> str:
        return self.script("start.py", *options)

    def script(self, name: str, *options: str | Path, code: int = 0) -> str:
        result = subprocess.run(
            [sys.executable, self.home / "scripts" / name, *options],
            env=environ(),
            cwd=self.home.parent,
            capture_output=True,
            encoding="utf-8",
        )
        assert result.returncode == code, result.stdout + result.stderr
        assert code == 0 or result.stderr.count("\n") == 1, result.stderr
        return result.stderr if code else result.stdout

    def flask(self, *arguments: str, program: Path | None = None, code: int = 0) -> str:
        place = program or self.program()
        result = subprocess.run(
            [place / ".venv" / "bin" / "python", "-m", "flask", "--app", "wsgi", *arguments],
            env=environ(),
            cwd=place,
            capture_output=True,
            encoding="utf-8",
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stderr if code else result.stdout

    def program(self) -> Path:
        pointer = self.home / "versions" / "current"
        name = pointer.read_text().strip() if pointer.exists() else "."
        return self.home if name == "." else self.home / "versions" / name

    def people(self) -> set[str]:
        """The accounts on record; the program in force answers, too."""
        self.flask("policy", "list")
        with closing(sqlite3.connect(self.home / "instance" / "app.db")) as database:
            return {name for (name,) in database.execute("SELECT name FROM user_account")}

    def add(self, name: str) -> None:
        self.flask("user", "add", name, "--role", "auditor")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.add("zhangwei")
    return made


@pytest.fixture(scope="module")
def newer(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a program whose database has one more table."""
    return altered(archive, tmp_path_factory.mktemp("newer"), "jixiao-9.0.0")


def altered(archive: Path, folder: Path, name: str, breaking: str = "") -> Path:
    """The bundle unpacked, changed and packed again."""
    command: list[str | Path] = [sys.executable, "-c", UNPACK, ROOT / "scripts", archive, folder]
    made = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert made.returncode == 0, made.stderr
    program = Path(made.stdout.strip()).rename(folder / name)
    steps = sorted((program / "migrations" / "versions").glob("*.py"))
    last = re.search(r'^revision = "(\w+)"', steps[-1].read_text(), re.MULTILINE)
    assert last
    step = NEWER.format(last=last[1])
    (program / "migrations" / "versions" / "9001_newer.py").write_text(step + breaking)
    with (program / "SHA256SUMS").open("a") as sums:
        listed = subprocess.check_output(
            ["sha256sum", "migrations/versions/9001_newer.py"], cwd=program, encoding="utf-8"
        )
        sums.write(listed)
    packed = folder / f"{name}.tar.gz"
    options = ("--use-compress-program", "gzip -1", "-cf")
    subprocess.check_call(["tar", *options, packed, "--mode=u+rwX", *listing(program)], cwd=folder)
    shutil.rmtree(program)
    return packed


def listing(program: Path) -> list[str]:
    return [
        path.relative_to(program.parent).as_posix() for path in program.rglob("*") if path.is_file()
    ]


def test_an_update_takes_the_data_along_and_leads_back(
    installation: Installation, newer: Path
) -> None:
    said = installation.script("update.py", newer)
    assert "已升级到 jixiao-9.0.0" in said
    assert installation.program().name == "jixiao-9.0.0"
    assert installation.people() == {"zhangwei"}
    backups = list((installation.home / "instance" / "backups").glob("before-update-*.zip"))
    assert len(backups) == 1
    # The old program is not run by mistake, the old habit leads to the new one.
    refused = installation.flask("audit", "verify", program=installation.home, code=1)
    assert "jixiao-9.0.0" in refused
    assert "versions/jixiao-9.0.0" in installation.start("--setup-only")
    installation.add("liqiang")
    assert "无须升级" in installation.script("update.py", newer, code=1)
    assert "已退回升级前的程序和数据" in installation.script("update.py", "--back")
    assert installation.program() == installation.home
    assert installation.people() == {"zhangwei"}
    installation.flask("audit", "verify")
    assert "没有升级记录" in installation.script("update.py", "--back", code=1)


def test_what_cannot_be_migrated_changes_nothing(
    installation: Installation, archive: Path, tmp_path: Path
) -> None:
    breaking = "\n\ndef upgrade():\n    raise RuntimeError('broken')\n"
    (tmp_path / "x").mkdir()
    bad = altered(archive, tmp_path / "x", "jixiao-9.0.1", breaking)
    assert "新版本" in installation.script("update.py", bad, code=1)
    assert installation.program() == installation.home
    installation.add("liqiang")
    assert installation.people() == {"zhangwei", "liqiang"}


def test_a_damaged_bundle_is_named_and_nothing_changes(
    installation: Installation, newer: Path, tmp_path: Path
) -> None:
    content = bytearray(newer.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(content)
    assert "已损坏" in installation.script("update.py", damaged, code=1)
    damaged.write_bytes(newer.read_bytes()[:-1000])
    assert "已损坏" in installation.script("update.py", damaged, code=1)
    damaged.write_bytes(b"nonsense")
    assert "已损坏" in installation.script("update.py", damaged, code=1)
    missing = installation.script("update.py", tmp_path / "none", code=1)
    assert "打不开安装包" in missing
    assert installation.program() == installation.home
    assert not [it for it in (installation.home / "versions").iterdir() if it.is_dir()]


def test_a_running_server_is_not_updated(installation: Installation, newer: Path) -> None:
    running = Served(installation.home / "instance")
    try:
        running.wait_until_ready()
        assert "请先停止服务" in installation.script("update.py", newer, code=1)
    finally:
        running.stop()
    assert installation.people() == {"zhangwei"}


def test_killed_halfway_one_whole_version_is_in_force(
    installation: Installation, newer: Path
) -> None:
    """Killed as soon as each step is announced; the last time it has switched already."""
    for step in ("解开安装包", "准备新版本", "升级前的备份", "副本试运行", "升级数据库结构"):
        updating = subprocess.Popen(
            [sys.executable, "-u", installation.home / "scripts" / "update.py", newer],
            env=environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert updating.stdout
        for line in updating.stdout:
            if step in line:
                break
        updating.kill()
        updating.wait()
        updating.stdout.close()
        assert installation.people() == {"zhangwei"}, step
    assert installation.program().name == "jixiao-9.0.0"
    installation.start("--setup-only")  # finishes the migration, if it was not
    installation.flask("audit", "verify")
    note = json.loads((installation.home / "versions" / "previous.json").read_text())
    assert note["program"] == "."
