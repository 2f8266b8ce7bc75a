"""All of a submission in one file: within reach only, noted, whole or told what is missing."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.filing.queries.papers import next_steps_of
from app.kernel import files
from app.kernel.database import db
from app.kernel.models import AuditEntry
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.filings import begun, filing, put_in_force, submitted, table
from tests.integration.test_filing_record import proved
from tests.people import KEQIAO, YUECHENG, ClientAs

verify: Any = import_module("scripts.verify_filing")


@pytest.fixture
def draft(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-11-23 14:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
        return begun(plant_id)


def test_all_of_a_submission_is_one_file_for_whoever_may_see_its_papers(
    app: Flask, draft: int, client_as: ClientAs, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with app.app_context():
        held = proved(draft)
        sent, own = submitted(draft), filing(draft)
    address, path = f"/filing/submissions/{sent.id}/all.zip", tmp_path / "all.zip"
    for client in (
        client_as(Role.FILER, uscc=own.plant.uscc),
        client_as(Role.COUNTY_OFFICER, county=own.county),
    ):
        assert address in client.get(f"/filing/submissions/{sent.id}").text
        with client.get(address) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "application/zip")
            assert answer.headers["Content-Disposition"].isascii()
            path.write_bytes(answer.data)
        assert verify.main([str(path), "--sha256", sent.sha256]) == 0
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        kept = {it: package.read(it) for it in names if it.startswith("材料/")}
        assert package.read("verify_filing.py") == Path(verify.__file__).read_bytes()
    assert sorted(kept.values()) == sorted(held.values())
    assert [it.split("_")[0] for it in names[:5]] == [
        "申报存证件", "承诺书", "申请表", "申报回执", "申报原件"
    ]  # fmt: skip
    stranger = client_as(Role.COUNTY_OFFICER, county=KEQIAO if own.county == YUECHENG else YUECHENG)
    assert stranger.get(address).status_code == 404
    with app.app_context():
        noted = db.session.query(AuditEntry).filter(AuditEntry.action == "filing.paper").all()
        assert ["申报全部文件_" in it.detail for it in noted] == [True, True]
        files.path_of(hashlib.sha256(next(iter(held.values()))).hexdigest()).write_bytes(b"spoilt")
    with client.get(address) as answer:
        path.write_bytes(answer.data)
    capsys.readouterr()
    assert verify.main([str(path), "--sha256", sent.sha256]) == 1
    assert "佐证材料 1（报告1.pdf）缺少" in capsys.readouterr().err


def test_no_more_are_sent_whole_at_once_than_leave_threads_to_others(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    with app.app_context():
        proved(draft)
        sent, own = submitted(draft), filing(draft)
    client = client_as(Role.FILER, uscc=own.plant.uscc)
    address = f"/filing/submissions/{sent.id}/all.zip"
    taken = [client.get(address) for _ in range(4)]
    assert [it.status_code for it in taken] == [200] * 4
    refused = client.get(address)
    assert (refused.status_code, "正在打包下载的人较多" in refused.text) == (503, True)
    asked = client.head(address)
    assert (asked.status_code, asked.mimetype, asked.data) == (200, "application/zip", b"")
    for it in taken:
        it.close()
    for _ in range(5):  # headers alone take nobody's turn
        assert client.head(address).status_code == 200
    with client.get(address) as answer:
        assert answer.status_code == 200


def test_the_receipt_of_another_rulebook_names_no_day_of_the_plan(app: Flask, draft: int) -> None:
    with app.app_context():
        proved(draft)
        sent = submitted(draft)
        own = next_steps_of(sent)
        assert "绍兴方案写作“日”" in own[0]
        assert "最迟" in own[0]
        content = json.loads(sent.content)
        content["rulebook"] = {"id": "national-2026", "title": "指导意见", "status": "已印发"}
        said = next_steps_of(replace(sent, content=json.dumps(content)))
        assert said[0].endswith("办理期限国家指导意见未规定。")
        assert not any("方案" in it or "现场核查" in it for it in said)
