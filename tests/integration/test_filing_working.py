"""A filing being worked on (填报): by many at once, at a constant cost, by tables that change."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError

from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.domain import CheckFinding, Conflict, Kind, Place, Saved, Severity
from app.filing.models import FilingEvidence
from app.filing.queries import (
    Wanted,
    Working,
    assessment_of,
    find_tables,
    findings_of,
    working,
)
from app.indicators.domain import Answer
from app.indicators.queries import table_on
from app.kernel import audit
from app.kernel.clock import now
from app.kernel.database import db
from app.kernel.hooks import hookimpl, plugin_manager
from app.kernel.transaction import writing
from app.registry.services import IndustryEntry, record_industries
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import (
    ROWS,
    answers,
    attach,
    begun,
    filing,
    industry_id,
    put_in_force,
    row,
    table,
)
from tests.people import ClientAs
from tests.rule_changes import editors, setting

MANY = tuple(
    row(f"r{number}", "环境管理", f"台账{number}",
        ("A", f"1、台账{number}完整\n2、专职人员{number}"), ("B B- C", f"1、台账{number}完整"),
        ("D", "未达到C级要求"))
    for number in range(60)
)  # fmt: skip


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> int:
    """A plant whose industry has a table since January."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()[1]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    said: list[str] = []

    def note(*about: object) -> None:
        said.append(str(about[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def ticked(number: int) -> Answer:
    """An answer to a row of MANY that reaches B."""
    criterion = MANY[number].asked("B")
    return Answer(ticked=frozenset(it.id for it in criterion.items))  # type: ignore[union-attr]


# --- Its cost -------------------------------------------------------------------------------


def cost(filing_id: int) -> tuple[int, int]:
    """Statements to read a filing in a new transaction, and to read and check it."""
    db.session.rollback()
    with counted() as said:
        found = working(filing(filing_id))
        reading = len(said)
        findings_of(found, assessment_of(found))
    return reading, len(said)


def test_sixty_rows_and_two_hundred_files_cost_no_more_than_none(
    app: Flask, bureau: None, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(MANY), date(2026, 1, 1))
        made = begun(a_plant()[1])
        few = cost(made)
        with writing("测试"):
            for number in range(60):
                services.save_answer(made, 1, f"r{number}", ticked(number), 0)
            db.session.execute(insert(FilingEvidence), [
                {"filing_id": made, "place": 1, "row_key": f"r{n % 60}", "kind": "",
                 "sha256": f"{n:064d}", "name": f"{n}.pdf", "size": 1, "media": "pdf", "pages": 1,
                 "note": "", "confirmed": True, "added_at": now(), "added_by_name": "张三"}
                for n in range(200)
            ])  # fmt: skip
        assert cost(made) == few
        assert few[0] <= 20
        assert len(working(filing(made)).evidence) == 200
        assert assessment_of(working(filing(made))).overall == "B"


def test_materials_stand_in_the_order_of_the_table(app: Flask, bureau: None, clock: Freeze) -> None:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(MANY), date(2026, 1, 1))
        made = begun(a_plant()[1])
        with writing("测试"):
            for key in ("r10", "r2", "r10"):
                attach(made, key, "")
        assert [it.row_key for it in working(filing(made)).evidence] == ["r2", "r10", "r10"]


def test_saving_a_row_costs_the_same_in_a_large_table(app: Flask, plant: int) -> None:
    with app.app_context():
        made = begun(plant)
        with writing("测试"), counted() as said:
            services.save_answer(made, 1, "1", answers()["1"], 0)
        assert len(said) <= 10


# --- Many at once ---------------------------------------------------------------------------


def test_many_who_save_at_once_lose_nothing(app: Flask, bureau: None, clock: Freeze) -> None:
    """Twelve people, five rows each of the same filing; and all of them the same row once."""
    with app.app_context():
        put_in_force(table(MANY), date(2020, 1, 1))
        made = begun(a_plant()[1], year=now().year)
    together, outcomes = Barrier(12), list[Saved | Conflict]()

    def work(person: int) -> None:
        with app.app_context():
            together.wait()
            for number in range(person * 5, person * 5 + 5):
                with writing("测试", actor_id=person, actor_name=f"填报人{person}"):
                    services.save_answer(made, 1, f"r{number}", ticked(number), 0)
            together.wait()
            with writing("测试", actor_id=person, actor_name=f"填报人{person}"):
                mine = Answer(nothing_met=True, reason=f"由{person}说明")
                outcomes.append(services.save_answer(made, 1, "r0", mine, 1))

    threads = [Thread(target=work, args=(person,)) for person in range(12)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    with app.app_context():
        found = working(filing(made))
    assert len(found.answers) == 60
    assert sum(isinstance(it, Saved) for it in outcomes) == 1
    winner = next(it for it in outcomes if isinstance(it, Saved))
    assert all(it.by_name == winner.by_name for it in outcomes)


def test_the_header_too_is_changed_by_one_at_a_time(app: Flask, plant: int) -> None:
    with app.app_context():
        made = begun(plant)
        seen = filing(made).revision
        with writing("测试"):
            services.set_target(made, "C", seen)
        with pytest.raises(Overtaken, match="他人修改"), writing("测试"):
            services.set_target(made, "A", seen)
        assert filing(made).target == "C"


def test_the_same_form_begins_one_filing(app: Flask, plant: int) -> None:
    form_key = secrets.token_hex(8)
    with app.app_context():
        first = begun(plant, form_key=form_key)
        assert begun(plant, form_key=form_key) == first


# --- Tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 1)])
def test_tables_found_together_are_those_found_alone(app: Flask, plant: int, day: date) -> None:
    with app.app_context():
        put_in_force(table(ROWS[:2]), date(2026, 6, 1))
        wanted = [Wanted("shaoxing-2023", industry_id(), it) for it in ("", "没有的子类")]
        wanted.append(Wanted("shaoxing-2023", industry_id("水泥"), ""))
        found = find_tables(wanted, day).ruling
        for it in wanted:
            assert found.get(it) == table_on(it.rulebook, it.industry, it.subtype, day)


def test_without_a_table_each_dimension_is_chosen_with_a_reason(app: Flask, bureau: None) -> None:
    with app.app_context():
        made = begun(a_plant()[1], "C", year=now().year)
        found = working(filing(made))
        (only,) = found.tables
        assert (only.in_force, only.newer, len(only.table.rows)) == (None, False, 9)
        with writing("测试"):
            for it in only.table.rows:
                reason = "" if it.key == "D9" else "对照指南自评"
                services.save_answer(made, 1, it.key, Answer(chosen="C", reason=reason), 0)
        after = working(filing(made))
        assert assessment_of(after).overall == "C"
        assert [it.key for it in findings_of(after)] == ["commitment", "reason:1:D9"]


def test_plan_cross_a_reference_industry_is_chosen_and_left_out_again(
    app: Flask, plant: int
) -> None:
    ceramics, glass = industry_id("陶瓷"), industry_id("玻璃")
    with app.app_context():
        with writing("测试"):
            record_industries([IndustryEntry(plant, ceramics, "", "参照")])
            audit.record("test.entered", "plant", plant)
        made = begun(plant)
        with writing("测试"):
            services.save_answer(made, 1, "1", answers()["1"], 0)
            services.choose_tables(made, [(industry_id(), ""), (ceramics, "")])
        with pytest.raises(Refused, match="台账没有登记参照行业"), writing("测试"):
            services.choose_tables(made, [(industry_id(), ""), (glass, "")])
        assert [it.place for it in working(filing(made)).tables] == [1, 2]
        with writing("测试"):
            services.save_answer(made, 2, "D1", Answer(chosen="D", reason="无"), 0)
        assert set(working(filing(made)).answers) == {(1, "1"), (2, "D1")}
        with writing("测试"):
            services.choose_tables(made, [(industry_id(), "")])
        found = working(filing(made))
        assert ([it.place for it in found.tables], set(found.answers)) == ([1], {(1, "1")})
        left = [it for it in findings_of(found) if it.clause == "PLAN-CROSS"]
        assert [(it.severity, "陶瓷" in it.text) for it in left] == [(Severity.WARNING, True)]
        with pytest.raises(Refused, match="主要行业"), writing("测试"):
            services.choose_tables(made, [(ceramics, "")])


def test_nat_scheme_a_county_that_changes_its_rulebook_changes_the_drafts(
    app: Flask, plant: int, clock: Freeze
) -> None:
    with app.app_context():
        made = begun(plant)
        with writing("测试"):
            services.save_answer(made, 1, "1", answers()["1"], 0)
    day = date(2026, 4, 1)
    editors(app).change(setting("rulebook_in_force", "national-2026", day, county="330602"))
    with app.app_context():
        clock("2026-03-31 23:59")
        assert not working(filing(made)).is_outdated
        clock("2026-04-01 00:00")
        found = findings_of(working(filing(made)))
        assert [it.clause for it in found if it.key == "tables:rulebook"] == ["NAT-SYSTEM"]
        with writing("测试"):
            services.take_newer_tables(made)
        assert (filing(made).rulebook, filing(made).judged_on) == ("national-2026", day)
        after = working(filing(made))
        assert (after.is_outdated, after.tables[0].in_force, after.answers) == (False, None, {})


def test_every_industry_of_the_plant_is_judged(app: Flask, plant: int) -> None:
    with app.app_context():
        with writing("测试"):
            record_industries([IndustryEntry(plant, industry_id("陶瓷"), "", "参照")])
            audit.record("test.entered", "plant", plant)
        found = working(filing(begun(plant)))
    assert [(it.place, it.is_main) for it in found.tables] == [(1, True), (2, False)]


def test_a_file_of_a_row_that_a_newer_table_drops_is_moved_or_left_out(
    app: Flask, plant: int, client_as: ClientAs, clock: Freeze
) -> None:
    with app.app_context():
        made = begun(plant)
        with writing("测试"):
            attach(made, "1")
        put_in_force(table(ROWS[1:]), date(2026, 4, 1))
    clock("2026-04-01 09:00")
    filer = client_as("filer", uscc=code(1))
    with app.app_context():
        with writing("测试"):
            services.take_newer_tables(made)
        (file,) = working(filing(made)).evidence
        assert [it.key for it in findings_of(working(filing(made))) if "evidence" in it.key][
            :1
        ] == [f"stray:evidence:{file.id}"]
    assert f"/filing/evidence/{file.id}" in filer.get(f"/filing/{made}/checks").text
    one = f"/filing/evidence/{file.id}"
    assert "请选择指标" in filer.get(one).text
    wrong = filer.post(f"{one}/describe", data={"elsewhere": "1:1"})
    assert wrong.status_code == 422, "that row is gone"
    assert filer.post(f"{one}/describe", data={"elsewhere": "1:2"}).status_code == 303
    with app.app_context():
        after = working(filing(made))
        assert [(it.place, it.row_key) for it in after.evidence] == [(1, "2")]
        assert not [it for it in findings_of(after) if it.key.startswith("stray")]


# --- Windows --------------------------------------------------------------------------------


def test_a_window_is_set_never_two_at_once_and_taken_back(app: Flask, plant: int) -> None:
    with app.app_context():
        with writing("测试"):
            first = services.set_window(
                2026, Kind.FIRST, date(2026, 4, 1), date(2026, 4, 30), document="绍环〔2026〕1号"
            )
        with pytest.raises(services.NotAdmitted, match="2026-04-01 至 2026-04-30"):
            begun(plant)
        for days in ((date(2026, 4, 30), date(2026, 5, 2)), (date(2026, 3, 1), date(2026, 4, 1))):
            with pytest.raises(Refused, match="重叠"), writing("测试"):
                services.set_window(2026, Kind.FIRST, *days, document="另")
        with writing("测试"):
            services.set_window(
                2026, Kind.RENEWAL, date(2026, 4, 1), date(2026, 4, 30), document="另"
            )
            services.set_window(2026, Kind.FIRST, date(2026, 5, 1), date(2026, 5, 1), document="另")
        with pytest.raises(Refused, match="理由"), writing("测试"):
            services.annul_window(first, "")
        with writing("测试"):
            services.annul_window(first, "改期")
        with pytest.raises(Overtaken), writing("测试"):
            services.annul_window(first, "改期")


def test_the_database_itself_refuses_windows_that_overlap(app: Flask, plant: int) -> None:
    with app.app_context():
        with writing("测试"):
            services.set_window(
                2026, Kind.FIRST, date(2026, 4, 1), date(2026, 4, 30), document="一"
            )
        statement = text(
            "INSERT INTO filing_window (year, kind, from_on, until_on, document, reason, "
            "recorded_at, recorded_via) SELECT year, kind, until_on, until_on, '', '', "
            "recorded_at, '' FROM filing_window"
        )
        with pytest.raises(DBAPIError, match="overlap"), writing("测试"):
            db.session.execute(statement)


# --- Checks of the bureau -------------------------------------------------------------------


class Ours:
    """A check that the bureau added."""

    @hookimpl
    def filing_checks(self, working: Working) -> list[CheckFinding]:
        text = f"须附 {working.filing.year} 年用电单"
        return [CheckFinding("ours:power", Severity.WARNING, Place(0), text)]


class Broken:
    """One that fails."""

    @hookimpl
    def filing_checks(self) -> list[CheckFinding]:
        raise ZeroDivisionError


def test_a_plugin_of_the_bureau_checks_too_and_is_named_when_it_fails(
    app: Flask, plant: int
) -> None:
    with app.app_context():
        made = begun(plant)
        plugin_manager().register(Ours(), name="plugin:ours.py")
        plugin_manager().register(Broken(), name="plugin:broken.py")
        found = {it.key: it for it in findings_of(working(filing(made)))}
        assert found["ours:power"].text == "须附 2026 年用电单"
        assert "broken.py" in found["failed:plugin:broken.py"].text
        with writing("测试"):
            services.remark(made, "ours:power", "下月补")
        found = {it.key: it for it in findings_of(working(filing(made)))}
        assert (found["ours:power"].note, found["ours:power"].stops) == ("下月补", False)
