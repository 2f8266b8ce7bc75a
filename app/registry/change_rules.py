"""What may change in the life of a plant (厂区变更), and what is said of it. Pure.

A change is asked of the plant as the register has it; every rule answers with the field and one
sentence for the person who fills in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from app.registry.domain import name_key, plant_number_problem, uscc_problem

__all__ = [
    "Change",
    "ChangeKind",
    "Found",
    "Handover",
    "Situation",
    "Stage",
    "bars_question",
    "faults",
    "former_names",
    "free_number",
    "told",
]

Found: TypeAlias = Iterator[tuple[str, str]]
_LONGEST_FORMER = 200
_BETWEEN = "；"


class ChangeKind(StrEnum):
    """What can become of a plant or of the enterprise that has it."""

    RENAME_ENTERPRISE = "rename-enterprise"
    RENAME_PLANT = "rename-plant"
    TRANSFER = "transfer"
    SPLIT = "split"
    MERGE = "merge"
    CLOSE = "close"
    REOPEN = "reopen"
    MOVE = "move"
    ABSORB = "absorb"
    """重复企业归并: its plants come to the enterprise that stays; only by a second person."""

    @property
    def words(self) -> str:
        """What people call it."""
        return _WORDS[self]


_WORDS: Mapping[ChangeKind, str] = MappingProxyType(
    {
        ChangeKind.RENAME_ENTERPRISE: "企业更名",
        ChangeKind.RENAME_PLANT: "厂区更名",
        ChangeKind.TRANSFER: "厂区转让",
        ChangeKind.SPLIT: "厂区分立",
        ChangeKind.MERGE: "厂区合并",
        ChangeKind.CLOSE: "厂区关闭",
        ChangeKind.REOPEN: "撤销关闭",
        ChangeKind.MOVE: "变更区县",
        ChangeKind.ABSORB: "重复企业归并",
    }
)


class Stage(StrEnum):
    """How far a change has come."""

    PLANNED = "planned"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    STUCK = "stuck"

    @property
    def words(self) -> str:
        """What people call it."""
        return _STAGES[self]


_STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.PLANNED: "预定变更",
        Stage.DONE: "已生效",
        Stage.WITHDRAWN: "已撤销",
        Stage.STUCK: "未能生效",
    }
)


FOLLOW, STAY = "follow", "stay"
"""What an officer decides of violations and findings where no clause says whom they go with."""
_BARS: Mapping[ChangeKind, tuple[str, str, str]] = MappingProxyType(
    {
        ChangeKind.TRANSFER: ("原企业适用于全部厂区的违法行为和虚假材料认定",
                              "对本厂区继续适用", "留在原企业"),
        ChangeKind.SPLIT: ("写明本厂区的违法行为和虚假材料认定",
                           "同样适用于新厂区", "只留在本厂区"),
        ChangeKind.MERGE: ("写明本厂区的违法行为和虚假材料认定",
                           "同样适用于继续存在的厂区", "只留在本厂区"),
    }
)  # fmt: skip
"""What is asked, and the words for ``FOLLOW`` and ``STAY``."""


def bars_question(kind: ChangeKind) -> tuple[str, Mapping[str, str]] | None:
    """What the officer has to decide for this kind of change, with the possible answers."""
    if kind not in _BARS:
        return None
    asked, follow, stay = _BARS[kind]
    return asked, {FOLLOW: follow, STAY: stay}


@dataclass(frozen=True, slots=True)
class Handover:
    """Facts on record against one side that are to hold for a plant as well (一并适用).

    ``from_plant`` None: those of the enterprise that name no plant.
    """

    from_enterprise: int
    from_plant: int | None
    to_enterprise: int
    to_plant: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for; texts that do not belong to the kind stay empty.

    ``name`` is the new name of the enterprise or plant, or the name of the plant split off;
    ``enterprise_name`` names a receiving enterprise that is not on record yet; ``bars`` is the
    officer's answer to :func:`bars_question`.
    """

    kind: ChangeKind
    plant_id: int
    effective_on: date
    reason: str
    document: str
    name: str = ""
    number: str = ""
    county: str = ""
    town: str = ""
    address: str = ""
    uscc: str = ""
    enterprise_name: str = ""
    survivor_id: int | None = None
    bars: str = ""

    def as_plain(self) -> dict[str, object]:
        """Itself as JSON can hold it."""
        return {**asdict(self), "effective_on": self.effective_on.isoformat()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Change:
        """Read back what :meth:`as_plain` gave."""
        values = {it.name: plain[it.name] for it in fields(cls) if it.name in plain}
        values["kind"] = ChangeKind(str(plain["kind"]))
        values["effective_on"] = date.fromisoformat(str(plain["effective_on"]))
        return cls(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Situation:
    """The register around a plant, as far as a change of it can run into something."""

    uscc: str
    enterprise_name: str
    number: str
    name: str
    county: str
    closed_on: date | None
    taken: frozenset[str] = frozenset()
    """Plant numbers of the enterprise that the plant is to belong to, or that splits."""
    receiver: str | None = None
    """The name of the enterprise with the code asked for; None: not on record."""
    receiver_out_of_reach: bool = False
    """Whether the receiving enterprise has plants, and none of them in the person's counties."""
    survivor: tuple[str, str, date | None] | None = None
    """Code, number and closing of the plant that continues after a merge."""
    county_names: Mapping[str, str] = field(default_factory=dict)


_ASK_THE_CITY = "请由市级人员办理"


def faults(change: Change, around: Situation, reachable: Callable[[str], bool]) -> Found:
    """Everything that keeps a change from being made; ``reachable`` knows the person's counties."""
    if not change.reason.strip():
        yield "reason", "请填写变更的原因"
    if not change.document.strip():
        yield "document", "请填写依据文件的文号或名称"
    if not reachable(around.county):
        yield "", f"厂区所在区县不在您的权限范围内，{_ASK_THE_CITY}"
    yield from _closing_faults(change, around)
    question = bars_question(change.kind)
    if question is not None and change.bars not in question[1]:
        yield "bars", f"条款没有规定{question[0]}归谁，请选择"
    rule = _RULES.get(change.kind)
    if rule is not None:
        yield from rule(change, around, reachable)


def _closing_faults(change: Change, around: Situation) -> Found:
    if change.kind is ChangeKind.REOPEN:
        if around.closed_on is None:
            yield "", "该厂区没有关闭，无须撤销关闭"
    elif around.closed_on is not None and change.kind is not ChangeKind.RENAME_ENTERPRISE:
        yield "", f"该厂区已于 {around.closed_on} 关闭，不能再办理{change.kind.words}"


def _renaming(change: Change, around: Situation, _reachable: Callable[[str], bool]) -> Found:
    of_enterprise = change.kind is ChangeKind.RENAME_ENTERPRISE
    before = around.enterprise_name if of_enterprise else around.name
    if not change.name.strip():
        yield "name", "请填写新名称"
    elif change.name == before:
        yield "name", f"新名称与现名称“{before}”相同，没有变更"


def _transfer(change: Change, around: Situation, _reachable: Callable[[str], bool]) -> Found:
    if wrong := uscc_problem(change.uscc):
        yield "uscc", wrong
        return
    if change.uscc == around.uscc:
        yield "uscc", "受让企业就是现在的企业，没有变更"
        return
    if around.receiver_out_of_reach:
        yield "uscc", f"受让企业登记在其他区县，不在您的权限范围内，{_ASK_THE_CITY}"
    elif around.receiver is None and not change.enterprise_name.strip():
        yield "enterprise_name", "登记簿中没有该代码的企业，请填写受让企业的名称，随变更一并登记"
    elif (
        around.receiver is not None
        and change.enterprise_name.strip()
        and name_key(change.enterprise_name) != name_key(around.receiver)
    ):
        yield (
            "enterprise_name",
            f"该代码已登记为“{around.receiver}”，与所填名称不同，请核对代码，或将名称留空",
        )
    yield from _number(change, around, "受让企业")


def _split(change: Change, around: Situation, reachable: Callable[[str], bool]) -> Found:
    if not change.name.strip():
        yield "name", "请填写分立出的厂区的名称"
    yield from _county(change, around, reachable)
    yield from _number(change, around, "本企业")


def _move(change: Change, around: Situation, reachable: Callable[[str], bool]) -> Found:
    if change.county == around.county:
        yield "county", "新的区县与现在的区县相同，没有变更"
    else:
        yield from _county(change, around, reachable)


def _county(change: Change, around: Situation, reachable: Callable[[str], bool]) -> Found:
    if change.county not in around.county_names:
        yield "county", "请选择区县"
    elif not reachable(change.county):
        name = around.county_names[change.county]
        yield "county", f"{name}不在您的权限范围内，涉及两个区县的变更{_ASK_THE_CITY}"


def _number(change: Change, around: Situation, whose: str) -> Found:
    if wrong := plant_number_problem(change.number):
        yield "number", wrong
    elif change.number in around.taken:
        free = free_number(around.taken)
        yield "number", f"{whose}已有或曾有编号为 {change.number} 的厂区，请换一个编号，例如 {free}"


def _merge(change: Change, around: Situation, _reachable: Callable[[str], bool]) -> Found:
    if around.survivor is None or change.survivor_id in (None, change.plant_id):
        yield "survivor_id", "请选择合并后继续存在的厂区"
        return
    uscc, number, closed_on = around.survivor
    if uscc != around.uscc:
        yield "survivor_id", "两个厂区不属于同一企业。请先办理厂区转让，再合并"
    elif closed_on is not None:
        yield "survivor_id", f"厂区 {number} 已于 {closed_on} 关闭，不能作为继续存在的厂区"


_RULES: Mapping[ChangeKind, Callable[[Change, Situation, Callable[[str], bool]], Found]] = {
    ChangeKind.RENAME_ENTERPRISE: _renaming,
    ChangeKind.RENAME_PLANT: _renaming,
    ChangeKind.TRANSFER: _transfer,
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGE: _merge,
    ChangeKind.MOVE: _move,
}


def free_number(taken: frozenset[str]) -> str:
    """The first plant number after the highest that an enterprise has ever used, or a gap."""
    highest = max((int(number) for number in taken if number.isdecimal()), default=0)
    for candidate in (*range(highest + 1, 1000), *range(1, highest)):
        if f"{candidate:03}" not in taken:
            return f"{candidate:03}"
    return ""


def former_names(name: str, already: str) -> str:
    """曾用名 after a change of name: the name just given up first, as far as there is room."""
    names = [name, *(part for part in already.split(_BETWEEN) if part and part != name)]
    while len(_BETWEEN.join(names)) > _LONGEST_FORMER and len(names) > 1:
        names.pop()
    return _BETWEEN.join(names)


def told(change: Change, around: Situation) -> str:
    """The change in one sentence, old and new side by side, with what the officer decided."""
    question = bars_question(change.kind)
    decided = f"；{question[0]}{question[1].get(change.bars, '')}" if question else ""
    return _told(change, around) + decided


def _told(change: Change, around: Situation) -> str:
    counties = around.county_names
    match change.kind:
        case ChangeKind.RENAME_ENTERPRISE:
            return f"企业名称由“{around.enterprise_name}”变更为“{change.name}”"
        case ChangeKind.RENAME_PLANT:
            return f"厂区名称由“{around.name}”变更为“{change.name}”"
        case ChangeKind.TRANSFER:
            receiver = around.receiver or change.enterprise_name
            return (
                f"由“{around.enterprise_name}”厂区 {around.number} 转让为"
                f"“{receiver}”（{change.uscc}）厂区 {change.number}"
            )
        case ChangeKind.SPLIT:
            return f"由厂区 {around.number}“{around.name}”分立出厂区 {change.number}“{change.name}”"
        case ChangeKind.MERGE:
            survivor = around.survivor[1] if around.survivor else ""
            return f"厂区 {around.number}“{around.name}”并入厂区 {survivor}，本厂区关闭"
        case ChangeKind.MOVE:
            old, new = (counties.get(code, code) for code in (around.county, change.county))
            return f"所在区县由{old}变更为{new}"
        case ChangeKind.REOPEN:
            return f"撤销 {around.closed_on} 的关闭"
        case _:
            return f"厂区 {around.number}“{around.name}”关闭"
