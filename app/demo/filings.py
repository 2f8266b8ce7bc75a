"""Filings of the demo (示例申报): one half filled in, one submitted, by those who file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.accounts.services import Confirmed
from app.filing import services
from app.filing.answers import asked_of
from app.filing.domain import Kind, Transport
from app.filing.periods_of_year import WindowWanted
from app.filing.queries import Filing, Working, admission, filing_by_id, working
from app.filing.queries.papers import statements_of
from app.filing.services.periods import SET, Act, propose_period
from app.grades.queries import standings_on
from app.indicators.domain import Answer, Clauses, Limit, Limits, Measured, Row, Share, YesNo
from app.kernel import clock
from app.kernel.authority import EVERYTHING
from app.registry.queries import PlantOnRecord, find_plant, plants_of
from app.rulebook.domain import Grade

SUMMARY = Transport(1260, Decimal("88.5"), Decimal(12), gate_connected=True,
                    transmission_rate=Decimal("97.2"))  # fmt: skip
SHARE_OF_LIMIT = Decimal("0.8")
"""How much of a limit a made-up value comes to."""


def plants_beside(plant_id: int) -> list[PlantOnRecord]:
    """The plants of the enterprise that owns this one, this one first."""
    first = find_plant(plant_id, EVERYTHING)
    own = plants_of([first.enterprise_id])[first.enterprise_id] if first else []
    found = (find_plant(it, EVERYTHING) for it in sorted(own, key=lambda it: it != plant_id))
    return [it for it in found if it is not None]


def propose_window(year: int, from_on: date, until_on: date) -> int:
    """Put the year's window of renewals (年度更新申报期) before the head."""
    wanted = WindowWanted(year, Kind.RENEWAL, from_on, until_on)
    return propose_period(Act(SET, wanted, f"示例函〔{year}〕12号", "示例"))


def begin(plant: PlantOnRecord) -> int:
    """Begin a filing for the grade that the plant has; returns its id."""
    on = clock.today()
    grade = standings_on([plant.plant_id], on)[plant.plant_id].grade or "C"
    kinds = (it for it in (Kind.RENEWAL, Kind.RECHECK, Kind.FIRST)
             if admission(plant, it, on.year, grade, on).admitted)  # fmt: skip
    kind = next(kinds)
    return services.start(plant, on.year, kind, grade, form_key=f"demo-{plant.plant_id}")


def fill_in(filing_id: int, *, half: bool = False) -> None:
    """Answer every row so that it reaches the target, or every other one."""
    found = _working(filing_id)
    for table in found.tables:
        rows = table.table.rows[::2] if half else table.table.rows
        for row in rows:
            answer = answer_reaching(found.filing.target, row, table.table.grades)
            services.save_answer(filing_id, table.place, row.key, answer, 0)
    if not half:
        services.save_transport(filing_id, SUMMARY, 0)


def sign(filing_id: int, user_id: int, name: str) -> None:
    """Accept the statements one by one and submit."""
    for it in statements_of(_working(filing_id)):
        services.accept(filing_id, it.id, it.sha256)
    services.submit(filing_id, Confirmed(user_id, name), form_key=f"demo-submit-{filing_id}")


def _working(filing_id: int) -> Working:
    filing: Filing | None = filing_by_id(filing_id)
    if filing is None:
        raise LookupError(filing_id)
    return working(filing)


def answer_reaching(grade: Grade, row: Row, grades: Sequence[Grade]) -> Answer:
    """An answer by which the row reaches the grade, or one chosen where nothing can be computed."""
    answer = Answer()
    for criterion in asked_of(row, grades[: grades.index(grade) + 1]):
        match criterion:
            case Clauses(items):
                answer = replace(answer, ticked=answer.ticked | {it.id for it in items})
            case Limits(items):
                values = {it.quantity.id: _kept(it) for it in items}
                answer = replace(answer, measured={**values, **answer.measured})
            case Share(subject, percent):
                answer = replace(answer, shares={subject: percent, **answer.shares})
            case YesNo(subject):
                answer = replace(answer, said={**answer.said, subject: True})
            case _:
                answer = replace(answer, chosen=grade, reason="示例：对照指南自评")
    return answer


def _kept(limit: Limit) -> Measured:
    """A made-up value that keeps the limit."""
    if limit.at_least:
        return Measured(limit.upper)
    return Measured((limit.lower or limit.upper) * SHARE_OF_LIMIT, limit.reference_oxygen)
