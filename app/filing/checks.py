"""The checks that the program brings along (内置检查); a plugin like any other."""

from __future__ import annotations

from collections.abc import Iterator

from app.filing.domain import Assessment, CheckFinding, Place, Severity
from app.filing.queries.working import Working
from app.kernel.hooks import hookimpl
from app.rulebook.domain import with_grade

SHORTBOARD = "PLAN-SHORTBOARD"


@hookimpl
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:
    """What is wrong with a filing, or to be explained."""
    return [*_target(working, assessment)]


def _target(working: Working, assessment: Assessment) -> Iterator[CheckFinding]:
    """The target is no better than what the answers come to (PLAN-SHORTBOARD)."""
    target, overall = working.filing.target, assessment.overall
    if overall is not None and not working.rules.grade_order.at_least(overall, target):
        text = (
            f"{with_grade('自评结果为', overall)}，低于{with_grade('申报目标', target)}。"
            "请改正自评或降低申报目标。"
        )
        yield CheckFinding("target", Severity.ERROR, Place(0, "", "target"), text, SHORTBOARD)
