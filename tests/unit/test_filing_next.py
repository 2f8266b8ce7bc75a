"""What an enterprise has to do next, and by when (下一步)."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.filing.domain import State, Way
from app.filing.queries import Filing
from app.filing.whatnext import next_of_filing, next_of_plant
from app.grades.domain import Standing


def standing(**known: Any) -> Standing:
    values = {"grade": "C", "banned_until": None, "blocked": False, **known}
    return cast("Standing", SimpleNamespace(**values))


def filing(state: State) -> Filing:
    return cast("Filing", SimpleNamespace(state=state, way=Way.BROWSER))


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
    found = next_of_filing(filing(state), open_rows=rows, stopping=stopping, may_sign=signs)
    assert found.what
    assert found.endpoint == endpoint


def test_where_no_check_was_asked_the_checks_come_next() -> None:
    found = next_of_filing(filing(State.DRAFT), open_rows=0, stopping=None, may_sign=True)
    assert found.endpoint == "filing.checks_page"
    unfilled = next_of_filing(filing(State.DRAFT), open_rows=2, stopping=None, may_sign=True)
    assert "还有 2 项" in unfilled.what
