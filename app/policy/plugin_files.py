"""Checks a plugin (插件) of the bureau before it is used: loads it by itself and asks its hooks."""

import inspect
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pluggy

from app.filing import hookspecs as filing_hookspecs
from app.kernel.hooks import PluginError, load_plugin_file, new_plugin_manager
from app.policy import builtin, hookspecs
from app.policy.measure_files import NO_CLAUSE, Fault
from app.policy.measures import MeasureConflict, collect_measures


def check_plugin(
    path: Path,
    specifications: Sequence[ModuleType] = (hookspecs, filing_hookspecs),
    *,
    clauses: frozenset[str] | None = None,
) -> list[Fault]:
    """Every fault found in a plugin with its line.

    The file is run. `specifications` are the hook specifications of all stages; `clauses` are
    those of the rulebook, None where it cannot be asked.
    """
    try:
        module = load_plugin_file(path)
    except PluginError as error:
        line = _line_in(path, error)
        return [
            Fault(path.name, line, "插件无法载入", f"请改正后再试（{error.__cause__ or error}）")
        ]
    plugins = new_plugin_manager(list(specifications), [builtin])
    hooks = _hooks_of(module, plugins)
    if not hooks:
        what = "没有实现任何挂钩"
        return [Fault(path.name, 1, what, "请在函数上加 @hookimpl，并核对函数名称")]
    faults = [
        Fault(path.name, function.__code__.co_firstlineno, *told)
        for hook, function in hooks
        if (told := _signature_fault(hook, function, plugins)) is not None
    ]
    if faults:
        return faults
    plugins.register(module, name=f"plugin:{path.name}")
    try:
        measures = collect_measures(plugins).values()
    except (PluginError, MeasureConflict) as error:
        line = _line_in(path, error, otherwise=hooks[0][1].__code__.co_firstlineno)
        return [Fault(path.name, line, "挂钩的结果不能使用", str(error))]
    if clauses is None:
        return []
    cited = dict.fromkeys(clause for measure in measures for clause in measure.clauses)
    return [
        Fault(path.name, _line_naming(clause, path), f"规则库中没有条款 {clause}", NO_CLAUSE)
        for clause in cited
        if clause not in clauses
    ]


def _line_naming(word: str, path: Path) -> int:
    """The first line of the file in which the word stands; 1 where it is put together."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if word in line), 1)


def _hooks_of(
    module: ModuleType, plugins: pluggy.PluginManager
) -> list[tuple[str, Callable[..., object]]]:
    hooks: list[tuple[str, Callable[..., object]]] = []
    for name, member in vars(module).items():
        options = plugins.parse_hookimpl_opts(module, name)
        if options is not None:
            hooks.append((options.get("specname") or name, member))
    return hooks


def _signature_fault(
    hook: str, function: Callable[..., object], plugins: pluggy.PluginManager
) -> tuple[str, str] | None:
    caller = getattr(plugins.hook, hook, None)
    if caller is None or caller.spec is None:
        known = "、".join(sorted(vars(plugins.hook)))
        return f"没有名为 {hook} 的挂钩", f"可用的挂钩：{known}"
    allowed = caller.spec.argnames
    unknown = [name for name in inspect.signature(function).parameters if name not in allowed]
    if unknown:
        words = "、".join(allowed) or "没有参数"
        return f"{hook} 不认识参数 {'、'.join(unknown)}", f"可用的参数：{words}"
    return None


def _line_in(path: Path, error: BaseException, otherwise: int = 1) -> int:
    """The line of the file at which the cause of the error arose."""
    cause = error.__cause__
    if isinstance(cause, SyntaxError):
        return cause.lineno or otherwise
    frames = traceback.extract_tb(cause.__traceback__) if cause is not None else []
    lines = (f.lineno for f in reversed(frames) if Path(f.filename) == path)
    return next((line for line in lines if line is not None), otherwise)
