"""台账导入 in the browser: upload, preview, confirmation, and what can come between them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.kernel import clock as kernel_clock
from app.kernel.database import db
from app.kernel.models import AuditEntry, Job
from app.kernel.transaction import aside
from tests.ledger_imports import register_of
from tests.ledger_pages import checked, fetched, file_of, press, said, send, taken, work_off
from tests.people import KEQIAO, ClientAs
from tests.workbooks import SAMPLES, A, B, finding, grade, lawful

MESSY = (SAMPLES / "ledger-messy.xlsx").read_bytes()
SMALL = (SAMPLES / "ledger-small.xlsx").read_bytes()


def entries(app: Flask, action: str) -> int:
    with app.app_context():
        query = select(func.count()).where(AuditEntry.action == action)
        return db.session.execute(query).scalar_one()


# --- From upload to register ---------------------------------------------------------------------


def test_an_upload_is_answered_at_once_and_checked_in_the_background(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = taken(client, SMALL)
    waiting = client.get(address)
    assert "可以离开本页" in said(waiting)
    assert 'http-equiv="refresh"' in waiting.get_data(as_text=True)
    assert f'hx-get="{address}"' in waiting.get_data(as_text=True)
    work_off(app)
    ready = client.get(address)
    assert "共 539 行： 新增 539、变更 0、不变 0、拒绝 0" in said(ready)
    assert 'http-equiv="refresh"' not in ready.get_data(as_text=True)
    assert register_of(app)["企业"] == []


def test_what_was_previewed_is_written_once_however_often_the_button_is_pressed(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = checked(app, client, SMALL)
    for _ in range(2):
        assert "正在写入" in said(press(client, address, "confirm"))
    work_off(app)
    assert "已写入台账 新增 539 行" in said(press(client, address, "confirm"))
    sequence = re.search(r"审计日志第 (\d+) 条", said(client.get(address)))
    assert sequence is not None
    assert entries(app, "ledger.confirmed") == entries(app, "ledger.imported") == 1
    assert len(register_of(app)["企业"]) == 60
    assert 'href="/register"' in client.get(address).get_data(as_text=True)


def test_every_fault_of_a_messy_ledger_is_told_and_nothing_can_be_written(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = checked(app, client, MESSY, "乡镇报送.xlsx")
    page = client.get(address)
    assert "须改正，没有写入任何内容" in said(page)
    assert "写入台账" not in said(page)
    for words in (
        "企业 7 成立日期 2010/2/30",
        "企业 9 统一社会信用代码 （空）",
        "厂区 4 经度 30.03 经度 30.03 和纬度 120.88 填反了",
        "等级 6 生效日期 2025-03-01",
        "违法行为 5 撤销日期 2025-05-01",
    ):
        assert words in said(page)
    assert "“上虞区”读作 330604" in said(client.get(f"{address}?part=read-as"))
    assert "不属于台账，未予读取" in said(client.get(f"{address}?part=aside"))
    assert "须改正" in said(press(client, address, "confirm"))
    assert entries(app, "ledger.confirmed") == 0


def test_the_workbook_comes_back_with_a_column_of_errors(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    address = checked(app, client, MESSY, "乡镇报送.xlsx")
    name, book = fetched(client, f"{address}/report")
    assert "%E4%B9%A1%E9%95%87%E6%8A%A5%E9%80%81_%E9%94%99%E8%AF%AF.xlsx" in name
    cells = [cell.value for row in book["企业"].iter_rows() for cell in row]
    assert "错误" in cells
    assert any("“2010/2/30”不是真实的日期" in str(cell) for cell in cells)


# --- The preview ---------------------------------------------------------------------------------


def test_a_change_is_shown_old_and_new_before_it_is_accepted(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("city-officer")
    press(client, checked(app, client, file_of(lawful(), tmp_path)), "confirm")
    work_off(app)
    tables = lawful()
    tables["企业"][0]["联系电话"] = "0575-88880000"
    address = checked(app, client, file_of(tables, tmp_path))
    page = said(client.get(address))
    assert "变更 1" in page
    assert "联系电话 0575-1 改为 0575-88880000" in page
    assert "原记录作废但保留" in page


def test_findings_are_narrowed_by_sheet_and_text_and_shown_page_by_page(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = checked(app, client, SMALL)
    assert "共 539 行，显示第 1 至 100 行" in said(client.get(address))
    assert "显示第 501 至 539 行" in said(client.get(f"{address}?page=99"))
    grades = said(client.get(f"{address}?part=new&sheet=等级"))
    assert "符合条件 283 行" in grades
    code = re.search(r"等级 \d+ (\w{18}) ", grades)
    assert code is not None
    found = said(client.get(f"{address}?part=new&sheet=企业&q={code[1].lower()}"))
    assert "符合条件 1 行" in found
    assert "没有符合条件的结果" in said(client.get(f"{address}?part=new&q=无此内容"))
    assert "没有被拒绝的行" in said(client.get(f"{address}?part=refused"))


def test_htmx_gets_the_findings_alone_and_is_told_when_checking_is_over(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = taken(client, SMALL)
    progress = {"HX-Request": "true", "HX-Target": "progress"}
    part = client.get(address, headers=progress).get_data(as_text=True)
    assert "<h1" not in part
    assert 'id="progress"' in part
    work_off(app)
    assert client.get(address, headers=progress).headers["HX-Redirect"] == address
    findings = {"HX-Request": "true", "HX-Target": "findings"}
    part = client.get(f"{address}?sheet=企业", headers=findings).get_data(as_text=True)
    assert "<h1" not in part
    assert "符合条件" in part


def test_grades_that_a_finding_voids_are_named_before_confirming(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("county-head")
    tables = {"企业": lawful()["企业"][:1], "厂区": lawful()["厂区"][:1]}
    tables["行业"] = lawful()["行业"][:1]
    tables["等级"] = [grade(A, "001", "B", date(2024, 1, 10))]
    tables["虚假材料"] = [finding(A, "001", date(2024, 12, 31))]
    page = said(client.get(checked(app, client, file_of(tables, tmp_path))))
    assert "1 个在册等级因虚假材料认定不再有效" in page
    assert f"厂区 {A} 001 2024-01-10 生效的等级 B 不再有效" in page
    assert "其中 2 行涉及等级、违法行为或虚假材料" in page


def test_a_workbook_with_headers_only_is_told_from_one_that_changes_nothing(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("city-officer")
    empty = {name: [dict.fromkeys(rows[0])] for name, rows in lawful().items()}
    page = said(client.get(checked(app, client, file_of(empty, tmp_path))))
    assert "没有读到台账内容" in page
    assert "写入台账" not in page


# --- What comes between --------------------------------------------------------------------------


def test_the_same_file_again_says_that_it_changes_nothing(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    first = checked(app, client, SMALL, "一.xlsx")
    press(client, first, "confirm")
    work_off(app)
    page = client.get(checked(app, client, SMALL, "二.xlsx"))
    assert "无变化" in said(page)
    assert "没有需要写入的内容" in said(page)
    assert f'<a href="{first}">“一.xlsx”</a>' in page.get_data(as_text=True)
    assert "写入台账" not in said(page)


def test_of_two_officers_the_second_is_told_that_the_register_has_moved_on(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    one, other = client_as("city-officer"), client_as("city-officer")
    tables = lawful()
    first = checked(app, one, file_of(tables, tmp_path))
    tables["企业"][0]["联系电话"] = "0575-2"
    second = checked(app, other, file_of(tables, tmp_path))
    assert "核对之后登记簿有变动" not in said(other.get(second))
    press(one, first, "confirm")
    work_off(app)
    assert "核对之后登记簿有变动" in said(other.get(second))
    press(other, second, "confirm")
    work_off(app)
    page = said(other.get(second))
    assert "上一次写入没有成功" in page
    assert "预览之后登记簿已被他人更改" in page
    assert "变更 1" in page
    press(other, second, "confirm")
    work_off(app)
    assert "已写入台账" in said(other.get(second))
    phones = [row.get("联系电话") or row.get("phone") for row in register_of(app)["企业"]]
    assert "0575-2" in phones


def test_a_confirmation_of_what_is_no_longer_on_the_page_is_not_taken(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = checked(app, client, SMALL)
    answer = client.post(f"{address}/confirm", data={"changes": "0"}, follow_redirects=True)
    assert "核对结果已经更新，没有写入" in said(answer)
    assert entries(app, "ledger.confirmed") == 0


def test_an_import_can_be_checked_again_or_given_up(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    address = checked(app, client, SMALL)
    assert "正在核对" in said(press(client, address, "recheck"))
    work_off(app)
    assert "已放弃，没有写入任何内容" in said(press(client, address, "drop"))
    assert "当前状态为“已放弃”" in said(press(client, address, "recheck"))


def test_after_an_interruption_the_page_says_that_nothing_had_been_written(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = taken(client, SMALL)
    with app.app_context(), aside() as session:
        long_ago = kernel_clock.now() - timedelta(minutes=5)
        session.execute(update(Job).values(state="running", attempts=1, leased_until=long_ago))
    work_off(app)
    page = said(client.get(address))
    assert "处理曾被中断" in page
    assert "当时没有写入任何内容" in page


def test_a_queue_that_nobody_works_off_is_said(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    address = taken(client, SMALL)
    assert "排队已超过一分钟" not in said(client.get(address))
    with app.app_context(), aside() as session:
        session.execute(update(Job).values(created_at=kernel_clock.now() - timedelta(minutes=2)))
    assert "排队已超过一分钟" in said(client.get(address))


# --- Who sees what -------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["confirm", "recheck", "drop", "report"])
def test_an_import_of_others_is_not_there(app: Flask, client_as: ClientAs, verb: str) -> None:
    address = checked(app, client_as("county-officer"), MESSY)
    for stranger in (client_as("county-officer"), client_as("county-head", county=KEQIAO)):
        assert stranger.get(address).status_code == 404
        assert stranger.post(f"{address}/{verb}").status_code == 404
        assert "台账.xlsx" not in said(stranger.get("/ledger/"))
    assert client_as("filer", uscc=A).get("/ledger/").status_code == 403
    assert client_as("auditor").get(address).status_code == 403


def test_the_head_of_the_county_reads_along_and_only_the_uploader_decides(
    app: Flask, client_as: ClientAs
) -> None:
    address = checked(app, client_as("county-officer"), MESSY)
    for reader in (client_as("county-head"), client_as("city-officer")):
        page = said(reader.get(address))
        assert "须改正" in page
        assert "放弃本次导入" not in page
        assert fetched(reader, f"{address}/report")
        assert reader.post(f"{address}/drop").status_code == 404


def test_the_list_is_searched_filtered_sorted_and_says_when_it_is_empty(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    assert "还没有导入过台账" in said(client.get("/ledger/"))
    checked(app, client, MESSY, "嵊州%上报.xlsx")
    checked(app, client, SMALL, "诸暨上报.xlsx")
    everything = said(client.get("/ledger/"))
    assert everything.index("诸暨上报") < everything.index("嵊州%上报")
    by_name = said(client.get("/ledger/?sort=uploaded&order=asc"))
    assert by_name.index("嵊州%上报") < by_name.index("诸暨上报")
    for query in ("q=%25", "q=嵊州", "state=refused"):
        found = said(client.get(f"/ledger/?{query}"))
        assert "符合条件 1 次导入" in found
        assert "诸暨上报" not in found
    assert "没有符合条件的导入记录" in said(client.get("/ledger/?q=新昌"))
    for sort in ("file", "uploader", "state"):
        assert "共 2 次导入" in said(client.get(f"/ledger/?sort={sort}&order=desc&page=9"))


def test_a_session_that_ends_during_an_upload_asks_for_the_file_again(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    client.get("/ledger/")
    client.delete_cookie("jixiao")
    answer = client.post(
        "/ledger/",
        data={"workbook": (SAMPLES.joinpath("ledger-small.xlsx").open("rb"), "台账.xlsx")},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 401
    assert "文件“台账.xlsx”不能保留，登录后请重新选择" in said(answer)
    again = client_as("city-officer").post("/ledger/", data={})
    assert again.status_code == 422
    assert "登录超时后文件未能保留。请选择台账文件" in said(again)


def test_a_county_is_refused_what_is_not_its_own(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("county-officer", county=KEQIAO)
    address = checked(
        app, client, file_of({"企业": lawful()["企业"], "厂区": lawful()["厂区"]}, tmp_path)
    )
    page = said(client.get(address))
    assert "这一行的厂区不在您的区县" in page
    assert B not in page
    assert send(client, b"").status_code == 422
