"""The rules alone: plants in memory, every verdict with all its reasons out.

Against a loop in Python that touches, of every plant and for every measure, the fields that the
conditions of the measure read, and builds nothing. Nothing is known of the plants from an earlier
round; eight measures one after the other find out once which plants are alike, as whoever asks for
eight lists does. No order, no ranks, no words of facts: those belong to the list.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.country import AS_OF
from bench.ground import Ground
from bench.measuring import Result, in_turns, ratio

from app.policy.domain import AppliedMeasure, Candidate, Measure, Register, Situation
from app.policy.queries import all_measures, candidates, settings_of
from app.rulebook.queries import rulebook_on

ROUNDS = 5


def _applied(measure: Measure) -> AppliedMeasure:
    order = rulebook_on(AS_OF).grade_order
    return AppliedMeasure.of(measure, Situation(AS_OF, settings_of(measure, AS_OF), order))


def _touch_grades(plants: Sequence[Candidate]) -> None:
    for plant in plants:
        standing = plant.standing
        standing.grade  # noqa: B018
        standing.basis  # noqa: B018
        standing.verified  # noqa: B018


def _touch_grades_and_violations(plants: Sequence[Candidate]) -> None:
    for plant in plants:
        standing = plant.standing
        standing.grade  # noqa: B018
        standing.basis  # noqa: B018
        standing.verified  # noqa: B018
        standing.blocked  # noqa: B018
        standing.blocking  # noqa: B018


def measure(place: Ground) -> list[Result]:
    """The measure with two conditions, and all eight one after the other."""
    with place.app().app_context():
        plants = candidates(AS_OF)
        applied = {it.id: _applied(it) for it in all_measures().values()}
    registers = iter([Register(plants) for _ in range(2 * ROUNDS)])
    touched = {
        name: _touch_grades_and_violations if name == "positive-list" else _touch_grades
        for name in applied
    }
    one = in_turns(
        lambda: applied["positive-list"].verdicts(next(registers)),
        lambda: touched["positive-list"](plants),
        ROUNDS,
    )

    def eight() -> None:
        register = next(registers)
        for it in applied.values():
            it.verdicts(register)

    every = in_turns(eight, lambda: [touch(plants) for touch in touched.values()], ROUNDS)
    return [
        ratio("policy_rules", "verdicts of one measure", place.engine, *one, 6),
        ratio("policy_rules", "verdicts of eight measures", place.engine, *every, 6),
    ]
