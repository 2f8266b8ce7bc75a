"""Every act and every kind of record in the audit log has a name a person can read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app  # noqa: F401 - putting the app together names every stage's acts
from app.kernel.audit_words import ACTIONS, OBJECTS
from app.kernel.authority import Permission

APP = Path(__file__).resolve().parents[2] / "app"


def recorded() -> Iterator[tuple[str, str]]:
    """Act and kind of record of every entry that the program makes with both spelled out."""
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"record", "record_aside"}
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "audit"
            ):
                match node.args[:2]:
                    case [ast.Constant(value=str(action)), ast.Constant(value=str(kind))]:
                        yield action, kind


def test_every_act_has_a_name() -> None:
    found = {action for action, _ in recorded()}
    assert found
    assert found - set(ACTIONS) == set(), "name them in the audit_words.py of their stage"


def test_every_permission_has_a_name() -> None:
    assert len({permission.words for permission in Permission}) == len(Permission)


def test_every_kind_of_record_has_a_name() -> None:
    found = {kind for _, kind in recorded()}
    assert found - set(OBJECTS) == set(), "name them in the audit_words.py of their stage"
