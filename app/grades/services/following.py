"""Keeping the standings in step with facts and rules, in the transaction that changes them.

A fact moves a few plants, whose intervals follow at once. An edit of 规则库 may move all. Up to
:data:`AT_ONCE` plants follow it at once as well; of more the rebuild is begun in that transaction
and goes on in the background (:mod:`app.grades.services.rebuilding`).
"""

from __future__ import annotations

from datetime import timedelta

from app.grades.queries import projection_fingerprint
from app.grades.services.projecting import project
from app.grades.services.rebuilding import begin_in_background, note_built, plants_concerned
from app.grades.settings import concerned, settings_fingerprint
from app.kernel.transaction import rulebook_changed, standing_changed, transaction

AT_ONCE = 10_000
"""Plants up to which the standings are worth waiting for: seconds."""


def follow_facts() -> None:
    """Rebuild the intervals of plants whose facts or rules change, in the same transaction."""
    standing_changed.subscribe(rebuild_intervals)
    rulebook_changed.subscribe(_follow_rulebook)


def rebuild_intervals(plant_ids: frozenset[int]) -> None:
    """Make these plants' intervals anew from the facts known now."""
    project(plant_ids)


def _follow_rulebook(_edits: frozenset[int]) -> None:
    """An edit of 规则库 changes the intervals of the plants it concerns, if there are any.

    Held against what was known just before this transaction, since the projection follows every
    edit at once and so stood by those settings; where it stood by others, against those.
    """
    before, now = transaction().moment - timedelta(microseconds=1), settings_fingerprint()
    stood_by = settings_fingerprint(before)
    if now == stood_by:
        return
    plant_ids = plants_concerned(concerned(projection_fingerprint() or stood_by, now))
    if len(plant_ids) > AT_ONCE:
        begin_in_background()
        return
    standing_changed.emit(plant_ids)
    note_built(now)
