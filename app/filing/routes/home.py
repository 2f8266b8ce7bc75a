"""申报首页: every plant of the enterprise, what to do next and by when, what was filed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from app.filing.admission import Window
from app.filing.domain import Kind, State
from app.filing.queries import (
    Filing,
    Submission,
    assessment_of,
    filings_of_plants,
    findings_of,
    submissions_of,
    windows_of,
    working,
)
from app.filing.routes.blueprint import (
    blueprint,
    may_enter,
    state_tag,
    stops_before_signing,
)
from app.filing.whatnext import Next, next_of_filing, next_of_plant
from app.grades.domain import Standing
from app.grades.queries import standings_on
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires, scope_for
from app.kernel.web import page
from app.registry.queries import PlantOnRecord, list_plants
from app.rulebook.domain import Grade
from app.rulebook.queries import rulebook_on, words


@dataclass(frozen=True, slots=True)
class OwnFiling:
    """A filing in the list of a plant."""

    filing: Filing
    tag: tuple[str, str]
    submissions: Sequence[Submission]


@dataclass(frozen=True, slots=True)
class OwnPlant:
    """A plant of the enterprise."""

    plant: PlantOnRecord
    standing: Standing
    next: dict[str, Any]
    limits: Sequence[str]
    filings: Sequence[OwnFiling]


@blueprint.get("/")
@requires(Permission.FILING_WORK)
def home() -> str:
    """Every plant with its grade, the next step and the filings so far."""
    today, scope = clock.today(), scope_for(Permission.FILING_WORK)
    plants = [it for it in list_plants(scope) if it.closed_on is None or it.closed_on > today]
    ids = [it.plant_id for it in plants]
    standings, filings = standings_on(ids, today), filings_of_plants(ids, scope)
    held = _held_last_year(plants, today)
    windows = windows_of(today.year)
    return page(
        "filing/home.html",
        plants=[
            OwnPlant(
                it,
                standings[it.plant_id],
                _next(it, standings[it.plant_id], filings.get(it.plant_id, []),
                      held.get(it.plant_id), windows, today),
                _limits(standings[it.plant_id], today),
                [_own(row) for row in filings.get(it.plant_id, [])],
            )
            for it in plants
        ],
        may_work=can(Permission.FILING_WORK),
    )  # fmt: skip


def _own(filing: Filing) -> OwnFiling:
    return OwnFiling(filing, state_tag(filing.state), submissions_of(filing.id))


def _held_last_year(plants: Sequence[PlantOnRecord], today: date) -> dict[int, Grade | None]:
    """What each plant held on the day by which 上一年度已获评 is judged."""
    if not plants:
        return {}
    day = _day_of("renewal.held_day", today.year - 1, today) or date(today.year - 1, 12, 31)
    found = standings_on([it.plant_id for it in plants], day)
    return {plant_id: it.grade for plant_id, it in found.items()}


def _day_of(parameter: str, year: int, on: date) -> date | None:
    """A day of the year (月-日) that is set; None: 未规定."""
    value = rulebook_on(on).parameter(parameter).value
    if not isinstance(value, str):
        return None
    month, day = map(int, value.split("-"))
    return date(year, month, min(day, 28) if month == 2 else day)


def _limits(standing: Standing, today: date) -> list[str]:
    """What bars the plant, where the next step does not say it already."""
    if not standing.blocked:
        return []
    text = (
        f"因环境违法行为，{today.year} 年不得申报 B 级（含引领性）及以上，C 级及以下仍可申报；"
        f"到 {today.year}-12-31（含当日）为止。"
    )
    return [text]


def _next(
    plant: PlantOnRecord,
    standing: Standing,
    filings: Sequence[Filing],
    held: Grade | None,
    windows: Sequence[Window],
    today: date,
) -> dict[str, Any]:
    running = next((it for it in filings if it.state.is_running), None)
    if running is not None:
        found, where = next_in(running), {"filing_id": running.id}
    else:
        renewed = any(
            it.kind is Kind.RENEWAL and it.year == today.year and it.state is State.CLOSED
            for it in filings
        )
        due = _day_of("renewal.due_day", today.year, today)
        renews = words("filing.commitment_grades", today, plant.county)
        found = next_of_plant(
            standing, None if renewed else held, renews, windows, due, today
        )  # fmt: skip
        where = {"plant_id": plant.plant_id}
    return told(found, **where)


def told(found: Next, **where: Any) -> dict[str, Any]:
    """A next step with the address of its way."""
    return {
        "kind": found.kind,
        "what": found.what,
        "due": found.due,
        "due_words": found.due_words,
        "no_due": found.no_due,
        "act": found.act,
        "url": url_for(found.endpoint, **where) if found.endpoint else "",
    }


def next_in(filing: Filing) -> Next:
    """What comes next in a filing, by what it holds now."""
    open_rows = stopping = 0
    if filing.state is State.DRAFT:
        found = working(filing)
        judged = assessment_of(found)
        open_rows = sum(len(it.open) for it in judged.outcomes.values())
        stopping = 0 if open_rows else len(stops_before_signing(findings_of(found, judged)))
    return next_of_filing(
        filing, open_rows=open_rows, stopping=stopping, may_sign=can(Permission.FILING_SIGN),
        may_enter=may_enter(filing),
    )  # fmt: skip
