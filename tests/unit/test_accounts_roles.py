"""Who may do what, how far, and which roles do not go together."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from app.accounts.domain import (
    ROLE_PERMISSIONS,
    SEPARATE_ROLES,
    Actor,
    Grant,
    Role,
    browser_words,
    why_not_grant,
    why_not_name,
)
from app.kernel.authority import EVERYTHING, Permission, Scope

TABLE = """
                       filer signatory agent county-officer county-head city-officer city-head province-recorder rule-editor auditor system-admin security-admin
register.view          +     +         +     +              +           +            +         +                 +           +       -            -
register.export        -     -         -     +              +           +            +         +                 -           -       -            -
ledger.import          -     -         -     +              +           +            +         -                 -           -       -            -
ledger.import.decisions -    -         -     -              +           +            +         -                 -           -       -            -
ledger.export          -     -         -     +              +           +            +         +                 -           -       -            -
policy.view            -     -         -     +              +           +            +         +                 +           +       -            -
policy.export          -     -         -     +              +           +            +         +                 -           -       -            -
rulebook.view          +     +         +     +              +           +            +         +                 +           +       -            -
calendar.edit          -     -         -     -              -           -            -         -                 +           -       -            -
account.manage         -     -         -     -              -           -            -         -                 -           -       -            +
account.enterprise     -     -         -     +              +           -            -         -                 -           -       -            -
account.own-people     -     +         -     -              -           -            -         -                 -           -       -            -
system.view            -     -         -     -              -           -            -         -                 -           -       +            -
audit.view             -     -         -     -              -           -            -         -                 -           +       -            -
facts.record           -     -         -     +              +           +            +         -                 -           -       -            -
facts.mark-barring     -     -         -     -              +           -            +         -                 -           -       -            -
decisions.record       -     -         -     -              +           +            +         -                 -           -       -            -
decisions.confirm      -     -         -     -              +           +            +         -                 -           -       -            -
register.edit          -     -         -     +              +           +            +         -                 -           -       -            -
rulebook.edit          -     -         -     -              -           -            -         -                 +           -       -            -
rulebook.approve       -     -         -     -              -           -            +         -                 -           -       -            -
rulebook.foresee       -     -         -     -              -           -            +         -                 +           -       -            -
lists.draft            -     -         -     +              +           +            +         -                 -           -       -            -
lists.check            -     -         -     +              +           +            +         -                 -           -       -            -
lists.sign             -     -         -     -              +           -            +         -                 -           -       -            -
lists.own-line         +     +         +     -              -           -            -         -                 -           -       -            -
reserve.record         -     -         -     -              -           +            +         +                 -           -       -            -
rights.apply           +     -         +     +              +           +            +         -                 -           -       -            -
system.operate         -     -         -     -              -           -            -         -                 -           -       +            -
notices.send           -     -         -     +              +           +            +         -                 -           -       -            -
filing.work            +     +         +     -              -           -            -         -                 -           -       -            -
filing.enter           +     +         +     +              +           -            -         -                 -           -       -            -
filing.sign            -     +         -     -              -           -            -         -                 -           -       -            -
filing.view            +     +         +     +              +           +            +         +                 -           -       -            -
filing.window          -     -         -     +              +           -            -         -                 -           -       -            -
filing.period          -     -         -     -              -           +            +         -                 -           -       -            -
"""  # noqa: E501 - a table is read across
WRITING = {
    Permission.LEDGER_IMPORT,
    Permission.LEDGER_IMPORT_DECISIONS,
    Permission.CALENDAR_EDIT,
    Permission.ACCOUNT_MANAGE,
    Permission.ACCOUNT_ENTERPRISE,
    Permission.ACCOUNT_OWN_PEOPLE,
    Permission.FACT_RECORD,
    Permission.BARRING_MARK,
    Permission.DECISION_RECORD,
    Permission.DECISION_CONFIRM,
    Permission.REGISTER_EDIT,
    Permission.RULEBOOK_EDIT,
    Permission.RULEBOOK_APPROVE,
    Permission.LIST_DRAFT,
    Permission.LIST_CHECK,
    Permission.LIST_SIGN,
    Permission.RESERVE_RECORD,
    Permission.RIGHTS_APPLY,
    Permission.SYSTEM_OPERATE,
    Permission.NOTICE_SEND,
    Permission.FILING_WORK,
    Permission.FILING_ENTER,
    Permission.FILING_SIGN,
    Permission.FILING_WINDOW,
    Permission.FILING_PERIOD,
}
COUNTY = {Role.COUNTY_OFFICER, Role.COUNTY_HEAD}
ENTERPRISE = {Role.FILER, Role.SIGNATORY, Role.AGENT}
USCC = "913306007000000018"
OTHER_USCC = "913306007000000026"
DAY = date(2025, 6, 30)


def cells() -> list[tuple[Permission, Role, bool]]:
    head, *lines = TABLE.strip("\n").splitlines()
    roles = [Role(word) for word in head.split()]
    assert set(roles) == set(Role)
    found = []
    for line in lines:
        permission, *marks = line.split()
        found += [
            (Permission(permission), role, mark == "+")
            for role, mark in zip(roles, marks, strict=True)
        ]
    assert {cell[0] for cell in found} == set(Permission)
    return found


def grant(role: Role, **changes: object) -> Grant:
    reach: dict[str, object] = {"role": role}
    if role in COUNTY:
        reach["county"] = "330602"
    if role in ENTERPRISE:
        reach["uscc"] = USCC
    return Grant(**{**reach, **changes})  # type: ignore[arg-type]


def person(*grants: Grant, enterprises: frozenset[int] = frozenset()) -> Actor:
    return Actor(1, "zhang", "张", grants, enterprise_ids=enterprises)


@pytest.mark.parametrize(("permission", "role", "held"), cells())
def test_each_role_holds_exactly_the_permissions_of_the_table(
    permission: Permission, role: Role, held: bool
) -> None:
    assert (person(grant(role)).scope_of(permission) is not None) == held


def test_a_county_role_reaches_its_county_only() -> None:
    officer = person(grant(Role.COUNTY_OFFICER))
    scope = officer.scope_of(Permission.REGISTER_VIEW)
    assert scope == Scope(frozenset({"330602"}))
    assert not scope.covers(county="330603")


def test_two_counties_add_up() -> None:
    officer = person(grant(Role.COUNTY_OFFICER), grant(Role.COUNTY_HEAD, county="330603"))
    assert officer.scope_of(Permission.REGISTER_VIEW) == Scope(frozenset({"330602", "330603"}))
    decisions = officer.scope_of(Permission.LEDGER_IMPORT_DECISIONS)
    assert decisions == Scope(frozenset({"330603"}))


@pytest.mark.parametrize("role", sorted(ENTERPRISE))
def test_an_enterprise_role_reaches_its_enterprises_only(role: Role) -> None:
    filer = person(grant(role), enterprises=frozenset({7}))
    scope = filer.scope_of(Permission.REGISTER_VIEW)
    assert scope is not None
    assert scope.covers(county="330602", enterprise_id=7)
    assert not scope.covers(county="330602", enterprise_id=8)
    assert not scope.is_everything


def test_city_roles_reach_everything() -> None:
    assert person(grant(Role.CITY_OFFICER)).scope_of(Permission.LEDGER_IMPORT) == EVERYTHING


def test_what_those_may_write_who_are_no_officers() -> None:
    enters = {Permission.FILING_WORK, Permission.FILING_ENTER}
    allowed = {
        Role.AUDITOR: set(),
        Role.SIGNATORY: {*enters, Permission.FILING_SIGN, Permission.ACCOUNT_OWN_PEOPLE},
        Role.PROVINCE_RECORDER: {Permission.RESERVE_RECORD},
        Role.FILER: {*enters, Permission.RIGHTS_APPLY},
        Role.AGENT: {*enters, Permission.RIGHTS_APPLY},
    }
    for role, permissions in allowed.items():
        assert ROLE_PERMISSIONS[role] & WRITING == permissions


def test_nobody_without_a_role_may_do_anything() -> None:
    nobody = person()
    assert all(nobody.scope_of(permission) is None for permission in Permission)
    assert nobody.role == "未授权"


@pytest.mark.parametrize(
    ("first", "second"), list(combinations(sorted(SEPARATE_ROLES), 2)), ids=" and ".join
)
def test_no_account_holds_two_of_the_three_administrators(first: Role, second: Role) -> None:
    assert why_not_grant([grant(first)], grant(second)) is not None
    assert why_not_grant([grant(second)], grant(first)) is not None


def test_the_three_may_follow_each_other_but_not_overlap_by_a_day() -> None:
    held = grant(Role.AUDITOR, until_on=DAY)
    assert why_not_grant([held], grant(Role.SYSTEM_ADMIN, from_on=DAY)) is not None
    following = grant(Role.SYSTEM_ADMIN, from_on=date(2025, 7, 1))
    assert why_not_grant([held], following) is None


def test_an_agent_acts_for_several_enterprises_and_never_signs() -> None:
    held = [grant(Role.AGENT)]
    assert why_not_grant(held, grant(Role.AGENT, uscc=OTHER_USCC)) is None
    assert why_not_grant(held, grant(Role.SIGNATORY)) is not None
    assert why_not_grant(held, grant(Role.SIGNATORY, uscc=OTHER_USCC)) is not None


def test_a_filer_belongs_to_one_enterprise_and_may_sign_for_it() -> None:
    assert why_not_grant([grant(Role.FILER)], grant(Role.SIGNATORY)) is None
    assert why_not_grant([grant(Role.FILER)], grant(Role.FILER, uscc=OTHER_USCC)) is not None


def test_nobody_is_on_both_sides_of_the_counter() -> None:
    assert why_not_grant([grant(Role.FILER)], grant(Role.COUNTY_OFFICER)) is not None
    assert why_not_grant([grant(Role.CITY_HEAD)], grant(Role.AGENT)) is not None


def test_the_same_role_is_not_given_twice() -> None:
    assert why_not_grant([grant(Role.COUNTY_HEAD)], grant(Role.COUNTY_HEAD)) is not None
    assert (
        why_not_grant([grant(Role.COUNTY_HEAD)], grant(Role.COUNTY_HEAD, county="330603")) is None
    )


def test_a_role_holds_from_its_first_to_its_last_day() -> None:
    held = grant(Role.CITY_HEAD, from_on=date(2025, 6, 1), until_on=DAY)
    days = (date(2025, 5, 31), date(2025, 6, 1), DAY, date(2025, 7, 1))
    assert [held.is_in_force(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    "name", ["admin", "ＡＤＭＩＮ", "Root", "test", "guest", "x", "a b", "a\n", ""]
)
def test_names_everybody_guesses_or_nobody_can_type_are_refused(name: str) -> None:
    assert why_not_name(name) is not None


@pytest.mark.parametrize("name", ["zhangwei", "张伟", "zhang.wei@shaoxing", "科员-03"])
def test_ordinary_names_are_accepted(name: str) -> None:
    assert why_not_name(name) is None


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "(Windows NT 10.0; Win64; x64) Chrome/131.0.0.0 Safari/537.36 Edg/131.0",
            "Edge（Windows）",
        ),
        ("(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "火狐（Linux）"),
        ("tests", "其他浏览器"),
    ],
)
def test_a_device_is_told_by_browser_and_system(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words
