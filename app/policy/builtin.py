"""The measures of the plan (方案) that the program brings along; a plugin like any other."""

from app.kernel.hooks import hookimpl
from app.policy.conditions import (
    B_AND_ABOVE,
    BELOW_B,
    EXCLUDE_BLOCKED,
    LEADING_GRADES,
    grade_among,
    not_blocked,
    to_be_reduced,
)
from app.policy.criteria import BEST_FIRST, WORST_FIRST
from app.policy.domain import Condition, Criterion, Measure

EMERGENCY_LIST = "污染天气应急减排清单"
MAJOR_EVENT_LIST = "重大活动保障强化减排清单"
THOSE_B_AND_ABOVE = "绩效 A 级、B 级（含 B-）和引领性企业"
THOSE_LEADING = "绩效 A 级和引领性企业"
THOSE_BELOW_B = "绩效 C 级、D 级和非引领性企业"
LIGHT_EXEMPTION = "中、轻度污染天气期间可豁免采取应急减排措施"
HEAVY_EXEMPTION = "重污染天气期间可豁免采取应急减排措施"


@hookimpl
def policy_measures() -> list[Measure]:
    """The eight measures of the plan."""
    return [
        _positive_list(),
        _rights_city(),
        _rights_province(),
        _heavy_exempt(),
        _light_exempt(),
        _heavy_reduce(),
        _light_reduce(),
        _major_event_reduce(),
    ]


def _measure(
    measure_id: str,
    title: str,
    clauses: tuple[str, ...],
    *conditions: Condition,
    criteria: tuple[Criterion, ...] = BEST_FIRST,
) -> Measure:
    return Measure(measure_id, title, clauses, conditions, criteria)


def _positive_list() -> Measure:
    return _measure(
        "positive-list",
        "监督执法正面清单",
        ("PLAN-POSITIVE", "PLAN-BLOCK"),
        grade_among(
            B_AND_ABOVE,
            clause="PLAN-POSITIVE",
            favour="优先列入生态环境监管执法正面清单",
            those=f"优先列入正面清单的{THOSE_B_AND_ABOVE}",
        ),
        not_blocked(only_if=EXCLUDE_BLOCKED),
    )


def _rights_city() -> Measure:
    reserve = "市级政府储备大气污染物排污权主要用于保障"
    return _measure(
        "rights-city",
        "市级储备排污权保障",
        ("PLAN-RIGHTS",),
        grade_among(
            B_AND_ABOVE,
            clause="PLAN-RIGHTS",
            favour=f"{reserve}{THOSE_B_AND_ABOVE}及其投资项目",
            those=f"{reserve}的{THOSE_B_AND_ABOVE}",
        ),
    )


def _rights_province() -> Measure:
    reserve = "省级政府储备大气污染物排污权主要用于保障"
    return _measure(
        "rights-province",
        "省级储备排污权保障",
        ("PLAN-RIGHTS",),
        grade_among(
            LEADING_GRADES,
            clause="PLAN-RIGHTS",
            favour=f"{reserve}{THOSE_LEADING}及其投资项目",
            those=f"{reserve}的{THOSE_LEADING}",
        ),
    )


def _heavy_exempt() -> Measure:
    return _measure(
        "episode-heavy-exempt",
        "重污染天气可豁免",
        ("PLAN-EPISODE",),
        grade_among(
            LEADING_GRADES,
            clause="PLAN-EPISODE",
            favour=HEAVY_EXEMPTION,
            those=f"{HEAVY_EXEMPTION}的{THOSE_LEADING}",
        ),
    )


def _light_exempt() -> Measure:
    return _measure(
        "episode-light-exempt",
        "中轻度污染天气可豁免",
        ("PLAN-EPISODE",),
        grade_among(
            B_AND_ABOVE,
            clause="PLAN-EPISODE",
            favour=LIGHT_EXEMPTION,
            those=f"{LIGHT_EXEMPTION}的{THOSE_B_AND_ABOVE}",
        ),
    )


def _heavy_reduce() -> Measure:
    return _measure(
        "episode-heavy-reduce",
        "重污染天气应急减排",
        ("PLAN-EPISODE",),
        to_be_reduced(
            clause="PLAN-EPISODE",
            named=BELOW_B,
            named_text=f"{THOSE_BELOW_B}应纳入{EMERGENCY_LIST}",
            derived=("B", "B-"),
            derived_text=f"不属于{HEAVY_EXEMPTION}的{THOSE_LEADING}，"
            f"由此推定纳入{EMERGENCY_LIST}（方案没有直接写明，本局设定）",
            spared_text=f"{HEAVY_EXEMPTION}，不纳入{EMERGENCY_LIST}",
            list_name=EMERGENCY_LIST,
        ),
        criteria=WORST_FIRST,
    )


def _light_reduce() -> Measure:
    return _measure(
        "episode-light-reduce",
        "中轻度污染应急减排",
        ("PLAN-EPISODE",),
        to_be_reduced(
            clause="PLAN-EPISODE",
            named=BELOW_B,
            named_text=f"{THOSE_BELOW_B}应纳入{EMERGENCY_LIST}",
            spared_text=f"{LIGHT_EXEMPTION}，不纳入{EMERGENCY_LIST}",
            list_name=EMERGENCY_LIST,
        ),
        criteria=WORST_FIRST,
    )


def _major_event_reduce() -> Measure:
    return _measure(
        "major-event-reduce",
        "重大活动强化减排",
        ("PLAN-EPISODE",),
        to_be_reduced(
            clause="PLAN-EPISODE",
            named=BELOW_B,
            named_text=f"{THOSE_BELOW_B}应纳入{MAJOR_EVENT_LIST}",
            spared_text=f"不属于应纳入{MAJOR_EVENT_LIST}的{THOSE_BELOW_B}",
            list_name=MAJOR_EVENT_LIST,
        ),
        criteria=WORST_FIRST,
    )
