"""Checks a plugin (插件) of the bureau before it is used: loads it by itself and asks its hooks."""

import inspect
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pluggy

from app.kernel.hooks import PluginError, load_plugin_file, new_plugin_manager
from app.policy import builtin, hookspecs
from app.policy.measure_files import Fault
from app.policy.measures import MeasureConflict, collect_measures


def check_plugin(path: Path, specifications: Sequence[ModuleType] = (hookspecs,)) -> list[Fault]:
    """Every fault found in a plugin with its line.

    The file is run. `specifications` are the hook specifications of all stages.
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
        collect_measures(plugins)
    except (PluginError, MeasureConflict) as error:
        line = _line_in(path, error, otherwise=hooks[0][1].__code__.co_firstlineno)
        return [Fault(path.name, line, "挂钩的结果不能使用", str(error))]
    return []


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
