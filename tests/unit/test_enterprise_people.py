"""Who may act for an enterprise, and how long: the last day counts, the day after is over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.accounts.domain import Grant, Role, why_not_name
from app.accounts.enterprise_people import (
    Held,
    State,
    account_name_for,
    may_be_lent,
    state_of,
    why_not_longer,
    why_not_person,
    why_not_reason,
    why_not_reissue,
    why_not_until,
)

DAY, ENDING = timedelta(days=1), timedelta(days=30)
LAST = date(2026, 6, 30)
FROM = date(2026, 1, 1)
USCC = "91330602TEXT00001P"
OTHER = "91330602TEXT00002M"


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (FROM - DAY, State.WAITING),
        (FROM, State.ACTIVE),
        (LAST - ENDING - DAY, State.ACTIVE),
        (LAST - ENDING, State.ENDING),
        (LAST - DAY, State.ENDING),
        (LAST, State.ENDING),
        (LAST + DAY, State.OVER),
    ],
)
def test_a_grant_lasts_through_its_last_day(on: date, state: State) -> None:
    assert state_of(Held(FROM, LAST), on, ENDING) is state
    assert Grant(Role.AGENT, uscc=USCC, from_on=FROM, until_on=LAST).is_in_force(on) is (
        state in (State.ACTIVE, State.ENDING)
    )


@pytest.mark.parametrize(
    ("held", "state"),
    [
        (Held(FROM, is_one_time=True), State.NEW),
        (Held(FROM), State.ACTIVE),
        (Held(FROM, is_disabled=True, is_one_time=True), State.DISABLED),
        (Held(FROM, LAST, is_closed=True, is_disabled=True), State.CLOSED),
        (Held(FROM, FROM, is_disabled=True), State.OVER),
    ],
)
def test_what_ends_a_grant_comes_first(held: Held, state: State) -> None:
    assert state_of(held, LAST, ENDING) is state


@pytest.mark.parametrize(
    ("role", "until_on", "has_paper", "wrong"),
    [
        (Role.AGENT, LAST, True, []),
        (Role.AGENT, LAST - DAY, True, ["until_on"]),
        (Role.AGENT, None, True, ["until_on"]),
        (Role.AGENT, LAST, False, ["paper"]),
        (Role.FILER, None, False, []),
        (Role.SIGNATORY, None, False, []),
    ],
)
def test_an_agent_needs_a_paper_whose_last_day_is_to_come(
    role: Role, until_on: date | None, has_paper: bool, wrong: list[str]
) -> None:
    assert list(why_not_until(role, until_on, LAST, has_paper=has_paper)) == wrong


def test_an_extension_goes_beyond_what_holds() -> None:
    assert why_not_longer(LAST, LAST, LAST)
    assert why_not_longer(LAST, LAST + DAY, LAST) is None
    assert why_not_longer(LAST, LAST + DAY, LAST + DAY) is None  # the former one is over


def test_a_person_has_a_name_and_a_closing_a_reason() -> None:
    assert why_not_person("王芳", "0575-8888 1234") == {}
    assert set(why_not_person("", "电话")) == {"display_name", "phone"}
    assert why_not_reason("离职") is None
    assert why_not_reason("")
    assert why_not_reason("长" * 201)


def test_a_password_is_given_only_for_what_lies_within_reach() -> None:
    mine, theirs = (Grant(Role.AGENT, uscc=it) for it in (USCC, OTHER))
    officer = Grant(Role.COUNTY_OFFICER, county="330602")
    over = Grant(Role.AGENT, uscc=OTHER, until_on=LAST - DAY)
    assert why_not_reissue([mine], {USCC}, LAST) is None
    assert why_not_reissue([mine, over], {USCC}, LAST) is None
    assert "其他区县" in (why_not_reissue([mine, theirs], {USCC}, LAST) or "")
    assert "不是企业账号" in (why_not_reissue([mine, officer], {USCC}, LAST) or "")
    assert why_not_reissue([over], {USCC, OTHER}, LAST)


@pytest.mark.parametrize(
    ("held", "may"),
    [
        ([Grant(Role.AGENT, uscc=OTHER, until_on=LAST)], True),
        ([Grant(Role.AGENT, uscc=OTHER, until_on=LAST - DAY)], False),
        ([Grant(Role.FILER, uscc=OTHER)], False),
        ([Grant(Role.COUNTY_HEAD, county="330602")], False),
        ([Grant(Role.AGENT, uscc=OTHER), Grant(Role.AUDITOR, from_on=LAST + DAY)], False),
        ([], False),
    ],
)
def test_only_who_is_an_agent_and_nothing_else_may_be_lent(held: list[Grant], may: bool) -> None:
    assert may_be_lent(held, LAST) is may


def test_an_account_name_tells_the_enterprise() -> None:
    assert account_name_for(USCC, 3) == "text00001-03"
    assert why_not_name(account_name_for(USCC, 3)) is None
