"""Keeping the standings in step with facts and rules, in the transaction that changes them.

A fact moves a few plants, whose intervals follow at once. An edit of 规则库 may move all. Up to
:data:`AT_ONCE` plants follow it at once as well; of a larger register the rebuild is begun in that
transaction and goes on in the background (:mod:`app.grades.services.rebuilding`).
"""

from __future__ import annotations

from datetime import timedelta

from app.grades.queries import settings_fingerprint
from app.grades.services.projecting import project
from app.grades.services.rebuilding import begin_in_background, note_built
from app.kernel.transaction import rulebook_changed, standing_changed, transaction
from app.registry.queries import list_plant_ids

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
    """An edit of 规则库 changes every plant's intervals, or, where standings ask not of it, none.

    Held against what was known just before this transaction, since the projection follows every
    edit at once and so stood by those settings.
    """
    before = transaction().moment - timedelta(microseconds=1)
    if settings_fingerprint() == settings_fingerprint(before):
        return
    plant_ids = list_plant_ids()
    if len(plant_ids) > AT_ONCE:
        begin_in_background()
        return
    standing_changed.emit(plant_ids)
    note_built(settings_fingerprint())
