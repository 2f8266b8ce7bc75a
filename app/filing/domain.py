"""申报: its kinds, its course, what is checked, and the grade that its answers come to.

Pure. Whether a plant may file at all stands in `app.filing.admission`; which period a material
must cover in `app.filing.periods`; how an answer is kept in `app.filing.answers`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.filing.periods import Span
from app.indicators.domain import (
    Answer,
    IndicatorTable,
    Lift,
    Outcome,
    OxygenOfAir,
    Row,
    RowResult,
    crossing,
    judge_row,
    next_grade,
    short_board,
    way_to,
)
from app.kernel.authority import Permission
from app.kernel.workflow import Step, Workflow
from app.rulebook.domain import Grade, GradeOrder

# --- What a filing is -----------------------------------------------------------------------


class Kind(StrEnum):
    """What a filing is for (申报类型)."""

    FIRST = "first"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"
    RECHECK = "recheck"

    @property
    def words(self) -> str:
        """As people call it."""
        return _KIND_WORDS[self]

    def in_year(self, year: int) -> str:
        """With its year: 2026 年首次申报, 2026 年度更新."""
        return f"{year} {self.words}" if self is Kind.RENEWAL else f"{year} 年{self.words}"


_KIND_WORDS = {
    Kind.FIRST: "首次申报",
    Kind.RENEWAL: "年度更新",
    Kind.UPGRADE: "升级申报",
    Kind.RECHECK: "复核申报",
}


class Way(StrEnum):
    """By which way the entries came in (申报方式); reviewers see it."""

    BROWSER = "browser"
    PACKAGE = "package"
    WINDOW = "window"

    @property
    def words(self) -> str:
        """As people call it."""
        return {"browser": "网上填报", "package": "离线填报包", "window": "窗口代录"}[self.value]


class State(StrEnum):
    """Where a filing stands (申报状态)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CORRECTING = "correcting"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """As people call it."""
        return COURSE.states[self]

    @property
    def is_open(self) -> bool:
        """Whether entries may be made."""
        return self in {State.DRAFT, State.CORRECTING}

    @property
    def is_running(self) -> bool:
        """Whether it keeps the plant from beginning another one."""
        return self in {State.DRAFT, State.SUBMITTED, State.CORRECTING}


_ENTER, _SIGN = Permission.FILING_ENTER, Permission.FILING_SIGN
COURSE = Workflow(
    name="申报",
    states={
        State.DRAFT: "填报中",
        State.SUBMITTED: "已提交",
        State.CORRECTING: "补正中",
        State.WITHDRAWN: "已撤回",
        State.DISCARDED: "已作废",
        State.CLOSED: "已办结",
    },
    steps=(
        Step(State.DRAFT, "submit", "签署并提交", State.SUBMITTED, _SIGN),
        Step(State.DRAFT, "discard", "作废", State.DISCARDED, _ENTER, needs_reason=True),
        Step(State.SUBMITTED, "withdraw", "撤回", State.WITHDRAWN, _SIGN, needs_reason=True),
        Step(State.SUBMITTED, "return", "退回补正", State.CORRECTING, None, needs_reason=True),
        Step(State.SUBMITTED, "close", "办结", State.CLOSED, None),
        Step(State.CORRECTING, "submit", "签署并提交", State.SUBMITTED, _SIGN),
        Step(State.CORRECTING, "withdraw", "撤回", State.WITHDRAWN, _SIGN, needs_reason=True),
        Step(State.CORRECTING, "close", "办结", State.CLOSED, None),
    ),
)
"""``return`` and ``close`` are verbs of the stage that reviews (审核)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: a table's place (0: the whole plant), a row, a field of it."""

    table: int
    row_key: str = ""
    field: str = ""


TRANSPORT = "transport"
"""Row key, at place 0, of the transport summary (运输汇总)."""


@dataclass(frozen=True, slots=True)
class Transport:
    """The summary of HJ 1321 per plant (运输汇总); None: not entered."""

    trips: int | None = None
    """Vehicles in and out in the period (车次)."""
    gv_share: Decimal | None = None
    """Share of 国五 and above, in per cent."""
    new_energy_share: Decimal | None = None
    gate_connected: bool | None = None
    """Whether the gate system is connected (门禁联网)."""
    transmission_rate: Decimal | None = None
    """数据传输率, in per cent."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it was entered."""
        return self == Transport()


Entry = Answer | Transport


@dataclass(frozen=True, slots=True)
class Evidence:
    """A material on file (佐证材料) that stands: neither replaced nor removed."""

    id: int
    place: int
    row_key: str
    kind: str
    sha256: str
    name: str
    size: int
    media: str
    pages: int | None
    period_from: date | None
    period_until: date | None
    note: str
    confirmed: bool
    carried_from: int | None
    added_at: datetime
    added_by_name: str

    @property
    def span(self) -> Span | None:
        """The period that it covers (所属时段); None where it is not stated."""
        if self.period_from is None or self.period_until is None:
            return None
        return Span(self.period_from, self.period_until)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the commitment (承诺书), accepted by itself."""

    id: str
    text: str

    @property
    def sha256(self) -> str:
        """Of its words: other words are another statement and must be accepted anew."""
        return hashlib.sha256(self.text.encode()).hexdigest()


# --- Saving beside others -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """An entry was kept (已保存), or stood there already with the same content."""

    revision: int
    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else saved the same entry meanwhile; nothing was written, both are shown."""

    mine: Entry
    theirs: Entry
    revision: int
    """What to send back as seen once a person has chosen."""
    by_name: str
    at: datetime


# --- Checks ---------------------------------------------------------------------------------


class Severity(StrEnum):
    """An error stops the submission; a warning asks for a reason, which the reviewer reads."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def words(self) -> str:
        """As the page names it."""
        return "须改正" if self is Severity.ERROR else "须说明"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What a check found (检查结果), and where."""

    key: str
    """Lasting name of it in this filing: a remark is kept under it."""
    severity: Severity
    place: Place
    text: str
    clause: str = ""
    note: str = ""
    """The enterprise's reason for going on in spite of a warning."""

    @property
    def stops(self) -> bool:
        """Whether nothing can be submitted while it stands so."""
        return self.severity is Severity.ERROR or not self.note.strip()


# --- The grade that the answers come to -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableLift:
    """The rows of one table that must rise, and to what."""

    place: int
    target: Grade
    lifts: tuple[Lift, ...]


@dataclass(frozen=True, slots=True)
class WayUp:
    """The shortest way to a better grade: no smaller set of rows would do."""

    grade: Grade
    """What the plant would then reach."""
    tables: tuple[TableLift, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the answers come to: per table the 短板, over all tables the 交叉级别."""

    results: Mapping[int, tuple[RowResult, ...]]
    outcomes: Mapping[int, Outcome]
    overall: Grade | None
    """None while a row is open."""
    holding: tuple[tuple[int, RowResult], ...]
    """(place, row) of what holds the plant back, among the rows answered so far."""
    way_up: WayUp | None
    """To the next grade; None: there is none, or nothing is certain yet."""
    to_target: tuple[TableLift, ...]
    """What each table still lacks for the target; tables that reach it are left out."""


def assess(
    tables: Mapping[int, IndicatorTable],
    answers: Mapping[tuple[int, str], Answer],
    order: GradeOrder,
    target: Grade,
) -> Assessment:
    """Judge every row, then every table (PLAN-SHORTBOARD), then the plant (PLAN-CROSS)."""
    results = {
        place: tuple(
            judged(row, answers.get((place, row.key), Answer()), table.grades)
            for row in table.rows
        )
        for place, table in tables.items()
    }  # fmt: skip
    outcomes = {place: short_board(results[place], table.grades) for place, table in tables.items()}
    overall = crossing([it.grade for it in outcomes.values()], order)
    return Assessment(
        results,
        outcomes,
        overall,
        _holding(tables, outcomes, order),
        _way_up(tables, results, outcomes, overall, order),
        _to(target, tables, results, order),
    )


def judged(row: Row, answer: Answer, grades: Sequence[Grade]) -> RowResult:
    """The grade of a row; measured at the oxygen of air it stays open and says so."""
    try:
        return judge_row(row, answer, grades)
    except OxygenOfAir as fault:
        return RowResult(row, None, "open", dict.fromkeys(grades, (str(fault),)))


def _holding(
    tables: Mapping[int, IndicatorTable], outcomes: Mapping[int, Outcome], order: GradeOrder
) -> tuple[tuple[int, RowResult], ...]:
    """The lowest rows over all tables; a row at the best grade of its table holds nothing back."""
    found = [(place, row) for place, it in outcomes.items() for row in it.holding]
    lowest = max((order.rank(row.grade) for _, row in found), default=0)
    return tuple(
        (place, row)
        for place, row in found
        if order.rank(row.grade) == lowest and row.grade != tables[place].grades[0]
    )


def _way_up(
    tables: Mapping[int, IndicatorTable],
    results: Mapping[int, tuple[RowResult, ...]],
    outcomes: Mapping[int, Outcome],
    overall: Grade | None,
    order: GradeOrder,
) -> WayUp | None:
    """Every table at the overall grade must rise by one; those above it need not."""
    if overall is None:
        return None
    reached: list[Grade | None] = []
    lifts: list[TableLift] = []
    for place, table in tables.items():
        grade = outcomes[place].grade
        if order.at_least(overall, grade):
            better = next_grade(grade, table.grades)
            if better is None:
                return None
            lifts.append(TableLift(place, better, way_to(better, results[place], table.grades)))
            grade = better
        reached.append(grade)
    grade = order.worst(reached)
    return None if grade is None else WayUp(grade, tuple(lifts))


def _to(
    target: Grade,
    tables: Mapping[int, IndicatorTable],
    results: Mapping[int, tuple[RowResult, ...]],
    order: GradeOrder,
) -> tuple[TableLift, ...]:
    found = []
    for place, table in tables.items():
        wanted = equivalent(target, table.grades, order)
        if wanted is not None and (lifts := way_to(wanted, results[place], table.grades)):
            found.append(TableLift(place, wanted, lifts))
    return tuple(found)


def equivalent(target: Grade, grades: Sequence[Grade], order: GradeOrder) -> Grade | None:
    """The lowest grade of a scheme that is at least the target; its best where none is."""
    enough = [grade for grade in grades if order.at_least(grade, target)]
    return enough[-1] if enough else next(iter(grades), None)
