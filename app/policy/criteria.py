"""The criteria of the order among the admitted (排序依据): small, named, pure."""

from datetime import date

from app.policy.domain import WORSE_FIRST, Candidate, Criterion, Situation
from app.rulebook.domain import with_grade


def _grade_rank(candidate: Candidate, situation: Situation) -> int:
    return situation.order.rank(candidate.standing.grade)


def _grade_words(candidate: Candidate) -> str:
    grade = candidate.standing.grade
    return "未定级" if grade is None else with_grade("绩效等级为", grade)


def _held_since_key(candidate: Candidate, _: Situation) -> tuple[bool, date]:
    held_since = candidate.standing.held_since
    return held_since is None, held_since or date.max


def _held_since_words(candidate: Candidate) -> str:
    held_since = candidate.standing.held_since
    if held_since is None:
        return "没有等级保持起始日"
    return f"自 {held_since.isoformat()} 起保持该等级或更高等级"


BETTER_GRADE_FIRST = Criterion(
    "better-grade-first",
    "等级由高到低（等级次序为本局设定）",
    _grade_rank,
    _grade_words,
    reads=("standing.grade",),
)
WORSE_GRADE_FIRST = Criterion(
    WORSE_FIRST,
    "等级由低到高，未定级在最前（等级次序为本局设定）",
    lambda candidate, situation: -_grade_rank(candidate, situation),
    _grade_words,
    reads=("standing.grade",),
)
FEWER_VIOLATIONS_FIRST = Criterion(
    "fewer-violations-first",
    "近 36 个月违法行为由少到多",
    lambda candidate, _: candidate.standing.violations_36m,
    lambda candidate: f"近 36 个月违法行为 {candidate.standing.violations_36m} 件",
    reads=("standing.violations_36m",),
)
HELD_LONGER_FIRST = Criterion(
    "held-longer-first",
    "等级保持起始日由早到晚",
    _held_since_key,
    _held_since_words,
    reads=("standing.held_since",),
)

BEST_FIRST = (BETTER_GRADE_FIRST, FEWER_VIOLATIONS_FIRST, HELD_LONGER_FIRST)
"""Lists that favour: the better grade stands in front."""
WORST_FIRST = (WORSE_GRADE_FIRST, FEWER_VIOLATIONS_FIRST, HELD_LONGER_FIRST)
"""Reduce lists (减排清单): only the order of grades is turned round."""
