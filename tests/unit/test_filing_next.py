"""What an enterprise has to do next, and by when (下一步)."""

from __future__ import annotations

from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.filing.admission import FilingRules, Running, Situation, Unknown, Window, may_file
from app.filing.domain import Kind, State, Way
from app.filing.prospects import Prospects
from app.filing.queries import Filing, Unconfirmed
from app.filing.whatnext import Next, next_of_filing, next_of_plant
from app.grades.domain import Basis, Standing
from app.rulebook.domain import GradeOrder
from app.supervision.domain import Violation, ViolationKind

ORDER = GradeOrder.from_tiers(["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"])
FIVE, PIONEER = ("A", "B", "B-", "C", "D"), ("引领性", "非引领性")
DAY = date(2026, 5, 6)
SPRING = (date(2026, 3, 1), date(2026, 4, 30))
RULES = FilingRules(barred_from=("A", "引领性", "B", "B-"))
VIOLATION = Violation(7, ViolationKind.OVER_LIMIT, None, date(2026, 2, 3), "绍环罚〔2026〕1号")


def prospects(
    grade: str | None = "C",
    *,
    scheme: tuple[str, ...] = FIVE,
    banned_until: date | None = None,
    blocked: bool = False,
    closed: tuple[Kind, ...] = (),
    others: bool = False,
    held: str | None = None,
    unknown: Unknown = Unknown(),  # noqa: B008 - it never changes
) -> Prospects:
    """A plant in this position; ``closed``: the kinds whose window is over."""
    basis: Basis | None = "record" if grade else None
    standing = Standing(
        grade=grade, rulebook="shaoxing-2023" if grade else None, basis=basis, basis_id=None,
        verified=True, blocked=blocked, blocking=(7,) if blocked else (),
        banned_until=banned_until, violations_36m=int(blocked), held_since=None,
    )  # fmt: skip
    running = Running(9, Kind.FIRST, 2026, State.SUBMITTED, is_others=True) if others else None
    situations = {
        kind: Situation(
            standing=standing, rulebook="shaoxing-2023", scheme=scheme, order=ORDER,
            unknown=unknown, blocking=(VIOLATION,) if blocked else (),
            running=running, held=held,
            windows=(Window(1, 2026, kind, *SPRING),) if kind in closed else (),
        )
        for kind in Kind
    }  # fmt: skip
    return Prospects(situations, DAY, RULES)


def filing(state: State) -> Filing:
    return cast("Filing", SimpleNamespace(state=state, way=Way.BROWSER))


def of(
    state: State,
    rows: int,
    unconfirmed: Unconfirmed = Unconfirmed(),  # noqa: B008 - it never changes
    *,
    stopping: int | None,
    may_sign: bool = True,
) -> Next:
    return next_of_filing(
        filing(state), open_rows=rows, unconfirmed=unconfirmed, stopping=stopping,
        may_sign=may_sign,
    )  # fmt: skip


def test_a_ban_comes_before_everything_and_says_from_when_it_is_over() -> None:
    found = next_of_plant(prospects(banned_until=date(2026, 12, 31)))
    assert "2027-01-01 起可以申报" in found.what
    assert (found.due, found.endpoint) == (date(2026, 12, 31), "")


@pytest.mark.parametrize(
    ("position", "said", "act"),
    [
        ({}, "要提高等级的，可以升级申报", "开始申报"),
        ({"grade": "A"}, "已是本行业可以申报的最高等级", ""),
        ({"grade": "A+"}, "已是本行业可以申报的最高等级", ""),
        ({"grade": "引领性", "scheme": PIONEER}, "已是本行业可以申报的最高等级", ""),
        ({"grade": "非引领性", "scheme": PIONEER}, "可以升级申报", "开始申报"),
        ({"grade": "A", "blocked": True}, "已是本行业可以申报的最高等级", ""),
        ({"blocked": True}, "没有必须办理的申报。", "查看可以申报的等级"),
        ({"grade": "D", "blocked": True}, "可以升级申报", "开始申报"),
        ({"closed": (Kind.UPGRADE,)}, "2026-03-01 至 2026-04-30，现在不在申报期内", ""),
        ({"grade": None}, "可以首次申报", "首次申报"),
        ({"grade": None, "blocked": True}, "可以首次申报", "首次申报"),
        ({"grade": None, "closed": (Kind.FIRST,)}, "现在不在申报期内", ""),
        ({"others": True}, "由原企业提交", ""),
        ({"grade": None, "others": True}, "由原企业提交", ""),
        ({"grade": None, "scheme": (), "unknown": Unknown(("印染",))}, "“印染”的等级方案", ""),
        ({"unknown": Unknown(("印染",))}, "请联系越城分局 0575-1，由其报市局登记", ""),
        ({"unknown": Unknown((), ("水泥",))}, "请联系越城分局 0575-1在台账中登记子类", ""),
    ],
)
def test_what_is_suggested_to_a_plant(position: dict[str, Any], said: str, act: str) -> None:
    found = next_of_plant(prospects(**position), "越城分局 0575-1")
    assert said in found.what
    assert found.act == act
    assert bool(found.endpoint) is bool(act)


GRADES = (None, "A+", "A", "B", "B-", "C", "D", "引领性", "非引领性")


@pytest.mark.parametrize("scheme", [FIVE, PIONEER, ("A", "B", "C", "D"), (*FIVE, *PIONEER)])
@pytest.mark.parametrize("grade", GRADES)
def test_nothing_is_suggested_that_the_verdict_would_refuse(
    grade: str | None, scheme: tuple[str, ...]
) -> None:
    for banned, blocked, closed, others in product(
        (None, date(2026, 12, 31)),
        (False, True),
        ((), (Kind.UPGRADE,), (Kind.FIRST,), tuple(Kind)),
        (False, True),
    ):  # fmt: skip
        may = prospects(
            grade, scheme=scheme, banned_until=banned, blocked=blocked, closed=closed, others=others
        )
        found = next_of_plant(may)
        wanted = Kind.UPGRADE if "可以升级" in found.what else None
        wanted = Kind.FIRST if "可以首次" in found.what else wanted
        admitted = {
            kind: [
                it
                for it in scheme
                if may_file(it, kind, 2026, may.situations[kind], DAY, RULES).admitted
            ]
            for kind in Kind
        }
        if wanted is not None:
            assert found.endpoint
            assert admitted[wanted]
        else:
            assert not admitted[Kind.UPGRADE]
            assert grade is not None or not admitted[Kind.FIRST]
        if found.endpoint:
            assert any(admitted.values())
        if banned or others:
            assert not found.endpoint


@pytest.mark.parametrize(
    ("state", "rows", "stopping", "signs", "endpoint"),
    [
        (State.DRAFT, 3, 5, True, "filing.assess_page"),
        (State.DRAFT, 0, 2, True, "filing.checks_page"),
        (State.DRAFT, 0, 0, True, "filing.submit_page"),
        (State.DRAFT, 0, 0, False, "filing.submit_page"),
        (State.CORRECTING, 0, 0, True, "filing.assess_page"),
        (State.SUBMITTED, 0, 0, True, ""),
        (State.WITHDRAWN, 0, 0, True, ""),
    ],
)
def test_every_filing_leads_to_what_is_to_be_done(
    state: State, rows: int, stopping: int, signs: bool, endpoint: str
) -> None:
    found = of(state, rows, stopping=stopping, may_sign=signs)
    assert found.what
    assert found.endpoint == endpoint


def test_where_no_check_was_asked_the_checks_come_next() -> None:
    found = of(State.DRAFT, 0, stopping=None)
    assert found.endpoint == "filing.checks_page"
    unfilled = of(State.DRAFT, 2, stopping=None)
    assert "还有 2 项" in unfilled.what


@pytest.mark.parametrize(
    ("rows", "unconfirmed", "stopping", "said", "endpoint"),
    [
        (2, Unconfirmed(3, 1), None, "还有 2 项未填完，4 项待确认", "filing.assess_page"),
        (0, Unconfirmed(3, 1), None, "4 项尚未确认", "filing.assess_page"),
        (0, Unconfirmed(3, 1), 5, "4 项尚未确认", "filing.assess_page"),
        (0, Unconfirmed(0, 2), None, "2 项尚未确认", "filing.checks_page"),
    ],
)
def test_what_is_not_confirmed_is_never_called_done(
    rows: int, unconfirmed: Unconfirmed, stopping: int | None, said: str, endpoint: str
) -> None:
    found = of(State.DRAFT, rows, unconfirmed, stopping=stopping)
    assert said in found.what
    assert "已填完" not in found.what
    assert found.endpoint == endpoint


@pytest.mark.parametrize("state", [State.DRAFT, State.CORRECTING])
def test_what_cannot_be_submitted_is_told_before_what_is_left_to_fill_in(state: State) -> None:
    found = next_of_filing(
        filing(state), open_rows=3, unconfirmed=Unconfirmed(), stopping=None, may_sign=True,
        bar="在禁止申报期内。",
    )  # fmt: skip
    assert "现在不能提交：在禁止申报期内。" in found.what
    assert found.kind == "late"
