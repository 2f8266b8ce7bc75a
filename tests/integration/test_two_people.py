"""Two people send a form of the same loaded page at the same moment, to a live server.

Exactly one of them wins; the other is told who was first and when, with 409, and finds again what
was typed. Nothing is lost, nothing happens twice, and nothing breaks, on both engines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.kernel import audit
from app.kernel.clock import today
from tests.desk import VIOLATION, graded_plant
from tests.facts import code
from tests.live import Answer, Live, Person, at_once, served, words_of

Post = tuple[Person, str, Mapping[str, Any]]
CITY, HEAD, EDITOR = Role.CITY_OFFICER, Role.CITY_HEAD, Role.RULE_EDITOR
_WHEN = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")
_CHANGE = {"reason": "营业执照变更", "document": "准予变更〔2026〕1号"}


@pytest.fixture
def live(app: Flask, bureau: None) -> Iterator[Live]:
    for number in (1, 2):
        graded_plant(app, number)
    with served(app) as serving:
        yield serving


def pair(live: Live, role: Role = CITY) -> tuple[Person, Person]:
    return live.person(f"甲{role.value}", role), live.person(f"乙{role.value}", role)


def recorded(live: Live, **changes: str) -> str:
    """The page of a violation that stands; its address."""
    clerk = live.person("登记人", CITY)
    form = {**VIOLATION, "decided_on": str(today()), **changes}
    address = "/desk/plants/1/violations/new"
    done = clerk.post(address, clerk.previewed(address, form))
    assert done.status == 303, words_of(done.text)
    return done.location


# --- Facts ---------------------------------------------------------------------------------------


def _violation(live: Live) -> tuple[Post, Post, str]:
    address = "/desk/plants/1/violations/new"
    form = {**VIOLATION, "decided_on": str(today())}
    one, two = pair(live)
    return ((one, address, one.previewed(address, form)),
            (two, address, two.previewed(address, form)), form["document"])  # fmt: skip


def _of_fact(verb_one: str, verb_two: str) -> Callable[[Live], tuple[Post, Post, str]]:
    forms = {
        "annul": {"reason": "登记重复的一条"},
        "correct": {"document": "绍环罚〔2026〕77号", "reason": "文号登错"},
        "withdraw": {"withdrawn_on": str(today()), "withdrawal_document": "复议9号",
                     "withdrawal_reason": "事实不清"},
    }  # fmt: skip
    kept = {"annul": "登记重复的一条", "correct": "绍环罚〔2026〕77号", "withdraw": "复议9号"}

    def make(live: Live) -> tuple[Post, Post, str]:
        fact = recorded(live)
        one, two = pair(live)
        posts = [
            (who, f"{fact}/{verb}", who.previewed(f"{fact}/{verb}", forms[verb]))
            for who, verb in ((one, verb_one), (two, verb_two))
        ]
        return posts[0], posts[1], kept[verb_two] if verb_one == verb_two else ""

    return make


def _grade(live: Live) -> tuple[Post, Post, str]:
    address = "/desk/plants/1/grades/new"
    form = {"rulebook": "shaoxing-2023", "grade": "A", "effective_on": "2025-05-05",
            "expires_on": "", "source": "核定", "document": "浙环〔2025〕55号"}  # fmt: skip
    one, two = pair(live, HEAD)
    return ((one, address, one.previewed(address, form)),
            (two, address, two.previewed(address, form)), form["document"])  # fmt: skip


def _finding(live: Live) -> tuple[Post, Post, str]:
    address = "/desk/plants/1/findings/new"
    form = {"reach": "plant", "found_on": str(today()), "document": "认〔2026〕5号", "note": ""}
    one, two = pair(live, HEAD)
    return ((one, address, one.previewed(address, form)),
            (two, address, two.previewed(address, form)), form["document"])  # fmt: skip


def _decided(first: str, second: str) -> Callable[[Live], tuple[Post, Post, str]]:
    """Two heads decide what a third has proposed."""

    def make(live: Live) -> tuple[Post, Post, str]:
        proposer = live.person("提交人", HEAD)
        address = "/desk/plants/1/findings/new"
        form = {"reach": "plant", "found_on": str(today()), "document": "认〔2026〕6号", "note": ""}
        assert proposer.post(address, proposer.previewed(address, form)).status == 303
        found = re.search(r"/approvals/(\d+)", proposer.get("/approvals?part=own").text)
        assert found
        one, two = pair(live, HEAD)
        page = f"/approvals/{found[1]}"
        posts = [
            (who, f"{page}/{verb}", {**who.get(page).form(f"{page}/{verb}"),
                                     "note": "核对无误的说明", "reason": "核对无误的说明"})
            for who, verb in ((one, first), (two, second))
        ]  # fmt: skip
        return posts[0], posts[1], ""

    return make


# --- Plants --------------------------------------------------------------------------------------


def _change(kind: str, ones: dict[str, str], twos: dict[str, str], kept: str) -> Any:
    def make(live: Live) -> tuple[Post, Post, str]:
        address = f"/desk/plants/1/changes/{kind}"
        one, two = pair(live)
        day = {"effective_on": str(today()), **_CHANGE}
        return ((one, address, one.previewed(address, {**day, **ones})),
                (two, address, two.previewed(address, {**day, **twos})), kept)  # fmt: skip

    return make


def _steps(address: str, ones: dict[str, str], twos: dict[str, str], kept: str) -> Any:
    def make(live: Live) -> tuple[Post, Post, str]:
        one, two = pair(live)
        return ((one, address, one.previewed(address, ones)),
                (two, address, two.previewed(address, twos)), kept)  # fmt: skip

    return make


def _planned(live: Live) -> tuple[Post, Post, str]:
    clerk, address = live.person("登记人", CITY), "/desk/plants/1/changes/close"
    day = str(today() + timedelta(days=9))
    done = clerk.post(address, clerk.previewed(address, {"effective_on": day, **_CHANGE}))
    assert done.status == 303
    found = re.search(r"/desk/changes/\d+", clerk.get("/plants/1").text)
    assert found
    page, withdraw = found[0], f"{found[0]}/withdraw"
    one, two = pair(live)
    posts = [
        (who, withdraw, {**who.get(page).form(withdraw), "reason": f"{who.name}撤回"})
        for who in (one, two)
    ]
    return posts[0], posts[1], ""


# --- Rules, lists, rights ------------------------------------------------------------------------


def _rule(live: Live) -> tuple[Post, Post, str]:
    address = "/desk/rulebook/change"
    asked = f"{address}?act=set&subject=ungraded_as_lowest"
    one, two = pair(live, EDITOR)
    posts = []
    for who in (one, two):
        form = who.get(asked).form(f"{address}/preview")
        values = {"value": "false", "from_on": str(today()), "reason": f"{who.name}局务会研究"}
        seen = who.post(f"{address}/preview", {**form, **values})
        seen = who.get(seen.location) if seen.status == 303 else seen
        posts.append((who, address, seen.form(address)))
    return posts[0], posts[1], ""


def _list(first: str, second: str) -> Callable[[Live], tuple[Post, Post, str]]:
    """Two people do something with one list."""
    roles = {"check": CITY, "return": CITY, "sign": HEAD, "send-back": HEAD, "withdraw": HEAD}

    def make(live: Live) -> tuple[Post, Post, str]:
        maker = live.person("起草人", CITY)
        form = maker.get("/lists/new").form("/lists/new")
        form |= {"list": "measure/positive-list", "act": "draft"}
        made = maker.post("/lists/new", form)
        assert made.status == 303, words_of(made.text)
        page = made.location.split("?")[0]
        if roles[first] is HEAD:
            checker = live.person("复核人", CITY)
            done = checker.post(f"{page}/check", checker.get(page).form(f"{page}/check"))
            assert done.status == 303
        if first == "withdraw":
            _sent(live.person("签发人", HEAD), page, "sign")
        one, two = live.person("甲负责", roles[first]), live.person("乙负责", roles[second])
        return _of_list(one, page, first), _of_list(two, page, second), "乙负责的说明"

    return make


def _of_list(who: Person, page: str, act: str) -> Post:
    where = f"{page}/sign" if act == "sign" else page
    form = who.get(where).form(f"{page}/{act}")
    if act == "sign":
        form |= {"number": f"{who.name}的说明〔2026〕1号", "confirm": "1"}
    else:
        form["note"] = f"{who.name}的说明"
    return who, f"{page}/{act}", form


def _sent(who: Person, page: str, act: str) -> Answer:
    done = who.post(*_of_list(who, page, act)[1:])
    assert done.status == 303, words_of(done.text)
    return done


def _booked(live: Live) -> str:
    """The page of an entry of a reserve that stands; its address."""
    clerk, head = live.person("储备登记", CITY), live.person("储备复核", HEAD)
    address = "/rights/reserves/entries/new"
    typed = {"level": "city", "pollutant": "VOCs", "year": str(today().year), "kind": "in",
             "tonnes": "5.000", "booked_on": str(today()), "document": "储备3号"}  # fmt: skip
    made = clerk.post(address, {**clerk.get(address).form(address), **typed})
    assert made.status == 303, words_of(made.text)
    _approved(head)
    statement = clerk.get(f"/rights/reserves/city/VOCs/{today().year}")
    found = re.findall(r"/rights/reserves/entries/\d+", statement.text)
    return str(found[-1])


def _open_proposal(who: Person) -> str:
    found = re.search(r"/approvals/(\d+)", who.get("/approvals").text)
    assert found
    return found[0]


def _approved(who: Person) -> None:
    page = _open_proposal(who)
    done = who.post(f"{page}/approve", {**who.get(page).form(f"{page}/approve"), "note": ""})
    assert done.status == 303, words_of(done.text)


def _entry(live: Live) -> tuple[Post, Post, str]:
    page = _booked(live)
    one, two = pair(live)
    posts = []
    for who in (one, two):
        form = who.get(page).form(f"{page}/annul")
        posts.append((who, f"{page}/annul", {**form, "annul_why": f"{who.name}说明"}))
    return posts[0], posts[1], posts[1][2]["annul_why"]


def _applied(live: Live) -> str:
    clerk = live.person("申请登记", CITY)
    address = "/rights/applications/new"
    form = clerk.get(f"{address}?plant_id=1").form(address)
    form |= _APPLICATION
    done = clerk.post(address, form)
    assert done.status == 303, words_of(done.text)
    return done.location


_APPLICATION = {
    "project": "other", "project_name": "扩建", "pollutant": "VOCs",
    "year": str(today().year), "tonnes": "1.250", "applied_on": str(today()),
}  # fmt: skip


def _application(act: str) -> Callable[[Live], tuple[Post, Post, str]]:
    def make(live: Live) -> tuple[Post, Post, str]:
        made = "" if act == "new" else _applied(live)
        one, two = pair(live)
        posts = []
        for who, tonnes in ((one, "2.000"), (two, "3.125")):
            address, form = f"{made}/{act}", {"why": f"{who.name}说明"}
            page = made if act == "withdraw" else address
            if act == "new":
                address, form = "/rights/applications/new", {**_APPLICATION}
                page = f"{address}?plant_id=1"
            if act != "withdraw":
                form |= {"tonnes": tonnes}
            posts.append((who, address, {**who.get(page).form(address), **form}))
        return posts[0], posts[1], "" if act == "withdraw" else "3.125"

    return make


RACES: Mapping[str, Callable[[Live], tuple[Post, Post, str]]] = {
    "one violation recorded twice": _violation,
    "one finding proposed twice": _finding,
    "one grade proposed twice": _grade,
    "a violation corrected twice": _of_fact("correct", "correct"),
    "a violation annulled twice": _of_fact("annul", "annul"),
    "a violation withdrawn twice": _of_fact("withdraw", "withdraw"),
    "a violation corrected and annulled": _of_fact("correct", "annul"),
    "a proposal approved twice": _decided("approve", "approve"),
    "a proposal approved and refused": _decided("approve", "refuse"),
    "a plant renamed twice": _change("rename-plant", {"name": "甲厂"}, {"name": "乙厂"}, "乙厂"),
    "an enterprise renamed twice": _change(
        "rename-enterprise", {"name": "甲公司"}, {"name": "乙公司"}, "乙公司"
    ),
    "a plant moved and closed": _change(
        "move", {"county": "330603"}, {"county": "330604"}, "330604"
    ),
    "a plant closed twice": _change("close", {}, {"reason": "乙的原因"}, "乙的原因"),
    "a plant sold twice": _change(
        "transfer",
        {"uscc": code(2), "number": "002", "bars": "stay"},
        {"uscc": code(2), "number": "003", "bars": "stay"},
        "003",
    ),
    "one number for two plants": _steps(
        "/desk/plants/1/new-plant",
        {"p_plant": "007", "p_name": "甲新厂", "p_county": "330602", "i_industry": "铸造"},
        {"p_plant": "007", "p_name": "乙新厂", "p_county": "330602", "i_industry": "铸造"},
        "乙新厂",
    ),
    "a plant's entry edited twice": _steps(
        "/desk/plants/1/edit", {"address": "甲路"}, {"address": "乙路"}, "乙路"
    ),
    "an enterprise's entry edited twice": _steps(
        "/desk/plants/1/enterprise", {"contact": "甲某"}, {"contact": "乙某"}, "乙某"
    ),
    "a planned change withdrawn twice": _planned,
    "one rule proposed twice": _rule,
    "a list checked twice": _list("check", "check"),
    "a list checked and returned": _list("check", "return"),
    "a list signed twice": _list("sign", "sign"),
    "a list signed and sent back": _list("sign", "send-back"),
    "a list withdrawn twice": _list("withdraw", "withdraw"),
    "an entry of a reserve annulled twice": _entry,
    "one application entered twice": _application("new"),
    "an application corrected twice": _application("correct"),
    "an application withdrawn twice": _application("withdraw"),
}


@pytest.mark.parametrize("race", RACES)
def test_one_wins_and_the_other_is_told(app: Flask, live: Live, race: str) -> None:
    one, two, kept = RACES[race](live)
    answers = dict(zip((one[0].name, two[0].name), at_once(one, two), strict=True))
    told = {name: (it.status, words_of(it.text)[:700]) for name, it in answers.items()}
    assert sorted(it.status for it in answers.values()) == [303, 409], told
    winner = next(name for name, it in answers.items() if it.status == 303)
    loser = next(it for it in answers.values() if it.status == 409)
    assert winner in loser.text, told
    assert _WHEN.search(loser.text), told
    if kept and winner == one[0].name:
        assert kept in loser.text, told
    with app.app_context():
        assert audit.verify().broken_at is None
