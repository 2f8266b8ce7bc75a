"""What an act would change, found by doing it and undoing it (变动后果预演).

The one way every preview of this stage, and every approval page, is made::

    seen = foresee(lambda: services.record_violations([entry]), scope)
    page("desk/preview.html", consequences=seen, …)

``act`` writes through the stages' own services (no audit entry needed); it is done, the standings
follow, what would be is looked at, and all is undone, so that a preview cannot differ from the act.
It needs a writing transaction: previews are sent by POST. What ``act`` raises comes through.

A preview carries ``seen.fingerprint``; whoever confirms foresees again and, if the fingerprint is
another, shows the new preview instead of saving. ``desk/_consequences.html`` shows the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from app.desk.domain import rank_sentence, standing_sentences
from app.grades.domain import Interval, Standing, effects_seen_from, in_order
from app.grades.queries import facts_of, intervals_of, standing_rules
from app.grades.rules import voided_records
from app.issuing.domain import ISSUED
from app.issuing.queries import ListFilter, lines_of_plants, list_lists
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import clock
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.look import number
from app.kernel.transaction import rehearse, standing_changed, transaction
from app.policy.queries import CANNOT_RUN, rank_by_every_measure
from app.registry.queries import PlantOnRecord, list_plants
from app.rights.domain import LEVEL_WORDS, MEASURE_OF, Level
from app.rights.queries import (
    ApplicationFilter,
    list_applications_on_record,
    years_on_record,
)
from app.rulebook.domain import with_grade
from app.rulebook.queries import rulebook_on

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class PlantConsequences:
    """What an act changes for one plant; ``before``/``after`` are its standings of the day.

    None: the plant is not on record there.
    """

    plant: PlantOnRecord
    before: Standing | None
    after: Standing | None
    standing: tuple[str, ...]
    """Sentences: grade, ban, bar, with the days until which."""
    voided: tuple[str, ...]
    """Grade records that a finding voids."""
    lists: tuple[str, ...]
    """Places in the measures' lists of the day."""
    applications: tuple[str, ...]
    """Emission-rights applications that enter or leave the priority section."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing changes for the plant."""
        return not (self.standing or self.voided or self.lists or self.applications)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an act changes, as its preview tells it."""

    on: date
    plants: tuple[PlantConsequences, ...]
    """Those within the person's reach, changed or named."""
    elsewhere: int
    """How many plants outside that reach are changed as well."""
    others: tuple[str, ...]
    """What happens in the lists to plants that the act does not touch."""
    issued: tuple[str, ...]
    """Issued lists that would be flagged, because they would have come out otherwise."""
    faults: tuple[str, ...]
    """Lists that cannot be computed, each with the reason."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all changes."""
        return not self.elsewhere and all(it.is_nothing for it in self.plants)

    @property
    def fingerprint(self) -> str:
        """A hash of everything that is told: the same when nothing told has changed.

        Without lasting ids: those of what an act makes anew differ from rehearsal to act.
        """
        told = [
            [it.plant.uscc, it.plant.full_name, it.standing, it.voided, it.lists,
             it.applications]
            for it in self.plants
        ]  # fmt: skip
        text = json.dumps(
            [self.on.isoformat(), told, self.elsewhere, self.others, self.issued, self.faults],
            ensure_ascii=False,
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Picture:
    """The register as the consequences are read off it."""

    plants: Mapping[int, PlantOnRecord]
    courses: Mapping[int, tuple[Interval, ...]]
    voided: Mapping[int, frozenset[str]]
    titles: Mapping[str, str]
    ranks: Mapping[str, Mapping[int, int | None]]
    applications: Mapping[int, frozenset[str]]
    """Plant → its applications in the priority section, in words."""
    issued: Mapping[int, str]
    """Signed lists that would read otherwise, by id with their titles."""
    faults: list[str] = field(default_factory=list)


def foresee(act: Act, scope: Scope, *, named: Iterable[int] = ()) -> Consequences:
    """What ``act`` would change today for the plants whose standing it touches.

    ``named`` plants are told of even if nothing changes for them; only plants within ``scope``
    are named at all.
    """
    touched = set(named)

    def noted() -> None:
        act()
        touched.update(transaction().events.get(standing_changed.name, ()))

    after = rehearse(noted, lambda: _picture(touched, scope))
    return _compared(_picture(touched, scope), after, touched, scope)


def _picture(touched: Collection[int], scope: Scope) -> _Picture:
    on = clock.today()
    ranked, faults = rank_by_every_measure(on)
    ranks: dict[str, dict[int, int | None]] = {
        measure: {row.candidate.plant_id: row.rank for row in it.rows}
        for measure, it in ranked.items()
    }
    return _Picture(
        plants={it.plant_id: it for it in list_plants(EVERYTHING) if it.plant_id in touched},
        courses=intervals_of(sorted(touched)),
        voided=_voided(sorted(touched), on),
        titles={measure: it.measure.title for measure, it in ranked.items()},
        ranks=ranks,
        applications=_priority_applications(touched, ranks, on),
        issued=_lists_that_differ(touched, scope),
        faults=faults,
    )


def _voided(plant_ids: list[int], on: date) -> dict[int, frozenset[str]]:
    rules = standing_rules(on)
    found: dict[int, frozenset[str]] = {}
    for plant_id, known in facts_of(plant_ids).items():
        facts = in_order(known)
        found[plant_id] = frozenset(
            f"{with_grade(f'{record.effective_on} 生效的', record.grade)}记录"
            f"{f'（{record.document}）' if record.document else ''}"
            for effect in effects_seen_from(facts, on, rules)
            for record in voided_records(facts.records, effect, rules.order)
        )
    return found


def _priority_applications(
    touched: Collection[int], ranks: Mapping[str, Mapping[int, int | None]], on: date
) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for year in (it for it in years_on_record() if it >= on.year):
        for it in list_applications_on_record(EVERYTHING, ApplicationFilter(year)):
            if it.plant_id not in touched or it.new_enterprise:
                continue
            for level in Level:
                if ranks.get(MEASURE_OF[level], {}).get(it.plant_id) is not None:
                    found.setdefault(it.plant_id, set()).add(
                        f"{year} 年度{LEVEL_WORDS[level]}储备 {it.pollutant} "
                        f"{number(it.asked, 3)} 吨/年{f'（{it.project}）' if it.project else ''}"
                    )
    return {plant_id: frozenset(words) for plant_id, words in found.items()}


def _compared(
    before: _Picture, after: _Picture, touched: Collection[int], scope: Scope
) -> Consequences:
    on = clock.today()
    told = [_of_plant(before, after, plant_id, on) for plant_id in sorted(touched)]
    known = [it for it in told if it is not None]
    inside = [
        it
        for it in known
        if scope.covers(county=it.plant.county, enterprise_id=it.plant.enterprise_id)
    ]
    inside.sort(key=lambda it: (it.is_nothing, it.plant.uscc, it.plant.number))
    return Consequences(
        on=on,
        plants=tuple(inside),
        elsewhere=sum(not it.is_nothing for it in known) - sum(not it.is_nothing for it in inside),
        others=tuple(_others(before, after, touched)),
        issued=tuple(
            f"{after.issued[it]}：有的行将与按现在所知的不同，会标记出来，清单本身不改写。"
            for it in sorted(after.issued.keys() - before.issued.keys())
        ),
        faults=tuple(after.faults),
    )


def _of_plant(
    before: _Picture, after: _Picture, plant_id: int, on: date
) -> PlantConsequences | None:
    plant = after.plants.get(plant_id) or before.plants.get(plant_id)
    if plant is None:
        return None
    order = rulebook_on(on).grade_order
    was, becomes = before.courses.get(plant_id, ()), after.courses.get(plant_id, ())
    nothing: frozenset[str] = frozenset()
    lists = (
        rank_sentence(title, plant_id, before.ranks.get(measure, {}), after.ranks.get(measure, {}))
        for measure, title in after.titles.items()
    )
    held = before.applications.get(plant_id, nothing)
    holds = after.applications.get(plant_id, nothing)
    newly_voided = after.voided.get(plant_id, nothing) - before.voided.get(plant_id, nothing)
    return PlantConsequences(
        plant=plant,
        before=_on(was, on),
        after=_on(becomes, on),
        standing=tuple(standing_sentences(was, becomes, on, order)),
        voided=tuple(f"{it}不再有效。" for it in sorted(newly_voided)),
        lists=tuple(it for it in lists if it is not None),
        applications=(
            *(f"{it}：不再列入优先保障。" for it in sorted(held - holds)),
            *(f"{it}：列入优先保障。" for it in sorted(holds - held)),
        ),
    )


def _on(course: tuple[Interval, ...], on: date) -> Standing | None:
    return next(
        (
            it.standing
            for it in course
            if it.from_on <= on and (it.until_on is None or on < it.until_on)
        ),
        None,
    )


def _others(before: _Picture, after: _Picture, touched: Collection[int]) -> Iterable[str]:
    for measure, title in after.titles.items():
        was = before.ranks.get(measure, {})
        moved = sum(
            rank != was.get(plant_id)
            for plant_id, rank in after.ranks[measure].items()
            if plant_id not in touched
        )
        if moved:
            yield f"“{title}”：另有 {moved} 个厂区的位次随之变动。"


def _lists_that_differ(touched: Collection[int], scope: Scope) -> dict[int, str]:
    """The signed lists in which a touched plant would read otherwise than its frozen line.

    A quick answer by each list's own rule; after the act a job computes the lists anew and flags
    them line by line.
    """
    found: dict[int, str] = {}
    for view in list_lists(scope, ListFilter(), size=None).rows:
        if view.state not in ISSUED:
            continue
        try:
            differs = subject_of(view.subject).could_differ(
                view.question_now, touched, lines_of_plants(view.id, touched)
            )
        except (UnknownSpec, *CANNOT_RUN):
            continue  # it cannot be computed now, with the act or without it
        if differs:
            number = f"（{view.number}）" if view.number else ""
            found[view.id] = f"“{view.title}”{number}"
    return found
