"""A measure (差异化政策) as a value, and the ranked list that it makes of the register on a day."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Any, Protocol, TypeVar

from app.grades.domain import Standing
from app.kernel.verdicts import Reason
from app.rulebook.domain import GradeOrder

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plant (厂区) with what the register says of it and its standing on the day."""

    plant_id: int
    uscc: str
    plant: str
    """厂区编号: three digits."""
    plant_name: str
    name: str
    """企业名称."""
    county: str
    """区县代码: six digits."""
    industry: str
    """Catalogue name of the main industry, with /子类 when there is one."""
    livelihood: bool
    """民生保障类."""
    state: str
    """生产状态."""
    standing: Standing


class SettingMissing(LookupError):
    """A measure reads a setting that nobody has given a value for this day."""

    def __init__(self, setting: str) -> None:
        super().__init__(
            f"参数 {setting} 在该日没有可用的取值，清单无法计算。"
            "请在规则参数中为它设定生效日期和取值。"
        )


class RuleFailed(RuntimeError):
    """A condition or criterion, most likely a plugin's, does not work; there is no list then."""

    def __init__(self, rule: str, error: Exception) -> None:
        super().__init__(
            f"条件或排序依据 {rule} 运行失败（{type(error).__name__}），清单无法计算。"
            "请改正或停用提供它的插件。"
        )


@dataclass(frozen=True, slots=True)
class Situation:
    """The day, the settings in force on it and the order of grades, as every rule receives them."""

    on: date
    settings: Mapping[str, object]
    order: GradeOrder

    def value(self, setting: str) -> object:
        """The value of a setting (参数); one without a value is an error."""
        if setting not in self.settings:
            raise SettingMissing(setting)
        return self.settings[setting]

    def is_set(self, setting: str) -> bool:
        """Whether a yes/no setting (是/否参数) is on; any other value is an error."""
        value = self.value(setting)
        if not isinstance(value, bool):
            raise SettingMissing(setting)
        return value


class Comparable(Protocol):
    """What can stand in an order."""

    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition for being admitted (纳入条件), with the clause it comes from."""

    id: str
    clause: str
    judge: Callable[[Candidate, Situation], Reason]
    only_if: str | None = None
    """The yes/no setting that turns this condition on; without one it always applies."""
    settings: tuple[str, ...] = ()
    """Further settings that `judge` reads."""
    title: str = ""
    """The condition as a list of measures tells it, without the full stop."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of the order (排序依据): what has the smaller key stands in front."""

    id: str
    title: str
    """The rule as the list prints it, e.g. 等级由高到低."""
    key: Callable[[Candidate, Situation], Comparable]
    words: Callable[[Candidate], str]
    """What this plant brings, e.g. 绩效等级 A 级."""


BY_USCC = Criterion(
    "uscc", "统一社会信用代码由小到大", lambda c, _: c.uscc, lambda c: f"统一社会信用代码 {c.uscc}"
)
BY_PLANT = Criterion(
    "plant", "厂区编号由小到大", lambda c, _: c.plant, lambda c: f"厂区编号 {c.plant}"
)
IDENTITY = (BY_USCC, BY_PLANT)
"""Ends every order, so that no two plants share a rank; says nothing about merit."""
NO_MERIT = "这只是固定的次序，不表示优劣。"
ORDER_NOTE = f"前列各项都相同的，按统一社会信用代码、厂区编号排列；{NO_MERIT}"


WORSE_FIRST = "worse-grade-first"
"""The criterion that puts the lowest grade in front, first in the order of a burden (减排)."""


class Origin(StrEnum):
    """Where a measure comes from."""

    BUILT_IN = "built-in"
    SETTINGS = "settings"
    PLUGIN = "plugin"


@dataclass(frozen=True, slots=True)
class Measure:
    """A policy measure (措施): who is admitted, by which clauses, and in which order."""

    id: str
    title: str
    clauses: tuple[str, ...]
    conditions: tuple[Condition, ...]
    criteria: tuple[Criterion, ...]
    origin: Origin = Origin.PLUGIN
    source: str = ""
    """The plugin or file that holds it."""

    @property
    def full_order(self) -> tuple[Criterion, ...]:
        """The criteria of the order, the two that always decide included."""
        return self.criteria + IDENTITY

    @property
    def is_burden(self) -> bool:
        """Whether those admitted are laid a duty on (减排), the lowest grade first."""
        return any(criterion.id == WORSE_FIRST for criterion in self.criteria[:1])

    @property
    def summary(self) -> str:
        """Who is admitted, in one sentence: the conditions one after the other."""
        return "；".join(condition.title or condition.id for condition in self.conditions) + "。"

    @property
    def settings(self) -> tuple[str, ...]:
        """The ids of all settings that the measure reads, sorted."""
        read = set(chain.from_iterable(c.settings for c in self.conditions))
        switches = {c.only_if for c in self.conditions if c.only_if is not None}
        return tuple(sorted(read | switches))


@dataclass(frozen=True, slots=True)
class RankedRow:
    """A plant in a list: admitted with a rank or not, and every reason, met or not."""

    candidate: Candidate
    reasons: tuple[Reason, ...]
    rank: int | None
    order: tuple[Criterion, ...]
    """The criteria by which this row was placed …"""
    keys: tuple[Comparable, ...]
    """… and its key for each of them."""

    @property
    def admitted(self) -> bool:
        """Whether the plant is admitted (纳入)."""
        return self.rank is not None


@dataclass(frozen=True, slots=True)
class RankedList:
    """What a measure answers for a day: the admitted by rank, then the others by code."""

    measure: Measure
    on: date
    rows: tuple[RankedRow, ...]

    @property
    def admitted(self) -> int:
        """How many plants are admitted (纳入)."""
        return sum(row.admitted for row in self.rows)

    def place_of(self, plant_id: int) -> int | None:
        """Where the plant's row stands, counted from 0; None when it is not in the list."""
        return next(
            (n for n, row in enumerate(self.rows) if row.candidate.plant_id == plant_id), None
        )

    def of_counties(self, counties: Iterable[str]) -> "RankedList":
        """The rows of some counties (区县); the ranks stay those of the whole register."""
        wanted = frozenset(counties)
        rows = tuple(row for row in self.rows if row.candidate.county in wanted)
        return RankedList(self.measure, self.on, rows)


class DoublePlant(ValueError):
    """One plant was handed over twice: there is no telling which of the two facts is right."""

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(
            f"厂区 {candidate.uscc} {candidate.plant} 出现了两次，名次无法确定。"
            "请核对企业台账中该厂区的统一社会信用代码和厂区编号。"
        )


def rank_candidates(
    measure: Measure,
    candidates: Iterable[Candidate],
    on: date,
    settings: Mapping[str, object],
    order: GradeOrder,
) -> RankedList:
    """Every plant gets its reasons; those that meet all conditions get a rank.

    `settings` holds a value for each of `measure.settings`, else SettingMissing. The order in
    which the candidates come does not matter; the same plant twice raises DoublePlant.
    """
    situation = Situation(on, settings, order)
    in_force = tuple(
        c for c in measure.conditions if c.only_if is None or situation.is_set(c.only_if)
    )
    admitted: list[tuple[Candidate, tuple[Reason, ...]]] = []
    others: list[tuple[Candidate, tuple[Reason, ...]]] = []
    for candidate in candidates:
        reasons = tuple(_judged(condition, candidate, situation) for condition in in_force)
        (admitted if all(r.met for r in reasons) else others).append((candidate, reasons))
    rows = (
        *_placed(admitted, measure.full_order, situation, ranked=True),
        *_placed(others, IDENTITY, situation, ranked=False),
    )
    _refuse_doubles(rows)
    return RankedList(measure, on, rows)


def ranks_with(ranked: RankedList, fresh: RankedList, plants: Collection[int]) -> dict[int, int]:
    """Each admitted plant's rank if these plants brought what they bring in ``fresh``.

    Both lists are of one measure and day; a plant that ``fresh`` does not hold is gone. The same
    as ranking the whole register anew, since a plant's place follows from its keys alone.
    """
    rows = [it for it in ranked.rows if it.admitted and it.candidate.plant_id not in plants]
    rows += [it for it in fresh.rows if it.admitted and it.candidate.plant_id in plants]
    in_order = _sorted(rows, lambda row: row.keys, ranked.measure.full_order)
    return {it.candidate.plant_id: rank for rank, it in enumerate(in_order, start=1)}


def _judged(condition: Condition, candidate: Candidate, situation: Situation) -> Reason:
    try:
        return condition.judge(candidate, situation)
    except SettingMissing:
        raise
    except Exception as error:
        raise RuleFailed(condition.id, error) from error


def _key(criterion: Criterion, candidate: Candidate, situation: Situation) -> Comparable:
    try:
        return criterion.key(candidate, situation)
    except SettingMissing:
        raise
    except Exception as error:
        raise RuleFailed(criterion.id, error) from error


def _placed(
    judged: Iterable[tuple[Candidate, tuple[Reason, ...]]],
    order: tuple[Criterion, ...],
    situation: Situation,
    *,
    ranked: bool,
) -> list[RankedRow]:
    keyed = [
        (tuple(_key(criterion, candidate, situation) for criterion in order), candidate, reasons)
        for candidate, reasons in judged
    ]
    in_order = _sorted(keyed, lambda entry: entry[0], order)
    return [
        RankedRow(candidate, reasons, place if ranked else None, order, keys)
        for place, (keys, candidate, reasons) in enumerate(in_order, start=1)
    ]


def _sorted(
    items: Iterable[Item],
    keys: Callable[[Item], tuple[Comparable, ...]],
    order: Iterable[Criterion],
) -> list[Item]:
    try:
        return sorted(items, key=keys)
    except TypeError as error:  # keys of different kinds
        raise RuleFailed("、".join(criterion.id for criterion in order), error) from error


def _refuse_doubles(rows: Iterable[RankedRow]) -> None:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        identity = (row.candidate.uscc, row.candidate.plant)
        if identity in seen:
            raise DoublePlant(row.candidate)
        seen.add(identity)


class Step(StrEnum):
    """What a criterion did when two rows were compared, in the words of the page."""

    EQUAL = "相同"
    DECIDED = "由此分出先后"
    UNUSED = "不再比较"


@dataclass(frozen=True, slots=True)
class ComparedCriterion:
    """One criterion with what each of two rows brings."""

    title: str
    before: str
    behind: str
    step: Step


@dataclass(frozen=True, slots=True)
class Comparison:
    """Why one row of a list stands in front of another."""

    criterion: str
    """Id of the criterion that decided; "admitted" between an admitted plant and another."""
    text: str
    unnamed: str
    """The same without a word on the row in front, for those who may not see it."""
    criteria: tuple[ComparedCriterion, ...] = ()
    """Every criterion in its turn; none between an admitted plant and another."""


def explain_neighbours(row_a: RankedRow, row_b: RankedRow) -> Comparison:
    """The first criterion in which two rows of the same list differ decided their order.

    `row_a` is the one in front.
    """
    if row_a.admitted != row_b.admitted:
        text = "纳入的厂区排在前面；后者未纳入，没有位次。"
        return Comparison("admitted", text, text)
    number = next((n for n, key in enumerate(row_a.keys) if key != row_b.keys[n]), None)
    if number is None:
        raise ValueError("explain_neighbours compares two different rows of one list")
    criterion = row_a.order[number]
    before, behind = criterion.words(row_a.candidate), criterion.words(row_b.candidate)
    by, each = f"依据“{criterion.title}”", f"：前者{before}，后者{behind}。"
    compared = tuple(
        ComparedCriterion(
            it.title,
            it.words(row_a.candidate),
            it.words(row_b.candidate),
            Step.EQUAL if n < number else Step.DECIDED if n == number else Step.UNUSED,
        )
        for n, it in enumerate(row_a.order)
    )
    lead, tail = "", ""
    if criterion in IDENTITY and row_a.admitted:
        lead, tail = "前列各项都相同。", NO_MERIT
    elif criterion in IDENTITY:
        lead = "未纳入的厂区没有位次。"
    return Comparison(
        criterion.id, f"{lead}{by}{each}{tail}", f"{lead}{by}分出先后。{tail}", compared
    )
