"""A filing as it is worked on (填报内容): all that a page needs, in a constant number of reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import func, select

from app.filing.answers import read_answer, read_transport
from app.filing.domain import (
    TRANSPORT,
    Assessment,
    Evidence,
    Transport,
    assess,
)
from app.filing.models import (
    FilingAcceptance,
    FilingAnswer,
    FilingEvidence,
    FilingRemark,
    FilingSubmission,
    FilingTable,
)
from app.filing.queries.earlier import earlier_submission
from app.filing.queries.filings import Filing
from app.filing.queries.tables import Wanted, chosen_grades_table, find_tables, ids_of
from app.indicators.domain import Answer, IndicatorTable, Row
from app.indicators.queries import InForce
from app.kernel import clock
from app.kernel.database import db
from app.registry.queries import IndustryOfPlant, industries_of, lines_of
from app.rulebook.domain import Grade, Rulebook
from app.rulebook.queries import rulebook, rulebook_on, setting, words


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer as it was saved (自评)."""

    answer: Answer
    revision: int
    confirmed: bool
    """False: carried forward, not looked at yet (待确认)."""
    saved_at: datetime
    saved_by_name: str


@dataclass(frozen=True, slots=True)
class SavedTransport:
    """The transport summary as it was saved (运输汇总)."""

    transport: Transport
    revision: int
    confirmed: bool
    saved_at: datetime | None
    saved_by_name: str


@dataclass(frozen=True, slots=True)
class WorkingTable:
    """A table that the filing is judged by."""

    place: int
    industry: str
    subtype: str
    label: str
    in_force: InForce | None
    """What is worked on; None: no table, each dimension is answered by a chosen grade."""
    table: IndicatorTable
    """Its rows and grades; without a table in force those of the nine dimensions."""
    version_ids: tuple[int, ...]
    newest: InForce | None
    """What rules today."""
    newest_ids: tuple[int, ...]

    @property
    def is_main(self) -> bool:
        """主要行业."""
        return self.place == 1

    @property
    def newer(self) -> bool:
        """Whether another version rules today than the one that is worked on."""
        return self.version_ids != self.newest_ids


@dataclass(frozen=True, slots=True)
class Remark:
    """The enterprise's reason for going on in spite of a warning."""

    note: str
    said_at: datetime
    said_by_name: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A statement of the commitment that was accepted; ``sha256`` is that of its words."""

    sha256: str
    accepted_at: datetime
    accepted_by: int | None
    accepted_by_name: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a production line may make and does make in a year (产能)."""

    name: str
    permitted: Decimal | None
    """许可产能: of the permit."""
    actual: Decimal | None
    unit: str
    approved: Decimal | None = None
    """环评批复产能."""
    process: str = ""
    """工序."""


@dataclass(frozen=True)
class Working:
    """Everything that was entered in a filing."""

    filing: Filing
    on: date
    """The day it is looked at: newer tables are those that rule then."""
    rules: Rulebook
    industries: tuple[IndustryOfPlant, ...]
    tables: tuple[WorkingTable, ...]
    answers: Mapping[tuple[int, str], SavedAnswer]
    transport: SavedTransport
    evidence: tuple[Evidence, ...]
    remarks: Mapping[str, Remark]
    acceptances: Mapping[str, Acceptance]
    submissions: int
    """How often it was submitted so far."""
    first_submitted: date | None
    last_year: Mapping[tuple[int, str], Answer] = field(default_factory=dict)
    """What was submitted last in an earlier year, by the places of this filing."""
    last_transport: Transport = field(default_factory=Transport)
    """The transport summary of the same submission."""
    capacities: tuple[Capacity, ...] = ()
    commitment_grades: tuple[Grade, ...] = ()
    """须附申报材料和承诺书的等级 (PLAN-FILE)."""
    change_share: Decimal = Decimal("0.2")
    """By how much a value may differ from last year's before a reason is asked for."""

    @property
    def needs_commitment(self) -> bool:
        """Whether evidence of every row and the full commitment (承诺书) are asked for."""
        return self.filing.target in self.commitment_grades

    @property
    def rulebook_changed(self) -> bool:
        """Whether another rulebook is in force today than the one that is worked on."""
        return self.submissions == 0 and self.rules.id != self.filing.rulebook

    @property
    def is_outdated(self) -> bool:
        """Whether newer tables or another rulebook wait for the filer's choice.

        A filing that was submitted keeps its tables for good.
        """
        if self.submissions:
            return False
        return self.rulebook_changed or any(it.newer for it in self.tables)

    @cached_property
    def evidence_by_row(self) -> Mapping[tuple[int, str], tuple[Evidence, ...]]:
        """The materials of each row."""
        found: dict[tuple[int, str], list[Evidence]] = {}
        for it in self.evidence:
            found.setdefault((it.place, it.row_key), []).append(it)
        return {key: tuple(items) for key, items in found.items()}

    def table(self, place: int) -> WorkingTable | None:
        """The table at a place."""
        return next((it for it in self.tables if it.place == place), None)

    def row(self, place: int, row_key: str) -> tuple[WorkingTable, Row] | None:
        """A row with its table."""
        table = self.table(place)
        found = table.table.row(row_key) if table else None
        return (table, found) if table and found else None

    def answer(self, place: int, row_key: str) -> Answer:
        """What was entered in a row; an empty answer where nothing was."""
        saved = self.answers.get((place, row_key))
        return saved.answer if saved else Answer()


def working(filing: Filing, on: date | None = None) -> Working:
    """The filing's entries, as they stand."""
    on = on or clock.today()
    submissions, first = _submissions(filing.id)
    rules = rulebook_on(on, filing.county) if not submissions else _own_rulebook(filing)
    industries = industries_of([filing.plant.plant_id]).get(filing.plant.plant_id, ())
    tables = working_tables(filing, rules, on, is_kept=submissions > 0)
    answers, transport = _answers(filing.id)
    evidence = _in_order(evidence_of(filing.id), places_of_rows(tables))
    last = earlier_submission(filing, before_year=filing.year)
    return Working(
        filing, on, rules, industries, tables, answers, transport, evidence,
        _remarks(filing.id), _acceptances(filing.id),
        submissions, None if first is None else clock.day_of(first),
        last.answers(tables) if last else {}, last.transport if last else Transport(),
        _capacities(filing),
        words("filing.commitment_grades", on, filing.county),
        Decimal(str(setting("filing.change_share", on, filing.county))),
    )  # fmt: skip


def working_answers(filing: Filing) -> Working:
    """What the grades of its rows follow from, and no more: its tables and answers.

    For who saves one row: materials, remarks, what was submitted before stay unread, and whether
    newer tables rule is not asked.
    """
    on = clock.today()
    submissions, first = _submissions(filing.id)
    rules = rulebook_on(on, filing.county) if not submissions else _own_rulebook(filing)
    answers, transport = _answers(filing.id)
    return Working(
        filing, on, rules, (), working_tables(filing, rules, on, is_kept=True), answers, transport,
        (), {}, {}, submissions, None if first is None else clock.day_of(first),
    )  # fmt: skip


def with_answers_of_now(working: Working) -> Working:
    """The same with the answers as they stand now, for who has just saved one."""
    answers, transport = _answers(working.filing.id)
    return replace(working, answers=answers, transport=transport)


def assessment_of(working: Working) -> Assessment:
    """What the answers come to now."""
    return assess(
        {it.place: it.table for it in working.tables},
        {key: it.answer for key, it in working.answers.items()},
        working.rules.grade_order,
        working.filing.target,
    )


def _own_rulebook(filing: Filing) -> Rulebook:
    return rulebook(filing.rulebook, filing.judged_on, filing.county)


def _submissions(filing_id: int) -> tuple[int, datetime | None]:
    row = db.session.execute(
        select(func.count(), func.min(FilingSubmission.submitted_at)).where(
            FilingSubmission.filing_id == filing_id
        )
    ).one()
    return row[0], row[1]


# --- Tables ---------------------------------------------------------------------------------


def working_tables(
    filing: Filing, rules: Rulebook, on: date, *, is_kept: bool
) -> tuple[WorkingTable, ...]:
    """The filing's tables; ``is_kept``: what rules today no longer matters."""
    kept = list(
        db.session.execute(
            select(FilingTable.place, FilingTable.industry, FilingTable.subtype,
                   FilingTable.versions)
            .where(FilingTable.filing_id == filing.id)
            .order_by(FilingTable.place)
        )
    )  # fmt: skip
    wanted = [] if is_kept else [Wanted(rules.id, it.industry, it.subtype) for it in kept]
    found = find_tables(wanted, on, [ids_of(it.versions) for it in kept])
    tables = []
    for place, industry, subtype, versions in kept:
        ids = ids_of(versions)
        newest = found.ruling.get(Wanted(rules.id, industry, subtype))
        newest_ids = ids if is_kept else tuple(it.id for it in newest.versions) if newest else ()
        label, grades = described(rules, industry, subtype)
        in_force = found.worked_on.get(ids)
        table = in_force.table if in_force else chosen_grades_table(
            rules, industry, subtype, label, grades
        )  # fmt: skip
        tables.append(
            WorkingTable(place, industry, subtype, label, in_force, table, ids, newest, newest_ids)
        )
    return tuple(tables)


def places_of_rows(tables: Sequence[WorkingTable]) -> dict[tuple[int, str], int]:
    """Where each row stands in its table."""
    return {
        (table.place, row.key): number
        for table in tables
        for number, row in enumerate(table.table.rows)
    }


def described(rules: Rulebook, industry: str, subtype: str) -> tuple[str, tuple[Grade, ...]]:
    """What an industry or sub-type is called, and the grades of its scheme."""
    known = rules.catalogue.by_id(industry)
    scheme = rules.scheme(known, subtype or None)
    return known.label(subtype or None, rules.on), scheme.grades if scheme else ()


# --- Entries --------------------------------------------------------------------------------


def _answers(
    filing_id: int,
) -> tuple[dict[tuple[int, str], SavedAnswer], SavedTransport]:
    rows: Iterable[Any] = db.session.execute(
        select(FilingAnswer.place, FilingAnswer.row_key, FilingAnswer.content,
               FilingAnswer.revision, FilingAnswer.confirmed, FilingAnswer.saved_at,
               FilingAnswer.saved_by_name)
        .where(FilingAnswer.filing_id == filing_id)
    )  # fmt: skip
    answers: dict[tuple[int, str], SavedAnswer] = {}
    transport = SavedTransport(Transport(), 0, confirmed=True, saved_at=None, saved_by_name="")
    for place, key, content, *rest in rows:
        if (place, key) == (0, TRANSPORT):
            transport = SavedTransport(read_transport(content), *rest)
        else:
            answers[place, key] = SavedAnswer(read_answer(content), *rest)
    return answers, transport


EVIDENCE = (
    FilingEvidence.id, FilingEvidence.place, FilingEvidence.row_key, FilingEvidence.kind,
    FilingEvidence.sha256, FilingEvidence.name, FilingEvidence.size, FilingEvidence.media,
    FilingEvidence.pages, FilingEvidence.period_from, FilingEvidence.period_until,
    FilingEvidence.note, FilingEvidence.confirmed, FilingEvidence.carried_from,
    FilingEvidence.added_at, FilingEvidence.added_by_name,
)  # fmt: skip


def evidence_of(filing_id: int) -> tuple[Evidence, ...]:
    """The materials that stand, by table, row and when they were added."""
    rows: Iterable[Any] = db.session.execute(
        select(*EVIDENCE)
        .where(FilingEvidence.filing_id == filing_id, FilingEvidence.ended_at.is_(None))
        .order_by(FilingEvidence.place, FilingEvidence.row_key, FilingEvidence.id)
    )
    return tuple(Evidence(*row) for row in rows)


def _in_order(
    evidence: Iterable[Evidence], places: Mapping[tuple[int, str], int]
) -> tuple[Evidence, ...]:
    """As the tables are filled in, so that row 10 does not come before row 2."""
    return tuple(
        sorted(evidence, key=lambda it: (it.place, places.get((it.place, it.row_key), -1), it.id))
    )


def _remarks(filing_id: int) -> dict[str, Remark]:
    rows: Iterable[Any] = db.session.execute(
        select(FilingRemark.check_key, FilingRemark.note, FilingRemark.said_at,
               FilingRemark.said_by_name).where(FilingRemark.filing_id == filing_id)
    )  # fmt: skip
    return {key: Remark(*rest) for key, *rest in rows}


def _acceptances(filing_id: int) -> dict[str, Acceptance]:
    rows: Iterable[Any] = db.session.execute(
        select(FilingAcceptance.statement, FilingAcceptance.sha256, FilingAcceptance.accepted_at,
               FilingAcceptance.accepted_by, FilingAcceptance.accepted_by_name)
        .where(FilingAcceptance.filing_id == filing_id)
    )  # fmt: skip
    return {key: Acceptance(*rest) for key, *rest in rows}


def _capacities(filing: Filing) -> tuple[Capacity, ...]:
    return tuple(
        Capacity(it.name, it.permitted_capacity, it.actual_capacity, it.capacity_unit,
                 it.approved_capacity, it.process)
        for it in lines_of(filing.plant.plant_id)
    )  # fmt: skip
