"""The conditions of measures (纳入条件): each judges one thing and says it in the law's words."""

from collections.abc import Callable, Iterable

from app.kernel.verdicts import Reason
from app.policy.domain import Candidate, Condition, Situation
from app.rulebook.domain import with_grade

UNGRADED_AS_LOWEST = "ungraded_as_lowest"
EXCLUDE_BLOCKED = "positive_list.exclude_blocked"

VIOLATION_YEAR_BASIS = "violation_year_basis"

LEADING_GRADES = ("A+", "A", "引领性")
B_AND_ABOVE = (*LEADING_GRADES, "B", "B-")
BELOW_B = ("C", "D", "非引领性")
GRADES = (*B_AND_ABOVE, *BELOW_B)

GRADE_PHRASE_READS = ("standing.grade", "standing.basis", "standing.verified")
"""What `grade_phrase` tells depends on this."""


def grade_phrase(candidate: Candidate) -> str:
    """How a plant's grade is told in a reason, with where it comes from if by a finding."""
    standing = candidate.standing
    if standing.grade is None:
        return "未定级"
    if standing.basis != "finding":
        return with_grade("绩效等级为", standing.grade)
    doubt = "" if standing.verified else "（该行业最低等级未核实）"
    lowered = with_grade("因认定隐瞒情况或提供虚假材料，绩效等级降为最低的", standing.grade)
    return f"{lowered}{doubt}"


def grade_facts(candidate: Candidate) -> tuple[str, ...]:
    """The record or finding that the grade rests on, as a reason names it."""
    standing = candidate.standing
    if standing.basis is None:
        return ()
    kind = "grade_record" if standing.basis == "record" else "finding"
    return (f"{kind}:{standing.basis_id}",)


def grade_among(grades: Iterable[str], *, clause: str, favour: str, those: str) -> Condition:
    """The plant's grade is one of those that the clause favours; ungraded plants are not.

    `favour` is the sentence of the law for the admitted, `those` names the favoured for the
    others: 不属于{those}.
    """
    wanted = frozenset(grades)

    def judge(candidate: Candidate, _: Situation) -> Reason:
        met = candidate.standing.grade in wanted
        text = f"{favour}。" if met else f"不属于{those}。"
        return Reason(clause, f"{grade_phrase(candidate)}，{text}", met, grade_facts(candidate))

    return Condition("grade-among", clause, judge, title=f"属于{those}", reads=GRADE_PHRASE_READS)


def to_be_reduced(
    *,
    clause: str,
    named: Iterable[str],
    named_text: str,
    derived: tuple[str, ...] = (),
    derived_text: str = "",
    spared_text: str,
    list_name: str,
) -> Condition:
    """The plant's grade puts it on a reduction list (减排清单); ungraded plants as the bureau set.

    `named`: grades that the clause itself puts on the list. `derived`: grades for which only the
    bureau's setting does. All others are spared.
    """
    by_clause, by_setting = frozenset(named), frozenset(derived)

    def judge(candidate: Candidate, situation: Situation) -> Reason:
        grade = candidate.standing.grade
        if grade is None:
            if situation.is_set(UNGRADED_AS_LOWEST):
                text = f"未定级，按本局设定视同最低等级纳入{list_name}。"
                return Reason(clause, text, met=True)
            return Reason(clause, f"未定级，按本局设定单列，不纳入{list_name}。", met=False)
        met = grade in by_clause or grade in by_setting
        text = named_text if grade in by_clause else derived_text if met else spared_text
        return Reason(clause, f"{grade_phrase(candidate)}，{text}。", met, grade_facts(candidate))

    also = f"；{'、'.join(derived)} 级{derived_text}" if by_setting else ""
    title = f"{named_text}{also}；未定级的按本局设定"
    return Condition(
        "to-be-reduced",
        clause,
        judge,
        settings=(UNGRADED_AS_LOWEST,),
        title=title,
        reads=GRADE_PHRASE_READS,
    )


def not_blocked(*, clause: str = "PLAN-BLOCK", only_if: str | None = None) -> Condition:
    """No violation of this year bars the plant (当年没有所列环境违法行为)."""

    def judge(candidate: Candidate, situation: Situation) -> Reason:
        standing = candidate.standing
        year = f"当年（{situation.on.year} 年，{_year_basis_words(situation)}）"
        if not standing.blocked:
            return Reason(clause, f"{year}没有所列环境违法行为。", met=True)
        facts = tuple(f"violation:{number}" for number in standing.blocking)
        text = f"{year}有所列环境违法行为 {standing.blocking_count} 件，按本局设定不列入。"
        return Reason(clause, text, met=False, facts=facts)

    title = "当年没有所列环境违法行为（本局设定）"
    reads = ("standing.blocked", "standing.blocking_count")
    return Condition("not-blocked", clause, judge, only_if, (VIOLATION_YEAR_BASIS,), title, reads)


def _year_basis_words(situation: Situation) -> str:
    if situation.value(VIOLATION_YEAR_BASIS) == "acted":
        return "按行为日期计，未记载的按决定日期计"
    return "按决定日期计"


def not_banned(*, clause: str = "PLAN-FALSE") -> Condition:
    """No ban on filing for false material runs on the day (不在禁止申报期内)."""

    def judge(candidate: Candidate, _: Situation) -> Reason:
        until = candidate.standing.banned_until
        if until is None:
            return Reason(clause, "不在因虚假材料一年内不得再次申报的期间内。", met=True)
        text = f"在因虚假材料一年内不得再次申报的期间内，该期间到 {until.isoformat()} 止。"
        return Reason(clause, text, met=False)

    title = "不在因虚假材料一年内不得再次申报的期间内"
    return Condition("not-banned", clause, judge, title=title, reads=("standing.banned_until",))


def violations_at_most(limit: int, *, clause: str) -> Condition:
    """No more than so many violations in the last 36 months (近 36 个月违法行为不超过若干件)."""

    def judge(candidate: Candidate, _: Situation) -> Reason:
        count = candidate.standing.violations_36m
        met = count <= limit
        relation = "未超过" if met else "超过"
        return Reason(clause, f"近 36 个月违法行为 {count} 件，{relation} {limit} 件。", met)

    title = f"近 36 个月违法行为不超过 {limit} 件"
    reads = ("standing.violations_36m",)
    return Condition("violations-at-most", clause, judge, title=title, reads=reads)


def _value_among(
    name: str,
    label: str,
    field: str,
    value: Callable[[Candidate], str],
    values: Iterable[str],
    clause: str,
    *,
    inside: bool,
) -> Condition:
    listed = tuple(sorted(set(values)))

    def judge(candidate: Candidate, _: Situation) -> Reason:
        belongs = value(candidate) in listed
        relation = "属于" if belongs else "不属于"
        text = f"{label}为{value(candidate)}，{relation}{'、'.join(listed)}。"
        return Reason(clause, text, belongs == inside)

    title = f"{label}{'属于' if inside else '不属于'}{'、'.join(listed)}"
    return Condition(name, clause, judge, title=title, reads=(field,))


def _industry(candidate: Candidate) -> str:
    """The main industry without its sub-type."""
    return candidate.industry.split("/", 1)[0]


def industry_among(industries: Iterable[str], *, clause: str) -> Condition:
    """The plant's main industry (主要行业) is one of those named."""
    return _value_among(
        "industry-among", "主要行业", "industry", _industry, industries, clause, inside=True
    )


def industry_outside(industries: Iterable[str], *, clause: str) -> Condition:
    """The plant's main industry (主要行业) is none of those named."""
    return _value_among(
        "industry-outside", "主要行业", "industry", _industry, industries, clause, inside=False
    )


def state_outside(states: Iterable[str], *, clause: str) -> Condition:
    """The plant's state of production (生产状态) is none of those named."""
    return _value_among(
        "state-outside", "生产状态", "state", lambda c: c.state, states, clause, inside=False
    )


def not_livelihood(*, clause: str) -> Condition:
    """The plant does not secure people's livelihood (非民生保障类)."""

    def judge(candidate: Candidate, _: Situation) -> Reason:
        text = "属于民生保障类。" if candidate.livelihood else "不属于民生保障类。"
        return Reason(clause, text, not candidate.livelihood)

    return Condition(
        "not-livelihood", clause, judge, title="不属于民生保障类", reads=("livelihood",)
    )
