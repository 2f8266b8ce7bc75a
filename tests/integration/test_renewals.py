"""年度更新 on both engines: the windows, who is listed, who is reminded, what is printed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.accounts.services import grant_role
from app.filing import services
from app.filing.domain import Kind
from app.filing.queries.renewal_rules import year_rules
from app.filing.queries.renewals import (
    PARTS,
    RenewalFilter,
    RenewalPage,
    all_renewals,
    count_renewals,
    list_renewals,
    renewal_of,
)
from app.filing.renewal_due import own_renewals
from app.filing.services.reminding import remind_of_renewals, settle_renewal
from app.inbox.models import Message
from app.inbox.queries import open_matters, sent_matters
from app.kernel import audit
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.models import PlantSearch
from tests.conftest import Freeze
from tests.facts import code
from tests.filings import begun, fill_in, put_in_force, submitted, table
from tests.integration.test_filing_papers import plain
from tests.pages import CheckedClient
from tests.people import YUECHENG, ClientAs, browser_of, opened
from tests.registers import fetched, statements
from tests.renewals import TODAY, filed, graded, last_day, withdrawn
from tests.rule_changes import editors, setting

START, NEW_YEAR = date(2024, 5, 1), date(2026, 1, 10)


@pytest.fixture
def listed(app: Flask, bureau: None, clock: Freeze) -> dict[str, int]:
    """Plants of every fate, by name."""
    clock(f"{TODAY} 09:00")
    with app.app_context():
        found = {
            "none": graded(1, ("B", START, None)),
            "draft": graded(2, ("B-", START, None)),
            "sent": graded(3, ("A", START, None)),
            "upgrade": graded(4, ("引领性", START, None)),
            "withdrawn": graded(5, ("B", START, None)),
            "lowered": graded(6, ("A", START, None), ("C", NEW_YEAR, None)),
            "other county": graded(7, ("B", START, None), county="330603"),
            "of C": graded(8, ("C", START, None)),
            "graded in January": graded(9, ("B", NEW_YEAR, None)),
            "ended before": graded(10, ("B", START, date(2025, 12, 31))),
            "ended after": graded(11, ("B", START, date(2026, 1, 1))),
            "ungraded": graded(12),
        }
        filed(found["draft"], "2026-03-02")
        filed(found["sent"], "2026-03-02", sent="2026-03-20")
        filed(found["upgrade"], "2026-03-02", sent="2026-04-10", kind="upgrade")
        withdrawn(filed(found["withdrawn"], "2026-03-02", sent="2026-03-10"), "2026-03-15")
    return found


@pytest.fixture
def inside(app: Flask, listed: dict[str, int]) -> Iterator[None]:
    """For a test that asks the services; pages are asked outside, each in a context of its own."""
    with app.app_context():
        yield


def part_of(found: dict[str, int], part: str, on: date = TODAY, **narrowing: str) -> set[str]:
    names = {plant_id: name for name, plant_id in found.items()}
    wanted = replace(RenewalFilter(2026, on, part=part), **narrowing)  # type: ignore[arg-type]
    rules = year_rules(2026, on)
    lines = all_renewals(EVERYTHING, wanted, rules)
    assert count_renewals(EVERYTHING, wanted, rules)[part] == len(lines)
    return {names[it.plant_id] for it in lines}


ALL = {"none", "draft", "sent", "upgrade", "withdrawn", "lowered", "other county", "ended after"}


def test_each_plant_stands_where_it_belongs(inside: None, listed: dict[str, int]) -> None:
    assert part_of(listed, "all") == ALL
    assert part_of(listed, "done") == {"sent", "upgrade"}
    assert part_of(listed, "working") == {"draft"}
    waiting = ALL - {"sent", "upgrade", "draft"}
    assert part_of(listed, "none") == waiting
    assert part_of(listed, "overdue") == set()
    last_day(date(2026, 4, 20))
    assert part_of(listed, "overdue") == set()
    assert part_of(listed, "overdue", date(2026, 4, 21)) == waiting | {"draft"}


def test_the_list_of_an_earlier_day_is_what_it_was(inside: None, listed: dict[str, int]) -> None:
    assert part_of(listed, "done", date(2026, 3, 9)) == set()
    assert part_of(listed, "done", date(2026, 3, 10)) == {"withdrawn"}
    assert part_of(listed, "done", date(2026, 3, 20)) == {"sent"}
    assert part_of(listed, "working", date(2026, 3, 9)) == {"draft", "sent", "upgrade", "withdrawn"}
    assert part_of(listed, "working", date(2026, 3, 1)) == set()


def test_what_a_former_owner_left_unsent_is_not_under_way(
    inside: None, listed: dict[str, int]
) -> None:
    filed(listed["none"], "2026-03-02", owner_of=listed["sent"])
    assert part_of(listed, "working") == {"draft"}
    assert "none" in part_of(listed, "none")


def test_a_closed_plant_is_not_called_upon(inside: None, listed: dict[str, int]) -> None:
    with writing("测试"):
        for plant_id, day in ((listed["none"], TODAY), (listed["draft"], date(2026, 4, 21))):
            db.session.execute(
                update(PlantSearch).where(PlantSearch.plant_id == plant_id).values(closed_on=day)
            )
        audit.record("test.closed", "plant", listed["none"])
    assert part_of(listed, "all") == ALL - {"none"}


def test_the_parts_are_those_of_the_rule(inside: None, listed: dict[str, int]) -> None:
    """The words of a row, which the pure code says, agree with the part the database puts it in."""
    last_day(date(2026, 4, 1))
    rules = year_rules(2026, TODAY)
    for part in ("done", "working", "none"):
        lines = all_renewals(EVERYTHING, RenewalFilter(2026, TODAY, part=part), rules)
        assert {it.progress.value for it in lines} == {part}
    lowered = renewal_of(listed["lowered"], EVERYTHING, 2026, TODAY)
    assert lowered is not None
    assert (lowered.held, lowered.present) == ("A", "C")


def test_officers_of_a_county_see_their_own(inside: None, listed: dict[str, int]) -> None:
    rules, wanted = year_rules(2026, TODAY), RenewalFilter(2026, TODAY)
    keqiao = Scope(frozenset({"330603"}))
    (only,) = list_renewals(keqiao, wanted, rules).lines
    assert only.plant_id == listed["other county"]
    assert renewal_of(listed["none"], keqiao, 2026, TODAY) is None


def test_search_filters_and_order(inside: None, listed: dict[str, int]) -> None:
    assert part_of(listed, "all", search="示例3号") == {"sent"}
    assert part_of(listed, "all", grade="B-") == {"draft"}
    assert part_of(listed, "all", county="330603") == {"other county"}
    rules = year_rules(2026, TODAY)
    for sort in ("plant", "county", "held", "progress", "sent"):
        up, down = (
            [it.plant_id for it in all_renewals(
                EVERYTHING, RenewalFilter(2026, TODAY, sort=sort, falling=falling), rules)]
            for falling in (False, True)
        )  # fmt: skip
        assert up == down[::-1]
        assert len(up) == len(ALL)
    by_day = all_renewals(EVERYTHING, RenewalFilter(2026, TODAY, sort="sent"), rules)
    assert [it.plant_id for it in by_day[:2]] == [listed["sent"], listed["upgrade"]]


def test_more_plants_ask_no_more_of_the_database(
    app: Flask, inside: None, listed: dict[str, int]
) -> None:
    def ask() -> tuple[RenewalPage, int]:
        """In a transaction of its own, as every page is."""
        db.session.rollback()
        with statements(app) as asked:
            page = list_renewals(EVERYTHING, RenewalFilter(2026, TODAY), year_rules(2026, TODAY))
        return page, sum(it.startswith("SELECT") for it in asked)

    ask()  # the bureaus are read once in a process
    graded(20, ("B", START, None))
    _, before = ask()
    for number in range(21, 30):
        graded(number, ("B", START, None))
    page, after = ask()
    assert after == before
    assert page.counts == {**dict.fromkeys(PARTS, 0), "all": 18, "done": 2, "working": 1,
                           "none": 15}  # fmt: skip


def test_nobody_is_called_upon_to_file_what_cannot_be_filed(
    app: Flask, bureau: None, clock: Freeze, client_as: ClientAs
) -> None:
    """An industry without a scheme has no grade to file for, until the bureau enters one."""
    clock("2026-04-20 09:00")
    with app.app_context():
        last_day()
        casting = graded(1, ("B", START, None))
        dyeing = graded(2, ("B", START, None), industry="印染")
        remind_of_renewals(TODAY)
        assert tasks() == {f"renewal:2026:{casting}"}
    city = client_as("city-officer")
    html = fetched(city, "/filing/renewals?year=2026")
    assert "须更新（2）" in html
    assert "行业“印染”没有等级方案（未核实），登记以前不能申报" in html
    officer = fetched(client_as("county-officer"), "/filing/renewals?year=2026")
    assert officer.count("/filing/window/new?plant_id=") == 1
    assert f"/filing/window/new?plant_id={dyeing}&" not in officer
    answer = city.post("/filing/renewals/notices?year=2026", data={})
    assert "示例2号" not in plain(downloaded(city, answer.location))


# --- Reminders --------------------------------------------------------------------------------


def tasks() -> set[str]:
    return set(open_matters("renewal:"))


def test_reminders_are_sent_once_and_settle(inside: None, listed: dict[str, int]) -> None:
    waiting = {f"renewal:2026:{listed[it]}" for it in ALL - {"sent", "upgrade"}}
    remind_of_renewals(TODAY)
    assert tasks() == set()
    last_day(date(2026, 6, 15))
    for _ in range(2):
        remind_of_renewals(date(2026, 5, 15))
    assert tasks() == set()
    for _ in range(2):
        remind_of_renewals(date(2026, 5, 16))
    assert tasks() == waiting
    assert sent_matters("renewal-notice:") == {
        "renewal-notice:2026:0615:30:330602", "renewal-notice:2026:0615:30:330603",
    }  # fmt: skip
    for _ in range(2):
        remind_of_renewals(date(2026, 6, 8))
    assert len(sent_matters("renewal-notice:2026:0615:7:")) == len(waiting) + 2
    count = db.session.execute(select(Message.id)).all()
    assert len(count) == len(waiting) * 2 + 4
    with writing("测试"):
        settle_renewal(listed["none"], "330602", 2026, Kind.RENEWAL, TODAY)
        audit.record("test.settled", "plant", listed["none"])
    assert tasks() == waiting - {f"renewal:2026:{listed['none']}"}


def test_what_is_submitted_settles_its_task_and_what_is_withdrawn_brings_it_back(
    inside: None, listed: dict[str, int]
) -> None:
    put_in_force(table(), date(2026, 1, 1))
    last_day()
    source = f"renewal:2026:{listed['none']}"
    made = begun(listed["none"], kind=Kind.RENEWAL)
    fill_in(made)
    remind_of_renewals(TODAY)
    assert source in tasks()
    submitted(made)
    assert source not in tasks()
    assert "none" in part_of(listed, "done")
    with writing("测试"):
        services.withdraw(made, "数据有误")
    remind_of_renewals(TODAY)
    assert source in tasks()
    assert "none" in part_of(listed, "none")


def test_a_moved_last_day_moves_the_tasks(inside: None, listed: dict[str, int]) -> None:
    window_id = last_day()
    remind_of_renewals(date(2026, 4, 20))
    assert set(open_matters("renewal:").values()) == {date(2026, 4, 30)}
    with writing("测试"):
        services.annul_window(window_id, "延期")
    last_day(date(2026, 5, 10))
    remind_of_renewals(date(2026, 4, 21))
    assert set(open_matters("renewal:").values()) == {date(2026, 5, 10)}
    filed(listed["none"], "2026-04-21", sent="2026-04-21")
    remind_of_renewals(date(2026, 4, 22))
    assert f"renewal:2026:{listed['none']}" not in tasks()


def test_tasks_outlive_the_year_only_where_the_last_day_does(
    inside: None, listed: dict[str, int]
) -> None:
    with writing("测试"):
        services.set_window(2026, Kind.RENEWAL, date(2026, 12, 1), date(2027, 1, 15), document="文")
    remind_of_renewals(date(2026, 12, 31))
    waiting = tasks()
    assert waiting
    remind_of_renewals(date(2027, 1, 15))
    assert tasks() == waiting
    remind_of_renewals(date(2027, 1, 16))
    assert tasks() == set()


# --- Pages ------------------------------------------------------------------------------------


def downloaded(client: CheckedClient, address: str) -> bytes:
    with client.get(address) as answer:
        assert answer.status_code == 200
        content: bytes = answer.data
    return content


def test_lists_files_and_notices(app: Flask, listed: dict[str, int], client_as: ClientAs) -> None:
    with app.app_context():
        last_day()
    city = client_as("city-officer")
    html = fetched(city, "/filing/renewals?year=2026")
    for words in ("须更新（8）", "已提交（2）", "填报中（1）", "未办理（5）", "已逾期（0）",
                  "2026-04-30", "方案未规定", "2025-12-31"):  # fmt: skip
        assert words in html, words
    county = client_as("county-officer", county="330603")
    mine = fetched(county, "/filing/renewals?year=2026")
    assert [f'value="{YUECHENG}"' in it for it in (html, mine)] == [True, False]
    assert "须更新（1）" in mine, mine[mine.index("须更新（") :][:600]
    answer = city.post("/filing/renewals/export?year=2026&part=none", data={"format": "xlsx"})
    assert answer.status_code == 303
    book = openpyxl.load_workbook(io.BytesIO(downloaded(city, answer.location)))
    cells = [[str(cell or "") for cell in row] for row in book.active.iter_rows(values_only=True)]  # type: ignore[union-attr]
    assert sum(row[-1] == "PLAN-RENEW" for row in cells) == 5
    assert any("未规定" in cell for row in cells for cell in row)
    editors(app).change(setting("filing.contact", ["大气科 85120000"], TODAY))
    answer = city.post("/filing/renewals/notices?year=2026", data={})
    assert answer.status_code == 303
    notices = plain(downloaded(city, answer.location))
    for words in ("管理系统（http://localhost/）", "本局（大气科85120000）领取离线填报包"):
        assert words in notices
    answer = county.post("/filing/renewals/notices?year=2026", data={})
    notices = plain(downloaded(county, answer.location))
    assert ("示例7号" in notices, "示例1号" in notices) == (True, False)


def test_who_reads_the_city_and_enters_for_one_county_is_led_to_the_window_for_that_one(
    app: Flask, listed: dict[str, int], client_as: ClientAs
) -> None:
    head = opened(app, Role.COUNTY_HEAD, county=YUECHENG)
    with app.app_context(), writing("测试"):
        grant_role(head, Role.PROVINCE_RECORDER)
    page = fetched(browser_of(app, head), "/filing/renewals?year=2026&part=none")
    assert f"window/new?plant_id={listed['none']}&amp;" in page
    assert "示例7号有限公司" in page
    assert f"window/new?plant_id={listed['other county']}&amp;" not in page


def test_a_filter_exchanges_the_rows_and_another_year_the_page(
    listed: dict[str, int], client_as: ClientAs
) -> None:
    city = client_as("city-officer")

    def part_by(query: str) -> TestResponse:
        headers = {"HX-Request": "true", "HX-Target": "rows",
                   "HX-Current-URL": "http://localhost/filing/renewals?year=2026"}  # fmt: skip
        return city.get(f"/filing/renewals?{query}", headers=headers)

    rows = part_by("year=2026&q=示例3号")
    assert "<html" not in rows.text
    assert "须更新（1）" in rows.text
    assert "export?year=2026&amp;part=all&amp;q=" in rows.text
    assert "HX-Redirect" in part_by("year=2025").headers
    assert "HX-Redirect" in part_by("year=2026&as_of=2026-03-01").headers


def test_an_enterprise_prints_nothing_and_sets_no_window(
    app: Flask, listed: dict[str, int], client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(1))
    assert "须更新（1）" in fetched(filer, "/filing/renewals?year=2026")
    assert filer.post("/filing/renewals/export", data={}).status_code == 403
    assert filer.post("/filing/renewals/notices", data={}).status_code == 403
    assert filer.get("/filing/periods/new").status_code == 403


def test_the_enterprise_is_told_what_it_owes(inside: None, listed: dict[str, int]) -> None:
    last_day()
    owed = own_renewals(EVERYTHING, TODAY)
    assert set(owed) == {listed[it] for it in ALL - {"sent", "upgrade"}}
    due = owed[listed["lowered"]]
    assert (due.kind, due.due_on, due.clause) == ("soon", date(2026, 4, 30), "PLAN-RENEW")
    assert due.left == ("soon", "还有 10 天")
    assert due.remarks == ("现为 C 级，更新不高于现等级",)
    assert own_renewals(EVERYTHING, date(2026, 5, 1))[listed["none"]].kind == "late"
