"""Where an installation keeps its data, its variables, and whose they are (安装所在)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import versions
from telling import Unable

ENVIRONMENT = Path("/etc/jixiao.env")
"""Variables of the service; ``service.py`` puts it there, systemd hands them on."""


def variables(path: Path = ENVIRONMENT) -> dict[str, str]:
    """The variables of a systemd environment file; none where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise Unable(f"读不到 {path}（{error.strerror}）。请用 sudo 重新运行本命令。") from error
    meant = (line for line in lines if "=" in line and not line.startswith(("#", ";")))
    pairs = [line.split("=", 1) for line in meant]
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def environment(instance: Path | None, file: Path | None = None) -> tuple[Path, dict[str, str]]:
    """The data folder, and the variables with which a command works on it as the service does."""
    environ = {**variables(file or ENVIRONMENT), **os.environ, "PYTHONUTF8": "1"}
    chosen = instance or environ.get("INSTANCE_DIR") or versions.HOME / "instance"
    folder = Path(chosen).resolve()
    if not folder.is_dir():
        raise Unable(f"没有数据目录 {folder}。请用 --instance 指定。")
    return folder, {**environ, "INSTANCE_DIR": str(folder)}


def owner_of(folder: Path) -> dict[str, Any]:
    """As root, act as the one the data belong to, so that the service can go on with them.

    These are arguments of ``subprocess.run``.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    state = folder.stat()
    return {"user": state.st_uid, "group": state.st_gid, "extra_groups": []}
