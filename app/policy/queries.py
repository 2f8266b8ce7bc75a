"""Reading what a measure needs: the candidates of a day, the settings, the measures themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import ColumnElement, and_, select, true

from app.accounts.queries import list_bureaus
from app.grades.domain import PlantFacts, Standing, standing_on
from app.grades.explanation import explain
from app.grades.models import StandingInterval
from app.grades.queries import INTERVAL_COLUMNS, facts_of, read_interval, standing_rules
from app.kernel import clock
from app.kernel.authority import EVERYTHING
from app.kernel.config import Config
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.kernel.hooks import PluginError, plugin_manager
from app.kernel.verdicts import Reason
from app.policy.documents import Document, Table, list_table, to_canonical
from app.policy.domain import (
    Candidate,
    DoublePlant,
    Measure,
    RankedList,
    RankedRow,
    RuleFailed,
    SettingMissing,
    rank_candidates,
)
from app.policy.fact_words import told_facts
from app.policy.measure_files import MeasureFileError, load_measure_files
from app.policy.measures import MeasureConflict, UnknownMeasure, collect_measures, find_measure
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord
from app.registry.queries import exists_on, list_plants, main_industries
from app.rulebook.domain import RulebookInfo
from app.rulebook.parameters import UnknownEntry, Value
from app.rulebook.queries import catalogue, is_supposing, rulebook_on, rulebook_titles, setting

CANNOT_RUN = (
    UnknownMeasure,
    SettingMissing,
    RuleFailed,
    DoublePlant,
    MeasureConflict,
    MeasureFileError,
    PluginError,
)
"""Why a list cannot be made; each tells what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class PolicyRun:
    """A measure's answer for a day, as known at a moment, for the scope it was asked for."""

    ranked: RankedList
    known_at: datetime
    rulebook: RulebookInfo
    document: Document

    def table(self, number: str = "") -> Table:
        """The same as the bureau's table."""
        return list_table(
            self.ranked,
            rulebook=self.rulebook.title,
            rulebook_status=self.rulebook.status,
            sha256=str(self.document["sha256"]),
            county_names=county_names(),
            number=number,
        )


def all_measures() -> dict[str, Measure]:
    """Every measure of this installation by id: built-in, from measure files, from plugins."""
    config: Config = current_app.config["CONFIG"]
    files = load_measure_files(config.instance_dir / "measures")
    return collect_measures(plugin_manager(), files)


def installed_files() -> list[Path]:
    """The bureau's own measure files and plugins of this installation."""
    config: Config = current_app.config["CONFIG"]
    root = config.instance_dir
    return [*sorted((root / "measures").glob("*.toml")), *sorted((root / "plugins").glob("*.py"))]


def rank_register(
    measure_id: str,
    on: date,
    known: datetime | None = None,
    *,
    only: Collection[int] | None = None,
) -> RankedList:
    """The whole register ranked by a measure on a day; ``known`` None means as known now.

    ``only`` judges some plants without the others, so that their ranks mean nothing.
    Raises UnknownMeasure, SettingMissing, RuleFailed, DoublePlant.
    """
    measure = find_measure(all_measures(), measure_id)
    return _ranked(measure, candidates(on, known, only=only), on, known)


def rank_by_every_measure(
    on: date,
    known: datetime | None = None,
    *,
    plants: Sequence[Candidate] | None = None,
    only: Collection[str] | None = None,
) -> tuple[dict[str, RankedList], list[str]]:
    """The register ranked by each measure on a day, by id; and which cannot, and why.

    ``plants`` are the candidates of the day where the caller has read them already, or some of
    them, to be judged without the others; ``only`` names the measures wanted (None: all).
    """
    ranked: dict[str, RankedList] = {}
    faults: list[str] = []
    plants = candidates(on, known) if plants is None else plants
    for measure in all_measures().values():
        if only is not None and measure.id not in only:
            continue
        try:
            ranked[measure.id] = _ranked(measure, plants, on, known)
        except CANNOT_RUN as fault:
            faults.append(f"“{measure.title}”：{fault}")
    return ranked, faults


def _ranked(
    measure: Measure, register: Iterable[Candidate], on: date, known: datetime | None
) -> RankedList:
    """Candidates of the day ranked by a measure under the settings known at the moment."""
    order = rulebook_on(on, known=known).grade_order
    return rank_candidates(measure, register, on, settings_of(measure, on, known), order)


def settings_of(measure: Measure, on: date, known: datetime | None = None) -> dict[str, Value]:
    """The values that a measure reads on a day; those that have none are left out."""
    values = ((name, _value(name, on, known)) for name in measure.settings)
    return {name: value for name, value in values if value is not None}


def _value(name: str, on: date, known: datetime | None) -> Value:
    """A setting's value; None where it has none or a plugin asks for one that does not exist."""
    try:
        return setting(name, on, known=known)
    except UnknownEntry:
        return None


def run_measure(
    measure_id: str,
    on: date,
    *,
    known: datetime | None = None,
    counties: Iterable[str] | None = None,
) -> PolicyRun:
    """Rank the whole register by a measure, then keep the rows of ``counties`` (None: all).

    Raises what `rank_register` raises. Ranks are those of the whole register whoever asks.
    """
    return cut_to(rank_register(measure_id, on, known), known, counties)


def cut_to(
    ranked: RankedList, known: datetime | None, counties: Iterable[str] | None = None
) -> PolicyRun:
    """The list of the whole register as the answer for some counties (None: all)."""
    moment = known or clock.now()
    wanted = None if counties is None else sorted(set(counties))
    if wanted is not None:
        ranked = ranked.of_counties(wanted)
    scope = wanted[0] if wanted is not None and len(wanted) == 1 else None
    info = rulebook_on(ranked.on, scope, known).info
    document = to_canonical(ranked, known_at=moment, rulebook=info.id, rulebook_status=info.status)
    return PolicyRun(ranked, moment, info, document)


def candidates(
    on: date, known: datetime | None = None, *, only: Collection[int] | None = None
) -> list[Candidate]:
    """Every plant of the register that exists on the day, with its standing; or ``only`` some.

    As known now the standings are read from the interval projection; as known at an earlier
    moment, or while an edit of 规则库 is tried out, they are derived from the facts by the same
    pure function.
    """
    if known is None and not is_supposing():
        return _candidates_now(on, only)
    found = _candidates_then(on, known)
    return found if only is None else [it for it in found if it.plant_id in only]


def _candidates_now(on: date, only: Collection[int] | None = None) -> list[Candidate]:
    if only is not None:
        parts = in_parts(sorted(only))
        return [it for part in parts for it in _read_candidates(on, PlantRecord.plant_id.in_(part))]
    return _read_candidates(on, true())


def _read_candidates(on: date, which: ColumnElement[bool]) -> list[Candidate]:
    rows = db.session.execute(
        select(
            PlantRecord.plant_id,
            EnterpriseRecord.uscc,
            PlantRecord.number,
            PlantRecord.name,
            EnterpriseRecord.name,
            PlantRecord.county,
            PlantIndustry.industry,
            PlantIndustry.subtype,
            PlantRecord.livelihood,
            PlantRecord.state,
            *INTERVAL_COLUMNS[1:],
        )
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .join(
            StandingInterval,
            and_(
                StandingInterval.plant_id == PlantRecord.plant_id,
                StandingInterval.from_on <= on,
                StandingInterval.until_on > on,
            ),
        )
        .outerjoin(
            PlantIndustry,
            and_(
                PlantIndustry.plant_id == PlantRecord.plant_id,
                PlantIndustry.role == "主要",
                known_at(PlantIndustry, None),
            ),
        )
        .where(
            known_at(PlantRecord, None),
            known_at(EnterpriseRecord, None),
            exists_on(on),
            which,
        )
    ).all()
    return [
        _candidate(
            (row[0], row[1], row[2], row[3], row[4], row[5]),
            _label(row[6], row[7], on, None),
            row[8],
            row[9],
            read_interval(row[10:]),
        )
        for row in rows
    ]


def _candidates_then(on: date, known: datetime | None) -> list[Candidate]:
    plants = [plant for plant in list_plants(EVERYTHING, known) if not plant.is_closed(on)]
    mains = main_industries(known)
    facts = facts_of([plant.plant_id for plant in plants], known)
    rules = standing_rules(on, known)
    return [
        _candidate(
            (p.plant_id, p.uscc, p.number, p.name, p.enterprise_name, p.county),
            _label(mains[p.plant_id].industry, mains[p.plant_id].subtype, on, known)
            if p.plant_id in mains
            else "",
            p.livelihood,
            p.state,
            standing_on(facts[p.plant_id], on, rules),
        )
        for p in plants
    ]


def _candidate(
    who: tuple[int, str, str, str, str, str],
    industry: str,
    livelihood: bool | None,
    state: str,
    standing: Standing,
) -> Candidate:
    plant_id, uscc, number, plant_name, name, county = who
    return Candidate(
        plant_id=plant_id,
        uscc=uscc,
        plant=number,
        plant_name=plant_name,
        name=name,
        county=county,
        industry=industry,
        livelihood=bool(livelihood),
        state=state,
        standing=standing,
    )


def _label(industry: str | None, subtype: str | None, on: date, known: datetime | None) -> str:
    """The name the industry bore on the day, as known at the moment."""
    return catalogue(known).by_id(industry).label(subtype or None, on) if industry else ""


def county_names() -> dict[str, str]:
    """The short name of each county (区县) by its code."""
    return {bureau.code: bureau.short_name for bureau in list_bureaus()}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a plant's standing on a day rests on: sentences, and the recorded facts in words."""

    reasons: tuple[Reason, ...]
    facts: Mapping[str, str]
    """violation:17 → what it is, when it was decided, by which document."""


def grounds_of(row: RankedRow, on: date, known: datetime | None = None) -> Grounds:
    """Why the plant of a row stands as it does, with the facts known at the moment."""
    plant_id = row.candidate.plant_id
    facts = facts_of([plant_id], known).get(plant_id, PlantFacts())
    rules = standing_rules(on, known)
    reasons = explain(row.candidate.standing, facts, on, rules, rulebook_titles())
    return Grounds(reasons, told_facts(facts))
