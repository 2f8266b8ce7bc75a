"""What the pages of this stage put into words (页面用语): states, what an import will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ledger.preview import Preview
from app.ledger.problems import Problem
from app.ledger.queries import ImportView
from app.ledger.workflow import CHECKING, DROPPED, READY, REFUSED, UNREADABLE, WRITING, WRITTEN

_KINDS: Mapping[str, str] = {
    CHECKING: "neutral",
    REFUSED: "late",
    READY: "soon",
    WRITING: "neutral",
    WRITTEN: "done",
    UNREADABLE: "late",
    DROPPED: "neutral",
}
_BEHIND_STANDINGS = frozenset({"等级", "违法行为", "虚假材料"})
_SLOW = timedelta(minutes=1)


def tag_of(view: ImportView) -> tuple[str, str]:
    """How the state of an import is tagged: kind of tag and word."""
    if view.state == READY and view.is_unchanged:
        return "done", "无变化"
    return _KINDS[view.state], view.state_word


@dataclass(frozen=True, slots=True)
class Effects:
    """What writing a previewed workbook does, for the person who confirms it."""

    standing_rows: int
    """New and changed rows on which grades and standings rest."""
    voided: Sequence[Problem]
    """One for each grade on record that a finding (虚假材料) makes invalid."""


def effects_of(preview: Preview) -> Effects:
    """The effects of writing what the preview shows."""
    return Effects(
        sum(change.sheet in _BEHIND_STANDINGS for change in preview.changes),
        [it for it in preview.warnings if it.sheet == "虚假材料" and "不再有效" in it.what],
    )


def is_stalled(view: ImportView, now: datetime) -> bool:
    """Whether the import has waited so long that nobody seems to do the background work."""
    job = view.job
    return job is not None and job.state == "queued" and now - job.queued_at > _SLOW
