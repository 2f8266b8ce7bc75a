"""Any command of the program as the service itself would run it (维护命令).

``sudo python3 scripts/admin.py doctor`` takes the service's variables, acts as the user the data
belong to, and runs in the version in force: so no file is left that the service cannot read, and
nobody works on another database by mistake.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import versions
from environment import PYTHON, ROOT
from installation import environment, owner_of
from telling import Unable

INSTANCE = "--instance="


def main() -> int:
    """Run the ``flask`` command named; its own exit code."""
    versions.follow("admin.py")
    try:
        return _run(sys.argv[1:])
    except Unable as problem:
        print(f"没有执行：{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: Sequence[str]) -> int:
    if not PYTHON.exists():
        raise Unable("运行环境还没有建立。请先运行 python3 scripts/start.py --setup-only。")
    given = [it for it in arguments if it.startswith(INSTANCE)]
    folder, environ = environment(Path(given[-1].removeprefix(INSTANCE)) if given else None)
    wanted = [it for it in arguments if it not in given] or ["--help"]
    if os.name == "posix":
        os.umask(0o077)
    # -P: a folder in which somebody stands must not hand its own modules to the program.
    command = [str(PYTHON), "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py"), *wanted]
    return subprocess.run(command, env=environ, **owner_of(folder)).returncode


if __name__ == "__main__":
    sys.exit(main())
