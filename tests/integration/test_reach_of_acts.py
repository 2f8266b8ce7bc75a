"""What a form names besides its own record: another county, all plants of an enterprise (越权填报).

The access matrix asks for records of others by their addresses. Here the address is one's own, and
what is typed reaches further than the person does.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import pytest

from app.accounts.domain import Role
from app.grades.services import GradeEntry, record_grades
from app.issuing.queries.lists import find_list
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.kernel.transaction import writing
from app.supervision.services import ViolationEntry, record_violations
from tests.addresses.issuing import checked, issued
from tests.pages import CheckedClient
from tests.people import KEQIAO, PASSWORD, YUECHENG, browser_of, opened
from tests.watch import everything_in
from tests.world import PRINCIPALS, World, mark_of

OFFICER = next(it for it in PRINCIPALS if it.role is Role.COUNTY_OFFICER)
HEAD = next(it for it in PRINCIPALS if it.role is Role.COUNTY_HEAD)
CITY = next(it for it in PRINCIPALS if it.role is Role.CITY_OFFICER)
DAY = str(today())
OUT_OF_REACH = "不在您的"


def answered(client: CheckedClient, path: str, /, **form: str) -> tuple[int, str]:
    answer = client.post(path, data=form)
    return answer.status_code, answer.get_data(as_text=True)


def hidden_in(page: str) -> dict[str, str]:
    """What a form sends without showing it: the state of the record that it was made from."""
    return dict(re.findall(r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)"', page))


def whole_fact(world: World) -> int:
    """A violation of enterprise D, which has a plant on each side of the border."""
    with world.app.app_context(), writing("测试"):
        (fact_id,) = record_violations(
            [ViolationEntry(world.enterprises["D"], None, "其他", None, today(), "全企业文号")]
        )
        audit.record("test.recorded", "violation", fact_id)
    return fact_id


def test_nobody_moves_a_plant_into_a_county_out_of_reach(world: World) -> None:
    form = {"effective_on": DAY, "reason": "搬迁", "document": "文1", "county": KEQIAO,
            "town": "新镇", "address": "新址"}  # fmt: skip
    address = f"/desk/plants/{world.plants['A1']}/changes/move"
    for who, wanted in ((OFFICER, (422, True)), (CITY, (200, False))):
        client = world.browser(who)
        sent = {**hidden_in(client.get(address).text), **form, "step": "preview"}
        status, page = answered(client, address, **sent)
        assert (status, OUT_OF_REACH in page) == wanted, who


def test_no_batch_moves_plants_into_a_county_out_of_reach(world: World) -> None:
    form = {"step": "preview", "plants": str(world.plants["A1"]), "field": "county",
            "value": KEQIAO, "reason": "搬迁", "document": "文1", "effective_on": DAY}  # fmt: skip
    _, page = answered(world.browser(OFFICER), "/desk/batch", **form)
    assert OUT_OF_REACH in page
    _, page = answered(world.browser(CITY), "/desk/batch", **form)
    assert OUT_OF_REACH not in page


def test_nobody_enters_a_plant_in_a_county_out_of_reach(world: World) -> None:
    form = {"step": "preview", "p_plant": "009", "p_name": "新厂", "p_county": KEQIAO}
    address = f"/desk/plants/{world.plants['A1']}/new-plant"
    status, page = answered(world.browser(OFFICER), address, **form)
    assert status == 422
    assert "该区县不在您的权限范围内" in page
    assert "该区县不在您的权限范围内" not in answered(world.browser(CITY), address, **form)[1]


def test_what_holds_for_all_plants_is_for_who_reaches_all_of_them(world: World) -> None:
    fact_id = whole_fact(world)
    act, page = f"/desk/violations/{fact_id}/annul", f"/desk/violations/{fact_id}"
    officer, city = world.browser(OFFICER), world.browser(CITY)
    assert officer.get(act).status_code == 403
    assert city.get(act).status_code == 200
    assert act not in officer.get(page).text
    assert "由市局" in officer.get(page).text
    assert act in city.get(page).text
    assert "由市局" not in city.get(page).text
    form = {"reach": "enterprise", "kind": "逃避监管排放", "acted_on": "", "decided_on": DAY,
            "document": "绍环罚〔2026〕1号"}  # fmt: skip
    address = f"/desk/plants/{world.plants['D1']}/violations/new"
    reach = "enterprise" if 'value="enterprise"' in city.get(address).text else "whole"
    status, told = answered(officer, address, **{**form, "reach": reach})
    assert (status, "有厂区不在您的区县" in told) == (422, True)
    assert answered(city, address, **{**form, "reach": reach})[0] == 200


def test_enterprises_are_merged_by_who_reaches_all_their_plants(world: World) -> None:
    address = f"/desk/enterprises/{world.enterprises['D']}/merge-into/{world.enterprises['A']}"
    form = {"step": "preview", "reason": "同一企业", "document": "文1"}
    status, page = answered(world.browser(OFFICER), address, **form)
    assert (status, "请由市级人员办理" in page) == (422, True)
    assert "请由市级人员办理" not in answered(world.browser(CITY), address, **form)[1]


def test_a_list_is_drafted_for_ones_own_county(world: World) -> None:
    form = {"list": "measure/positive-list", "as_of": "2025-01-05"}
    for county in (KEQIAO, ""):
        status, page = answered(world.browser(OFFICER), "/lists/new", **form, county=county)
        assert (status, "该范围不在您的权限内" in page) == (422, True)


@pytest.fixture
def whole_list(world: World) -> int:
    with world.app.app_context():
        return issued(world, "")


def test_the_file_of_a_list_is_for_who_sees_all_its_lines(world: World, whole_list: int) -> None:
    officer, city = world.browser(OFFICER), world.browser(CITY)
    for verb in ("download", "verify"):
        address = f"/lists/{whole_list}/{verb}"
        assert officer.post(address, data={"format": "json"}).status_code == 404
        assert city.post(address, data={"format": "json"}).status_code == 303
    page = officer.get(f"/lists/{whole_list}").text
    assert f"/lists/{whole_list}/download" not in page
    assert f"/lists/{whole_list}/download" in city.get(f"/lists/{whole_list}").text


def test_the_changes_of_a_list_are_told_within_reach(world: World, whole_list: int) -> None:
    with world.app.app_context():
        with writing("测试"):
            lower = ("shaoxing-2023", "D", date(2025, 2, 3), None, "历史", "新")
            record_grades([GradeEntry(world.plants[it], *lower) for it in ("A1", "C1")])
            audit.record("test.recorded", "grade", "x")
        later = issued(world, "")
    address = f"/lists/{later}?part=changes"
    assert mark_of("C1") in world.browser(CITY).get(address).text
    page = world.browser(OFFICER).get(address).text
    assert mark_of("A1") in page
    assert mark_of("C1") not in page


def test_a_county_head_signs_no_list_of_the_city(world: World) -> None:
    with world.app.app_context():
        waiting = checked(world, world.users[CITY.name], "")
    assert world.browser(HEAD).get(f"/lists/{waiting}/sign").status_code == 404


def test_only_ones_own_counties_can_be_chosen(world: World) -> None:
    for address in ("/desk/notices/new", "/desk/violations", "/desk/enterprises/duplicates"):
        assert f'value="{KEQIAO}"' not in world.browser(OFFICER).get(address).text, address
    assert f'value="{KEQIAO}"' in world.browser(CITY).get("/desk/notices/new").text
    assert f'value="{KEQIAO}"' in world.browser(CITY).get("/desk/violations").text
    assert f'value="{YUECHENG}"' in world.browser(OFFICER).get("/desk/notices/new").text


def test_everybody_sees_where_they_themselves_are_signed_in(world: World) -> None:
    def signed_in_places() -> int:
        return world.browser(OFFICER).get("/me").text.count("127.0.0.1")

    once = signed_in_places()
    for _ in range(2):
        browser_of(world.app, opened(world.app, Role.CITY_OFFICER))
    assert signed_in_places() == once > 0


def test_lists_of_another_county_are_not_even_named(world: World) -> None:
    with world.app.app_context():
        views = [find_list(issued(world, county), EVERYTHING) for county in (YUECHENG, KEQIAO)]
    own, foreign = (view.number for view in views if view)
    officer = world.browser(OFFICER)
    exported = officer.post("/lists/export", data={"format": "csv"})
    for answer in (officer.get("/lists/"), officer.get(exported.location)):
        told = everything_in(answer)
        assert own in told
        assert foreign not in told


def test_former_passwords_are_those_of_one_account(world: World) -> None:
    """One person's are neither refused to another nor forgotten with another's change."""
    first, second = (opened(world.app, Role.CITY_OFFICER) for _ in range(2))
    words = [f"Huayan-{number}7-weile-Shu" for number in range(6)]

    def changed(user_id: int, present: str, new: str) -> int:
        form = {"present_password": present, "new_password": new, "new_password_again": new}
        return browser_of(world.app, user_id).post("/me/password", data=form).status_code

    assert changed(first, PASSWORD, words[0]) == changed(first, words[0], words[1]) == 303
    for present, new in pairwise([PASSWORD, words[0], *words[2:]]):
        assert changed(second, present, new) == 303
    assert changed(first, words[1], words[0]) == 422
    assert changed(first, words[1], words[2]) == 303
    assert changed(first, words[2], words[0]) == 422
