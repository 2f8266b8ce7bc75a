"""What the scripts say to the person who runs them (告知)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PROGRESS = "已推算 "
"""What a line begins with that tells how far long work is."""


class Unable(Exception):
    """The command cannot go on; the text is the one sentence the person reads."""


def say(text: str) -> None:
    """Tell the person something, at once even through a pipe."""
    print(text, flush=True)


def relayed(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    tell: Callable[[str], None] = say,
) -> tuple[int, str, str]:
    """Run a command; how far it is, is told as it goes. Its exit code, and all else it printed."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        printed: list[str] = []
        stdout, stderr = process.stdout, process.stderr
        if stdout is None or stderr is None:
            raise RuntimeError("the command was started without pipes")
        beside = threading.Thread(target=lambda: printed.append(stdout.read()), daemon=True)
        beside.start()
        faults = []
        for line in stderr:
            if line.startswith(PROGRESS):
                tell(line.rstrip())
            else:
                faults.append(line)
        beside.join()
    return process.returncode, "".join(printed).strip(), "".join(faults).strip()
