"""Whether a plant may file (能否申报): one verdict, at the start and again when it is submitted.

Pure. What stands against the plant is known from its standing (`app.grades.domain`): bans and
barring violations are not worked out a second time here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.filing.domain import Kind, State
from app.grades.domain import Standing
from app.kernel.periods import day_after
from app.kernel.verdicts import Reason, Verdict
from app.rulebook.domain import Grade, GradeOrder, with_grade
from app.supervision.domain import Finding, Violation

TOP_GRADE = "A+"
"""Selected by the ministry among A (NAT-TOP); nobody files for it."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a kind of filing is open in a year (申报期), both days included."""

    id: int
    year: int
    kind: Kind
    from_on: date
    until_on: date
    document: str = ""

    def holds(self, on: date) -> bool:
        """Whether it is open on the day."""
        return self.from_on <= on <= self.until_on

    @property
    def words(self) -> str:
        """As a sentence names it."""
        return f"{self.from_on} 至 {self.until_on}"


@dataclass(frozen=True, slots=True)
class Running:
    """A filing of the plant that is not finished."""

    id: int
    kind: Kind
    year: int
    state: State
    is_others: bool = False
    """Whether another enterprise submitted it, which owned the plant then."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The industries of a plant in which no grade could be given, so none overall."""

    schemes: tuple[str, ...] = ()
    """The rulebook has no scheme (等级方案) for them."""
    subtypes: tuple[str, ...] = ()
    """Their sub-types have schemes of their own, and the register does not say which it is."""

    def __bool__(self) -> bool:
        return bool(self.schemes or self.subtypes)

    def words(self, office: str | None = "") -> str:
        """What is missing, and who can enter it.

        ``office``: whom the enterprise asks, with telephone; None: an officer reads it.
        """
        asked = "" if office is None else f"请联系{office or '所在区县生态环境分局'}"
        found = []
        if self.schemes:
            way = f"{asked}，由其报市局登记。" if asked else ""
            found.append(
                f"规则库没有登记本厂区行业{_listed(self.schemes)}的等级方案（未核实）。"
                f"等级方案由市局在规则库的行业目录中登记。{way}"
            )
        if self.subtypes:
            way = f"{asked}在台账中登记子类。" if asked else "请先在台账中登记子类。"
            found.append(
                f"台账没有登记本厂区行业{_listed(self.subtypes)}的子类，各子类的等级方案不同。{way}"
            )
        return f"不能确定可以申报的等级，现在不能开始申报：{''.join(found)}登记以后即可申报。"


def _listed(names: Sequence[str]) -> str:
    return "、".join(f"“{it}”" for it in names)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rule needs to know of a plant on a day."""

    standing: Standing
    rulebook: str
    """That in force in the plant's county on the day."""
    scheme: tuple[Grade, ...]
    """The grades of the schemes of its industries, best first; empty: unknown."""
    order: GradeOrder
    unknown: Unknown = Unknown()
    """Its industries whose scheme is unknown."""
    has_main_industry: bool = True
    closed_on: date | None = None
    banning: tuple[Finding, ...] = ()
    """The findings whose bans run on the day."""
    blocking: tuple[Violation, ...] = ()
    """The violations that bar it: of the day's year; for a filing that was submitted before, of
    the year of its first submission or later."""
    running: Running | None = None
    windows: tuple[Window, ...] = ()
    """Of the kind and year that is asked for."""
    held: Grade | None = None
    """The grade on the day of last year by which 上一年度已获评 is judged."""
    held_on: date | None = None


@dataclass(frozen=True, slots=True)
class FilingRules:
    """The settings that the verdict depends on."""

    barred_from: tuple[Grade, ...]
    """What a barring violation bars (block.barred_from)."""
    open_without_window: bool = True
    """本局设定: whether filing is open where no window is set."""


class Moment(StrEnum):
    """When the rule is asked."""

    START = "start"
    SUBMISSION = "submission"
    RESUBMISSION = "resubmission"
    """Of a filing that was submitted before and comes back corrected: the window and the kind were
    judged then."""


def may_file(
    target: Grade,
    kind: Kind,
    year: int,
    situation: Situation,
    on: date,
    rules: FilingRules,
    moment: Moment = Moment.START,
) -> Verdict:
    """Whether the plant may file for the target on the day; every reason, met or not.

    Asked of a filing that has begun, ``situation.running`` does not name it.
    """
    reasons = [
        *_plant(situation, on),
        *_running(situation),
        *_banned(situation),
    ]
    if target in situation.order.ranks:
        reasons += _blocked(target, situation, on, rules, moment)
    reasons += _target(target, situation)
    if moment is not Moment.RESUBMISSION:
        if target in situation.order.ranks:
            reasons += _kind(target, kind, situation)
        reasons += _window(kind, year, situation, on, rules, has_begun=moment is not Moment.START)
    return Verdict(all(it.met for it in reasons), tuple(reasons))


def _plant(situation: Situation, on: date) -> Iterator[Reason]:
    closed = situation.closed_on
    if closed is not None and closed <= on:
        text = f"该厂区已于 {closed} 关闭，不再申报。关闭登记有误的，请联系所在区县分局更正。"
        yield Reason("PLAN-PLANT", text, met=False)
    if not situation.has_main_industry:
        text = "台账中没有该厂区的主要行业，无法确定指标表和等级方案。请联系所在区县分局登记行业。"
        yield Reason("PLAN-SCOPE", text, met=False)


def _running(situation: Situation) -> Iterator[Reason]:
    running = situation.running
    if running is None:
        return
    if running.is_others:
        text = (
            f"该厂区 {running.year} 年度的{running.kind.words}由原企业提交，{running.state.words}，"
            "同一厂区同时只能有一件申报。由原企业撤回，或由区县办结以后，可以另行申报；"
            "请联系所在区县分局。"
        )
        yield Reason("PLAN-PLANT", text, met=False)
        return
    ends = "作废" if running.state is State.DRAFT else "撤回"
    text = (
        f"该厂区 {running.kind.in_year(running.year)}{running.state.words}，"
        f"同一厂区同时只能有一件申报。请继续办理该件，或先{ends}再另行申报。"
    )
    yield Reason("PLAN-PLANT", text, met=False, facts=(f"filing:{running.id}",))


# --- What stands against the plant ----------------------------------------------------------


def _banned(situation: Situation) -> Iterator[Reason]:
    """No filing at all until the last day of the ban, that day included (PLAN-FALSE)."""
    last_day = situation.standing.banned_until
    if last_day is None:
        text = "没有因隐瞒情况或提供虚假材料而不得申报的情形。"
        yield Reason("PLAN-FALSE", text, met=True)
        return
    found = "；".join(
        f"{it.found_on} 认定{f'（{it.document}）' if it.document else ''}"
        for it in situation.banning
    )
    text = (
        f"因隐瞒情况或提供虚假材料（{found}），到 {last_day}（含）为止不得申报任何等级，"
        f"{day_after(last_day)} 起可以申报。认定被撤销的，自撤销之日起可以申报。"
    )
    facts = tuple(f"finding:{it.id}" for it in situation.banning)
    yield Reason("PLAN-FALSE", text, met=False, facts=facts)


def _blocked(
    target: Grade, situation: Situation, on: date, rules: FilingRules, moment: Moment
) -> Iterator[Reason]:
    """A barring violation of the year: no filing for B or above; C and below stay open.

    A filing that was submitted is stopped by one of the year of its first submission or later; the
    new year does not free it.
    """
    if not situation.blocking:
        yield Reason("PLAN-BLOCK", f"{on.year} 年没有限制申报的环境违法行为。", met=True)
        return
    facts = tuple(f"violation:{it.id}" for it in situation.blocking)
    named = "；".join(
        f"“{it.kind}”（{it.decided_on} 决定{f'，{it.document}' if it.document else ''}）"
        for it in situation.blocking
    )
    if not is_barred(target, rules.barred_from, situation.order):
        text = f"有限制申报的环境违法行为：{named}；申报 C 级及以下不受限制。"
        yield Reason("PLAN-BLOCK", text, met=True, facts=facts)
        return
    until = (
        "新的年度也不解除，"
        if moment is Moment.RESUBMISSION
        else f"{on.year + 1} 年 1 月 1 日起可以另行申报，"
    )
    text = (
        f"有环境违法行为：{named}，当年不得申报 B 级（含引领性）及以上，{until}"
        "其间仍可申报 C 级及以下。对决定不服的，可以依法申请行政复议或者提起行政诉讼；"
        "决定被撤销的，自撤销之日起不再限制。"
    )
    yield Reason("PLAN-BLOCK", text, met=False, facts=facts)


def is_barred(target: Grade, barred: Sequence[Grade], order: GradeOrder) -> bool:
    """Whether a target is among what is barred, or better than all of it (A+)."""
    best = min((order.rank(grade) for grade in barred), default=None)
    return target in barred or (best is not None and order.rank(target) < best)


# --- The target and the kind ----------------------------------------------------------------


def _target(target: Grade, situation: Situation) -> Iterator[Reason]:
    if target == TOP_GRADE:
        text = "A+ 级由生态环境部在 A 级企业中遴选，不由企业直接申报。请按 A 级申报。"
        yield Reason("NAT-TOP", text, met=False)
    elif target not in situation.order.ranks:
        text = f"没有“{target}”这一等级。请从列出的等级中选择。"
        yield Reason("PLAN-GRADES", text, met=False)
    elif not situation.scheme and not situation.unknown and situation.has_main_industry:
        text = "该厂区行业的等级方案未核实，无法确定可以申报的等级。请联系所在区县分局。"
        yield Reason("PLAN-GRADES", text, met=False)
    elif situation.unknown:
        yield Reason("PLAN-GRADES", situation.unknown.words(), met=False)
    elif situation.scheme and target not in situation.scheme:
        grades = "、".join(it for it in situation.scheme if it != TOP_GRADE)
        text = f"“{target}”不是该厂区行业的等级。可以申报的等级：{grades}。"
        yield Reason("PLAN-GRADES", text, met=False)


def _kind(target: Grade, kind: Kind, situation: Situation) -> Iterator[Reason]:
    present, order = situation.standing.grade, situation.order
    if kind is Kind.RENEWAL:
        yield from _renewal(target, situation)
    elif kind is Kind.FIRST:
        holds = situation.standing.basis == "record" and (
            situation.standing.rulebook == situation.rulebook
        )
        if holds and present is not None:
            text = (
                f"{with_grade('该厂区现为', present)}，不是首次申报。"
                "更新上一年度的等级请选“年度更新”，提高等级请选“升级申报”。"
            )
            yield Reason("PLAN-RENEW", text, met=False)
    elif present is None:
        other = "升级" if kind is Kind.UPGRADE else "复核"
        text = f"该厂区现在没有等级，不能{other}。请选“首次申报”。"
        yield Reason("PLAN-RENEW" if kind is Kind.UPGRADE else "NAT-RECHECK", text, met=False)
    elif kind is Kind.UPGRADE and order.at_least(present, target):
        text = (
            f"{with_grade('该厂区现为', present)}，{with_grade('申报', target)}不是提高等级。"
            "请选更高的等级，或改为“年度更新”“复核申报”。"
        )
        yield Reason("PLAN-RENEW", text, met=False)
    elif kind is Kind.RECHECK and order.rank(target) < order.rank(present):
        text = (
            f"{with_grade('该厂区现为', present)}，复核不高于现有等级，"
            f"{with_grade('提高为', target)}须另行申报。请选“升级申报”。"
        )
        yield Reason("PLAN-RENEW", text, met=False)


def _renewal(target: Grade, situation: Situation) -> Iterator[Reason]:
    """Who held a grade last year updates it this year; more than that is a new filing."""
    held, order = situation.held, situation.order
    if held is None:
        day = f" {situation.held_on} " if situation.held_on else "上一年度"
        text = f"该厂区{day}没有获评等级，没有可以更新的等级。请选“首次申报”或“升级申报”。"
        yield Reason("PLAN-RENEW", text, met=False)
        return
    present = situation.standing.grade
    base = held if present is None else order.worst((held, present))
    if base is not None and order.rank(target) < order.rank(base):
        text = (
            f"{with_grade('已获评的等级为', base)}，年度更新不高于该等级，"
            f"{with_grade('提高为', target)}须另行申报。请选“升级申报”。"
        )
        yield Reason("PLAN-RENEW", text, met=False)


# --- The window -----------------------------------------------------------------------------


def _window(
    kind: Kind, year: int, situation: Situation, on: date, rules: FilingRules, *, has_begun: bool
) -> Iterator[Reason]:
    if situation.windows:
        open_now = next((it for it in situation.windows if it.holds(on)), None)
        told = "；".join(it.words for it in situation.windows)
        if open_now is not None:
            text = f"{kind.in_year(year)}的申报期为 {open_now.words}，现在可以申报。"
            yield Reason("PLAN-RENEW", text, met=True)
        else:
            text = f"{kind.in_year(year)}的申报期为 {told}，现在不在申报期内。"
            yield Reason("PLAN-RENEW", text, met=False)
    elif year != on.year and not (has_begun and year < on.year):
        text = f"{kind.in_year(year)}没有设定申报期，现在只能申报 {on.year} 年度的等级。"
        yield Reason("PLAN-RENEW", text, met=False)
    elif rules.open_without_window:
        text = f"没有设定 {kind.in_year(year)}的申报期，随时可以申报（条文未规定，本局设定）。"
        yield Reason("PLAN-RENEW", text, met=True)
    else:
        text = (
            f"没有设定 {kind.in_year(year)}的申报期，在设定以前不受理（条文未规定，本局设定）。"
            "请向所在区县分局询问申报期。"
        )
        yield Reason("PLAN-RENEW", text, met=False)
