"""Install a bundle where there is no network, and serve from it (离线安装试验).

``python3 scripts/try_bundle.py ARCHIVE``: a network namespace without any route, an empty home, a
bare environment. Where the machine forbids namespaces that is said, and the trial goes on with the
installer kept from the network by its own options alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from unpacking import unpack

INSIDE = "--inside"
PATIENCE_SECONDS = 120


def main() -> int:
    """Try the archive; 0 when it installed, served and stopped without any network."""
    parser = argparse.ArgumentParser(description="在没有网络的环境里试装安装包。")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("archive", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.inside:
            return _try(options.archive.resolve(), Path(folder))
        return subprocess.run(
            [*_isolated(), sys.executable, __file__, INSIDE, str(options.archive)]
        ).returncode


def _isolated() -> list[str]:
    """What runs a command in a network namespace with nothing but its own loopback."""
    unshare = shutil.which("unshare")
    if unshare:
        command = [unshare, "--map-root-user", "--net"]
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return [*command, "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    print("提示：本机不允许建立网络命名空间，网络没有真正切断。", flush=True)
    return []


def _try(archive: Path, place: Path) -> int:
    print("可以连到外网。" if _reaches_out() else "确认没有网络。", flush=True)
    program = unpack(archive, place)
    home = place / "home"
    home.mkdir()
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = [sys.executable, str(program / "scripts" / "start.py"), "--port", str(port)]
    began = time.monotonic()
    if subprocess.run([*start, "--setup-only"], env=environ, cwd=place).returncode:
        return 1
    print(f"安装用时 {time.monotonic() - began:.0f} 秒。", flush=True)
    served = subprocess.Popen(start, env=environ, cwd=place)
    try:
        print("网页服务应答正常。" if _answers(port) else "网页服务没有应答。", flush=True)
    finally:
        served.send_signal(signal.SIGTERM)
    return served.wait()


def _reaches_out() -> bool:
    try:
        socket.create_connection(("1.1.1.1", 443), timeout=2).close()
    except OSError:
        return False
    return True


def _answers(port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(main())
