"""Measure the program (测量): ``python3 scripts/bench/run.py [FIGURE …]``, options by ``--help``.

Makes the environment if need be and hands over to ``suite.py``; ``README.md`` here has the method
and the last results.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SCRIPTS))

from environment import PYTHON, ROOT, TEST_LOCK, prepare  # noqa: E402
from telling import Unable  # noqa: E402


def main() -> int:
    """Run the suite in the project's environment; returns its exit code."""
    try:
        prepare(TEST_LOCK)
    except Unable as problem:
        print(f"无法测量：{problem}", file=sys.stderr)
        return 1
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SCRIPTS), str(ROOT)])}
    command = [str(PYTHON), "-m", "bench.suite", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
