"""What must hold between the entries of 规则库; each fault is one sentence (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from app.rulebook.domain import (
    Catalogue,
    Clause,
    Grade,
    GradeOrder,
    Industry,
    RulebookInfo,
    Scheme,
    SchemeUse,
)
from app.rulebook.parameters import Parameter, Parameters


def value_fault(entry: Parameter, grades: Iterable[Grade]) -> str | None:
    """What is wrong with a parameter's value for its kind, None if nothing."""
    value, known = entry.value, set(grades)
    if entry.kind == "choice":
        options = "、".join(f'"{key}"' for key, _ in entry.choices)
        return None if value in dict(entry.choices) else f"应为下列之一：{options}"
    fits, wanted = _KINDS[entry.kind]
    return None if fits(value, known) else wanted


def _is_words(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(word, str) for word in value)


def _is_monthday(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{2}-\d{2}", value):
        return False
    try:
        date(2001, int(value[:2]), int(value[3:]))
    except ValueError:
        return False
    return True


def _is_order(value: object, grades: set[Grade]) -> bool:
    if not isinstance(value, tuple) or not _is_words(value):
        return False
    named = [grade for tier in value for grade in GradeOrder.from_tiers([tier]).ranks]
    return Counter(named) == Counter(grades)


_KINDS: Mapping[str, tuple[Callable[[object, set[Grade]], bool], str]] = {
    "bool": (lambda value, _: isinstance(value, bool), "应为 true 或 false"),
    "int": (
        lambda value, _: type(value) is int and value > 0,
        "应为大于 0 的整数",
    ),
    "share": (
        lambda value, _: isinstance(value, Decimal) and 0 <= value <= 1,
        "应为 0 到 1 之间的小数（0.30 即 30%）",
    ),
    "date": (lambda value, _: type(value) is date, "应为日期（如 2025-01-01，不加引号）"),
    "monthday": (lambda value, _: _is_monthday(value), '应为“月-日”（如 "12-31"）'),
    "list": (lambda value, _: _is_words(value), '应为文字的列表（如 ["甲", "乙"]）'),
    "grade": (lambda value, known: value in known, '应为等级名称（如 "B"）'),
    "grades": (
        lambda value, known: isinstance(value, tuple) and _is_words(value) and known >= set(value),
        '应为等级名称的列表（如 ["A", "B"]）',
    ),
    "order": (_is_order, "应由高到低列出全部等级，每个等级一次"),
}


def rulebook_faults(rulebooks: Iterable[RulebookInfo]) -> Iterator[str]:
    """Faults of rulebooks.toml."""
    yield from _doubles("rulebooks.toml", "规则集编号", (book.id for book in rulebooks))


def clause_faults(clauses: Iterable[Clause], rulebooks: set[str]) -> Iterator[str]:
    """Faults of clauses.toml."""
    listed = tuple(clauses)
    yield from _doubles("clauses.toml", "条款编号", (clause.id for clause in listed))
    for clause in listed:
        if clause.rulebook is not None and clause.rulebook not in rulebooks:
            where = f"clauses.toml：{clause.id} 的"
            yield f"{where} rulebook “{clause.rulebook}”不在 rulebooks.toml 中。"


def scheme_faults(
    schemes: Iterable[Scheme], rulebooks: set[str], clauses: Mapping[str, Clause]
) -> Iterator[str]:
    """Faults of schemes.toml."""
    listed = tuple(schemes)
    yield from _doubles("schemes.toml", "方案编号", (scheme.id for scheme in listed))
    for scheme in listed:
        where = f"schemes.toml：{scheme.id} 的"
        if scheme.rulebook not in rulebooks:
            yield f"{where} rulebook “{scheme.rulebook}”不在 rulebooks.toml 中。"
        if scheme.clause not in clauses:
            yield f"{where} clause “{scheme.clause}”不在 clauses.toml 中。"
        if ("B" in scheme.grades) != ("B-" in scheme.grades):
            yield f"{where} grades 中 B 与 B- 必须同时列出（PLAN-GRADES）。"
        if len(set(scheme.grades)) != len(scheme.grades):
            yield f"{where} grades 中有重复的等级。"


def industry_faults(
    catalogue: Catalogue, schemes: Mapping[str, Scheme], rulebooks: set[str]
) -> Iterator[str]:
    """Faults of industries.toml."""
    listed = catalogue.industries
    yield from _doubles("industries.toml", "行业编号", (industry.id for industry in listed))
    numbers = (f"{industry.number}" for industry in listed if industry.number is not None)
    yield from _doubles("industries.toml", "行业序号", numbers)
    names = (name for industry in listed for name in (industry.name, *industry.aliases))
    yield from _doubles("industries.toml", "行业名称或别名", names)
    for industry in listed:
        where = f"industries.toml：{industry.id} 的"
        if industry.local == (industry.number is not None):
            yield f"{where} number 应仅在国家重点行业填写，地方特色行业写 local = true。"
        names = (name for part in industry.subtypes for name in (part.name, *part.aliases))
        yield from _doubles("industries.toml", f"{industry.id} 的子类名称或别名", names)
        for use in _uses(industry):
            if use.rulebook not in rulebooks:
                yield f"{where} rulebook “{use.rulebook}”不在 rulebooks.toml 中。"
            if use.scheme_id is not None:
                scheme = schemes.get(use.scheme_id)
                if scheme is None or scheme.rulebook != use.rulebook:
                    yield f"{where} scheme “{use.scheme_id}”不是 {use.rulebook} 的等级方案。"


def doubled_parameters(ids: Iterable[str]) -> Iterator[str]:
    """Parameters written down twice in parameters.toml."""
    yield from _doubles("parameters.toml", "参数编号", ids)


def parameter_faults(
    parameters: Parameters, clauses: Mapping[str, Clause], grades: Iterable[Grade]
) -> Iterator[str]:
    """Faults of parameters.toml."""
    for parameter_id, history in parameters.histories.items():
        where = f"parameters.toml：{parameter_id} 的"
        if history[0].clause not in clauses:
            yield f"{where} clause “{history[0].clause}”不在 clauses.toml 中。"
        if not history[0].source:
            yield f"{where} source 为空，请写明出处。"
        starts = [entry.from_on for entry in history]
        if starts[0] is not None or len(set(starts)) != len(starts):
            yield f"{where} values 中须恰有一项不写 from_on，其余的日期各不相同。"
        if (history[0].kind == "choice") != bool(history[0].choices):
            yield f"{where} choices 应仅在 kind 为 choice 时填写。"
        for entry in history:
            if (entry.status == "未规定") != (entry.value is None):
                yield f"{where} status 为“未规定”时不写 value，其余状态必须写 value。"
            elif entry.value is not None and (fault := value_fault(entry, grades)):
                yield f"{where} value {fault}。"


def _uses(industry: Industry) -> Iterator[SchemeUse]:
    yield from industry.schemes
    for subtype in industry.subtypes:
        yield from subtype.schemes


def _doubles(file: str, what: str, entries: Iterable[str]) -> Iterator[str]:
    for entry, times in Counter(entries).items():
        if times > 1:
            yield f"{file}：{what}“{entry}”出现了 {times} 次，只能出现一次。"
