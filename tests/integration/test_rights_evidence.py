"""Evidence of an application: several files, chosen in turn, kept as sent, safe to fetch."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import text

from app.kernel import attachments, files
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.rights.queries import ApplicationFilter, list_applications_on_record
from app.rights.queries.applications import ApplicationOnRecord, find_application
from app.rights.routes.evidence import LASTS, MOST
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.pages import CheckedClient
from tests.people import ClientAs
from tests.rights import NEW, PDF, form_of, notes_in, sent


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-03-02 09:00")
    with app.app_context():
        a_plant(2)
        return a_plant(1)[1]


@pytest.fixture
def filer(plant: int, client_as: ClientAs) -> CheckedClient:
    return client_as("filer", uscc=code(1))


def on_record(app: Flask) -> list[ApplicationOnRecord]:
    with app.app_context():
        return list_applications_on_record(EVERYTHING, ApplicationFilter(2026))


def found(app: Flask, application_id: int) -> ApplicationOnRecord:
    with app.app_context():
        row = find_application(application_id, EVERYTHING)
    assert row is not None
    return row


def a_file(name: str, number: int = 0) -> tuple[io.BytesIO, str]:
    return io.BytesIO(PDF + str(number).encode()), name


def test_files_are_added_and_taken_out_until_the_application_is_sent(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    form = form_of(plant)
    two = [a_file("环评批复.pdf", 1), a_file("总量核定.pdf", 2)]
    page = filer.post(NEW, data={**form, "add": "yes", "evidence": two})
    assert page.status_code == 200
    assert on_record(app) == []
    text_of = page.get_data(as_text=True)
    assert text_of.index("环评批复.pdf") < text_of.index("总量核定.pdf")
    assert 'value="项目（一）"' in text_of
    kept = notes_in(text_of)
    dropped = text_of.split('name="drop" value="', 1)[1].split('"', 1)[0]
    page = filer.post(NEW, data={**form, "kept": kept, "drop": dropped})
    kept = notes_in(page.get_data(as_text=True))
    assert "环评批复.pdf" not in page.get_data(as_text=True)
    wrong = {**form, "tonnes": "", "kept": kept, "evidence": [a_file("承诺.pdf", 3)]}
    page = filer.post(NEW, data=wrong)
    assert page.status_code == 422
    kept = notes_in(page.get_data(as_text=True))
    made = sent(filer, plant, kept=kept)
    assert [it.name for it in found(app, made).evidence] == ["总量核定.pdf", "承诺.pdf"]
    shown = filer.get(f"/rights/applications/{made}").get_data(as_text=True)
    assert "证明材料：2 份" in shown
    for place, number in ((1, b"2"), (2, b"3")):
        with filer.get(f"/rights/applications/{made}/evidence/{place}") as fetched:
            assert fetched.data == PDF + number
    for place in (0, 3):
        assert filer.get(f"/rights/applications/{made}/evidence/{place}").status_code == 404


def test_the_same_file_counts_once_and_there_is_an_end_to_many(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    twice = {"evidence": [a_file("甲.pdf"), a_file("乙.pdf")], "add": "yes"}
    page = filer.post(NEW, data={**form_of(plant), **twice}).get_data(as_text=True)
    assert len(notes_in(page)) == 1
    many = [a_file(f"{number}.pdf", number) for number in range(MOST + 1)]
    answer = filer.post(NEW, data={**form_of(plant), "evidence": many})
    assert answer.status_code == 422
    assert f"最多附 {MOST} 个文件" in answer.get_data(as_text=True)
    assert len(notes_in(answer.get_data(as_text=True))) == MOST
    assert on_record(app) == []


def _forged(app: Flask, filer: CheckedClient, plant: int) -> dict[str, str]:
    """Notes that must not be believed, by what is wrong with them."""
    page = filer.post(NEW, data={**form_of(plant), "add": "yes", "evidence": a_file("甲.pdf")})
    (good,) = notes_in(page.get_data(as_text=True))
    other = URLSafeTimedSerializer("another key", salt="rights.evidence")
    with app.app_context():
        secret = app.config["SECRET_KEY"]
    ours = URLSafeTimedSerializer(secret, salt="rights.evidence")
    digest = hashlib.sha256(PDF + b"0").hexdigest()
    return {
        "altered": good[:-3] + "abc",
        "foreign key": other.dumps([1, digest, "甲.pdf"]),
        "another purpose": URLSafeTimedSerializer(secret, salt="other").dumps([1, digest, "x"]),
        "another person": ours.dumps([10**6, digest, "甲.pdf"]),
        "no file": ours.dumps([ours.loads(good)[0], "0" * 64, "甲.pdf"]),
        "a path": "../../app.db",
        "nothing": "",
    }


def test_a_forged_note_brings_no_file(app: Flask, plant: int, filer: CheckedClient) -> None:
    for what, note in _forged(app, filer, plant).items():
        answer = filer.post(NEW, data={**form_of(plant), "kept": note})
        assert answer.status_code == 422, what
        assert "请重新选择" in answer.get_data(as_text=True), what
    assert on_record(app) == []


def test_a_chosen_file_waits_for_a_day(
    app: Flask, plant: int, filer: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = filer.post(NEW, data={**form_of(plant), "add": "yes", "evidence": a_file("甲.pdf")})
    kept = notes_in(page.get_data(as_text=True))
    monkeypatch.setattr("app.rights.routes.evidence.LASTS", -1)
    assert LASTS > 0
    assert filer.post(NEW, data={**form_of(plant), "kept": kept}).status_code == 422


def test_what_was_sent_stays_and_a_correction_brings_its_own(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    first = sent(filer, plant, evidence=[a_file("甲.pdf", 1), a_file("乙.pdf", 2)])
    address = f"/rights/applications/{first}/correct"
    kept = notes_in(filer.get(address).get_data(as_text=True))
    assert len(kept) == 2
    page = filer.post(address, data={**form_of(plant), "kept": kept[1:], "add": "yes",
                                     "evidence": a_file("丙.pdf", 3)})  # fmt: skip
    kept = notes_in(page.get_data(as_text=True))
    answer = filer.post(address, data={**form_of(plant), "kept": kept, "why": "补充材料"})
    assert answer.status_code == 303
    second = int(answer.location.rsplit("/", 1)[1])
    assert [it.name for it in found(app, first).evidence] == ["甲.pdf", "乙.pdf"]
    assert [it.name for it in found(app, second).evidence] == ["乙.pdf", "丙.pdf"]


def test_the_database_refuses_to_alter_evidence(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    sent(filer, plant, evidence=a_file("甲.pdf"))
    for statement in (
        "UPDATE rights_evidence SET sha256 = 'x'",
        "DELETE FROM rights_evidence",
    ):
        with (
            app.app_context(),
            pytest.raises(Exception, match=r"altered|removed|refuse|kept"),
            writing("测试"),
        ):
            db.session.execute(text(statement))


def test_a_file_exchanged_on_disk_is_not_handed_out(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    made = sent(filer, plant, evidence=a_file("甲.pdf"))
    with app.app_context():
        path = files.path_of(found(app, made).evidence[0].sha256)
    path.write_bytes(b"%PDF-1.7 another")
    answer = filer.get(f"/rights/applications/{made}/evidence/1")
    assert answer.status_code == 404
    assert "与提交时的校验值不符" in answer.get_data(as_text=True)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("证明.exe", b"MZ"),
        ("证明.html", b"<script>alert(1)</script>"),
        ("证明.svg", b"<svg onload='x'/>"),
        ("证明.pdf", b"<html>"),
        ("证明.pdf", b""),
        ("证明.png", PDF),
        ("证明.pdf.exe", PDF),
        ("证明", PDF),
        ("证明.docx", archive("word/document.xml", "word/vbaProject.bin")),
        ("证明.docx", archive("a.txt")),
        ("证明.xlsx", b"PK\x03\x04 broken"),
        ("证明.pdf", PDF + b"0" * 5000),
    ],
    ids=lambda it: it if isinstance(it, str) else f"{len(it)} bytes",
)
def test_a_file_that_is_not_what_it_says_is_not_taken(
    app: Flask,
    plant: int,
    filer: CheckedClient,
    name: str,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 4096)
    form = form_of(plant, evidence=(io.BytesIO(content), name))
    answer = filer.post("/rights/applications/new", data=form)
    assert answer.status_code == 422
    assert 'href="#f-evidence"' in answer.get_data(as_text=True)
    assert on_record(app) == []
    kept = [it for it in (app.config["CONFIG"].instance_dir / "files").rglob("*") if it.is_file()]
    assert kept == []


def test_a_name_of_a_file_leads_nowhere(app: Flask, plant: int, filer: CheckedClient) -> None:
    made = sent(filer, plant, evidence=(io.BytesIO(PDF), "..\\..\\../etc/证明\u202e.pdf"))
    assert [it.name for it in found(app, made).evidence] == ["证明.pdf"]
