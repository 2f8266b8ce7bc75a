"""Papers of submissions: kept once, made again alike, within reach only, checked by the script."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from app.accounts.domain import Role
from app.filing import services
from app.filing.commitment import SCAN
from app.filing.commitment_checks import SETTING
from app.filing.domain import Transport
from app.filing.models import FilingEvidence, FilingPaper, FilingRow, FilingSubmission
from app.filing.queries import find_submission, findings_of, working
from app.filing.queries.papers import commitment_of, papers_of, statements_of
from app.filing.services.papers import KEPT, keep_papers, paper
from app.kernel import audit, files, jobs, papers
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.models import AuditEntry, Job
from app.kernel.transaction import transaction, writing
from app.rulebook.domain import Rulebook
from app.rulebook.parameters import Parameter
from app.rulebook.queries import rulebook
from tests.conftest import Freeze
from tests.evidence_files import pdf
from tests.facts import a_plant
from tests.filing_contents import canonical, content
from tests.filings import answers, begun, filing, put_in_force, submitted, table
from tests.integration.test_filing_papers import plain
from tests.issuing import work
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs

verify: Any = import_module("scripts.verify_filing")
FILES = (b"one", b"two")


@pytest.fixture
def draft(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-11-23 14:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
        return begun(plant_id)


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """For tests that ask services and queries, not pages."""
    with app.app_context():
        yield


@pytest.fixture
def submission_id(app: Flask, draft: int, clock: Freeze) -> int:
    """A submission as submitting enters it, with a content made up here."""
    with app.app_context():
        found = entered(draft)
    clock("2026-11-23 14:10")
    return found


def entered(draft: int) -> int:
    plant = filing(draft).plant
    made = canonical(
        content(
            FILES,
            plant={
                "uscc": plant.uscc, "enterprise": plant.enterprise_name, "number": plant.number,
                "name": plant.name, "county": plant.county, "county_name": "柯桥区", "permit": "",
            },
        )
    )  # fmt: skip
    with writing("测试"):
        found: int = db.session.execute(
            insert(FilingSubmission)
            .values(
                filing_id=draft, number=1, receipt="330603-2026-000012", content=made.decode(),
                sha256=hashlib.sha256(made).hexdigest(), grade="B",
                submitted_at=datetime(2026, 11, 23, 6, 5, tzinfo=UTC), submitted_by=2,
                submitted_by_name="签字人乙", form_key="key",
            )
            .returning(FilingSubmission.id)
        ).scalar_one()  # fmt: skip
        keep_papers(found)
        keep_papers(found)
        audit.record("test.submitted", "filing", draft)
    return found


def kept(submission_id: int) -> dict[str, str]:
    return {kind: it.sha256 for kind, it in papers_of(submission_id).items()}


def made(submission_id: int, kind: str) -> bytes:
    found = find_submission(submission_id, EVERYTHING)
    assert found is not None
    return paper(found, kind).content


def test_papers_are_kept_once_and_are_what_is_made_again(inside: None, submission_id: int) -> None:
    before = {kind: hashlib.sha256(made(submission_id, kind)).hexdigest() for kind in KEPT}
    assert kept(submission_id) == {}
    work()
    assert kept(submission_id) == before
    assert db.session.query(Job).filter(Job.kind == "filing.papers").count() == 1
    with writing("测试"):
        db.session.execute(update(Job).values(state="queued", attempts=0, finished_at=None))
    work()
    assert kept(submission_id) == before
    entries = db.session.query(AuditEntry).filter(AuditEntry.action == "filing.papers-kept")
    assert entries.count() == 1


def test_a_kept_paper_is_handed_out_and_never_altered(inside: None, submission_id: int) -> None:
    work()
    sha256 = kept(submission_id)["record"]
    assert hashlib.sha256(made(submission_id, "record")).hexdigest() == sha256
    for change in (update(FilingPaper).values(sha256="0" * 64), delete(FilingPaper)):
        with pytest.raises(DatabaseError), writing("测试"):
            db.session.execute(change)
    assert kept(submission_id)["record"] == sha256
    files.path_of(sha256).write_bytes(b"another paper")
    with pytest.raises(papers.PaperFault, match="校验值不符"):
        made(submission_id, "record")


def test_without_a_font_the_job_says_so_and_can_be_repeated(
    inside: None, submission_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(papers, "BODY_FONTS", ("No Such Font",))
        papers.forget_fonts()
        work()
        papers.forget_fonts()
    job = db.session.execute(select(Job).where(Job.kind == "filing.papers")).scalar_one()
    assert (job.state, "没有中文字体" in job.error) == ("failed", True)
    job_id = job.id
    with writing("测试"):
        assert jobs.repeat(job_id)
        audit.record("test.repeated", "job", job_id)
    work()
    assert set(kept(submission_id)) == set(KEPT)


def fetched(client: CheckedClient, submission_id: int, kind: str) -> tuple[int, bytes]:
    with client.get(f"/filing/submissions/{submission_id}/papers/{kind}") as answer:
        return answer.status_code, answer.data


def test_the_enterprise_and_its_county_fetch_papers_and_nobody_else(
    app: Flask, submission_id: int, draft: int, client_as: ClientAs, tmp_path: Path
) -> None:
    with app.app_context():
        own = filing(draft)
    for client in (
        client_as(Role.FILER, uscc=own.plant.uscc),
        client_as(Role.COUNTY_OFFICER, county=own.county),
        client_as(Role.CITY_OFFICER),
    ):
        for kind in KEPT:
            status, pdf = fetched(client, submission_id, kind)
            assert status == 200
            assert pdf.startswith(b"%PDF-")
        status, original = fetched(client, submission_id, "original")
        path, sha256 = tmp_path / "original.json", hashlib.sha256(original).hexdigest()
        path.write_bytes(original)
        assert verify.main([str(path), "--sha256", sha256]) == 0
        for kind in ("commitment-docx", "application-docx"):
            assert fetched(client, submission_id, kind)[1].startswith(b"PK")
        assert fetched(client, submission_id, "files")[1].startswith(
            hashlib.sha256(b"one").hexdigest().encode()
        )
        assert fetched(client, submission_id, "other")[0] == 404
        with client.get("/filing/verifier") as script:
            assert b"verify_filing.py" in script.data
    other = KEQIAO if own.county == YUECHENG else YUECHENG
    stranger = client_as(Role.COUNTY_OFFICER, county=other)
    assert [fetched(stranger, submission_id, kind)[0] for kind in KEPT] == [404] * len(KEPT)
    assert fetched(stranger, submission_id, "original")[0] == 404
    assert fetched(stranger, 999_999, "original")[0] == 404
    with app.app_context():
        fetches = db.session.query(AuditEntry).filter(AuditEntry.action == "filing.paper")
        assert fetches.count() == 3 * (len(KEPT) + 4)


def test_the_commitment_of_a_draft_is_marked_unsigned(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    with app.app_context():
        own = filing(draft)
    client = client_as(Role.FILER, uscc=own.plant.uscc)
    with client.get(f"/filing/{draft}/commitment.pdf") as answer:
        assert answer.data.startswith(b"%PDF-")
        assert "attachment" in answer.headers["Content-Disposition"]
    with client.get(f"/filing/{draft}/commitment.docx") as answer:
        assert answer.data.startswith(b"PK")
    assert client.get(f"/filing/{draft}/commitment.exe").status_code == 404
    officer = client_as(Role.COUNTY_OFFICER, county=own.county)
    assert officer.get(f"/filing/{draft}/commitment.pdf").status_code == 404


def test_the_application_form_of_a_draft_is_the_enterprises_own_until_it_is_submitted(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    with app.app_context():
        own = filing(draft)
    client = client_as(Role.FILER, uscc=own.plant.uscc)
    with client.get(f"/filing/{draft}/application.pdf") as answer:
        words = plain(answer.data)
        assert "草稿" in words
        assert own.plant.name in words
        assert "填报人填报人" in words
    with client.get(f"/filing/{draft}/application.docx") as answer:
        assert answer.data.startswith(b"PK")
    for path in (f"/filing/{draft}/submit", f"/filing/{draft}/materials"):
        assert f"/filing/{draft}/application.pdf" in client.get(path).get_data(as_text=True)
    assert client.get(f"/filing/{draft}/application.exe").status_code == 404
    officer = client_as(Role.COUNTY_OFFICER, county=own.county)
    assert officer.get(f"/filing/{draft}/application.pdf").status_code == 404
    with app.app_context(), writing("测试"):
        db.session.execute(update(FilingRow).where(FilingRow.id == draft).values(state="discarded"))
        audit.record("test.discarded", "filing", draft)
    assert client.get(f"/filing/{draft}/application.pdf").status_code == 303


def test_the_statements_speak_of_this_filing(inside: None, draft: int) -> None:
    found = working(filing(draft))
    said = statements_of(found)
    assert [it.id for it in said] == ["truth", "false", "episode"]
    assert found.filing.plant.name in said[0].text
    assert "（D级）" in said[1].text
    assert "绩效A级、引领性企业可豁免" in said[2].text
    other = rulebook("national-2026", found.on, found.filing.county)
    assert "豁免" not in statements_of(replace(found, rules=other))[2].text
    paper_of_it = commitment_of(found)
    assert paper_of_it.origin.startswith("绍兴市重点行业绩效分级管理工作方案（征求意见稿）未规定")
    assert paper_of_it.mark == "未签署"
    assert paper_of_it.bureau.endswith("区生态环境分局")
    assert not any(line.accepted for line in paper_of_it.lines)


def test_the_scan_is_asked_for_once_the_bureau_says_so(
    inside: None, draft: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keys() -> set[str]:
        return {it.key for it in findings_of(working(filing(draft)))}

    assert "commitment:scan" not in keys()
    asked = working(filing(draft)).rules.parameter(SETTING)
    assert (asked.value, asked.status) == (False, "本局设定")
    real = Rulebook.parameter

    def said_yes(rules: Rulebook, parameter_id: str) -> Parameter:
        found = real(rules, parameter_id)
        return replace(found, value=True) if parameter_id == SETTING else found

    monkeypatch.setattr(Rulebook, "parameter", said_yes)
    assert "commitment:scan" in keys()


def test_the_scan_that_is_asked_for_can_be_given_where_the_list_says_so(
    app: Flask, draft: int, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rulebook.parameter

    def said_yes(rules: Rulebook, parameter_id: str) -> Parameter:
        found = real(rules, parameter_id)
        return replace(found, value=True) if parameter_id == SETTING else found

    monkeypatch.setattr(Rulebook, "parameter", said_yes)
    with app.app_context():
        own = filing(draft)
    client = client_as(Role.FILER, uscc=own.plant.uscc)
    page = client.get(f"/filing/{draft}/materials").get_data(as_text=True)
    assert f"{SCAN}：" in page
    assert f'<option value="{SCAN}">' in page
    signing = client.get(f"/filing/{draft}/submit").get_data(as_text=True)
    assert "必须上传，还没有上传" in signing
    way = f"/filing/{draft}/evidence?{urlencode({'place': 0, 'kind': SCAN})}"
    assert escape(way) in signing
    assert f'<option value="{SCAN}" selected>' in client.get(way).get_data(as_text=True)
    answer = client.post(
        f"/filing/{draft}/evidence",
        data={"place": "0", "row": "", "kind": SCAN, "files": (io.BytesIO(pdf(1)), "扫描.pdf")},
    )
    assert "返回承诺与提交" in client.get(answer.location).get_data(as_text=True)
    signing = client.get(f"/filing/{draft}/submit").get_data(as_text=True)
    assert "已上传" in signing
    assert "扫描.pdf" in signing
    with app.app_context():
        keys = {it.key for it in findings_of(working(filing(draft)))}
    assert "commitment:scan" not in keys


def test_words_of_the_bureau_that_cannot_be_used_stop_the_signing(
    inside: None, app: Flask, draft: int
) -> None:
    folder: Path = app.config["CONFIG"].instance_dir / "letters"
    folder.mkdir()
    (folder / "commitment.toml").write_bytes(b"document = ")
    now = working(filing(draft))
    found = [it for it in findings_of(now) if it.key == "commitment:words"]
    assert [it.stops for it in found] == [True]
    assert "commitment.toml" in found[0].text
    assert len(statements_of(now)) == 3
    with pytest.raises(papers.PaperFault):
        commitment_of(now)


def proved(filing_id: int) -> dict[str, bytes]:
    """Every row answered and proved with a file that is really there; what they hold."""
    found = {}
    with writing("测试", actor_id=2, actor_name="张三"):
        for key, answer in answers().items():
            services.save_answer(filing_id, 1, key, answer, 0)
            found[key] = f"%PDF-1.7 {key}".encode()
            stored = files.keep(io.BytesIO(found[key]))
            files.enter(stored)
            db.session.execute(
                insert(FilingEvidence).values(
                    filing_id=filing_id, place=1, row_key=key,
                    kind="监测报告" if key == "1" else "",
                    sha256=stored.sha256, name=f"报告{key}.pdf", size=stored.size, media="pdf",
                    pages=1, period_from=date(2025, 1, 1), period_until=date(2025, 12, 31),
                    note="", confirmed=True, added_at=transaction().moment, added_by=2,
                    added_by_name="张三",
                )
            )  # fmt: skip
        summary = Transport(100, Decimal(85), Decimal(5), gate_connected=True,
                            transmission_rate=Decimal(97))  # fmt: skip
        services.save_transport(filing_id, summary, 0)
        for it in statements_of(working(filing(filing_id))):
            services.accept(filing_id, it.id, it.sha256)
    return found


def test_what_is_really_submitted_is_kept_and_agrees_with_the_script(
    inside: None, draft: int, clock: Freeze, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = proved(draft)
    sent = submitted(draft)
    clock("2026-11-23 14:10")
    work()
    assert set(kept(sent.id)) == set(KEPT)
    assert hashlib.sha256(made(sent.id, "record")).hexdigest() == kept(sent.id)["record"]
    words = plain(made(sent.id, "record"))
    for expected in (
        sent.sha256,
        sent.receipt,
        "报告2.pdf",
        "越城区330602",
        "国五及以上车辆占比（%）85",
    ):
        assert expected in words
    assert "已签署" in plain(made(sent.id, "commitment"))
    assert "最迟2026年11月30日" in plain(made(sent.id, "receipt"))
    folder = tmp_path / "evidence"
    folder.mkdir()
    for key, content_of_file in held.items():
        (folder / f"{key}.bin").write_bytes(content_of_file)
    original = tmp_path / "original.json"
    original.write_bytes(made(sent.id, "original"))
    options = [str(original), "--sha256", sent.sha256, "--files", str(folder)]
    assert verify.main(options) == 0
    (folder / "1.bin").write_bytes(b"another")
    assert verify.main(options) == 1
    assert "佐证材料 1（报告1.pdf）缺少" in capsys.readouterr().err
