"""What happens in a life, and how often; the way through one (随机经过)."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from flask import Flask

from tests.chronicles import facts, lists, plants, settings, workbooks
from tests.chronicles.compare import Tally, compare
from tests.chronicles.life import Life
from tests.chronicles.model import Finding, Grade, Violation

ACTS: tuple[tuple[Callable[[Life], None], int], ...] = (
    (facts.record_violation, 4),
    (facts.record_finding, 2),
    (facts.record_grade, 4),
    (partial(facts.withdraw, kind=Violation), 2),
    (partial(facts.withdraw, kind=Finding), 2),
    (partial(facts.withdraw, kind=Grade), 1),
    (partial(facts.correct, kind=Violation), 2),
    (partial(facts.correct, kind=Finding), 1),
    (partial(facts.correct, kind=Grade), 2),
    (partial(facts.annul, kind=Violation), 1),
    (partial(facts.annul, kind=Finding), 1),
    (partial(facts.annul, kind=Grade), 1),
    (facts.mark, 2),
    (plants.change, 6),
    (settings.change, 3),
    (workbooks.later, 3),
    (lists.draft, 2),
    (lists.proceed, 4),
    (lists.withdraw, 1),
)


def live(app: Flask, seed: int, acts: int) -> Life:
    """A first register, then so many acts by different people on days that go by."""
    life = Life(app, random.Random(seed))  # noqa: S311 - repeatable choices
    workbooks.first_register(life)
    doings, weights = zip(*ACTS, strict=True)
    for _ in range(acts):
        life.pass_days(life.chance.choice((0, 0, 1, 5, 20)))
        life.chance.choices(doings, weights)[0](life)
    return life


def judged(life: Life, share: float) -> Tally:
    """Hold every issued list and every day's answers against the model."""
    tally = Tally(issued=len(life.issued), acts=len(life.known))
    lists.hold(life)
    compare(life, tally, share=share)
    return tally
