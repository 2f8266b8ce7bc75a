"""What the register says of a plant in words (台账用语): pure, so that page and export agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from app.grades.domain import Standing
from app.kernel.verdicts import Reason
from app.rulebook.domain import Grade

SOON_DAYS = 60
"""How many days ahead the end of a permit (许可证) or of a ban (禁止申报期) is announced."""

STANDINGS: Mapping[str, str] = MappingProxyType(
    {
        "blocked": "当年受限",
        "banned": "禁止申报期内",
        "ban-ending": f"禁止申报期 {SOON_DAYS} 日内届满",
        "lowered": "虚假材料降级",
        "clear": "无受限情形",
        "unverified": "等级未核实",
    }
)
"""Id → words of what the register can be narrowed to by standing (状态)."""

PERMITS: Mapping[str, str] = MappingProxyType(
    {
        "soon": f"{SOON_DAYS} 日内到期",
        "expired": "已过有效期",
        "valid": "有效",
        "undated": "未登记有效期",
    }
)
"""Id → words of the state of a discharge permit (排污许可证) on a day."""

UNGRADED = "none"
"""Stands for 未定级 where the address bar names a grade."""
B_OR_BETTER = "b-up"
"""Stands for B, which includes B-, and everything better (PLAN-GRADES)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag of the register: kind as the look knows it (barred, late, soon …) and its word."""

    kind: str
    word: str


def marks(basis: str | None, banned_until: date | None, *, blocked: bool) -> tuple[Mark, ...]:
    """What stands against a plant, in the words the filter uses; empty when nothing does."""
    found = []
    if banned_until is not None:
        found.append(Mark("barred", f"禁止申报至 {banned_until}"))
    if basis == "finding":
        found.append(Mark("barred", "虚假材料降级"))
    if blocked:
        found.append(Mark("barred", "当年受限"))
    return tuple(found)


def permit_state(until: date | None, on: date) -> str:
    """Which of :data:`PERMITS` a permit is in on the day; its last day counts as valid."""
    if until is None:
        return "undated"
    if until < on:
        return "expired"
    return "soon" if until <= soon_until(on) else "valid"


def soon_until(on: date) -> date:
    """The last day of the time ahead that is announced."""
    return on + timedelta(days=SOON_DAYS)


def permit_mark(until: date | None, on: date) -> Mark | None:
    """The warning beside the last day of a permit (许可有效期止); None when there is none."""
    state = permit_state(until, on)
    if state == "expired":
        return Mark("late", "已过期")
    return Mark("soon", PERMITS["soon"]) if state == "soon" else None


@dataclass(frozen=True, slots=True)
class Statement:
    """One part of what is said of a plant on a day, as the verdict component shows it.

    ``admitted`` False: something is barred; None: a statement only. ``until`` is the last day of
    what is barred where one is known, ``lifts`` what else would end it.
    """

    sentence: str
    reasons: tuple[Reason, ...]
    admitted: bool | None
    word: str
    lifts: str = ""
    until: date | None = None


def statements(
    standing: Standing, reasons: tuple[Reason, ...], on: date
) -> tuple[Statement, Statement]:
    """The grade with what lowers it (PLAN-FALSE), and whether violations bar filing (PLAN-BLOCK).

    ``reasons`` are those of :func:`app.grades.explanation.explain` for the same day.
    """
    of_filing = tuple(reason for reason in reasons if reason.clause == "PLAN-BLOCK")
    of_grade = tuple(reason for reason in reasons if reason.clause != "PLAN-BLOCK")
    return _grade_statement(standing, of_grade), _filing_statement(standing, of_filing, on)


def _grade_statement(standing: Standing, reasons: tuple[Reason, ...]) -> Statement:
    said = "未定级" if standing.grade is None else f"等级为{graded(standing.grade)}"
    if standing.banned_until is not None:
        last = standing.banned_until
        again = last + timedelta(days=1)
        return Statement(
            f"{said}；在禁止申报期内，{last} 及以前不得申报任何等级。",
            reasons,
            admitted=False,
            word="禁止申报期内",
            lifts=f"期满后，{again} 起可以再次申报；等级待期满后生效的新等级记录改变。"
            "认定被撤销的，自撤销之日起不再计入。",
            until=last,
        )
    if standing.basis == "finding":
        return Statement(
            f"{said}，由虚假材料认定而来；禁止申报期已满，可以再次申报。",
            reasons,
            admitted=False,
            word="虚假材料降级",
            lifts="有禁止申报期满后生效的新等级记录，或认定被撤销。",
        )
    return Statement(f"{said}。", reasons, admitted=None, word="")


def _filing_statement(standing: Standing, reasons: tuple[Reason, ...], on: date) -> Statement:
    if standing.blocked:
        return Statement(
            f"{on.year} 年不得申报 B 级（含引领性）及以上；C 级及以下仍可申报。",
            reasons,
            admitted=False,
            word="当年受限",
            lifts="有关决定被撤销，或者年度届满。",
            until=date(on.year, 12, 31),
        )
    return Statement(f"{on.year} 年没有因违法行为受限。", reasons, admitted=True, word="未受限")


def graded(grade: Grade) -> str:
    """A grade as a sentence writes it: 「 B 级」, 「引领性」."""
    return grade if grade.endswith("性") else f" {grade} 级"
