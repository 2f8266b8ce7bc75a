"""What the rule of who may file needs to know of a plant (能否申报所依据的事实)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import and_, not_, select

from app.filing import renewal
from app.filing.admission import FilingRules, Moment, Running, Situation, Window, may_file
from app.filing.domain import Kind, State
from app.filing.models import FilingRow, FilingWindow
from app.grades.domain import PlantFacts, Standing, StandingRules, effects_seen_from, in_order
from app.grades.queries import facts_of, standings_on
from app.grades.settings import standing_rules
from app.kernel.database import db, known_at
from app.kernel.verdicts import Verdict
from app.registry.queries import IndustryOfPlant, PlantOnRecord, industries_of
from app.rulebook.domain import Grade, Rulebook
from app.rulebook.queries import flag, rulebook_on, text, words
from app.supervision.domain import Finding, Violation, is_withdrawn_on, year_day

_RUNNING = [it.value for it in State if it.is_running]


def admission(plant: PlantOnRecord, kind: Kind, year: int, target: Grade, on: date) -> Verdict:
    """Whether the plant may begin a filing on the day, with every reason."""
    situation = situation_of(plant, kind, year, on)
    return may_file(target, kind, year, situation, on, filing_rules(on, plant.county))


def admission_again(
    plant: PlantOnRecord,
    kind: Kind,
    year: int,
    target: Grade,
    on: date,
    *,
    filing_id: int,
    first_submitted: date | None,
) -> Verdict:
    """Whether a filing that has begun may be submitted on the day."""
    situation = situation_of(
        plant, kind, year, on, without=filing_id, first_submitted=first_submitted
    )
    moment = Moment.SUBMISSION if first_submitted is None else Moment.RESUBMISSION
    return may_file(target, kind, year, situation, on, filing_rules(on, plant.county), moment)


def filing_rules(on: date, county: str) -> FilingRules:
    """The settings of the verdict on the day."""
    return FilingRules(
        barred_from=words("block.barred_from", on, county),
        open_without_window=flag("filing.open_without_window", on, county),
    )


def situation_of(
    plant: PlantOnRecord,
    kind: Kind,
    year: int,
    on: date,
    *,
    without: int | None = None,
    first_submitted: date | None = None,
) -> Situation:
    """The facts as they are on the day.

    ``without`` is the filing that asks, which does not stand in its own way; ``first_submitted``
    the day of its first submission: from that year on every barring violation stops it.
    """
    plant_id = plant.plant_id
    rules, rulebook = standing_rules(on), rulebook_on(on, plant.county)
    standing = standings_on([plant_id], on)[plant_id]
    facts = in_order(facts_of([plant_id])[plant_id])
    industries = industries_of([plant_id]).get(plant_id, ())
    held_on = _held_day(year, on, plant.county)
    return Situation(
        standing=standing,
        rulebook=rulebook.id,
        scheme=scheme_grades(industries, rulebook),
        order=rulebook.grade_order,
        without_scheme=tuple(
            rulebook.catalogue.by_id(it.industry).label(it.subtype or None, rulebook.on)
            for it in industries
            if not scheme_grades((it,), rulebook)
        ),
        has_main_industry=any(it.is_main for it in industries),
        closed_on=plant.closed_on,
        banning=_banning(facts, on, rules),
        blocking=_blocking(facts, standing, on, rules, first_submitted),
        running=_running(plant, without),
        windows=windows_of(year, kind),
        held=standings_on([plant_id], held_on)[plant_id].grade,
        held_on=held_on,
    )


def scheme_grades(industries: Iterable[IndustryOfPlant], rules: Rulebook) -> tuple[Grade, ...]:
    """The grades of the schemes of all the plant's industries, best first (PLAN-CROSS)."""
    found: set[Grade] = set()
    for it in industries:
        scheme = rules.scheme(rules.catalogue.by_id(it.industry), it.subtype or None)
        found.update(scheme.grades if scheme else ())
    return tuple(grade for grade in rules.grades if grade in found)


def why_no_grades(industries: Iterable[IndustryOfPlant]) -> str:
    """Why the industries of a plant have no grade that could be filed for, and whom to ask."""
    if any(True for _ in industries):
        return (
            "规则库中没有本厂区行业的等级方案（未核实），不能确定可以申报的等级。"
            "请联系所在区县，由区县报市局明确后申报。"
        )
    return "台账中没有登记本厂区的行业，不能确定可以申报的等级。请联系所在区县登记行业。"


def _held_day(year: int, on: date, county: str) -> date:
    """The day by which 上一年度已获评 is judged (renewal.held_day)."""
    return renewal.held_day(text("renewal.held_day", on, county), year)


def _banning(facts: PlantFacts, on: date, rules: StandingRules) -> tuple[Finding, ...]:
    running = {it.id for it in effects_seen_from(facts, on, rules) if it.bans_on(on)}
    return tuple(it.finding for it in facts.findings if it.finding.id in running)


def _blocking(
    facts: PlantFacts,
    standing: Standing,
    on: date,
    rules: StandingRules,
    first_submitted: date | None,
) -> tuple[Violation, ...]:
    if first_submitted is None:
        return tuple(it for it in facts.violations if it.id in standing.blocking)
    return tuple(
        it
        for it in facts.violations
        if (it.is_marked or it.kind in rules.blocking_kinds)
        and it.decided_on <= on
        and not is_withdrawn_on(it, on)
        and year_day(it, rules.year_basis).year >= first_submitted.year
    )


def _running(plant: PlantOnRecord, without: int | None) -> Running | None:
    """The plant's filing that is not finished; a draft left by a former owner stops nobody."""
    query = select(
        FilingRow.id, FilingRow.kind, FilingRow.year, FilingRow.state, FilingRow.enterprise_id
    ).where(
        FilingRow.plant_id == plant.plant_id,
        FilingRow.state.in_(_RUNNING),
        FilingRow.id != (without or 0),
        not_(and_(FilingRow.state == State.DRAFT, FilingRow.enterprise_id != plant.enterprise_id)),
    )
    row = db.session.execute(query).first()
    if row is None:
        return None
    is_others = row.enterprise_id != plant.enterprise_id
    return Running(row.id, Kind(row.kind), row.year, State(row.state), is_others)


def windows_of(year: int, kind: Kind | None = None) -> tuple[Window, ...]:
    """The windows (申报期) of a year, of one kind or of all, the earliest first."""
    query = select(
        FilingWindow.id, FilingWindow.year, FilingWindow.kind, FilingWindow.from_on,
        FilingWindow.until_on, FilingWindow.document,
    ).where(FilingWindow.year == year, known_at(FilingWindow, None))  # fmt: skip
    if kind is not None:
        query = query.where(FilingWindow.kind == kind)
    rows: Iterable[Any] = db.session.execute(
        query.order_by(FilingWindow.kind, FilingWindow.from_on)
    )
    return tuple(Window(i, y, Kind(k), *rest) for i, y, k, *rest in rows)
