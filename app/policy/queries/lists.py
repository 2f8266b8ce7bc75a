"""What measures answer: lists of a day, with the settings they read and the measures themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flask import current_app

from app.accounts.queries import list_bureaus
from app.grades.domain import PlantFacts
from app.grades.explanation import explain
from app.grades.queries import facts_of
from app.grades.settings import standing_rules
from app.kernel import clock, collector
from app.kernel.config import Config
from app.kernel.hooks import PluginError, plugin_manager
from app.kernel.verdicts import Reason
from app.policy.documents import (
    CanonicalList,
    Document,
    PlantsAsJson,
    Table,
    canonical_list,
    list_table,
)
from app.policy.domain import (
    Candidate,
    DoublePlant,
    Measure,
    RankedList,
    RankedRow,
    Register,
    RuleFailed,
    SettingMissing,
    rank_candidates,
)
from app.policy.fact_words import told_facts
from app.policy.measure_files import MeasureFileError, load_measure_files
from app.policy.measures import MeasureConflict, UnknownMeasure, collect_measures, find_measure
from app.policy.queries.register import candidates
from app.rulebook.domain import RulebookInfo
from app.rulebook.parameters import UnknownEntry, Value
from app.rulebook.queries import rulebook_on, rulebook_titles, setting

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
    listed: CanonicalList

    @property
    def document(self) -> Document:
        """The canonical document, whole."""
        return self.listed.document

    @property
    def sha256(self) -> str:
        """The hash by which the list is known."""
        return self.listed.sha256

    def table(self, number: str = "") -> Table:
        """The same as the bureau's table."""
        return list_table(
            self.ranked,
            rulebook=self.rulebook.title,
            rulebook_status=self.rulebook.status,
            sha256=self.sha256,
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


@collector.put_off()
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


@collector.put_off()
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
    register = candidates(on, known) if plants is None else Register(plants)
    for measure in all_measures().values():
        if only is not None and measure.id not in only:
            continue
        try:
            ranked[measure.id] = _ranked(measure, register, on, known)
        except CANNOT_RUN as fault:
            faults.append(f"“{measure.title}”：{fault}")
    return ranked, faults


@collector.put_off()
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


@collector.put_off()
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


def run_every_measure(
    on: date, known: datetime | None = None
) -> Iterator[tuple[str, PolicyRun | Exception]]:
    """The list of the whole register by each measure, by id, or why it cannot be made.

    The register is read once for all of them, and each plant written as JSON once.
    """
    register = candidates(on, known)
    plants = PlantsAsJson(register)
    for measure in all_measures().values():
        try:
            ranked = _ranked(measure, register, on, known)
        except CANNOT_RUN as fault:
            yield measure.id, fault
        else:
            yield measure.id, cut_to(ranked, known, plants=plants)


def cut_to(
    ranked: RankedList,
    known: datetime | None,
    counties: Iterable[str] | None = None,
    *,
    plants: PlantsAsJson | None = None,
) -> PolicyRun:
    """The list of the whole register as the answer for some counties (None: all)."""
    moment = known or clock.now()
    wanted = None if counties is None else sorted(set(counties))
    if wanted is not None:
        ranked = ranked.of_counties(wanted)
    scope = wanted[0] if wanted is not None and len(wanted) == 1 else None
    info = rulebook_on(ranked.on, scope, known).info
    listed = canonical_list(
        ranked, known_at=moment, rulebook=info.id, rulebook_status=info.status, plants=plants
    )
    return PolicyRun(ranked, moment, info, listed)


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
