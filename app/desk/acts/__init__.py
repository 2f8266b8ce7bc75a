"""Every act on facts by hand, by id and by the kind of fact with its verb."""

from __future__ import annotations

from collections.abc import Mapping

from app.desk.acts import findings, grades, violations
from app.desk.acts.base import Act

ACTS: Mapping[str, Act] = {act.id: act for act in (*violations.ACTS, *findings.ACTS, *grades.ACTS)}


def act_of(kind: str, verb: str) -> Act:
    """The act with this verb on this kind of fact."""
    return next(it for it in ACTS.values() if (it.kind, it.verb) == (kind, verb))
