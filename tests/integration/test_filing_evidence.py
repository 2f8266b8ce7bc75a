"""Materials of a filing: sent in forms and in parts, refused at the file, replaced, seen."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.filing import services
from app.filing.domain import Evidence
from app.filing.models import FilingRow, FilingSubmission, FilingSubmissionFile
from app.filing.queries import bytes_taken, evidence_of, needed_in, working
from app.kernel import audit, files, pictures
from app.kernel.database import db
from app.kernel.models import AuditEntry, Upload
from app.kernel.pictures import child
from app.kernel.transaction import writing
from tests import evidence_files as sample
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, filing, put_in_force, table
from tests.pages import CheckedClient
from tests.people import ClientAs

BYTES, PART = "application/octet-stream", 1 << 20
REPORT, PHOTO = sample.pdf(3), sample.picture()


@pytest.fixture
def own_process() -> None:
    """Asked for by a test whose files are read in a process of their own."""


@pytest.fixture(autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read as always, but without starting a process for every one of them.

    That it is started, and what it may not do, is proven in ``test_materials.py``.
    """
    if "own_process" not in request.fixturenames:
        monkeypatch.setattr(pictures, "by_child", child.answered)


@pytest.fixture
def draft(app: Flask, bureau: None, clock: Freeze) -> int:
    """A filing for B of a plant whose table asks for a report of the year before in row 1."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return begun(a_plant(1)[1])


@pytest.fixture
def filer(draft: int, client_as: ClientAs) -> CheckedClient:
    return client_as("filer", uscc=code(1))


def held(app: Flask, draft: int, key: str = "1") -> list[Evidence]:
    with app.app_context():
        found = [it for it in evidence_of(draft) if it.row_key == key]
        db.session.rollback()
    return found


def fetched(client: CheckedClient, path: str) -> Any:
    """An answer that is a file, read to its end."""
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert answer.data
        return answer


def answered(response: Any, status: int = 200) -> Any:
    assert response.status_code == status
    return response


def send(
    filer: CheckedClient, draft: int, *files_sent: tuple[str, bytes], **more: Any
) -> Any:  # fmt: skip
    sent = [(io.BytesIO(content), name) for name, content in files_sent]
    data = {"place": "1", "row": "1", "files": sent, **more}
    return filer.post(f"/filing/{draft}/evidence", data=data, follow_redirects=True)


def in_parts(filer: CheckedClient, draft: int, name: str, content: bytes, **more: Any) -> Any:
    """As the page's script sends a file."""
    begin = {"place": 1, "row": "1", "name": name, "size": len(content), "mark": "1",
             "digest": hashlib.sha256(content).hexdigest(), **more}  # fmt: skip
    answer = filer.post(f"/filing/{draft}/uploads", data=begin).get_json()
    if "token" not in answer:
        return answer
    url, arrived = f"/filing/{draft}/uploads/{answer['token']}", answer["arrived"]
    while arrived < len(content):
        data = content[arrived : arrived + PART]
        arrived = filer.post(f"{url}?at={arrived}", data=data, content_type=BYTES).get_json()[
            "arrived"
        ]
    return filer.post(f"{url}/whole").get_json()


def submitted(app: Flask, draft: int, evidence: list[Evidence]) -> None:
    """Put on record by hand what the verb of submitting does."""
    with app.app_context(), writing("测试") as current:
        row = db.session.get(FilingRow, draft)
        assert row is not None
        made = FilingSubmission(filing_id=draft, number=1, receipt="R-1", content="{}",
                                sha256="0" * 64, grade="B", submitted_by=1, form_key="f1",
                                submitted_at=current.moment,
                                submitted_by_name="签署人")  # fmt: skip
        db.session.add(made)
        db.session.flush()
        for number, it in enumerate(evidence, start=1):
            db.session.add(FilingSubmissionFile(
                submission_id=made.id, place=number, role="evidence", sha256=it.sha256,
                name=it.name, size=it.size, evidence_id=it.id))  # fmt: skip
        db.session.flush()
        row.state = "submitted"
        audit.record("filing.submitted", "filing", draft)


def test_several_files_of_one_sending_are_taken_or_refused_each_by_itself(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    page = send(
        filer, draft,
        ("2025年度监测报告.pdf", REPORT), ("炸弹.png", sample.bomb()), ("空.pdf", b""),
        ("脚本.pdf", sample.packed_script()), ("照片.jpg", PHOTO), ("半张.jpg", PHOTO[:2000]),
    )  # fmt: skip
    assert [(it.name, it.media, it.pages) for it in held(app, draft)] == [
        ("2025年度监测报告.pdf", "pdf", 3), ("照片.jpg", "jpg", 1),
    ]  # fmt: skip
    for words in ("“炸弹.png”的像素", "“空.pdf”是空文件", "“脚本.pdf”含有脚本", "“半张.jpg”"):
        assert words in page.text
    assert "已添加 2 份材料。" in page.text
    assert held(app, draft)[0].period_from == date(2025, 1, 1), "as its name says"
    with app.app_context():
        assert not list(files.incoming().iterdir())
        assert not files.path_of(hashlib.sha256(sample.bomb()).hexdigest()).exists()


def test_a_file_in_parts_goes_on_after_a_broken_line(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    content = sample.picture("PNG", (900, 900)) + bytes(0)
    begin = {"place": 1, "row": "1", "name": "图.png", "size": len(content), "mark": "9",
             "digest": hashlib.sha256(content).hexdigest()}  # fmt: skip
    url = f"/filing/{draft}/uploads"
    first = filer.post(url, data=begin).get_json()
    filer.post(f"{url}/{first['token']}?at=0", data=content[:500], content_type=BYTES)
    late = answered(
        filer.post(f"{url}/{first['token']}?at=9", data=content[9:], content_type=BYTES), 409
    )
    assert late.get_json() == {"arrived": 500}
    again = filer.post(url, data=begin).get_json()
    assert again == {"token": first["token"], "arrived": 500}
    assert "有 1 个文件没有传完" in filer.get(f"/filing/{draft}/materials").text
    assert "图.png，已传" in filer.get(f"/filing/{draft}/evidence?place=1&row=1").text
    assert "没有传完" not in filer.get(f"/filing/{draft}/evidence?place=1&row=2").text
    filer.post(f"{url}/{first['token']}?at=500", data=content[500:], content_type=BYTES)
    done = filer.post(f"{url}/{first['token']}/whole").get_json()
    (kept,) = held(app, draft)
    assert (kept.id, kept.sha256) == (done["added"], begin["digest"])
    with app.app_context():
        assert db.session.execute(select(Upload.token)).all() == []
        db.session.rollback()
    answered(filer.post(f"{url}/{first['token']}/whole"), 404)


def test_what_was_damaged_on_its_way_is_sent_again(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    begin = {"place": 1, "row": "1", "name": "a.pdf", "size": len(REPORT), "mark": "",
             "digest": "0" * 64}  # fmt: skip
    token = filer.post(f"/filing/{draft}/uploads", data=begin).get_json()["token"]
    filer.post(f"/filing/{draft}/uploads/{token}?at=0", data=REPORT, content_type=BYTES)
    answer = answered(filer.post(f"/filing/{draft}/uploads/{token}/whole"), 409)
    assert answer.get_json() == {"arrived": 0}
    assert held(app, draft) == []


def test_a_bad_file_in_parts_is_refused_and_leaves_nothing(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    macros = sample.office("xl/workbook.xml", "xl/vbaProject.bin")
    for name, content, says in (
        ("空.pdf", b"", "空文件"), ("宏.xlsx", macros, "宏"),
        ("密码.pdf", sample.locked_pdf(), "加了密码"), ("半个.pdf", REPORT[:-60], "不完整"),
    ):  # fmt: skip
        assert says in in_parts(filer, draft, name, content)["refused"]
    assert held(app, draft) == []
    with app.app_context():
        assert not list(files.incoming().iterdir())


def test_too_large_and_too_much_are_said_before_anything_travels(
    app: Flask, draft: int, filer: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = {"place": 1, "row": "1", "name": "大.pdf", "size": 60 * 1024**2, "mark": ""}
    answer = filer.post(f"/filing/{draft}/uploads", data=begin).get_json()
    assert "超过每个文件 50 MB" in answer["refused"]
    from app.filing.queries import evidence as queries
    from app.filing.services import evidence as verbs

    small = queries.Limits(50 * 1024**2, len(REPORT) + 10)
    monkeypatch.setattr(verbs, "evidence_limits", lambda *_: small)
    assert "added" in in_parts(filer, draft, "a.pdf", REPORT)
    assert "合计将超过" in in_parts(filer, draft, "b.pdf", sample.pdf(4))["refused"]
    assert "added" in in_parts(filer, draft, "c.pdf", REPORT, row="2"), "the same counts once"
    with app.app_context():
        assert bytes_taken(draft) == len(REPORT)
        db.session.rollback()


def test_the_same_file_is_recognised_in_its_row_in_others_and_in_an_earlier_filing(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    assert in_parts(filer, draft, "a.pdf", REPORT)["told"] == ""
    assert "没有重复添加" in in_parts(filer, draft, "b.pdf", REPORT)["told"]
    again = send(filer, draft, ("c.pdf", REPORT)).text
    assert "没有重复添加" in again
    assert "已添加" not in again
    assert "内容相同，已关联" in in_parts(filer, draft, "d.pdf", REPORT, row="2")["told"]
    (first,) = held(app, draft)
    with app.app_context():
        with writing("测试", actor_id=1):
            services.discard(draft, "重新申报") if hasattr(services, "discard") else _discard(draft)
        later = begun(filing(draft).plant.plant_id, year=2026)
    told = in_parts(filer, later, "e.pdf", sample.pdf(5))["told"]
    assert told == ""
    again = in_parts(filer, later, "f.pdf", REPORT, row="3")["told"]
    assert "2026 年度申报的“a.pdf”内容相同" in again or "内容相同，已关联" in again
    assert first.sha256 in {it.sha256 for it in held(app, later, "3")}


def _discard(filing_id: int) -> None:
    row = db.session.get(FilingRow, filing_id)
    assert row is not None
    row.state = "discarded"
    audit.record("filing.discarded", "filing", filing_id)


def test_a_replacement_keeps_the_old_file_and_what_was_said_of_it(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    in_parts(filer, draft, "旧.pdf", REPORT, kind="监测报告", note="第一次",
             **{"from": "2025-01-01", "until": "2025-12-31"})  # fmt: skip
    (old,) = held(app, draft)
    page = send(filer, draft, ("新.pdf", sample.pdf(4)), replaces=str(old.id))
    assert "已替换" in page.text
    (new,) = held(app, draft)
    assert (new.name, new.kind, new.note) == ("新.pdf", "监测报告", "第一次")
    assert new.period_until == date(2025, 12, 31)
    one = filer.get(f"/filing/evidence/{new.id}")
    assert "旧.pdf" in one.text
    assert fetched(filer, f"/filing/evidence/{old.id}/original").data == REPORT
    filer.post(f"/filing/evidence/{new.id}/remove")
    assert held(app, draft) == []
    with app.app_context():
        acts = db.session.execute(
            select(AuditEntry.action).where(AuditEntry.action.like("filing.evidence%"))
            .order_by(AuditEntry.sequence)
        ).scalars().all()  # fmt: skip
        db.session.rollback()
    assert acts == ["filing.evidence_added", "filing.evidence_replaced",
                    "filing.evidence_fetched", "filing.evidence_removed"]  # fmt: skip


def test_the_list_of_needed_materials_says_why_for_when_and_what_is_missing(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    page = filer.get(f"/filing/{draft}/materials").text
    assert "还有 <strong>3</strong> 项没有齐" in page
    assert "申报 B 级须逐项证明，指标“颗粒物”适用于本厂，指标表要求附“监测报告”" in page
    in_parts(filer, draft, "上半年.pdf", REPORT, kind="监测报告",
             **{"from": "2025-01-01", "until": "2025-06-30"})  # fmt: skip
    page = filer.get(f"/filing/{draft}/materials").text
    assert "缺 2025-01-01 至 2025-12-31" in page
    in_parts(filer, draft, "下半年.pdf", sample.pdf(2), kind="监测报告",
             **{"from": "2025-07-01", "until": "2025-12-31"})  # fmt: skip
    with app.app_context():
        first = needed_in(working(filing(draft)))[0]
        db.session.rollback()
    assert first.progress.words == "已有"
    made = filer.post(f"/filing/{draft}/materials/export?show=left", data={"format": "csv"})
    with filer.get(made.headers["Location"]) as answer:
        assert "须附佐证材料，指标表未指明种类" in answer.data.decode("utf-8-sig")
    assert "监测报告" not in filer.get(f"/filing/{draft}/materials?show=left").text.split("<h2")[0]


def test_what_the_filing_does_not_have_is_refused(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    wrong: list[dict[str, str]] = [
        {"place": "9"}, {"row": "没有这一行"}, {"kind": "没有这种材料"}, {"place": str(2**80)},
        {"replaces": "999999"}, {"place": "0"},
    ]  # fmt: skip
    for number, part in enumerate(wrong):
        send(filer, draft, ("a.pdf", sample.pdf(1, catalog=f"/Lang(a{number})".encode())), **part)
        content = sample.pdf(1, catalog=f"/Lang(b{number})".encode())
        assert "refused" in in_parts(filer, draft, "b.pdf", content, **part)
    send(filer, draft, ("a.pdf", REPORT), replaces=str(2**70))  # no id at all: not a replacement
    with app.app_context():
        kept = [it.name for it in evidence_of(draft)]
        db.session.rollback()
    assert kept == ["a.pdf"]


def test_a_period_that_is_none_is_told_at_the_file(
    app: Flask, draft: int, filer: CheckedClient
) -> None:
    answer = in_parts(
        filer, draft, "a.pdf", REPORT, **{"from": "2025-12-31", "until": "2025-01-01"}
    )
    assert "早于起日" in answer["refused"]
    in_parts(filer, draft, "a.pdf", REPORT)
    (it,) = held(app, draft)
    page = answered(filer.post(f"/filing/evidence/{it.id}/describe", data={"from": "哪天"}), 422)
    assert "所属时段填写有误" in page.text
    filer.post(f"/filing/evidence/{it.id}/describe", data={"from": "2025年3月1日", "note": "说明"})
    (it,) = held(app, draft)
    assert (it.period_from, it.period_until, it.note) == (
        date(2025, 3, 1),
        date(2025, 3, 1),
        "说明",
    )


def test_pages_are_seen_as_pictures_and_the_original_only_fetched(
    app: Flask, draft: int, filer: CheckedClient, own_process: None
) -> None:
    in_parts(filer, draft, "报告.pdf", REPORT)
    in_parts(filer, draft, "IMG.HEIC", sample.picture("HEIF"), row="2")
    pdf, heic = held(app, draft)[0].id, held(app, draft, "2")[0].id
    seen = fetched(filer, f"/filing/evidence/{pdf}/pages/2/small")
    assert (seen.mimetype, seen.data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    answered(filer.get(f"/filing/evidence/{pdf}/pages/4/small"), 404)
    got = fetched(filer, f"/filing/evidence/{pdf}/original")
    assert got.data == REPORT
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    jpg = fetched(filer, f"/filing/evidence/{heic}/jpg")
    assert jpg.mimetype == "image/jpeg"
    assert "IMG.jpg" in jpg.headers["Content-Disposition"]
    answered(filer.get(f"/filing/evidence/{pdf}/jpg"), 404)


def test_others_see_nothing_and_officers_only_what_was_submitted(
    app: Flask, draft: int, filer: CheckedClient, client_as: ClientAs
) -> None:
    in_parts(filer, draft, "交了.pdf", REPORT)
    in_parts(filer, draft, "后来移除.pdf", sample.pdf(2), row="2")
    sent, removed = held(app, draft)[0], held(app, draft, "2")[0]
    filer.post(f"/filing/evidence/{removed.id}/remove")
    with app.app_context():
        a_plant(2)
        county = filing(draft).county
        db.session.rollback()
    other = client_as("filer", uscc=code(2))
    officer = client_as("county-officer", county=county)
    city = client_as("city-officer")
    pages = ("", "/pages/1/small", "/original")
    for page in pages:
        answered(other.get(f"/filing/evidence/{sent.id}{page}"), 404)
        answered(officer.get(f"/filing/evidence/{sent.id}{page}"), 404)
    answered(other.post(f"/filing/{draft}/uploads", data={"name": "x", "size": 9}), 404)
    submitted(app, draft, [sent])
    for page in pages:
        fetched(officer, f"/filing/evidence/{sent.id}{page}")
        fetched(city, f"/filing/evidence/{sent.id}{page}")
        answered(city.get(f"/filing/evidence/{removed.id}{page}"), 404)
        answered(officer.get(f"/filing/evidence/{removed.id}{page}"), 404)
        answered(other.get(f"/filing/evidence/{sent.id}{page}"), 404)
    answered(officer.post(f"/filing/evidence/{sent.id}/remove"), 404)
    closed = in_parts(filer, draft, "迟了.pdf", sample.pdf(7))
    assert "已提交" in closed["refused"]
    assert (
        "不能再修改" in filer.post(f"/filing/evidence/{sent.id}/remove", follow_redirects=True).text
    )
    assert [it.id for it in held(app, draft)] == [sent.id]


def test_an_upload_belongs_to_its_person_and_its_filing(
    app: Flask, draft: int, filer: CheckedClient, client_as: ClientAs
) -> None:
    begin = {"place": 1, "row": "1", "name": "a.pdf", "size": len(REPORT), "mark": ""}
    token = filer.post(f"/filing/{draft}/uploads", data=begin).get_json()["token"]
    colleague = client_as("filer", uscc=code(1))
    for act in ("?at=0", "/whole", "/drop"):
        answered(colleague.post(f"/filing/{draft}/uploads/{token}{act}"), 404)
    filer.post(f"/filing/{draft}/uploads/{token}/drop")
    answered(
        filer.post(f"/filing/{draft}/uploads/{token}?at=0", data=b"x", content_type=BYTES), 404
    )
