"""A measure (差异化政策) as a value, and the ranked list that it makes of the register on a day."""

from bisect import insort
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import chain, pairwise
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from app.grades.domain import Standing
from app.kernel.verdicts import Reason, Verdict
from app.policy.alike import Cases, cases, names_read
from app.rulebook.domain import GradeOrder


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
    reads: tuple[str, ...] | None = None
    """What of a candidate decides the answer and its words (`standing.grade`): plants that agree in
    it are judged once for all; only the facts named are each plant's own. None: it may be anything,
    so every plant is judged by itself."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of the order (排序依据): what has the smaller key stands in front."""

    id: str
    title: str
    """The rule as the list prints it, e.g. 等级由高到低."""
    key: Callable[[Candidate, Situation], Comparable]
    words: Callable[[Candidate], str]
    """What this plant brings, e.g. 绩效等级 A 级."""
    reads: tuple[str, ...] | None = None
    """What of a candidate decides the key, as in a condition."""


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
class AppliedMeasure:
    """A measure as it applies on a day (适用的措施): in its situation, with what is switched on."""

    measure: Measure
    situation: Situation
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, measure: Measure, situation: Situation) -> "AppliedMeasure":
        """The conditions that apply: those without a switch and those switched on."""
        in_force = (
            c for c in measure.conditions if c.only_if is None or situation.is_set(c.only_if)
        )
        return cls(measure, situation, tuple(in_force))

    def verdict(self, candidate: Candidate) -> Verdict:
        """Every condition's answer for one plant; who meets all of them is admitted."""
        reasons = tuple(_judged(it, candidate, self.situation) for it in self.conditions)
        return Verdict(all(reason.met for reason in reasons), reasons)

    def verdicts(self, register: "Register") -> list[Verdict]:
        """The verdict of each plant; plants alike share one, which names no plant's own facts."""
        return register.cases(self.conditions).answers(self._shared)

    def _shared(self, candidate: Candidate) -> Verdict:
        verdict = self.verdict(candidate)
        return replace(verdict, reasons=tuple(replace(it, facts=()) for it in verdict.reasons))

    def keys(self, order: Iterable[Criterion], candidate: Candidate) -> tuple[Comparable, ...]:
        """What a plant brings to an order, criterion by criterion."""
        return tuple(_key(criterion, candidate, self.situation) for criterion in order)


class Register(list[Candidate]):
    """Candidates by 统一社会信用代码 and 厂区编号, with what many measures find out of them."""

    def __init__(self, candidates: Iterable[Candidate] = ()) -> None:
        super().__init__(sorted(candidates, key=attrgetter("uscc", "plant")))
        self._cases: dict[tuple[str, ...] | None, Cases[Candidate]] = {}

    def cases(self, rules: Iterable[Condition | Criterion]) -> Cases[Candidate]:
        """The plants by what the rules read of them."""
        names = names_read(rules)
        found = self._cases.get(names)
        if found is None:
            found = self._cases[names] = cases(self, names)
        return found

    @cached_property
    def double(self) -> Candidate | None:
        """A plant that stands in it twice: in this order side by side."""
        return next(
            (it for at, it in pairwise(self) if at.uscc == it.uscc and at.plant == it.plant), None
        )


class RankedRow(NamedTuple):
    """A plant in a list: admitted with a rank or not, and every reason, met or not."""

    candidate: Candidate
    verdict: Verdict
    """Shared with the plants alike, so without the facts that the reasons rest on."""
    rank: int | None
    applied: AppliedMeasure

    @property
    def admitted(self) -> bool:
        """Whether the plant is admitted (纳入)."""
        return self.rank is not None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons of the verdict with the facts of this plant."""
        return self.applied.verdict(self.candidate).reasons

    @property
    def order(self) -> tuple[Criterion, ...]:
        """The criteria by which this row was placed …"""
        return self.applied.measure.full_order if self.admitted else IDENTITY

    @property
    def keys(self) -> tuple[Comparable, ...]:
        """… and its key for each of them."""
        return self.applied.keys(self.order, self.candidate)


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
    applied = AppliedMeasure.of(measure, Situation(on, settings, order))
    register = candidates if isinstance(candidates, Register) else Register(candidates)
    if register.double is not None:
        raise DoublePlant(register.double)
    verdicts = applied.verdicts(register)
    admitted = [place for place, verdict in enumerate(verdicts) if verdict.admitted]
    others = [place for place, verdict in enumerate(verdicts) if not verdict.admitted]
    rows = [
        RankedRow(register[place], verdicts[place], rank, applied)
        for rank, place in enumerate(_by_merit(register, admitted, applied), start=1)
    ]
    rows += [RankedRow(register[place], verdicts[place], None, applied) for place in others]
    return RankedList(measure, on, tuple(rows))


def ranks_with(ranked: RankedList, fresh: RankedList, plants: Collection[int]) -> dict[int, int]:
    """Each admitted plant's rank if these plants brought what they bring in ``fresh``.

    Both lists are of one measure and day; a plant that ``fresh`` does not hold is gone. The same
    as ranking the whole register anew, since a plant's place follows from its keys alone.
    """
    in_order = [it for it in ranked.rows if it.admitted and it.candidate.plant_id not in plants]
    for row in fresh.rows:
        if row.admitted and row.candidate.plant_id in plants:
            with _comparing(ranked.measure.full_order):
                insort(in_order, row, key=lambda it: it.keys)
    return {it.candidate.plant_id: rank for rank, it in enumerate(in_order, start=1)}


def _judged(condition: Condition, candidate: Candidate, situation: Situation) -> Reason:
    try:
        return condition.judge(candidate, situation)
    except SettingMissing:
        raise
    except Exception as error:  # a rule is a program by itself: it may fail in any way
        raise RuleFailed(condition.id, error) from error


def _key(criterion: Criterion, candidate: Candidate, situation: Situation) -> Comparable:
    try:
        return criterion.key(candidate, situation)
    except SettingMissing:
        raise
    except Exception as error:  # a rule is a program by itself: it may fail in any way
        raise RuleFailed(criterion.id, error) from error


def _by_merit(register: Register, places: Sequence[int], applied: AppliedMeasure) -> list[int]:
    """Places in the order of the measure; whose keys are equal stay as in the register."""
    criteria = applied.measure.criteria
    with _comparing(criteria):
        return register.cases(criteria).order(places, lambda it: applied.keys(criteria, it))


@contextmanager
def _comparing(order: Iterable[Criterion]) -> Iterator[None]:
    """Keys of different kinds cannot be compared: the order has failed, not the program."""
    try:
        yield
    except TypeError as error:
        raise RuleFailed("、".join(criterion.id for criterion in order), error) from error
