"""What a plant may begin today (可以办理的申报), kind by kind, by the verdict of who may file.

Pure. Nothing is worked out a second time here: `app.filing.admission` is asked for every grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.filing.admission import TOP_GRADE, FilingRules, Situation, may_file
from app.filing.domain import Kind
from app.grades.domain import Standing
from app.kernel.verdicts import Verdict
from app.rulebook.domain import Grade


@dataclass(frozen=True, slots=True)
class Prospects:
    """Of a plant on a day, for filings of the day's year."""

    situations: Mapping[Kind, Situation]
    on: date
    rules: FilingRules

    @property
    def situation(self) -> Situation:
        """What is the same for every kind; the windows are not."""
        return self.situations[Kind.FIRST]

    @property
    def standing(self) -> Standing:
        """The plant's standing on the day."""
        return self.situation.standing

    @property
    def better(self) -> tuple[Grade, ...]:
        """The grades of its schemes that are better than its own, best first."""
        present, order = self.standing.grade, self.situation.order
        return tuple(
            it
            for it in self.situation.scheme
            if it != TOP_GRADE and (present is None or order.rank(it) < order.rank(present))
        )

    def targets(self, kind: Kind) -> tuple[Grade, ...]:
        """The grades for which such a filing may begin now, best first."""
        scheme = self.situation.scheme
        return tuple(it for it in scheme if self._verdict(kind, it).admitted)

    def why_not(self, kind: Kind) -> str:
        """What stands in the way of the least that such a filing could aim at.

        Without the violation that bars it: that is told by itself. Empty: nothing else does.
        """
        aims = self.better if kind is Kind.UPGRADE else self.situation.scheme
        if not aims:
            return ""
        reasons = self._verdict(kind, aims[-1]).reasons
        return "".join(it.text for it in reasons if not it.met and it.clause != "PLAN-BLOCK")

    def _verdict(self, kind: Kind, target: Grade) -> Verdict:
        return may_file(target, kind, self.on.year, self.situations[kind], self.on, self.rules)
