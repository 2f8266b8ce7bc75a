"""Every check of who may do what, taken out one at a time (权限检查的变异).

A check is found in the source: the mark of a view, a question for a scope or a permission, a
comparison of who did something with who asks. Taking it out changes the code of the functions that
hold it, in this process only, so that what should notice can be run at once.
"""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from flask import Flask
from sqlalchemy import ClauseElement, false, true

from app.kernel.authority import EVERYTHING

ROOT = Path(__file__).resolve().parents[1]
MUTANT = "MUTANT"
"""The variable that names the check that a test run goes without."""

_SCOPES = frozenset({"scope_for", "scope_of"})
_ANSWERS = frozenset(
    {
        "can", "within", "covers", "is_within", "reaches_all", "_is_within", "_within",
        "_sent_within", "_open_within", "_may_reach", "may_decide",
    }
)  # fmt: skip
_WHO = frozenset(
    {
        "user_id", "owner_id", "uploaded_by", "proposed_by", "created_by", "except_user_id",
        "actor_id", "drafted_by", "checked_by", "maker_id", "checker_id", "person_id", "made_by",
    }
)  # fmt: skip
_PEOPLE = frozenset({"entered_by", "levels_kept_by"})
"""What tells who did something with a record, or who keeps it."""
_SCOPE = frozenset({"scope", "_scope", "scope_for", "_entering", "decisions"})
_REACHED = frozenset({"counties", "enterprises"})
_WHOLE = {
    "app/kernel/permissions.py": {"enforce", "within", "scope_for", "can"},
    "app/kernel/authority.py": {"Scope.covers", "Scope.__or__"},
    "app/kernel/web.py": {"init_web.<locals>.pipeline"},
    "app/accounts/domain.py": {"Actor.scope_of", "Actor._reach"},
    "app/accounts/sessions.py": {"sign_in_first"},
}
"""The few functions that all checks go through: each of their branches is a check."""


@dataclass(frozen=True, slots=True)
class Site:
    """One check in the source and one way of taking it out."""

    path: str
    line: int
    column: int
    way: str
    """``mark``, ``everything``, ``open`` or ``shut``."""
    text: str
    function: str
    """The function that it stands in, with the class or function around that."""

    @property
    def id(self) -> str:
        """What names it to another process."""
        return f"{self.path}:{self.line}:{self.column}:{self.way}"

    @property
    def place(self) -> tuple[int, int]:
        return self.line, self.column


def forced(value: Any, way: str) -> Any:
    """What stands where the check's own answer stood."""
    if way == "everything":
        return EVERYTHING
    if isinstance(value, ClauseElement):
        return true() if way == "open" else false()
    if isinstance(value, list):
        return []
    return way == "open"


_noted: list[Callable[[tuple[str, int, int]], None]] = []


def noted(value: Any, path: str, line: int, column: int) -> Any:
    """A check was asked; its answer stands."""
    for note in _noted:
        note((path, line, column))
    return value


def sites() -> list[Site]:
    """Every check of the program, in the order of the source."""
    found: list[Site] = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        functions = list(_functions(tree, ""))
        seen = {
            Site(
                name, node.lineno, node.col_offset, way,
                ast.get_source_segment(text, node) or "", _around(node, functions),
            )
            for node, way in _checks(tree, _WHOLE.get(name, set()))
        }  # fmt: skip
        found += sorted(seen, key=lambda it: (it.line, it.column, it.way))
    return found


def _checks(tree: ast.Module, whole: set[str]) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from ((it, "mark") for it in node.decorator_list if _is_mark(it))
        elif isinstance(node, ast.expr):
            yield from ((node, way) for way in _ways(node))
    for name, function in _functions(tree, ""):
        if name in whole:
            yield from _branches(function)


def _ways(node: ast.expr) -> tuple[str, ...]:
    """How an expression that is a check is taken out; nothing for any other."""
    match node:
        case ast.Call(func=asked) if _name(asked) in _SCOPES:
            return ("everything",)
        case ast.Call(func=asked) if _name(asked) in _ANSWERS:
            return ("open",)
        case ast.Call(func=ast.Attribute(attr="in_"), args=[side]) if _is_reach(side):
            return ("open",)
        case ast.Attribute(attr="is_everything", value=of) if _is_scope(of):
            return ("open",)
        case ast.Compare() if _compares_people(node):
            return "open", "shut"
        case ast.Compare(ops=[ast.In()], comparators=[side]) if _is_reach(side):
            return ("open",)
    return ()


def _is_mark(node: ast.expr) -> bool:
    marked = node.func if isinstance(node, ast.Call) else node
    return _name(marked) in {"requires", "signed_in"}


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _compares_people(node: ast.Compare) -> bool:
    """``row.uploaded_by != actor.user_id``: both sides say who; ``by in entered_by(…)`` too."""
    sides = (node.left, *node.comparators)
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        return isinstance(sides[1], ast.Call) and _name(sides[1].func) in _PEOPLE
    return len(sides) == 2 and all(_name(it) in _WHO for it in sides)


def _is_reach(node: ast.expr) -> bool:
    """``scope.enterprises`` and what is made of it: the other side has to lie inside."""
    return any(
        isinstance(it, ast.Attribute) and it.attr in _REACHED and _is_scope(it.value)
        for it in ast.walk(node)
    )


def _is_scope(node: ast.expr) -> bool:
    return _name(node.func if isinstance(node, ast.Call) else node) in _SCOPE


def _functions(node: ast.AST, within: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield within + child.name, child
            yield from _functions(child, f"{within}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{within}{child.name}.")
        else:
            yield from _functions(child, within)


def _around(node: ast.expr, functions: Sequence[tuple[str, ast.FunctionDef]]) -> str:
    """The innermost function; a mark stands in the one that it marks."""
    return next(
        (
            name
            for name, it in reversed(functions)
            if min([it.lineno, *(mark.lineno for mark in it.decorator_list)])
            <= node.lineno
            <= (it.end_lineno or 0)
        ),
        "",
    )


def _branches(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.IfExp):
            yield node.test, "shut"
            yield node.test, "open"
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            yield node, "open"


class _Forcing(ast.NodeTransformer):
    """Puts a call around the expressions that ``around`` answers for."""

    def __init__(self, around: Callable[[ast.expr], str | None]) -> None:
        self._around = around

    def generic_visit(self, node: ast.AST) -> ast.AST:
        call = self._around(node) if isinstance(node, ast.expr) else None
        super().generic_visit(node)  # afterwards: a check may stand inside another one
        if call is None or not isinstance(node, ast.expr):
            return node
        put = ast.parse(f"__import__('tests.mutation').mutation.{call}", mode="eval").body
        assert isinstance(put, ast.Call)
        for it in ast.walk(put):
            ast.copy_location(it, node)
        put.args.insert(0, node)
        return ast.copy_location(put, node)


def _functions_of(path: Path) -> list[FunctionType]:
    return [it for it in gc.get_objects() if isinstance(it, FunctionType) and _is_of(it, path)]


def _is_of(function: FunctionType, path: Path) -> bool:
    return function.__code__.co_filename == str(path)


@contextmanager
def _recoded(path: str, around: Callable[[ast.expr], str | None]) -> Iterator[int]:
    """The functions of one file run with changed code inside; tells how many those are."""
    file = ROOT / path
    tree = _Forcing(around).visit(ast.parse(file.read_text(encoding="utf-8")))
    module = compile(tree, str(file), "exec", dont_inherit=True)
    changed = {_key(code): code for code in _codes(module)}
    before = []
    for function in _functions_of(file):
        code = changed.get(_key(function.__code__))
        if code is not None and code != function.__code__:
            before.append((function, function.__code__))
            function.__code__ = code
    try:
        yield len(before)
    finally:
        for function, code in before:
            function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for it in code.co_consts:
        if isinstance(it, CodeType):
            yield it
            yield from _codes(it)


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


@contextmanager
def without(site: Site, app: Flask | None = None) -> Iterator[int]:
    """The program without this check; how many functions that changed. Marks need the app."""
    if site.way == "mark":
        assert app is not None
        with _without_mark(site, app) as number:
            yield number
        return

    def around(node: ast.expr) -> str | None:
        is_it = (node.lineno, node.col_offset) == site.place and _spans(node, site)
        return f"forced({site.way!r})" if is_it else None

    with _recoded(site.path, around) as number:
        yield number


def _spans(node: ast.expr, site: Site) -> bool:
    """Several expressions begin at one place: ``a.covers(b)`` and its ``a``."""
    return ast.dump(node) == ast.dump(ast.parse(site.text.strip(), mode="eval").body)


@contextmanager
def _without_mark(site: Site, app: Flask) -> Iterator[int]:
    views: list[Any] = [
        view
        for view in app.view_functions.values()
        if _file_of(view) == site.path and _marked_at(view) == site.line
    ]
    former = [view.__access__ for view in views]
    opened = "signed-in" if site.text.startswith("requires") else "public"
    for view in views:
        view.__access__ = opened
    try:
        yield len(views)
    finally:
        for view, mark in zip(views, former, strict=True):
            view.__access__ = mark


def _file_of(view: Any) -> str:
    path = Path(view.__code__.co_filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""


def _marked_at(view: Any) -> int:
    """The line of the view's mark: the last decorator that is one."""
    path = ROOT / _file_of(view)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == view.__name__:
            lines = [it.lineno for it in node.decorator_list if _is_mark(it)]
            if lines:
                return lines[-1]
    return 0


@contextmanager
def noting(checks: Sequence[Site], note: Callable[[tuple[str, int, int]], None]) -> Iterator[None]:
    """``note`` is told of every check that is asked inside."""
    by_path: dict[str, list[Site]] = {}
    for it in checks:
        if it.way != "mark":
            by_path.setdefault(it.path, []).append(it)
    _noted.append(note)
    try:
        with ExitStack() as changed:
            for path, them in by_path.items():
                changed.enter_context(_recoded(path, _telling(path, them)))
            yield
    finally:
        _noted.remove(note)


def _telling(path: str, them: list[Site]) -> Callable[[ast.expr], str | None]:
    wanted: dict[tuple[int, int], list[Site]] = {}
    for it in them:
        wanted.setdefault(it.place, []).append(it)

    def around(node: ast.expr) -> str | None:
        here = wanted.get((node.lineno, node.col_offset), ())
        told = any(_spans(node, it) for it in here)
        return f"noted({path!r}, {node.lineno}, {node.col_offset})" if told else None

    return around


def chosen() -> Site | None:
    """The check that this process was told to go without."""
    wanted = os.environ.get(MUTANT)
    return next((it for it in sites() if it.id == wanted), None) if wanted else None
