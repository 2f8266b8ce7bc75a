"""Fetch what a lock names for another machine (依赖下载): ``wheels.py --machine aarch64 …``.

Run by ``bundle.py`` inside the environment, whose pip knows how to read a lock and its markers.
Only wheels are taken: the machine that installs them has neither network nor compiler.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

GLIBC_MINORS = (28, 27, 26, 25, 24, 17, 12, 5)
"""Newest first; 2.28 is that of Debian 10, Kylin V10 and UOS 20, so nothing newer is taken."""
OLD_NAMES = ("manylinux2014", "manylinux2010", "manylinux1", "linux")


def main() -> int:
    """Download for one machine and one Python; pip's own exit code."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--machine", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("locks", nargs="+", type=Path)
    options, passed_on = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        lines = [line for lock in options.locks for line in _meant_for(lock, options)]
        wanted.write_text("".join(lines), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--requirement", str(wanted)]
        command += ["--implementation", "cp", "--python-version", options.python]
        command += [f"--platform={platform}" for platform in _platforms(options.machine)]
        return subprocess.run([*command, "--dest", str(options.into), *passed_on]).returncode


def _platforms(machine: str) -> list[str]:
    names = [f"manylinux_2_{minor}" for minor in GLIBC_MINORS]
    return [f"{name}_{machine}" for name in (*names, *OLD_NAMES)]


def _meant_for(lock: Path, options: argparse.Namespace) -> list[str]:
    """The lock's lines whose markers hold on the machine, without the markers."""
    there = {
        "implementation_name": "cpython",
        "implementation_version": f"{options.python}.0",
        "os_name": "posix",
        "platform_machine": options.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{options.python}.0",
        "python_version": options.python,
        "sys_platform": "linux",
        "extra": "",
    }
    lines, is_meant = [], False
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            if is_meant:
                lines.append(f"{line}\n")
            continue
        requirement = Requirement(line.removesuffix("\\").strip())
        is_meant = requirement.marker is None or requirement.marker.evaluate(there)
        if is_meant:
            lines.append(f"{requirement.name}{requirement.specifier} \\\n")
    return lines


if __name__ == "__main__":
    sys.exit(main())
