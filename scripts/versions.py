"""Which version of the program is in force (程序版本): one pointer beside the versions.

The folder first unpacked is home: people always run ``scripts/…`` there and the data lie in its
``instance/``. An update puts the new program into ``versions/NAME/`` and then replaces the pointer
file ``versions/current`` in one step, so that whenever the power fails one whole version is in
force. What is run at home goes on in the version in force.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from environment import ROOT

HOME = ROOT.parents[1] if ROOT.parent.name == "versions" else ROOT
VERSIONS = HOME / "versions"
POINTER = VERSIONS / "current"
FIRST = "."
"""How the pointer names the program at home itself."""


def current() -> str:
    """The name of the version in force."""
    try:
        name = POINTER.read_text(encoding="utf-8").strip()
    except OSError:
        return FIRST
    return name if name and (folder_of(name) / "scripts" / "start.py").exists() else FIRST


def folder_of(name: str) -> Path:
    """Where the version lies."""
    return HOME if name == FIRST else VERSIONS / name


def own_name() -> str:
    """The name of the version that runs here and now."""
    return FIRST if ROOT == HOME else ROOT.name


def switch_to(name: str) -> None:
    """Put a version in force, in one step that survives a power failure."""
    write_durably(POINTER, f"{name}\n")


def write_durably(path: Path, text: str) -> None:
    """The file as a whole or as it was before."""
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def follow(script: str) -> None:
    """Go on in the version in force if that is not this one; then this does not return."""
    if ROOT != HOME or current() == FIRST:
        return
    there = folder_of(current()) / "scripts" / script
    command = [sys.executable, str(there), *sys.argv[1:]]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - the same program, newer
