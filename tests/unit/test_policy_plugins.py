"""Measures from plugins (插件) and from the bureau's measure files (措施文件)."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import ModuleType

import pluggy
import pytest

from app.kernel.hooks import PluginError, hookimpl, load_plugin_file, new_plugin_manager
from app.kernel.verdicts import Reason
from app.policy import builtin, hookspecs
from app.policy.criteria import BEST_FIRST
from app.policy.domain import Condition, Criterion, Measure, Origin, rank_candidates
from app.policy.measure_files import (
    Fault,
    MeasureFileError,
    Vocabulary,
    check_measure_file,
    load_measure_files,
)
from app.policy.measures import MeasureConflict, UnknownMeasure, collect_measures, find_measure
from app.policy.plugin_files import check_plugin
from tests.policies import DAY, ORDER, SETTINGS, candidate, standing


def always(name: str) -> Condition:
    return Condition(name, "NAT-DIFF", lambda _c, _s: Reason("NAT-DIFF", "是。", met=True))


def by_name(name: str) -> Criterion:
    return Criterion(name, "企业名称", lambda c, _s: c.name, lambda c: c.name)


class CountyPlugin:
    """A plugin that adds one of each to the city's reserve."""

    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def policy_measures(self) -> list[Measure]:
        return [Measure(f"measure-{self.name}", "示例", (), (always("a"),), BEST_FIRST)]

    @hookimpl
    def policy_conditions(self, measure_id: str) -> list[Condition]:
        return [always(f"condition-{self.name}")] if measure_id == "rights-city" else []

    @hookimpl
    def policy_tie_breaks(self, measure_id: str) -> list[Criterion]:
        return [by_name(f"criterion-{self.name}")] if measure_id == "rights-city" else []


def plugins_with(*plugins: tuple[str, object]) -> pluggy.PluginManager:
    manager = new_plugin_manager([hookspecs], [builtin])
    for name, plugin in plugins:
        manager.register(plugin, name=name)
    return manager


# --- Plugins -----------------------------------------------------------------------------------


def test_the_order_in_which_plugins_are_loaded_does_not_matter() -> None:
    plugins = [(f"plugin:{name}.py", CountyPlugin(name)) for name in ("b", "c", "a")]
    shapes = []
    for order in itertools.permutations(plugins):
        measures = collect_measures(plugins_with(*order))
        shapes.append(
            [
                (
                    measure.id,
                    measure.origin,
                    measure.source,
                    [condition.id for condition in measure.conditions],
                    [criterion.id for criterion in measure.full_order],
                )
                for measure in measures.values()
            ]
        )
    assert all(shape == shapes[0] for shape in shapes)
    city = next(shape for shape in shapes[0] if shape[0] == "rights-city")
    assert city[3] == ["grade-among", "condition-a", "condition-b", "condition-c"]
    assert city[4][-5:] == ["criterion-a", "criterion-b", "criterion-c", "uscc", "plant"]


def test_a_measure_names_the_clauses_of_what_was_added() -> None:
    measures = collect_measures(plugins_with(("plugin:a.py", CountyPlugin("a"))))
    assert measures["rights-city"].clauses == ("PLAN-RIGHTS", "NAT-DIFF")


def test_each_measure_knows_its_origin() -> None:
    measures = collect_measures(plugins_with(("plugin:a.py", CountyPlugin("a"))))
    assert measures["positive-list"].origin is Origin.BUILT_IN
    assert measures["measure-a"].origin is Origin.PLUGIN
    assert measures["measure-a"].source == "plugin:a.py"


def test_an_id_used_twice_is_refused_with_both_origins() -> None:
    plugins = plugins_with(("plugin:a.py", CountyPlugin("x")), ("plugin:b.py", CountyPlugin("x")))
    with pytest.raises(MeasureConflict, match=r"measure-x 重复：.*plugin:a\.py.*plugin:b\.py"):
        collect_measures(plugins)


def test_a_condition_id_used_twice_is_refused_with_both_origins() -> None:
    class Other(CountyPlugin):
        @hookimpl
        def policy_measures(self) -> list[Measure]:
            return []

    plugins = plugins_with(("plugin:a.py", CountyPlugin("x")), ("plugin:b.py", Other("x")))
    with pytest.raises(MeasureConflict, match=r"condition-x 重复：.*plugin:a\.py.*plugin:b\.py"):
        collect_measures(plugins)


def test_a_file_may_not_take_the_id_of_a_built_in_measure(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD.replace("green-credit", "positive-list"), "utf-8")
    with pytest.raises(MeasureConflict, match=r"程序自带.*措施文件 own\.toml"):
        collect_measures(plugins_with(), load_measure_files(tmp_path))


def test_a_plugin_that_fails_is_named() -> None:
    class Broken:
        @hookimpl
        def policy_measures(self) -> list[Measure]:
            raise RuntimeError("没有数据")

    with pytest.raises(
        PluginError, match=r"plugin:broken\.py 的 policy_measures 运行失败.*没有数据"
    ):
        collect_measures(plugins_with(("plugin:broken.py", Broken())))


def test_a_plugin_that_returns_something_else_is_named() -> None:
    class Wrong:
        @hookimpl
        def policy_measures(self) -> object:
            return ["positive-list"]

    with pytest.raises(PluginError, match="返回的不是 Measure 的列表"):
        collect_measures(plugins_with(("plugin:wrong.py", Wrong())))


def test_a_measure_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(UnknownMeasure, match=r"没有编号为 x 的措施。现有措施：.*positive-list"):
        find_measure(collect_measures(plugins_with()), "x")


def test_every_hook_is_one_sentence() -> None:
    hooks = [value for name, value in vars(hookspecs).items() if name.startswith("policy_")]
    assert len(hooks) == 3
    for hook in hooks:
        assert hook.__doc__.count("\n") == 0
        assert hook.__doc__.endswith(".")


# --- Checking a plugin file --------------------------------------------------------------------

GOOD_PLUGIN = """\
from app.kernel.hooks import hookimpl
from app.policy.conditions import grade_among
from app.policy.criteria import BEST_FIRST
from app.policy.domain import Measure


@hookimpl
def policy_measures():
    favour = grade_among(["A"], clause="NAT-DIFF", favour="优先支持", those="A 级企业")
    return [Measure("county-fund", "县级资金", ("NAT-DIFF",), (favour,), BEST_FIRST)]
"""


def check(folder: Path, text: str) -> list[Fault]:
    path = folder / "county.py"
    path.write_text(text, encoding="utf-8")
    return check_plugin(path)


def test_a_good_plugin_has_no_fault_and_works(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD_PLUGIN) == []
    module: ModuleType = load_plugin_file(tmp_path / "county.py")
    measures = collect_measures(plugins_with(("plugin:county.py", module)))
    ranked = rank_candidates(
        measures["county-fund"], [candidate("1", standing("A"))], DAY, SETTINGS, ORDER
    )
    assert ranked.rows[0].rank == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("def policy_measures():", "def policy_measures(:", 8, "载入"),
        ("    favour = grade_among(", "    favour = no_such(", 9, "no_such"),
        ("from app.policy.domain import Measure", "import no_such_module", 4, "no_such_module"),
        ("def policy_measures():", "def policy_measure():", 7, "没有名为 policy_measure 的挂钩"),
        ("def policy_measures():", "def policy_measures(day):", 7, "不认识参数 day"),
        ("@hookimpl\n", "", 1, "没有实现任何挂钩"),
        ('"county-fund"', '"rights-city"', 7, "rights-city 重复"),
    ],
)
def test_a_fault_of_a_plugin_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD_PLUGIN
    faults = check(tmp_path, GOOD_PLUGIN.replace(old, new))
    assert [(fault.file, fault.line) for fault in faults] == [("county.py", line)]
    assert says in str(faults[0])


# --- Measure files -----------------------------------------------------------------------------

GOOD = """\
# 示例
id = "green-credit"
title = "绿色信贷优先支持名单"
order = "better-first"

[admit]
grades = ["A", "引领性", "B"]
clause = "NAT-DIFF"
text = "优先支持绿色信贷"
those = "优先支持的 A 级、B 级和引领性企业"

[[exclude]]
when = "blocked"
clause = "PLAN-BLOCK"

[[exclude]]
when = "violations-over"
clause = "NAT-DIFF"
limit = 2

[[exclude]]
when = "industry"
clause = "NAT-DIFF"
values = ["炭黑制造"]
"""


def checked(folder: Path, text: str) -> list[Fault]:
    path = folder / "green.toml"
    path.write_text(text, encoding="utf-8")
    return check_measure_file(path)


def test_a_measure_file_becomes_a_measure(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD) == []
    measure = collect_measures(plugins_with(), load_measure_files(tmp_path))["green-credit"]
    assert (measure.origin, measure.source) == (Origin.SETTINGS, "green.toml")
    assert measure.clauses == ("NAT-DIFF", "PLAN-BLOCK")
    plants = [
        candidate("1", standing("B-")),
        candidate("2", standing("A", violations_36m=3)),
        candidate("3", standing("A", blocked=True, blocking=(1,))),
        candidate("4", standing("C")),
        candidate("5", standing("A"), industry="炭黑制造/湿法"),
        candidate("6", standing("A", violations_36m=2)),
    ]
    rows = rank_candidates(measure, plants, DAY, SETTINGS, ORDER).rows
    assert [(row.candidate.uscc, row.rank) for row in rows[:2]] == [("6", 1), ("1", 2)]
    failed = {
        row.candidate.uscc: [reason.text for reason in row.reasons if not reason.met]
        for row in rows[2:]
    }
    assert failed == {
        "2": ["近 36 个月违法行为 3 件，超过 2 件。"],
        "3": ["当年（2025 年，按决定日期计）有所列环境违法行为 1 件，按本局设定不列入。"],
        "4": ["绩效等级为 C 级，不属于优先支持的 A 级、B 级和引领性企业。"],
        "5": ["主要行业为炭黑制造，属于炭黑制造。"],
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('id = "green-credit"', 'id = "Green"', 2, "小写字母"),
        ('id = "green-credit"', 'id = "green', 2, "TOML 语法"),
        ('id = "green-credit"\n', "", 1, "缺少 id"),
        ('title = "绿色信贷优先支持名单"', "title = 3", 3, "title 的类型不对"),
        ('title = "绿色信贷优先支持名单"', 'title = " "', 3, "title 为空"),
        ("better-first", "best", 4, "order 不能是 best"),
        ('["A", "引领性", "B"]', '["A", "甲"]', 7, "没有等级“甲”"),
        ('["A", "引领性", "B"]', "[]", 7, "grades 是空的"),
        ('clause = "PLAN-BLOCK"', 'clause = "方案"', 14, "条款编号"),
        ('clause = "PLAN-BLOCK"', "", 12, "缺少 clause"),
        ('when = "blocked"', 'when = "bad"', 13, "when 不能是 bad"),
        ('when = "blocked"', "", 12, "缺少 when"),
        ('when = "blocked"', 'when = "industry"\nvalues = ["铸造"]', 23, "写了两次"),
        ("limit = 2", 'limit = "2"', 19, "limit 的类型不对"),
        ("limit = 2", "limit = -1", 19, "0 至 10000"),
        ("limit = 2", "limits = 2", 19, "不认识 limits"),
    ],
)
def test_a_fault_of_a_measure_file_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    faults = checked(tmp_path, GOOD.replace(old, new))
    fitting = [fault for fault in faults if says in str(fault)]
    assert [(fault.file, fault.line) for fault in fitting] == [("green.toml", line)]
    with pytest.raises(MeasureFileError, match=r"green\.toml，第 "):
        load_measure_files(tmp_path)


def test_names_that_the_rulebook_does_not_know_are_told(tmp_path: Path) -> None:
    path = tmp_path / "green.toml"
    path.write_text(GOOD, encoding="utf-8")
    vocabulary = Vocabulary(frozenset({"NAT-DIFF"}), frozenset({"铸造"}))
    assert [(f.line, f.what) for f in check_measure_file(path, vocabulary)] == [
        (14, "规则库中没有条款 PLAN-BLOCK"),
        (24, "行业目录中没有“炭黑制造”"),
    ]


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "green.toml"
    path.write_bytes(GOOD.encode("gb18030"))
    (fault,) = check_measure_file(path)
    assert "UTF-8" in fault.mend


def test_a_folder_that_is_not_there_holds_no_measures(tmp_path: Path) -> None:
    assert load_measure_files(tmp_path / "measures") == []


def test_a_plugin_that_checks_filings_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(
        "from app.kernel.hooks import hookimpl\n\n\n@hookimpl\n"
        "def filing_checks(working):\n    return []\n"
    )
    assert check_plugin(path) == []
