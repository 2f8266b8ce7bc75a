"""The program as a service of the system (系统服务): ``python3 scripts/service.py``.

Prints a systemd unit that starts the program with the machine, restarts it when it ends, and shuts
it off from everything it does not need. ``--install`` (as root) makes the user, prepares the data
and puts the unit into force; ``--remove`` takes it away and leaves the data.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import tls
import versions
from installation import ENVIRONMENT, variables
from telling import Unable, say

UNIT = Path("/etc/systemd/system/jixiao.service")
EXAMPLE = """# 本系统的环境变量，每行一个，去掉行首的 # 才生效；改后运行 systemctl restart jixiao。
# 改了 BACKUP_DIR 或 ANCHOR_DIR 的，改为重新运行 service.py --install，服务才能写入新的目录。
INSTANCE_DIR={instance}
# DATABASE_URL=postgresql://jixiao:口令@数据库主机/jixiao
# TLS_NAMES=jixiao.example.gov.cn
# TRUSTED_HOSTS=jixiao.example.gov.cn
# 企业申报入口：写上地址和端口才开通，只答复企业的页面；开通以前先看服务器手册“企业申报入口”。
# FILER_HOST=192.0.2.10
# FILER_PORT=9443
# FILER_TLS_CERT=/etc/ssl/shenbao.pem
# FILER_TLS_KEY=/etc/ssl/shenbao.key
# FILER_TRUSTED_HOSTS=shenbao.example.gov.cn
# FILER_ADDRESS=https://shenbao.example.gov.cn
# WEB_PROCESSES=2
# LOG_DAYS=184
# BACKUP_DIR=/var/backups/jixiao
# ANCHOR_DIR=/mnt/share/jixiao
"""
WRITTEN_TO = ("BACKUP_DIR", "ANCHOR_DIR")
"""Variables that name a folder the service writes to."""
TEMPLATE = """[Unit]
Description=重点行业绩效分级管理系统
After=network-online.target postgresql.service
Wants=network-online.target
# It is started again for as long as it takes: a database may come up later than we do.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
WorkingDirectory={home}
User={user}
Group={user}
EnvironmentFile=-{environment}
Environment=PYTHONUNBUFFERED=1
Restart=always
RestartSec=5
TimeoutStartSec=900
TimeoutStopSec=30
KillMode=mixed
UMask=0077
ReadWritePaths={writable}
{capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""
NO_CAPABILITIES = "CapabilityBoundingSet="
LOW_PORT = "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE"
FIRST_FREE_PORT = 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, install or remove the unit; returns the exit code."""
    options = _options(arguments)
    try:
        if options.remove:
            _remove()
        elif options.install:
            _install(options)
        else:
            print(unit(options), end="")
    except Unable as problem:
        print(f"服务没有装好：{problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"服务没有装好：{error.strerror}（{error.filename}）。", file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="系统服务（systemd）。", allow_abbrev=False)
    parser.add_argument("--install", action="store_true", help="装好并启动服务（须 root）")
    parser.add_argument("--remove", action="store_true", help="停止并移除服务，数据不动（须 root）")
    parser.add_argument("--user", default="jixiao", help="运行服务的用户，默认 jixiao")
    parser.add_argument("--host", default="0.0.0.0", help="监听地址，默认全部")  # noqa: S104
    parser.add_argument("--port", type=int, default=8443, help="监听端口，默认 8443")
    parser.add_argument("--instance", type=Path, default=versions.HOME / "instance")
    parser.add_argument("--also-writable", type=Path, action="append", default=[], metavar="DIR",
                        help="服务另须写入的目录，例如备份目录")  # fmt: skip
    parser.add_argument("--tls-cert", type=Path, metavar="FILE")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def unit(options: argparse.Namespace) -> str:
    """The text of the unit file."""
    command = [
        sys.executable,
        str(versions.HOME / "scripts" / "start.py"),
        *_start_options(options),
    ]
    writable = [options.instance.resolve(), *_other_folders(options)]
    return TEMPLATE.format(
        command=" ".join(map(_quoted, command)),
        home=_escaped(str(versions.HOME)),
        user=options.user,
        environment=ENVIRONMENT,
        writable=" ".join(_quoted(str(it)) for it in writable),
        capabilities=LOW_PORT if _needs_low_port(options) else NO_CAPABILITIES,
    )


def _needs_low_port(options: argparse.Namespace) -> bool:
    """Whether the service listens below the ports that anybody may use."""
    filers_port = _chosen_variables().get("FILER_PORT", "")
    ports = [options.port, *([int(filers_port)] if filers_port.isdecimal() else [])]
    return bool(min(ports) < FIRST_FREE_PORT)


def _chosen_variables() -> dict[str, str]:
    try:
        return variables()
    except Unable:  # only printed, by somebody who may not read them
        return {}


def _other_folders(options: argparse.Namespace) -> list[Path]:
    """Where the service writes besides its data: as asked, and as its variables say."""
    chosen = _chosen_variables()
    named = [Path(chosen[name]) for name in WRITTEN_TO if chosen.get(name)]
    return [it.resolve() for it in (*options.also_writable, *named)]


def _start_options(options: argparse.Namespace) -> list[str]:
    chosen = ["--host", options.host, "--port", str(options.port)]
    chosen += ["--instance", str(options.instance.resolve())]
    for name, path in (("--tls-cert", options.tls_cert), ("--tls-key", options.tls_key)):
        chosen += [name, str(path.resolve())] if path else []
    return chosen


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """A word of a unit file; systemd reads %, $, quotes and backslashes itself."""
    escaped = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return escaped if text.replace("/", "").replace("-", "").isalnum() else f'"{escaped}"'


def _install(options: argparse.Namespace) -> None:
    _check_can_install()
    tls.check_files(options.tls_cert, options.tls_key)
    if subprocess.run(["id", options.user], capture_output=True).returncode:
        home = ["--no-create-home", "--home-dir", str(versions.HOME)]
        shell = ["--shell", shutil.which("nologin") or "/bin/false"]
        _do(["useradd", "--system", "--user-group", *home, *shell, options.user])
    if not ENVIRONMENT.exists():
        ENVIRONMENT.touch(mode=0o600)
        example = EXAMPLE.format(instance=options.instance.resolve())
        ENVIRONMENT.write_text(example, encoding="utf-8")
    start = [sys.executable, str(versions.HOME / "scripts" / "start.py"), "--setup-only"]
    if subprocess.run([*start, *_start_options(options)]).returncode:
        raise Unable("准备没有完成，原因见上面的输出。")
    owner = f"{options.user}:{options.user}"
    _do(["chown", "-R", owner, str(options.instance.resolve())])
    for folder in _other_folders(options):
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            _do(["chown", owner, str(folder)])
    UNIT.write_text(unit(options), encoding="utf-8")
    _do(["systemctl", "daemon-reload"])
    _do(["systemctl", "enable", UNIT.name])
    _do(["systemctl", "restart", UNIT.name])  # installed anew, it takes up what has changed
    say(f"服务 {UNIT.name} 已启动。查看：systemctl status jixiao；日志：journalctl -u jixiao。")


def _remove() -> None:
    _check_can_install()
    if not UNIT.exists():
        raise Unable(f"没有装过服务（{UNIT} 不存在）。")
    _do(["systemctl", "disable", "--now", UNIT.name])
    UNIT.unlink()
    _do(["systemctl", "daemon-reload"])
    say("服务已移除；程序、数据和用户没有改动。")


def _check_can_install() -> None:
    if os.name != "posix" or not Path("/run/systemd/system").exists():
        raise Unable(
            "这台机器没有在运行 systemd。"
            "请运行 python3 scripts/manual.py，照“没有 systemd 的机器”一节办理。"
        )
    if os.geteuid() != 0:
        raise Unable("需要 root 权限。请用 sudo 重新运行本命令。")


def _do(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if result.returncode:
        said = result.stderr.strip().splitlines() or ["没有输出"]
        raise Unable(f"{' '.join(command)} 没有成功（{said[-1]}）。")


if __name__ == "__main__":
    sys.exit(main())
