"""House rules that an import contract cannot say, read off the source (源码约定)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
OURS = ("app", "migrations", "scripts", "tests")
CLOCK_READS = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
SQL_MAKERS = {"text", "literal_column"}


def files(*endings: str, folders: tuple[str, ...] = OURS) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings
    )


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", files(".py", ".html", ".js", ".css"), ids=str)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert [path for path in files(".py") if path.stem in {"utils", "helpers", "misc"}] == []


@pytest.mark.parametrize("path", files(".py", folders=("app",)), ids=str)
def test_only_the_clock_reads_the_clock(path: Path) -> None:
    if path == Path("app/kernel/clock.py"):
        return
    reads = [
        node.lineno
        for node in calls(path)
        if isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and (_last_name(node.func.value), node.func.attr) in CLOCK_READS
    ]
    assert reads == [], "ask app.kernel.clock"


@pytest.mark.parametrize("path", files(".py", folders=("app", "migrations")), ids=str)
def test_sql_text_is_never_put_together_from_values(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    constants, imported = _module_constants(tree), _names_from_sqlalchemy(tree)
    assert [
        node.lineno
        for node in calls(path)
        if node.args
        and _takes_sql(node.func, imported)
        and not _is_fixed_text(node.args[0], constants)
    ] == []


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _names_from_sqlalchemy(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
    }


def _takes_sql(function: ast.expr, imported: set[str]) -> bool:
    """``text(…)`` imported from SQLAlchemy, ``sa.text(…)``, ``connection.exec_driver_sql(…)``."""
    name = _last_name(function)
    if isinstance(function, ast.Attribute):
        of_library = _last_name(function.value) in {"sa", "sqlalchemy"}
        return name == "exec_driver_sql" or (name in SQL_MAKERS and of_library)
    return name in SQL_MAKERS & imported


def _module_constants(tree: ast.Module) -> set[str]:
    """Names the module binds once to a literal; these may stand inside SQL text."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }


def _is_fixed_text(node: ast.expr, constants: set[str]) -> bool:
    """Literal text, module constants, such text put together, or what the library compiles."""
    match node:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="compile")), attr="string"):
            return True
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name.isupper() and name in constants
        case ast.JoinedStr(values=values):
            return all(_is_fixed_text(value, constants) for value in values)
        case ast.FormattedValue(value=value):
            return _is_fixed_text(value, constants)
        case ast.BinOp(left=left, right=right):
            return _is_fixed_text(left, constants) and _is_fixed_text(right, constants)
        case _:
            return False
