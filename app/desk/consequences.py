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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.desk.domain import Secured, application_sentences, rank_sentence, standing_sentences
from app.grades.domain import Interval, Standing, effects_seen_from, in_order
from app.grades.queries import facts_of, intervals_of
from app.grades.rules import voided_records
from app.grades.settings import standing_rules
from app.issuing.domain import ISSUED
from app.issuing.queries import ListFilter, lines_of_plants, list_lists
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.look import number
from app.kernel.transaction import rehearse, standing_changed, transaction
from app.policy.domain import RankedList, RuleFailed, ranks_with
from app.policy.queries import CANNOT_RUN, candidates, rank_by_every_measure
from app.registry.queries import PlantOnRecord, plants_by_id
from app.rights.domain import LEVEL_WORDS, MEASURE_OF
from app.rights.queries import applications_of
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


@dataclass(frozen=True, slots=True)
class _Picture:
    """What the touched plants are and bring, with the act or without it."""

    plants: Mapping[int, PlantOnRecord]
    courses: Mapping[int, tuple[Interval, ...]]
    voided: Mapping[int, frozenset[str]]
    judged: Mapping[str, RankedList]
    """Measure → the touched plants judged by it, without the others."""
    faults: Sequence[str]
    applications: Mapping[int, frozenset[Secured]]
    """Plant → its applications in the priority section."""
    issued: Mapping[int, str]
    """Signed lists that would read otherwise, by id with their titles."""


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
    judged, faults = rank_by_every_measure(on, plants=candidates(on, only=touched))
    return _Picture(
        plants=plants_by_id(touched),
        courses=intervals_of(sorted(touched)),
        voided=_voided(sorted(touched), on),
        judged=judged,
        faults=faults,
        applications=_secured(touched, judged, on),
        issued=_lists_that_differ(touched, scope),
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


def _secured(
    touched: Collection[int], judged: Mapping[str, RankedList], on: date
) -> dict[int, frozenset[Secured]]:
    found: dict[int, set[Secured]] = {}
    admitted = {
        level: {row.candidate.plant_id for row in judged[measure].rows if row.admitted}
        for level, measure in MEASURE_OF.items()
        if measure in judged
    }
    for it in applications_of(touched):
        if it.year < on.year or it.new_enterprise:
            continue
        project = f"，{it.project}" if it.project else ""
        words = f"{it.pollutant} {number(it.asked, 3)} 吨/年{project}"
        for level, plants in admitted.items():
            if it.plant_id in plants:
                reserve = Secured(it.year, LEVEL_WORDS[level], words)
                found.setdefault(it.plant_id, set()).add(reserve)
    return {plant_id: frozenset(reserves) for plant_id, reserves in found.items()}


@dataclass(frozen=True, slots=True)
class _Moved:
    """A list in which a touched plant is judged or placed otherwise: every rank in it."""

    title: str
    before: Mapping[int, int]
    after: Mapping[int, int]


def _moved(
    before: _Picture, after: _Picture, touched: Collection[int], on: date
) -> tuple[list[_Moved], list[str]]:
    """The lists in which something moves, and those that cannot be computed.

    Ranks are those of the whole register, which is ranked once, and only by the measures under
    which a touched plant brings something else than before.
    """
    wanted = [it for it in after.judged if _brought(before, it) != _brought(after, it)]
    if not wanted:
        return [], list(after.faults)
    ranked, faults = rank_by_every_measure(on, only=wanted)
    found: list[_Moved] = []
    for measure, now in ranked.items():
        ranks = {it.candidate.plant_id: it.rank for it in now.rows if it.rank is not None}
        try:
            then = ranks_with(now, after.judged[measure], touched)
        except RuleFailed as fault:
            faults.append(f"“{now.measure.title}”：{fault}")
            continue
        found.append(_Moved(now.measure.title, ranks, then))
    return found, [*after.faults, *faults]


def _brought(picture: _Picture, measure: str) -> set[tuple[object, ...]]:
    """What each touched plant brings to the order of a list."""
    rows = picture.judged[measure].rows if measure in picture.judged else ()
    return {(row.candidate.plant_id, row.admitted, row.keys) for row in rows}


def _compared(
    before: _Picture, after: _Picture, touched: Collection[int], scope: Scope
) -> Consequences:
    on = clock.today()
    lists, faults = _moved(before, after, touched, on)
    told = [_of_plant(before, after, lists, plant_id, on) for plant_id in sorted(touched)]
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
        others=tuple(_others(lists, touched)),
        issued=tuple(
            f"{after.issued[it]}：有的行将与按现在所知的不同，会标记出来，清单本身不改写。"
            for it in sorted(after.issued.keys() - before.issued.keys())
        ),
        faults=tuple(faults),
    )


def _of_plant(
    before: _Picture, after: _Picture, lists: Sequence[_Moved], plant_id: int, on: date
) -> PlantConsequences | None:
    plant = after.plants.get(plant_id) or before.plants.get(plant_id)
    if plant is None:
        return None
    order = rulebook_on(on).grade_order
    was, becomes = before.courses.get(plant_id, ()), after.courses.get(plant_id, ())
    places = (
        rank_sentence(it.title, it.before.get(plant_id), it.after.get(plant_id)) for it in lists
    )
    newly_voided = after.voided.get(plant_id, frozenset()) - before.voided.get(plant_id, set())
    return PlantConsequences(
        plant=plant,
        before=_on(was, on),
        after=_on(becomes, on),
        standing=tuple(standing_sentences(was, becomes, on, order)),
        voided=tuple(f"{it}不再有效。" for it in sorted(newly_voided)),
        lists=tuple(it for it in places if it is not None),
        applications=tuple(
            application_sentences(
                before.applications.get(plant_id, ()), after.applications.get(plant_id, ())
            )
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


def _others(lists: Iterable[_Moved], touched: Collection[int]) -> Iterable[str]:
    for it in lists:
        untouched = it.before.keys() - set(touched)
        moved = sum(it.before[plant_id] != it.after[plant_id] for plant_id in untouched)
        if moved:
            yield f"“{it.title}”：另有 {moved} 个厂区的位次随之变动。"


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
