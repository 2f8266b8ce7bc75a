"""Update from a bundle, and the way back (升级与退回): ``update.py BUNDLE``, ``update.py --back``.

The new program is unpacked beside the old one, made ready, and tried on a copy of the data brought
over by a backup. Only then does one pointer change, and the data are migrated. Killed before that,
the old version stands as it was; killed after it, the next start finishes. ``--back`` brings the
backup and the old program back; what was entered meanwhile is kept in a backup of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import versions
from environment import PYTHON, ROOT
from installation import environment, owner_of
from telling import Unable, say
from unpacking import unpack

if os.name == "posix":
    import fcntl

UNIT = "jixiao.service"
PREPARE = "from environment import *; prepare(RUNTIME_LOCK)"
HEALTH = (
    "from wsgi import app; raise SystemExit(app.test_client().get('/healthz').status_code != 200)"
)
NOTE = versions.VERSIONS / "previous.json"


def main() -> int:
    """Update or go back; returns the exit code."""
    parser = argparse.ArgumentParser(description="用安装包升级，或退回上一版。", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("bundle", nargs="?", type=Path, metavar="BUNDLE", help="安装包文件")
    what.add_argument("--back", action="store_true", help="退回升级前的程序和数据")
    parser.add_argument("--instance", type=Path, metavar="DIR", help="数据目录，默认 instance/")
    parser.add_argument("--env", type=Path, metavar="FILE", help="环境文件，默认 /etc/jixiao.env")
    options = parser.parse_args()
    if options.bundle:
        options.bundle = options.bundle.resolve()
    versions.follow("update.py")
    os.umask(0o022)  # the service runs as another user and must read the program
    try:
        (_Update(options).go_back if options.back else _Update(options).update)()
    except Unable as problem:
        print(f"没有{'退回' if options.back else '升级'}：{problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"没有完成：{error.strerror}（{error.filename}）。", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class _Update:
    """One change of version of one installation."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._bundle: Path = options.bundle
        self._instance, self._environ = environment(options.instance, options.env)
        self._environ["CHANGING_VERSION"] = "1"

    def update(self) -> None:
        """To the version in the bundle."""
        ServiceStopped(self._instance).refuse_if_started_by_hand()
        say("正在核对并解开安装包。")
        new = self._unpack()
        say(f"正在准备新版本 {new.name}。")
        self._prepare(new)
        old = versions.own_name()
        with ServiceStopped(self._instance):
            backup = self._back_up(ROOT, "before-update")
            say(f"升级前的备份：{backup}")
            self._rehearse(new, backup)
            note = {"program": old, "backup": str(backup), "instance": str(self._instance)}
            versions.write_durably(NOTE, json.dumps(note, ensure_ascii=False))
            versions.switch_to(new.name)
            try:
                say("正在升级数据库结构。")
                self._flask(new, "数据库结构没有升级", "db", "upgrade")
            except Unable:
                versions.switch_to(old)  # a migration is all or nothing, so the data are the old
                raise
        _prune(keep={new.name, old})
        say(
            f"已升级到 {new.name}。今后仍在 {versions.HOME} 运行各命令。\n"
            "要退回：python3 scripts/update.py --back（升级后录入的数据另存为备份，不再生效）。"
        )

    def _unpack(self) -> Path:
        versions.VERSIONS.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=versions.VERSIONS, prefix="unpacking-") as place:
            Path(place).chmod(0o755)
            found = unpack(self._bundle, Path(place))
            target = versions.VERSIONS / found.name
            if found.name in (versions.current(), ROOT.name):
                raise Unable(f"安装包就是现行版本 {found.name}，无须升级。")
            if target.exists():  # left over from an update that did not come to its end
                shutil.rmtree(target)
            return found.rename(target)

    def _prepare(self, new: Path) -> None:
        self._run([sys.executable, "-c", PREPARE], new / "scripts", "新版本的运行环境没有装好")

    def _back_up(self, program: Path, kind: str) -> Path:
        folder = Path(self._environ.get("BACKUP_DIR") or self._instance / "backups").resolve()
        path = folder / f"{kind}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip"
        self._as_owner(["mkdir", "-p", str(folder)], ROOT, "无法建立备份目录")
        self._flask(program, "备份没有做成", "backup", str(path))
        return path

    def _rehearse(self, new: Path, backup: Path) -> None:
        """The new version reads the backup, migrates it and answers, on a copy."""
        say("正在用备份的副本试运行新版本。")
        with tempfile.TemporaryDirectory(dir=self._instance, prefix="rehearsal-") as place:
            _give(Path(place), self._instance)
            aside = {"INSTANCE_DIR": place, "DATABASE_URL": "", "BACKUP_DIR": "", "ANCHOR_DIR": ""}
            self._flask(new, "新版本读不了备份", "restore", str(backup), **aside)
            self._flask(new, "新版本的审计链核对未通过", "audit", "verify", **aside)
            command = [_python(new), "-c", HEALTH]
            self._as_owner(command, new, "新版本在副本上没有应答", **aside)

    def go_back(self) -> None:
        """To the version before, with the data it had."""
        try:
            note: dict[str, Any] = json.loads(NOTE.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Unable("没有升级记录，无从退回。") from error
        backup, old = Path(note["backup"]), versions.folder_of(note["program"])
        if note["instance"] != str(self._instance):
            raise Unable(f"上次升级的数据目录是 {note['instance']}。请用 --instance 指定它。")
        if not backup.exists() or not (old / "scripts" / "start.py").exists():
            raise Unable(
                f"升级前的备份 {backup} 或程序 {old} 已不在。"
                "请运行 python3 scripts/manual.py，照“在原机恢复”一节办理。"
            )
        with ServiceStopped(self._instance):
            later = self._back_up(ROOT, "before-restore")
            say(f"退回前的数据备份在 {later}")
            self._flask(old, "旧版本没有恢复备份", "restore", str(backup), "--replace")
            versions.switch_to(note["program"])
        NOTE.unlink()
        say(f"已退回升级前的程序和数据（{backup.name}）。升级后录入的内容在 {later} 中。")

    def _flask(self, program: Path, failure: str, *arguments: str, **environ: str) -> None:
        command = [_python(program), "-m", "flask", "--app", "wsgi", *arguments]
        self._as_owner(command, program, failure, **environ)

    def _as_owner(
        self, command: Sequence[str], program: Path, failure: str, **environ: str
    ) -> None:
        self._run(command, program, failure, owner_of(self._instance), **environ)

    def _run(
        self,
        command: Sequence[str],
        program: Path,
        failure: str,
        owner: dict[str, Any] | None = None,
        **environ: str,
    ) -> None:
        result = subprocess.run(
            command,
            cwd=program,
            env={**self._environ, **environ},
            capture_output=True,
            encoding="utf-8",
            **(owner or {}),
        )
        if result.returncode:
            said = result.stderr.strip().splitlines() or ["没有输出"]
            raise Unable(f"{failure}（{said[-1]}）。原版本照常使用。")


def _python(program: Path) -> str:
    return str(program / PYTHON.relative_to(ROOT))


def _give(folder: Path, like: Path) -> None:
    if os.name == "posix" and os.geteuid() == 0:
        state = like.stat()
        os.chown(folder, state.st_uid, state.st_gid)


class ServiceStopped:
    """Inside, the server does not run; a service of the system is stopped and started again."""

    def __init__(self, instance: Path) -> None:
        self._instance = instance
        self._systemctl = shutil.which("systemctl")
        self._was_active = False

    def refuse_if_started_by_hand(self) -> None:
        """Say so before anything takes time; what systemd started, systemd can stop."""
        if not self._ask("is-active", "--quiet"):
            self._refuse_if_served()

    def _refuse_if_served(self) -> None:
        if _is_served(self._instance):
            raise Unable("服务正在运行。请先停止服务（Ctrl-C），再运行本命令。")

    def __enter__(self) -> None:
        if self._ask("is-active", "--quiet"):
            say("正在停止服务。")
            self._was_active = self._ask("stop")
        self._refuse_if_served()

    def __exit__(self, *_: object) -> None:
        if self._was_active:
            say("正在启动服务。" if self._ask("start") else "服务没有启动，请人工启动。")

    def _ask(self, *verb: str) -> bool:
        if self._systemctl is None:
            return False
        return subprocess.run([self._systemctl, *verb, UNIT], capture_output=True).returncode == 0


def _is_served(instance: Path) -> bool:
    """Whether a process of the server holds its lock; see ``app/kernel/presence.py``."""
    lock = instance / "serving.lock"
    if os.name != "posix" or not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _prune(keep: set[str]) -> None:
    """Remove versions that neither serve nor are the way back."""
    for folder in versions.VERSIONS.iterdir():
        if folder.is_dir() and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
