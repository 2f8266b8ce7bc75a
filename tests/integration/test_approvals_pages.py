"""The pages on which proposals are looked at and decided (复核页面)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.accounts.models import UserAccount
from app.approvals import services
from app.approvals.domain import Kind, Payload, Refused
from app.kernel import audit
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.transaction import rehearse, writing
from tests.ledger_pages import fetched, said
from tests.people import KEQIAO, YUECHENG, ClientAs, browser_of, opened

MISSING = "查无此厂，可能已经注销。请核对后退回。"


def name_now(user_id: int) -> str:
    row = db.session.get(UserAccount, user_id, populate_existing=True)
    assert row is not None
    return row.display_name


def rename(payload: Payload) -> None:
    """Renames the person with this id: a change that is easy to look at."""
    row = db.session.get(UserAccount, payload["user_id"])
    if row is None:
        raise Refused(MISSING)
    row.display_name = payload["name"]
    db.session.flush()
    audit.record("test.renamed", "user_account", row.id)


def previewed(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    name = rehearse(lambda: rename(payload), lambda: name_now(payload["user_id"]))
    return "approvals/_no_preview.html", {"name": name, "view": "a name of its own"}


def told(payload: Payload) -> list[tuple[str, str]]:
    return [("新姓名", payload["name"])]


DECIDED, APPROVED = Permission.DECISION_CONFIRM, Permission.RULEBOOK_APPROVE
RENAMING = Kind("test.renaming", "更名", DECIDED, told, rename, previewed)
RULE = Kind("test.rule", "规则修改", APPROVED, told, rename)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_kinds", {it.id: it for it in (RENAMING, RULE)})


def proposed(
    app: Flask, by: int, title: str = "甲更名", *, kind: Kind = RENAMING, county: str | None = None,
    user_id: int = 0,
) -> int:  # fmt: skip
    with app.app_context(), writing("测试", actor_id=by, actor_name="甲"):
        payload = {"name": "乙某", "user_id": user_id or by}
        return services.propose(kind.id, title, payload, county=county)


def test_a_person_sees_what_they_may_decide_and_what_they_proposed(
    app: Flask, client_as: ClientAs
) -> None:
    officer = opened(app, Role.COUNTY_OFFICER, county=YUECHENG)
    stranger = opened(app, Role.COUNTY_OFFICER, county=KEQIAO)
    here = proposed(app, officer, "越城甲", county=YUECHENG)
    there = proposed(app, stranger, "柯桥乙", county=KEQIAO)
    rule = proposed(app, opened(app, Role.RULE_EDITOR), "规则丙", kind=RULE)
    seen = {
        "county-head": {here},
        "city-officer": {here, there},
        "city-head": {here, there, rule},
        "rule-editor": set(),
        "auditor": set(),
    }
    for role, expected in seen.items():
        client = client_as(role)
        shown = client.get("/approvals").get_data(as_text=True)
        for number in (here, there, rule):
            assert (f'href="/approvals/{number}"' in shown) == (number in expected), role
            status = client.get(f"/approvals/{number}").status_code
            assert status == (200 if number in expected else 404), role
    own = browser_of(app, officer)
    assert f"/approvals/{here}" not in own.get("/approvals").text
    assert f"/approvals/{here}" in own.get("/approvals?part=own").text
    assert own.get(f"/approvals/{there}").status_code == 404


def test_the_list_is_searched_filtered_sorted_and_exported(app: Flask, client_as: ClientAs) -> None:
    by = opened(app, Role.CITY_OFFICER)
    for number in range(3):
        proposed(app, by, f"第{number}厂更名")
    proposed(app, by, "规则修改", kind=RULE)
    head = client_as("city-head")
    assert "待我复核事项共 4 项" in said(head.get("/approvals"))
    assert "符合条件的待我复核事项共 1 项" in said(head.get("/approvals?q=第2厂"))
    assert "符合条件的待我复核事项共 3 项" in said(head.get("/approvals?kind=test.renaming"))
    assert "没有符合条件的事项" in said(head.get("/approvals?part=all&state=refused"))
    rising = head.get("/approvals?sort=title&order=asc").text
    assert rising.index("第0厂") < rising.index("第1厂") < rising.index("第2厂")
    name, book = fetched(head, "/approvals/export?kind=test.renaming")
    assert "xlsx" in name
    cells = [row[2] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert {"第0厂更名", "第1厂更名", "第2厂更名"} <= set(cells)
    assert "规则修改" not in cells


def test_who_decides_sees_what_would_change_and_nothing_is_written(
    app: Flask, client_as: ClientAs
) -> None:
    by = opened(app, Role.CITY_OFFICER)
    number = proposed(app, by)
    head = client_as("city-head")
    assert "计算时不写入任何内容" in said(head.get(f"/approvals/{number}"))
    looked = head.post(f"/approvals/{number}/preview")
    assert looked.status_code == 200
    assert "没有可以预先计算的影响" in said(looked)
    assert "乙某" in said(looked)
    with app.app_context():
        assert name_now(by) == "市级经办人"
    done = head.post(f"/approvals/{number}/approve", data={"note": "属实"}, follow_redirects=True)
    assert "已复核通过，内容已经生效" in said(done)
    assert "属实" in said(done)
    with app.app_context():
        assert name_now(by) == "乙某"


def test_sending_back_needs_a_reason_and_keeps_what_was_typed(
    app: Flask, client_as: ClientAs
) -> None:
    number = proposed(app, opened(app, Role.CITY_OFFICER))
    head = client_as("city-head")
    blank = head.post(f"/approvals/{number}/refuse", data={"reason": "  "})
    assert blank.status_code == 422
    assert "退回时必须写明理由" in said(blank)
    long = head.post(f"/approvals/{number}/refuse", data={"reason": "错" * 1001})
    assert long.status_code == 422
    assert "错" * 1001 in long.text
    done = head.post(
        f"/approvals/{number}/refuse", data={"reason": "文号有误"}, follow_redirects=True
    )
    assert "已退回，理由已告知提交人" in said(done)
    assert "文号有误" in said(done)


def test_the_second_of_two_people_reads_what_the_first_decided(
    app: Flask, client_as: ClientAs
) -> None:
    number = proposed(app, opened(app, Role.CITY_OFFICER))
    first, second = client_as("city-head"), client_as("city-officer")
    second.get(f"/approvals/{number}")
    first.post(f"/approvals/{number}/approve", data={"note": ""})
    for verb in ("approve", "refuse"):
        late = second.post(f"/approvals/{number}/{verb}", data={"reason": "不属实", "note": ""})
        assert late.status_code == 409
        assert "这一事项已由 市级负责人 于" in said(late)
        assert "结果为“已通过”" in said(late)
    assert second.post(f"/approvals/{number}/preview").status_code == 409


def test_what_the_register_no_longer_allows_is_told_and_stays_open(
    app: Flask, client_as: ClientAs
) -> None:
    number = proposed(app, opened(app, Role.CITY_OFFICER), user_id=999_999)
    head = client_as("city-head")
    assert f"现在不能通过：{MISSING}" in said(head.post(f"/approvals/{number}/preview"))
    refused = head.post(f"/approvals/{number}/approve", data={"note": "我的说明"})
    assert refused.status_code == 409
    assert MISSING in said(refused)
    assert "我的说明" in refused.text
    assert "待复核" in said(head.get(f"/approvals/{number}"))


def test_only_who_proposed_takes_it_back_and_they_cannot_approve_it(
    app: Flask, client_as: ClientAs
) -> None:
    officer = opened(app, Role.CITY_OFFICER)
    number = proposed(app, officer)
    head = client_as("city-head")
    assert head.post(f"/approvals/{number}/take-back").status_code == 409
    own = browser_of(app, officer)
    assert "须由另一位有复核权限的人员办理" in said(own.get(f"/approvals/{number}"))
    denied = own.post(f"/approvals/{number}/approve", data={"note": ""})
    assert denied.status_code == 409
    assert "提交人不能复核自己提交的事项" in said(denied)
    done = own.post(f"/approvals/{number}/take-back", follow_redirects=True)
    assert "已撤回" in said(done)
