"""What the pages of a self-assessment show (自评页面), put together from what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.filing.answers import answer_text
from app.filing.converting import conversions
from app.filing.domain import Assessment, Evidence, TableLift, equivalent
from app.filing.entry import EntryForm, entry_form, row_id
from app.filing.forms import Differing, TypedRow, told, typed_of
from app.filing.queries import SavedAnswer, Working, WorkingTable
from app.indicators.domain import Answer, Row, RowResult
from app.kernel import clock
from app.rulebook.domain import Grade, GradeOrder

MOST_SHOWN = 8
"""Rows named in a list of the side panel."""
Address = Callable[[int, str], str]
"""Of a row: its table's place and its key → where it is filled in."""


@dataclass(slots=True)
class RowView:
    """One row as its page shows it; see ``_row.html``."""

    place: int
    row: Row
    number: int
    form: EntryForm
    result: RowResult
    typed: TypedRow
    saved: SavedAnswer | None
    before: Answer | None
    short: bool
    lacking_for: Grade | None
    url: str
    save_url: str
    evidence: Sequence[Evidence] = ()
    unsaved: bool = False
    """Whether the inputs hold what was typed and is not kept yet."""
    differing: tuple[Differing, ...] = ()
    differing_by: str = ""
    differing_at: str = ""
    base_answer: Answer = field(default_factory=Answer)

    @property
    def id(self) -> str:
        """The id of its element."""
        return row_id(self.place, self.row.key)

    @property
    def key(self) -> str:
        """Its lasting name."""
        return self.row.key

    @property
    def title(self) -> str:
        """What it is about."""
        return self.row.title

    @property
    def names(self) -> list[str]:
        """The inputs beside which an error may stand."""
        return self.form.names

    @property
    def revision(self) -> int:
        """What the page has seen of it."""
        return self.saved.revision if self.saved else 0

    @property
    def base(self) -> str:
        """The answer that the page shows, as it is kept."""
        return answer_text(self.base_answer)

    @property
    def unconfirmed(self) -> bool:
        """Whether it came from an earlier filing and nobody has looked at it (待确认)."""
        return self.saved is not None and not self.saved.confirmed

    @property
    def saved_at(self) -> str:
        """When it was saved: the time alone on the same day."""
        return "" if self.saved is None else moment_words(self.saved.saved_at)

    @property
    def saved_by(self) -> str:
        """Who saved it."""
        return "" if self.saved is None else self.saved.saved_by_name

    @property
    def lacking(self) -> tuple[str, ...]:
        """What it lacks for the grade that is aimed at, or for the next better one."""
        return self.result.lacking.get(self.lacking_for, ()) if self.lacking_for else ()

    @property
    def converted(self) -> list[str]:
        """What was measured, as converted to reference oxygen (折算)."""
        return conversions(self.row, self.base_answer)

    @property
    def evidence_words(self) -> list[str]:
        """The materials that the row must be proved with."""
        return [f"{it.kind}{f'（{it.period}）' if it.period else ''}" for it in self.row.evidence]

    def last(self, label: str) -> str:
        """What the last filing said under this label of a number; empty: nothing."""
        if self.before is None:
            return ""
        return dict(told(self.before, self.form)).get(label, "")


def moment_words(at: datetime) -> str:
    """A moment as a person working today reads it: 10:32, or with its day."""
    shown = clock.shown(at)
    day, _, time = shown.partition(" ")
    return time[:5] if day == clock.today().isoformat() else shown


def row_view(
    working: Working,
    table: WorkingTable,
    result: RowResult,
    number: int,
    address: Address,
    save: Address,
) -> RowView:
    """A row of a table; ``number`` is its place there, 1 the first."""
    row, where = result.row, (table.place, result.row.key)
    grades, order = table.table.grades, working.rules.grade_order
    saved, target = working.answers.get(where), working.filing.target
    answer = saved.answer if saved else Answer()
    form = entry_form(row, grades)
    aimed = equivalent(target, grades, order)
    reaches = result.grade is not None and order.at_least(result.grade, target)
    return RowView(
        place=table.place,
        row=row,
        number=number,
        form=form,
        result=result,
        typed=typed_of(answer if saved else None, form),
        saved=saved,
        before=working.last_year.get(where),
        short=result.grade is not None and not reaches,
        lacking_for=_next_lacking(result, grades) if reaches else aimed,
        url=address(*where),
        save_url=save(*where),
        evidence=working.evidence_by_row.get(where, ()),
        base_answer=answer,
    )  # fmt: skip


def _next_lacking(result: RowResult, grades: Sequence[Grade]) -> Grade | None:
    """The grade just above the one reached."""
    if result.grade is None or result.grade not in grades:
        return None
    place = grades.index(result.grade)
    return grades[place - 1] if place else None


# --- The side panel ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A row named in the panel."""

    title: str
    url: str
    grade: Grade | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableGrade:
    """A table's grade in the panel."""

    label: str
    grade: Grade | None
    at_best: Grade | None


@dataclass(frozen=True, slots=True)
class Panel:
    """自评结果, beside the rows."""

    overall: Grade | None
    reaches: bool | None
    """Whether the grade aimed at is reached; None: cannot be said yet."""
    tables: Sequence[TableGrade]
    open: int
    first_open: str
    unconfirmed: int
    first_unconfirmed: str
    at_best: bool
    """Whether rows are filled in and none of them holds the plant back."""
    holding: Sequence[Link]
    more_holding: int
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class Way:
    """The rows to lift for a better grade, each with what it lacks."""

    grade: Grade
    rows: Sequence[Link]
    is_target: bool = False
    falls_short: Grade | None = None
    """The best that the schemes of the industries allow, where that is below the target."""


def panel_of(working: Working, assessment: Assessment, address: Address) -> Panel:
    """The panel of a filing as it stands."""
    order = working.rules.grade_order
    unfilled = [
        address(place, it.row.key)
        for place, outcome in assessment.outcomes.items()
        for it in outcome.open
    ]
    carried = [address(*where) for where, it in working.answers.items()
               if not it.confirmed and where[0]]  # fmt: skip
    lowest = _lowest_so_far(assessment, order)
    return Panel(
        overall=assessment.overall,
        reaches=_reaches(assessment.overall, lowest, working.filing.target, order),
        tables=[
            TableGrade(it.label, assessment.outcomes[it.place].grade,
                       _at_best(assessment.results[it.place], order))
            for it in working.tables
        ],
        open=len(unfilled),
        first_open=unfilled[0] if unfilled else "",
        unconfirmed=len(carried),
        first_unconfirmed=carried[0] if carried else "",
        at_best=lowest is not None and not assessment.holding,
        holding=[
            Link(it.row.title, address(place, it.row.key), it.grade)
            for place, it in assessment.holding[:MOST_SHOWN]
        ],
        more_holding=max(0, len(assessment.holding) - MOST_SHOWN),
        ways=list(_ways(working, assessment, address)),
    )  # fmt: skip


def _at_best(results: Iterable[RowResult], order: GradeOrder) -> Grade | None:
    found = [it.grade for it in results if it.grade is not None]
    return order.worst(found) if found else None


def _lowest_so_far(assessment: Assessment, order: GradeOrder) -> Grade | None:
    every = [it for results in assessment.results.values() for it in results]
    return _at_best(every, order)


def _reaches(
    overall: Grade | None, lowest: Grade | None, target: Grade, order: GradeOrder
) -> bool | None:
    """A row that falls short decides at once; that all is reached is known when all is filled."""
    if overall is not None:
        return order.at_least(overall, target)
    return False if lowest is not None and not order.at_least(lowest, target) else None


def _ways(working: Working, assessment: Assessment, address: Address) -> Iterator[Way]:
    """The shortest way to the next grade, and where that is another one, to the grade filed for."""
    order, target = working.rules.grade_order, working.filing.target
    wanted = list(_links((_answered(it) for it in assessment.to_target), address))
    way = assessment.way_up
    if way is not None:
        rows = list(_links(way.tables, address))
        if {it.url for it in rows} != {it.url for it in wanted}:
            yield Way(way.grade, rows)
    if wanted:
        best = order.worst(
            equivalent(target, it.table.grades, order) for it in working.tables if it.table.grades
        )
        falls_short = None if order.at_least(best, target) else best
        yield Way(target, wanted, is_target=True, falls_short=falls_short)


def _answered(lift: TableLift) -> TableLift:
    """Without the rows that nobody has filled in yet: those are counted by themselves."""
    return TableLift(
        lift.place, lift.target, tuple(it for it in lift.lifts if it.from_grade is not None)
    )


def _links(lifts: Iterable[TableLift], address: Address) -> Iterator[Link]:
    for table in lifts:
        for it in table.lifts:
            yield Link(it.row.title, address(table.place, it.row.key), it.from_grade, it.lacking)


# --- Tables and dimensions ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A dimension with its rows."""

    dimension: str
    rows: list[RowView]


@dataclass(frozen=True, slots=True)
class PartLink:
    """A way to a table or a dimension, and what is still to do there."""

    label: str
    url: str
    current: bool
    open: int = 0
    unconfirmed: int = 0
    is_done: bool = False


def part_link(
    working: Working, place: int, dimension: str, results: Iterable[RowResult], url: str,
    *, current: bool,
) -> PartLink:  # fmt: skip
    """The way to a dimension of the table at a place, with the results of its rows."""
    found = list(results)
    saved = (working.answers.get((place, it.row.key)) for it in found)
    unfilled = sum(1 for it in found if it.state == "open")
    unconfirmed = sum(1 for it in saved if it is not None and not it.confirmed)
    return PartLink(dimension, url, current, unfilled, unconfirmed,
                    is_done=not unfilled and not unconfirmed)  # fmt: skip
