"""Update from a bundle and the way back (升级与退回): one whole version is in force at any time."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.kernel import presence
from app.kernel.config import ROOT
from tests.serving import environ
from tests.small_bundle import copy_program, small_bundle

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
        return self.accounts()

    def accounts(self) -> set[str]:
        with closing(sqlite3.connect(self.home / "instance" / "app.db")) as database:
            return {name for (name,) in database.execute("SELECT name FROM user_account")}

    def add(self, name: str) -> None:
        self.flask("user", "add", name, "--role", "auditor")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that was installed once, with one person; its libraries are those of the tests."""
    made = Installation(tmp_path_factory.mktemp("fresh"))
    copy_program(made.home)
    shutil.copyfile(ROOT / "requirements.lock", made.home / "requirements.lock")
    (made.home / ".venv").symlink_to(Path(sys.executable).parents[1])
    made.start("--setup-only")
    made.add("zhangwei")
    return made.home


@pytest.fixture
def installation(fresh: Path, tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    shutil.copytree(fresh, made.home, symlinks=True)
    return made


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a program whose database has one more table."""
    return altered(tmp_path_factory.mktemp("newer"), "jixiao-9.0.0")


def altered(folder: Path, name: str, breaking: str = "") -> Path:
    """A bundle whose program has one more migration."""
    steps = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    last = re.search(r'^revision = "(\w+)"', steps[-1].read_text(), re.MULTILINE)
    assert last
    step = NEWER.format(last=last[1]) + breaking
    return small_bundle(folder, name, {"migrations/versions/9001_newer.py": step})


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
    installation: Installation, tmp_path: Path
) -> None:
    breaking = "\n\ndef upgrade():\n    raise RuntimeError('broken')\n"
    bad = altered(tmp_path, "jixiao-9.0.1", breaking)
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
    presence.stay_present(installation.home / "instance")  # as each process of a server does
    assert "请先停止服务" in installation.script("update.py", newer, code=1)
    assert not list((installation.home / "versions").glob("*")), "said before anything is unpacked"


def killed(installation: Installation, bundle: Path, at: str) -> None:
    """Update until that step is announced, then kill; looked at before, at every step it tells."""
    updating = subprocess.Popen(
        [sys.executable, "-u", installation.home / "scripts" / "update.py", bundle],
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    assert updating.stdout
    for line in updating.stdout:
        if at in line:
            break
        updating.send_signal(signal.SIGSTOP)  # the disk is as a kill at this moment leaves it
        assert installation.program() == installation.home, line
        assert installation.accounts() == {"zhangwei"}, line
        updating.send_signal(signal.SIGCONT)
    updating.kill()
    assert updating.wait() == -signal.SIGKILL, f"it never came to “{at}”"
    updating.stdout.close()


def test_killed_halfway_one_whole_version_is_in_force(
    installation: Installation, newer: Path
) -> None:
    """Once before it has switched, then, over what that left, as soon as it has."""
    killed(installation, newer, "副本试运行")
    assert installation.program() == installation.home
    assert installation.people() == {"zhangwei"}
    killed(installation, newer, "升级数据库结构")
    assert installation.program().name == "jixiao-9.0.0"
    installation.start("--setup-only")  # finishes the migration, if it was not
    assert installation.people() == {"zhangwei"}
    installation.flask("audit", "verify")
    note = json.loads((installation.home / "versions" / "previous.json").read_text())
    assert note["program"] == "."
