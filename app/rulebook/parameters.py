"""参数与设置: every number of the law and every choice of the bureau as dated values (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

ParameterStatus: TypeAlias = Literal["法定", "本局设定", "未规定"]
ParameterKind: TypeAlias = Literal[
    "bool", "int", "share", "list", "date", "monthday", "choice", "grade", "grades", "order"
]
Value: TypeAlias = bool | int | Decimal | date | str | tuple[str, ...] | None


class UnknownEntry(LookupError):
    """A clause, parameter, industry or rulebook that 规则库 does not hold."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True)
class Parameter:
    """参数: one dated value of a number or setting; None as value where the law is silent.

    `from_on` None: since the document it comes from. `choices` are the values a setting may take
    with the words a person reads for each. `county` is set on a value of one county only.
    """

    id: str
    title: str
    kind: ParameterKind
    value: Value
    unit: str
    clause: str
    source: str
    status: ParameterStatus
    from_on: date | None
    checked_on: date
    group: str = ""
    note: str = ""
    document: str = ""
    county: str | None = None
    overridable: bool = False
    per_county: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    edit: int | None = None
    """The edit on record that gave the value; None where it stands in a file."""

    @property
    def shown(self) -> str:
        """The value as a person reads it, with its unit; 未规定 where there is none."""
        value = self.value
        if value is None:
            return "未规定"
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, tuple):
            return (" > " if self.kind == "order" else "、").join(
                self._worded(item) for item in value
            )
        if isinstance(value, Decimal):
            return f"{(value * 100).normalize():f}%"
        if isinstance(value, date):
            return f"{value.year} 年 {value.month} 月 {value.day} 日"
        return f"{self._worded(str(value))} {self.unit}".rstrip()

    def _worded(self, item: str) -> str:
        return dict(self.choices).get(item, item)


@dataclass(frozen=True)
class Parameters:
    """All dated values of all parameters, oldest first within each id."""

    histories: Mapping[str, tuple[Parameter, ...]] = field(hash=False)

    @classmethod
    def of(cls, entries: Iterable[Parameter]) -> Parameters:
        """Dated values in any order; of two that start on one day the later given holds."""
        histories: dict[str, list[Parameter]] = {}
        for entry in entries:
            histories.setdefault(entry.id, []).append(entry)
        return cls({key: tuple(sorted(entries, key=_start)) for key, entries in histories.items()})

    def history(self, parameter_id: str) -> tuple[Parameter, ...]:
        """Every value the parameter has had, oldest first."""
        if parameter_id not in self.histories:
            raise UnknownEntry(f"规则库中没有参数“{parameter_id}”，请核对参数编号。")
        return self.histories[parameter_id]

    def on(self, parameter_id: str, on: date, county: str | None = None) -> Parameter:
        """The value in force on the day: the county's own if it has one, else the general."""
        begun = [entry for entry in self.history(parameter_id) if _start(entry) <= on]
        own = [entry for entry in begun if county is not None and entry.county == county]
        return (own or [entry for entry in begun if entry.county is None])[-1]

    def with_entries(self, entries: Iterable[Parameter]) -> Parameters:
        """The same with the bureau's own dated values added; earlier days keep theirs."""
        kept = [entry for history in self.histories.values() for entry in history]
        return Parameters.of([*kept, *entries])


def _start(entry: Parameter) -> date:
    return entry.from_on or date.min
