"""Indicator tables on record (指标表): versions that never change, and which one rules on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from app.approvals.domain import Refused
from app.indicators import services
from app.indicators.criteria import IndicatorTable
from app.indicators.queries import find_version, heads_of, newest_version, rulings_of, table_on
from app.indicators.wording import written
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.indicators import RULES, TableKeepers, a_row, a_table, dust, table_keepers


@pytest.fixture
def keepers(app: Flask, bureau: None, clock: Freeze) -> TableKeepers:
    clock("2026-03-01 09:00")
    return table_keepers(app)


def asked_of_a(app: Flask, on: date, subtype: str = "") -> str | None:
    """What the table that rules on a day asks of A, in its first row."""
    with app.app_context():
        found = table_on(RULES, "casting", subtype, on)
        return written(found.table.rows[0].asked("A")) if found else None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE indicator_version SET content = 'x'",
        "UPDATE indicator_version SET note = 'x'",
        "UPDATE indicator_family SET part = 'x'",
        "UPDATE indicator_ruling SET from_on = '2020-01-01'",
        "DELETE FROM indicator_ruling",
        "DELETE FROM indicator_version",
        "DELETE FROM indicator_family",
    ],
)
def test_the_database_lets_nothing_of_it_change(keepers: TableKeepers, statement: str) -> None:
    version = keepers.keep(a_table())
    keepers.rule(1, version, date(2026, 4, 1))
    with keepers.app.app_context(), mode(Mode.WRITE):
        with pytest.raises(DBAPIError, match=r"altered|removed|annulled"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_version_rules_from_its_day_until_the_next(keepers: TableKeepers) -> None:
    """NAT-SYSTEM: the day before, the day of, the day after."""
    first = keepers.keep(a_table(dust("10")))
    second = keepers.keep(a_table(dust("8")))
    keepers.rule(1, first, date(2026, 4, 1))
    keepers.rule(1, second, date(2026, 7, 1))
    assert asked_of_a(keepers.app, date(2026, 3, 31)) is None
    assert asked_of_a(keepers.app, date(2026, 4, 1)) == "颗粒物≤10mg/m³"
    assert asked_of_a(keepers.app, date(2026, 6, 30)) == "颗粒物≤10mg/m³"
    assert asked_of_a(keepers.app, date(2026, 7, 1)) == "颗粒物≤8mg/m³"
    assert asked_of_a(keepers.app, date(2026, 7, 2), "铸件") == "颗粒物≤8mg/m³"
    keepers.rule(1, None, date(2026, 9, 1))
    assert asked_of_a(keepers.app, date(2026, 9, 1)) is None
    with keepers.app.app_context():
        kept = find_version(first)
        assert kept is not None
        assert kept.table == a_table(dust("10"))


def test_what_was_known_before_stays_to_be_asked(keepers: TableKeepers, clock: Freeze) -> None:
    first = keepers.keep(a_table(dust("10")))
    keepers.rule(1, first, date(2026, 3, 1))
    before = clock("2026-03-04 09:00")
    clock("2026-03-05 09:00")
    second = keepers.keep(a_table(dust("8")))
    keepers.rule(1, second, date(2026, 3, 2))
    with keepers.app.app_context():
        now = table_on(RULES, "casting", "", date(2026, 3, 6))
        then = table_on(RULES, "casting", "", date(2026, 3, 6), before)
        assert now is not None
        assert then is not None
        assert (now.versions[0].id, then.versions[0].id) == (second, first)
        (_, ruling) = rulings_of([1])
    with keepers.app.app_context(), writing("测试", actor_id=keepers.editor):
        proposal = services.propose_withdrawal(ruling, document="", reason="日期写错")
    keepers.approve(proposal)
    assert asked_of_a(keepers.app, date(2026, 3, 6)) == "颗粒物≤10mg/m³"


def test_two_editors_lose_nothing(keepers: TableKeepers) -> None:
    first = keepers.keep(a_table(dust("10")))
    with keepers.app.app_context(), writing("测试", actor_id=keepers.head):
        services.keep_version(1, a_table(dust("9")), made_from=first)
    with (
        keepers.app.app_context(),
        writing("测试", actor_id=keepers.editor),
        pytest.raises(services.KeptMeanwhile, match="第 2 版"),
    ):
        services.keep_version(1, a_table(dust("8")), made_from=first)
    with keepers.app.app_context():
        newest = newest_version(1)
        assert newest is not None
        assert newest.table == a_table(dust("9"))


def test_going_back_is_a_version_too_and_the_same_is_none(keepers: TableKeepers) -> None:
    keepers.keep(a_table(dust("10")))
    second = keepers.keep(a_table(dust("8")))
    assert keepers.keep(a_table(dust("8"))) == second
    with keepers.app.app_context(), writing("测试", actor_id=keepers.editor):
        third = services.go_back(1, 1, made_from=second)
    with keepers.app.app_context():
        kept = find_version(third)
        assert kept is not None
        assert (kept.number, kept.table) == (3, a_table(dust("10")))
        assert [it.number for it in heads_of(1)] == [3, 2, 1]


def test_a_supplement_tightens_from_its_own_day(keepers: TableKeepers) -> None:
    keepers.rule(1, keepers.keep(a_table(dust("10"))), date(2026, 4, 1))
    extra = a_row("4.1", ("A", "颗粒物≤5mg/m³"), ("B B- C D", "未核实"), source="浙环函")
    version = keepers.keep(a_table(extra, title="补充"), "supplement", "浙江")
    keepers.rule(2, version, date(2026, 6, 1))
    assert asked_of_a(keepers.app, date(2026, 5, 31)) == "颗粒物≤10mg/m³"
    assert asked_of_a(keepers.app, date(2026, 6, 1)) == "颗粒物≤5mg/m³"
    with keepers.app.app_context():
        found = table_on(RULES, "casting", "", date(2026, 6, 1))
        assert found is not None
        assert [it.id for it in found.versions] == [1, version]
        assert found.table.rows[0].cells[0].source == "浙环函"
    keepers.rule(1, keepers.keep(a_table(dust("4"))), date(2026, 8, 1))
    assert asked_of_a(keepers.app, date(2026, 8, 1)) == "颗粒物≤4mg/m³", "it never loosens"


def test_a_looser_supplement_or_one_without_a_table_is_refused(keepers: TableKeepers) -> None:
    looser = a_row("4.1", ("A", "颗粒物≤12mg/m³"), ("B B- C D", "未核实"))
    version = keepers.keep(a_table(looser), "supplement", "浙江")
    with pytest.raises(Refused, match="无从加严"):
        keepers.propose(1, version, date(2026, 6, 1))
    keepers.rule(2, keepers.keep(a_table(dust("10"))), date(2026, 4, 1))
    with pytest.raises(Refused, match="只能加严"):
        keepers.propose(1, version, date(2026, 6, 1))


def test_a_ruling_is_approved_as_it_was_looked_at(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table())
    first, second = (keepers.propose(1, version, date(2026, it, 1)) for it in (4, 5))
    keepers.approve(first)
    with pytest.raises(Refused, match="另行修改"):
        keepers.approve(second)
    with pytest.raises(Refused, match="已有一版"):
        keepers.propose(1, version, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (a_table(dust("10"), dust("8")), "用了两次"),
        (replace(a_table(), grades=("A", "B", "C")), "等级列应为"),
        (replace(a_table(), rows=()), "1 至 300 行"),
        (a_table(a_row("1", ("A", "同上一级"), ("B B- C D", "未核实"))), "最高等级没有"),
        (a_table(a_row("1", ("A", "未达到C级要求"), ("B B- C D", "未核实"))), "左侧"),
        (
            a_table(a_row("1", ("A", "NMHC≤1mg/m³"), ("B B- C D", "NMHC≤1kg/h"))),
            "两种单位",
        ),
    ],
)
def test_an_unsound_table_is_not_kept(
    keepers: TableKeepers, table: IndicatorTable, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        keepers.keep(table)


def test_which_table_rules_is_told_in_two_statements(keepers: TableKeepers) -> None:
    keepers.rule(1, keepers.keep(a_table(dust("10"))), date(2026, 4, 1))
    for number, part in enumerate(("浙江", "绍兴"), start=2):
        extra = a_row("4.1", ("A", f"颗粒物≤{8 - number}mg/m³"), ("B B- C D", "未核实"))
        version = keepers.keep(a_table(extra), "supplement", part)
        keepers.rule(number, version, date(2026, 6, 1))
    said: list[str] = []
    with keepers.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
        found = table_on(RULES, "casting", "铸件", date(2026, 7, 1))
        assert found is not None
        assert written(found.table.rows[0].asked("A")) == "颗粒物≤5mg/m³"
        db.session.rollback()
    assert len([it for it in said if it.startswith("SELECT")]) == 2
