"""All measures of an installation: built-in, from files and from plugins, told apart by id."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import pluggy

from app.kernel.hooks import PluginError
from app.policy import builtin
from app.policy.domain import Condition, Criterion, Measure, Origin

ORIGIN_WORDS = {
    Origin.BUILT_IN: "程序自带",
    Origin.SETTINGS: "措施文件",
    Origin.PLUGIN: "插件",
}


class MeasureConflict(ValueError):
    """Two sources give the same id to different things, so neither can be trusted to be meant."""


class UnknownMeasure(LookupError):
    """No measure bears the id."""


_Part = TypeVar("_Part", Condition, Criterion)


def collect_measures(
    plugins: pluggy.PluginManager, from_files: Iterable[Measure] = ()
) -> dict[str, Measure]:
    """Every measure by its id, in order of ids, with what plugins add to it.

    `from_files` are those of the bureau's measure files. The order in which plugins were loaded
    does not matter. MeasureConflict when an id is used twice, PluginError when a plugin returns
    something else than it should.
    """
    found = [*_from_plugins(plugins), *from_files]
    measures: dict[str, Measure] = {}
    for measure in sorted(found, key=lambda m: (m.id, m.origin, m.source)):
        if measure.id in measures:
            raise MeasureConflict(
                f"措施编号 {measure.id} 重复：{told_origin(measures[measure.id])}和"
                f"{told_origin(measure)}都使用了它。请修改其中一个的编号。"
            )
        measures[measure.id] = measure
    return {measure.id: _extended(measure, plugins) for measure in measures.values()}


def find_measure(measures: dict[str, Measure], measure_id: str) -> Measure:
    """The measure of that id; UnknownMeasure names those there are."""
    if measure_id not in measures:
        raise UnknownMeasure(f"没有编号为 {measure_id} 的措施。现有措施：{'、'.join(measures)}。")
    return measures[measure_id]


def told_origin(measure: Measure) -> str:
    """Where the measure comes from, in words: 程序自带, 插件 plugin:county.py."""
    words = ORIGIN_WORDS[measure.origin]
    return words if measure.origin is Origin.BUILT_IN else f"{words} {measure.source}"


def _from_plugins(plugins: pluggy.PluginManager) -> Iterable[Measure]:
    for implementation, measures in _answers(plugins, "policy_measures", Measure):
        is_own = implementation.plugin is builtin
        for measure in measures:
            yield replace(
                measure,
                origin=Origin.BUILT_IN if is_own else Origin.PLUGIN,
                source=implementation.plugin_name,
            )


def _extended(measure: Measure, plugins: pluggy.PluginManager) -> Measure:
    conditions = _added(measure, plugins, "policy_conditions", Condition, measure.conditions)
    criteria = _added(measure, plugins, "policy_tie_breaks", Criterion, measure.full_order)
    clauses = dict.fromkeys((*measure.clauses, *(condition.clause for condition in conditions)))
    return replace(
        measure,
        clauses=tuple(clauses),
        conditions=measure.conditions + conditions,
        criteria=measure.criteria + criteria,
    )


def _added(
    measure: Measure,
    plugins: pluggy.PluginManager,
    hook: str,
    kind: type[_Part],
    present: Iterable[_Part],
) -> tuple[_Part, ...]:
    sources = {part.id: told_origin(measure) for part in present}
    added: list[_Part] = []
    answers = _answers(plugins, hook, kind, measure_id=measure.id)
    for implementation, parts in sorted(answers, key=lambda answer: answer[0].plugin_name):
        for part in parts:
            if part.id in sources:
                raise MeasureConflict(
                    f"措施 {measure.id} 中的编号 {part.id} 重复：{sources[part.id]}和插件 "
                    f"{implementation.plugin_name} 都使用了它。请修改其中一个的编号。"
                )
            sources[part.id] = f"插件 {implementation.plugin_name} "
            added.append(part)
    return tuple(sorted(added, key=lambda part: part.id))


_Answer = TypeVar("_Answer", Measure, Condition, Criterion)


def _answers(
    plugins: pluggy.PluginManager, hook: str, kind: type[_Answer], **arguments: Any
) -> list[tuple[pluggy.HookImpl, list[_Answer]]]:
    """What each plugin answers by itself, so that everything can be traced to its origin."""
    answers: list[tuple[pluggy.HookImpl, list[_Answer]]] = []
    for implementation in getattr(plugins.hook, hook).get_hookimpls():
        asked = [arguments[name] for name in implementation.argnames]
        try:
            given = implementation.function(*asked)
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"插件 {implementation.plugin_name} 的 {hook} 运行失败"
                f"（{type(error).__name__}：{error}）。请改正该插件。"
            ) from error
        if given is None:
            continue
        if not isinstance(given, list) or not all(isinstance(part, kind) for part in given):
            raise PluginError(
                f"插件 {implementation.plugin_name} 的 {hook} 返回的不是 {kind.__name__} 的列表。"
                "请改正该插件。"
            )
        answers.append((implementation, given))
    return answers
