"""What an enterprise has to do next, and by when (下一步)."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.filing.admission import Window
from app.filing.domain import Kind, State
from app.filing.queries import Filing
from app.filing.whatnext import due_in, next_of_filing, next_of_plant
from app.grades.domain import Standing

TODAY = date(2026, 3, 2)
RENEWS = ("A", "引领性", "B", "B-")


def standing(**known: Any) -> Standing:
    values = {"grade": "C", "banned_until": None, "blocked": False, **known}
    return cast("Standing", SimpleNamespace(**values))


def filing(state: State) -> Filing:
    return cast("Filing", SimpleNamespace(state=state))


def window(first: date, last: date, kind: Kind = Kind.RENEWAL) -> Window:
    return Window(1, 2026, kind, first, last)


def test_a_ban_comes_before_everything_and_says_from_when_it_is_over() -> None:
    banned = standing(banned_until=date(2026, 12, 31))
    found = next_of_plant(banned, "A", RENEWS, (), None, TODAY)
    assert "2027-01-01 起可以申报" in found.what
    assert (found.due, found.endpoint) == (date(2026, 12, 31), "")


@pytest.mark.parametrize(
    ("last", "kind", "words"),
    [
        (date(2026, 3, 1), "late", "已逾期 1 天"),
        (TODAY, "soon", "今天到期"),
        (date(2026, 4, 1), "soon", "还有 30 天"),
        (date(2026, 4, 2), "soon", "还有 31 天"),
    ],
)
def test_who_held_b_last_year_renews_by_the_end_of_the_window(
    last: date, kind: str, words: str
) -> None:
    windows = (window(date(2026, 1, 1), last), window(TODAY, date(2026, 9, 1), Kind.FIRST))
    found = next_of_plant(standing(grade="B"), "B", RENEWS, windows, None, TODAY)
    assert "年度更新" in found.what
    assert (found.due, found.kind) == (last, kind)
    assert found.due_words is not None
    assert found.due_words[1] == words


def test_without_a_window_the_day_that_is_set_counts_and_without_one_it_is_said() -> None:
    set_day = next_of_plant(standing(), "A", RENEWS, (), date(2026, 9, 30), TODAY)
    assert set_day.due == date(2026, 9, 30)
    nothing = next_of_plant(standing(), "A", RENEWS, (), None, TODAY)
    assert (nothing.due, bool(nothing.no_due)) == (None, True)


def test_a_window_that_has_not_begun_is_told_and_offers_nothing() -> None:
    later = (window(date(2026, 5, 1), date(2026, 6, 30)),)
    found = next_of_plant(standing(), "A", RENEWS, later, None, TODAY)
    assert "2026-05-01 开始" in found.what
    assert found.endpoint == ""


def test_c_need_not_be_renewed_and_who_has_none_may_begin() -> None:
    assert "没有必须" in next_of_plant(standing(), "C", RENEWS, (), None, TODAY).what
    assert next_of_plant(standing(grade=None), None, RENEWS, (), None, TODAY).act == "首次申报"


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


def test_days_left_are_told_in_words() -> None:
    assert due_in(date(2026, 4, 2), TODAY) == ("neutral", "还有 31 天")
