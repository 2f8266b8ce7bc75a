"""The files of an installation that are neither database nor evidence (设置文件)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "secret.key"
ANCHORS = "anchors/audit-heads.txt"
SETTINGS = "settings.toml"
RULING_FOLDERS = ("measures", "plugins", "letters")
"""What decides lists and letters: after a restore exactly what the backup holds."""
FOLDERS = (*RULING_FOLDERS, "fonts")
ASIDE = ".before-restore"


def setting_files(instance: Path) -> Iterator[str]:
    """Their names relative to the instance folder; the key is not among them."""
    for name in (SETTINGS, ANCHORS):
        if (instance / name).is_file():
            yield name
    for folder in FOLDERS:
        for path in sorted((instance / folder).rglob("*")):
            is_made = "__pycache__" in path.parts or path.name.endswith(ASIDE)
            if path.is_file() and not path.is_symlink() and not is_made:
                yield path.relative_to(instance).as_posix()


def may_be_placed(name: str) -> bool:
    """Whether a backup may bring a file of this name: only those, and never out of the folder."""
    parts = name.split("/")
    if any(part in {"", ".", ".."} or "\\" in part or ":" in part for part in parts):
        return False
    return name in {KEY, SETTINGS, ANCHORS} or (len(parts) > 1 and parts[0] in FOLDERS)


def kept_key(instance: Path) -> str | None:
    """The key in the instance folder, if it has one."""
    try:
        return (instance / KEY).read_text().strip()
    except FileNotFoundError:
        return None


@contextmanager
def exchanged(
    instance: Path, staged: Path, names: list[str], *, has_other_key: bool = False
) -> Iterator[list[str]]:
    """Put the staged files in place; yields what was set aside; all goes back on a fault.

    ``has_other_key``: what this machine wrote down of its own chain no longer proves anything.
    """
    undo: list[tuple[Path, Path | None]] = []
    aside = []
    try:
        for name in _going(instance, [*names, ANCHORS] if has_other_key else names):
            target = instance / name
            kept = _set_aside(target)
            undo.append((target, kept))
            if kept is not None and name != KEY:
                aside.append(name)
        for name in names:
            target = instance / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not any(target == it for it, _ in undo):
                undo.append((target, None))
            shutil.copyfile(staged / name, target)
            target.chmod(0o600 if name == KEY else 0o644)
        yield aside
    except BaseException:  # an interrupt too; it goes on when all is as before
        for target, before in reversed(undo):
            target.unlink(missing_ok=True)
            if before is not None:
                before.replace(target)
        raise
    (instance / (KEY + ASIDE)).unlink(missing_ok=True)


def _going(instance: Path, names: list[str]) -> Iterator[str]:
    """What stands where a file is to come, and what rules here but not in the backup."""
    present = [*setting_files(instance), KEY]
    for name in present:
        rules = name == SETTINGS or name.split("/")[0] in RULING_FOLDERS
        if (instance / name).exists() and (name in names or rules):
            yield name


def _set_aside(path: Path) -> Path:
    kept = path.with_name(path.name + ASIDE)
    path.replace(kept)
    return kept
