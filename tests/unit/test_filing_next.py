"""What an enterprise has to do next, and by when (下一步)."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.filing.domain import State, Way
from app.filing.queries import Filing, Unconfirmed
from app.filing.whatnext import Next, next_of_filing, next_of_plant
from app.grades.domain import Standing


def standing(**known: Any) -> Standing:
    values = {"grade": "C", "banned_until": None, "blocked": False, **known}
    return cast("Standing", SimpleNamespace(**values))


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
    found = next_of_plant(standing(banned_until=date(2026, 12, 31)))
    assert "2027-01-01 起可以申报" in found.what
    assert (found.due, found.endpoint) == (date(2026, 12, 31), "")


def test_who_owes_nothing_is_told_so_and_who_has_no_grade_may_begin() -> None:
    assert "没有必须" in next_of_plant(standing()).what
    assert next_of_plant(standing(grade=None)).act == "首次申报"
    assert next_of_plant(standing(blocked=True)).act == "查看可以申报的等级"


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
