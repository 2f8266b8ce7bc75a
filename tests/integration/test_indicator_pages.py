"""The pages of 指标表: what is typed comes back, files in and out, who sees what."""

from __future__ import annotations

import json
import re
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import insert

from app.approvals.domain import Refused
from app.indicators.documents import as_text, digest, from_text
from app.indicators.forms import values_of
from app.indicators.models import IndicatorVersion
from app.indicators.queries import heads_of, newest_version, table_on
from app.indicators.routes import versions
from app.indicators.sheets import write_table
from app.indicators.toml_files import to_toml
from app.indicators.wording import written
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.facts import code
from tests.indicators import GRADES, RULES, TableKeepers, a_row, a_table, dust, table_keepers
from tests.people import ClientAs, browser_of
from tests.registers import fetched

LIST = "/rulebook/indicators"


@pytest.fixture
def keepers(app: Flask, bureau: None, clock: Freeze) -> TableKeepers:
    clock("2026-03-01 09:00")
    return table_keepers(app)


def posted(client: Any, address: str, form: dict[str, Any], status: int = 303) -> str:
    answer = client.post(address, data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
    text: str = answer.get_data(as_text=True)
    return text


def downloaded(client: Any, form: dict[str, str]) -> bytes:
    """A version as a file."""
    made = client.post(f"{LIST}/1/download", data=form)
    with client.get(made.headers["Location"]) as answer:
        content: bytes = answer.data
    return content


def asked_of_a(keepers: TableKeepers, place: int = 0) -> str:
    with keepers.app.app_context():
        version = newest_version(1)
        assert version is not None
        return written(version.table.rows[place].asked("A"))


def row_values(row: Any, version: int, **typed: str) -> dict[str, str]:
    return {**values_of(row, GRADES), "was": row.key, "made_from": str(version), **typed}


def test_every_page_is_there_and_sound(keepers: TableKeepers, client_as: ClientAs) -> None:
    first = keepers.keep(a_table(dust("10"), a_row("5", ("A B B- C D", "未核实"))))
    keepers.rule(1, first, date(2026, 2, 1))
    keepers.keep(a_table(dust("8"), a_row("6", ("A", "1、甲\n2、乙"), ("B B- C D", "同上一级"))))
    editor = browser_of(keepers.app, keepers.editor)
    for page in (
        "", "?q=测试&state=in-force&sort=kept&order=desc", "?state=retired", "/new", "/1",
        "/1?version=2", "/1/on", "/1/on?as_of=2026-01-01", "/1/versions", "/1/compare",
        "/1/compare?before=2&now=1&every=1", "/1/edit", "/1/edit?row=%2B", "/1/edit?row=6",
        "/1/heading", "/1/upload", "/1/rule?version=2", "/1/rule?retire=1", "/1/withdraw/1",
    ):  # fmt: skip
        assert "指标" in fetched(editor, f"{LIST}{page}"), page
    assert "放宽" in fetched(editor, f"{LIST}/1/compare?before=2&now=1")
    for page in ("/9", "/1?version=9", "/1?version=x", "/1/compare?now=9", "/1/withdraw/9"):
        assert editor.get(f"{LIST}{page}").status_code == 404, page
    officer = fetched(client_as("county-officer"), f"{LIST}/1?version=2")
    assert "逐行修改" not in officer
    assert "颗粒物≤8mg/m³" in officer


def test_versions_are_searched_narrowed_sorted_paged_and_exported(
    keepers: TableKeepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = keepers.keep(a_table(dust("10")))
    keepers.rule(1, first, date(2026, 2, 1))
    for limit in ("9", "8"):
        keepers.keep(a_table(dust(limit)))
    editor = browser_of(keepers.app, keepers.editor)

    def shown(query: str) -> list[int]:
        page = fetched(editor, f"{LIST}/1/versions?{query}")
        return [int(it) for it in re.findall(r'version=(\d+)">第', page[page.index('id="rows"') :])]

    assert shown("") == [3, 2, 1]
    assert shown("sort=number") == [1, 2, 3]
    assert shown("sort=kept&order=desc") == [3, 2, 1]
    assert shown("ruled=施行中") == [1]
    assert shown("ruled=没有施行过") == [3, 2]
    assert shown("q=第2版") == [2]
    address = f"{LIST}/1/versions/export?ruled=没有施行过"
    answer = editor.post(address)
    assert answer.status_code == 303
    with editor.get(answer.location) as file:
        sheet = openpyxl.load_workbook(BytesIO(file.data)).active
    assert sheet is not None
    rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [row[0] for row in rows] == [3, 2]
    monkeypatch.setattr(versions, "PAGE_SIZE", 2)
    assert shown("page=2") == [1]
    assert shown("page=9") == [1]


def test_a_version_kept_before_readers_became_stricter_is_still_shown_on_every_page(
    keepers: TableKeepers,
) -> None:
    """A range that was not understood was kept once; nobody may type it any more."""
    odd = "颗粒物≤10～1e999mg/m³"
    first = keepers.keep(a_table(dust("10")))
    keepers.rule(1, kept_words(keepers, first, odd), date(2026, 2, 1))
    editor = browser_of(keepers.app, keepers.editor)
    for page in ("", "/1", "/1/on", "/1/versions", "/1/compare?before=1&now=2", "/1/edit",
                 "/1/edit?row=4.1"):  # fmt: skip
        text = fetched(editor, f"{LIST}{page}")
        assert odd in text or page in {"", "/1/versions", "/1/edit?row=4.1"}, page
    with keepers.app.app_context():
        version = newest_version(1)
        assert version is not None
        assert from_text(as_text(version.table)) == version.table
    with pytest.raises(Refused, match="写出后会被读成"):
        keepers.keep(version.table)


def kept_words(keepers: TableKeepers, made_from: int, words: str) -> int:
    """The table's next version as it was kept when it held words alone, with these for A."""
    with keepers.app.app_context(), writing("测试") as current:
        last = newest_version(1)
        assert last is not None
        document = json.loads(last.content)
        for cell in document["rows"][0]["cells"]:
            del cell["parts"]
        document["rows"][0]["cells"][0]["asks"] = words
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        version_id: int = db.session.execute(
            insert(IndicatorVersion)
            .values(
                family_id=1, number=2, title=last.table.title, rows=1, unverified=0,
                made_from=made_from, content=content, sha256=digest(content), example=False,
                note="", kept_at=current.moment, kept_by=None,
            )
            .returning(IndicatorVersion.id)
        ).scalar_one()  # fmt: skip
        audit.record("test.recorded", "indicators", 1)
    return version_id


def test_an_enterprise_sees_what_rules_and_no_drafts(
    keepers: TableKeepers, client_as: ClientAs
) -> None:
    keepers.rule(1, keepers.keep(a_table(dust("10"))), date(2026, 2, 1))
    keepers.keep(a_table(dust("8")))
    keepers.keep(a_table(dust("7"), title="没有施行的表", industry="glass"))
    filer = client_as("filer", uscc=code(1))
    listed = fetched(filer, LIST)
    assert "测试指标表" in listed
    assert "没有施行的表" not in listed
    assert "颗粒物≤10mg/m³" in fetched(filer, f"{LIST}/1")
    assert "第 2 版" not in fetched(filer, f"{LIST}/1/versions")
    for page in ("/1?version=2", "/2", "/2/versions", "/1/compare"):
        assert filer.get(f"{LIST}{page}").status_code == 404, page
    assert filer.get(f"{LIST}/1/edit").status_code == 403


def test_a_row_is_saved_as_a_new_version(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table(dust("10"), dust("9", "4.2")))
    editor = browser_of(keepers.app, keepers.editor)
    form = row_values(dust("9", "4.2"), version, **{"g0-l0-upper": "５"})
    posted(editor, f"{LIST}/1/edit", form)
    assert asked_of_a(keepers, 1) == "颗粒物≤5mg/m³"
    assert asked_of_a(keepers) == "颗粒物≤10mg/m³"
    with keepers.app.app_context():
        newest = heads_of(1)[0]
    assert (newest.number, newest.note, newest.kept_by) == (2, "修改 4.2 颗粒物", keepers.editor)


def test_what_was_typed_comes_back_with_what_is_wrong(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table())
    editor = browser_of(keepers.app, keepers.editor)
    form = row_values(dust("10"), version, title="改了名", **{"g0-l0-upper": "1e999"})
    page = posted(editor, f"{LIST}/1/edit", form, 422)
    assert "不是可用的数字" in page
    assert "1e999" in page
    assert "改了名" in page
    again = posted(editor, f"{LIST}/1/edit", {**form, "g0-kind": "share", "again": "1"}, 200)
    assert "百分之" in again
    assert "改了名" in again
    assert re.search(r'type="hidden" name="g0-l0-upper" value="1e999"', again)
    assert asked_of_a(keepers) == "颗粒物≤10mg/m³"


def test_who_was_faster_is_not_written_over(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table(dust("10"), dust("9", "4.2")))
    keepers.keep(a_table(dust("6"), dust("9", "4.2")))
    editor = browser_of(keepers.app, keepers.editor)
    form = row_values(dust("9", "4.2"), version, title="改了名")
    page = posted(editor, f"{LIST}/1/edit", form, 409)
    assert "第 2 版" in page
    assert "改了名" in page
    newest = re.search(r'name="made_from" value="(\d+)"', page)
    assert newest
    posted(editor, f"{LIST}/1/edit", {**form, "made_from": newest[1]})
    assert asked_of_a(keepers) == "颗粒物≤6mg/m³"


def test_rows_come_go_and_move_and_a_version_comes_back(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table(dust("10"), dust("9", "4.2")))
    editor = browser_of(keepers.app, keepers.editor)

    def newest() -> str:
        with keepers.app.app_context():
            found = newest_version(1)
            assert found is not None
            return str(found.id)

    form = {**row_values(dust("7", "4.3"), version), "was": "+"}
    posted(editor, f"{LIST}/1/edit", form)
    assert asked_of_a(keepers, 2) == "颗粒物≤7mg/m³"
    double = {**form, "made_from": newest()}
    assert "已经用过" in posted(editor, f"{LIST}/1/edit", double, 422)
    for act, first in (("up", "10"), ("up", "7"), ("down", "10"), ("remove", "10")):
        form = {"made_from": newest(), "was": "4.3", "act": act}
        posted(editor, f"{LIST}/1/rows", form)
        assert asked_of_a(keepers) == f"颗粒物≤{first}mg/m³"
    posted(editor, f"{LIST}/1/back", {"number": "2"})
    assert asked_of_a(keepers, 2) == "颗粒物≤7mg/m³"
    posted(editor, f"{LIST}/1/back", {"number": "99"}, 404)
    posted(editor, f"{LIST}/1/heading", {"made_from": newest(), "title": "新表名", "source": "文"})
    assert "新表名" in fetched(editor, f"{LIST}/1?version=")


def test_a_file_goes_out_and_comes_back(keepers: TableKeepers) -> None:
    version = keepers.keep(a_table())
    editor = browser_of(keepers.app, keepers.editor)

    def sent(content: bytes, name: str, status: int = 303) -> str:
        with keepers.app.app_context():
            found = newest_version(1)
        file = (BytesIO(content), name)
        form = {"made_from": str(found.id if found else 0), "table": file}
        return posted(editor, f"{LIST}/1/upload", form, status)

    book = openpyxl.load_workbook(BytesIO(downloaded(editor, {"version": "1"})))
    book["指标表"]["D4"] = "颗粒物≤6mg/m³"
    changed, spoilt = BytesIO(), BytesIO()
    book.save(changed)
    book["指标表"]["D4"] = "≤10～20"
    book.save(spoilt)
    refused = sent(spoilt.getvalue(), "表.xlsx", 422)
    assert "没有写入任何内容" in refused
    assert "D4" in refused
    for content in (b"", b"PK\x03\x04", b"MZ", b"%PDF-1.7"):
        assert "没有写入任何内容" in sent(content, "表.xlsx", 422)
    with keepers.app.app_context():
        assert [it.id for it in heads_of(1)] == [version]
    sent(changed.getvalue(), "表.xlsx")
    assert asked_of_a(keepers) == "颗粒物≤6mg/m³"
    text = downloaded(editor, {"version": "2", "format": "toml"}).decode()
    sent(text.replace("≤6mg", "≤5mg").encode(), "表.toml")
    assert asked_of_a(keepers) == "颗粒物≤5mg/m³"
    other = to_toml(a_table(industry="glass"))
    assert "不同" in sent(other.encode(), "表.toml", 422)
    stale = {"made_from": str(version), "table": (BytesIO(changed.getvalue()), "表.xlsx")}
    assert "请先对照" in posted(editor, f"{LIST}/1/upload", stale, 409)


def test_a_workbook_with_macros_under_another_name_is_refused(keepers: TableKeepers) -> None:
    import zipfile

    version, content, whole = keepers.keep(a_table()), BytesIO(), BytesIO()
    write_table(whole, a_table(dust("5")))
    with zipfile.ZipFile(whole) as given, zipfile.ZipFile(content, "w") as made:
        for name in given.namelist():
            kind = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
            plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
            made.writestr(name, given.read(name).replace(plain, kind))
        made.writestr("xl/vbaProject.bin", b"x")
    form = {"made_from": str(version), "table": (BytesIO(content.getvalue()), "表.xlsx")}
    page = posted(browser_of(keepers.app, keepers.editor), f"{LIST}/1/upload", form, 422)
    assert "宏" in page


def test_from_a_new_table_to_its_ruling_and_back(keepers: TableKeepers) -> None:
    editor = browser_of(keepers.app, keepers.editor)
    head = browser_of(keepers.app, keepers.head)
    form = {"rulebook": RULES, "industry": "cement/独立粉磨站", "kind": "base", "title": "粉磨站"}
    assert "没有填写表名" in posted(editor, f"{LIST}/new", {**form, "title": ""}, 422)
    posted(editor, f"{LIST}/new", form)
    assert "已经有了" in posted(editor, f"{LIST}/new", form, 422)
    assert "非引领性" in fetched(editor, f"{LIST}/1")
    ruling = {"version": "1", "from_on": "2026-03-01", "document": "文1号", "reason": "由"}
    for name in ("from_on", "document", "reason"):
        posted(editor, f"{LIST}/1/rule", {**ruling, name: ""}, 422)
    posted(editor, f"{LIST}/1/rule", ruling)
    assert "未核实" in fetched(head, "/approvals/1")
    assert "待复核" in fetched(editor, LIST)
    posted(head, "/approvals/1/approve", {"note": ""})
    assert "施行中" in fetched(editor, f"{LIST}/1/versions")
    posted(editor, f"{LIST}/1/rule", {**ruling, "retire": "1", "from_on": "2026-03-01"}, 422)
    posted(editor, f"{LIST}/1/withdraw/1", {"reason": ""}, 422)
    posted(editor, f"{LIST}/1/withdraw/1", {"reason": "日期写错"})
    assert "撤销" in fetched(head, "/approvals/2")
    posted(head, "/approvals/2/approve", {"note": ""})
    assert "日期写错" in fetched(editor, f"{LIST}/1/versions")
    assert editor.get(f"{LIST}/1/withdraw/1").status_code == 404


def test_a_supplement_begins_with_the_rows_it_can_tighten(keepers: TableKeepers) -> None:
    keepers.rule(1, keepers.keep(a_table(dust("10"), dust("9", "4.2"))), date(2026, 2, 1))
    editor = browser_of(keepers.app, keepers.editor)
    form = {"rulebook": RULES, "industry": "casting", "kind": "supplement", "title": "补充"}
    assert "没有填写补充要求的名称" in posted(editor, f"{LIST}/new", form, 422)
    posted(editor, f"{LIST}/new", {**form, "part": "浙江省"})
    with keepers.app.app_context():
        begun = newest_version(2)
        assert begun is not None
        assert [it.key for it in begun.table.rows] == ["4.1", "4.2"]
        assert {written(it.asked("A")) for it in begun.table.rows} == {"未核实"}
    keepers.rule(2, begun.id, date(2026, 2, 1))
    with keepers.app.app_context():
        found = table_on(RULES, "casting", "", date(2026, 3, 1))
        assert found is not None
        assert [written(it.asked("A")) for it in found.table.rows] == [
            "颗粒物≤10mg/m³",
            "颗粒物≤9mg/m³",
        ]


def test_shipped_tables_are_loaded_once_and_rule_nothing(keepers: TableKeepers) -> None:
    editor = browser_of(keepers.app, keepers.editor)
    assert "尚未载入" in fetched(editor, LIST)
    posted(editor, f"{LIST}/shipped", {})
    page = fetched(editor, LIST)
    assert "尚未载入" not in page
    assert "铸件企业绩效分级指标" in page
    assert "施行中" not in re.sub(r"<select.*?</select>", "", page, flags=re.S)
    posted(editor, f"{LIST}/shipped", {})
    with keepers.app.app_context():
        assert len(heads_of(1)) == 1
