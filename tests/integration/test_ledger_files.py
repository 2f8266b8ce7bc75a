"""The files of 台账导入 and 台账导出: what is taken in, what is refused and how, what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.kernel import database
from app.kernel.database import db
from app.kernel.spreadsheets import write_xlsx
from tests.ledger_imports import register_of
from tests.ledger_pages import checked, fetched, file_of, press, said, send, taken, work_off
from tests.people import KEQIAO, ClientAs
from tests.unit import spreadsheet_files as files
from tests.workbooks import SAMPLES, A, B, lawful

SMALL = (SAMPLES / "ledger-small.xlsx").read_bytes()
MACROS = files.zipped({**files.xlsx_parts(files.one_cell()), "xl/vbaProject.bin": b"x"})
BOMB = files.zipped({"企业.csv": b"0" * 30_000_000})


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("", b"x", "没有收到文件"),
        ("空.xlsx", b"", "文件“空.xlsx”是空的（0 字节）"),
        ("照片.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 99, "PNG 图片，不是 Excel 台账"),
        ("锁.xlsx", files.compound_file("EncryptedPackage", b"x" * 9), "文件设了打开密码"),
        ("宏.xlsx", MACROS, "含有宏（VBA 程序）"),
        ("大.zip", BOMB, "压缩炸弹"),
        ("台账.pdf", b"%PDF-1.7", "PDF 文档"),
        ("台账.xlsx", b"PK\x03\x04" + b"0" * 99, "文件已损坏"),
    ],
    ids=["none", "zero bytes", "picture", "password", "macros", "bomb", "pdf", "broken"],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field_and_not_kept(
    app: Flask, client_as: ClientAs, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    client = client_as("city-officer")
    answer = send(client, content, name)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said(answer).count(sentence) == 2
    assert "请" in said(answer)[said(answer).index(sentence) :]
    assert 'aria-invalid="true"' in page
    assert 'href="#workbook"' in page
    assert "还没有导入过台账" in said(answer)
    assert [it for it in (tmp_path / "files").rglob("*") if it.is_file()] == []


def test_htmx_gets_the_refused_form_alone(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    headers = {"HX-Request": "true", "HX-Target": "upload"}
    answer = client.post("/ledger/", data={}, headers=headers)
    assert answer.status_code == 422
    assert "<h1" not in answer.get_data(as_text=True)
    assert "没有收到文件" in said(answer)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.xlsx", "passwd.xlsx"),
        ("C:\\台账\\上报.xlsx", "上报.xlsx"),
        ("台账😀<b>&.xlsx", "台账😀<b>&.xlsx"),
        ("台" * 300 + ".xlsx", "台" * 50 + "…" + "台台台台" + ".xlsx"),
        ("\u202e.xlsx", ".xlsx"),
    ],
    ids=["path", "windows path", "emoji and markup", "300 characters", "direction mark"],
)
def test_any_file_name_is_shown_safely_and_its_report_can_be_fetched(
    app: Flask, client_as: ClientAs, tmp_path: Path, name: str, shown: str
) -> None:
    client = client_as("city-officer")
    tables = lawful()
    tables["企业"][0]["成立日期"] = "10.5.3"
    address = checked(app, client, file_of(tables, tmp_path), name)
    assert shown in said(client.get(address))
    assert shown in said(client.get("/ledger/"))
    told, book = fetched(client, f"{address}/report")
    assert "企业" in book.sheetnames
    assert "../" not in told
    assert "\n" not in told


def test_a_file_over_the_limit_is_refused_with_the_limit(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    assert "不超过 64 MB" in said(client.get("/ledger/"))
    answer = client.post(
        "/ledger/",
        data=b"--x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(80 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert "一次上传不能超过 64 MB" in said(answer)
    assert "拆成几个文件后重新上传" in said(answer)


def test_a_million_rows_of_nothing_are_said_on_the_page_of_the_import(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    address = taken(client, files.xlsx(files.sheet_xml("<row/>" * 1_048_576)))
    work_off(app)
    page = said(client.get(address))
    assert "文件无法读取，没有写入任何内容" in page
    assert "空白行" in page
    assert "上传改好的文件" in page
    assert "写入台账" not in page


def test_a_zip_of_csv_is_a_workbook(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    text = f"统一社会信用代码,企业名称\n{A},示例甲有限公司\n"
    content = files.zipped({"企业.csv": text.encode("gb18030")})
    page = said(client.get(checked(app, client, content, "台账.zip")))
    assert "新增 1、变更 0、不变 0、拒绝 0" in page


# --- The blank workbook --------------------------------------------------------------------------


def test_the_blank_workbook_says_how_it_is_filled_in_and_comes_back_filled(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("city-officer")
    _, book = fetched(client, "/ledger/template")
    assert book.sheetnames[0] == "填表说明"
    told = [[cell.value for cell in row] for row in book["填表说明"].iter_rows()]
    assert ["厂区", "区县代码", "必填"] in [row[:3] for row in told]
    assert any("330602（越城区）" in str(row[3]) for row in told)
    assert any("shaoxing-2023" in str(row[3]) for row in told)
    assert [cell.value for cell in book["企业"][1]][:3] == [
        "统一社会信用代码*",
        "企业名称*",
        "曾用名",
    ]
    book.save(tmp_path / "blank.xlsx")
    blank = client.get(checked(app, client, (tmp_path / "blank.xlsx").read_bytes()))
    assert "没有读到台账内容" in said(blank)
    assert "未读 0" in said(blank)
    book["企业"]["A2"], book["企业"]["B2"] = A, "示例甲有限公司"
    book.save(tmp_path / "filled.xlsx")
    page = said(client.get(checked(app, client, (tmp_path / "filled.xlsx").read_bytes())))
    assert "新增 1、变更 0、不变 0、拒绝 0" in page


# --- The register as a file ----------------------------------------------------------------------


def test_the_register_is_exported_and_comes_in_again_unchanged(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as("city-officer")
    press(client, checked(app, client, SMALL), "confirm")
    work_off(app)
    name, book = fetched(client, "/ledger/export", as_of="")
    assert ".xlsx" in name
    assert book["企业"].max_row == 61
    book.save(tmp_path / "again.xlsx")
    page = said(client.get(checked(app, client, (tmp_path / "again.xlsx").read_bytes())))
    assert "没有需要写入的内容" in page
    assert len(register_of(app)["企业"]) == 60


@pytest.mark.parametrize(
    ("address", "maker"),
    [
        ("/ledger/export", "app.ledger.exporting.write_xlsx"),
        ("/register/export", "app.portal.exports.write_xlsx"),
    ],
)
def test_a_file_is_made_while_others_may_write(
    app: Flask,
    client_as: ClientAs,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    maker: str,
) -> None:
    client = client_as("city-officer")
    press(client, checked(app, client, SMALL), "confirm")
    work_off(app)
    made: list[bool] = []

    def outside(*words: Any) -> None:
        write_xlsx(*words)
        made.append(database.is_writing() and db.session().in_transaction())

    monkeypatch.setattr(maker, outside)
    assert client.post(address, data={"as_of": ""}).status_code == 303
    assert made == [False]


def test_an_export_keeps_to_the_county_and_to_the_day(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    city = client_as("city-officer")
    press(city, checked(app, city, file_of(lawful(), tmp_path)), "confirm")
    work_off(app)
    keqiao = client_as("county-officer", county=KEQIAO)
    assert "台账导出（柯桥）" in said(keqiao.get("/ledger/export"))
    _, book = fetched(keqiao, "/ledger/export", as_of="2023年12月31日")
    codes = {str(row[0].value) for row in book["企业"].iter_rows(min_row=2)}
    assert codes == {B}
    assert [row[2].value for row in book["虚假材料"].iter_rows(min_row=2)]
    assert book["违法行为"].max_row == 1
    assert fetched(client_as("province-recorder"), "/ledger/export", as_of="")


def test_a_day_that_cannot_be_read_is_told_beside_the_field(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    answer = client.post("/ledger/export", data={"as_of": "25.6.30"})
    assert answer.status_code == 422
    assert said(answer).count("“25.6.30”不是有效日期") == 2
    assert 'value="25.6.30"' in answer.get_data(as_text=True)
    assert client_as("rule-editor").get("/ledger/export").status_code == 403
