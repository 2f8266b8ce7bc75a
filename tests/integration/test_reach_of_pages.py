"""What a page counts, offers and names beside the record it is about (页面所及).

The access matrix asks whether a page opens and whether a foreign mark is on it. Here the page is
one's own, and so is most of what is on it.
"""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.accounts.domain import Role
from app.accounts.models import UserAccount
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.models import IssuedFlag
from app.issuing.queries.lists import find_list
from app.kernel import audit, jobs
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.clock import now, today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import list_plants, plant_now, situation_of
from app.registry.services import (
    EnterpriseEntry,
    PlantEntry,
    make_change,
    register_enterprises,
    register_plants,
)
from app.rights.domain import AllocationFault
from app.rights.queries.issued import find_letters
from app.rights.routes import allocation as allocation_page
from app.rights.services.letters import PURPOSE
from tests.addresses.issuing import checked, issued
from tests.addresses.rights import issued_allocation
from tests.desk import confirmed
from tests.facts import code
from tests.integration.test_plant_pages import hidden, previewed
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, browser_of, opened
from tests.watch import everything_in
from tests.world import PRINCIPALS, World, mark_of

OFFICER = next(it for it in PRINCIPALS if it.role is Role.COUNTY_OFFICER)
HEAD = next(it for it in PRINCIPALS if it.role is Role.COUNTY_HEAD)
CITY = next(it for it in PRINCIPALS if it.role is Role.CITY_OFFICER)
CITY_HEAD = next(it for it in PRINCIPALS if it.role is Role.CITY_HEAD)
AUDITOR = next(it for it in PRINCIPALS if it.role is Role.AUDITOR)
BOTH = next(it for it in PRINCIPALS if it.name == "officer who audits")
FILER = next(it for it in PRINCIPALS if it.role is Role.FILER)
DAY = str(today())
WHY = {"reason": "同一企业两次登记", "document": "执照"}


def colleague(world: World, role: Role, county: str | None = None) -> CheckedClient:
    """Somebody else with this role."""
    return browser_of(world.app, opened(world.app, role, county=county))


# --- The desk ------------------------------------------------------------------------------------


def of_one_name(world: World, first: int, county: str, name: str) -> list[int]:
    """Two enterprises of one name with a plant each in the county."""
    with world.app.app_context(), writing("测试"):
        made = register_enterprises(
            [EnterpriseEntry(code(number), name) for number in (first, first + 1)]
        )
        register_plants([PlantEntry(it, "001", f"{name}厂", county) for it in made])
        audit.record("test.recorded", "enterprise", made[0])
    return made


def test_likely_pairs_are_those_of_ones_own_county(world: World) -> None:
    of_one_name(world, 50, YUECHENG, "越城重名公司")
    of_one_name(world, 52, KEQIAO, "柯桥重名公司")
    own = world.browser(OFFICER).get("/desk/enterprises/duplicates").text
    every = world.browser(CITY).get("/desk/enterprises/duplicates").text
    assert ("越城重名公司" in own, "柯桥重名公司" in own) == (True, False)
    assert ("越城重名公司" in every, "柯桥重名公司" in every) == (True, True)


def test_plants_of_another_county_are_not_offered_to_merge_with(world: World) -> None:
    address = f"/desk/plants/{world.plants['D1']}/changes/merge"
    assert mark_of("D2") in world.browser(CITY).get(address).text
    assert mark_of("D2") not in world.browser(OFFICER).get(address).text


def moved(world: World, plant: int, county: str) -> None:
    """The plant moves into this county, today."""
    change = Change(ChangeKind.MOVE, plant, today(), "搬迁", "文1", county=county, town="新镇")
    with world.app.app_context(), writing("测试"):
        make_change(change, situation_of(change, plant_now(plant), EVERYTHING))


def test_a_merger_is_decided_where_all_its_plants_are_now(world: World) -> None:
    stays, gone = of_one_name(world, 60, YUECHENG, "归并公司")
    officer, second = world.browser(OFFICER), colleague(world, Role.COUNTY_OFFICER, YUECHENG)
    address = f"/desk/enterprises/{gone}/merge-into/{stays}"
    proposal = officer.post(address, data=previewed(officer, address, **WHY)).location
    assert "在提交之后变更了区县" not in second.post(f"{proposal}/preview").text
    with world.app.app_context():
        (plant,) = list_plants(EVERYTHING, enterprise_id=gone)
    moved(world, plant.plant_id, KEQIAO)
    assert "在提交之后变更了区县" in second.post(f"{proposal}/preview").text
    form = {**hidden(second.get(proposal).text), "note": ""}
    assert "在提交之后变更了区县" in second.post(f"{proposal}/approve", data=form).text


def test_a_finding_about_all_plants_is_decided_where_all_of_them_are_now(world: World) -> None:
    with world.app.app_context(), writing("测试"):
        (enterprise,) = register_enterprises([EnterpriseEntry(code(70), "两厂区公司")])
        plants = [PlantEntry(enterprise, number, number, YUECHENG) for number in ("001", "002")]
        plant, other = register_plants(plants)
        audit.record("test.recorded", "enterprise", enterprise)
    finding = {"reach": "enterprise", "found_on": DAY, "document": "认7", "note": ""}
    answer = confirmed(world.browser(HEAD), f"/desk/plants/{plant}/findings/new", finding)
    second = colleague(world, Role.COUNTY_HEAD, YUECHENG)
    refusal = "在提交之后有了其他区县的厂区"
    assert refusal not in second.post(f"{answer.location}/preview").text
    moved(world, other, KEQIAO)
    assert refusal in second.post(f"{answer.location}/preview").text
    assert refusal in second.post(f"{answer.location}/approve", data={"note": ""}).text
    assert second.post(f"{answer.location}/refuse", data={"reason": "由市局"}).status_code == 303


def test_an_enterprise_is_not_told_what_is_proposed_about_it(world: World) -> None:
    plant = world.plants["A1"]
    finding = {"reach": "plant", "found_on": DAY, "document": "认8", "note": ""}
    head = world.browser(HEAD)
    first = confirmed(head, f"/desk/plants/{plant}/findings/new", finding).location
    colleague(world, Role.COUNTY_HEAD, YUECHENG).post(f"{first}/approve", data={"note": ""})
    found = max(map(int, re.findall(r"/desk/findings/([0-9]+)", head.get("/desk/findings").text)))
    page = f"/desk/findings/{found}"
    proposal = confirmed(head, f"{page}/annul", {"reason": "误登"}).location
    assert proposal in head.get(page).text
    assert proposal not in world.browser(FILER).get(page).text


def test_who_reads_further_than_they_act_is_offered_to_act_at_home_only(world: World) -> None:
    client = world.browser(BOTH)
    for query in ("", f"?on={date(2025, 2, 3)}"):
        for key, acts in (("A1", True), ("C1", False)):
            plant = world.plants[key]
            page = client.get(f"/plants/{plant}{query}").text
            assert mark_of(key) in page
            assert (f"/desk/plants/{plant}/" in page) is acts, (key, query)
    home, elsewhere = (client.get(f"/plants/{world.plants[it]}").text for it in ("A1", "C1"))
    assert ("登记违法行为" in home, "登记违法行为" in elsewhere) == (True, False)


# --- The inbox -----------------------------------------------------------------------------------


def read_and_signed(world: World, client: CheckedClient, message: int) -> None:
    client.get(f"/inbox/{message}")
    assert client.post(f"/inbox/{message}/sign").status_code == 303


def test_what_each_of_two_people_signs_for_is_ones_own(world: World) -> None:
    """A notice for whoever keeps the register of a county: a colleague's receipt is not mine."""
    audience = Audience(permission=Permission.REGISTER_EDIT, county=YUECHENG)
    with world.app.app_context(), writing("测试"):
        audit.record("test.sent", "message", "x")
        message = inbox.send(
            MessageKind.NOTICE, "人人签收", audience, link="/", source="test", body="通知",
            due_on=today(), asks_receipt=True,
        )  # fmt: skip
    mine, other = (colleague(world, Role.COUNTY_OFFICER, YUECHENG) for _ in range(2))
    assert "人人签收" in mine.get("/inbox?part=todo").text
    read_and_signed(world, other, message)
    assert "人人签收" not in other.get("/inbox?part=todo").text
    assert "人人签收" in mine.get("/inbox?part=todo").text
    assert f"/inbox/{message}/sign" in mine.get(f"/inbox/{message}").text
    read_and_signed(world, mine, message)
    assert "人人签收" not in mine.get("/inbox?part=todo").text


def test_a_notice_names_who_signed_and_only_the_enterprises_within_reach(world: World) -> None:
    counties = {world.enterprises["A"]: YUECHENG, world.enterprises["C"]: KEQIAO}
    with world.app.app_context(), writing("测试"):
        notice = inbox.Notice("两地通知", "两地通知", asks_receipt=True, due_on=today())
        first = inbox.send_to_enterprises(notice, counties)
        audit.record("test.sent", "message", first)
    readers = [
        browser_of(world.app, opened(world.app, role, uscc=code(0)))
        for role in (Role.SIGNATORY, Role.FILER)
    ]
    (message,) = {
        int(it)
        for it in re.findall(r'/inbox/([0-9]+)"[^<]*>[^<]*两地通知', readers[0].get("/inbox").text)
    }
    readers[0].get(f"/inbox/{message}")
    read_and_signed(world, readers[1], message)
    own, every = (world.browser(it).get(f"/desk/notices/{first}").text for it in (OFFICER, CITY))
    assert (mark_of("EA") in own, mark_of("EC") in own) == (True, False)
    assert (mark_of("EA") in every, mark_of("EC") in every) == (True, True)
    assert own.count("<tr") == every.count("<tr") - 1
    row = own[own.index(mark_of("EA")) :]
    assert Role.FILER.label in row[: row.index("</tr>")]
    elsewhere = world.browser(next(it for it in PRINCIPALS if it.county == KEQIAO))
    assert elsewhere.get(f"/desk/notices/{first}").status_code == 404


# --- Issued lists --------------------------------------------------------------------------------


@pytest.fixture
def city_list(world: World) -> int:
    """A list of the whole city in force; 柯桥's line would read otherwise, and once did."""
    with world.app.app_context():
        list_id = issued(world, "")
        with writing("测试"):
            for cleared in (None, now()):
                db.session.add(
                    IssuedFlag(
                        list_id=list_id, key="C1", plant_id=world.plants["C1"],
                        enterprise_id=world.enterprises["C"], county=KEQIAO, what=mark_of("C1"),
                        kind="left", was="旧", would="新", why='["因"]', raised_at=now(),
                        cleared_at=cleared,
                    )
                )  # fmt: skip
            audit.record("test.flagged", "list", list_id)
    return list_id


def number_of(world: World, list_id: int) -> str:
    with world.app.app_context():
        view = find_list(list_id, EVERYTHING)
        assert view is not None
        return view.number


def test_lines_that_would_differ_are_counted_within_reach(world: World, city_list: int) -> None:
    number, flagged = number_of(world, city_list), "/lists/?flagged=1"
    own, every = world.browser(OFFICER), world.browser(CITY)
    assert number in every.get(flagged).text
    assert number not in own.get(flagged).text
    assert number in own.get("/lists/").text
    told = {}
    for who, client in (("own", own), ("every", every)):
        exported = client.post("/lists/export", data={"format": "csv"}).location
        lines = everything_in(client.get(exported)).splitlines()
        told[who] = [it.rsplit(",", 2)[1] for it in lines if number in it]
    assert told == {"own": ["0"], "every": ["1"]}
    page = f"/lists/{city_list}?part=flags"
    assert "1 行曾经不同" in every.get(page).text
    assert "曾" not in own.get(page).text.split("应有不同的行")[-1]
    assert mark_of("C1") not in own.get(page).text


def test_a_list_of_the_city_says_that_only_ones_own_lines_are_shown(
    world: World, city_list: int
) -> None:
    for address, words in (("", "只显示您范围内的行"), ("/print", "以下为本范围内的行")):
        page = f"/lists/{city_list}{address}"
        assert words in world.browser(OFFICER).get(page).text
        assert words not in world.browser(CITY).get(page).text


@pytest.fixture
def waiting_list(world: World) -> int:
    with world.app.app_context():
        return checked(world, world.users[CITY.name], "")


def test_signing_a_list_of_the_city_is_for_the_city(world: World, waiting_list: int) -> None:
    page, sign = f"/lists/{waiting_list}", f"/lists/{waiting_list}/sign"
    assert sign not in world.browser(HEAD).get(page).text
    assert sign in world.browser(CITY_HEAD).get(page).text

    def by_command(name: str) -> int:
        with world.app.app_context():
            row = db.session.get(UserAccount, world.users[name])
            assert row is not None
            words = ["policy", "issue", str(waiting_list), "--by", row.name, "--number", "9号"]
        return world.app.test_cli_runner().invoke(args=words).exit_code

    assert by_command(HEAD.name) == 1
    assert by_command(CITY_HEAD.name) == 0


# --- Rights and rules ----------------------------------------------------------------------------


@pytest.fixture
def allocation(world: World) -> int:
    return issued_allocation(world)


def test_letters_are_offered_to_who_writes_them(world: World, allocation: int) -> None:
    page = f"/rights/?level=city&pollutant=SO2&year={today().year}"
    letters = f"/rights/lists/{allocation}/letters"
    assert letters in world.browser(CITY).get(page).text
    assert letters not in world.browser(AUDITOR).get(page).text


def test_letters_are_for_the_person_who_had_them_made(world: World, allocation: int) -> None:
    maker, address = world.browser(CITY), f"/rights/lists/{allocation}/letters"
    made = maker.post(address, data={"format": "docx"}).location
    assert "等待生成" in maker.get(made).text
    assert "等待生成" not in world.browser(CITY_HEAD).get(made).text
    with world.app.app_context():
        while jobs.run_next():
            pass
    assert "/downloads/" in maker.get(made).text
    assert "/downloads/" not in world.browser(CITY_HEAD).get(made).text
    number = int(made.rsplit("=", 1)[1])
    with world.app.app_context():
        owner, other = (world.users[it.name] for it in (CITY, CITY_HEAD))
        assert find_letters(f"{PURPOSE} {number}", owner)
        assert find_letters(f"{PURPOSE} {number}", other) is None


def test_an_enterprise_reads_of_its_own_applications(world: World) -> None:
    assert "本企业" in world.browser(FILER).get("/rights/applications").text
    assert "本企业" not in world.browser(OFFICER).get("/rights/applications").text


def test_what_is_wrong_in_the_register_is_told_to_who_reaches_all_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_asked: object, **_more: object) -> None:
        raise AllocationFault("某企业的申请有误")

    monkeypatch.setattr(allocation_page, "run_allocation", broken)
    assert "某企业的申请有误" in world.browser(CITY).get("/rights/").text
    told = world.browser(OFFICER).get("/rights/").text
    assert "某企业的申请有误" not in told
    assert "请联系市级经办人核对" in told


def test_the_edits_of_a_rule_are_for_who_edits_or_approves(world: World) -> None:
    editor = next(it for it in PRINCIPALS if it.role is Role.RULE_EDITOR)
    page = "/rulebook/parameters/grade.order"
    for who, looks in ((editor, True), (CITY_HEAD, True), (CITY, False), (OFFICER, False)):
        assert ("修改记录" in world.browser(who).get(page).text) is looks, who


def test_a_list_is_offered_as_a_file_to_who_may_take_it_away(world: World) -> None:
    for who, takes in ((OFFICER, True), (AUDITOR, False), (FILER, False)):
        assert ("/register/export" in world.browser(who).get("/register").text) is takes, who


def test_a_plant_s_page_offers_to_record_only_where_the_person_records(world: World) -> None:
    officer = world.browser(BOTH)
    for key, offers in (("D1", True), ("D2", False)):
        plant = world.plants[key]
        html = officer.get(f"/plants/{plant}").text
        assert (f"/desk/plants/{plant}/violations/new" in html) is offers, key
