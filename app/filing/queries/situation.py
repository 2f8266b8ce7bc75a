"""What the rule of who may file needs to know of a plant (能否申报所依据的事实)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.filing import renewal
from app.filing.admission import (
    FilingRules,
    Moment,
    Running,
    Situation,
    Unknown,
    Window,
    may_file,
)
from app.filing.domain import Kind, State
from app.filing.models import FilingRow, FilingWindow
from app.filing.prospects import Prospects
from app.grades.domain import PlantFacts, Standing, StandingRules, effects_seen_from, in_order
from app.grades.queries import facts_of, standings_on
from app.grades.settings import standing_rules
from app.kernel.database import db, known_at
from app.kernel.verdicts import Verdict
from app.registry.queries import IndustryOfPlant, PlantOnRecord, industries_of
from app.rulebook.domain import Grade, Industry, Rulebook
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


def prospects_of(plants: Sequence[PlantOnRecord], on: date) -> dict[int, Prospects]:
    """What each plant may begin on the day, by its id: a few statements however many they are."""
    asked = [Asking(it, kind, on.year) for it in plants for kind in Kind]
    by_plant: dict[int, dict[Kind, Situation]] = {}
    for it, situation in zip(asked, situations_of(asked, on), strict=True):
        by_plant.setdefault(it.plant.plant_id, {})[it.kind] = situation
    return {
        it.plant_id: Prospects(by_plant[it.plant_id], on, filing_rules(on, it.county))
        for it in plants
    }


def bars_of(asked: Sequence[Asking], targets: Sequence[Grade], on: date) -> list[str]:
    """What keeps each filing that has begun from being submitted on the day; empty: nothing."""
    found = []
    for it, target, situation in zip(asked, targets, situations_of(asked, on), strict=True):
        moment = Moment.SUBMISSION if it.first_submitted is None else Moment.RESUBMISSION
        rules = filing_rules(on, it.plant.county)
        verdict = may_file(target, it.kind, it.year, situation, on, rules, moment)
        found.append(next((reason.text for reason in verdict.reasons if not reason.met), ""))
    return found


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
    return situations_of([Asking(plant, kind, year, without, first_submitted)], on)[0]


@dataclass(frozen=True, slots=True)
class Asking:
    """Of which plant, kind and year it is asked; the rest as for `situation_of`."""

    plant: PlantOnRecord
    kind: Kind
    year: int
    without: int | None = None
    first_submitted: date | None = None


def situations_of(asked: Sequence[Asking], on: date) -> list[Situation]:
    """The situation of each, in a few statements however many are asked for."""
    ids = sorted({it.plant.plant_id for it in asked})
    rules, standings = standing_rules(on), standings_on(ids, on)
    facts = {plant_id: in_order(it) for plant_id, it in facts_of(ids).items()}
    industries, windows = industries_of(ids), _windows({it.year for it in asked})
    running, held = _running_of(asked), _held(asked, on)
    found = []
    for it in asked:
        plant_id, rulebook = it.plant.plant_id, rulebook_on(on, it.plant.county)
        own, standing = industries.get(plant_id, ()), standings[plant_id]
        held_on = _held_day(it.year, on, it.plant.county)
        found.append(
            Situation(
                standing=standing,
                rulebook=rulebook.id,
                scheme=scheme_grades(own, rulebook),
                order=rulebook.grade_order,
                unknown=unknown_in(own, rulebook),
                has_main_industry=any(one.is_main for one in own),
                closed_on=it.plant.closed_on,
                banning=_banning(facts[plant_id], on, rules),
                blocking=_blocking(facts[plant_id], standing, on, rules, it.first_submitted),
                running=next(
                    (other for other in running.get(plant_id, ()) if other.id != it.without), None
                ),
                windows=tuple(one for one in windows if (one.year, one.kind) == (it.year, it.kind)),
                held=held[held_on][plant_id].grade,
                held_on=held_on,
            )
        )
    return found


def _held(asked: Sequence[Asking], on: date) -> dict[date, dict[int, Standing]]:
    """The standings on the days by which 上一年度已获评 is judged."""
    days: dict[date, set[int]] = {}
    for it in asked:
        day = _held_day(it.year, on, it.plant.county)
        days.setdefault(day, set()).add(it.plant.plant_id)
    return {day: standings_on(sorted(ids), day) for day, ids in days.items()}


def unknown_in(industries: Iterable[IndustryOfPlant], rules: Rulebook) -> Unknown:
    """The industries in which no grade can be given, and what is missing in each."""
    schemes, subtypes = list[str](), list[str]()
    for it in industries:
        known = rules.catalogue.by_id(it.industry)
        if rules.scheme(known, it.subtype or None) is None:
            found = subtypes if lacks_subtype(known, it.subtype, rules) else schemes
            found.append(known.label(it.subtype or None, rules.on))
    return Unknown(tuple(schemes), tuple(subtypes))


def lacks_subtype(industry: Industry, subtype: str, rules: Rulebook) -> bool:
    """Whether a scheme would be known if the register named the sub-type."""
    return not subtype and any(rules.scheme(industry, it.name) for it in industry.subtypes)


def scheme_grades(industries: Iterable[IndustryOfPlant], rules: Rulebook) -> tuple[Grade, ...]:
    """The grades of the schemes of all the plant's industries, best first (PLAN-CROSS)."""
    found: set[Grade] = set()
    for it in industries:
        scheme = rules.scheme(rules.catalogue.by_id(it.industry), it.subtype or None)
        found.update(scheme.grades if scheme else ())
    return tuple(grade for grade in rules.grades if grade in found)


def why_no_grades(
    industries: Iterable[IndustryOfPlant], rules: Rulebook, office: str | None = ""
) -> str:
    """Why the industries of a plant have no grade that could be filed for, and whom to ask.

    ``office``: whom an enterprise asks; None: an officer reads it.
    """
    missing = unknown_in(industries, rules)
    if missing:
        return missing.words(office)
    if office is None:
        return "台账没有登记本厂区的行业，不能确定可以申报的等级。请先登记行业。"
    return (
        "台账没有登记本厂区的行业，不能确定可以申报的等级。"
        f"请联系{office or '所在区县生态环境分局'}登记行业。"
    )


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


def _running_of(asked: Iterable[Asking]) -> dict[int, list[Running]]:
    """The plants' filings that are not finished; a draft left by a former owner stops nobody."""
    owners = {it.plant.plant_id: it.plant.enterprise_id for it in asked}
    query = select(
        FilingRow.id, FilingRow.kind, FilingRow.year, FilingRow.state, FilingRow.enterprise_id,
        FilingRow.plant_id,
    ).where(FilingRow.plant_id.in_(sorted(owners)), FilingRow.state.in_(_RUNNING))  # fmt: skip
    found: dict[int, list[Running]] = {}
    for row in db.session.execute(query.order_by(FilingRow.id)):
        is_others = row.enterprise_id != owners[row.plant_id]
        if is_others and row.state == State.DRAFT:
            continue
        running = Running(row.id, Kind(row.kind), row.year, State(row.state), is_others)
        found.setdefault(row.plant_id, []).append(running)
    return found


def windows_of(year: int, kind: Kind | None = None) -> tuple[Window, ...]:
    """The windows (申报期) of a year, of one kind or of all, the earliest first."""
    return tuple(it for it in _windows({year}) if kind is None or it.kind is kind)


def _windows(years: Iterable[int]) -> list[Window]:
    query = select(
        FilingWindow.id, FilingWindow.year, FilingWindow.kind, FilingWindow.from_on,
        FilingWindow.until_on, FilingWindow.document,
    ).where(FilingWindow.year.in_(sorted(years)), known_at(FilingWindow, None))  # fmt: skip
    rows: Iterable[Any] = db.session.execute(
        query.order_by(FilingWindow.year, FilingWindow.kind, FilingWindow.from_on)
    )
    return [Window(i, y, Kind(k), *rest) for i, y, k, *rest in rows]
