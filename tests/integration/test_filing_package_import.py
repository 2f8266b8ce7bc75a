"""离线填报包 carried back in: previewed, imported whole or not at all, errors by cell."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.filing import services
from app.filing.domain import Way
from app.filing.models import FilingAnswer, FilingEvidence
from app.filing.offline import MANIFEST
from app.filing.queries import (
    assessment_of,
    entered_by,
    evidence_of,
    steps_of,
    submissions_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.evidence_files import pdf
from tests.facts import a_plant, code
from tests.filings import answers, begun, filing, put_in_force, table
from tests.packages import (
    FORM,
    Parts,
    carried_in,
    cell_of,
    exported,
    filled,
    listed,
    mark_on,
    zipped,
)
from tests.people import PASSWORD, YUECHENG, ClientAs

CELLS = {
    "1-01-01": "１５", "1-01-02": 8, "1-02-01": "是", "1-02-02": "是", "1-03-01": "85%",
    "0-01-01": 100, "0-01-02": 85, "0-01-03": 5, "0-01-04": "是", "0-01-05": 97,
}  # fmt: skip
"""What `tests.filings.answers` says, as people type it."""


@pytest.fixture
def plant(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()[1]


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


@pytest.fixture
def filing_id(app: Flask, plant: int) -> int:
    with app.app_context():
        return begun(plant)


def _with_report(book: Any) -> None:
    listed(book, ("1-01", "监测报告", "报告.pdf", "2025-01-01", "2025-12-31"))


def _complete(parts: Parts) -> Parts:
    done = filled(parts, CELLS, _with_report)
    return {**done, "材料/1-01_颗粒物/报告.pdf": pdf(2), "材料/1-02_台账/台账.pdf": pdf(1)}


def _rows(app: Flask, filing_id: int) -> tuple[int, int]:
    with app.app_context():
        return tuple(
            db.session.execute(
                select(func.count()).select_from(it).where(it.filing_id == filing_id)
            ).scalar_one()
            for it in (FilingAnswer, FilingEvidence)
        )  # type: ignore[return-value]


def test_a_package_goes_out_comes_back_and_is_imported_once(
    app: Flask, filing_id: int, filer: FlaskClient
) -> None:
    content = zipped(_complete(exported(filer, filing_id)))
    address = carried_in(app, filer, filing_id, content)
    page = filer.get(address).text
    assert "暂不导入" in page
    assert "2025-01-01 至 2025-12-31" in page
    assert _rows(app, filing_id) == (0, 0), "a preview writes nothing"
    assert filer.post(address, data={"seen": "other"}).status_code == 409
    assert _rows(app, filing_id) == (0, 0)
    assert filer.post(address, data={"seen": mark_on(page)}).status_code == 303
    with app.app_context():
        now = working(filing(filing_id))
        assert {key: it.answer for (_, key), it in now.answers.items()} == answers()
        assert now.transport.transport.trips == 100
        assert assessment_of(now).overall == "B"
        found = {(it.row_key, it.kind): it for it in evidence_of(filing_id)}
        assert found["1", "监测报告"].period_until == date(2025, 12, 31)
        assert set(found) == {("1", "监测报告"), ("2", "")}
        assert filing(filing_id).way is Way.PACKAGE, "reviewers see by which way it came"
        assert "import" in [it.action for it in steps_of(filing_id)]
    assert filer.post(address, data={"seen": mark_on(page)}).status_code == 409

    again = carried_in(app, filer, filing_id, content)
    assert "没有需要导入的" in filer.get(again).text
    assert "暂不导入" not in filer.get(again).text


@pytest.mark.parametrize(
    "way",
    [
        {"within": "离线填报包_示例/"},
        {"within": "a/b/", "gbk": True},
        {"slashes": "\\"},
    ],
)
def test_however_people_zip_it(
    app: Flask, filing_id: int, filer: FlaskClient, way: dict[str, Any]
) -> None:
    parts = _complete(exported(filer, filing_id))
    for name in ("~$填报表.xlsx", ".~lock.填报表.xlsx#", "Thumbs.db", "材料/.DS_Store"):
        parts[name] = b"x"
    address = carried_in(app, filer, filing_id, zipped(parts, **way))
    page = filer.get(address).text
    assert "暂不导入" in page, page
    assert "Thumbs" not in page


@pytest.mark.parametrize(
    ("number", "value", "told"),
    [
        ("1-01-01", "≤ 10～20", "不是"),
        ("1-01-01", "NaN", "不是可用的数字"),
        ("1-01-01", "1e999", "不是可用的数字"),
        ("1-01-01", -3, "负数"),
        ("1-01-01", "=10+5", "单元格里是公式。请直接填写数值"),
        ("1-01-01", date(2026, 1, 2), "日期"),
        ("1-01-02", "21", "21"),
        ("1-02-01", "也许", "可选范围"),
        ("1-03-01", 0.85, "百分数"),
        ("1-03-01", 120, "超过 100%"),
        ("0-01-01", "1.5", "整数"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_cell_and_nothing_is_written(
    app: Flask, filing_id: int, filer: FlaskClient, number: str, value: object, told: str
) -> None:
    parts = exported(filer, filing_id)
    made = filled(parts, {**CELLS, number: value})
    page = filer.get(carried_in(app, filer, filing_id, zipped(made))).text
    assert "没有导入任何内容" in page
    assert f"<td>{cell_of(parts, number)}</td>" in page
    assert told in page
    assert _rows(app, filing_id) == (0, 0)


def _delete_row(book: Any) -> None:
    book["指标1 铸造"].delete_rows(4)


def _insert_row(book: Any) -> None:
    sheet = book["运输汇总"]
    sheet.insert_rows(5)
    sheet["C5"] = "7"


def _delete_sheet(book: Any) -> None:
    del book["运输汇总"]


def _missing_file(book: Any) -> None:
    listed(book, ("1-01", "监测报告", "没有的.pdf", "", ""))


def _unknown_kind(book: Any) -> None:
    listed(book, ("1-01", "合影", "报告.pdf", "", ""))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_delete_row, "缺少填报序号 1-01-01"),
        (_insert_row, "这一行没有填报序号"),
        (_delete_sheet, "缺少工作表“运输汇总”"),
        (_missing_file, "没有找到文件“没有的.pdf”"),
        (_unknown_kind, "没有列出“合影”这种材料"),
    ],
)
def test_a_form_that_was_taken_apart_is_refused(
    app: Flask, filing_id: int, filer: FlaskClient, change: Any, told: str
) -> None:
    made = filled(exported(filer, filing_id), CELLS, change)
    page = filer.get(carried_in(app, filer, filing_id, zipped(made))).text
    assert told in page
    assert "暂不导入" not in page


def test_sheets_may_be_renamed_and_put_in_another_order(
    app: Flask, filing_id: int, filer: FlaskClient
) -> None:
    def change(book: Any) -> None:
        book["指标1 铸造"].title = "我的表"
        book.move_sheet("材料清单", offset=-3)

    made = filled(exported(filer, filing_id), CELLS, change)
    assert "暂不导入" in filer.get(carried_in(app, filer, filing_id, zipped(made))).text


def _link(parts: Parts) -> bytes:
    target = io.BytesIO(zipped(parts))
    with zipfile.ZipFile(target, "a") as made:
        info = zipfile.ZipInfo("材料/链接")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return target.getvalue()


def _bomb(parts: Parts) -> bytes:
    return zipped({**parts, "材料/1-01_x/零.pdf": bytes(260 * 1024 * 1024)})


def _with_macros(parts: Parts) -> bytes:
    """An xlsm that was renamed .xlsx."""
    target = io.BytesIO(parts[FORM])
    with zipfile.ZipFile(target, "a") as made:
        made.writestr("xl/vbaProject.bin", b"Sub AutoOpen()")
    return zipped({**parts, FORM: target.getvalue()})


def _twice(parts: Parts) -> bytes:
    target = io.BytesIO(zipped(parts))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(target, "a") as made:
        made.writestr(FORM, parts[FORM])
    return target.getvalue()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (_with_macros, "宏"),
        (_twice, "两个同名文件"),
        (lambda parts: zipped({**parts, "../外面.pdf": b"x"}), "指向包外"),
        (_link, "链接文件"),
        (_bomb, "膨胀"),
        (lambda parts: zipped({"里面.zip": zipped(parts)}), "还是压缩包"),
        (lambda parts: zipped({FORM: parts[FORM]}), f"没有“{MANIFEST}”"),
        (lambda parts: zipped({k: v for k, v in parts.items() if k != FORM}), "没有“填报表"),
        (lambda parts: zipped({**parts, FORM: b"PK"}), "填报表读不出来"),
        (lambda parts: parts[FORM], "Office 文件"),
        (lambda _: b"nothing", "压缩包已损坏"),
        (
            lambda parts: zipped({**parts, MANIFEST: parts[MANIFEST].replace(b'"B"', b'"A"')}),
            "被改动",
        ),
    ],
)
def test_what_is_no_package_is_refused_with_a_sentence(
    app: Flask, filing_id: int, filer: FlaskClient, made: Any, told: str
) -> None:
    content = made(exported(filer, filing_id))
    page = filer.get(carried_in(app, filer, filing_id, content)).text
    assert told in page
    assert "暂不导入" not in page


def test_files_that_cannot_be_taken_are_named_and_the_others_imported(
    app: Flask, filing_id: int, filer: FlaskClient
) -> None:
    parts = filled(exported(filer, filing_id), CELLS)
    parts |= {
        "材料/1-01_x/空.pdf": b"", "材料/1-01_x/包.zip": zipped({"a": b"x"}),
        "散落.pdf": pdf(3), "材料/1-01_x/坏.pdf": pdf(2), "材料/1-01_x/好.pdf": pdf(1),
    }  # fmt: skip
    damaged = zipped(parts).replace("坏.pdf".encode(), "块.pdf".encode(), 1)
    address = carried_in(app, filer, filing_id, damaged)
    page = filer.get(address).text
    for told in ("0 字节", "请解压后选择", "不在带编号的材料文件夹中", "“坏.pdf”解压时出错",
                 "有 4 份材料不能接收"):  # fmt: skip
        assert told in page
    assert filer.post(address, data={"seen": mark_on(page)}).status_code == 303
    with app.app_context():
        assert [it.name for it in evidence_of(filing_id)] == ["好.pdf"]


def test_what_both_sides_changed_is_chosen_row_by_row(
    app: Flask, filing_id: int, filer: FlaskClient
) -> None:
    content = zipped(filled(exported(filer, filing_id), CELLS))
    with app.app_context(), writing("测试", actor_id=2, actor_name="张三"):
        services.save_answer(filing_id, 1, "1", answers(dust="25")["1"], 0)
    address = carried_in(app, filer, filing_id, content)
    page = filer.get(address).text
    assert "须逐项选择" in page
    seen = mark_on(page)
    refused = filer.post(address, data={"seen": seen})
    assert refused.status_code == 422
    assert '<a href="#k1-1-mine">铸造：颗粒物：还没有选择。</a>' in refused.text
    assert 'id="k1-1-mine"' in refused.text
    assert _rows(app, filing_id) == (1, 0), "nothing is half-written"
    assert filer.post(address, data={"seen": seen, "k1-1": "theirs"}).status_code == 303
    with app.app_context():
        now = working(filing(filing_id))
        assert now.answer(1, "1") == answers(dust="25")["1"]
        assert now.answer(1, "3") == answers()["3"]


def test_a_package_fits_its_own_filing_and_its_own_tables_only(
    app: Flask, plant: int, filing_id: int, filer: FlaskClient
) -> None:
    content = zipped(filled(exported(filer, filing_id), CELLS))
    address = carried_in(app, filer, filing_id, content)
    with app.app_context():
        made = table()
        changed = {name: getattr(made, name) for name in made.__slots__} | {"title": "另一版"}
        put_in_force(type(made)(**changed), date(2026, 1, 2))
        with writing("测试"):
            services.take_newer_tables(filing_id)
    assert "指标表版本已经更换" in filer.get(address).text, "also after it was read"
    assert "指标表版本已经更换" in filer.get(carried_in(app, filer, filing_id, content)).text
    with app.app_context():
        with writing("测试"):
            services.discard(filing_id, "重来")
        another = begun(plant)
    assert filer.post(address, data={"seen": "x"}).status_code == 409
    assert "另一件申报" in filer.get(carried_in(app, filer, another, content)).text
    assert _rows(app, another) == (0, 0)


def test_who_imported_it_at_the_window_does_not_review_it(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    officer = client_as("county-officer", county=YUECHENG)
    form = {"plant_id": str(plant), "year": "2026", "kind": "first", "target": "C",
            "form_key": "package-1"}  # fmt: skip
    begun_at = officer.post("/filing/window/package", data=form).location
    number = int(begun_at.split("/filing/")[1].split("/")[0])
    other = client_as("county-head", county=YUECHENG)
    address = carried_in(app, other, number, zipped(_complete(exported(officer, number))))
    seen = mark_on(other.get(address).text)
    assert other.post(address, data={"seen": seen}).status_code == 303
    with app.app_context():
        assert len(entered_by(number)) == 2, "who began it and who imported"


def test_at_the_window_the_stamped_scan_confirms_what_came_by_a_package(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    officer = client_as("county-officer", county=YUECHENG)
    form = {"plant_id": str(plant), "year": "2026", "kind": "first", "target": "C",
            "form_key": "package-1"}  # fmt: skip
    begun_at = officer.post("/filing/window/package", data=form).location
    number = int(begun_at.split("/filing/")[1].split("/")[0])
    address = carried_in(app, officer, number, zipped(_complete(exported(officer, number))))
    officer.post(address, data={"seen": mark_on(officer.get(address).text)})
    with app.app_context():
        keys = [f"{it.id}:{it.sha256}" for it in statements_of(working(filing(number)))]
    paper = {"asks_paper": "1", "title": "承诺书", "signed_on": "2026-01-05", "pages": "3"}
    sent = {"accept": keys, "signer": "王签署", "password": PASSWORD, "form_key": "sent-1"}
    there = f"/filing/{number}/window"
    assert "签名盖章的材料名称" in officer.get(there).text
    assert officer.post(f"{there}/submit", data=sent).status_code == 422, "no paper was named"
    assert officer.post(f"{there}/submit", data=sent | paper).status_code == 422, "no scan"
    officer.post(f"{there}/scan", data={"files": (io.BytesIO(pdf(1)), "盖章.pdf")})
    done = officer.post(f"{there}/submit", data=sent | paper)
    assert done.status_code == 303, done.text
    with app.app_context():
        (made,) = submissions_of(number)
    content = json.loads(made.content)
    assert content["way"] == "package"
    assert content["paper"] == "2026-01-05 签章的《承诺书》，共 3 页"
    assert content["commitment"]["signed_by"] == "王签署"
