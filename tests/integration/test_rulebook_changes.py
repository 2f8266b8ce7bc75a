"""Settings and industries are changed in the app: by two people, dated, known from a moment on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.approvals.domain import Refused
from app.grades.domain import standing_on
from app.grades.queries import facts_of, standings_on
from app.grades.settings import standing_rules
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import rehearse, writing
from app.registry.queries import list_plant_ids, list_plants
from app.rulebook.changes import Change
from app.rulebook.queries import catalogue, edits_known, flag, rulebook, rulebook_on, whole
from app.rulebook.services import record_change
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant
from tests.installations import close
from tests.ledgers import load, read_ledger
from tests.rule_changes import Editors, editors, setting

START = date(2025, 7, 1)
WINDOW = "violations.window_months"
YES = True


@pytest.fixture
def people(app: Flask, bureau: None) -> Editors:
    return editors(app)


def output_of(app: Flask, *arguments: str) -> bytes:
    result = app.test_cli_runner().invoke(args=["policy", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    written: bytes = result.stdout_bytes
    return written


def test_a_value_rules_from_its_day_and_the_old_one_the_days_before(people: Editors) -> None:
    people.change(setting(WINDOW, 24, START))
    with people.app.app_context():
        assert [whole(WINDOW, day) for day in (date(2025, 6, 30), START, date(2025, 7, 2))] == [
            36, 24, 24,
        ]  # fmt: skip


def test_nothing_of_a_proposal_holds_before_it_is_approved(people: Editors) -> None:
    people.propose(setting(WINDOW, 24, START))
    with people.app.app_context():
        assert whole(WINDOW, START) == 36
        assert edits_known() == ()


def test_the_proposer_cannot_approve(people: Editors) -> None:
    proposal = people.propose(setting(WINDOW, 24, START))
    with pytest.raises(Refused, match="不能复核自己"):
        Editors(people.app, people.editor, people.editor).approve(proposal)


def test_a_county_has_its_own_rulebook(people: Editors) -> None:
    """NAT-SCHEME: switching a county from one rulebook to the other is a dated setting."""
    day = date(2026, 2, 1)
    people.change(setting("rulebook_in_force", "national-2026", day, county="330602"))
    with people.app.app_context():
        assert rulebook_on(day, "330602").id == "national-2026"
        assert rulebook_on(date(2026, 1, 31), "330602").id == "shaoxing-2023"
        assert rulebook_on(day, "330603").id == rulebook_on(day).id == "shaoxing-2023"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (setting("review.county_days", 9, START), "法定"),
        (setting("spot.b_rounding", "up", START), "固定"),
        (setting(WINDOW, 36, START), "没有改变"),
        (setting(WINDOW, 0, START), "大于 0"),
        (setting(WINDOW, "x", START), "大于 0"),
        (setting(WINDOW, YES, START), "大于 0"),
        (setting(WINDOW, 24, date(1999, 12, 31)), "2000"),
        (setting(WINDOW, 24, START, county="330602"), "全市统一"),
        (setting("rulebook_in_force", "national-2026", START, county="999999"), "区县"),
        (setting("grade.order", ["A", "B"], START), "全部等级"),
        (setting("targets.after_2025", "1.5", START), "0 到 100"),
        (setting("nothing", 1, START), "没有这一参数"),
        (Change("set", WINDOW, START, " ", content={"value": 24}), "理由"),
        (Change("withdraw", WINDOW, START, "错", replaces=99), "不在规则库"),
        (setting("rulebook_in_force", "national-2026", date(2026, 1, 12)), "2026-01-13 印发"),
        (Change("set", WINDOW, START, "长" * 1001, content={"value": 24}), "最多 1000 个字"),
    ],
)  # fmt: skip
def test_what_the_files_refuse_is_refused_here(people: Editors, change: Change, said: str) -> None:
    with pytest.raises(Refused, match=said):
        people.propose(change)


def test_a_wrong_value_is_corrected_and_both_stay(people: Editors) -> None:
    people.change(setting(WINDOW, 24, START))
    with people.app.app_context():
        before = clock.now()
    people.change(setting(WINDOW, 12, START, replaces=people.newest()))
    with people.app.app_context():
        assert whole(WINDOW, START) == 12
        assert whole(WINDOW, START, known=before) == 24
    people.change(Change("withdraw", WINDOW, START, "文件未印发", replaces=people.newest()))
    with people.app.app_context():
        assert whole(WINDOW, START) == 36
        assert edits_known() == ()


def test_a_proposal_overtaken_by_another_is_refused(people: Editors) -> None:
    first = people.propose(setting(WINDOW, 24, START))
    second = people.propose(setting(WINDOW, 12, date(2025, 8, 1)))
    people.approve(second)
    with pytest.raises(Refused, match="另行修改"):
        people.approve(first)
    with people.app.app_context():
        assert whole(WINDOW, START) == 36


def test_a_day_holds_one_value(people: Editors) -> None:
    people.change(setting(WINDOW, 24, START))
    with pytest.raises(Refused, match="该日已有一次设定"):
        people.propose(setting(WINDOW, 12, START))


def test_a_correction_names_an_edit_of_the_same_thing(people: Editors) -> None:
    """A tampered form cannot annul one value under the name of another."""
    people.change(setting("review.min_officers", 3, START))
    other = people.newest()
    rename = Change("rename", "casting", START, "更名", content={"name": "铸件"}, replaces=other)
    for change in (setting(WINDOW, 24, START, replaces=other), rename,
                   Change("withdraw", WINDOW, START, "错", replaces=other)):  # fmt: skip
        with pytest.raises(Refused, match="已经不在规则库中"):
            people.propose(change)


def test_a_rehearsed_edit_leaves_no_trace(people: Editors) -> None:
    with people.app.app_context(), writing("测试"):
        seen = rehearse(
            lambda: record_change(setting(WINDOW, 24, START)), lambda: whole(WINDOW, START)
        )
        assert seen == 24
        assert whole(WINDOW, START) == 36


def test_standings_follow_in_the_same_transaction(people: Editors) -> None:
    """PLAN-BLOCK: whether other kinds bar is a setting; the projection never disagrees with it."""
    app = people.app
    with app.app_context():
        enterprise, plant = a_plant()
        with writing("测试"):
            record_violations(
                [ViolationEntry(enterprise, plant, "其他", None, date(2025, 3, 1), "罚1")]
            )
            audit.record("test", "plant", plant)
    people.change(setting("block.other_kinds", YES, START))
    with app.app_context():
        days = [date(2025, 6, 30), START, date(2025, 12, 31), date(2026, 1, 1)]
        assert [standings_on([plant], day)[plant].blocked for day in days] == [
            False, True, True, False,
        ]  # fmt: skip
    assert "一致" in app.test_cli_runner().invoke(args=["grades", "refresh"]).output
    people.change(Change("withdraw", "block.other_kinds", START, "撤销", replaces=people.newest()))
    with app.app_context():
        assert not standings_on([plant], START)[plant].blocked


CHANGES: list[tuple[str, Any]] = [
    ("block.other_kinds", True),
    ("violation_year_basis", "acted"),
    (WINDOW, 12),
    ("positive_list.exclude_blocked", False),
    ("ungraded_as_lowest", False),
    ("allocation.partial", False),
    ("rulebook_in_force", "national-2026"),
    ("grade.order", ["A", "引领性", "A+", "B-", "B", "C", "D = 非引领性"]),
]


def test_a_list_as_known_before_is_the_same_to_the_byte_after_every_change(
    people: Editors,
) -> None:
    """A past answer can be made again whatever was set since; the present one follows."""
    app = people.app
    with app.app_context():
        load(read_ledger())
        known = clock.now().isoformat()
    day = ("--as-of", "2025-06-30", "--known-at", known)
    asks = [
        *(("run", measure, *day) for measure in
          ("positive-list", "rights-city", "episode-heavy-reduce", "episode-light-reduce")),
        *(("allocate", level, "--pollutant", "VOCs", "--year", "2025", *day)
          for level in ("city", "province")),
    ]  # fmt: skip
    before = [output_of(app, *ask) for ask in asks]
    now = output_of(app, "run", "positive-list", "--as-of", "2025-06-30")
    people.change(Change("rename", "casting", START, "目录调整", content={"name": "铸造和热处理"}))
    for parameter, value in CHANGES:
        is_newer = parameter == "rulebook_in_force"  # in force from its issue on
        people.change(setting(parameter, value, date(2026 if is_newer else 2025, 2, 1)))
        assert [output_of(app, *ask) for ask in asks] == before, parameter
    assert output_of(app, "run", "positive-list", "--as-of", "2025-06-30") != now
    with app.app_context():
        plants = list_plant_ids()
        for on in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 30), date(2026, 1, 1)):
            facts, rules = facts_of(plants), standing_rules(on)
            pure = {it: standing_on(facts[it], on, rules) for it in plants}
            assert standings_on(plants, on) == pure


def test_industries_are_added_renamed_and_retired_by_day(people: Editors) -> None:
    """PLAN-SCOPE: the catalogue changes by dated edits, never by a change of the program."""
    said = {"name": "珍珠养殖加工", "number": None, "aliases": ["珍珠"]}
    people.change(Change("add", "local-pearl", START, "地方特色", "绍环〔2025〕1号", content=said))
    people.change(
        Change("rename", "local-pearl", date(2026, 1, 1), "更名", content={"name": "珍珠加工"})
    )
    people.change(Change("retire", "local-pearl", date(2027, 1, 1), "行业取消", content={}))
    with people.app.app_context():
        pearl = catalogue().by_id("local-pearl")
        names = [pearl.name_on(day) for day in (date(2025, 12, 31), date(2026, 1, 1))]
        assert names == ["珍珠养殖加工", "珍珠加工"]
        stands = [
            any(it.id == "local-pearl" for it in catalogue().on(day).industries)
            for day in (date(2025, 6, 30), START, date(2026, 12, 31), date(2027, 1, 1))
        ]
        assert stands == [False, True, True, False]
        assert catalogue().match("珍珠养殖加工").industry == pearl
    with pytest.raises(Refused, match="退出目录"):
        people.propose(Change("withdraw", "local-pearl", START, "错", replaces=people.newest() - 2))


def test_the_scheme_of_an_industry_is_set_from_a_day_on(people: Editors) -> None:
    said = {
        "subtype": "", "rulebook": "shaoxing-2023", "scheme": "leading",
        "confidence": "已核实", "source": "技术指南第 12 页",
    }  # fmt: skip
    with people.app.app_context():
        old = rulebook("shaoxing-2023", START).scheme_of(catalogue().by_id("casting"))
    people.change(Change("scheme", "casting", START, "核对原文", content=said))
    with people.app.app_context():
        casting = catalogue().by_id("casting")
        use = rulebook("shaoxing-2023", START).scheme_of(casting)
        assert (use.scheme_id, use.confidence) == (said["scheme"], "已核实")
        assert rulebook("shaoxing-2023", date(2025, 6, 30)).scheme_of(casting) == old


def test_a_taken_name_is_refused(people: Editors) -> None:
    with pytest.raises(Refused, match="只能出现一次"):
        people.propose(Change("rename", "casting", START, "更名", content={"name": "焦化"}))


def test_every_process_sees_an_edit_at_once(people: Editors) -> None:
    """No process keeps a stale answer: a second installation on the same database sees it."""
    other = create_app(people.app.config["CONFIG"])
    with other.app_context():
        assert not flag("block.other_kinds", START)
    people.change(setting("block.other_kinds", YES, START))
    with other.app_context():
        assert flag("block.other_kinds", START)
        assert list_plants(EVERYTHING) == []
    close(other)
